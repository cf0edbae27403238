"""Waivers of judgement rules: written once, at most withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from icdmapper.model.judgement import Waiver
from icdmapper.model.people import Role
from icdmapper.storage.tables import waiver
from icdmapper.storage.values import moment, stored_moment


class Waivers:
    """Waivers inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, one: Waiver) -> Waiver:
        """Keep a waiver; the stored one is returned with its id."""
        new_id = self._connection.execute(
            insert(waiver)
            .values(
                local_id=one.local_id,
                rule_id=one.rule_id,
                reason=one.reason,
                by=one.by,
                role=one.role.value if one.role else None,
                at=stored_moment(one.at),
                version=one.version,
                answer=one.answer,
                withdrawn=one.withdrawn,
            )
            .returning(waiver.c.id)
        ).scalar_one()
        return replace(one, id=new_id)

    def of(self, local_id: int) -> tuple[Waiver, ...]:
        """The waivers for a local code, oldest first, those taken back included."""
        query = select(waiver).where(waiver.c.local_id == local_id).order_by(waiver.c.id)
        return tuple(_waiver(row) for row in self._connection.execute(query))

    def all(self) -> tuple[Waiver, ...]:
        """Every waiver that stands, oldest first."""
        query = select(waiver).where(waiver.c.withdrawn.is_(False)).order_by(waiver.c.id)
        return tuple(_waiver(row) for row in self._connection.execute(query))

    def withdraw(self, ids: Sequence[int]) -> None:
        """Mark waivers as taken back."""
        self._connection.execute(
            update(waiver).where(waiver.c.id.in_(list(ids))).values(withdrawn=True)
        )


def _waiver(row: Row[*tuple[Any, ...]]) -> Waiver:
    at = moment(row.at)
    assert at is not None
    return Waiver(
        local_id=row.local_id,
        rule_id=row.rule_id,
        reason=row.reason,
        by=row.by,
        role=Role(row.role) if row.role else None,
        at=at,
        version=row.version,
        answer=row.answer,
        withdrawn=row.withdrawn,
        id=row.id,
    )
