"""One answer and the rows like it, as a person goes through them before passing it on. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from icdmapper.model.mapping import ANSWERED, MappingRow
from icdmapper.resolution.bulk import BulkRow
from icdmapper.resolution.propagating import Propagation
from icdmapper.resolution.service import WorkRow


@dataclass(frozen=True, slots=True)
class Taker:
    """A row that would take the answer; `likeness` of the names is between 0.5 and 1."""

    row: BulkRow
    likeness: float
    checked: bool


@dataclass(frozen=True, slots=True)
class Other:
    """A row that takes nothing: it stands as the answer made it, or `reason` keeps it out."""

    local_id: int
    code: str
    name: str
    reason: str = ""
    standing: MappingRow | None = None


class PassingSession:
    """What would be passed on, what a person unchecked, and what hangs on the answer already."""

    def __init__(self) -> None:
        self.source: WorkRow | None = None
        self._found: Propagation | None = None
        self._standing: tuple[MappingRow, ...] = ()
        self._unchecked: set[int] = set()

    def begin(self, source: WorkRow | None) -> bool:
        """Look at another row; says whether it has an answer that could be passed on."""
        if source is None or self.source is None or source.local.id != self.source.local.id:
            self._unchecked.clear()
        self.source = source
        self._found, self._standing = None, ()
        return source is not None and source.mapping.state in ANSWERED

    def show(self, found: Propagation | None, standing: tuple[MappingRow, ...]) -> None:
        """Show what a preview found; None where the answer may not be passed on."""
        self._found, self._standing = found, standing

    @property
    def takers(self) -> tuple[Taker, ...]:
        """The rows that would take the answer, the likest first."""
        if self._found is None:
            return ()
        return tuple(
            Taker(row, self._found.likeness[row.local.id], row.local.id not in self._unchecked)
            for row in self._found.plan.accepted
        )

    @property
    def others(self) -> tuple[Other, ...]:
        """The rows that hang on the answer, then those left out, reason by reason."""
        hanging = {one.local_id for one in self._standing}
        others = [Other(one.local_id, one.code, one.name, "", one) for one in self._standing]
        left_out = self._found.plan.left_out if self._found else {}
        others += [
            Other(row.local.id, row.local.code, row.local.name, why.value)
            for why, rows in left_out.items()
            for row in rows
            if row.local.id not in hanging
        ]
        return tuple(others)

    @property
    def seen_version(self) -> int:
        """The version of the answer that is shown."""
        return self._found.source.mapping.version if self._found else 0

    @property
    def chosen(self) -> dict[int, int]:
        """The checked rows by local id, each with the version that is shown."""
        return {one.row.local.id: one.row.mapping.version for one in self.takers if one.checked}

    def toggle(self, at: int) -> None:
        """Check or uncheck the taker at a position."""
        takers = self.takers
        if 0 <= at < len(takers):
            self._unchecked ^= {takers[at].row.local.id}

    def toggle_all(self) -> None:
        """Uncheck every row; check every row where one is unchecked."""
        ids = {one.row.local.id for one in self.takers}
        self._unchecked = set() if self._unchecked & ids else ids
