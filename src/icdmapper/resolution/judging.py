"""Judgement of stored answers and of choices about to be made; waivers with reason and person."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import datetime

from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act, NewEvent
from icdmapper.model.icd import canonical, parse
from icdmapper.model.judgement import Finding, Needs, Severity, Waiver, answer_key
from icdmapper.model.mapping import Choice, Mapping, Relation, State, Target, TargetRole
from icdmapper.model.people import Person, Right, Role
from icdmapper.resolution.conditions import Case, Chosen
from icdmapper.resolution.judgement import Judge, refuse_stops
from icdmapper.resolution.recording import new_batch
from icdmapper.storage.unit_of_work import Storage, UnitOfWork
from icdmapper.texts import _

logger = logging.getLogger(__name__)

_JUDGED = frozenset(State) - {State.OPEN, State.RETIRED}
"""States in which a mapping has an answer to judge; a disputed one keeps what is contested."""


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
            if mapping.state not in _JUDGED:
                return ()
            return _with_waivers(
                self._judge().findings(_stored_case(work, mapping)),
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

    def findings_all(self) -> dict[int, tuple[Judged, ...]]:
        """The findings of every answered local code in use that has any, by its id."""
        with self._storage.reading() as work:
            local_codes = {local.id: local for local in work.code_sets.local_codes()}
            references = {code.id: code for code in work.code_sets.reference_codes()}
            mappings = [one for one in work.mappings.in_use() if one.state in _JUDGED]
            waivers = _by_code(work.waivers.all())
        judge = self._judge()
        shared = _shared(mappings)
        result: dict[int, tuple[Judged, ...]] = {}
        for mapping in mappings:
            local = local_codes.get(mapping.local_id)
            if local is None:
                continue
            found = judge.findings(_case(local, mapping, references, shared))
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
            refuse_choice(work, self._judge(), choice, clinician_settles=clinician_settles)

    def waive(
        self,
        local_id: int,
        rule_id: str,
        reason: str,
        *,
        by: Person,
        choice: Choice | None = None,
    ) -> Waiver:
        """Let an answer stand although it breaks a rule: the stored answer, or a choice's.

        Raises:
            RefusedError: no reason, the answer does not break that rule, or `by` may not; where a
                clinician is needed nobody else may.
            NotFoundError: the local code or a target does not exist.
        """
        if not reason.strip():
            raise RefusedError(_("A waiver needs a reason."))
        with self._storage.writing() as work:
            role = work.people.require(by, Right.WAIVE)
            mapping = work.mappings.get(local_id)
            case = _stored_case(work, mapping) if choice is None else case_of_choice(work, choice)
            if case.local.id != local_id:
                raise RefusedError(_("The choice is about another code."))
            found = [one for one in self._judge().findings(case) if one.rule_id == rule_id]
            if not found:
                raise RefusedError(
                    _("This answer does not break rule {rule}; there is nothing to waive.").format(
                        rule=rule_id
                    )
                )
            if found[0].needs is Needs.CLINICIAN and role not in (Role.CLINICIAN, None):
                raise RefusedError(
                    _("Rule {rule} can only be waived by a clinician.").format(rule=rule_id)
                )
            waiver = work.waivers.add(
                Waiver(
                    local_id, rule_id, reason.strip(), by.name, role, self._now(),
                    mapping.version, found[0].answer,
                )
            )  # fmt: skip
            self._log(work, by, local_id, f"+ {rule_id}: {waiver.reason}")
            work.commit()
        return waiver

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
            self._log(work, by, local_id, f"- {rule_id}")
            work.commit()

    def waivers(self, local_id: int | None = None) -> tuple[Waiver, ...]:
        """The waivers that stand: all of the project, or those of one local code."""
        with self._storage.reading() as work:
            if local_id is None:
                return work.waivers.all()
            return tuple(one for one in work.waivers.of(local_id) if not one.withdrawn)

    def _log(self, work: UnitOfWork, by: Person, local_id: int, detail: str) -> None:
        work.events.add(
            [NewEvent(Act.WAIVED, by.name, self._now(), new_batch(), local_id, detail=detail)]
        )


def refuse_choice(
    work: UnitOfWork, judge: Judge, choice: Choice, *, clinician_settles: bool = False
) -> None:
    """Refuse a choice inside the transaction that would save it.

    Raises:
        RefusedError: a stopping rule forbids it and nobody waived that for this answer.
    """
    refuse_stops(
        judge.findings(case_of_choice(work, choice)),
        work.waivers.of(choice.local_id),
        clinician_settles=clinician_settles,
    )


def case_of_choice(work: UnitOfWork, choice: Choice) -> Case:
    """A choice as the rules look at it; its own code counts among those on the main target.

    Raises:
        NotFoundError: the local code or a target does not exist.
    """
    local = work.code_sets.local(choice.local_id)
    references = {
        target.reference_id: work.code_sets.reference(target.reference_id)
        for target in choice.targets
    }
    others = _others_on(work, choice.local_id, choice.targets)
    return case_of(local, choice.relation, choice.targets, references, choice.note, others + 1)


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


def _stored_case(work: UnitOfWork, mapping: Mapping) -> Case:
    local = work.code_sets.local(mapping.local_id)
    references = {
        target.reference_id: work.code_sets.reference(target.reference_id)
        for target in mapping.targets
    }
    others = _others_on(work, mapping.local_id, mapping.targets)
    return case_of(local, mapping.relation, mapping.targets, references, mapping.note, others + 1)


def _case(
    local: LocalCode,
    mapping: Mapping,
    references: Table[int, ReferenceCode],
    shared: Table[int, int],
) -> Case:
    main = _main(mapping.targets)
    count = shared[main.reference_id] if main else 1
    return case_of(local, mapping.relation, mapping.targets, references, mapping.note, count)


def _main(targets: Sequence[Target]) -> Target | None:
    return next((target for target in targets if target.role is TargetRole.MAIN), None)


def _shared(mappings: Sequence[Mapping]) -> Counter[int]:
    mains = (_main(mapping.targets) for mapping in mappings)
    return Counter(main.reference_id for main in mains if main)


def _others_on(work: UnitOfWork, local_id: int, targets: Sequence[Target]) -> int:
    main = _main(targets)
    if main is None:
        return 0
    rows = work.mappings.on_reference(main.reference_id)
    return sum(
        row.local_id != local_id
        and row.mapping.state in _JUDGED
        and (_main(row.mapping.targets) or main).reference_id == main.reference_id
        for row in rows
    )


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
