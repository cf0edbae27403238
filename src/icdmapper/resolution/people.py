"""The people of a project: who they are, their roles, and signing in with a PIN."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from icdmapper.model.errors import ConflictError, NotFoundError, RefusedError
from icdmapper.model.events import Act, NewEvent, told
from icdmapper.model.people import Member, Person, Right, Role
from icdmapper.resolution.recording import new_batch
from icdmapper.storage.people import Secret
from icdmapper.storage.unit_of_work import Storage, UnitOfWork
from icdmapper.texts import _
from icdmapper.texts.words import person_role_word

if TYPE_CHECKING:
    from argon2 import PasswordHasher

logger = logging.getLogger(__name__)

SHORTEST_PIN = 6
TRIES = 5
LOCKED_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class NewPin:
    """A PIN that was set, to be taken back: closed, for whoever keeps it must not read it.

    There are only hashes in it, and they are shown nowhere; it is never written down.
    """

    before: Secret = field(repr=False)
    now: str = field(repr=False)
    batch: str

    @property
    def name(self) -> str:
        """Whose PIN it is."""
        return self.before.member.name


class PeopleService:
    """Adds people, changes them, signs them in. The first one is a coordinator, made on purpose."""

    def __init__(self, storage: Storage, now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._now = now

    def members(self) -> tuple[Member, ...]:
        """Everybody of the project, by name; empty means that nobody has to sign in."""
        with self._storage.reading() as work:
            return work.people.all()

    def of_account(self) -> Member | None:
        """The person whose login on the PostgreSQL server is in use; None in a file."""
        with self._storage.reading() as work:
            return work.people.of_account()

    def sign_in(self, name: str, pin: str) -> Person:
        """The person with this name and PIN.

        Raises:
            RefusedError: unknown, wrong or locked; the same sentence for unknown and wrong.
        """
        with self._storage.reading() as work:
            secret = work.people.secret(name)
        if secret is None or not secret.member.active or not secret.pin_hash:
            # An unknown name takes as long as a wrong PIN, so that neither tells of the other.
            _matches(_nobody(), pin)
            raise RefusedError(_("Name or PIN is wrong."))
        self._refuse_locked(secret.member)
        right = _matches(secret.pin_hash, pin)
        with self._storage.writing() as work:
            # Counted on what is stored now: two windows guessing at once count both.
            now_stored = work.people.secret(name)
            assert now_stored is not None
            self._refuse_locked(now_stored.member)
            if right:
                if now_stored.failed_tries:
                    work.people.count_try(name, failed_tries=0, locked_until=None)
                    work.commit()
                return secret.member.person
            tries = now_stored.failed_tries + 1
            until = self._now() + LOCKED_FOR if tries >= TRIES else None
            work.people.count_try(name, failed_tries=0 if until else tries, locked_until=until)
            work.commit()
        logger.warning("a sign-in failed; try %d of %d", tries, TRIES)
        raise RefusedError(_("Name or PIN is wrong."))

    def add(self, name: str, role: Role, *, by: Person, pin: str = "", account: str = "") -> Member:
        """Add a person; the first of a project must be its coordinator, with a way to sign in.

        Raises:
            RefusedError: not a coordinator's act, the name is taken or empty, the PIN too simple,
                or the first person is not a coordinator who can sign in.
        """
        member = Member(name.strip(), role, account=account.strip(), has_pin=bool(pin))
        if not member.name:
            raise RefusedError(_("A person needs a name."))
        hashed = _hashed(pin) if pin else ""
        with self._storage.writing() as work:
            first = not work.people.all()
            if first and (role is not Role.COORDINATOR or not (pin or account)):
                raise RefusedError(
                    _("The first person is a coordinator with a PIN or an account of their own.")
                )
            work.people.require(by, Right.MANAGE_PEOPLE)
            work.people.add(member, pin_hash=hashed)
            said = f"+ {member.name} {role.value} {member.account}".strip()
            now = person_values(member)
            was = person_values(replace(member, active=False))
            self._note(work, by, told(said, name=member.name, was=was, now=now, added=True))
            work.commit()
        return member

    def change(
        self,
        name: str,
        *,
        by: Person,
        role: Role | None = None,
        active: bool | None = None,
        account: str | None = None,
    ) -> Member:
        """Give a person another role or account, or let them go; at least one coordinator stays.

        Raises:
            NotFoundError: there is nobody of that name.
            RefusedError: not a coordinator's act, or no active coordinator would be left.
        """
        with self._storage.writing() as work:
            work.people.require(by, Right.MANAGE_PEOPLE)
            secret = work.people.secret(name)
            if secret is None:
                raise NotFoundError(_("There is no person named {name}.").format(name=name))
            before = secret.member
            after = replace(
                before,
                role=role or before.role,
                active=before.active if active is None else active,
                account=before.account if account is None else account.strip(),
            )
            if after == before:
                return before
            work.people.change(after)
            refuse_without_coordinator(work)
            state = "active" if after.active else "inactive"
            said = f"= {name} {after.role.value} {state} {after.account}".strip()
            was, now = person_values(before), person_values(after)
            self._note(work, by, told(said, name=name, was=was, now=now))
            work.commit()
        return after

    def set_pin(self, name: str, pin: str, *, by: Person) -> NewPin:
        """Set somebody's PIN, which also unlocks them: one's own, or anybody's as coordinator.

        What comes back is for `take_pin_back` and says nothing of either PIN.

        Raises:
            NotFoundError: there is nobody of that name.
            RefusedError: somebody else's PIN without being coordinator, or the PIN is too simple.
        """
        hashed = _hashed(pin)
        with self._storage.writing() as work:
            before = _secret_to_set(work, name, by)
            work.people.set_pin(name, hashed)
            batch = self._note(work, by, f"* {name}")
            work.commit()
        return NewPin(before, hashed, batch)

    def take_pin_back(self, new: NewPin, *, by: Person) -> None:
        """The PIN before it is in force again, with its wrong tries and its lock; or none is.

        Raises:
            ConflictError: another PIN was set since.
            RefusedError: as `set_pin`, or no active coordinator would be left who can sign in.
        """
        with self._storage.writing() as work:
            now = _secret_to_set(work, new.name, by)
            _refuse_another_pin(now, new.now)
            work.people.put_pin_back(new.before)
            refuse_without_coordinator(work)
            self._note(work, by, f"~ {new.name}", undoes=new.batch)
            work.commit()

    def set_pin_again(self, new: NewPin, *, by: Person) -> NewPin:
        """Put a PIN in force again that was taken back; errors as `take_pin_back`."""
        with self._storage.writing() as work:
            before = _secret_to_set(work, new.name, by)
            _refuse_another_pin(before, new.before.pin_hash)
            work.people.set_pin(new.name, new.now)
            batch = self._note(work, by, f"* {new.name}")
            work.commit()
        return NewPin(before, new.now, batch)

    def _refuse_locked(self, member: Member) -> None:
        if member.locked_until is not None and member.locked_until > self._now():
            raise RefusedError(
                _("{name} is locked until {time} after {count} wrong PINs.").format(
                    name=member.name,
                    time=f"{member.locked_until.astimezone():%H:%M}",
                    count=TRIES,
                )
            )

    def _note(self, work: UnitOfWork, by: Person, what: str, *, undoes: str = "") -> str:
        """Tell it in the log; returns the name of the gesture."""
        act, batch = Act.PERSON_CHANGED, new_batch()
        work.events.add([NewEvent(act, by.name, self._now(), batch, undoes=undoes, detail=what)])
        return batch


def _secret_to_set(work: UnitOfWork, name: str, by: Person) -> Secret:
    """What somebody signs in with, for who may set it: they themselves, and a coordinator."""
    if name == by.name:
        work.people.role_of(by)
    else:
        work.people.require(by, Right.MANAGE_PEOPLE)
    secret = work.people.secret(name)
    if secret is None:
        raise NotFoundError(_("There is no person named {name}.").format(name=name))
    return secret


def _refuse_another_pin(now: Secret, left_behind: str) -> None:
    if now.pin_hash != left_behind:
        raise ConflictError(
            _("Another PIN was set for {name} since; it stays.").format(name=now.member.name)
        )


def person_values(member: Member) -> list[Any]:
    """What of a person can be changed, as the log holds it."""
    return [member.role.value, member.active, member.account]


def refuse_without_coordinator(work: UnitOfWork) -> None:
    """Refuse what leaves the project without anybody who may manage its people.

    Raises:
        RefusedError: no active coordinator is left who can sign in.
    """
    able = [one for one in work.people.all() if one.active and one.role is Role.COORDINATOR]
    if not any(one.has_pin or one.account for one in able):
        raise RefusedError(
            _("At least one active {role} must stay.").format(
                role=person_role_word(Role.COORDINATOR.value)
            )
        )


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # noqa: PLC0415 - only signing in needs it

    return PasswordHasher()


@cache
def _nobody() -> str:
    return _hasher().hash("nobody")


def _hashed(pin: str) -> str:
    if len(pin) < SHORTEST_PIN or len(set(pin)) < 3 or pin in _IN_A_ROW:
        raise RefusedError(
            _("A PIN has at least {count} characters, and is no simple series.").format(
                count=SHORTEST_PIN
            )
        )
    return _hasher().hash(pin)


_DIGITS = "01234567890"
_IN_A_ROW = frozenset(
    series[start : start + length]
    for series in (_DIGITS, _DIGITS[::-1])
    for length in range(SHORTEST_PIN, len(_DIGITS) + 1)
    for start in range(len(_DIGITS) - length + 1)
)


def _matches(hashed: str, pin: str) -> bool:
    from argon2.exceptions import VerificationError  # noqa: PLC0415 - as above

    try:
        return _hasher().verify(hashed, pin)
    except VerificationError:
        return False
