"""What the merge screen shows of a copy, and what its person chose so far. Without Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace

from icdmapper.resolution.merging import Chosen, MergeChoice, MergeKind, MergePlan, MergeRow

_ORDER = (MergeKind.CONFLICT, MergeKind.LEFT, MergeKind.TAKEN, MergeKind.ANSWERED)
"""What a person has to look at comes first; what both say alike is not shown."""


@dataclass(frozen=True, slots=True)
class MergeLine:
    """A row that the copy changed, with what was chosen about it; None where nobody did yet."""

    row: MergeRow
    choice: MergeChoice | None = None


class MergeSession:
    """One comparison with a copy, conflict by conflict."""

    def __init__(self) -> None:
        self.copy = ""
        """The file or address of the copy; "" before one was compared."""
        self._plan: MergePlan | None = None
        self._lines: list[MergeLine] = []

    @property
    def lines(self) -> tuple[MergeLine, ...]:
        """What is shown: conflicts, then what is left alone, then what is taken over."""
        return tuple(self._lines)

    @property
    def chosen(self) -> tuple[Chosen, ...]:
        """The choices made, with the versions that were on the screen."""
        return tuple(one.row.chosen(one.choice) for one in self._lines if one.choice is not None)

    @property
    def has_work(self) -> bool:
        """Whether merging would write anything: something to take, or a conflict."""
        return bool(self.count(MergeKind.TAKEN) or self.count(MergeKind.CONFLICT))

    @property
    def unlooked(self) -> int:
        """How many conflicts nobody chose about; each would become a dispute."""
        return sum(_asks(one) and one.choice is None for one in self._lines)

    def count(self, kind: MergeKind) -> int:
        """How many rows of the copy are of one kind."""
        return len(self._plan.of_kind(kind)) if self._plan else 0

    def show(self, copy: str, plan: MergePlan) -> None:
        """Take a comparison; choices about rows that stand as they were are kept."""
        kept = {one.row: one.choice for one in self._lines} if copy == self.copy else {}
        self.copy, self._plan = copy, plan
        rows = [row for kind in _ORDER for row in plan.of_kind(kind)]
        self._lines = [MergeLine(row, kept.get(row)) for row in rows]

    def choose(self, at: int, choice: MergeChoice) -> bool:
        """Choose about the conflict at a place; False where there is nothing to choose."""
        if not 0 <= at < len(self._lines) or not _asks(self._lines[at]):
            return False
        self._lines[at] = replace(self._lines[at], choice=choice)
        return True

    def next_conflict(self, at: int) -> int:
        """The next conflict nobody chose about, going round from a place; else that place."""
        count = len(self._lines)
        for step in range(1, count + 1):
            line = self._lines[(at + step) % count]
            if _asks(line) and line.choice is None:
                return (at + step) % count
        return at


def _asks(line: MergeLine) -> bool:
    return line.row.kind is MergeKind.CONFLICT
