"""The append-only event log; the database itself refuses to change or delete a row of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from icdmapper.model.events import Act, Event, NewEvent
from icdmapper.storage.tables import event
from icdmapper.storage.values import (
    mapping_from_json,
    mapping_to_json,
    moment,
    stored_moment,
)


class Events:
    """The event log inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, events: Sequence[NewEvent]) -> None:
        """Append acts, in order."""
        rows = [
            {
                "act": one.act.value,
                "by": one.by,
                "at": stored_moment(one.at),
                "batch": one.batch,
                "local_id": one.local_id,
                "before": mapping_to_json(one.before),
                "after": mapping_to_json(one.after),
                "undoes": one.undoes,
                "detail": one.detail,
            }
            for one in events
        ]
        if rows:
            self._connection.execute(insert(event), rows)

    def of_local_code(self, local_id: int) -> tuple[Event, ...]:
        """Everything that happened to a local code, oldest first."""
        query = select(event).where(event.c.local_id == local_id).order_by(event.c.id)
        return tuple(_event(row) for row in self._connection.execute(query))

    def of_batch(self, batch: str) -> tuple[Event, ...]:
        """The acts one gesture caused, oldest first."""
        query = select(event).where(event.c.batch == batch).order_by(event.c.id)
        return tuple(_event(row) for row in self._connection.execute(query))

    def batches_by(self, person: str) -> tuple[tuple[str, Act, str], ...]:
        """A person's gestures on mappings as (batch, act, undoes), oldest first."""
        query = (
            select(event.c.batch, event.c.act, event.c.undoes)
            .where(event.c.by == person, event.c.local_id.is_not(None))
            .group_by(event.c.batch, event.c.act, event.c.undoes)
            .order_by(func.min(event.c.id))
        )
        rows = self._connection.execute(query)
        return tuple((batch, Act(act), undoes) for batch, act, undoes in rows)

    def newest(self, limit: int) -> tuple[Event, ...]:
        """The newest acts of the project, newest first."""
        query = select(event).order_by(event.c.id.desc()).limit(limit)
        return tuple(_event(row) for row in self._connection.execute(query))


def _event(row: Row[*tuple[Any, ...]]) -> Event:
    at = moment(row.at)
    assert at is not None
    return Event(
        id=row.id,
        act=Act(row.act),
        by=row.by,
        at=at,
        batch=row.batch,
        local_id=row.local_id,
        before=mapping_from_json(row.before),
        after=mapping_from_json(row.after),
        undoes=row.undoes,
        detail=row.detail,
    )
