"""People: the coordinator adds, changes and lets go, by keyboard."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication, QComboBox
from pytestqt.qtbot import QtBot

from helpers.keyboard import Press, presser, type_text, visible_words
from helpers.staff import CODER, COORDINATOR, PIN, hire
from icdmapper.bootstrap import Services
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.people import PeoplePage
from icdmapper.model.errors import RefusedError
from icdmapper.model.people import Member, Person, Role

Settle = Callable[[], None]
Show = Callable[[Person], tuple[PeoplePage, Press]]


@pytest.fixture
def show(qtbot: QtBot, desk: Desk, services: Services, settle: Settle) -> Show:
    """The page as one person sees it, with everybody hired."""

    def begin(person: Person) -> tuple[PeoplePage, Press]:
        hire(services, pins=person is CODER)
        page = PeoplePage(replace(desk, person=person))
        qtbot.addWidget(page)
        page.resize(1200, 760)
        with qtbot.waitActive(page):
            page.show()
            page.activateWindow()
        page.activate()
        settle()
        return page, presser(qtbot, page, settle)

    return begin


def member(services: Services, name: str) -> Member:
    return next(one for one in services.people.members() if one.name == name)


def go_to(press: Press, page: PeoplePage, name: str) -> None:
    at = [one.name for one in page._model.rows].index(name)
    while page._table.currentIndex().row() < at:
        press("Down")


def test_a_adds_a_person_who_can_sign_in(
    qtbot: QtBot, show: Show, services: Services, said: list[str]
) -> None:
    _page, press = show(COORDINATOR)
    press("A")
    type_text(qtbot, "孙编码")
    press("Return")
    type_text(qtbot, "mallard9")
    press("Return")
    assert said == ["done: 孙编码 was added."]
    assert services.people.sign_in("孙编码", "mallard9") == Person("孙编码", Role.CODER)


def test_a_simple_pin_is_refused_and_what_was_typed_stays(
    qtbot: QtBot, show: Show, services: Services, said: list[str]
) -> None:
    _page, press = show(COORDINATOR)
    press("A")
    type_text(qtbot, "孙编码")
    press("Return")
    type_text(qtbot, "123456")
    press("Return")
    assert len(said) == 1
    assert "no simple series" in said[0]
    assert "孙编码" not in [one.name for one in services.people.members()]


def test_enter_changes_a_role(show: Show, services: Services, said: list[str]) -> None:
    page, press = show(COORDINATOR)
    go_to(press, page, CODER.name)
    press("Return")
    box = QApplication.focusWidget()
    assert isinstance(box, QComboBox)
    press("Down Return")
    assert member(services, CODER.name).role is Role.CHECKER
    assert said[-1] == "done: 陈编码 was changed."


def test_l_lets_go_and_takes_back(show: Show, services: Services) -> None:
    page, press = show(COORDINATOR)
    go_to(press, page, CODER.name)
    press("L")
    assert not member(services, CODER.name).active
    press("L")
    assert member(services, CODER.name).active


def test_the_last_coordinator_stays(show: Show, services: Services, said: list[str]) -> None:
    page, press = show(COORDINATOR)
    go_to(press, page, COORDINATOR.name)
    press("L")
    assert member(services, COORDINATOR.name).active
    assert "At least one active coordinator must stay." in said[-1]


def test_others_only_set_their_own_pin(
    qtbot: QtBot, show: Show, services: Services, said: list[str]
) -> None:
    page, press = show(CODER)
    assert "Add a person" not in visible_words(page)
    go_to(press, page, CODER.name)
    press("L")
    assert member(services, CODER.name).active
    press("P")
    type_text(qtbot, "mallard9")
    press("Return")
    assert services.people.sign_in(CODER.name, "mallard9") == CODER
    with pytest.raises(Exception, match="wrong"):
        services.people.sign_in(CODER.name, PIN)


def signs_in(services: Services, pin: str) -> bool:
    try:
        return services.people.sign_in(CODER.name, pin) == CODER
    except RefusedError:
        return False


def set_pin(qtbot: QtBot, press: Press, pin: str) -> None:
    press("P")
    type_text(qtbot, pin)
    press("Return")


def test_a_new_pin_goes_back_and_comes_again_until_the_window_is_closed(
    qtbot: QtBot, show: Show, services: Services, said: list[str]
) -> None:
    page, press = show(COORDINATOR)
    go_to(press, page, CODER.name)
    before = member(services, CODER.name)
    assert not before.has_pin
    set_pin(qtbot, press, "mallard9")
    set_pin(qtbot, press, "plover42")
    for key, pin, word in (
        ("Ctrl+Z", "mallard9", "Taken back"),
        ("Ctrl+Z", "", "Taken back"),
        ("Ctrl+Y", "mallard9", "Done again"),
        ("Ctrl+Y", "plover42", "Done again"),
        ("Ctrl+Z", "mallard9", "Taken back"),
        ("Ctrl+Z", "", "Taken back"),
    ):
        press(key)
        assert said[-1] == f"done: {word}: the new PIN of {CODER.name}"
        tried = [one for one in ("mallard9", "plover42") if signs_in(services, one)]
        assert tried == ([pin] if pin else [])
        # The table says how they sign in now.
        shown = next(one for one in page._model.rows if one.name == CODER.name)
        assert shown.has_pin is bool(pin)
    # The keys stand after each other: what was done before, hiring the last of all, comes next.
    press("Ctrl+Z")
    assert said[-1].startswith("done: Taken back: person changed + ")


def test_a_pin_set_again_since_stays_and_is_gone_past(
    qtbot: QtBot, show: Show, services: Services, said: list[str]
) -> None:
    page, press = show(COORDINATOR)
    go_to(press, page, CODER.name)
    set_pin(qtbot, press, "mallard9")
    services.people.set_pin(CODER.name, "plover42", by=CODER)
    press("Ctrl+Z")
    assert said[-1] == f"hint: Another PIN was set for {CODER.name} since; it stays."
    assert signs_in(services, "plover42")
    press("Ctrl+Z")
    assert said[-1].startswith("hint: A new PIN goes back only in the window that set it")
    press("Ctrl+Z")
    assert said[-1].startswith("done: Taken back: person changed + ")
    assert signs_in(services, "plover42")
    press("Ctrl+Y Ctrl+Y")
    assert not signs_in(services, "mallard9")


def test_ones_own_pin_goes_back_too(
    qtbot: QtBot, show: Show, services: Services, said: list[str]
) -> None:
    page, press = show(CODER)
    go_to(press, page, CODER.name)
    set_pin(qtbot, press, "mallard9")
    press("Ctrl+Z")
    assert said[-1] == f"done: Taken back: the new PIN of {CODER.name}"
    assert signs_in(services, PIN)
