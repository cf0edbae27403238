"""Judgement of stored answers and of choices about to be made; waivers with reason and person."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import datetime

from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act, NewEvent, told
from icdmapper.model.judgement import Finding, Needs, Severity, Waiver
from icdmapper.model.mapping import Choice, Mapping, State
from icdmapper.model.people import Person, Right, Role
from icdmapper.model.refinement import Child
from icdmapper.resolution.case_reading import (
    JUDGED,
    case_in,
    case_of_child,
    case_of_choice,
    case_of_named,
    case_stored,
    count_shared,
)
from icdmapper.resolution.cases import Case
from icdmapper.resolution.judgement import Judge, refuse_stops
from icdmapper.resolution.recording import Names, named, new_batch
from icdmapper.resolution.rules import check_version
from icdmapper.storage.unit_of_work import Storage, UnitOfWork
from icdmapper.texts import _

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding with the waiver that covers it, if any. `settled` says a clinician settled it."""

    finding: Finding
    waiver: Waiver | None
    settled: bool = False

    @property
    def stands_open(self) -> bool:
        """Whether somebody still has to look: not waived, and not settled by a clinician."""
        by_clinician = self.settled and self.finding.needs is Needs.CLINICIAN
        return self.waiver is None and not by_clinician


class JudgingService:
    """What the judgement rules say of the work, and what people let stand all the same."""

    def __init__(
        self, storage: Storage, now: Callable[[], datetime], judge: Callable[[], Judge]
    ) -> None:
        self._storage = storage
        self._now = now
        self._judge = judge

    def findings(self, local_id: int) -> tuple[Judged, ...]:
        """What the stored answer of a local code breaks; empty when it has none.

        Raises:
            NotFoundError: there is no such local code.
        """
        with self._storage.reading() as work:
            mapping = work.mappings.get(local_id)
            if mapping.state not in JUDGED:
                return ()
            return _with_waivers(
                self._judge().findings(case_stored(work, mapping)),
                work.waivers.of(local_id),
                settled=mapping.state is State.SETTLED,
            )

    def findings_of(self, choice: Choice) -> tuple[Judged, ...]:
        """What a choice would break; for the screen, before Enter.

        Raises:
            NotFoundError: the local code or a target does not exist.
        """
        with self._storage.reading() as work:
            found = self._judge().findings(case_of_choice(work, choice))
            return _with_waivers(found, work.waivers.of(choice.local_id), settled=False)

    def findings_of_child(self, parent_id: int, child: Child) -> tuple[Judged, ...]:
        """What a child breaks that a refinement of a local code plans.

        Raises:
            NotFoundError: the local code or a target does not exist.
        """
        with self._storage.reading() as work:
            case = case_of_child(work, work.code_sets.local(parent_id), child)
            held = work.waivers.of(parent_id)
            return _with_waivers(self._judge().findings(case), held, settled=False)

    def findings_all(self) -> dict[int, tuple[Judged, ...]]:
        """The findings of every answered local code in use that has any, by its id."""
        with self._storage.reading() as work:
            local_codes = {local.id: local for local in work.code_sets.local_codes()}
            references = {code.id: code for code in work.code_sets.reference_codes()}
            mappings = [one for one in work.mappings.in_use() if one.state in JUDGED]
            waivers = _by_code(work.waivers.all())
        judge = self._judge()
        shared = count_shared(mappings)
        result: dict[int, tuple[Judged, ...]] = {}
        for mapping in mappings:
            local = local_codes.get(mapping.local_id)
            if local is None:
                continue
            found = judge.findings(case_in(local, mapping, references, shared))
            if found:
                settled = mapping.state is State.SETTLED
                result[local.id] = _with_waivers(found, waivers.get(local.id, ()), settled=settled)
        logger.info("judged %d mappings, %d with findings", len(mappings), len(result))
        return result

    def counts(self) -> dict[int, int]:
        """How many warnings and stops each answered local code has; for the order of checking."""
        counted = {
            local_id: sum(one.finding.severity is not Severity.NOTE for one in judged)
            for local_id, judged in self.findings_all().items()
        }
        return {local_id: count for local_id, count in counted.items() if count}

    def refuse(self, choice: Choice, *, clinician_settles: bool = False) -> None:
        """Refuse a choice that a stopping rule forbids and nobody waived.

        Raises:
            RefusedError: the sentence names the rule and why it fires.
            NotFoundError: the local code or a target does not exist.
        """
        with self._storage.reading() as work:
            names = named(work, choice)
            refuse_choice(work, self._judge(), choice, names, clinician_settles=clinician_settles)

    def waive(
        self,
        local_id: int,
        rule_id: str,
        reason: str,
        *,
        by: Person,
        choice: Choice | None = None,
        child: Child | None = None,
    ) -> Waiver:
        """Let an answer stand although it breaks a rule: the stored one, a choice's, a child's.

        A child's, where a refinement plans it: the waiver is its parent's until the child exists.

        Raises:
            ConflictError: the choice was made on an older version of the mapping.
            RefusedError: no reason, the answer does not break that rule, or `by` may not; where a
                clinician is needed nobody else may.
            NotFoundError: the local code or a target does not exist.
        """
        (waiver,) = self.waive_all(local_id, [rule_id], reason, by=by, choice=choice, child=child)
        return waiver

    def waive_all(
        self,
        local_id: int,
        rule_ids: Sequence[str],
        reason: str,
        *,
        by: Person,
        choice: Choice | None = None,
        child: Child | None = None,
    ) -> tuple[Waiver, ...]:
        """As `waive` for several rules, as one gesture: all of them or none; errors as there."""
        if not reason.strip():
            raise RefusedError(_("A waiver needs a reason."))
        with self._storage.writing() as work:
            role = work.people.require(by, Right.WAIVE)
            mapping = work.mappings.get(local_id)
            if choice is not None:
                check_version(mapping, choice.seen_version)
            case = _asked_case(work, mapping, choice, child)
            if case.local.id != local_id:
                raise RefusedError(_("The choice is about another code."))
            found = {one.rule_id: one for one in self._judge().findings(case)}
            batch, at, given = new_batch(), self._now(), []
            for rule_id in rule_ids:
                _refuse_waiver(rule_id, found, role)
                one = Waiver(
                    local_id, rule_id, reason.strip(), by.name, role, at,
                    mapping.version, found[rule_id].answer,
                )  # fmt: skip
                given.append(work.waivers.add(one))
                number = given[-1].id
                said = told(
                    f"+ {rule_id}: {one.reason}",
                    waiver=number,
                    planned=child is not None,
                    title=found[rule_id].title,
                )
                self._log(work, by, local_id, said, batch)
            work.commit()
        return tuple(given)

    def withdraw(self, local_id: int, rule_id: str, *, by: Person) -> None:
        """Take back the waivers of a rule for a local code.

        Raises:
            RefusedError: there is none that stands, or `by` may not.
        """
        with self._storage.writing() as work:
            work.people.require(by, Right.WAIVE)
            standing = [
                one.id
                for one in work.waivers.of(local_id)
                if one.rule_id == rule_id and not one.withdrawn
            ]
            if not standing:
                raise RefusedError(
                    _("Rule {rule} was not waived for this code.").format(rule=rule_id)
                )
            work.waivers.withdraw(standing)
            self._log(work, by, local_id, f"- {rule_id}", new_batch())
            work.commit()

    def waivers(self, local_id: int | None = None) -> tuple[Waiver, ...]:
        """The waivers that stand: all of the project, or those of one local code."""
        with self._storage.reading() as work:
            if local_id is None:
                return work.waivers.all()
            return tuple(one for one in work.waivers.of(local_id) if not one.withdrawn)

    def _log(self, work: UnitOfWork, by: Person, local_id: int, detail: str, batch: str) -> None:
        event = NewEvent(Act.WAIVED, by.name, self._now(), batch, local_id, detail=detail)
        work.events.add([event])


