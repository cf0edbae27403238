"""Reads what judgement rules look at: stored answers, choices, planned children."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import replace

from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.icd import canonical, parse
from icdmapper.model.judgement import answer_key
from icdmapper.model.mapping import Choice, Mapping, Relation, State, Target, TargetRole
from icdmapper.model.refinement import Child
from icdmapper.resolution.cases import Case, Chosen
from icdmapper.storage.unit_of_work import UnitOfWork

JUDGED = frozenset(State) - {State.OPEN, State.RETIRED}
"""States in which a mapping has an answer to judge; a disputed one keeps what is contested."""


def case_of_choice(work: UnitOfWork, choice: Choice) -> Case:
    """A choice as the rules look at it; its own code counts among those on the main target.

    Raises:
        NotFoundError: the local code or a target does not exist.
    """
    references = [work.code_sets.reference(target.reference_id) for target in choice.targets]
    return case_of_named(work, choice, work.code_sets.local(choice.local_id), references)


def case_of_named(
    work: UnitOfWork,
    choice: Choice,
    local: LocalCode,
    references: Sequence[ReferenceCode],
    *,
    counted: bool = True,
) -> Case:
    """As `case_of_choice`, when what the choice names has been read already, in its order.

    Without `counted` the others on its main target are taken to be none.
    """
    by_id = {one.id: one for one in references}
    others = _others_on(work, choice.local_id, choice.targets) if counted else 0
    return case_of(local, choice.relation, choice.targets, by_id, choice.note, others + 1)


def case_of_child(work: UnitOfWork, parent: LocalCode, child: Child) -> Case:
    """A planned child under its parent's id, so that the parent's waivers count for it.

    Raises:
        NotFoundError: a target does not exist.
    """
    local = replace(parent, code=child.code, canonical=canonical(child.code), name=child.name)
    references = {
        target.reference_id: work.code_sets.reference(target.reference_id)
        for target in child.targets
    }
    return case_of(local, child.relation, child.targets, references, child.note, 1)


def case_of(
    local: LocalCode,
    relation: Relation | None,
    targets: Sequence[Target],
    references: Table[int, ReferenceCode],
    note: str,
    shared: int,
) -> Case:
    """An answer as the rules look at it; a target whose entry is gone is judged as it was named."""
    chosen = tuple(
        Chosen(references.get(target.reference_id) or _as_named(target, local), target.role)
        for target in targets
    )
    return Case(local, chosen, relation, note, shared, answer_key(relation, targets))


def _as_named(target: Target, local: LocalCode) -> ReferenceCode:
    shape = parse(target.code)
    return ReferenceCode(
        target.reference_id,
        target.code,
        canonical(target.code),
        target.name,
        shape.kind if shape else local.kind,
    )


def case_stored(work: UnitOfWork, mapping: Mapping) -> Case:
    """A stored answer as the rules look at it.

    Raises:
        NotFoundError: the local code does not exist.
    """
    local = work.code_sets.local(mapping.local_id)
    references = {
        target.reference_id: work.code_sets.reference(target.reference_id)
        for target in mapping.targets
    }
    others = _others_on(work, mapping.local_id, mapping.targets)
    return case_of(local, mapping.relation, mapping.targets, references, mapping.note, others + 1)


def case_in(
    local: LocalCode,
    mapping: Mapping,
    references: Table[int, ReferenceCode],
    shared: Table[int, int],
) -> Case:
    """A stored answer among all, when both sides and the shares have been read at once."""
    main = _main(mapping.targets)
    count = shared[main.reference_id] if main else 1
    return case_of(local, mapping.relation, mapping.targets, references, mapping.note, count)


def _main(targets: Sequence[Target]) -> Target | None:
    return next((target for target in targets if target.role is TargetRole.MAIN), None)


def count_shared(mappings: Sequence[Mapping]) -> Counter[int]:
    """How many local codes stand on each main target, by the entry's id."""
    mains = (_main(mapping.targets) for mapping in mappings)
    return Counter(main.reference_id for main in mains if main)


def _others_on(work: UnitOfWork, local_id: int, targets: Sequence[Target]) -> int:
    main = _main(targets)
    if main is None:
        return 0
    return work.mappings.count_main(main.reference_id, but=local_id, states=JUDGED)
