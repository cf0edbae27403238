"""Signing in by name and PIN, and what a coordinator may change."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from helpers.builders import MOMENT
from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.errors import NotFoundError, RefusedError
from icdmapper.model.mapping import Choice, Relation
from icdmapper.model.people import Person, Role
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
