"""A new edition over an old one: what it would do, who signs it, and how its codes are placed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from icdmapper.model.codes import CodeSet, CodeSystem, LocalCode, NewCode, ReferenceCode, Side
from icdmapper.model.comparing import compare
from icdmapper.model.editions import Comparison, Effect, Outcome, Recall, Weighed
from icdmapper.model.errors import ConflictError, RefusedError
from icdmapper.model.people import Person
from icdmapper.storage.editions import Placement
from icdmapper.storage.unit_of_work import UnitOfWork
from icdmapper.texts import _
from icdmapper.texts.initials import initials

Progress = Callable[[int, int], None]


class Takeover(Protocol):
    """What the process of deciding makes of a new edition; see `resolution.overtaking`."""

    def weigh(
        self, work: UnitOfWork, side: Side, comparisons: Sequence[Comparison[Any, NewCode]]
    ) -> tuple[Weighed, ...]:
        """What new editions of one side do, in the same order."""

    def apply(
        self, work: UnitOfWork, weighed: Weighed, *, by: Person, at: datetime, batch: str
    ) -> None:
        """Change the mappings, with an event for each."""

    def weigh_recall(self, work: UnitOfWork, edition: CodeSet, earlier: CodeSet | None) -> Recall:
        """What taking an edition back would do."""

    def recall(self, work: UnitOfWork, recall: Recall, *, by: Person, at: datetime) -> None:
        """Put the mappings back, with an event for each."""


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """One set of a source, with the set in use that it would replace; both None for a first one."""

    system: CodeSystem | None
    codes: tuple[NewCode, ...]
    replaced: CodeSet | None = None
    weighed: Weighed | None = None


@dataclass(frozen=True, slots=True)
class EditionPlan:
    """What storing a source would do, to be looked at before it is signed."""

    side: Side
    parts: tuple[PlannedPart, ...]

    @property
    def replaces(self) -> bool:
        """Whether there is anything to compare with."""
        return any(part.replaced for part in self.parts)

    @property
    def needs_signature(self) -> bool:
        """Whether decisions would be re-opened or retired."""
        return any(part.weighed.needs_signature for part in self.parts if part.weighed)

    def by_outcome(self) -> dict[Outcome, tuple[Effect, ...]]:
        """The effects of all parts; each local code once within a part."""
        found: dict[Outcome, tuple[Effect, ...]] = {}
        for part in self.parts:
            for outcome, effects in part.weighed.by_outcome().items() if part.weighed else ():
                found[outcome] = (*found.get(outcome, ()), *effects)
        return found


@dataclass(frozen=True, slots=True)
class Signature:
    """The name under a plan that a person looked at."""

    name: str
    plan: EditionPlan


def plan(
    work: UnitOfWork,
    takeover: Takeover,
    side: Side,
    parts: Mapping[CodeSystem | None, tuple[NewCode, ...]],
    *,
    progress: Progress | None = None,
) -> EditionPlan:
    """Compare every part of a source with the set in use that it would replace."""
    in_use = {one.system: one for one in work.code_sets.in_use(side)}
    first, later, comparisons = [], [], []
    for system, codes in parts.items():
        replaced = in_use.get(system)
        if replaced is None:
            first.append(PlannedPart(system, codes))
            continue
        kept, compared = _compared(work, system, codes, progress)
        later.append(PlannedPart(system, kept, replaced))
        comparisons.append(compared)
    weighed = takeover.weigh(work, side, comparisons) if later else ()
    done = [replace(part, weighed=one) for part, one in zip(later, weighed, strict=True)]
    return EditionPlan(side, (*first, *done))


def _compared(
    work: UnitOfWork,
    system: CodeSystem | None,
    codes: tuple[NewCode, ...],
    progress: Progress | None,
) -> tuple[tuple[NewCode, ...], Comparison[Any, NewCode]]:
    """The codes as they would be stored, held against the set in use; None is the local list."""
    if system is None:
        local = work.code_sets.local_codes()
        kept = _with_what_is_not_said(local, codes)
        return kept, compare(_comparable(local, kept), kept, progress=progress)
    entries = work.code_sets.reference_codes(system)
    kept = _with_kinds(entries, codes)
    return kept, compare(entries, kept, progress=progress)


def check_signature(planned: EditionPlan, signature: Signature | None, by: Person) -> None:
    """Refuse to re-open or retire decisions that nobody signed for.

    Raises:
        RefusedError: there is no signature, or it is not the name of `by`.
        ConflictError: decisions changed since the plan was looked at.
    """
    if not planned.needs_signature:
        return
    if signature is None:
        counts = {outcome: len(found) for outcome, found in planned.by_outcome().items()}
        raise RefusedError(
            _(
                "This edition would re-open {reopened} decisions and retire {retired} codes; look "
                "at the comparison and sign it."
            ).format(
                reopened=counts.get(Outcome.REOPENED, 0), retired=counts.get(Outcome.RETIRED, 0)
            )
        )
    if signature.name.strip().casefold() != by.name.strip().casefold():
        raise RefusedError(
            _("Sign with your own name, {name}: you are the one who imports.").format(name=by.name)
        )
    if signature.plan.by_outcome() != planned.by_outcome():
        raise ConflictError(
            _("Decisions changed since you looked at the comparison; look at it again.")
        )


def store_part(work: UnitOfWork, part: PlannedPart, description: CodeSet) -> CodeSet:
    """Put one set in use; entries that go on keep their ids and everything that hangs on them."""
    letters = [initials(code.name) for code in part.codes]
    if part.replaced is None or part.weighed is None:
        return work.code_sets.add(description, part.codes, initials=letters)
    going_on = {id(after): before.id for before, after in part.weighed.comparison.went_on}
    placements = [
        Placement(code, sounds, going_on.get(id(code)))
        for code, sounds in zip(part.codes, letters, strict=True)
    ]
    unlisted = _unlisted(work, part) if description.side is Side.LOCAL else ()
    return work.editions.succeed(part.replaced, description, placements, unlisted=unlisted)


def _unlisted(work: UnitOfWork, part: PlannedPart) -> tuple[int, ...]:
    """What stays in the local list although its source no longer, or not yet, has it."""
    assert part.weighed is not None
    gone = {one.local.id for one in part.weighed.by_outcome().get(Outcome.GONE, ())}
    going_on = {before.id for before, _after in part.weighed.comparison.went_on}
    codes = work.code_sets.local_codes()
    return tuple(one.id for one in codes if one.id not in gone and one.id not in going_on)


def _comparable(old: Sequence[LocalCode], new: Sequence[NewCode]) -> tuple[LocalCode, ...]:
    """The codes that the old source had, and of the others those that the new source has.

    Children of a refinement that the HIS has not adopted, codes the uploader found and codes that
    left the list earlier stand in no source: that a new one lacks them says nothing.
    """
    coming = {(code.kind, code.canonical) for code in new}
    return tuple(one for one in old if one.row > 0 or (one.kind, one.canonical) in coming)


def _with_what_is_not_said(
    old: Sequence[LocalCode], new: tuple[NewCode, ...]
) -> tuple[NewCode, ...]:
    """A list without a column of volumes or of departments leaves those of the old one."""
    no_volumes = all(code.frequency is None for code in new)
    no_departments = not any(code.department for code in new)
    if not (no_volumes or no_departments):
        return new
    known = {(one.canonical, one.name): one for one in old}
    known |= {(one.canonical, ""): one for one in reversed(old)}
    kept = []
    for code in new:
        before = known.get((code.canonical, code.name)) or known.get((code.canonical, ""))
        if before is None or before.kind is not code.kind:
            kept.append(code)
            continue
        frequency = before.frequency if no_volumes else code.frequency
        department = before.department if no_departments else code.department
        kept.append(replace(code, frequency=frequency, department=department))
    return tuple(kept)


def _with_kinds(old: Sequence[ReferenceCode], new: tuple[NewCode, ...]) -> tuple[NewCode, ...]:
    """An edition of procedures without a column of kinds leaves those of the old one."""
    if any(code.operation_kind for code in new):
        return new
    kinds = {one.canonical: one.operation_kind for one in old if one.operation_kind}
    if not kinds:
        return new
    return tuple(replace(code, operation_kind=kinds.get(code.canonical, "")) for code in new)
