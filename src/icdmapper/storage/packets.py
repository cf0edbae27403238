"""Packets given to clinicians, and rows given to people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from icdmapper.model.errors import NotFoundError
from icdmapper.model.packets import Assignment, Packet, PacketOption, PacketRow
from icdmapper.storage.tables import assignment, packet
from icdmapper.storage.values import moment, opinion_from_json, opinion_to_json, stored_moment
from icdmapper.texts import _

_AT_ONCE = 500


class Packets:
    """Packets inside one unit of work; kept as they were handed out."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, one: Packet) -> None:
        """Keep a packet."""
        self._connection.execute(
            insert(packet).values(
                id=one.id,
                department=one.department,
                made_at=stored_moment(one.made_at),
                made_by=one.made_by,
                deadline=one.deadline,
                rows=[_row_to_json(row) for row in one.rows],
                withdrawn=one.withdrawn,
            )
        )

    def withdraw(self, packet_id: str, *, withdrawn: bool) -> None:
        """Mark a packet as taken back, or as handed out again."""
        self._connection.execute(
            update(packet).where(packet.c.id == packet_id).values(withdrawn=withdrawn)
        )

    def get(self, packet_id: str) -> Packet:
        """A packet as it was handed out.

        Raises:
            NotFoundError: this project made no such packet.
        """
        row = self._connection.execute(select(packet).where(packet.c.id == packet_id)).first()
        if row is None:
            raise NotFoundError(_("This packet was not made in this project."))
        return _packet(row)

    def all(self) -> tuple[Packet, ...]:
        """Every packet, newest first."""
        rows = self._connection.execute(select(packet).order_by(packet.c.made_at.desc()))
        return tuple(_packet(row) for row in rows)


class Assignments:
    """Who works on which row, inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> dict[int, Assignment]:
        """Every assignment by local id."""
        found = {}
        for row in self._connection.execute(select(assignment)):
            at = moment(row.at)
            assert at is not None
            found[row.local_id] = Assignment(row.local_id, row.person, row.by, at)
        return found

    def give(self, assignments: Sequence[Assignment]) -> None:
        """Give rows to people; whoever had them before has them no longer."""
        self.take([one.local_id for one in assignments])
        rows = [
            {
                "local_id": one.local_id,
                "person": one.person,
                "by": one.by,
                "at": stored_moment(one.at),
            }
            for one in assignments
        ]
        if rows:
            self._connection.execute(insert(assignment), rows)

    def take(self, local_ids: Iterable[int]) -> None:
        """Give rows back to nobody."""
        ids = list(local_ids)
        for start in range(0, len(ids), _AT_ONCE):
            part = ids[start : start + _AT_ONCE]
            self._connection.execute(delete(assignment).where(assignment.c.local_id.in_(part)))


def _row_to_json(row: PacketRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "local_id": row.local_id,
        "version": row.version,
        "code": row.code,
        "name": row.name,
        "frequency": row.frequency,
        "question": row.question,
        "options": [
            {
                "letter": one.letter,
                "opinion": opinion_to_json(one.opinion),
                "text": one.text,
            }
            for one in row.options
        ],
    }


def _packet(row: Row[*tuple[Any, ...]]) -> Packet:
    at = moment(row.made_at)
    assert at is not None
    return Packet(
        row.id,
        row.department,
        at,
        row.made_by,
        tuple(
            PacketRow(
                number=one["number"],
                local_id=one["local_id"],
                version=one["version"],
                code=one["code"],
                name=one["name"],
                frequency=one["frequency"],
                question=one["question"],
                options=tuple(
                    PacketOption(
                        option["letter"],
                        opinion_from_json(option["opinion"]),
                        option["text"],
                    )
                    for option in one["options"]
                ),
            )
            for one in row._mapping["rows"]
        ),
        row.deadline,
        row.withdrawn,
    )
