"""Splitting a coarse local code: what to propose, what may be signed, what was adopted. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from enum import Enum

from icdmapper.model.codes import CodeKind, LocalCode, ReferenceCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.icd import canonical, parse
from icdmapper.model.judgement import answer_key
from icdmapper.model.mapping import Relation, Target
from icdmapper.model.names import normalise
from icdmapper.model.refinement import Child, Refinement
from icdmapper.resolution.code_style import CodeStyle, next_code
from icdmapper.texts import N_, _


class PlanProblem(Enum):
    """What keeps a plan from being signed; one sentence each in `problem_sentence`."""

    TOO_FEW = "too_few"
    NO_DATE = "no_date"
    CODE_MALFORMED = "code_malformed"
    CODE_TAKEN = "code_taken"
    CODE_TWICE = "code_twice"
    STYLE_DIFFERS = "style_differs"
    NAME_EMPTY = "name_empty"
    NAME_TWICE = "name_twice"
    NAME_OF_PARENT = "name_of_parent"
    NAME_TAKEN = "name_taken"
    NOT_MAPPED = "not_mapped"
    TWO_RESIDUALS = "two_residuals"


@dataclass(frozen=True, slots=True)
class Found:
    """A problem of a plan, at the child with this position; None when it is about the whole."""

    problem: PlanProblem
    position: int | None = None
    value: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a plan must fit into: the list's codes and names in use, the edition, the style.

    `codes` are the canonical codes that are taken, `names` the normalised names with the code that
    bears them; the parent and children made before are not among them.
    """

    codes: frozenset[str]
    names: Table[str, str]
    style: CodeStyle


class AdoptionProgress(Enum):
    """How far the HIS has taken a refinement over."""

    ADOPTED = "adopted"
    PARTLY = "partly"
    NOT_YET = "not_yet"


@dataclass(frozen=True, slots=True)
class Adoption:
    """How far the HIS has taken over a signed refinement, told from its newly exported list."""

    parent: LocalCode
    adopted: tuple[Child, ...]
    missing: tuple[Child, ...]
    renamed: tuple[tuple[Child, str], ...]
    """The planned child and the name that the HIS gave its code."""
    recoded: tuple[tuple[Child, str], ...]
    """The planned child and the code under which the HIS lists its name."""
    parent_still_used: bool

    @property
    def complete(self) -> bool:
        """Whether the HIS has done all of it."""
        return not (self.missing or self.renamed or self.recoded or self.parent_still_used)

    @property
    def progress(self) -> AdoptionProgress:
        """How far the HIS is, in one word."""
        if self.complete:
            return AdoptionProgress.ADOPTED
        begun = self.adopted or self.renamed or self.recoded or not self.parent_still_used
        return AdoptionProgress.PARTLY if begun else AdoptionProgress.NOT_YET


def propose(
    parent: LocalCode,
    entries: Sequence[ReferenceCode],
    *,
    style: CodeStyle,
    taken: Collection[str],
    residual_id: int | None = None,
) -> tuple[Child, ...]:
    """One child for each reference entry that the parent can mean, coded in the hospital's style.

    A child stays in its parent's family unless its entry belongs to another category: a malignant
    tumour does not get a code among those of uncertain behaviour. `taken` are canonical codes never
    to be given; `residual_id` is the entry of the residual child.

    Raises:
        RefusedError: no code is free, or a code has no known shape.
    """
    given = set(taken)
    children = []
    for entry in entries:
        code = next_code(_anchor(parent, entry), style=style, taken=given)
        given.add(canonical(code))
        targets = (Target(entry.id, entry.code, entry.name),)
        residual = entry.id == residual_id
        children.append(Child(code, entry.name, Relation.EQUIVALENT, targets, residual=residual))
    return tuple(children)


def _anchor(parent: LocalCode, entry: ReferenceCode) -> str:
    shape, other = parse(parent.code), parse(entry.code)
    same = shape is None or other is None or shape.category == other.category
    if same and parent.kind is not CodeKind.MORPHOLOGY:
        return parent.code
    return entry.code


def check(parent: LocalCode, plan: Refinement, around: Surroundings) -> tuple[Found, ...]:
    """What keeps a plan from being signed: all of it, in the order of the children."""
    found = []
    if len(plan.children) < 2:
        found.append(Found(PlanProblem.TOO_FEW))
    if plan.effective is None:
        found.append(Found(PlanProblem.NO_DATE))
    if sum(child.residual for child in plan.children) > 1:
        found.append(Found(PlanProblem.TWO_RESIDUALS))
    seen_codes: set[str] = set()
    seen_names: set[str] = set()
    for position, child in enumerate(plan.children):
        code, name = canonical(child.code), normalise(child.name)
        problems = [
            *_code_problems(parent, child, code, seen_codes, around),
            *_name_problems(parent, name, seen_names, around),
        ]
        if not child.targets or child.relation is Relation.NO_COUNTERPART:
            problems.append(PlanProblem.NOT_MAPPED)
        for problem in problems:
            value = around.names.get(name, "") if problem is PlanProblem.NAME_TAKEN else child.code
            found.append(Found(problem, position, value))
        seen_codes.add(code)
        seen_names.add(name)
    return tuple(found)


