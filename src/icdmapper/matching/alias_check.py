"""What is wrong with a hospital's own aliases: rows without effect, circles, repeats. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from icdmapper.matching.knowledge import Alias, Direction
from icdmapper.model.names import core, normalise


class AliasFault(Enum):
    """Why a row does not do what its writer hoped."""

    EMPTY = "empty"
    """A wording is missing."""
    DIRECTION = "direction"
    """Neither `same` nor `implies`."""
    NO_EFFECT = "no_effect"
    """Both wordings mean the same to the program already."""
    REPEATED = "repeated"
    """The wording stands twice; the later row holds."""
    SHIPPED = "shipped"
    """The program ships with this very alias."""
    CIRCLE = "circle"
    """Following the aliases leads back to the wording."""


@dataclass(frozen=True, slots=True)
class AliasRow:
    """A row of an alias file as written."""

    written: str
    standard: str
    direction: str = Direction.SAME.value
    note: str = ""


def check_aliases(rows: Sequence[AliasRow], shipped: Iterable[Alias]) -> dict[int, AliasFault]:
    """The fault of each row that has one, by its place; a row with several has the gravest."""
    known = {_plain(one.written): _plain(one.standard) for one in shipped}
    own = {
        _plain(row.written): _plain(row.standard) for row in rows if row.written and row.standard
    }
    last = {_plain(row.written): at for at, row in enumerate(rows)}
    found = {}
    for at, row in enumerate(rows):
        fault = _fault(row, known, own)
        if fault is None and last[_plain(row.written)] != at:
            fault = AliasFault.REPEATED
        if fault is not None:
            found[at] = fault
    return found


def _fault(row: AliasRow, known: Mapping[str, str], own: Mapping[str, str]) -> AliasFault | None:
    written, standard = _plain(row.written), _plain(row.standard)
    if not written or not standard:
        return AliasFault.EMPTY
    if row.direction not in {one.value for one in Direction}:
        return AliasFault.DIRECTION
    if written == standard:
        return AliasFault.NO_EFFECT
    if _returns(written, {**known, **own}):
        return AliasFault.CIRCLE
    return AliasFault.SHIPPED if known.get(written) == standard else None


def _returns(start: str, leads_to: Mapping[str, str]) -> bool:
    """Whether following the aliases from a wording comes back to it."""
    seen: set[str] = set()
    at = leads_to.get(start, "")
    while at and at not in seen:
        if at == start:
            return True
        seen.add(at)
        at = leads_to.get(at, "")
    return False


def _plain(text: str) -> str:
    """A wording as the matcher compares it."""
    return core(normalise(text))
