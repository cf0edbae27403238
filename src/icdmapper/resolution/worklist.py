"""The worklist by itself: filter, order, and where in it a person is. No Qt, nothing read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

from icdmapper.model.codes import CodeSystem
from icdmapper.model.mapping import Mapping, State
from icdmapper.model.names import normalise
from icdmapper.resolution.overview import chapter_of
from icdmapper.resolution.rules import Coverage, count_coverage
from icdmapper.resolution.service import WorkRow
from icdmapper.resolution.urgency import urgency


class Order(Enum):
    """The order of the worklist; urgency is risk by volume, and what it opens with."""

    URGENCY = "urgency"
    FREQUENCY = "frequency"
    CODE = "code"
    NAME = "name"
    SCORE = "score"


@dataclass(frozen=True, slots=True)
class WorkFilter:
    """Which rows the worklist shows; None and "" mean any. Words of `text` in any order.

    `chapter` is a chapter of the classification as the overview names it.
    """

    text: str = ""
    system: CodeSystem | None = None
    chapter: str = ""
    state: State | None = State.OPEN
    only_contradiction: bool = False
    only_safe: bool = False
    only_held: bool = False
    """Only codes for which records wait at the uploader."""
    assigned_to: str = ""
    """Only rows given to this person."""
    only_touched: bool = False
    """Only codes that the edition taken last re-opened, retired or speaks of."""

    def lets_in(self, row: WorkRow, chapter: str) -> bool:
        """Whether a row passes everything but the free text."""
        return not (
            (self.state and row.mapping.state is not self.state)
            or (self.system and row.local.kind.system is not self.system)
            or (self.only_contradiction and not row.contradiction)
            or (self.only_safe and not row.safe)
            or (self.only_held and row.holding is None)
            or (self.chapter and chapter != self.chapter)
            or (self.assigned_to and row.assigned_to != self.assigned_to)
        )


@dataclass(frozen=True)
class Worklist:
    """Rows with what searching and counting them takes.

    Making one takes a while for a long list, so that a screen has it made off its own thread.
    """

    rows: tuple[WorkRow, ...]
    chapters: tuple[str, ...]
    positions: dict[int, int]
    """Where the row of a local code stands, by its id."""
    by_urgency: tuple[int, ...]
    """The positions in the order the list opens with."""
    coverage: Coverage
    touched: frozenset[int] = frozenset()
    """The local ids of the codes that the edition taken last re-opened, retired or speaks of."""

    @classmethod
    def of(cls, rows: Sequence[WorkRow], touched: frozenset[int] = frozenset()) -> Worklist:
        """Prepare freshly read rows."""
        coverage = count_coverage((row.mapping.state, row.local.frequency or 0) for row in rows)
        return cls(
            rows=tuple(rows),
            chapters=tuple(map(chapter_of, rows)),
            positions={row.local.id: number for number, row in enumerate(rows)},
            by_urgency=_sorted(rows, Order.URGENCY),
            coverage=coverage,
            touched=touched.intersection(row.local.id for row in rows),
        )

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """What each row is searched in; made on the first look, which a screen has off its own
        thread once the rows are shown.
        """
        return tuple(
            f"{row.local.code.lower()}\n{normalise(row.local.name)}\n{row.local.initials}"
            for row in self.rows
        )


_ANY = WorkFilter(state=None)
_TRAIL = 200
_KEYS: dict[Order, Callable[[WorkRow], int | float | str]] = {
    Order.URGENCY: lambda row: -urgency(row),
    Order.FREQUENCY: lambda row: -(row.local.frequency or 0),
    Order.CODE: lambda row: row.local.code,
    Order.NAME: lambda row: row.local.name,
    Order.SCORE: lambda row: -row.best_score,
}


class RowList:
    """Rows that pass a filter in an order, and the one in focus."""

    def __init__(self) -> None:
        self.filter = WorkFilter()
        self.order = Order.URGENCY
        self.visible: tuple[WorkRow, ...] = ()
        self.cursor = 0
        self.trail: list[int] = []
        """The local ids that were left by deciding or jumping, the latest last."""
        self._pinned = 0
        self.take(Worklist.of(()))

    @property
    def current(self) -> WorkRow | None:
        """The row in focus."""
        return self.visible[self.cursor] if self.cursor < len(self.visible) else None

    @property
    def total(self) -> int:
        """How many rows there are without the filter."""
        return len(self._rows)

    @property
    def coverage(self) -> Coverage:
        """How far the work is, counted over the rows at hand."""
        return self._coverage

    @property
    def chapters(self) -> tuple[str, ...]:
        """The chapters that occur, in their order."""
        return tuple(sorted(set(self._worklist.chapters)))

    @property
    def shares_rows(self) -> bool:
        """Whether rows were given to people."""
        return any(row.assigned_to for row in self._rows)

    @property
    def has_touched(self) -> bool:
        """Whether the edition taken last touched any row."""
        return bool(self._worklist.touched)

    def take(self, worklist: Worklist) -> bool:
        """Show rows prepared elsewhere; says whether the row in focus is still there."""
        self._worklist = worklist
        self._rows = list(worklist.rows)
        self._coverage = worklist.coverage
        self._orders = {Order.URGENCY: worklist.by_urgency}
        return self.arrange()

    def arrange(self, wanted: WorkFilter | None = None, order: Order | None = None) -> bool:
        """Filter and sort; says whether the row in focus is still there."""
        if wanted is not None and wanted != self.filter:
            self.filter, self._pinned = wanted, 0
        self.order = order or self.order
        focused = self.current.local.id if self.current else 0
        self.visible = tuple(self._passing(self._ordered()))
        found = self.find(focused)
        self.cursor = found or 0
        return found is not None

    def find(self, local_id: int) -> int | None:
        """Where a visible row stands."""
        return next((at for at, row in enumerate(self.visible) if row.local.id == local_id), None)

    def reveal(self, local_id: int) -> int | None:
        """Where a row stands, shown although the filter hides it; None when there is none."""
        if (found := self.find(local_id)) is None and local_id in self._worklist.positions:
            self._pinned = local_id
            self.arrange()
            found = self.find(local_id)
        return found

    def leave(self) -> None:
        """The row in focus is left; the way back leads to it."""
        if self.current is not None and self.trail[-1:] != [self.current.local.id]:
            self.trail = [*self.trail, self.current.local.id][-_TRAIL:]

    def put(self, mapping: Mapping) -> tuple[WorkRow, int | None, bool] | None:
        """Put a mapping in its row and count it; the row, where it is shown, whether it passes.

        None when the row is not of this list.
        """
        position = self._worklist.positions.get(mapping.local_id)
        if position is None:
            return None
        before = self._rows[position]
        row = self._rows[position] = before._replace(mapping=mapping)
        discharges = row.local.frequency or 0
        self._coverage = self._coverage.moved(before.mapping.state, mapping.state, discharges)
        return row, self.find(mapping.local_id), bool(self._passing((position,)))

    def show_changed(self, shown: int, row: WorkRow | None) -> None:
        """Put a row in its place, or take it away; the cursor stays on the row it is on."""
        kept = (row,) if row else ()
        self.visible = (*self.visible[:shown], *kept, *self.visible[shown + 1 :])
        if not kept and shown < self.cursor:
            self.cursor -= 1

    def _ordered(self) -> tuple[int, ...]:
        """The positions of all rows in the order in force; no decision changes it."""
        if self.order not in self._orders:
            self._orders[self.order] = _sorted(self._rows, self.order)
        return self._orders[self.order]

    def _passing(self, positions: Iterable[int]) -> list[WorkRow]:
        # Every row of a long list passes here while a person waits: one question after the other,
        # each asked only of those that passed the last.
        rows, chapters = self._rows, self._worklist.chapters
        pinned = self._worklist.positions.get(self._pinned, -1)
        for word in map(normalise, self.filter.text.split()):
            texts = self._worklist.texts
            positions = [at for at in positions if word in texts[at] or at == pinned]
        state, lets_in = self.filter.state, self.filter.lets_in
        if state is not None:
            positions = [at for at in positions if rows[at].mapping.state is state or at == pinned]
        if self.filter.only_touched:
            touched = self._worklist.touched
            positions = [at for at in positions if rows[at].local.id in touched or at == pinned]
        if replace(self.filter, text="", state=None, only_touched=False) != _ANY:
            positions = [at for at in positions if lets_in(rows[at], chapters[at]) or at == pinned]
        return [rows[at] for at in positions]


def _sorted(rows: Sequence[WorkRow], order: Order) -> tuple[int, ...]:
    key = _KEYS[order]
    keys = [key(row) for row in rows]
    return tuple(sorted(range(len(keys)), key=keys.__getitem__))
