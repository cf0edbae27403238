"""Passing an answer on from the workbench: shown first, one group, one undo, revoked row by row."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from helpers.projects import CODER, DIAGNOSES, code_list, empty_project, store
from icdmapper import bootstrap
from icdmapper.bootstrap import Services
from icdmapper.desktop.pages.passing import PassingPanel
from icdmapper.desktop.pages.workbench import WorkbenchPage
from icdmapper.model.codes import Side
from icdmapper.model.mapping import State
from icdmapper.settings import Settings

Settle = Callable[[], None]
Press = Callable[..., None]
SOURCE, LIKE = "急性化脓性阑尾炎", ("急性化脓性阑尾炎症", "急性化脓性阑尾炎 NOS")


@pytest.fixture(scope="module")
def alike_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which three local names are alike."""
    folder = tmp_path_factory.mktemp("alike")
    made = empty_project(folder)
    store(made, code_list(folder / "诊断.csv", DIAGNOSES), Side.REFERENCE, name="诊断")
    names = (SOURCE, *LIKE, "脑梗死")
    codes = [(f"K35.85{at}", name) for at, name in enumerate(names)]
    store(made, code_list(folder / "院内.csv", codes), Side.LOCAL, name="院内编码")
    made.matching.propose_all()
    made.close()
    return Path(made.location)


@pytest.fixture
def services(alike_file: Path, tmp_path: Path) -> Iterator[Services]:
    file = Path(shutil.copy(alike_file, tmp_path))
    opened = bootstrap.open_project(file, Settings(person=CODER.name))
    yield opened
    opened.close()


@pytest.fixture
def page(workbench: WorkbenchPage, settle: Settle) -> WorkbenchPage:
    source = next(row for row in workbench.session.visible if row.local.name == SOURCE)
    workbench.show_row(source.local.id)
    settle()
    return workbench


@pytest.fixture
def press(qtbot: QtBot, page: WorkbenchPage, settle: Settle) -> Press:
    def type_key(key: Qt.Key) -> None:
        qtbot.keyClick(QApplication.focusWidget() or page, key)
        settle()

    return type_key


@pytest.fixture
def panel(page: WorkbenchPage, press: Press) -> PassingPanel:
    """The row is decided, one comes back to it, and P opens the panel."""
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Backspace, Qt.Key.Key_P):
        press(key)
    (made,) = page.findChildren(PassingPanel)
    assert made.isVisible()
    return made


def decided(services: Services) -> set[str]:
    rows = services.resolution.worklist()
    return {row.local.name for row in rows if row.mapping.state is State.DECIDED}


def words(panel: PassingPanel) -> str:
    return "\n".join(one.text() for one in panel.findChildren(QLabel) if one.isVisible())


def test_nothing_is_passed_on_before_enter_and_one_undo_takes_all_back(
    panel: PassingPanel, services: Services, press: Press
) -> None:
    assert {one.row.local.name for one in panel.session.takers} == set(LIKE)
    assert "2 would take it" in words(panel)
    assert decided(services) == {SOURCE}
    press(Qt.Key.Key_Return)
    assert not panel.isVisible()
    assert decided(services) == {SOURCE, *LIKE}
    press(Qt.Key.Key_U)
    assert decided(services) == {SOURCE}


def test_an_unchecked_row_stays_open(panel: PassingPanel, services: Services, press: Press) -> None:
    first, second = (one.row.local.name for one in panel.session.takers)
    press(Qt.Key.Key_Space)
    press(Qt.Key.Key_Return)
    assert decided(services) == {SOURCE, second}
    press(Qt.Key.Key_P)
    assert [one.row.local.name for one in panel.session.takers] == [first]


def test_with_nothing_checked_enter_passes_nothing_on(
    panel: PassingPanel, services: Services, press: Press
) -> None:
    press(Qt.Key.Key_A)
    press(Qt.Key.Key_Return)
    assert panel.isVisible()
    assert decided(services) == {SOURCE}


def test_each_row_is_revoked_on_its_own_and_the_answer_stays(
    panel: PassingPanel, services: Services, press: Press
) -> None:
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_P)
    hanging = [one.name for one in panel.session.others if one.standing]
    assert set(hanging) == set(LIKE)
    press(Qt.Key.Key_R)
    assert decided(services) == {SOURCE, hanging[1]}
    assert panel.isVisible()
    reasons = {one.name: one.reason for one in panel.session.others}
    assert reasons[hanging[0]] == "refused_before"


def test_a_row_changed_meanwhile_is_refused_and_shown_anew(
    panel: PassingPanel, services: Services, press: Press, said: list[str]
) -> None:
    row = panel.session.takers[0].row
    services.retiring.retire({row.local.id: row.mapping.version}, reason="停用", by=CODER)
    press(Qt.Key.Key_Return)
    assert decided(services) == {SOURCE}
    assert said[-1].startswith("problem: Somebody changed this mapping")
    assert len(panel.session.takers) == 1


def test_an_open_row_says_what_to_do_first(page: WorkbenchPage, press: Press) -> None:
    press(Qt.Key.Key_P)
    (panel,) = page.findChildren(PassingPanel)
    assert "Decide the row with Enter" in words(panel)
    press(Qt.Key.Key_Escape)
    assert not panel.isVisible()
    assert QApplication.focusWidget() is page.worklist_table
