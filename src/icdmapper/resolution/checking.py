"""The second check: who looks at what next, what they find, how far the two of them agree."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import datetime

from icdmapper.model.checks import Opinion, SamplingPlan, SecondCheck
from icdmapper.model.codes import LocalCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act, NewEvent, told
from icdmapper.model.mapping import Choice, Mapping, State
from icdmapper.model.people import Person, Right
from icdmapper.resolution import risk, sampling, transitions
from icdmapper.resolution.disputes import Said, detail, open_dispute
from icdmapper.resolution.recording import LogEntry, named, new_batch, record
from icdmapper.resolution.risk import Risk
from icdmapper.resolution.rules import check_targets, check_version
from icdmapper.resolution.sampling import Agreement, Estimate
from icdmapper.resolution.service import ResolutionService, WorkRow
from icdmapper.resolution.states import check_step
from icdmapper.storage.unit_of_work import Storage, UnitOfWork
from icdmapper.texts import _

logger = logging.getLogger(__name__)
_WAITING = frozenset({State.DECIDED, State.NO_COUNTERPART})


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A decided row waiting for another person; `in_sample` when the plan drew it."""

    row: WorkRow
    risk: Risk
    in_sample: bool


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits for a check, the riskiest first, then the most frequent.

    `left_out` rows are neither risky nor drawn by the plan in force; `own` were decided by the
    person who asks.
    """

    rows: tuple[CheckRow, ...]
    left_out: int
    own: int


@dataclass(frozen=True, slots=True)
class CheckFigures:
    """How the checking stands: agreement in all, blind alone, and what the sample says."""

    all: Agreement
    blind: Agreement
    plan: SamplingPlan | None
    sample_open: int
    sample: Estimate


class CheckingService:
    """A second person looks at decisions; agreement confirms, difference becomes a dispute."""

    def __init__(
        self, storage: Storage, resolution: ResolutionService, now: Callable[[], datetime]
    ) -> None:
        self._storage = storage
        self._resolution = resolution
        self._now = now

    def queue(self, *, by: Person, findings: Table[int, int] | None = None) -> Queue:
        """What this person can check; all of it without a plan, else the risky and the sample.

        `findings` says for local ids how many rules of judgement their decision touched.
        """
        with self._storage.reading() as work:
            plan = work.checks.plan()
        waiting = self._waiting(findings or {})
        own = [transitions.same_name(one.row.mapping.decided_by, by.name) for one in waiting]
        others = [one for one, mine in zip(waiting, own, strict=True) if not mine]
        if plan is None:
            return Queue(tuple(others), 0, sum(own))
        drawn = frozenset(plan.sample)
        rows = [
            CheckRow(one.row, one.risk, one.row.local.id in drawn)
            for one in others
            if one.risk.risky or one.row.local.id in drawn
        ]
        return Queue(tuple(rows), len(others) - len(rows), sum(own))

    def check(self, choice: Choice, *, by: Person, blind: bool = False) -> Mapping:
        """Record the checker's own answer: the same one confirms, another one opens a dispute.

        Raises:
            ConflictError: the mapping changed since the screen was filled.
            RefusedError: not decided, not a checker, decided by `by`, or a rule forbids the choice.
        """
        with self._storage.writing() as work:
            after = self._check(work, choice, by, blind=blind)
            work.commit()
        return after

    def agree(self, local_id: int, *, seen_version: int, by: Person) -> Mapping:
        """Confirm a decision that the checker has seen; errors as `check`."""
        with self._storage.writing() as work:
            mapping = work.mappings.get(local_id)
            check_version(mapping, seen_version)
            check_step(mapping.state, Act.CHECKED, State.CHECKED)
            assert mapping.relation is not None
            choice = Choice(local_id, seen_version, mapping.relation, mapping.targets)
            after = self._check(work, choice, by, blind=False)
            work.commit()
        return after

    def make_plan(
        self,
        *,
        by: Person,
        size: int,
        seed: int,
        findings: Table[int, int] | None = None,
    ) -> SamplingPlan:
        """Decide which of the decided rows are checked: all risky ones, `size` of the others.

        Raises:
            RefusedError: `size` is below one, or `by` may not.
        """
        if size < 1:
            raise RefusedError(_("A sample has at least one row."))
        waiting = self._waiting(findings or {})
        risky = tuple(sorted(one.row.local.id for one in waiting if one.risk.risky))
        rest = [one.row.local.id for one in waiting if not one.risk.risky]
        sample = sampling.draw(rest, size, seed=seed)
        plan = SamplingPlan(0, self._now(), by.name, seed, len(rest), risky, sample)
        with self._storage.writing() as work:
            work.people.require(by, Right.ASSIGN, Right.CHECK)
            plan = work.checks.add_plan(plan)
            said = f"{len(risky)} + {len(sample)} / {len(rest)}, {seed}"
            event = NewEvent(
                Act.PLAN_DRAWN, by.name, plan.at, new_batch(), detail=told(said, plan=plan.id)
            )
            work.events.add([event])
            work.commit()
        logger.info("plan: %d risky, %d of %d others", len(risky), len(sample), len(rest))
        return plan

    def figures(self) -> CheckFigures:
        """Agreement over all checks that stand, and the error rate the sample lets expect."""
        with self._storage.reading() as work:
            checks, plan = work.checks.all(), work.checks.plan()
        drawn = frozenset(plan.sample) if plan else frozenset()
        sampled = {
            one.local_id: one
            for one in checks
            if plan and one.local_id in drawn and one.at >= plan.at
        }
        errors = sum(not one.agreed for one in sampled.values())
        return CheckFigures(
            all=_agreement(checks),
            blind=_agreement([one for one in checks if one.blind]),
            plan=plan,
            sample_open=len(drawn) - len(sampled),
            sample=sampling.estimate(len(sampled), errors),
        )

    def _waiting(self, findings: Table[int, int]) -> list[CheckRow]:
        rows = self._resolution.worklist()
        discharges = sum(row.local.frequency or 0 for row in rows)
        waiting = [
            CheckRow(
                row,
                risk.of_row(row, discharges=discharges, findings=findings.get(row.local.id, 0)),
                in_sample=False,
            )
            for row in rows
            if row.mapping.state in _WAITING
        ]
        waiting.sort(key=lambda one: (-one.risk.weight, -(one.row.local.frequency or 0)))
        return waiting

    def _check(self, work: UnitOfWork, choice: Choice, by: Person, *, blind: bool) -> Mapping:
        work.people.require(by, Right.CHECK)
        mapping = work.mappings.get(choice.local_id)
        at, batch = self._now(), new_batch()
        agreed_one = transitions.checked(
            mapping, seen_version=choice.seen_version, by=by.name, at=at
        )
        decided, chosen = Opinion.of(mapping), Opinion.of(choice)
        agreed = decided.same_as(chosen)
        local = _checked_targets(work, choice)
        work.checks.add(
            [
                SecondCheck(
                    local.id, at, by.name, mapping.decided_by, blind, agreed, decided, chosen, batch
                )
            ]
        )
        if agreed:
            told = detail(choice.note, chosen, blind=blind)
            entry = LogEntry(Act.CHECKED, by.name, at, batch, detail=told)
            record(work, entry, [(mapping, agreed_one)])
            return agreed_one
        said = Said(by, at, choice.note.strip(), chosen, batch, blind)
        return open_dispute(work, mapping, seen_version=choice.seen_version, said=said)


def _checked_targets(work: UnitOfWork, choice: Choice) -> LocalCode:
    local, references = named(work, choice)
    check_targets(choice, local, references)
    return local


def _agreement(checks: Sequence[SecondCheck]) -> Agreement:
    """Agreement on the main question: which entries, in which relation."""
    return sampling.agreement([(one.decided.key, one.chosen.key) for one in checks])
