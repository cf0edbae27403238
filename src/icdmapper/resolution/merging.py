"""Two files that started as copies become one again; what differs is asked, never averaged."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from itertools import zip_longest
from typing import Any

from icdmapper.model.checks import DisputeMessage, MessageKind, Opinion
from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act, Event, EventFilter
from icdmapper.model.mapping import Mapping, State
from icdmapper.model.people import Person, Right
from icdmapper.resolution import transitions
from icdmapper.resolution.disputes import detail
from icdmapper.resolution.recording import Change, LogEntry, new_batch, record
from icdmapper.resolution.retiring import refuse_two_lives
from icdmapper.resolution.rules import check_version
from icdmapper.storage.unit_of_work import Storage, UnitOfWork
from icdmapper.texts import _

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
_AT_ONCE = 1000


class MergeKind(Enum):
    """What becomes of a row that was changed in the other copy."""

    SAME = "same"
    """Both copies say the same."""
    TAKEN = "taken"
    """Changed only there."""
    CONFLICT = "conflict"
    """Changed in both, differently: a person chooses, or it becomes a dispute with both answers."""
    ANSWERED = "answered"
    """An earlier merge asked about just this answer of the copy."""
    LEFT = "left"
    """Being refined, refined or retired in one of them: a person has to look at it."""


class MergeChoice(Enum):
    """What a person makes of a conflict."""

    OURS = "ours"
    THEIRS = "theirs"
    DISPUTE = "dispute"


@dataclass(frozen=True, slots=True)
class MergeRow:
    """One row that was changed in the other copy, with both answers."""

    local_id: int
    code: str
    name: str
    kind: MergeKind
    ours: Mapping
    theirs: Mapping

    def chosen(self, choice: MergeChoice) -> Chosen:
        """A person's choice about this row as it is shown."""
        return Chosen(self.local_id, self.ours.version, self.theirs.version, choice)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A person's choice about one conflict, with both versions their screen showed."""

    local_id: int
    seen_version: int
    seen_copy: int
    choice: MergeChoice


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

    def plan(self, other: Storage, *, progress: Progress | None = None) -> MergePlan:
        """Compare with a copy; stores nothing. `progress` counts the acts of its log.

        Raises:
            RefusedError: it is no copy of this project, or the code sets differ.
        """
        with self._storage.reading() as work, other.reading() as there:
            return _plan(work, there, progress)

    def merge(
        self,
        other: Storage,
        *,
        by: Person,
        chosen: Sequence[Chosen] = (),
        progress: Progress | None = None,
    ) -> MergePlan:
        """Take over what only the copy changed, and do with every conflict what was chosen.

        A conflict nobody chose about becomes a dispute. It is one gesture: one undo takes back all.
        All or nothing: cancelling through `progress` changes no row.

        Raises:
            ConflictError: a row that was chosen about changed since it was shown.
            RefusedError: as `plan`, `by` may not, or a choice is about no conflict.
        """
        with self._storage.writing() as work, other.reading() as there:
            work.people.require(by, Right.MANAGE_PEOPLE)
            plan = _plan(work, there, progress)
            work.mappings.begin_merge(plan.their_anchor)
            choices = _checked(plan, chosen)
            merge = _Merge(by, self._now(), plan.their_anchor)
            taken = list(plan.of_kind(MergeKind.TAKEN))
            for row in plan.of_kind(MergeKind.CONFLICT):
                choice = choices.get(row.local_id, MergeChoice.DISPUTE)
                if choice is MergeChoice.THEIRS:
                    taken.append(row)
                elif choice is MergeChoice.OURS:
                    merge.tell(row, row.ours, choice)
                else:
                    merge.contest(work, row)
            _take_what_was_said(work, there, [row.local_id for row in taken])
            refuse_two_lives(work, [(row.ours, row.theirs) for row in taken])
            for row in taken:
                after = replace(row.theirs, version=row.ours.version + 1)
                merge.tell(row, after, MergeChoice.THEIRS)
            merge.record(work)
            work.commit()
        logger.info("merged %d rows of %d", len(taken), len(plan.rows))
        return plan


