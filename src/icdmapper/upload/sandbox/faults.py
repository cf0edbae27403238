"""Faults on request: which of them the next request meets is drawn from a seed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from enum import Enum
from random import Random

from icdmapper.model.errors import RefusedError
from icdmapper.texts import _


class Fault(Enum):
    """What can go wrong with one request."""

    DROP = "drop"
    """The connection ends without an answer, before or after the request was worked on."""
    DUPLICATE = "duplicate"
    """The request reaches the receiver twice."""
    DELAY = "delay"
    """It is worked on only after a while."""
    SERVER_ERROR = "5xx"
    TOO_MANY = "429"
    CUT = "cut"
    """Half an answer."""
    EXPIRED = "expired"
    HTML = "html"
    """An error page with status 200, as a proxy sends it."""
    SLOW = "slow"
    """The answer trickles."""
    FULL = "full"
    """The receiver has no room."""


class Faults:
    """Draws the fault of each request; every draw is counted."""

    def __init__(self, chances: Mapping[Fault, float] | None = None, *, seed: int = 1) -> None:
        self._lock = threading.Lock()
        self.change(chances or {}, seed=seed)

    def change(self, chances: Mapping[Fault, float], *, seed: int) -> None:
        """Other chances from now on; counts begin anew.

        Raises:
            RefusedError: they are not between 0 and 1 together.
        """
        if any(not 0 <= chance <= 1 for chance in chances.values()) or sum(chances.values()) > 1:
            raise RefusedError(_("Chances of faults lie between 0 and 1, and so does their sum."))
        with self._lock:
            self._chances = dict(chances)
            self._random = Random(seed)
            self.counts: Counter[Fault] = Counter()
            self.requests = 0

    def draw(self) -> tuple[Fault | None, bool]:
        """The fault of the next request, and whether the request is worked on all the same."""
        with self._lock:
            self.requests += 1
            at, worked_on = self._random.random(), self._random.random() < 0.5
            for fault, chance in self._chances.items():
                if at < chance:
                    self.counts[fault] += 1
                    return fault, worked_on
                at -= chance
        return None, True


def parse_faults(text: str) -> dict[Fault, float]:
    """`drop=0.1,5xx=0.05` as chances; a name alone means always.

    Raises:
        RefusedError: a name is unknown or a chance is no number.
    """
    found: dict[Fault, float] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _equals, chance = part.partition("=")
        try:
            found[Fault(name.strip())] = float(chance) if chance else 1.0
        except ValueError:
            raise RefusedError(
                _("“{part}” is no fault. Known are {known}, each with a chance, as in {example}.")
                .format(
                    part=part, known=", ".join(one.value for one in Fault), example="drop=0.1"
                )
            ) from None  # fmt: skip
    return found
