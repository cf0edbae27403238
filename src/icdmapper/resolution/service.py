"""Record decisions about local codes, take them back, and say how far the work is."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.events import Act, Event, Step
from icdmapper.model.feed import FeedFinding
from icdmapper.model.judgement import Severity
from icdmapper.model.mapping import Choice, Mapping, MappingRow, State
from icdmapper.model.packets import Assignment
from icdmapper.model.people import Person, Right
from icdmapper.model.proposals import Candidate
from icdmapper.resolution import rules
from icdmapper.resolution.bulk import BulkConditions, BulkRow, as_previewed, sort_out, weigh
from icdmapper.resolution.case_reading import case_in, count_shared
from icdmapper.resolution.judgement import Judge
from icdmapper.resolution.judging import refuse_choice
from icdmapper.resolution.recording import LogEntry, asked, conclude, new_batch, record
from icdmapper.resolution.replaying import Asked, Replayed, replay
from icdmapper.resolution.retiring import refuse_two_lives
from icdmapper.resolution.rules import Coverage, LeftOut
from icdmapper.resolution.similar import SimilarRows
from icdmapper.resolution.states import check_step
from icdmapper.storage.proposals import ProposalHead
from icdmapper.storage.unit_of_work import Storage, UnitOfWork

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
_BULK = 1000
_RECOMMENDED = BulkConditions()


class WorkRow(NamedTuple):
    """A row of the worklist: a local code, its mapping, the head of its proposal.

    Tens of thousands are made before anything is shown, and a tuple is made in no time.
    """

    local: LocalCode
    mapping: Mapping
    best_code: str = ""
    best_name: str = ""
    best_score: float = 0.0
    safe: bool = False
    contradiction: bool = False
    proposed: bool = False
    holding: FeedFinding | None = None
    """Records that wait for this code at the uploader."""
    assigned_to: str = ""
    """Who was given the row to work on; "" means everybody."""


@dataclass(frozen=True, slots=True)
class _Known:
    """Both sides of the mapping by id, read once for a bulk act."""

    local_codes: dict[int, LocalCode]
    references: dict[int, ReferenceCode]
    judge: Judge | None
    shared: Counter[int]
    """How many local codes stand on each entry."""

    def objects(self, row: BulkRow) -> bool:
        """Whether a rule of judgement stops or warns of what accepting a row would make of it.

        A warning is for a person to read, and in bulk nobody reads the row.
        """
        if self.judge is None or row.decided is None:
            return False
        case = case_in(row.local, row.decided, self.references, self.shared)
        return any(one.severity is not Severity.NOTE for one in self.judge.findings(case))


@dataclass(frozen=True, slots=True)
class News:
    """What others did: the number of the newest act, and the mappings as they are now."""

    last: int
    mappings: tuple[Mapping, ...]


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What bulk acceptance did: how many rows it took, how many it left out and why."""

    accepted: int
    left_out: dict[str, int]


