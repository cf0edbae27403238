"""Taking an edition back: what stands in the way, and the answers as they were before it.

An answer is put back only onto what it was given for: its code and its entries must say again what
they said then, and nobody may have worked since on anything that the edition brought or renamed.
A first list goes as it came: nothing may have been said of its codes, or on its entries.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from datetime import datetime

from icdmapper.model.codes import CodeSet, LocalCode, ReferenceCode, Side
from icdmapper.model.editions import Recall, Restored
from icdmapper.model.events import Act, Event, EventFilter, NewEvent
from icdmapper.model.icd import canonical
from icdmapper.model.mapping import Mapping, State
from icdmapper.model.names import normalise
from icdmapper.model.people import Person, Right
from icdmapper.storage.earlier_editions import Entry
from icdmapper.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class _Changed:
    """What an edition brought and renamed, by the ids of its entries."""

    added: frozenset[int]
    reworded: dict[int, Entry]
    """What they were called before; spellings alone are not in it."""

    @property
    def all(self) -> frozenset[int]:
        return self.added | self.reworded.keys()


def weigh_recall(work: UnitOfWork, edition: CodeSet, earlier: CodeSet | None) -> Recall:
    """What taking `edition` back would do, with all that stands in the way."""
    events = work.events.of_batch(f"import-{edition.id}")
    last = events[-1].id if events else 0
    if earlier is None:
        return _weigh_first(work, edition, last)
    added = work.earlier.added(edition)
    reworded = work.earlier.reworded(edition)
    changed = _Changed(added, {was.id: was for was, now in reworded if _says_otherwise(was, now)})
    changes = _answers_changed(events)
    now = work.mappings.get_many(list(changes))
    blocked = {one for one, (_then, left) in changes.items() if not _same(now[one], left)}
    blocked |= _worked_on(work, edition.side, changed, since=last, but=changes.keys())
    restored = {one: then for one, (then, _left) in changes.items() if one not in blocked}
    blocked |= _without_ground(work, edition, changed, restored.values())
    codes = work.code_sets.locals_in_use([*restored, *blocked])
    return Recall(
        edition,
        earlier,
        leaving=len(added),
        returning=work.earlier.count_lost(edition),
        reworded=len(reworded),
        restored=tuple(
            Restored(codes[one], now[one], replace(then, version=now[one].version + 1))
            for one, then in restored.items()
            if one not in blocked
        ),
        in_the_way=tuple(codes[one] for one in sorted(blocked)),
        released=bool(work.events.count(EventFilter(act=Act.RELEASED, after=last))),
    )


def _weigh_first(work: UnitOfWork, edition: CodeSet, since: int) -> Recall:
    """What taking a list back would do that took no other's place: all of it goes."""
    codes = work.code_sets.local_codes()
    mappings = {one.local_id: one for one in work.mappings.in_use()}
    entries = work.earlier.added(edition)
    if edition.side is Side.LOCAL:
        blocked = {one for one, mapping in mappings.items() if mapping.state is not State.OPEN}
        unlisted = tuple(one for one in codes if one.row == 0)
    else:
        own = {one.id for one in codes if one.kind.system is edition.system}
        blocked = {
            one
            for one, mapping in mappings.items()
            # That there is no counterpart was said of this very set.
            if one in own and mapping.state not in (State.OPEN, State.RETIRED)
        }
        blocked |= _speaking_of(work, entries, mappings)
        unlisted = ()
    return Recall(
        edition,
        None,
        leaving=len(entries),
        returning=0,
        reworded=0,
        restored=(),
        in_the_way=tuple(one for one in codes if one.id in blocked and one not in unlisted),
        released=bool(work.events.count(EventFilter(act=Act.RELEASED, after=since))),
        unlisted=unlisted,
    )


def _speaking_of(
    work: UnitOfWork, entries: frozenset[int], mappings: Table[int, Mapping]
) -> set[int]:
    """The local codes with one of these entries in an answer, a plan or a dispute."""
    disputed = [one for one, mapping in mappings.items() if mapping.state is State.DISPUTED]
    argued = {
        one
        for one, thread in work.checks.threads(disputed).items()
        if any(
            target.reference_id in entries
            for message in thread
            if message.opinion is not None and not message.withdrawn
            for target in message.opinion.targets
        )
    }
    answered = {
        one
        for one, mapping in mappings.items()
        if any(target.reference_id in entries for target in mapping.targets)
    }
    return answered | _planned_on(work, entries) | argued


