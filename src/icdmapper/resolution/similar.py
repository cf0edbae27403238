"""Local codes with a name like this one that have an answer already: how others were decided."""

from __future__ import annotations

import threading
from array import array
from collections import Counter, defaultdict
from collections.abc import Sequence

from icdmapper.model.codes import LocalCode
from icdmapper.model.mapping import ANSWERED, MappingRow
from icdmapper.model.names import normalise
from icdmapper.storage.unit_of_work import Storage, UnitOfWork

LEAST = 0.5
"""Names less alike than this (Dice over pairs of characters) are of no help."""
LOOKED_AT = 120
"""So many of the likest names are asked for their answer."""


class NameIndex:
    """Finds the names that share most pairs of neighbouring characters."""

    def __init__(self, codes: Sequence[LocalCode]) -> None:
        # Kept per pair, not per name, and as plain numbers: 27,000 names take a few megabytes.
        self._systems = {code.id: code.kind.system for code in codes}
        self._lengths: dict[int, int] = {}
        self._with: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))
        for code in codes:
            pairs = _pairs(code.name)
            self._lengths[code.id] = len(pairs)
            for pair in pairs:
                self._with[pair].append(code.id)

    def alike(self, code: LocalCode, *, limit: int) -> list[tuple[float, int]]:
        """The ids of the likest other codes of the same reference set, the likest first.

        Each with how alike the names are, between `LEAST` and 1.
        """
        own = _pairs(code.name)
        shared: Counter[int] = Counter()
        for pair in own:
            shared.update(self._with.get(pair, ()))
        system = code.kind.system
        found = [
            (2 * count / (len(own) + self._lengths[other]), other)
            for other, count in shared.items()
            if other != code.id and self._systems[other] is system
        ]
        found = [one for one in found if one[0] >= LEAST]
        found.sort(key=lambda one: (-one[0], one[1]))
        return found[:limit]


class SimilarRows:
    """Answered rows like a given one; keeps its index until the local list is another."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._lock = threading.Lock()
        self._sets: tuple[tuple[int, int], ...] = ()
        self._index = NameIndex(())

    def of(self, local_id: int, *, limit: int) -> tuple[MappingRow, ...]:
        """At most `limit` answered rows, the likest name first."""
        with self._storage.reading() as work:
            alike = self.index(work).alike(work.code_sets.local(local_id), limit=LOOKED_AT)
            mappings = work.mappings.get_many([other for _likeness, other in alike])
            answered = [other for _likeness, other in alike if mappings[other].state in ANSWERED][
                :limit
            ]
            codes = work.code_sets.locals_in_use(answered)
        return tuple(
            MappingRow(other, codes[other].code, codes[other].name, mappings[other])
            for other in answered
        )

    def index(self, work: UnitOfWork) -> NameIndex:
        """The index over the local lists in use now."""
        with self._lock:
            sets = tuple((one.id, one.size) for one in work.code_sets.in_use())
            if sets != self._sets:
                self._index = NameIndex(work.code_sets.local_codes())
                self._sets = sets
            return self._index


def _pairs(name: str) -> frozenset[str]:
    plain = normalise(name)
    return frozenset(plain[at : at + 2] for at in range(len(plain) - 1)) or frozenset({plain})
