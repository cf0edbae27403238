"""What a refinement must fit into, read from the project: codes, names, the hospital's style."""

from __future__ import annotations

from collections.abc import Sequence

from icdmapper.model.codes import CodeKind, LocalCode
from icdmapper.model.icd import canonical
from icdmapper.model.names import normalise
from icdmapper.model.refinement import Refinement
from icdmapper.resolution import refinement as plans
from icdmapper.resolution.code_style import CodeStyle, learn
from icdmapper.resolution.refinement import Adoption, Found, Surroundings
from icdmapper.storage.unit_of_work import UnitOfWork


def style(work: UnitOfWork, kind: CodeKind) -> CodeStyle:
    """How the hospital writes its own codes of a kind."""
    return learn(work.code_sets.local_codes(), _edition(work, kind).keys(), kind)


def taken(work: UnitOfWork, parent: LocalCode) -> frozenset[str]:
    """Canonical codes no child may be given: those of the list, of other plans, of the edition.

    A code that the edition uses for something else would be read as that by everybody.
    """
    codes = {local.canonical for local in work.code_sets.local_codes()}
    return frozenset(codes | _edition(work, parent.kind).keys() | _planned(work, parent.id))


def problems(work: UnitOfWork, plan: Refinement) -> tuple[Found, ...]:
    """What keeps a plan from being signed."""
    parent = work.code_sets.local(plan.local_id)
    own = {child.local_id for child in plan.children} | {parent.id}
    local_codes = work.code_sets.local_codes()
    others = [local for local in local_codes if local.id not in own]
    edition = _edition(work, parent.kind)
    # A child may bear a code of the edition only where it means that very entry.
    foreign = {
        code
        for child in plan.children
        if (code := canonical(child.code)) in edition
        and edition[code] not in {target.reference_id for target in child.targets}
    }
    codes = {local.canonical for local in others} | _planned(work, parent.id) | foreign
    around = Surroundings(
        frozenset(codes),
        {normalise(local.name): local.code for local in others},
        learn(local_codes, edition.keys(), parent.kind),
    )
    return plans.check(parent, plan, around)


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


def _edition(work: UnitOfWork, kind: CodeKind) -> dict[str, int]:
    return {code.canonical: code.id for code in work.code_sets.reference_codes(kind.system)}


def _planned(work: UnitOfWork, but: int) -> set[str]:
    return {
        canonical(child.code)
        for plan in work.refinements.all()
        if plan.local_id != but
        for child in plan.children
    }
