"""One answer passed on to rows like it: previewed, one gesture, each row revocable on its own.

The brakes: a row takes only an entry that is among its own candidates, in its own relation; what
contradicts or breaks a rule, and what somebody refused for it before, stays out; an answer that was
passed on itself is passed on only after another person confirmed it; and no more rows hang
unchecked on one answer than a person looks through.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from datetime import datetime

from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act, Event, EventFilter
from icdmapper.model.judgement import Severity
from icdmapper.model.mapping import ANSWERED, Choice, Mapping, MappingRow, State, TargetRole
from icdmapper.model.names import normalise
from icdmapper.model.people import Person, Right
from icdmapper.model.proposals import Candidate, Proposal
from icdmapper.resolution.bulk import BulkConditions, BulkPlan, BulkRow, sort_out
from icdmapper.resolution.case_reading import case_in, count_shared
from icdmapper.resolution.judgement import Judge
from icdmapper.resolution.recording import LogEntry, new_batch, record
from icdmapper.resolution.rules import LeftOut, check_version, decide
from icdmapper.resolution.similar import LOOKED_AT, SimilarRows
from icdmapper.storage.unit_of_work import Storage, UnitOfWork
from icdmapper.texts import _

logger = logging.getLogger(__name__)
MOST = 20
"""So many rows may hang unchecked on one answer: what a person looks through in a few minutes."""
_ALL = BulkConditions(only_safe=False)


@dataclass(frozen=True, slots=True)
class Propagation:
    """What passing an answer on would do: the rows that would take it, the others and why.

    `likeness` says for each local id how alike its name is to the answer's, between 0.5 and 1.
    """

    source: MappingRow
    plan: BulkPlan
    likeness: dict[int, float]


class PropagatingService:
    """Passes a person's answer on to open rows with names like its own."""

    def __init__(
        self,
        storage: Storage,
        now: Callable[[], datetime],
        judge: Callable[[], Judge] | None = None,
    ) -> None:
        """`judge` gives the rules of judgement; without it only the rules of form apply."""
        self._storage = storage
        self._now = now
        self._judge = judge
        self._similar = SimilarRows(storage)

    def preview(self, local_id: int, *, by: Person) -> Propagation:
        """Which rows would take the answer of a local code, and why the others would not.

        Raises:
            RefusedError: it has no answer to pass on, or has it from another and nobody checked.
            NotFoundError: there is no such local code.
        """
        with self._storage.reading() as work:
            return self._weighed(work, local_id, by)

    def propagate(
        self, local_id: int, *, seen_version: int, rows: Table[int, int], by: Person
    ) -> tuple[Mapping, ...]:
        """Pass the answer on to these rows, given with the versions shown; one undo takes all back.

        Raises:
            ConflictError: the answer or one of the rows changed since the preview.
            RefusedError: `by` may not, no row is named, or one can no longer take it.
            NotFoundError: there is no such local code.
        """
        with self._storage.writing() as work:
            work.people.require(by, Right.DECIDE)
            check_version(work.mappings.get(local_id), seen_version)
            found = self._weighed(work, local_id, by)
            taking = {row.local.id: row for row in found.plan.accepted}
            changes, told = [], []
            for one, version in rows.items():
                check_version(work.mappings.get(one), version)
                row = taking.get(one)
                if row is None or row.decided is None:
                    raise RefusedError(_("One of the rows can no longer take it; look again."))
                changes.append((row.mapping, row.decided))
                told.append(_told(found.source, found.likeness[one]))
            if not changes:
                raise RefusedError(_("No row is chosen."))
            entry = LogEntry(Act.DECIDED, by.name, self._now(), new_batch())
            record(work, entry, changes, details=told)
            work.commit()
        logger.info("passed an answer on to %d rows", len(changes))
        return tuple(after for _before, after in changes)

    def passed_on(self, local_id: int) -> tuple[MappingRow, ...]:
        """The rows that still stand as this code's answer made them; reopening revokes one."""
        with self._storage.reading() as work:
            return _standing(work, local_id)

    def _weighed(self, work: UnitOfWork, local_id: int, by: Person) -> Propagation:
        local, mapping = work.mappings.with_local(local_id)
        source = MappingRow(local.id, local.code, local.name, mapping)
        _refuse_source(work, mapping)
        likeness = {
            one: alike for alike, one in self._similar.index(work).alike(local, limit=LOOKED_AT)
        }
        weighing = _Weighing(work, source, by, self._now(), self._judge)
        plan = sort_out(weighing.rows(list(likeness)), _ALL)
        return Propagation(source, _braked(plan, len(_standing(work, local_id))), likeness)