class ResolutionService:
    """The process from an open local code to a decided one, and back."""

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

    def worklist(self) -> tuple[WorkRow, ...]:
        """Every local code in use, the most frequent first, then in the order of the source."""
        with self._storage.reading() as work:
            local_codes = work.code_sets.local_codes()
            mappings = {mapping.local_id: mapping for mapping in work.mappings.in_use()}
            heads = work.proposals.heads()
            holding = {one.local_id: one for one in reversed(work.feed.all())}
            assigned = work.assignments.all()
        rows = [
            _work_row(
                local,
                mappings.get(local.id) or Mapping(local.id),
                heads.get(local.id),
                holding.get(local.id),
                assigned.get(local.id),
            )
            for local in local_codes
        ]
        rows.sort(key=lambda row: -(row.local.frequency or 0))
        return tuple(rows)

    def work_row(self, local_id: int) -> WorkRow:
        """One row of the worklist, as it is now.

        Raises:
            NotFoundError: there is no such local code.
        """
        with self._storage.reading() as work:
            proposal = work.proposals.get(local_id)
            best = proposal.candidates[0] if proposal and proposal.candidates else None
            return WorkRow(
                local=work.code_sets.local(local_id),
                mapping=work.mappings.get(local_id),
                best_code=best.code if best else "",
                best_name=best.name if best else "",
                best_score=best.score if best else 0.0,
                safe=bool(proposal and proposal.safe),
                contradiction=bool(best and best.contradictions),
                proposed=proposal is not None,
            )

    def decide(self, choice: Choice, *, by: Person) -> Mapping:
        """Record a person's choice for one local code.

        Raises:
            ConflictError: the mapping changed since the screen was filled.
            RefusedError: a rule forbids the choice.
            NotFoundError: the local code or a target does not exist.
        """
        with self._storage.acting() as work:
            mapping, names = asked(work, choice, by=by, right=Right.DECIDE)
            local, references = names
            at = self._now()
            decided = rules.decide(
                mapping, choice, local=local, references=references, by=by, at=at
            )
            if self._judge is not None:
                refuse_choice(work, self._judge(), choice, names)
            conclude(work, LogEntry(Act.DECIDED, by.name, at, new_batch()), (mapping, decided))
        return decided

    def reopen(self, local_id: int, *, seen_version: int, by: Person) -> Mapping:
        """Put a decided local code back on the worklist.

        Raises:
            ConflictError: the mapping changed since the screen was filled.
            RefusedError: it is open already, or was refined and its children are in use.
        """
        with self._storage.acting() as work:
            role = work.people.role_of(by)
            mapping = work.mappings.get(local_id)
            opened = rules.reopen(mapping, seen_version=seen_version)
            check_step(mapping.state, Act.REOPENED, opened.state, role)
            refuse_two_lives(work, [(mapping, opened)])
            entry = LogEntry(Act.REOPENED, by.name, self._now(), new_batch())
            conclude(work, entry, (mapping, opened))
        return opened

    def bulk_rows(
        self,
        local_ids: Sequence[int],
        *,
        by: Person,
        progress: Progress | None = None,
    ) -> tuple[BulkRow, ...]:
        """What accepting the first candidates of these rows would do, without doing it.

        Conditions are then applied to what comes back (`bulk.sort_out`), as often as one likes.
        """
        rows: list[BulkRow] = []
        with self._storage.reading() as work:
            known = self._known(work)
            for start in range(0, len(local_ids), _BULK):
                part = local_ids[start : start + _BULK]
                rows += _weighed(work, part, known, by=by, at=self._now())
                if progress:
                    progress(min(start + _BULK, len(local_ids)), len(local_ids))
        return tuple(rows)

    def accept_safe(
        self,
        *,
        by: Person,
        local_ids: Sequence[int] | None = None,
        conditions: BulkConditions = _RECOMMENDED,
        seen: Table[int, Candidate] | None = None,
        progress: Progress | None = None,
    ) -> BulkResult:
        """Accept the first candidate of every open row that meets the conditions.

        `seen` is the candidate previewed for a row; where it is another one now, the row stays out.
        One undo takes all back. All or nothing: cancelling through `progress` changes no row.
        """
        left_out: Counter[str] = Counter()
        accepted = 0
        entry = LogEntry(Act.DECIDED, by.name, self._now(), new_batch())
        with self._storage.writing() as work:
            work.people.require(by, Right.DECIDE)
            known = self._known(work)
            wanted = list(known.local_codes if local_ids is None else local_ids)
            for start in range(0, len(wanted), _BULK):
                part = wanted[start : start + _BULK]
                rows = _weighed(work, part, known, by=by, at=entry.at)
                plan = sort_out(as_previewed(rows, seen or {}), conditions)
                left_out.update({why.value: len(rows) for why, rows in plan.left_out.items()})
                changes = [(row.mapping, row.decided) for row in plan.accepted if row.decided]
                record(work, entry, changes)
                accepted += len(changes)
                left_out[LeftOut.CHANGED_MEANWHILE.value] += sum(
                    local_id not in known.local_codes for local_id in part
                )
                if progress:
                    progress(min(start + _BULK, len(wanted)), len(wanted))
            work.commit()
        logger.info("bulk acceptance took %d rows, left out %s", accepted, dict(+left_out))
        return BulkResult(accepted, dict(+left_out))

    def undo(
        self,
        *,
        by: Person,
        told_of: int | None = None,
        after: int = 0,
        past: frozenset[str] = frozenset(),
    ) -> Replayed:
        """Take back this person's latest act; see `replaying.Asked` for the other words.

        Raises:
            ConflictError: somebody else has changed a row of it since; not where `told_of` is
                given, which tells it in what is returned.
            RefusedError: it was a new edition; as above.
        """
        return self._replay(Asked(by, Act.UNDONE, self._now(), told_of, after, past))

    def redo(self, *, by: Person) -> Replayed:
        """Restore what this person's latest undo took back.

        Raises:
            ConflictError: somebody else has changed a row of it since.
        """
        return self._replay(Asked(by, Act.REDONE, self._now()))

    def history(self, local_id: int) -> tuple[Event, ...]:
        """Everything that happened to a local code, oldest first."""
        with self._storage.reading() as work:
            return work.events.of_local_code(local_id)

    def used_by(self, reference_id: int) -> tuple[MappingRow, ...]:
        """The local codes that are mapped to a reference entry."""
        with self._storage.reading() as work:
            return work.mappings.on_reference(reference_id)

    def similar(self, local_id: int, *, limit: int = 4) -> tuple[MappingRow, ...]:
        """Answered local codes with a name like this one's, the likest first."""
        return self._similar.of(local_id, limit=limit)

    def steps(self) -> tuple[Step, ...]:
        """Every change of a code's state since the project began, oldest first."""
        with self._storage.reading() as work:
            return work.events.steps()

    def news(self, after: int | None, *, but: str) -> News:
        """What others changed since an act; with None only where the log ends now."""
        with self._storage.reading() as work:
            last = work.events.head().last_id
            if after is None or last == after:
                return News(last, ())
            return News(last, work.mappings.touched_after(after, but=but))

    def progress(self) -> Coverage:
        """How far the work is."""
        with self._storage.reading() as work:
            local_codes = work.code_sets.local_codes()
            states = {mapping.local_id: mapping.state for mapping in work.mappings.in_use()}
        return rules.count_coverage(
            (states.get(local.id, State.OPEN), local.frequency or 0) for local in local_codes
        )

    def _known(self, work: UnitOfWork) -> _Known:
        return _Known(
            {local.id: local for local in work.code_sets.local_codes()},
            {code.id: code for code in work.code_sets.reference_codes()},
            self._judge() if self._judge else None,
            count_shared(work.mappings.in_use()),
        )

    def _replay(self, asked: Asked) -> Replayed:
        with self._storage.writing() as work:
            done = replay(work, asked)
            if done.stays is None:
                work.commit()
        return done


