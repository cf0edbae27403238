"""People of a project, their roles and PINs; a room asks here whether somebody may do something."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from icdmapper.model.errors import NotFoundError, RefusedError
from icdmapper.model.people import Member, Person, Right, Role, may
from icdmapper.storage.tables import person
from icdmapper.storage.values import moment, stored_moment
from icdmapper.texts import _
from icdmapper.texts.words import person_role_word, right_word

# Asked before every act of everybody, so it is put together once.
_ROLE = (
    select(person.c.name, person.c.role, person.c.active)
    .order_by(person.c.name != bindparam("wanted"))
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Secret:
    """What signing in needs of a person: the hash of the PIN and how often it was tried wrongly."""

    member: Member
    pin_hash: str = field(repr=False)
    failed_tries: int


class People:
    """People inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> tuple[Member, ...]:
        """Everybody, by name; those who left too."""
        rows = self._connection.execute(select(person).order_by(person.c.name))
        return tuple(_member(row) for row in rows)

    def secret(self, name: str) -> Secret | None:
        """What signing in needs; None when there is nobody of that name."""
        row = self._connection.execute(select(person).where(person.c.name == name)).first()
        return Secret(_member(row), row.pin_hash, row.failed_tries) if row else None

    def of_account(self) -> Member | None:
        """The active person whose login on the database server this connection uses."""
        if self._connection.dialect.name != "postgresql":
            return None
        # Not current_user: that is the role whose rights are borrowed, this is who came in.
        condition = (person.c.account == func.session_user(), person.c.active)
        row = self._connection.execute(select(person).where(*condition)).first()
        return _member(row) if row else None

    def add(self, member: Member, *, pin_hash: str) -> None:
        """Add somebody.

        Raises:
            RefusedError: the name is taken.
        """
        if self.secret(member.name) is not None:
            raise RefusedError(
                _("There is already a person named {name}.").format(name=member.name)
            )
        self._connection.execute(
            insert(person).values(
                name=member.name,
                role=member.role.value,
                active=member.active,
                account=member.account,
                pin_hash=pin_hash,
                failed_tries=0,
            )
        )

    def change(self, member: Member) -> None:
        """Store another role, account or whether the person is active."""
        self._update(
            member.name, role=member.role.value, active=member.active, account=member.account
        )

    def set_pin(self, name: str, pin_hash: str) -> None:
        """Give a person a new PIN and forget the wrong tries."""
        self._update(name, pin_hash=pin_hash, failed_tries=0, locked_until=None)

    def put_pin_back(self, before: Secret) -> None:
        """Give a person the PIN they had, or none, with the wrong tries and the lock it had."""
        self.set_pin(before.member.name, before.pin_hash)
        self.count_try(
            before.member.name,
            failed_tries=before.failed_tries,
            locked_until=before.member.locked_until,
        )

    def count_try(self, name: str, *, failed_tries: int, locked_until: datetime | None) -> None:
        """Remember how often a PIN was tried wrongly."""
        self._update(name, failed_tries=failed_tries, locked_until=stored_moment(locked_until))

    def role_of(self, by: Person) -> Role | None:
        """The role `by` acts in; None in a project without people, where nobody is asked.

        Raises:
            RefusedError: the project has people and `by` is not, or no longer, one of them.
        """
        row = self._connection.execute(_ROLE, {"wanted": by.name}).first()
        return role_found(by, (row.name, row.role, row.active) if row else None)

    def require(self, by: Person, *rights: Right) -> Role | None:
        """Refuse unless `by` holds at least one of the rights; returns the role as `role_of` does.

        Raises:
            RefusedError: the sentence says which role may not do what.
        """
        role = self.role_of(by)
        check_right(role, *rights)
        return role

    def _update(self, name: str, **values: Any) -> None:
        done = self._connection.execute(
            update(person).where(person.c.name == name).values(**values)
        )
        if not done.rowcount:
            raise NotFoundError(_("There is no person named {name}.").format(name=name))


Found = tuple[str, str, bool]
"""A person as found by name: name, role, whether active; anybody where there is none of it."""


def role_found(by: Person, found: Found | None) -> Role | None:
    """The role `by` acts in, by what was found; None where the project has no people.

    Raises:
        RefusedError: the project has people and `by` is not, or no longer, one of them.
    """
    if found is None:
        return None
    if found != (by.name, by.role.value, True):
        raise RefusedError(
            _("{name} is not signed in as a person of this project.").format(name=by.name)
        )
    return by.role


def check_right(role: Role | None, *rights: Right) -> None:
    """Refuse a role that holds none of the rights.

    Raises:
        RefusedError: the sentence says which role may not do what.
    """
    if role is not None and not any(may(role, right) for right in rights):
        raise RefusedError(
            _("A {role} may not {act}.").format(
                role=person_role_word(role.value), act=right_word(rights[0].value)
            )
        )


def _member(row: Row[*tuple[Any, ...]]) -> Member:
    return Member(
        name=row.name,
        role=Role(row.role),
        active=row.active,
        account=row.account,
        has_pin=bool(row.pin_hash),
        locked_until=moment(row.locked_until),
    )
