"""Case 1 of the official rule: split a coarse local code into children that each have a target."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

from icdmapper.model.codes import CodeKind, LocalCode, NewCode, ReferenceCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act, NewEvent, told
from icdmapper.model.icd import canonical
from icdmapper.model.judgement import answer_key
from icdmapper.model.mapping import Choice, Mapping, State
from icdmapper.model.people import Person, Right
from icdmapper.model.refinement import Child, Refinement, standing
from icdmapper.resolution import refinement as plans
from icdmapper.resolution import surroundings, transitions
from icdmapper.resolution.case_reading import case_of_child
from icdmapper.resolution.code_style import CodeStyle
from icdmapper.resolution.judgement import Judge, refuse_stops
from icdmapper.resolution.recording import LogEntry, named, new_batch, record
from icdmapper.resolution.refinement import Adoption, Found
from icdmapper.resolution.rules import check_targets
from icdmapper.resolution.states import check_step
from icdmapper.storage.unit_of_work import Storage, UnitOfWork
from icdmapper.texts import _

logger = logging.getLogger(__name__)


Initials = Callable[[str], str]


def _no_initials(_name: str) -> str:
    return ""


class RefiningService:
    """Plans the split of a coarse code, and makes its children when the plan is signed."""

    def __init__(
        self,
        storage: Storage,
        now: Callable[[], datetime],
        judge: Callable[[], Judge],
        *,
        initials: Initials = _no_initials,
    ) -> None:
        self._storage = storage
        self._now = now
        self._judge = judge
        self._initials = initials

    def style(self, kind: CodeKind) -> CodeStyle:
        """How this hospital writes its own codes of a kind."""
        with self._storage.reading() as work:
            return surroundings.Around(work, kind).style

    def offers(self, local_id: int) -> tuple[ReferenceCode, ...]:
        """The entries that a coarse code can mean: its subtree, then the names near its own.

        Raises:
            NotFoundError: there is no such local code.
        """
        with self._storage.reading() as work:
            local = work.code_sets.local(local_id)
            proposal = work.proposals.get(local_id)
            near = [one.reference_id for one in proposal.candidates] if proposal else []
            return plans.offers(local, work.code_sets.reference_codes(local.kind.system), near)

    def start(
        self,
        local_id: int,
        reference_ids: Sequence[int],
        *,
        seen_version: int,
        by: Person,
        effective: date | None = None,
        residual_id: int | None = None,
    ) -> Refinement:
        """Begin to split a code into a child for each of the entries; the plan can be edited.

        Raises:
            ConflictError: the mapping changed since the screen was filled.
            RefusedError: `by` may not, the state forbids it, or no free code is left.
            NotFoundError: the local code or an entry does not exist.
        """
        with self._storage.writing() as work:
            role = work.people.require(by, Right.REFINE)
            local, mapping = work.code_sets.local(local_id), work.mappings.get(local_id)
            refining = transitions.refine_started(mapping, seen_version=seen_version)
            check_step(mapping.state, Act.REFINE_STARTED, refining.state, role)
            entries = [work.code_sets.reference(one) for one in dict.fromkeys(reference_ids)]
            at = self._now()
            around = surroundings.Around(work, local.kind)
            children = plans.propose(
                local,
                entries,
                style=around.style,
                taken=around.taken(local),
                residual_id=residual_id,
            )
            plan = work.refinements.add(
                Refinement(0, local_id, 1, by.name, at, effective, children)
            )
            record(
                work,
                LogEntry(Act.REFINE_STARTED, by.name, at, new_batch(), detail=_codes(plan)),
                [(mapping, refining)],
            )
            work.commit()
        return plan

    def get(self, refinement_id: int) -> Refinement:
        """One refinement.

        Raises:
            NotFoundError: there is none with that id.
        """
        with self._storage.reading() as work:
            return work.refinements.get(refinement_id)

    def of(self, local_id: int) -> Refinement | None:
        """The refinement of a local code that is planned or done; None when there is none."""
        with self._storage.reading() as work:
            return _latest(work, local_id)

    def all(self) -> tuple[Refinement, ...]:
        """Every refinement that is planned or done, oldest first."""
        with self._storage.reading() as work:
            return _standing(work, work.refinements.all())

    def edit(
        self,
        refinement_id: int,
        children: Sequence[Child],
        *,
        seen_revision: int,
        by: Person,
        effective: date | None = None,
    ) -> Refinement:
        """Store the plan as the screen has it now; it may still have problems.

        Raises:
            ConflictError: somebody changed it since the screen was filled.
            RefusedError: `by` may not, or it is signed or given up.
            NotFoundError: there is none with that id.
        """
        with self._storage.writing() as work:
            work.people.require(by, Right.REFINE)
            plan = _planned(work, refinement_id)
            changed = replace(
                plan,
                revision=seen_revision + 1,
                children=tuple(children),
                effective=effective or plan.effective,
                # Whoever allowed the residual allowed the one they saw.
                residual_allowed_by=plan.residual_allowed_by
                if plans.residual_key(plan.children) == plans.residual_key(children)
                else "",
            )
            work.refinements.save(changed)
            work.commit()
        return changed

    def problems(self, refinement_id: int) -> tuple[Found, ...]:
        """What keeps the plan from being signed; empty when nothing does.

        Raises:
            NotFoundError: there is none with that id.
        """
        with self._storage.reading() as work:
            plan = work.refinements.get(refinement_id)
            return surroundings.problems(work, plan)

    def allow_residual(self, refinement_id: int, *, by: Person) -> Refinement:
        """Let records that say no more be translated with the residual child.

        Raises:
            RefusedError: `by` is no clinician, or the plan has no residual child.
            NotFoundError: there is none with that id.
        """
        with self._storage.writing() as work:
            work.people.require(by, Right.SETTLE)
            plan = work.refinements.get(refinement_id)
            residual = plan.residual
            if residual is None:
                raise RefusedError(_("This refinement has no child for records that say no more."))
            if plan.residual_allowed_by:
                return plan
            allowed = replace(plan, revision=plan.revision + 1, residual_allowed_by=by.name)
            work.refinements.save_head(allowed)
            key = plans.residual_key(plan.children)
            said = told(f"{residual.code} {residual.name}", plan=plan.id, residual=key)
            work.events.add([_told(Act.DEFAULT_ALLOWED, by, self._now(), plan.local_id, said)])
            work.commit()
        return allowed

    def drop(self, refinement_id: int, *, by: Person) -> Mapping:
        """Give a plan up; its local code is open again.

        Raises:
            RefusedError: `by` may not, or it is signed or given up already.
            NotFoundError: there is none with that id.
        """
        with self._storage.writing() as work:
            role = work.people.require(by, Right.REFINE)
            plan = _planned(work, refinement_id)
            mapping = work.mappings.get(plan.local_id)
            opened = transitions.refine_dropped(mapping, seen_version=mapping.version)
            check_step(mapping.state, Act.REFINE_DROPPED, opened.state, role)
            entry = LogEntry(Act.REFINE_DROPPED, by.name, self._now(), new_batch())
            record(work, entry, [(mapping, opened)])
            work.commit()
        return opened

    def sign(
        self, refinement_id: int, *, seen_revision: int, by: Person, accept_style: bool = False
    ) -> Refinement:
        """Make the children: local codes with decided mappings; the parent is retired.

        `accept_style` lets codes stand that are not written in the hospital's own way. One undo
        takes all of it back.

        Raises:
            ConflictError: somebody changed the plan since the screen was filled.
            RefusedError: `by` may not, the plan has problems, or a child breaks a stopping rule.
            NotFoundError: there is none with that id.
        """
        with self._storage.writing() as work:
            role = work.people.require(by, Right.SIGN_REFINEMENT)
            plan = _planned(work, refinement_id)
            parent, mapping = work.code_sets.local(plan.local_id), work.mappings.get(plan.local_id)
            retired = transitions.refined(mapping, seen_version=mapping.version)
            check_step(mapping.state, Act.REFINED, retired.state, role)
            plans.refuse_problems(surroundings.problems(work, plan), accept_style=accept_style)
            for child in plan.children:
                _refuse_child(work, self._judge(), parent, child)
            at = self._now()
            children = _make(work, parent, plan, self._initials)
            signed = replace(
                plan, revision=seen_revision + 1, children=children, signed_by=by.name, signed_at=at
            )
            work.refinements.save(signed)
            entry = LogEntry(Act.REFINED, by.name, at, new_batch(), detail=_codes(signed))
            # All under one act: an undo takes back parent and children together.
            changes = [_child_change(work, child, plan.started_by, at) for child in children]
            record(work, entry, [(mapping, retired), *changes])
            work.commit()
        logger.info("refined one local code into %d", len(children))
        return signed

    def rename(self, refinement_id: int, code: str, name: str, *, by: Person) -> Refinement:
        """Give a child of a signed refinement another name; the HIS change list tells it.

        Raises:
            RefusedError: `by` may not, it is not signed, or the name is empty or taken.
            NotFoundError: there is no such refinement.
        """
        with self._storage.writing() as work:
            work.people.require(by, Right.SIGN_REFINEMENT)
            plan = _latest(work, work.refinements.get(refinement_id).local_id)
            if plan is None or plan.id != refinement_id or not plan.signed:
                raise RefusedError(_("This refinement has not been signed."))
            old = next((child for child in plan.children if child.code == code), None)
            if old is None:
                raise RefusedError(_("{code} is no child of this refinement.").format(code=code))
            if name.strip() == old.name:
                return plan
            new = replace(old, name=name.strip(), renamed_from=old.renamed_from or old.name)
            children = tuple(new if child == old else child for child in plan.children)
            changed = replace(plan, revision=plan.revision + 1, children=children)
            plans.refuse_problems(surroundings.problems(work, changed), accept_style=True)
            _rewrite(work, work.code_sets.local(plan.local_id), new, self._initials)
            work.refinements.save(changed)
            said = _renaming(changed, old, new, self._initials)
            assert old.local_id is not None
            work.events.add([_told(Act.CHILD_RENAMED, by, self._now(), old.local_id, said)])
            work.commit()
        return changed

    def adoptions(self) -> tuple[tuple[Refinement, Adoption], ...]:
        """Every signed refinement, and how far the local list in use shows it taken over."""
        with self._storage.reading() as work:
            signed = [one for one in _standing(work, work.refinements.all()) if one.signed]
            return surroundings.adoptions(work, signed)


def _make(
    work: UnitOfWork, parent: LocalCode, plan: Refinement, initials: Initials
) -> tuple[Child, ...]:
    """The children with their local codes; those an undone signing left behind are used."""
    new = [child for child in plan.children if child.local_id is None]
    ids = iter(
        work.refinements.add_local_codes(
            parent.id,
            [_new_code(parent, child) for child in new],
            initials=[initials(child.name) for child in new],
        )
    )
    made = []
    for child in plan.children:
        if child.local_id is None:
            made.append(replace(child, local_id=next(ids)))
        else:
            _rewrite(work, parent, child, initials)
            made.append(child)
        _copy_waivers(work, parent, made[-1])
    return tuple(made)


def _told(act: Act, by: Person, at: datetime, local_id: int, said: str) -> NewEvent:
    return NewEvent(act, by.name, at, new_batch(), local_id, detail=said)


def _renaming(plan: Refinement, old: Child, new: Child, initials: Initials) -> str:
    was, now = (
        {"name": one.name, "from": one.renamed_from, "initials": initials(one.name)}
        for one in (old, new)
    )
    return told(f"{old.name} → {new.name}", plan=plan.id, code=new.code, was=was, now=now)


def _rewrite(work: UnitOfWork, parent: LocalCode, child: Child, initials: Initials) -> None:
    assert child.local_id is not None
    work.refinements.change_local_code(
        child.local_id, _new_code(parent, child), initials=initials(child.name)
    )


def _standing(work: UnitOfWork, plans_: Sequence[Refinement]) -> tuple[Refinement, ...]:
    touched = [one for plan in plans_ for one in plan.codes_touched]
    return standing(plans_, work.mappings.get_many(touched))


def _latest(work: UnitOfWork, local_id: int) -> Refinement | None:
    return next(iter(_standing(work, work.refinements.of(local_id))), None)


def _planned(work: UnitOfWork, refinement_id: int) -> Refinement:
    """A plan that can still be changed: neither given up nor done, its local code being refined."""
    plan = work.refinements.get(refinement_id)
    found = _latest(work, plan.local_id)
    if found is None or found.id != plan.id or found.signed:
        raise RefusedError(_("This refinement is signed or given up; it cannot be changed."))
    return found


def _refuse_child(work: UnitOfWork, judge: Judge, parent: LocalCode, child: Child) -> None:
    choice = Choice(parent.id, 0, child.relation, child.targets, child.note)
    check_targets(choice, parent, named(work, choice)[1])
    refuse_stops(judge.findings(case_of_child(work, parent, child)), work.waivers.of(parent.id))


def _copy_waivers(work: UnitOfWork, parent: LocalCode, child: Child) -> None:
    """What was waived for a child's answer before it existed is its own from now on."""
    assert child.local_id is not None
    answer = answer_key(child.relation, child.targets)
    held = {one.rule_id for one in work.waivers.of(child.local_id) if not one.withdrawn}
    for waiver in work.waivers.of(parent.id):
        if waiver.answer == answer and not waiver.withdrawn and waiver.rule_id not in held:
            work.waivers.add(replace(waiver, local_id=child.local_id))


def _child_change(
    work: UnitOfWork, child: Child, planner: str, at: datetime
) -> tuple[Mapping, Mapping]:
    """From retired, which is what a child is before it is made and after an undo, to decided."""
    assert child.local_id is not None
    stored = work.mappings.get(child.local_id)
    before = replace(stored, state=State.RETIRED)
    return before, Mapping(
        child.local_id,
        State.DECIDED,
        child.relation,
        child.targets,
        child.note,
        planner,
        at,
        stored.version + 1,
    )


def _new_code(parent: LocalCode, child: Child) -> NewCode:
    return NewCode(child.code, canonical(child.code), child.name, parent.kind, 0)


def _codes(plan: Refinement) -> str:
    return " ".join(child.code for child in plan.children)