def _work_row(
    local: LocalCode,
    mapping: Mapping,
    head: ProposalHead | None,
    holding: FeedFinding | None,
    given: Assignment | None,
) -> WorkRow:
    person = given.person if given else ""
    if head is None:
        return WorkRow(local, mapping, holding=holding, assigned_to=person)
    _id, code, name, score, safe, contradiction = head
    return WorkRow(local, mapping, code, name, score, safe, contradiction, True, holding, person)


def _weighed(
    work: UnitOfWork, local_ids: Sequence[int], known: _Known, *, by: Person, at: datetime
) -> list[BulkRow]:
    """The rows of one block weighed; local codes that are gone are left away."""
    mappings = work.mappings.get_many(local_ids)
    stored = work.proposals.get_many(local_ids, best_only=True)
    proposals = {proposal.local_id: proposal for proposal in stored}
    rows = []
    for local_id in local_ids:
        local, proposal = known.local_codes.get(local_id), proposals.get(local_id)
        if local is None:
            continue
        best = proposal.candidates[0] if proposal and proposal.candidates else None
        reference = known.references.get(best.reference_id) if best else None
        row = weigh(local, mappings[local_id], proposal, reference, by=by, at=at)
        stopped = replace(row, decided=None, refusal=LeftOut.JUDGEMENT)
        rows.append(stopped if known.objects(row) else row)
    return rows
