"""Signing in before the pages: by name and PIN where there are people, not at all without."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from helpers.keyboard import presser, type_text, visible_words
from helpers.projects import CODER as LOGIN
from helpers.staff import CHECKER, CODER, COORDINATOR, PIN, hire
from icdmapper import bootstrap
from icdmapper.bootstrap import Services
from icdmapper.desktop.main_window import MainWindow
from icdmapper.desktop.memory import Memory
from icdmapper.desktop.pages.people import PeoplePage
from icdmapper.model.people import Role

Open = Callable[[], None]


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    made = MainWindow(Memory())
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    yield made
    made.close()
    qtbot.waitUntil(lambda: not made.tasks.running)


@pytest.fixture
def open_window(qtbot: QtBot, window: MainWindow, services: Services) -> Open:
    def begin() -> None:
        location = services.location
        services.close()
        window.open(lambda _task: (bootstrap.open_project(location), LOGIN))
        qtbot.waitUntil(lambda: window._services is not None)
        idle(qtbot, window)

    return begin


def idle(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not window.tasks.running, timeout=20_000)


def choose(window: MainWindow, name: str) -> None:
    box = window.findChildren(QComboBox)[0]
    box.setCurrentIndex(box.findData(name))


def test_without_people_nothing_is_asked(
    qtbot: QtBot, window: MainWindow, open_window: Open
) -> None:
    open_window()
    qtbot.waitUntil(lambda: window.page() is not None)
    assert window._desk is not None
    assert window._desk.person == LOGIN
    qtbot.keyClick(
        window,
        Qt.Key.Key_L,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    idle(qtbot, window)
    assert window.page() is not None


def test_a_name_a_pin_and_enter_let_a_person_in_with_their_role(
    qtbot: QtBot, window: MainWindow, open_window: Open, services: Services
) -> None:
    hire(services, pins=True)
    open_window()
    assert window.page() is None
    assert "Who is working?" in visible_words(window)
    qtbot.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert window.page() is None
    choose(window, CHECKER.name)
    type_text(qtbot, PIN)
    press = presser(qtbot, window, lambda: idle(qtbot, window))
    press("Return")
    qtbot.waitUntil(lambda: window.page() is not None)
    idle(qtbot, window)
    assert window._desk is not None
    assert window._desk.person == CHECKER
    assert "李核对 · checker" in visible_words(window)
    assert not window.findChildren(QLineEdit)[0].text()


def test_the_arrow_keys_choose_the_name_and_the_title_says_who_is_in(
    qtbot: QtBot, window: MainWindow, open_window: Open, services: Services
) -> None:
    hire(services, pins=True)
    open_window()
    press = presser(qtbot, window, lambda: idle(qtbot, window))
    box = window.findChildren(QComboBox)[0]
    names = [box.itemData(at) for at in range(box.count())]
    type_text(qtbot, "typed for another")
    for _name in range(len(names) + 1):
        press("Down")
    assert box.currentData() == names[-1]
    press("Up")
    press("Up")
    assert box.currentData() == names[-3]
    assert not window.findChildren(QLineEdit)[0].text()
    type_text(qtbot, PIN)
    press("Return")
    qtbot.waitUntil(lambda: window.page() is not None)
    assert names[-3] in window.windowTitle()
    press("Ctrl+Shift+L")
    assert names[-3] not in window.windowTitle()


def test_a_wrong_pin_is_said_in_the_panel_and_forgotten(
    qtbot: QtBot, window: MainWindow, open_window: Open, services: Services
) -> None:
    hire(services, pins=True)
    open_window()
    type_text(qtbot, "wrong-pin")
    presser(qtbot, window, lambda: idle(qtbot, window))("Return")
    assert window.page() is None
    assert "Name or PIN is wrong." in visible_words(window)
    assert not window.findChildren(QLineEdit)[0].text()


def test_signing_out_closes_what_was_open_and_another_person_comes_in(
    qtbot: QtBot, window: MainWindow, open_window: Open, services: Services
) -> None:
    hire(services, pins=True)
    open_window()
    press = presser(qtbot, window, lambda: idle(qtbot, window))
    choose(window, CODER.name)
    type_text(qtbot, PIN)
    press("Return")
    qtbot.waitUntil(lambda: window.page() is not None)
    before = window.page()
    press("Ctrl+Shift+L")
    assert window.page() is None
    assert "陈编码" not in visible_words(window)
    choose(window, COORDINATOR.name)
    type_text(qtbot, PIN)
    press("Return")
    qtbot.waitUntil(lambda: window.page() is not None)
    idle(qtbot, window)
    assert window.page() is not before
    assert window._desk is not None
    assert window._desk.person == COORDINATOR


def test_who_left_is_not_offered(
    qtbot: QtBot, window: MainWindow, open_window: Open, services: Services
) -> None:
    hire(services, pins=True)
    services.people.change(CODER.name, by=COORDINATOR, active=False)
    open_window()
    box = window.findChildren(QComboBox)[0]
    assert box.findData(CODER.name) == -1
    assert box.count() == 3


def test_the_first_person_added_has_to_sign_in(
    qtbot: QtBot, window: MainWindow, open_window: Open
) -> None:
    open_window()
    qtbot.waitUntil(lambda: window.page() is not None)
    window.go_to("people")
    idle(qtbot, window)
    page = window.page()
    assert isinstance(page, PeoplePage)
    assert "Nobody has to sign in yet" in visible_words(page)
    press = presser(qtbot, window, lambda: idle(qtbot, window))
    type_text(qtbot, "周主任")
    press("Return")
    type_text(qtbot, PIN)
    press("Return")
    qtbot.waitUntil(lambda: window.page() is None)
    idle(qtbot, window)
    assert "Who is working?" in visible_words(window)
    assert window._services is not None
    assert [one.role for one in window._services.people.members()] == [Role.COORDINATOR]


def test_a_project_whose_people_have_no_pin_says_so(
    qtbot: QtBot, window: MainWindow, open_window: Open, services: Services
) -> None:
    services.people.add(COORDINATOR.name, Role.COORDINATOR, by=COORDINATOR, account="zhou", pin="")
    open_window()
    assert "Nobody can sign in here with a PIN" in visible_words(window)
    button = next(
        one for one in window.findChildren(QPushButton) if one.text().startswith("Sign in")
    )
    assert not button.isEnabled()
