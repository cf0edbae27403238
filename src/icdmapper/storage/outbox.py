"""The outbox: packages with their bytes, and every step of their state."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from icdmapper.model.errors import ConflictError, NotFoundError, ProjectError
from icdmapper.model.sending import (
    Feedback,
    NewPackage,
    PackageState,
    SentRecord,
    Stage,
    StoredPackage,
    Trouble,
)
from icdmapper.storage.upload_tables import (
    forgotten_content,
    package,
    package_content,
    sent_record,
)
from icdmapper.storage.values import moment, stored_moment
from icdmapper.texts import _

_CHUNK = 500


class Outbox:
    """Packages inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: NewPackage, records: Iterable[SentRecord], *, at: datetime) -> StoredPackage:
        """Put a package with its records into the outbox; the same key again is the same package.

        Raises:
            ConflictError: the key or the name is taken by other bytes.
        """
        taken = self._found(package.c.key == new.key) or self._found(package.c.name == new.name)
        if taken is not None:
            if (taken.key, taken.sha256) == (new.key, new.sha256):
                return taken
            raise ConflictError(
                _("A package named {name} with other content is in the outbox already.").format(
                    name=new.name
                )
            )
        added = self._connection.execute(
            insert(package).values(
                key=new.key,
                name=new.name,
                sha256=new.sha256,
                size=len(new.content),
                layout=new.layout,
                records=new.records,
                state=PackageState.PREPARED.value,
                made_at=stored_moment(at),
                tries=0,
                turn=0,
                trouble=Trouble.NONE.value,
                settled_by="",
            )
        )
        assert added.inserted_primary_key is not None
        number = int(added.inserted_primary_key[0])
        self._connection.execute(
            insert(package_content).values(package_id=number, content=new.content)
        )
        rows = [
            {
                "package_id": number,
                "key_hash": one.key_hash,
                "content_hash": one.content_hash,
                "discharged": one.discharged,
            }
            for one in records
        ]
        if rows:
            self._connection.execute(insert(sent_record), rows)
        return self.get(new.name)

    def get(self, name: str) -> StoredPackage:
        """A package by name.

        Raises:
            NotFoundError: there is none.
        """
        found = self._found(package.c.name == name)
        if found is None:
            raise NotFoundError(_("There is no package {name}.").format(name=name))
        return found

    def content(self, one: StoredPackage) -> bytes:
        """The bytes of a package, exactly as they were put in.

        Raises:
            ProjectError: they are not what was put in.
            NotFoundError: the package was accepted and its bytes were forgotten on purpose.
        """
        query = select(package_content.c.content).where(package_content.c.package_id == one.id)
        content = self._connection.execute(query).scalar()
        if content is None and self._is_forgotten(one):
            raise NotFoundError(
                _("The bytes of package {name} are no longer kept.").format(name=one.name)
            )
        if content is None or hashlib.sha256(content).hexdigest() != one.sha256:
            raise ProjectError(
                _("The stored bytes of package {name} are damaged; it was not sent.").format(
                    name=one.name
                )
            )
        return bytes(content)

    def in_states(self, states: Collection[PackageState]) -> tuple[StoredPackage, ...]:
        """Packages in any of these states, oldest first."""
        query = (
            select(package)
            .where(package.c.state.in_([state.value for state in states]))
            .order_by(package.c.id)
        )
        return tuple(_stored(row) for row in self._connection.execute(query))

    def newest(self, limit: int) -> tuple[StoredPackage, ...]:
        """The latest packages, newest first."""
        query = select(package).order_by(package.c.id.desc()).limit(limit)
        return tuple(_stored(row) for row in self._connection.execute(query))

    def numbered(self, numbers: Collection[int]) -> dict[int, StoredPackage]:
        """Packages by their numbers; a number that is not there is left out."""
        found: dict[int, StoredPackage] = {}
        wanted = sorted(numbers)
        for start in range(0, len(wanted), _CHUNK):
            query = select(package).where(package.c.id.in_(wanted[start : start + _CHUNK]))
            found.update((row.id, _stored(row)) for row in self._connection.execute(query))
        return found

    def counts(self) -> dict[PackageState, tuple[int, int]]:
        """Packages and records in each state that occurs."""
        query = select(package.c.state, func.count(), func.sum(package.c.records)).group_by(
            package.c.state
        )
        return {
            PackageState(state): (int(packages), int(records or 0))
            for state, packages, records in self._connection.execute(query)
        }

    def start_try(self, one: StoredPackage, *, before: str | None, at: datetime) -> None:
        """Store that bytes are about to leave."""
        self._change(
            one,
            {PackageState.PREPARED},
            state=PackageState.SENDING.value,
            before=before,
            sending_at=stored_moment(at),
            tries=package.c.tries + 1,
            turn=select(func.max(package.c.turn) + 1).scalar_subquery(),
            trouble=Trouble.NONE.value,
        )

    def put_back(self, one: StoredPackage, trouble: Trouble) -> None:
        """The try did not arrive: the package may be sent again, with the same bytes."""
        self._change(
            one,
            {PackageState.SENDING, PackageState.UNKNOWN},
            state=PackageState.PREPARED.value,
            trouble=trouble.value,
        )

    def note(self, one: StoredPackage, trouble: Trouble) -> None:
        """Remember what went wrong without changing the state."""
        self._change(one, set(PackageState), trouble=trouble.value)

    def answer(
        self,
        one: StoredPackage,
        state: PackageState,
        *,
        feedback: Feedback | None = None,
        trouble: Trouble = Trouble.NONE,
        at: datetime,
        by: str = "",
    ) -> None:
        """Store what the receiver, or a person, said of a package that was sent."""
        values: dict[str, Any] = {"state": state.value, "trouble": trouble.value}
        if feedback is not None:
            values["feedback"] = _feedback_to_json(feedback)
        if by:
            values["settled_by"] = by
        self._change(
            one,
            {PackageState.SENDING, PackageState.RECEIVED, PackageState.UNKNOWN},
            answered_at=stored_moment(at),
            **values,
        )

    def is_newest_try(self, one: StoredPackage) -> bool:
        """Whether no other package was tried after it: only then the newest result may be its."""
        mine = select(package.c.turn).where(package.c.id == one.id).scalar_subquery()
        query = select(func.count()).where(package.c.turn > mine)
        return not self._connection.execute(query).scalar()

    def shares_records(self, one: StoredPackage, others: Collection[int]) -> bool:
        """Whether a record of the package stands in one of these other packages, by their ids."""
        theirs, mine = sent_record.alias("theirs"), sent_record.alias("mine")
        query = (
            select(mine.c.key_hash)
            .join(theirs, theirs.c.key_hash == mine.c.key_hash)
            .where(mine.c.package_id == one.id, theirs.c.package_id.in_(others))
            .limit(1)
        )
        return self._connection.execute(query).first() is not None

    def superseded(self, one: StoredPackage) -> int:
        """How many of its records stand in a later package that was not rejected."""
        later, mine = sent_record.alias("later"), sent_record.alias("mine")
        query = (
            select(func.count(mine.c.key_hash.distinct()))
            .join(later, later.c.key_hash == mine.c.key_hash)
            .join(package, package.c.id == later.c.package_id)
            .where(
                mine.c.package_id == one.id,
                later.c.package_id > one.id,
                package.c.state != PackageState.REJECTED.value,
            )
        )
        return int(self._connection.execute(query).scalar() or 0)

    def _is_forgotten(self, one: StoredPackage) -> bool:
        query = select(func.count()).where(forgotten_content.c.package_id == one.id)
        return bool(self._connection.execute(query).scalar())

    def _found(self, condition: Any) -> StoredPackage | None:
        row = self._connection.execute(select(package).where(condition)).first()
        return _stored(row) if row else None

    def _change(
        self, one: StoredPackage, expected: Collection[PackageState], **values: Any
    ) -> None:
        changed = self._connection.execute(
            update(package)
            .where(package.c.id == one.id, package.c.state.in_([s.value for s in expected]))
            .values(**values)
        )
        if changed.rowcount != 1:
            raise _changed_meanwhile(one)


