"""Signing in by name and PIN, and what a coordinator may change."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from helpers.builders import MOMENT
from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.errors import ConflictError, NotFoundError, RefusedError
from icdmapper.model.events import Act, EventFilter
from icdmapper.model.mapping import Choice, Relation
from icdmapper.model.people import Person, Role
from icdmapper.resolution.audit import AuditService
from icdmapper.resolution.people import LOCKED_FOR, TRIES, PeopleService
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage

Sets = tuple[dict[str, ReferenceCode], dict[str, LocalCode]]
HEAD = Person("协调员丁", Role.COORDINATOR)
PIN = "428571"


class Watch:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.moment = MOMENT

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def people(storage: Storage, watch: Watch) -> PeopleService:
    service = PeopleService(storage, watch)
    service.add(HEAD.name, Role.COORDINATOR, by=HEAD, pin=PIN)
    return service


def test_name_and_pin_open_the_door(people: PeopleService) -> None:
    assert people.sign_in(HEAD.name, PIN) == HEAD


def test_unknown_and_wrong_say_the_same(people: PeopleService) -> None:
    for name, pin in ((HEAD.name, "857142"), ("没有这个人", PIN)):
        with pytest.raises(RefusedError, match=r"Name or PIN is wrong\."):
            people.sign_in(name, pin)


def test_too_many_wrong_pins_lock_for_a_while(people: PeopleService, watch: Watch) -> None:
    for _try in range(TRIES):
        with pytest.raises(RefusedError, match="wrong"):
            people.sign_in(HEAD.name, "857142")
    with pytest.raises(RefusedError, match="locked"):
        people.sign_in(HEAD.name, PIN)
    watch.moment += LOCKED_FOR + timedelta(seconds=1)
    assert people.sign_in(HEAD.name, PIN) == HEAD


@pytest.mark.parametrize("pin", ["12345", "111111", "123456", "987654", "121212"])
def test_simple_pins_are_refused(people: PeopleService, pin: str) -> None:
    with pytest.raises(RefusedError, match="PIN"):
        people.add("编码员甲", Role.CODER, by=HEAD, pin=pin)
    assert [one.name for one in people.members()] == [HEAD.name]


def test_the_pin_itself_is_nowhere_in_the_file(people: PeopleService, file: Path) -> None:
    assert people.members()
    assert PIN.encode() not in file.read_bytes()


def test_the_first_person_is_a_coordinator_who_can_come_back(storage: Storage) -> None:
    service = PeopleService(storage, Watch())
    for role, pin in ((Role.CODER, PIN), (Role.COORDINATOR, "")):
        with pytest.raises(RefusedError, match="coordinator"):
            service.add("某人", role, by=HEAD, pin=pin)


def test_only_a_coordinator_manages_people(people: PeopleService) -> None:
    people.add("编码员甲", Role.CODER, by=HEAD, pin="314159")
    coder = people.sign_in("编码员甲", "314159")
    for act in (
        lambda: people.add("某人", Role.CHECKER, by=coder),
        lambda: people.change(HEAD.name, by=coder, role=Role.CODER),
        lambda: people.set_pin(HEAD.name, "271828", by=coder),
    ):
        with pytest.raises(RefusedError):
            act()
    people.set_pin("编码员甲", "271828", by=coder)
    assert people.sign_in("编码员甲", "271828") == coder


def test_one_coordinator_stays(people: PeopleService) -> None:
    with pytest.raises(RefusedError, match="must stay"):
        people.change(HEAD.name, by=HEAD, active=False)
    with pytest.raises(NotFoundError):
        people.change("没有这个人", by=HEAD, active=False)
    assert people.members()[0].active


def test_who_left_can_do_nothing(
    people: PeopleService, resolution: ResolutionService, sets: Sets
) -> None:
    people.add("编码员甲", Role.CODER, by=HEAD, pin="314159")
    coder = people.sign_in("编码员甲", "314159")
    people.change("编码员甲", by=HEAD, active=False)
    with pytest.raises(RefusedError, match="wrong"):
        people.sign_in("编码员甲", "314159")
    wanted = Choice(sets[1]["脑梗塞"].id, 0, Relation.NO_COUNTERPART, ())
    with pytest.raises(RefusedError, match="not signed in"):
        resolution.decide(wanted, by=coder)


def test_a_borrowed_role_is_refused(
    people: PeopleService, resolution: ResolutionService, sets: Sets
) -> None:
    people.add("信息科戊", Role.IT, by=HEAD, pin="314159")
    wanted = Choice(sets[1]["脑梗塞"].id, 0, Relation.NO_COUNTERPART, (), "无对应")
    for somebody in (Person("信息科戊", Role.CODER), Person("信息科戊", Role.IT)):
        with pytest.raises(RefusedError):
            resolution.decide(wanted, by=somebody)


def signs_in(people: PeopleService, name: str, pin: str) -> bool:
    try:
        people.sign_in(name, pin)
    except RefusedError:
        return False
    return True


@pytest.fixture
def coder(people: PeopleService) -> Person:
    return people.add("编码员甲", Role.CODER, by=HEAD, pin="314159").person


def test_a_new_pin_goes_back_and_comes_again(
    people: PeopleService, coder: Person, storage: Storage
) -> None:
    new = people.set_pin(coder.name, "271828", by=HEAD)
    for _time in range(2):
        people.take_pin_back(new, by=HEAD)
        assert signs_in(people, coder.name, "314159")
        assert not signs_in(people, coder.name, "271828")
        new = people.set_pin_again(new, by=HEAD)
        assert signs_in(people, coder.name, "271828")
        assert not signs_in(people, coder.name, "314159")
    people.take_pin_back(new, by=HEAD)
    told = AuditService(storage).found(EventFilter(act=Act.PERSON_CHANGED, by=HEAD.name))
    signs = [one.detail for one in reversed(told)][2:]
    assert signs == [f"{sign} 编码员甲" for sign in "*~*~*~"]
    assert AuditService(storage).undone() == {one.batch for one in told if one.detail[0] == "*"}
    assert AuditService(storage).verify().sound


def test_neither_pin_nor_hash_is_told_anywhere(
    people: PeopleService, coder: Person, storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    with storage.reading() as work:
        before = work.people.secret(coder.name)
    assert before is not None
    with caplog.at_level("DEBUG"):
        new = people.set_pin(coder.name, "271828", by=HEAD)
        people.take_pin_back(new, by=HEAD)
        new = people.set_pin_again(new, by=HEAD)
        people.set_pin(coder.name, "161803", by=coder)
        with pytest.raises(ConflictError) as told:
            people.take_pin_back(new, by=HEAD)
    events = AuditService(storage).found(EventFilter())
    said = "".join((repr(new), str(told.value), caplog.text, *map(repr, (before, *events))))
    secrets = ("271828", "314159", "161803", "argon2", before.pin_hash, new.now)
    assert [one for one in secrets if one in said] == []
    assert new.now.startswith("$argon2")


def test_a_pin_that_was_set_again_since_stays(people: PeopleService, coder: Person) -> None:
    new = people.set_pin(coder.name, "271828", by=HEAD)
    people.set_pin(coder.name, "161803", by=coder)
    with pytest.raises(ConflictError, match="Another PIN was set for 编码员甲 since"):
        people.take_pin_back(new, by=HEAD)
    assert signs_in(people, coder.name, "161803")
    last = people.set_pin(coder.name, "141421", by=HEAD)
    people.take_pin_back(last, by=HEAD)
    with pytest.raises(ConflictError):  # It came again, but not as it was left.
        people.set_pin_again(new, by=HEAD)
    assert signs_in(people, coder.name, "161803")


def test_a_pin_goes_back_by_who_may_set_it(people: PeopleService, coder: Person) -> None:
    own = people.set_pin(coder.name, "271828", by=coder)
    people.take_pin_back(own, by=coder)
    assert signs_in(people, coder.name, "314159")
    head = people.set_pin(HEAD.name, "161803", by=HEAD)
    with pytest.raises(RefusedError, match="may not"):
        people.take_pin_back(head, by=coder)
    people.change(coder.name, by=HEAD, active=False)
    with pytest.raises(RefusedError, match="not signed in"):
        people.set_pin_again(own, by=coder)


def test_a_lock_comes_back_with_the_pin_it_was_on(
    people: PeopleService, coder: Person, watch: Watch
) -> None:
    for _try in range(TRIES):
        assert not signs_in(people, coder.name, "857142")
    new = people.set_pin(coder.name, "271828", by=HEAD)
    assert signs_in(people, coder.name, "271828")
    people.take_pin_back(new, by=HEAD)
    with pytest.raises(RefusedError, match="locked"):
        people.sign_in(coder.name, "314159")
    watch.moment += LOCKED_FOR + timedelta(seconds=1)
    assert signs_in(people, coder.name, "314159")


def test_the_only_way_in_of_the_last_coordinator_stays(storage: Storage, watch: Watch) -> None:
    people = PeopleService(storage, watch)
    people.add(HEAD.name, Role.COORDINATOR, by=HEAD, account="head")
    new = people.set_pin(HEAD.name, PIN, by=HEAD)
    people.change(HEAD.name, by=HEAD, account="")
    with pytest.raises(RefusedError, match="must stay"):
        people.take_pin_back(new, by=HEAD)
    assert signs_in(people, HEAD.name, PIN)


def test_the_key_of_undo_goes_past_a_pin_that_was_taken_back(
    people: PeopleService, coder: Person, resolution: ResolutionService
) -> None:
    new = people.set_pin(coder.name, "271828", by=HEAD)
    asked = resolution.undo(by=HEAD, told_of=0)
    assert asked.stays is not None
    assert asked.stays.text == "* 编码员甲"
    people.take_pin_back(new, by=HEAD)
    assert resolution.undo(by=HEAD, told_of=0).text == "+ 编码员甲 coder"