class _Merge:
    """The acts of one merge, gathered so that the log is appended to once, at the end."""

    def __init__(self, by: Person, at: datetime, anchor: str) -> None:
        self._by, self._at, self._anchor = by, at, anchor
        self._batch = new_batch()
        self._changes: list[tuple[str, Change]] = []

    def tell(self, row: MergeRow, after: Mapping, choice: MergeChoice) -> None:
        """What becomes of a row, with what the copy said."""
        told = {"copy": self._anchor, "choice": choice.value, "answer": _mark(row.theirs)}
        text = _reason(row) if choice is MergeChoice.DISPUTE else ""
        self._changes.append((detail(text, None, **told), (row.ours, after)))

    def contest(self, work: UnitOfWork, row: MergeRow) -> None:
        """Both answers become options of a dispute."""
        ours, after, messages = row.ours, row.ours, []
        kind = MessageKind.OPINION
        if ours.state is not State.DISPUTED:
            kind, after = MessageKind.OPENED, transitions.disputed(ours, seen_version=ours.version)
            if ours.relation is not None:
                messages.append(self._said(MessageKind.DECIDED, ours.note, ours, ours.decided_by))
        messages.append(self._said(kind, _reason(row), row.theirs))
        work.checks.say(messages)
        self.tell(row, after, MergeChoice.DISPUTE)

    def record(self, work: UnitOfWork) -> None:
        """Save what changed and append the acts."""
        entry = LogEntry(Act.MERGED, self._by.name, self._at, self._batch)
        told = [one for one, _change in self._changes]
        record(work, entry, [change for _told, change in self._changes], details=told)

    def _said(self, kind: MessageKind, text: str, answer: Mapping, by: str = "") -> DisputeMessage:
        opinion = Opinion.of(answer) if answer.relation is not None else None
        name = by or self._by.name
        return DisputeMessage(answer.local_id, self._at, name, kind, text, opinion, self._batch)


def _plan(work: UnitOfWork, there: UnitOfWork, progress: Progress | None) -> MergePlan:
    ours, theirs = work.events.head(), there.events.head()
    if ours.project != theirs.project:
        raise RefusedError(_("This is no copy of the open project."))
    sets = [[(one.id, one.sha256) for one in side.code_sets.in_use()] for side in (work, there)]
    if sets[0] != sets[1]:
        raise RefusedError(
            _("The two copies work on different code sets; import the same ones first.")
        )
    fork, total = 0, max(ours.count, theirs.count)
    for number, (one, other) in enumerate(zip_longest(work.events.links(), there.events.links())):
        if one is None or other is None or one[-1] != other[-1]:
            break
        fork = int(one[0])
        if progress and number % _AT_ONCE == 0:
            progress(number, total)
    if progress:
        progress(total, total)
    compared = _Compared(work, there, fork)
    return MergePlan(fork, theirs.anchor, compared.rows())


class _Compared:
    """Both copies side by side, with what tells of which kind a row is."""

    def __init__(self, work: UnitOfWork, there: UnitOfWork, fork: int) -> None:
        self._changed_here, self._changed_there = _changed(work, fork), _changed(there, fork)
        wanted = sorted(self._changed_there)
        self._ours, self._theirs = work.mappings.get_many(wanted), there.mappings.get_many(wanted)
        self._codes = {one.id: (one.code, one.name) for one in work.code_sets.local_codes()}
        self._copies = {one.id: (one.code, one.name) for one in there.code_sets.local_codes()}
        self._refined = _refined(work) | _refined(there)
        self._answered = _answered(work, fork)

    def rows(self) -> tuple[MergeRow, ...]:
        """Every row that was changed in the copy, by id."""
        return tuple(
            MergeRow(one, *self._named(one), self._kind(one), self._ours[one], self._theirs[one])
            for one in sorted(self._changed_there)
        )

    def _named(self, local_id: int) -> tuple[str, str]:
        return self._copies.get(local_id) or self._codes.get(local_id) or (f"#{local_id}", "")

    def _kind(self, local_id: int) -> MergeKind:
        ours, theirs = self._ours[local_id], self._theirs[local_id]
        if self._codes.get(local_id) != self._copies.get(local_id):
            # A child that only one of them made, or the same number for two children.
            return MergeKind.LEFT
        if ours.state is theirs.state and Opinion.of(ours).same_as(Opinion.of(theirs)):
            return MergeKind.SAME
        if State.REFINING in (ours.state, theirs.state) or local_id in self._refined:
            return MergeKind.LEFT
        if local_id not in self._changed_here:
            return MergeKind.TAKEN
        if (local_id, _frozen(_mark(theirs))) in self._answered:
            return MergeKind.ANSWERED
        # What is retired cannot be contested.
        return MergeKind.LEFT if ours.state is State.RETIRED else MergeKind.CONFLICT


