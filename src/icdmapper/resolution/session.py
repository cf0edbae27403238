"""What the workbench is showing and may do next: cursor, filter, pending choice. No Qt."""

from __future__ import annotations

from collections.abc import Sequence

from icdmapper.model.codes import ReferenceCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.mapping import Choice, Mapping, Relation, Target, TargetRole
from icdmapper.model.proposals import Candidate, Proposal
from icdmapper.resolution.answer_shown import begin_with, is_answered
from icdmapper.resolution.by_hand import found_by_hand
from icdmapper.resolution.companions import Companions
from icdmapper.resolution.rules import Coverage
from icdmapper.resolution.service import WorkRow
from icdmapper.resolution.worklist import Order, RowList, WorkFilter, Worklist
from icdmapper.texts import _


class ReviewSession:
    """One person's place in the worklist."""

    def __init__(self, rows: Sequence[WorkRow] = ()) -> None:
        self._list = RowList()
        self._proposal: Proposal | None = None
        self._extra: tuple[Candidate, ...] = ()
        self._picked = 0
        self._answer_shown = False
        self._late: Mapping | None = None
        self.companions = Companions()
        """The targets beside the main one of the row in focus."""
        self.set_rows(rows)

    @property
    def visible(self) -> tuple[WorkRow, ...]:
        """The rows that pass the filter, in order."""
        return self._list.visible

    @property
    def total(self) -> int:
        """How many rows there are without the filter."""
        return self._list.total

    @property
    def cursor(self) -> int:
        """The position of the current row among the visible ones."""
        return self._list.cursor

    @property
    def current(self) -> WorkRow | None:
        """The row in focus."""
        return self._list.current

    @property
    def filter(self) -> WorkFilter:
        """The filter in force."""
        return self._list.filter

    @property
    def order(self) -> Order:
        """The order in force."""
        return self._list.order

    @property
    def chapters(self) -> tuple[str, ...]:
        """The chapters that occur in the list."""
        return self._list.chapters

    @property
    def shares_rows(self) -> bool:
        """Whether rows were given to people."""
        return self._list.shares_rows

    @property
    def has_touched(self) -> bool:
        """Whether the edition taken last touched any row."""
        return self._list.has_touched

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
    def relation(self) -> Relation | None:
        """What accepting would say: the row's own answer while it is in focus, or the proposal."""
        if self._answer_shown and self.current is not None:
            return self.current.mapping.relation
        return self.candidate.relation if self.candidate else None

    @property
    def picked(self) -> int:
        """The position of the candidate in focus."""
        return self._picked

    def set_rows(self, rows: Sequence[WorkRow] | Worklist) -> None:
        """Show freshly read rows and stay on the row in focus when it is still there.

        A screen hands over a `Worklist` that was prepared off its own thread.
        """
        worklist = rows if isinstance(rows, Worklist) else Worklist.of(rows)
        if not self._list.take(worklist):
            self._focus(0)

    def set_filter(self, wanted: WorkFilter) -> None:
        """Show only the rows that pass; the row in focus stays in focus if it does."""
        if not self._list.arrange(wanted):
            self._focus(0)

    def set_order(self, order: Order) -> None:
        """Sort the worklist."""
        if not self._list.arrange(order=order):
            self._focus(0)

    def move(self, steps: int) -> WorkRow | None:
        """Go up or down the visible rows, stopping at the ends."""
        if self.visible:
            self._focus(min(max(self.cursor + steps, 0), len(self.visible) - 1))
        return self.current

    def go_to(self, local_id: int) -> WorkRow | None:
        """Put a row in focus, shown even where the filter hides it; None when there is none.

        Filter and order stay as they are, and `go_back` leads to where one was.
        """
        here = self.current
        if here is not None and here.local.id != local_id:
            self._list.leave()
        return self._show(local_id)

    def go_back(self) -> WorkRow | None:
        """Return to the row that was left last by deciding or jumping; None when there is none."""
        trail = self._list.trail
        while trail:
            if (row := self._show(trail.pop())) is not None:
                return row
        return None

    def set_proposal(self, proposal: Proposal) -> bool:
        """Show a proposal if it is for the row in focus; says whether it was."""
        if self.current is None or proposal.local_id != self.current.local.id:
            return False
        self._proposal = proposal
        # With the answer the row has: accepting once more must not change it.
        self._answer_shown = is_answered(self.current.mapping)
        self._extra, self._picked = begin_with(self.current.mapping, proposal.candidates)
        self.companions.begin(self.current.mapping, proposal)
        return True

    def offer(self, candidates: Sequence[Candidate]) -> None:
        """Put entries found by hand before the proposed ones."""
        self._extra = tuple(candidates)
        self._picked = 0
        self._answer_shown = False

    def offer_found(self, references: Sequence[ReferenceCode]) -> None:
        """Put entries a person found by hand before the proposed ones.

        One that is proposed too, as the main entry or beside it, keeps its proposal; how the
        others stand to the local code is read from the two names.
        """
        name = self.current.local.name if self.current else ""
        proposal = self._proposal
        proposed = (*proposal.companions, *proposal.candidates) if proposal else ()
        known = {candidate.reference_id: candidate for candidate in proposed}
        self.offer([known.get(one.id) or found_by_hand(one, name) for one in references])

    def pick(self, number: int) -> Candidate | None:
        """Put the candidate at `number` (from 0) in focus; None when there is no such one."""
        if 0 <= number < len(self.candidates):
            self._picked = number
            self._answer_shown = False
            return self.candidates[number]
        return None

    def pending_choice(self, relation: Relation | None = None, note: str = "") -> Choice:
        """The choice that accepting now would make, with this row's own `relation` or another.

        Raises:
            RefusedError: there is no row or no candidate in focus.
        """
        row = self.current
        if row is None:
            raise RefusedError(_("There is no code in focus."))
        relation = relation or self.relation
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
        return self._list.coverage

    def upcoming(self, count: int) -> tuple[int, ...]:
        """The local ids after the row in focus, so that their proposals can be made ready."""
        rows = self.visible[self.cursor + 1 : self.cursor + 1 + count]
        return tuple(row.local.id for row in rows)

    def replace_mapping(self, mapping: Mapping) -> WorkRow | None:
        """Show a saved mapping. A row that no longer passes the filter makes way for the next."""
        if (put := self._list.put(mapping)) is None:
            return self.current
        row, shown, passes = put
        if shown is None:
            if passes:
                self._list.arrange()
            return self.current
        here = shown == self.cursor
        if here:
            self._list.leave()
        self._list.show_changed(shown, row if passes else None)
        if here and passes:
            return self.move(1)
        if here:
            self._focus(min(self.cursor, max(len(self.visible) - 1, 0)))
        return self.current

    def see(self, mapping: Mapping, *, own: bool = False) -> bool:
        """A change made elsewhere; nobody loses their place. False for the row in focus.

        That row stays as it was read until the focus leaves it: a save made on it is refused. Only
        the person's `own` change, made on another page, is taken at once.
        """
        here = self.current is not None and self.current.local.id == mapping.local_id
        if here and not own:
            self._late = mapping
            return False
        if (put := self._list.put(mapping)) is not None:
            row, shown, passes = put
            if shown is not None:
                self._list.show_changed(shown, row if passes else None)
        if here:
            self._late = None
            if self.current is None or self.current.local.id != mapping.local_id:
                self._focus(min(self.cursor, max(len(self.visible) - 1, 0)))
        return not here

    def _show(self, local_id: int) -> WorkRow | None:
        found = self._list.reveal(local_id)
        if found is None:
            return None
        self._focus(found)
        return self.current

    def _focus(self, cursor: int) -> None:
        self._list.cursor = cursor
        if (late := self._late) is not None:
            self._late = None
            self.see(late)
        self._proposal = None
        self._extra = ()
        self._picked = 0
        self._answer_shown = False
        self.companions.begin()
