"""What there is to refine, and plans while they are thought over: nothing here is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum

from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.icd import canonical
from icdmapper.model.mapping import Mapping, Relation, State
from icdmapper.model.refinement import Child, Refinement, standing
from icdmapper.resolution import refinement as plans
from icdmapper.resolution.code_style import CodeStyle
from icdmapper.resolution.refinement import Found
from icdmapper.resolution.surroundings import Around
from icdmapper.storage.unit_of_work import Storage, UnitOfWork

_NEVER = datetime.min.replace(tzinfo=UTC)
_ANSWERED = frozenset({State.DECIDED, State.CHECKED, State.SETTLED})


class RefineStage(Enum):
    """How far the refinement of a code is."""

    COARSE = "coarse"
    """Its answer says that it is coarser than the reference; nothing is planned yet."""
    PLANNED = "planned"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True)
class RefineRow:
    """A local code to refine, with its mapping and its plan, if there is one."""

    local: LocalCode
    mapping: Mapping
    plan: Refinement | None = None

    @property
    def stage(self) -> RefineStage:
        """How far it is."""
        if self.plan is None:
            return RefineStage.COARSE
        return RefineStage.SIGNED if self.plan.signed else RefineStage.PLANNED


@dataclass(frozen=True, slots=True)
class Draft:
    """Children as they would be, and what would keep them from being signed."""

    children: tuple[Child, ...]
    problems: tuple[Found, ...]


class DraftingService:
    """Reads what the screen of refinements shows."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def rows(self) -> tuple[RefineRow, ...]:
        """Codes found too coarse, planned and refined ones; the most discharges first."""
        with self._storage.reading() as work:
            planned = {one.local_id: one for one in _standing(work, work.refinements.all())}
            wanted = {
                one.local_id: one
                for one in work.mappings.in_use()
                if one.local_id in planned or _is_coarse(one.state, one.relation)
            }
            found = [
                RefineRow(local, wanted[local.id], planned.get(local.id))
                for local in work.code_sets.local_codes()
                if local.id in wanted
            ]
        return tuple(sorted(found, key=lambda one: -(one.local.frequency or 0)))

    def count_waiting(self) -> int:
        """How many codes were found too coarse or are being refined, and wait for a signature."""
        with self._storage.reading() as work:
            counts = work.mappings.count_in_use()
        return sum(
            count
            for (state, relation), count in counts.items()
            if state is State.REFINING or _is_coarse(state, relation)
        )

    def row(self, local_id: int) -> RefineRow:
        """One code, whether it was found too coarse or not.

        Raises:
            NotFoundError: there is no such local code.
        """
        with self._storage.reading() as work:
            plan = next(iter(_standing(work, work.refinements.of(local_id))), None)
            return RefineRow(work.code_sets.local(local_id), work.mappings.get(local_id), plan)

    def parent_of(self, local_id: int) -> int:
        """The local code that was refined into this one; itself where none was."""
        with self._storage.reading() as work:
            made = work.refinements.touching([local_id])
        return next((one.local_id for one in made if one.local_id != local_id), local_id)

    def style(self, local_id: int) -> CodeStyle:
        """How the hospital writes its own codes of this one's kind.

        Raises:
            NotFoundError: there is no such local code.
        """
        with self._storage.reading() as work:
            return Around(work, work.code_sets.local(local_id).kind).style

    def draft(
        self,
        local_id: int,
        entries: Sequence[ReferenceCode],
        children: Sequence[Child],
        *,
        effective: date | None,
    ) -> Draft:
        """A child for each of the entries: those of `children` as they are, the others proposed.

        Raises:
            NotFoundError: there is no such local code.
            RefusedError: no code is free for a new child.
        """
        wanted = {one.id for one in entries}
        kept = [one for one in children if _main(one) in wanted]
        new = [one for one in entries if one.id not in {_main(child) for child in kept}]
        with self._storage.reading() as work:
            local = work.code_sets.local(local_id)
            around = Around(work, local.kind)
            if new:
                made = {canonical(one.code) for one in kept}
                taken = around.taken(local) | made
                kept += plans.propose(local, new, style=around.style, taken=taken)
            plan = unstarted(local_id, kept, effective)
            return Draft(plan.children, around.problems(local, plan))


def _is_coarse(state: State, relation: Relation | None) -> bool:
    return relation is Relation.LOCAL_COARSER and state in _ANSWERED


def _standing(work: UnitOfWork, found: Sequence[Refinement]) -> tuple[Refinement, ...]:
    touched = [one for plan in found for one in plan.codes_touched]
    return standing(found, work.mappings.get_many(touched))


def _main(child: Child) -> int | None:
    return child.targets[0].reference_id if child.targets else None


def unstarted(local_id: int, children: Sequence[Child], effective: date | None) -> Refinement:
    """A plan that nobody has started."""
    return Refinement(0, local_id, 0, "", _NEVER, effective, tuple(children))
