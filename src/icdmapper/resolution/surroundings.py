"""What a refinement must fit into, read from the project: codes, names, the hospital's style."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from icdmapper.model.codes import CodeKind, LocalCode
from icdmapper.model.icd import canonical
from icdmapper.model.names import normalise
from icdmapper.model.refinement import Refinement
from icdmapper.resolution import refinement as plans
from icdmapper.resolution.code_style import CodeStyle, learn
from icdmapper.resolution.refinement import Adoption, Found, Surroundings
from icdmapper.storage.unit_of_work import UnitOfWork


class Around:
    """What is around a code of a kind, read once for all that is asked of it.

    A list of twenty thousand codes and an edition of forty thousand take seconds to read again and
    again, while a person waits for the children of an entry.
    """

    def __init__(self, work: UnitOfWork, kind: CodeKind) -> None:
        self._work = work
        self._kind = kind
        self._local_codes = work.code_sets.local_codes()
        references = work.code_sets.reference_codes(kind.system)
        self._edition = {code.canonical: code.id for code in references}

    @cached_property
    def style(self) -> CodeStyle:
        """How the hospital writes its own codes of the kind."""
        return learn(self._local_codes, self._edition.keys(), self._kind)

    def taken(self, parent: LocalCode) -> frozenset[str]:
        """Canonical codes no child may be given: of the list, of other plans, of the edition.

        A code that the edition uses for something else would be read as that by everybody.
        """
        codes = {local.canonical for local in self._local_codes}
        return frozenset(codes | self._edition.keys() | _planned(self._work, parent.id))

    def problems(self, parent: LocalCode, plan: Refinement) -> tuple[Found, ...]:
        """What keeps a plan from being signed."""
        own = {child.local_id for child in plan.children} | {parent.id}
        others = [local for local in self._local_codes if local.id not in own]
        # A child may bear a code of the edition only where it means that very entry.
        foreign = {
            code
            for child in plan.children
            if (code := canonical(child.code)) in self._edition
            and self._edition[code] not in {target.reference_id for target in child.targets}
        }
        codes = {local.canonical for local in others} | _planned(self._work, parent.id) | foreign
        names = {normalise(local.name): local.code for local in others}
        return plans.check(parent, plan, Surroundings(frozenset(codes), names, self.style))


def problems(work: UnitOfWork, plan: Refinement) -> tuple[Found, ...]:
    """What keeps a plan from being signed."""
    parent = work.code_sets.local(plan.local_id)
    return Around(work, parent.kind).problems(parent, plan)


def adoptions(
    work: UnitOfWork, signed: Sequence[Refinement]
) -> tuple[tuple[Refinement, Adoption], ...]:
    """How far the HIS has taken refinements over, told from its list as last imported."""
    local_codes = {one.id: one for one in work.code_sets.local_codes()}
    # What stands in no source (row 0) was put there by this program, or has left the list.
    listed = [(one.code, one.name) for one in local_codes.values() if one.row > 0]
    return tuple(
        (plan, plans.adoption(plan, local_codes[plan.local_id], listed)) for plan in signed
    )


def _planned(work: UnitOfWork, but: int) -> set[str]:
    return {
        canonical(child.code)
        for plan in work.refinements.all()
        if plan.local_id != but
        for child in plan.children
    }