def _changed(work: UnitOfWork, fork: int) -> set[int]:
    """What is no longer as it was when the copies parted; what was taken back counts as it was."""
    was: dict[int, Mapping] = {}
    for event in reversed(work.events.found(EventFilter(after=fork))):
        if event.local_id is not None and event.before is not None:
            was.setdefault(event.local_id, event.before)
    now = work.mappings.get_many(sorted(was))
    return {
        one for one, then in was.items() if replace(now[one], version=0) != replace(then, version=0)
    }


def _refined(work: UnitOfWork) -> set[int]:
    plans = work.refinements.all()
    states = work.mappings.get_many([one for plan in plans for one in plan.codes_touched])
    standing = [one for plan in plans if (one := plan.as_it_stands(states))]
    return {one for plan in standing for one in plan.codes_touched}


def _answered(work: UnitOfWork, fork: int) -> set[tuple[int, str]]:
    """Which answers of a copy earlier merges asked about; without the merges taken back."""
    merged = work.events.found(EventFilter(after=fork, act=Act.MERGED))
    undone = _undone(work, fork) if merged else frozenset()
    found = set()
    for event in merged:
        if event.local_id is not None and event.batch not in undone:
            told = json.loads(event.detail or "{}")
            found.add((event.local_id, _frozen(told.get("answer", {}))))
    return found


def _undone(work: UnitOfWork, fork: int) -> Collection[str]:
    replayed: dict[str, Act] = {}
    events: list[Event] = []
    for act in (Act.UNDONE, Act.REDONE):
        events += work.events.found(EventFilter(after=fork, act=act))
    for event in sorted(events, key=lambda one: one.id):
        replayed[event.undoes] = event.act
    return {batch for batch, act in replayed.items() if act is Act.UNDONE}


def _mark(theirs: Mapping) -> dict[str, Any]:
    """What tells one answer of a copy from every other."""
    return {
        "state": theirs.state.value,
        "relation": theirs.relation.value if theirs.relation else None,
        "targets": [f"{one.code}:{one.role.value}" for one in theirs.targets],
        "by": theirs.checked_by or theirs.decided_by,
        "version": theirs.version,
    }


def _frozen(told: dict[str, Any]) -> str:
    return json.dumps(told, sort_keys=True)


def _checked(plan: MergePlan, chosen: Sequence[Chosen]) -> dict[int, MergeChoice]:
    """The choices by local id, each about a conflict as it is now."""
    rows = {row.local_id: row for row in plan.rows}
    for one in chosen:
        row = rows.get(one.local_id)
        if row is None or row.kind is not MergeKind.CONFLICT:
            raise RefusedError(_("One of the chosen rows is no longer a conflict; compare again."))
        check_version(row.ours, one.seen_version)
        check_version(row.theirs, one.seen_copy)
    return {one.local_id: one.choice for one in chosen}


def _reason(row: MergeRow) -> str:
    return _("The copy says otherwise ({person}).").format(
        person=row.theirs.checked_by or row.theirs.decided_by or "-"
    )


def _take_what_was_said(work: UnitOfWork, there: UnitOfWork, local_ids: list[int]) -> None:
    """What was said, checked and waived in the copy about the rows taken over, once."""
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
    held = {replace(one, id=0) for one in work.waivers.all()}
    for waiver in there.waivers.all():
        if waiver.local_id in wanted and replace(waiver, id=0) not in held:
            work.waivers.add(waiver)
