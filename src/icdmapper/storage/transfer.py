"""A whole project as rows: read from one database, written into another, nothing lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Integer, func, insert, select, text, update

from icdmapper.model.events import ChainHead
from icdmapper.storage.chain import genesis, select_rows
from icdmapper.storage.tables import PROJECT_TABLES, chain_head, event

Part = tuple[str, list[tuple[Any, ...]]]
_ROWS = 2_000
_EVENTS = 500
_BY_NAME = {table.name: table for table in PROJECT_TABLES}
_EVENT_FIELDS = 'id, act, "by", at, batch, local_id, "before", "after", undoes, detail, hash'


class WholeProject:
    """Every table of a project inside one unit of work.

    The log travels as the text that was hashed, so that its chain is the same on both sides.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._postgresql = connection.dialect.name == "postgresql"

    def is_empty(self) -> bool:
        """Whether nothing was ever stored here."""
        return not any(
            self._connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in PROJECT_TABLES
            if table is not chain_head
        )

    def count(self) -> int:
        """How many rows there are in all tables together."""
        return sum(
            self._connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in PROJECT_TABLES
        )

    def parts(self) -> Iterator[Part]:
        """The rows of every table in blocks, in an order in which they can be stored."""
        for table in PROJECT_TABLES:
            if table is chain_head:
                continue
            if table is event:
                found = self._connection.exec_driver_sql(select_rows(self._postgresql))
            else:
                found = self._connection.execute(select(table))
            while rows := found.fetchmany(_ROWS):
                yield table.name, [tuple(row) for row in rows]

    def begin(self, head: ChainHead) -> None:
        """Make this the same project as the one it is copied from: its log starts the same way."""
        start = genesis(head.project)
        self._connection.execute(
            update(chain_head).values(project=head.project, count=0, last_id=0, hash=start)
        )

    def add(self, part: Part) -> None:
        """Store a block of rows as they are."""
        name, rows = part
        if name == event.name:
            for at in range(0, len(rows), _EVENTS):
                self._add_events(rows[at : at + _EVENTS])
            return
        table = _BY_NAME[name]
        columns = [column.name for column in table.c]
        self._connection.execute(
            insert(table), [dict(zip(columns, row, strict=True)) for row in rows]
        )

    def finish(self) -> None:
        """Let the next row get the next number."""
        if not self._postgresql:
            return
        for table in PROJECT_TABLES:
            if "id" in table.c and isinstance(table.c.id.type, Integer):
                sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
                self._connection.execute(
                    text(
                        f"SELECT setval({sequence}, (SELECT max(id) FROM {table.name})) "
                        f"WHERE {sequence} IS NOT NULL AND EXISTS (SELECT 1 FROM {table.name})"
                    )
                )

    def _add_events(self, rows: Sequence[tuple[Any, ...]]) -> None:
        if self._postgresql:
            one = "(%s, %s, %s, %s::timestamptz, %s, %s, %s::json, %s::json, %s, %s, %s)"
            # Moments are text in UTC without a zone.
            values = [value for row in rows for value in (*row[:3], f"{row[3]}+00", *row[4:])]
            places = ", ".join([one] * len(rows))
            self._connection.exec_driver_sql(
                f"INSERT INTO event ({_EVENT_FIELDS}) VALUES {places}", tuple(values)
            )
            return
        places = ", ".join("?" * 11)
        self._connection.exec_driver_sql(
            f"INSERT INTO event ({_EVENT_FIELDS}) VALUES ({places})", [tuple(row) for row in rows]
        )
        last = rows[-1]
        self._connection.execute(
            update(chain_head).values(
                count=chain_head.c.count + len(rows), last_id=last[0], hash=last[-1]
            )
        )
