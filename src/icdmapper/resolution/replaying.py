"""Taking a person's latest act back and restoring it, as the log tells both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from icdmapper.model.codes import LocalCode
from icdmapper.model.errors import ConflictError, RefusedError
from icdmapper.model.events import BESIDE, Act, Event
from icdmapper.model.mapping import Mapping, State
from icdmapper.model.people import Person
from icdmapper.resolution import beside, rules
from icdmapper.resolution.beside import Way
from icdmapper.resolution.overtaking import refuse_edition
from icdmapper.resolution.recording import LogEntry, new_batch, record
from icdmapper.resolution.retiring import refuse_two_lives
from icdmapper.resolution.rules import Gesture
from icdmapper.storage.unit_of_work import UnitOfWork
from icdmapper.texts import _

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Replayed:
    """What an undo or a redo did.

    `of` is the act it took back or restored, None when there was nothing; `local` is the first code
    of it, None where it was about none, and `text` what the log says of it. `stays` is a later act
    that cannot be taken back: then nothing was done, and whoever asks again with its number is
    past it. With `why` it is the act itself that cannot go back now, and who asks again with its
    batch is past it.
    """

    act: Act
    of: Act | None = None
    local: LocalCode | None = None
    mappings: tuple[Mapping, ...] = ()
    stays: Event | None = None
    why: str = ""
    text: str = ""
    planned: bool = False
    """Whether it was about a child that a refinement plans."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants which of UNDONE and REDONE, when, and what of the log they have left behind.

    `told_of` is the number of the last act that stays which the person was told of; with None
    nobody is told. Gestures up to the number `after` are left alone, and those whose batch is in
    `past`: of them the person was told that they cannot go back now.
    """

    by: Person
    act: Act
    at: datetime
    told_of: int | None = None
    after: int = 0
    past: frozenset[str] = frozenset()


def replay(work: UnitOfWork, asked: Asked) -> Replayed:
    """Take the latest act back, or restore the latest that was.

    The caller commits unless something stays: then half of it may be written.

    Raises:
        ConflictError: somebody else has changed a row of it since, and nobody is to be told.
        RefusedError: it was a new edition, or it would give a retired code a second life, as above.
    """
    work.people.role_of(asked.by)
    gestures = [
        one
        for one in (Gesture(*entry) for entry in work.gestures.gestures_by(asked.by.name))
        if not {one.batch, one.undoes} & asked.past
    ]
    found = rules.to_undo(gestures) if asked.act is Act.UNDONE else rules.to_redo(gestures)
    if asked.told_of is not None and asked.act is Act.UNDONE:
        since = max(asked.told_of, asked.after, found.id if found else 0)
        if stays := work.gestures.latest_that_stays(asked.by.name, after=since):
            return Replayed(asked.act, stays=stays)
    if found is None or found.id <= asked.after:
        return Replayed(asked.act)
    events = work.events.of_batch(found.batch)
    try:
        if events[0].act in BESIDE:
            return _replayed_beside(work, asked, events)
        return _replayed(work, asked, events)
    except (ConflictError, RefusedError) as error:
        if asked.told_of is None:
            raise
        return Replayed(asked.act, stays=events[0], why=str(error))


def _replayed_beside(work: UnitOfWork, asked: Asked, events: Sequence[Event]) -> Replayed:
    way = Way(asked.by, asked.at, back=asked.act is Act.UNDONE)
    beside.replay(work, way, events, new_batch())
    first = events[0]
    local = None if first.local_id is None else work.code_sets.local(first.local_id)
    planned = bool(first.way.get("planned"))
    return Replayed(asked.act, first.act, local, text=first.text, planned=planned)


def _replayed(work: UnitOfWork, asked: Asked, events: Sequence[Event]) -> Replayed:
    refuse_edition(events)
    batch, of = events[0].batch, events[0].act
    if of is Act.MERGED:
        work.mappings.begin_merge(f"{asked.act.value} {batch}")
    first = _first_and_last(events)
    current = work.mappings.get_many(list(first))
    changes = [
        (
            current[local_id],
            rules.replayed(
                before,
                after,
                current[local_id],
                act=asked.act,
                changed_by=partial(work.events.last_actor, local_id),
            ),
        )
        for local_id, (before, after) in first.items()
    ]
    refuse_two_lives(work, changes)
    _refuse_out_of_use(work, [after for _before, after in changes])
    work.checks.withdraw(batch, withdrawn=asked.act is Act.UNDONE)
    local = work.code_sets.local(next(iter(first)))
    entry = LogEntry(asked.act, asked.by.name, asked.at, new_batch(), batch)
    record(work, entry, changes)
    return Replayed(asked.act, of, local, tuple(after for _before, after in changes))


def _refuse_out_of_use(work: UnitOfWork, wanted: Sequence[Mapping]) -> None:
    """Refuse answers of codes, or on entries, of a list that was taken back meanwhile.

    Raises:
        RefusedError: the sentence says which code.
    """
    answers = [one for one in wanted if one.state not in (State.OPEN, State.RETIRED)]
    codes = work.code_sets.locals_in_use([one.local_id for one in answers])
    ids = sorted({target.reference_id for one in answers for target in one.targets})
    entries: set[int] = set()
    for start in range(0, len(ids), _AT_ONCE):
        entries |= work.code_sets.references_in_use(ids[start : start + _AT_ONCE]).keys()
    for one in answers:
        if one.local_id not in codes or any(
            target.reference_id not in entries for target in one.targets
        ):
            raise RefusedError(
                _("The list that {code} or its entry stood in is in use no longer.").format(
                    code=work.code_sets.local(one.local_id).code
                )
            )


def _first_and_last(events: Sequence[Event]) -> dict[int, tuple[Mapping, Mapping]]:
    """What each local code was before a gesture and after it."""
    changes: dict[int, tuple[Mapping, Mapping]] = {}
    for event in events:
        if event.local_id is None or event.before is None or event.after is None:
            continue
        if event.before == event.after:  # Something was said about the row; it stayed as it was.
            continue
        before = changes[event.local_id][0] if event.local_id in changes else event.before
        changes[event.local_id] = (before, event.after)
    return changes