class _Weighing:
    """What is read once to weigh every row against one answer."""

    def __init__(
        self,
        work: UnitOfWork,
        source: MappingRow,
        by: Person,
        at: datetime,
        judge: Callable[[], Judge] | None,
    ) -> None:
        self._work, self._source, self._by, self._at = work, source, by, at
        self._judge = judge() if judge else None
        ids = [target.reference_id for target in source.mapping.targets]
        self._references = work.code_sets.references_in_use(ids)
        self._targets = source.mapping.targets
        self._main = next(one for one in self._targets if one.role is TargetRole.MAIN)
        self._shared = count_shared(work.mappings.in_use())
        self._refused_names = {
            normalise(name)
            for name, entry, accepted in work.mappings.lessons()
            if entry == self._main.reference_id and not accepted
        }
        self._revoked = _revoked(work, self._main.reference_id)

    def rows(self, local_ids: Sequence[int]) -> list[BulkRow]:
        """Each row with what the answer would make of it, or why it would not."""
        codes = {one.id: one for one in self._work.code_sets.local_codes()}
        mappings = self._work.mappings.get_many(local_ids)
        proposals = {one.local_id: one for one in self._work.proposals.get_many(local_ids)}
        return [
            self._weigh(codes[one], mappings[one], proposals.get(one))
            for one in local_ids
            if one in codes
        ]

    def _weigh(self, local: LocalCode, mapping: Mapping, proposal: Proposal | None) -> BulkRow:
        if mapping.state is not State.OPEN:
            return BulkRow(local, mapping, refusal=LeftOut.NOT_OPEN)
        if proposal is None:
            return BulkRow(local, mapping, refusal=LeftOut.NO_PROPOSAL)
        candidate = next(
            (one for one in proposal.candidates if one.reference_id == self._main.reference_id),
            None,
        )
        if candidate is None:
            return BulkRow(local, mapping, refusal=LeftOut.NOT_A_CANDIDATE)
        row = BulkRow(local, mapping, candidate, proposal.safe)
        if candidate.contradictions:
            return replace(row, refusal=LeftOut.CONTRADICTION)
        if local.id in self._revoked or normalise(local.name) in self._refused_names:
            return replace(row, refusal=LeftOut.REFUSED_BEFORE)
        return self._decided(row, candidate)

    def _decided(self, row: BulkRow, candidate: Candidate) -> BulkRow:
        references: list[ReferenceCode] = [
            self._references[one.reference_id]
            for one in self._targets
            if one.reference_id in self._references
        ]
        if len(references) != len(self._targets):
            return replace(row, refusal=LeftOut.CHANGED_MEANWHILE)
        note = _("as {code} {name}").format(code=self._source.code, name=self._source.name)
        choice = Choice(row.local.id, row.mapping.version, candidate.relation, self._targets, note)
        try:
            decided = decide(
                row.mapping,
                choice,
                local=row.local,
                references=references,
                by=self._by,
                at=self._at,
            )
        except RefusedError:
            return replace(row, refusal=LeftOut.RULE_FORBIDS)
        if self._judge is not None:
            case = case_in(row.local, decided, self._references, self._shared)
            found = self._judge.findings(case)
            # A warning is for a person to read, and here nobody reads the row.
            if any(one.severity is not Severity.NOTE for one in found):
                return replace(row, refusal=LeftOut.JUDGEMENT)
        return replace(row, decided=decided)


def _refuse_source(work: UnitOfWork, mapping: Mapping) -> None:
    if mapping.state not in ANSWERED or not mapping.targets:
        raise RefusedError(_("Only an answer with a reference entry can be passed on."))
    last = _last_decided(work.events.of_local_code(mapping.local_id))
    if mapping.state is State.DECIDED and last is not None and _source_of(last) is not None:
        raise RefusedError(
            _("This answer was passed on itself; another person has to check it first.")
        )


def _last_decided(events: Sequence[Event]) -> Event | None:
    return next((one for one in reversed(events) if one.act is Act.DECIDED), None)


def _braked(plan: BulkPlan, hanging: int) -> BulkPlan:
    """No more rows than may still hang unchecked on one answer, the likest first."""
    room = max(MOST - hanging, 0)
    taken, beyond = plan.accepted[:room], plan.accepted[room:]
    left_out = {LeftOut.ENOUGH: beyond, **plan.left_out} if beyond else plan.left_out
    return BulkPlan(taken, left_out)


def _standing(work: UnitOfWork, local_id: int) -> tuple[MappingRow, ...]:
    made = {
        event.local_id: event
        for event in reversed(work.events.found(EventFilter(act=Act.DECIDED, text='"like"')))
        if event.local_id is not None and _source_of(event) == local_id
    }
    now = work.mappings.get_many(sorted(made))
    rows = []
    for one, event in sorted(made.items()):
        mapping = now[one]
        same = event.after is not None and mapping.targets == event.after.targets
        if mapping.state is State.DECIDED and same:
            local = work.code_sets.local(one)
            rows.append(MappingRow(one, local.code, local.name, mapping))
    return tuple(rows)


def _revoked(work: UnitOfWork, reference_id: int) -> set[int]:
    """The rows that had this entry as their main target and were reopened."""
    return {
        event.local_id
        for event in work.events.found(EventFilter(act=Act.REOPENED))
        if event.local_id is not None
        and event.before is not None
        and any(
            one.role is TargetRole.MAIN and one.reference_id == reference_id
            for one in event.before.targets
        )
    }


def _told(source: MappingRow, likeness: float) -> str:
    told = {
        "text": "",
        "like": source.local_id,
        "code": source.code,
        "likeness": round(likeness, 2),
    }
    return json.dumps(told, ensure_ascii=False)


def _source_of(event: Event) -> int | None:
    """The local code whose answer an act passed on; None when it passed nothing on."""
    if not event.detail.startswith("{"):
        return None
    found = json.loads(event.detail).get("like")
    return found if isinstance(found, int) else None