def _refuse_waiver(rule_id: str, found: Table[str, Finding], role: Role | None) -> None:
    if rule_id not in found:
        raise RefusedError(
            _("This answer does not break rule {rule}; there is nothing to waive.").format(
                rule=rule_id
            )
        )
    if found[rule_id].needs is Needs.OTHER_ANSWER:
        raise RefusedError(
            _("Nobody can waive rule {rule}: choose another entry.").format(rule=rule_id)
        )
    if found[rule_id].needs is Needs.CLINICIAN and role not in (Role.CLINICIAN, None):
        raise RefusedError(_("Rule {rule} can only be waived by a clinician.").format(rule=rule_id))


def _asked_case(
    work: UnitOfWork, mapping: Mapping, choice: Choice | None, child: Child | None
) -> Case:
    if choice is not None:
        return case_of_choice(work, choice)
    if child is not None:
        return case_of_child(work, work.code_sets.local(mapping.local_id), child)
    return case_stored(work, mapping)


def refuse_choice(
    work: UnitOfWork,
    judge: Judge,
    choice: Choice,
    names: Names,
    *,
    clinician_settles: bool = False,
) -> None:
    """Refuse a choice inside the transaction that would save it; `names` is what it names.

    Raises:
        RefusedError: a stopping rule forbids it and nobody waived that for this answer.
    """
    stopping = judge.stopping
    case = case_of_named(work, choice, *names, counted=stopping.counts_shared)
    if found := stopping.findings(case):
        waivers = work.waivers.of(choice.local_id)
        refuse_stops(found, waivers, clinician_settles=clinician_settles)


def _by_code(waivers: Sequence[Waiver]) -> dict[int, list[Waiver]]:
    found: dict[int, list[Waiver]] = {}
    for one in waivers:
        found.setdefault(one.local_id, []).append(one)
    return found


def _with_waivers(
    findings: Sequence[Finding], waivers: Sequence[Waiver], *, settled: bool
) -> tuple[Judged, ...]:
    return tuple(
        Judged(
            finding, next((one for one in waivers if one.covers(finding)), None), settled=settled
        )
        for finding in findings
    )
