"""The append-only event log; the database itself refuses to change or delete a row of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, update

from icdmapper.model.events import ON_MAPPINGS, Act, ChainHead, Event, EventFilter, NewEvent, Step
from icdmapper.model.mapping import State
from icdmapper.storage.chain import linked, select_rows
from icdmapper.storage.tables import chain_head, event
from icdmapper.storage.values import (
    mapping_from_json,
    mapping_to_json,
    moment,
    stored_moment,
)

_ROWS_AT_ONCE = 500
ON_MAPPINGS_VALUES = [act.value for act in sorted(ON_MAPPINGS, key=lambda act: act.value)]
# The text that is hashed is the text that is stored, so it goes past the types of the table.
_FIELDS = 'act, "by", at, batch, local_id, "before", "after", undoes, detail, hash'
_INSERT = f"INSERT INTO event (id, {_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_UNLINKED = f"INSERT INTO event ({_FIELDS}) VALUES"
_PLACES = "(%s, %s, (%s || '+00')::timestamptz, %s, %s, %s::json, %s::json, %s, %s, '')"


class Events:
    """The event log inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._plain = connection
        self._waiting: list[NewEvent] = []

    def add(self, events: Sequence[NewEvent]) -> None:
        """Append acts to the chain, in order.

        They go to the database with the commit, or before the log is read: from then on nobody else
        can append, so it is left for last.
        """
        self._waiting += events

    def flush(self) -> None:
        """Send what waits to the database."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        if self._plain.dialect.name != "postgresql":
            self._add_linked(waiting)
            return
        # The server links them; many rows in one statement make it move the head once.
        for start in range(0, len(waiting), _ROWS_AT_ONCE):
            part = waiting[start : start + _ROWS_AT_ONCE]
            places = ", ".join([_PLACES] * len(part))
            values = tuple(value for one in part for value in event_fields(one))
            self._plain.exec_driver_sql(f"{_INSERT_UNLINKED} {places}", values)

    @property
    def _connection(self) -> Connection:
        """The database, with all in it that was added."""
        self.flush()
        return self._plain

    def _add_linked(self, events: Sequence[NewEvent]) -> None:
        head = self._plain.execute(select(chain_head)).one()
        last, link = head.last_id, head.hash
        rows = []
        for one in events:
            last += 1
            row = (last, *event_fields(one))
            link = linked(link, row)
            rows.append((*row, link))
        self._plain.exec_driver_sql(_INSERT, rows)
        self._plain.execute(
            update(chain_head).values(
                count=head._mapping["count"] + len(rows), last_id=last, hash=link
            )
        )

    def of_local_code(self, local_id: int) -> tuple[Event, ...]:
        """Everything that happened to a local code, oldest first."""
        query = select(event).where(event.c.local_id == local_id).order_by(event.c.id)
        return tuple(event_from(row) for row in self._connection.execute(query))

    def last_actor(self, local_id: int) -> str:
        """Who acted on a local code last; "" when nobody has."""
        query = select(event.c.by).where(event.c.local_id == local_id).order_by(event.c.id.desc())
        return self._connection.execute(query.limit(1)).scalar() or ""

    def of_batch(self, batch: str) -> tuple[Event, ...]:
        """The acts one gesture caused, oldest first."""
        query = select(event).where(event.c.batch == batch).order_by(event.c.id)
        return tuple(event_from(row) for row in self._connection.execute(query))

    def local_ids_of(self, batches: Sequence[str]) -> frozenset[int]:
        """The local codes that some gestures touched."""
        query = select(event.c.local_id).where(
            event.c.batch.in_(batches), event.c.local_id.is_not(None)
        )
        return frozenset(self._connection.execute(query).scalars())

    def found(self, wanted: EventFilter, *, limit: int | None = None) -> tuple[Event, ...]:
        """The acts that pass a filter, newest first."""
        query = select(event).order_by(event.c.id.desc())
        for condition in _conditions(wanted):
            query = query.where(condition)
        if limit is not None:
            query = query.limit(limit)
        return tuple(event_from(row) for row in self._connection.execute(query))

    def count(self, wanted: EventFilter) -> int:
        """How many acts pass a filter."""
        query = select(func.count()).select_from(event).where(*_conditions(wanted))
        return self._connection.execute(query).scalar_one()

    def head(self) -> ChainHead:
        """Where the chain ends now."""
        row = self._connection.execute(select(chain_head)).one()
        return ChainHead(row.project, row._mapping["count"], row.last_id, row.hash)

    def links(self) -> Iterator[tuple[Any, ...]]:
        """Every event as it is hashed, with its hash last, in the order of the chain."""
        statement = select_rows(self._connection.dialect.name == "postgresql")
        options = {"stream_results": True, "max_row_buffer": 10_000}
        # For this statement only: options of the connection would stay with what comes after.
        with self._connection.exec_driver_sql(statement, execution_options=options) as found:
            while rows := found.fetchmany(10_000):
                yield from rows

    def steps(self) -> tuple[Step, ...]:
        """Every change of a code's state, oldest first; read without the mappings themselves."""
        before, after = (column["state"].as_string() for column in (event.c.before, event.c.after))
        query = (
            select(event.c.at, event.c.by, before, after)
            .where(event.c.local_id.is_not(None), event.c.act.in_(ON_MAPPINGS_VALUES))
            .order_by(event.c.id)
        )
        found = (
            (moment(at), by, State(was or State.OPEN.value), State(now or State.OPEN.value))
            for at, by, was, now in self._connection.execute(query)
            if was or now  # What was taken back beside the mapping is no step of it.
        )
        return tuple(Step(at, by, was, now) for at, by, was, now in found if at is not None)

    def newest(self, limit: int) -> tuple[Event, ...]:
        """The newest acts of the project, newest first."""
        query = select(event).order_by(event.c.id.desc()).limit(limit)
        return tuple(event_from(row) for row in self._connection.execute(query))


def event_fields(one: NewEvent) -> tuple[Any, ...]:
    """An act as it is stored and hashed, without number and hash."""
    return (
        one.act.value,
        one.by,
        f"{one.at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}",
        one.batch,
        one.local_id,
        json.dumps(mapping_to_json(one.before)),
        json.dumps(mapping_to_json(one.after)),
        one.undoes,
        one.detail,
    )


def _conditions(wanted: EventFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.by:
        conditions.append(event.c.by == wanted.by)
    if wanted.act is not None:
        conditions.append(event.c.act == wanted.act.value)
    if wanted.local_id is not None:
        conditions.append(event.c.local_id == wanted.local_id)
    if wanted.since is not None:
        conditions.append(event.c.at >= stored_moment(wanted.since))
    if wanted.until is not None:
        conditions.append(event.c.at < stored_moment(wanted.until))
    if wanted.after:
        conditions.append(event.c.id > wanted.after)
    if wanted.text:
        conditions.append(event.c.detail.contains(wanted.text, autoescape=True))
    return conditions


def event_from(row: Row[*tuple[Any, ...]]) -> Event:
    """An act of a row of the table."""
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
