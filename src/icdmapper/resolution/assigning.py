"""Assignments: who works on which rows, how far each person is, and handing over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import datetime

from icdmapper.model.codes import CodeKind, LocalCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act, NewEvent, told
from icdmapper.model.mapping import Mapping, State
from icdmapper.model.packets import Assignment
from icdmapper.model.people import Person, Right
from icdmapper.resolution.beside import refuse_moved, spans
from icdmapper.resolution.recording import new_batch
from icdmapper.storage.unit_of_work import Storage, UnitOfWork
from icdmapper.texts import _

Moved = dict[int, str]
"""Who had the rows that moved, by local id; "" for nobody."""
_UNFINISHED = frozenset({State.OPEN, State.DISPUTED, State.REFINING})


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows are meant; what is left out means any.

    `chapter` is the beginning of the code, `C` or `C0` for instance; `count` takes the most
    frequent so many. `free` leaves rows alone that somebody has already.
    """

    chapter: str = ""
    department: str = ""
    kind: CodeKind | None = None
    state: State | None = State.OPEN
    text: str = ""
    count: int | None = None
    free: bool = True


@dataclass(frozen=True, slots=True)
class Share:
    """How far a person is with the rows given to them, by codes and by discharges a year."""

    person: str
    given: int
    done: int
    discharges: int
    discharges_done: int
    last_act: datetime | None


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows a filter means, the most frequent first, with their share of all discharges.

    `has` says who has those that somebody has already, by id; `first` shows what kind they are.
    """

    local_ids: tuple[int, ...]
    discharges: int
    all_discharges: int
    has: dict[int, str]
    first: tuple[LocalCode, ...]

    @property
    def taken(self) -> int:
        """How many of them somebody has already."""
        return len(self.has)


_SHOWN = 3
"""So many rows of a batch are shown before it is given."""


class AssigningService:
    """Gives rows to people, takes them back, hands them over."""

    def __init__(self, storage: Storage, now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._now = now

    def assignments(self) -> dict[int, Assignment]:
        """Who has which local code."""
        with self._storage.reading() as work:
            return work.assignments.all()

    def matching(self, wanted: RowFilter) -> tuple[int, ...]:
        """The local codes a filter means, the most frequent first."""
        with self._storage.reading() as work:
            return _matching(work, wanted)

    def batch(self, wanted: RowFilter) -> Batch:
        """The rows a filter means, counted, before they are given to anybody."""
        with self._storage.reading() as work:
            local_ids = _matching(work, wanted)
            codes = {one.id: one for one in work.code_sets.local_codes()}
            has = work.assignments.all()
        return Batch(
            local_ids,
            sum(codes[one].frequency or 0 for one in local_ids),
            sum(one.frequency or 0 for one in codes.values()),
            {one: has[one].person for one in local_ids if one in has},
            tuple(codes[one] for one in local_ids[:_SHOWN]),
        )

    def departments(self) -> tuple[str, ...]:
        """The departments of the lists in use, by name."""
        with self._storage.reading() as work:
            found = {one.department for one in work.code_sets.local_codes() if one.department}
        return tuple(sorted(found))

    def team(self) -> tuple[Share, ...]:
        """Everybody who works in the project, and whoever else has rows, by name."""
        with self._storage.reading() as work:
            working = [one.name for one in work.people.all() if one.active]
        found = {one.person: one for one in self.shares()}
        idle = {name: Share(name, 0, 0, 0, 0, None) for name in working if name not in found}
        return tuple((found | idle)[name] for name in sorted(found | idle))

    def assign(
        self,
        local_ids: Sequence[int],
        *,
        to: str,
        by: Person,
        seen: Table[int, str] | None = None,
    ) -> Moved:
        """Give rows to a person; whoever had them has them no longer. Returns which moved.

        `seen` says who had each row when the screen was filled, "" for nobody.

        Raises:
            ConflictError: somebody gave one of the rows to somebody else since.
            RefusedError: `by` may not, or `to` is nobody who works in the project.
        """
        with self._storage.writing() as work:
            self._refuse(work, to, by)
            has = work.assignments.all()
            if seen is not None:
                refuse_moved(has, {one: seen.get(one, "") for one in local_ids})
            new = [one for one in local_ids if one not in has or has[one].person != to]
            had = _holders(has, new)
            self._give(work, had, to, by)
            work.commit()
        return had

    def take_back(self, local_ids: Sequence[int], *, by: Person) -> Moved:
        """Give rows back to nobody; returns those somebody had.

        Raises:
            RefusedError: `by` may not.
        """
        with self._storage.writing() as work:
            work.people.require(by, Right.ASSIGN)
            has = work.assignments.all()
            had = _holders(has, [one for one in local_ids if one in has])
            if had:
                work.assignments.take(had)
                self._note(work, by, f"- {len(had)}", had, "")
            work.commit()
        return had

    def hand_over(self, *, of: str, to: str, by: Person) -> Moved:
        """Give what somebody has not finished to somebody else; what is done stays theirs.

        Raises:
            RefusedError: `by` may not, or `to` is nobody who works in the project.
        """
        with self._storage.writing() as work:
            self._refuse(work, to, by)
            theirs = [one.local_id for one in work.assignments.all().values() if one.person == of]
            states = work.mappings.get_many(theirs)
            moving = [one for one in theirs if states[one].state in _UNFINISHED]
            had = dict.fromkeys(moving, of)
            self._give(work, had, to, by)
            work.commit()
        return had

    def shares(self) -> tuple[Share, ...]:
        """How far everybody is who has rows, by name."""
        with self._storage.reading() as work:
            has = work.assignments.all()
            mappings = {one.local_id: one for one in work.mappings.in_use()}
            codes = {one.id: one.frequency or 0 for one in work.code_sets.local_codes()}
        given: Counter[str] = Counter()
        done: Counter[str] = Counter()
        volume: Counter[str] = Counter()
        volume_done: Counter[str] = Counter()
        last: dict[str, datetime] = {}
        for local_id, one in has.items():
            if local_id not in codes:
                continue
            mapping = mappings.get(local_id) or Mapping(local_id)
            finished = mapping.state not in _UNFINISHED
            given[one.person] += 1
            volume[one.person] += codes[local_id]
            done[one.person] += finished
            volume_done[one.person] += codes[local_id] if finished else 0
            if finished and mapping.decided_at:
                last[one.person] = max(last.get(one.person, mapping.decided_at), mapping.decided_at)
        return tuple(
            Share(one, given[one], done[one], volume[one], volume_done[one], last.get(one))
            for one in sorted(given)
        )

    def _refuse(self, work: UnitOfWork, to: str, by: Person) -> None:
        work.people.require(by, Right.ASSIGN)
        known = {one.name for one in work.people.all() if one.active}
        if not to.strip() or (known and to not in known):
            raise RefusedError(_("{name} does not work in this project.").format(name=to or "-"))

    def _give(self, work: UnitOfWork, had: Moved, to: str, by: Person) -> None:
        if not had:
            # Nothing moved, and the log tells of nothing.
            return
        at = self._now()
        work.assignments.give([Assignment(one, to, by.name, at) for one in had])
        self._note(work, by, f"{to} {len(had)}", had, to)

    def _note(self, work: UnitOfWork, by: Person, what: str, had: Moved, to: str) -> None:
        """The log tells in short who had the rows: enough to give them back."""
        holders = dict.fromkeys(had.values())
        before = {one: spans(row for row, name in had.items() if name == one) for one in holders}
        detail = told(what, to=to, had=before)
        event = NewEvent(Act.ASSIGNED, by.name, self._now(), new_batch(), detail=detail)
        work.events.add([event])


def _holders(has: Table[int, Assignment], local_ids: Sequence[int]) -> Moved:
    return {one: has[one].person if one in has else "" for one in local_ids}


def _matching(work: UnitOfWork, wanted: RowFilter) -> tuple[int, ...]:
    mappings = {one.local_id: one.state for one in work.mappings.in_use()}
    has = work.assignments.all() if wanted.free else {}
    found = [
        local
        for local in work.code_sets.local_codes()
        if local.canonical.startswith(wanted.chapter)
        and (not wanted.department or local.department == wanted.department)
        and (wanted.kind is None or local.kind is wanted.kind)
        and (wanted.state is None or mappings.get(local.id, State.OPEN) is wanted.state)
        and wanted.text in local.name
        and local.id not in has
    ]
    found.sort(key=lambda local: -(local.frequency or 0))
    return tuple(local.id for local in found[: wanted.count])
