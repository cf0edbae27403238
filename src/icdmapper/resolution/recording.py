"""Saving a change and its event together; reading what a choice names. Used by every act."""

from __future__ import annotations

import uuid
from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.errors import ConflictError
from icdmapper.model.events import Act, NewEvent
from icdmapper.model.mapping import Choice, Mapping
from icdmapper.model.people import Person, Right
from icdmapper.storage.unit_of_work import OneAct, UnitOfWork
from icdmapper.texts import _

Change = tuple[Mapping, Mapping]
Names = tuple[LocalCode, list[ReferenceCode]]
"""A local code and the reference entries of a choice, in its order."""


def new_batch() -> str:
    """A name for one gesture; one undo takes back all that carries it."""
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What one act of a person writes into the log with every row it changes."""

    act: Act
    by: str
    at: datetime
    batch: str
    undoes: str = ""
    detail: str = ""


def record(
    work: UnitOfWork, entry: LogEntry, changes: Sequence[Change], *, details: Sequence[str] = ()
) -> None:
    """Save the mappings and append their events, in the same transaction and in this order.

    `details` gives each change a detail of its own instead of the one in the entry.
    Appending is the last step before the commit: on a shared database others wait for it.

    Raises:
        ConflictError: a stored version has moved on.
    """
    work.mappings.save_many([after for before, after in changes if after != before])
    _tell(work, entry, changes, details)


def conclude(work: OneAct, entry: LogEntry, change: Change) -> None:
    """As `record` for one row, and keep it: to a server all of it goes in one message.

    Raises:
        ConflictError: the stored version has moved on; nothing was kept.
    """
    work.keep(change[1], _told(entry, change, entry.detail))


def _tell(
    work: UnitOfWork, entry: LogEntry, changes: Sequence[Change], details: Sequence[str]
) -> None:
    told_each = details or [entry.detail] * len(changes)
    work.events.add(
        [_told(entry, change, told) for change, told in zip(changes, told_each, strict=True)]
    )


def _told(entry: LogEntry, change: Change, detail: str) -> NewEvent:
    before, after = change
    return NewEvent(
        entry.act,
        entry.by,
        entry.at,
        entry.batch,
        after.local_id,
        before,
        after,
        entry.undoes,
        detail,
    )


def named(work: UnitOfWork, choice: Choice) -> Names:
    """The local code and the reference entries that a choice names.

    Raises:
        NotFoundError: one of them does not exist.
        ConflictError: an entry belongs to a set that was replaced.
    """
    return work.code_sets.local(choice.local_id), _entries(work, choice)


def asked(work: OneAct, choice: Choice, *, by: Person, right: Right) -> tuple[Mapping, Names]:
    """As `mapped`, in one message to a server, when `by` holds a right.

    Raises:
        RefusedError: `by` does not hold it; others as `named`.
    """
    ids = [target.reference_id for target in choice.targets]
    local, mapping, found = work.asked(by, right, choice.local_id, ids)
    return mapping, (local, _all_of(work, ids, found))


def mapped(work: UnitOfWork, choice: Choice) -> tuple[Mapping, Names]:
    """The mapping that a choice is about, and what the choice names; errors as `named`."""
    ids = [target.reference_id for target in choice.targets]
    local, mapping, found = work.mappings.with_names(choice.local_id, ids)
    return mapping, (local, _all_of(work, ids, found))


def _entries(work: UnitOfWork, choice: Choice) -> list[ReferenceCode]:
    ids = [target.reference_id for target in choice.targets]
    return _all_of(work, ids, work.code_sets.references_in_use(ids) if ids else {})


def _all_of(
    work: UnitOfWork, ids: Sequence[int], found: Table[int, ReferenceCode]
) -> list[ReferenceCode]:
    for one in ids:
        if one not in found:
            # Not there at all is another sentence than no longer in use.
            work.code_sets.reference(one)
            raise ConflictError(
                _("The reference set was replaced meanwhile; choose again from the new one.")
            )
    return [found[one] for one in ids]