class Forgetting:
    """Bytes that are no longer kept, inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def due(self, *, accepted_before: datetime) -> tuple[StoredPackage, ...]:
        """Packages accepted before that moment whose bytes are still kept, oldest first.

        No step leads out of `ACCEPTED`, so nothing can ask for their bytes again.
        """
        query = (
            select(package)
            .join(package_content, package_content.c.package_id == package.c.id)
            .where(
                package.c.state == PackageState.ACCEPTED.value,
                package.c.answered_at < stored_moment(accepted_before),
            )
            .order_by(package.c.id)
        )
        return tuple(_stored(row) for row in self._connection.execute(query))

    def forget(self, one: StoredPackage, *, at: datetime) -> None:
        """Drop the bytes of an accepted package and note when; its receipt and hashes stay.

        Raises:
            ConflictError: it is not accepted, or was forgotten before.
        """
        # Overwritten, not only unlinked: what a patient is in must not stay in free pages.
        self._connection.exec_driver_sql("PRAGMA secure_delete = ON")
        accepted = select(package.c.id).where(
            package.c.id == one.id, package.c.state == PackageState.ACCEPTED.value
        )
        dropped = self._connection.execute(
            delete(package_content).where(package_content.c.package_id.in_(accepted))
        )
        if dropped.rowcount != 1:
            raise _changed_meanwhile(one)
        self._connection.execute(
            insert(forgotten_content).values(package_id=one.id, forgotten_at=stored_moment(at))
        )


def _changed_meanwhile(one: StoredPackage) -> ConflictError:
    return ConflictError(
        _("Package {name} was changed by another run meanwhile.").format(name=one.name)
    )


def _stored(row: Row[*tuple[Any, ...]]) -> StoredPackage:
    made_at = moment(row.made_at)
    assert made_at is not None
    return StoredPackage(
        id=row.id,
        key=row.key,
        name=row.name,
        sha256=row.sha256,
        size=row.size,
        layout=row.layout,
        records=row.records,
        state=PackageState(row.state),
        made_at=made_at,
        sending_at=moment(row.sending_at),
        answered_at=moment(row.answered_at),
        tries=row.tries,
        before=row.before,
        feedback=_feedback_from_json(row.feedback),
        trouble=Trouble(row.trouble),
        settled_by=row.settled_by,
    )


def _feedback_to_json(feedback: Feedback) -> dict[str, Any]:
    return {**asdict(feedback), "stage": feedback.stage.value}


def _feedback_from_json(data: dict[str, Any] | None) -> Feedback | None:
    if data is None:
        return None
    grades = data["grades"]
    return Feedback(
        **{
            **data,
            "stage": Stage(data["stage"]),
            "grades": tuple(grades) if grades is not None else None,
        }
    )