def carry_out(work: UnitOfWork, recall: Recall, *, by: Person, at: datetime) -> None:
    """Put the answers back, with one event for the edition and one for each of them.

    Raises:
        RefusedError: `by` may not change what was decided in this way.
        ConflictError: somebody changed one of the mappings meanwhile.
    """
    if recall.restored:
        work.people.require(by, Right.TAKE_EDITION)
    number = recall.edition.id
    batch, undoes = f"recall-{number}", f"import-{number}"
    work.mappings.save_many([one.then for one in recall.restored])
    told = " ".join(
        filter(None, (recall.edition.side.value, recall.edition.name, recall.edition.edition))
    )
    act = Act.EDITION_RECALLED
    work.events.add(
        [
            NewEvent(act, by.name, at, batch, undoes=undoes, detail=told),
            *(
                NewEvent(act, by.name, at, batch, one.local.id, one.now, one.then, undoes)
                for one in recall.restored
            ),
        ]
    )


def _answers_changed(events: Iterable[Event]) -> dict[int, tuple[Mapping, Mapping]]:
    """What the edition made of answers: before and after, by local code."""
    return {
        one.local_id: (one.before, one.after)
        for one in events
        if one.local_id is not None and one.before and one.after and one.before != one.after
    }


def _same(one: Mapping, other: Mapping) -> bool:
    return replace(one, version=0) == replace(other, version=0)


def _says_otherwise(was: Entry, now: Entry) -> bool:
    if isinstance(was, ReferenceCode) and isinstance(now, ReferenceCode):
        apart = was.heading != now.heading
    elif isinstance(was, LocalCode) and isinstance(now, LocalCode):
        apart = canonical(was.attached_code) != canonical(now.attached_code)
    else:
        apart = True
    return apart or was.kind is not now.kind or normalise(was.name) != normalise(now.name)


def _worked_on(
    work: UnitOfWork, side: Side, changed: _Changed, *, since: int, but: Collection[int]
) -> set[int]:
    """The local codes with an answer that was given on what the edition brought or renamed."""
    touched = work.gestures.local_ids_after(since)
    if side is Side.LOCAL:
        states = work.mappings.get_many(list(changed.all))
        found = {one for one in changed.added if states[one].state is not State.OPEN}
        found |= {
            one
            for one in changed.reworded
            if one in touched and one not in but and states[one].state is not State.OPEN
        }
        return found
    on_new = set(work.earlier.standing_on(list(changed.added)))
    on_renamed = work.earlier.standing_on(list(changed.reworded)) & touched
    planned = _planned_on(work, changed.added)
    return on_new | {one for one in on_renamed if one not in but} | planned


def _planned_on(work: UnitOfWork, entries: Collection[int]) -> set[int]:
    """The local codes with a refinement, planned or done, onto one of these entries."""
    plans = work.refinements.all()
    states = work.mappings.get_many([one for plan in plans for one in plan.codes_touched])
    return {
        plan.local_id
        for plan in plans
        if plan.as_it_stands(states) is not None
        and any(one.reference_id in entries for child in plan.children for one in child.targets)
    }


def _without_ground(
    work: UnitOfWork, edition: CodeSet, changed: _Changed, then: Iterable[Mapping]
) -> set[int]:
    """Whose answer could not be put back: one of its entries is gone, or says something else."""
    answers = list(then)
    ids = sorted({one.reference_id for answer in answers for one in answer.targets})
    entries: dict[int, ReferenceCode] = work.code_sets.references_in_use(ids) if ids else {}
    if edition.side is Side.REFERENCE:
        entries |= work.earlier.left_behind(edition, ids)
        for one, was in changed.reworded.items():
            if isinstance(was, ReferenceCode):
                entries[one] = was
    good = {(one.id, normalise(one.name)) for one in entries.values() if not one.heading}
    return {
        answer.local_id
        for answer in answers
        if answer.state is not State.RETIRED
        and any((one.reference_id, normalise(one.name)) not in good for one in answer.targets)
    }
