"""What the workbench is showing and may do next: cursor, filter, pending choice. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from icdmapper.model.codes import CodeSystem, ReferenceCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.mapping import Choice, Mapping, Relation, State, Target, TargetRole
from icdmapper.model.names import normalise
from icdmapper.model.proposals import Candidate, Proposal
from icdmapper.resolution.companions import Companions
from icdmapper.resolution.overview import chapter_of
from icdmapper.resolution.rules import Coverage, count_coverage
from icdmapper.resolution.service import WorkRow
from icdmapper.texts import _


class Order(Enum):
    """The order of the worklist."""

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

    def lets_in(self, row: WorkRow, chapter: str) -> bool:
        """Whether a row passes everything but the free text."""
        return not (
            (self.state and row.mapping.state is not self.state)
            or (self.system and row.local.kind.system is not self.system)
            or (self.only_contradiction and not row.contradiction)
            or (self.only_safe and not row.safe)
            or (self.only_held and row.holding is None)
            or (self.chapter and chapter != self.chapter)
        )


@dataclass(frozen=True, slots=True)
class Worklist:
    """Rows with what searching and counting them takes.

    Making one takes a while for a long list, so that a screen has it made off its own thread.
    """

    rows: tuple[WorkRow, ...]
    texts: tuple[str, ...]
    chapters: tuple[str, ...]
    positions: dict[int, int]
    """Where the row of a local code stands, by its id."""
    by_frequency: tuple[int, ...]
    """The positions in the order the list opens with."""
    coverage: Coverage

    @classmethod
    def of(cls, rows: Sequence[WorkRow]) -> Worklist:
        """Prepare freshly read rows."""
        texts = tuple(
            f"{row.local.code.lower()}\n{normalise(row.local.name)}\n{row.local.initials}"
            for row in rows
        )
        coverage = count_coverage((row.mapping.state, row.local.frequency or 0) for row in rows)
        return cls(
            rows=tuple(rows),
            texts=texts,
            chapters=tuple(map(chapter_of, rows)),
            positions={row.local.id: number for number, row in enumerate(rows)},
            by_frequency=_sorted(rows, Order.FREQUENCY),
            coverage=coverage,
        )


_KEYS: dict[Order, Callable[[WorkRow], int | float | str]] = {
    Order.FREQUENCY: lambda row: -(row.local.frequency or 0),
    Order.CODE: lambda row: row.local.code,
    Order.NAME: lambda row: row.local.name,
    Order.SCORE: lambda row: -row.best_score,
}


class ReviewSession:
    """One person's place in the worklist."""

    def __init__(self, rows: Sequence[WorkRow] = ()) -> None:
        self._worklist = Worklist.of(())
        self._rows: list[WorkRow] = []
        self._position: dict[int, int] = {}
        self._orders: dict[Order, tuple[int, ...]] = {}
        self._filter = WorkFilter()
        self._order = Order.FREQUENCY
        self._visible: tuple[WorkRow, ...] = ()
        self._cursor = 0
        self._proposal: Proposal | None = None
        self._extra: tuple[Candidate, ...] = ()
        self._picked = 0
        self._late: Mapping | None = None
        self.companions = Companions()
        """The targets beside the main one of the row in focus."""
        self.set_rows(rows)

    @property
    def visible(self) -> tuple[WorkRow, ...]:
        """The rows that pass the filter, in order."""
        return self._visible

    @property
    def total(self) -> int:
        """How many rows there are without the filter."""
        return len(self._rows)

    @property
    def cursor(self) -> int:
        """The position of the current row among the visible ones."""
        return self._cursor

    @property
    def current(self) -> WorkRow | None:
        """The row in focus."""
        return self._visible[self._cursor] if self._cursor < len(self._visible) else None

    @property
    def filter(self) -> WorkFilter:
        """The filter in force."""
        return self._filter

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The candidates of the row in focus: those of a search first, then the proposed."""
        proposed = self._proposal.candidates if self._proposal else ()
        found = {candidate.reference_id for candidate in self._extra}
        return self._extra + tuple(one for one in proposed if one.reference_id not in found)

    @property
    def candidate(self) -> Candidate | None:
        """The candidate in focus."""
        candidates = self.candidates
        return candidates[self._picked] if self._picked < len(candidates) else None

    @property
    def picked(self) -> int:
        """The position of the candidate in focus."""
        return self._picked

    def set_rows(self, rows: Sequence[WorkRow]) -> None:
        """Show freshly read rows and stay on the row in focus when it is still there."""
        self.set_worklist(Worklist.of(rows))

    def set_worklist(self, worklist: Worklist) -> None:
        """Show rows prepared elsewhere; see `set_rows`."""
        self._worklist = worklist
        self._rows = list(worklist.rows)
        self._coverage = worklist.coverage
        self._orders.clear()
        self._position = worklist.positions
        self._orders[Order.FREQUENCY] = worklist.by_frequency
        self._apply()

    def set_filter(self, wanted: WorkFilter) -> None:
        """Show only the rows that pass; the row in focus stays in focus if it does."""
        self._filter = wanted
        self._apply()

    def set_order(self, order: Order) -> None:
        """Sort the worklist."""
        self._order = order
        self._apply()

    def move(self, steps: int) -> WorkRow | None:
        """Go up or down the visible rows, stopping at the ends."""
        if self._visible:
            self._focus(min(max(self._cursor + steps, 0), len(self._visible) - 1))
        return self.current

    def go_to(self, local_id: int) -> WorkRow | None:
        """Put a visible row in focus; None when it is not visible."""
        for number, row in enumerate(self._visible):
            if row.local.id == local_id:
                self._focus(number)
                return row
        return None

    def set_proposal(self, proposal: Proposal) -> bool:
        """Show a proposal if it is for the row in focus; says whether it was."""
        if self.current is None or proposal.local_id != self.current.local.id:
            return False
        self._proposal = proposal
        self._extra = ()
        self._picked = 0
        self.companions.begin(self.current.mapping, proposal)
        return True

    def offer(self, candidates: Sequence[Candidate]) -> None:
        """Put entries found by hand before the proposed ones."""
        self._extra = tuple(candidates)
        self._picked = 0

    def offer_found(self, references: Sequence[ReferenceCode]) -> None:
        """Put entries a person found by hand before the proposed ones.

        One that is proposed too keeps its proposal; of the others only an equal name is known to
        be equivalent, so the rest overlap until the person says more.
        """
        row = self.current
        name = normalise(row.local.name) if row else ""
        proposed = self._proposal.candidates if self._proposal else ()
        known = {candidate.reference_id: candidate for candidate in proposed}
        self.offer([known.get(one.id) or _by_hand(one, name) for one in references])

    def pick(self, number: int) -> Candidate | None:
        """Put the candidate at `number` (from 0) in focus; None when there is no such one."""
        if 0 <= number < len(self.candidates):
            self._picked = number
            return self.candidates[number]
        return None

    def pending_choice(self, relation: Relation | None = None, note: str = "") -> Choice:
        """The choice that accepting now would make; the relation is this row's own proposal.

        Raises:
            RefusedError: there is no row or no candidate in focus.
        """
        row = self.current
        if row is None:
            raise RefusedError(_("There is no code in focus."))
        if relation is Relation.NO_COUNTERPART:
            return Choice(row.local.id, row.mapping.version, relation, (), note)
        if not self.candidates:
            raise RefusedError(_("There is no candidate; search the reference set with “/”."))
        candidate = self.candidates[self._picked]
        target = Target(candidate.reference_id, candidate.code, candidate.name, TargetRole.MAIN)
        targets = (target, *self.companions.beside(target))
        return Choice(
            row.local.id, row.mapping.version, relation or candidate.relation, targets, note
        )

    def coverage(self) -> Coverage:
        """How far the work is, counted over the rows at hand."""
        return self._coverage

    def upcoming(self, count: int) -> tuple[int, ...]:
        """The local ids after the row in focus, so that their proposals can be made ready."""
        rows = self._visible[self._cursor + 1 : self._cursor + 1 + count]
        return tuple(row.local.id for row in rows)

    def replace_mapping(self, mapping: Mapping) -> WorkRow | None:
        """Show a saved mapping. A row that no longer passes the filter makes way for the next."""
        position = self._position.get(mapping.local_id)
        if position is None:
            return self.current
        row, shown = self._stored(position, mapping)
        passes = self._passing((position,))
        if shown is None:
            if passes:
                self._apply()
            return self.current
        here = shown == self._cursor
        self._show_changed(shown, row if passes else None)
        if here and passes:
            return self.move(1)
        if here:
            self._focus(min(self._cursor, max(len(self._visible) - 1, 0)))
        return self.current

    def see(self, mapping: Mapping) -> bool:
        """Somebody else's change; nobody loses their place. False for the row in focus.

        That row stays as it was read until the focus leaves it: a save made on it is refused.
        """
        position = self._position.get(mapping.local_id)
        if position is None:
            return True
        if self.current is not None and self.current.local.id == mapping.local_id:
            self._late = mapping
            return False
        row, shown = self._stored(position, mapping)
        if shown is not None:
            self._show_changed(shown, row if self._passing((position,)) else None)
        return True

    def _stored(self, position: int, mapping: Mapping) -> tuple[WorkRow, int | None]:
        """The row with its mapping put in place and counted, and where it is shown."""
        before = self._rows[position]
        row = self._rows[position] = replace(before, mapping=mapping)
        discharges = row.local.frequency or 0
        self._coverage = self._coverage.moved(before.mapping.state, mapping.state, discharges)
        at = (n for n, one in enumerate(self._visible) if one.local.id == mapping.local_id)
        return row, next(at, None)

    def _show_changed(self, shown: int, row: WorkRow | None) -> None:
        """Put a row in its place, or take it away; the cursor stays on the row it is on."""
        kept = (row,) if row else ()
        self._visible = (*self._visible[:shown], *kept, *self._visible[shown + 1 :])
        if not kept and shown < self._cursor:
            self._cursor -= 1

    def _focus(self, cursor: int) -> None:
        self._cursor = cursor
        if (late := self._late) is not None:
            self._late = None
            self.see(late)
        self._proposal = None
        self._extra = ()
        self._picked = 0
        self.companions.begin()

    def _apply(self) -> None:
        focused = self.current.local.id if self.current else None
        self._visible = tuple(self._passing(self._ordered()))
        found = next((n for n, row in enumerate(self._visible) if row.local.id == focused), None)
        if found is None:
            self._focus(0)
        else:
            self._cursor = found

    def _ordered(self) -> tuple[int, ...]:
        """The positions of all rows in the order in force; no decision changes it."""
        if self._order not in self._orders:
            self._orders[self._order] = _sorted(self._rows, self._order)
        return self._orders[self._order]

    def _passing(self, positions: Iterable[int]) -> list[WorkRow]:
        words = [normalise(word) for word in self._filter.text.split()]
        # Every row of a long list passes here while a person waits: nothing is looked up twice.
        rows, chapters, texts = self._rows, self._worklist.chapters, self._worklist.texts
        lets_in = self._filter.lets_in
        return [
            rows[at]
            for at in positions
            if lets_in(rows[at], chapters[at]) and (not words or all(w in texts[at] for w in words))
        ]


def _sorted(rows: Sequence[WorkRow], order: Order) -> tuple[int, ...]:
    keys = [_KEYS[order](row) for row in rows]
    return tuple(sorted(range(len(keys)), key=keys.__getitem__))


def _by_hand(reference: ReferenceCode, local_name: str) -> Candidate:
    same = normalise(reference.name) == local_name
    relation = Relation.EQUIVALENT if same else Relation.OVERLAP
    return Candidate(
        reference.id, reference.code, reference.name, 0.0, relation, heading=reference.heading
    )