def _code_problems(
    parent: LocalCode, child: Child, code: str, seen: Collection[str], around: Surroundings
) -> list[PlanProblem]:
    shape = parse(child.code)
    if shape is None or shape.kind is not parent.kind:
        return [PlanProblem.CODE_MALFORMED]
    problems = []
    if code in seen:
        problems.append(PlanProblem.CODE_TWICE)
    # The parent's own code keeps its old, coarse meaning in every record before the split.
    if code in around.codes or code == parent.canonical:
        problems.append(PlanProblem.CODE_TAKEN)
    if not around.style.fits(child.code):
        problems.append(PlanProblem.STYLE_DIFFERS)
    return problems


def _name_problems(
    parent: LocalCode, name: str, seen: Collection[str], around: Surroundings
) -> list[PlanProblem]:
    if not name:
        return [PlanProblem.NAME_EMPTY]
    if name in seen:
        return [PlanProblem.NAME_TWICE]
    if name == normalise(parent.name):
        return [PlanProblem.NAME_OF_PARENT]
    if name in around.names:
        return [PlanProblem.NAME_TAKEN]
    return []


def refuse_problems(found: Sequence[Found], *, accept_style: bool) -> None:
    """Refuse what has problems; `accept_style` lets codes stand that are written another way.

    Raises:
        RefusedError: the sentence of the first problem.
    """
    for one in found:
        if not (accept_style and one.problem is PlanProblem.STYLE_DIFFERS):
            raise RefusedError(problem_sentence(one))


def residual_key(children: Sequence[Child]) -> str:
    """What the child for records that say no more stands for; "" where there is none."""
    residual = next((child for child in children if child.residual), None)
    return answer_key(residual.relation, residual.targets) if residual else ""


def problem_sentence(found: Found) -> str:
    """A problem of a plan, for people."""
    return _(_SENTENCES[found.problem]).format(code=found.value)


_SENTENCES = {
    PlanProblem.TOO_FEW: N_("A refinement has at least two children."),
    PlanProblem.NO_DATE: N_("Say from which discharge date the children are used."),
    PlanProblem.CODE_MALFORMED: N_("“{code}” is no code of the parent's kind."),
    PlanProblem.CODE_TAKEN: N_("{code} is in use already; a code never gets a second meaning."),
    PlanProblem.CODE_TWICE: N_("{code} is given to two children."),
    PlanProblem.STYLE_DIFFERS: N_("{code} is not written in the way this hospital writes codes."),
    PlanProblem.NAME_EMPTY: N_("{code} has no name."),
    PlanProblem.NAME_TWICE: N_("{code} has the same name as another child."),
    PlanProblem.NAME_OF_PARENT: N_("{code} has the name of its parent; say what it is in full."),
    PlanProblem.NAME_TAKEN: N_("There is already a local code with this name: {code}."),
    PlanProblem.NOT_MAPPED: N_("{code} has no reference entry yet."),
    PlanProblem.TWO_RESIDUALS: N_("Only one child can take the records that say no more."),
}


def adoption(plan: Refinement, parent: LocalCode, listed: Iterable[tuple[str, str]]) -> Adoption:
    """Compare a signed refinement with the codes and names of a newly exported local list."""
    names = {canonical(code): name for code, name in listed}
    codes = {normalise(name): code for code, name in names.items()}
    adopted, missing = [], []
    renamed, recoded = [], []
    for child in plan.children:
        name = names.get(canonical(child.code))
        other_code = codes.get(normalise(child.name))
        if name is not None and normalise(name) == normalise(child.name):
            adopted.append(child)
        elif name is not None:
            renamed.append((child, name))
        elif other_code is not None:
            recoded.append((child, other_code))
        else:
            missing.append(child)
    return Adoption(
        parent,
        tuple(adopted),
        tuple(missing),
        tuple(renamed),
        tuple(recoded),
        parent.canonical in names,
    )


def offers(
    parent: LocalCode, references: Iterable[ReferenceCode], near: Sequence[int]
) -> tuple[ReferenceCode, ...]:
    """The entries a coarse code can mean: its subcategory, its category, then names near its own.

    `near` are the ids of proposed entries, best first.
    """
    shape = parse(parent.code)
    rank = {reference_id: position for position, reference_id in enumerate(near)}
    found: list[tuple[int, int, ReferenceCode]] = []
    for number, reference in enumerate(references):
        if reference.heading or reference.kind is not parent.kind:
            continue
        other = parse(reference.code)
        if shape is None or other is None:
            place = 3
        elif other.subcategory == shape.subcategory:
            place = 0
        else:
            place = 1 if other.category == shape.category else 3
        if place == 3 and reference.id in rank:
            place, number = 2, rank[reference.id]  # noqa: PLW2901 - near names in their own order
        if place < 3:
            found.append((place, number, reference))
    return tuple(reference for _place, _number, reference in sorted(found, key=lambda one: one[:2]))
