"""What the log says of undo and redo: whose gestures there are, and which were taken back."""

from __future__ import annotations

from sqlalchemy import Connection, and_, func, not_, or_, select

from icdmapper.model.events import BESIDE, Act, Event
from icdmapper.storage.events import ON_MAPPINGS_VALUES, event_from
from icdmapper.storage.tables import event

_BESIDE = and_(
    event.c.act.in_([act.value for act in sorted(BESIDE, key=lambda act: act.value)]),
    event.c.detail.like("{%"),
)
"""Acts beside the mappings with which the log holds the way back."""
_BY_ITSELF = (Act.EDITION_RECALLED.value, Act.PERSON_CHANGED.value)
"""Acts by which an edition, and a PIN, are taken back without the key; they name the gesture."""
_TAKING = event.alias("taking")


class Gestures:
    """Reads the log as it was when the unit of work began to write."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def gestures_by(self, person: str) -> tuple[tuple[str, Act, str, int], ...]:
        """A person's gestures as (batch, act, undoes, number), oldest first.

        Editions that were taken back as a whole are told with them, whoever took them back.
        """
        number = func.min(event.c.id)
        theirs = and_(event.c.by == person, or_(event.c.act.in_(ON_MAPPINGS_VALUES), _BESIDE))
        query = (
            select(event.c.batch, event.c.act, event.c.undoes, number)
            .where(or_(theirs, event.c.act == Act.EDITION_RECALLED.value))
            .group_by(event.c.batch, event.c.act, event.c.undoes)
            .order_by(number)
        )
        rows = self._connection.execute(query)
        return tuple((batch, Act(act), undoes, first) for batch, act, undoes, first in rows)

    def latest_that_stays(self, person: str, *, after: int) -> Event | None:
        """A person's newest act with a greater number that undo cannot take back, if any.

        An edition or a PIN that was taken back all the same does not count, nor the taking back.
        """
        taken_back = select(_TAKING.c.undoes).where(_TAKING.c.act.in_(_BY_ITSELF))
        query = (
            select(event)
            .where(event.c.by == person, event.c.id > after, event.c.undoes == "")
            .where(event.c.act.not_in(ON_MAPPINGS_VALUES), not_(_BESIDE))
            .where(event.c.batch.not_in(taken_back))
            .order_by(event.c.id.desc())
            .limit(1)
        )
        row = self._connection.execute(query).first()
        return event_from(row) if row else None

    def undone(self) -> frozenset[str]:
        """The batches that are taken back now."""
        back = (Act.UNDONE.value, *_BY_ITSELF)
        query = (
            select(event.c.act, event.c.undoes)
            .where(event.c.act.in_((*back, Act.REDONE.value)), event.c.undoes != "")
            .order_by(event.c.id)
        )
        last = {undoes: act for act, undoes in self._connection.execute(query)}
        return frozenset(batch for batch, act in last.items() if act in back)

    def local_ids_after(self, number: int) -> frozenset[int]:
        """The local codes whose mappings were acted on after an act."""
        query = select(event.c.local_id).where(
            event.c.id > number, event.c.act.in_(ON_MAPPINGS_VALUES), event.c.local_id.is_not(None)
        )
        return frozenset(self._connection.execute(query).scalars())
