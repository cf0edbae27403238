"""Two files that started as copies become one again; what differs is asked, never averaged."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from itertools import zip_longest

from icdmapper.model.checks import DisputeMessage, MessageKind, Opinion
from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act, EventFilter
from icdmapper.model.mapping import Mapping, State
from icdmapper.model.people import Person, Right
from icdmapper.resolution.disputes import Said, detail, open_dispute
from icdmapper.resolution.recording import LogEntry, new_batch, record
from icdmapper.storage.unit_of_work import Storage, UnitOfWork
from icdmapper.texts import _

logger = logging.getLogger(__name__)
_ENDED = frozenset({State.REFINING, State.RETIRED})


class MergeKind(Enum):
    """What becomes of a row that was changed in the other copy."""

    SAME = "same"
    """Both copies say the same."""
    TAKEN = "taken"
    """Changed only there."""
    CONFLICT = "conflict"
    """Changed in both, differently: becomes a dispute with both answers."""
    LEFT = "left"
    """Being refined, or retired, in one of them: a person has to look at it."""


@dataclass(frozen=True, slots=True)
class MergeRow:
    """One row that was changed in the other copy, with both answers."""

    local_id: int
    kind: MergeKind
    ours: Mapping
    theirs: Mapping


@dataclass(frozen=True, slots=True)
class MergePlan:
    """What a merge would do. `fork` is how many acts both logs have in common."""

    fork: int
    their_anchor: str
    rows: tuple[MergeRow, ...]

    def of_kind(self, kind: MergeKind) -> tuple[MergeRow, ...]:
        """The rows of one kind."""
        return tuple(row for row in self.rows if row.kind is kind)


class MergingService:
    """Takes over what was done in a copy of the project."""

    def __init__(self, storage: Storage, now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._now = now

    def plan(self, other: Storage) -> MergePlan:
        """Compare with a copy; stores nothing.

        Raises:
            RefusedError: it is no copy of this project, or the code sets differ.
        """
        with self._storage.reading() as work, other.reading() as there:
            return _plan(work, there)

    def merge(self, other: Storage, *, by: Person) -> MergePlan:
        """Take over what only the copy changed, and open a dispute for every conflict.

        Raises:
            RefusedError: as `plan`, or `by` may not.
        """
        at, batch = self._now(), new_batch()
        with self._storage.writing() as work, other.reading() as there:
            work.people.require(by, Right.MANAGE_PEOPLE)
            plan = _plan(work, there)
            _take_threads(work, there, [row.local_id for row in plan.of_kind(MergeKind.TAKEN)])
            changes = [
                (row.ours, replace(row.theirs, version=row.ours.version + 1))
                for row in plan.of_kind(MergeKind.TAKEN)
            ]
            told = detail("", None, copy=plan.their_anchor)
            record(work, LogEntry(Act.MERGED, by.name, at, batch, detail=told), changes)
            for row in plan.of_kind(MergeKind.CONFLICT):
                _contest(work, row, Said(by, at, _reason(row), Opinion.of(row.theirs), new_batch()))
            work.commit()
        logger.info("merged %d rows, %d conflicts", len(changes), len(plan.rows) - len(changes))
        return plan


def _plan(work: UnitOfWork, there: UnitOfWork) -> MergePlan:
    ours, theirs = work.events.head(), there.events.head()
    if ours.project != theirs.project:
        raise RefusedError(_("This is no copy of the open project."))
    sets = [[(one.id, one.sha256) for one in side.code_sets.in_use()] for side in (work, there)]
    if sets[0] != sets[1]:
        raise RefusedError(
            _("The two copies work on different code sets; import the same ones first.")
        )
    fork = 0
    for one, other in zip_longest(work.events.links(), there.events.links()):
        if one is None or other is None or one[-1] != other[-1]:
            break
        fork = int(one[0])
    changed_here, changed_there = _changed(work, fork), _changed(there, fork)
    mappings = work.mappings.get_many(sorted(changed_there))
    copies = there.mappings.get_many(sorted(changed_there))
    rows = tuple(
        MergeRow(
            local_id,
            _kind(mappings[local_id], copies[local_id], here=local_id in changed_here),
            mappings[local_id],
            copies[local_id],
        )
        for local_id in sorted(changed_there)
    )
    return MergePlan(fork, theirs.anchor, rows)


def _changed(work: UnitOfWork, fork: int) -> set[int]:
    return {
        event.local_id
        for event in work.events.found(EventFilter(after=fork))
        if event.local_id is not None
    }


def _kind(ours: Mapping, theirs: Mapping, *, here: bool) -> MergeKind:
    if ours.state is theirs.state and Opinion.of(ours).same_as(Opinion.of(theirs)):
        return MergeKind.SAME
    if ours.state in _ENDED or theirs.state in _ENDED:
        return MergeKind.LEFT
    return MergeKind.CONFLICT if here else MergeKind.TAKEN


def _reason(row: MergeRow) -> str:
    return _("The copy says otherwise ({person}).").format(
        person=row.theirs.checked_by or row.theirs.decided_by or "-"
    )


def _contest(work: UnitOfWork, row: MergeRow, said: Said) -> None:
    if row.ours.state is not State.DISPUTED:
        open_dispute(work, row.ours, seen_version=row.ours.version, said=said)
        return
    work.checks.say(
        [
            DisputeMessage(
                row.local_id, said.at, said.by.name, MessageKind.OPINION, said.reason,
                said.opinion, said.batch,
            )
        ]
    )  # fmt: skip
    told = detail(said.reason, said.opinion)
    entry = LogEntry(Act.COMMENTED, said.by.name, said.at, said.batch, detail=told)
    record(work, entry, [(row.ours, row.ours)])


def _take_threads(work: UnitOfWork, there: UnitOfWork, local_ids: list[int]) -> None:
    """What was said and checked in the copy about the rows taken over, once."""
    threads, copies = work.checks.threads(local_ids), there.checks.threads(local_ids)
    for local_id, messages in copies.items():
        known = {one.batch for one in threads.get(local_id, ())}
        work.checks.say([one for one in messages if one.batch not in known])
    known = {one.batch for one in work.checks.all(withdrawn=True)}
    wanted = frozenset(local_ids)
    work.checks.add(
        [
            one
            for one in there.checks.all(withdrawn=True)
            if one.local_id in wanted and one.batch not in known
        ]
    )
