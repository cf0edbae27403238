"""Handing out work by keyboard: a batch counted, given, taken back, handed over."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from helpers.keyboard import Press, presser, type_text, visible_words
from helpers.staff import CHECKER, CODER, COORDINATOR, hire
from icdmapper.bootstrap import Services
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.people import PeoplePage
from icdmapper.model.people import Person

Settle = Callable[[], None]
Show = Callable[[Person], tuple[PeoplePage, Press]]


@pytest.fixture
def show(qtbot: QtBot, services: Services, desk: Desk, settle: Settle) -> Show:
    """The page of people with who has what in front."""
    hire(services)

    def begin(person: Person) -> tuple[PeoplePage, Press]:
        page = PeoplePage(replace(desk, person=person))
        qtbot.addWidget(page)
        page.resize(1280, 800)
        with qtbot.waitActive(page):
            page.show()
            page.activateWindow()
        settle()
        page.activate()
        press = presser(qtbot, page, settle)
        press("W")
        return page, press

    return begin


def given(services: Services) -> dict[str, int]:
    return {one.person: one.given for one in services.assigning.shares()}


def choose(page: PeoplePage, press: Press, person: Person) -> None:
    """Put a person in focus; who that is gets the rows."""
    names = [one.person for one in page._assigning._model.rows]
    press(" ".join(["Home", *["Down"] * names.index(person.name)]))


def count(qtbot: QtBot, page: PeoplePage, settle: Settle, text: str) -> None:
    """Type the beginning of the codes, and wait until the rows are counted."""
    type_text(qtbot, text)
    qtbot.waitUntil(lambda: not page._assigning._form._timer.isActive())
    settle()


def test_a_batch_is_counted_and_given_to_the_person_in_focus(
    qtbot: QtBot, show: Show, services: Services, settle: Settle, said: list[str]
) -> None:
    page, press = show(COORDINATOR)
    choose(page, press, CODER)
    press("G")
    count(qtbot, page, settle, "k3")
    assert "2 rows, 18.6 % of yearly discharges: K35.851 急性化脓性阑尾炎" in visible_words(page)
    press("Ctrl+Return")
    assert given(services) == {CODER.name: 2}
    assert said[-1] == f"done: {CODER.name} has 2 rows more."
    assert "2 unfinished rows of 陈编码" in visible_words(page)


def test_unfinished_rows_are_handed_over_and_taken_back(
    qtbot: QtBot, show: Show, services: Services, settle: Settle, said: list[str]
) -> None:
    rows = [row.local.id for row in services.resolution.worklist()]
    page, press = show(COORDINATOR)
    services.assigning.assign(rows[:3], to=CODER.name, by=COORDINATOR)
    page.refresh()
    page._assigning.refresh()
    settle()
    choose(page, press, CODER)
    press("O")
    box = page._assigning._over._to
    assert QApplication.focusWidget() is box
    box.setCurrentIndex(box.findData(CHECKER.name))
    page._assigning._over._button.click()
    settle()
    assert given(services) == {CHECKER.name: 3}
    page._assigning._form._also.setChecked(True)
    qtbot.waitUntil(page._assigning._form._take.isEnabled)
    page._assigning._form._take.click()
    settle()
    assert given(services) == {}
    assert said[-1] == "done: 3 rows were taken back; nobody has them now."


def test_who_does_not_assign_sees_the_progress_only(
    show: Show, services: Services, settle: Settle
) -> None:
    page, press = show(CODER)
    assert not page._assigning._side.isVisible()
    press("G Ctrl+Return")
    assert given(services) == {}
    press("Escape")
    assert "People and roles" in visible_words(page)


def test_nothing_is_given_before_it_is_counted(
    qtbot: QtBot, show: Show, services: Services
) -> None:
    page, press = show(COORDINATOR)
    press("G")
    type_text(qtbot, "k3")
    page._assigning._form.give()
    assert given(services) == {}


def test_the_model_behaves(show: Show, qtmodeltester: ModelTester) -> None:
    page, _press = show(COORDINATOR)
    qtmodeltester.check(page._assigning._table.model())
