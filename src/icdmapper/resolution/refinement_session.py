"""What the page of refinements shows and may do next: list, entries, children. No Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from icdmapper.model.codes import ReferenceCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.mapping import Relation
from icdmapper.model.names import normalise
from icdmapper.model.refinement import Child, Refinement
from icdmapper.resolution.drafting import Draft, RefineRow, RefineStage, unstarted
from icdmapper.resolution.refinement import Found, PlanProblem, problem_sentence
from icdmapper.texts import _


@dataclass(frozen=True, slots=True)
class Offer:
    """An entry that the code can mean, and whether there is a child for it."""

    reference: ReferenceCode
    picked: bool


@dataclass(frozen=True, slots=True)
class ChildRow:
    """A child as the table shows it; `problem` is the first thing wrong with it, "" for nothing."""

    child: Child
    problem: str


class RefinementSession:
    """One person's place among the codes to refine."""

    def __init__(self) -> None:
        self._all: tuple[RefineRow, ...] = ()
        self._visible: tuple[RefineRow, ...] = ()
        self._stage: RefineStage | None = None
        self._words: list[str] = []
        self._cursor = 0
        self._offered: tuple[ReferenceCode, ...] = ()
        self._found: tuple[ReferenceCode, ...] = ()
        self._picked: dict[int, ReferenceCode] = {}
        self._draft = Draft((), ())
        self._shown: tuple[int, int] | None = None
        self.effective: date | None = None
        """The first discharge date of the children."""

    @property
    def visible(self) -> tuple[RefineRow, ...]:
        """The codes that pass the filter."""
        return self._visible

    @property
    def counts(self) -> Counter[RefineStage]:
        """How many codes are how far."""
        return Counter(one.stage for one in self._all)

    @property
    def cursor(self) -> int:
        """The position of the code in focus."""
        return self._cursor

    @property
    def current(self) -> RefineRow | None:
        """The code in focus."""
        return self._visible[self._cursor] if self._cursor < len(self._visible) else None

    @property
    def can_edit(self) -> bool:
        """Whether entries can be picked: a signed refinement only takes other names."""
        return self.current is not None and self.current.stage is not RefineStage.SIGNED

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What a search found, then entries picked elsewhere, then what is offered."""
        known = {one.id for one in self._offered}
        picked = [one for one in self._picked.values() if one.id not in known]
        shown = {one.id: one for one in (*self._found, *picked, *self._offered)}
        return tuple(Offer(one, one.id in self._picked) for one in shown.values())

    @property
    def entries(self) -> tuple[ReferenceCode, ...]:
        """The entries that were picked."""
        return tuple(self._picked.values())

    @property
    def children(self) -> tuple[Child, ...]:
        """The children as they are now."""
        return self._draft.children

    @property
    def child_rows(self) -> tuple[ChildRow, ...]:
        """The children, each with the first thing that is wrong with it."""
        first: dict[int, Found] = {}
        for found in self._draft.problems:
            if found.position is not None:
                first.setdefault(found.position, found)
        return tuple(
            ChildRow(child, problem_sentence(first[at]) if at in first else "")
            for at, child in enumerate(self.children)
        )

    @property
    def problems(self) -> tuple[Found, ...]:
        """Everything that keeps the plan from being signed."""
        return self._draft.problems

    @property
    def only_style_differs(self) -> bool:
        """Whether nothing but another way of writing codes stands in the way."""
        kinds = {one.problem for one in self.problems}
        return kinds == {PlanProblem.STYLE_DIFFERS}

    @property
    def plan(self) -> Refinement | None:
        """The plan as the screen has it now; None when no code is in focus."""
        row = self.current
        if row is None:
            return None
        stored = row.plan or unstarted(row.local.id, (), None)
        return replace(stored, children=self.children, effective=self.effective)

    def set_rows(self, rows: Sequence[RefineRow], *, first: date) -> None:
        """Show freshly read codes; the one in focus stays. `first` is proposed as the date."""
        focused = self._focused
        self._all = tuple(rows)
        self._apply(focused, first)

    def show(self, local_id: int, *, first: date) -> bool:
        """Put a code in focus, whatever filter hides it; says whether it is in the list."""
        self._stage, self._words = None, []
        self._apply(local_id, first)
        return self._focused == local_id

    def set_filter(self, text: str, stage: RefineStage | None, *, first: date) -> None:
        """Show the codes of one stage with these words in code, name or initials."""
        self._words = [normalise(word) for word in text.split()]
        self._stage = stage
        self._apply(self._focused, first)

    def move_to(self, position: int, *, first: date) -> RefineRow | None:
        """Put a code in focus, stopping at the ends."""
        self._cursor = max(0, min(position, len(self._visible) - 1))
        self._begin(first)
        return self.current

    def set_offers(self, local_id: int, offers: Sequence[ReferenceCode]) -> bool:
        """Offer entries if they are for the code in focus; says whether they were."""
        if self.current is None or self.current.local.id != local_id:
            return False
        self._offered = tuple(offers)
        known = {one.id: one for one in offers}
        self._picked = {key: known.get(key, one) for key, one in self._picked.items()}
        return True

    def offer_found(self, references: Sequence[ReferenceCode]) -> None:
        """Put entries found by hand before the others."""
        self._found = tuple(one for one in references if not one.heading)

    def toggle(self, reference_id: int) -> None:
        """Make a child for an entry, or none any more.

        Raises:
            RefusedError: the refinement is signed.
        """
        self._refuse_signed()
        if self._picked.pop(reference_id, None) is None:
            wanted = next(one for one in self.offers if one.reference.id == reference_id)
            self._picked[reference_id] = wanted.reference

    def set_draft(self, local_id: int, draft: Draft) -> bool:
        """Show children if they are for the code in focus; says whether they were."""
        if self.current is None or self.current.local.id != local_id:
            return False
        self._draft = draft
        return True

    def change(
        self,
        at: int,
        *,
        code: str | None = None,
        name: str | None = None,
        relation: Relation | None = None,
    ) -> Child:
        """Give a child another code, name or relation; returns it as it was.

        Raises:
            RefusedError: there is no such child, or it is signed and more than a name changes.
        """
        before = self._child(at)
        if name is None:
            self._refuse_signed()
        changed = replace(
            before,
            code=before.code if code is None else code.strip(),
            name=before.name if name is None else name.strip(),
            relation=relation or before.relation,
        )
        self._replace({at: changed})
        return before

    def toggle_residual(self, at: int) -> None:
        """Let a child take the records that say no more, or no child.

        Raises:
            RefusedError: there is no such child, or the refinement is signed.
        """
        self._refuse_signed()
        wanted = not self._child(at).residual
        self._replace(
            {
                number: replace(one, residual=wanted and number == at)
                for number, one in enumerate(self.children)
            }
        )

    def set_plan(self, plan: Refinement, first: date) -> None:
        """The plan was stored: this is how it is now."""
        for one in self._all:
            if one.local.id == plan.local_id:
                changed = replace(one, plan=plan)
                self._all = tuple(changed if other is one else other for other in self._all)
                self._shown = self._key(changed)
        self._apply(plan.local_id, first)

    def _child(self, at: int) -> Child:
        if not 0 <= at < len(self.children):
            raise RefusedError(_("Choose a child first."))
        return self.children[at]

    def _replace(self, changed: dict[int, Child]) -> None:
        children = tuple(changed.get(at, one) for at, one in enumerate(self.children))
        self._draft = replace(self._draft, children=children)

    def _refuse_signed(self) -> None:
        if not self.can_edit:
            raise RefusedError(
                _("This refinement is signed; only the names of its children can be changed.")
            )

    @property
    def _focused(self) -> int | None:
        return self.current.local.id if self.current else None

    def _apply(self, focused: int | None, first: date) -> None:
        self._visible = tuple(one for one in self._all if self._passes(one))
        at = next((n for n, one in enumerate(self._visible) if one.local.id == focused), None)
        self._cursor = min(self._cursor, max(len(self._visible) - 1, 0)) if at is None else at
        self._begin(first)

    def _passes(self, one: RefineRow) -> bool:
        if self._stage is not None and one.stage is not self._stage:
            return False
        local = one.local
        text = f"{local.code.lower()}\n{normalise(local.name)}\n{local.initials}"
        return all(word in text for word in self._words)

    def _begin(self, first: date) -> None:
        """What is picked and written stays while the same version of a plan is shown."""
        row = self.current
        key = self._key(row) if row else None
        if key is not None and key == self._shown:
            return
        self._shown = key
        self._offered, self._found, self._picked = (), (), {}
        plan = row.plan if row else None
        self._draft = Draft(plan.children if plan else (), ())
        self.effective = plan.effective if plan and plan.effective else first
        for child in self.children:
            if row is not None and child.targets:
                target = child.targets[0]
                self._picked[target.reference_id] = ReferenceCode(
                    target.reference_id, target.code, target.code, target.name, row.local.kind
                )

    @staticmethod
    def _key(row: RefineRow) -> tuple[int, int]:
        return row.local.id, row.plan.revision if row.plan else 0


def first_of_next_month(today: date) -> date:
    """The day from which children are used unless somebody says another."""
    return date(today.year + today.month // 12, today.month % 12 + 1, 1)
