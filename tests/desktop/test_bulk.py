"""Bulk acceptance on the workbench: what it would take, why it leaves others out, one undo."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from helpers.keyboard import as_in_the_window
from icdmapper.bootstrap import Services
from icdmapper.desktop.pages.bulk import BulkPanel
from icdmapper.desktop.pages.workbench import WorkbenchPage
from icdmapper.model.codes import CodeSystem
from icdmapper.model.mapping import State
from icdmapper.resolution.worklist import WorkFilter

Settle = Callable[[], None]
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def page(workbench: WorkbenchPage) -> WorkbenchPage:
    as_in_the_window(workbench)
    return workbench


@pytest.fixture
def panel(qtbot: QtBot, page: WorkbenchPage, settle: Settle) -> BulkPanel:
    """The panel, opened from the worklist by its key."""
    qtbot.keyClicks(page.worklist_table, "b")
    settle()
    (made,) = page.findChildren(BulkPanel)
    assert made.isVisible()
    return made


def press(panel: BulkPanel, word: str) -> None:
    next(one for one in panel.findChildren(QPushButton) if one.text() == word).click()


def decided(services: Services) -> set[int]:
    rows = services.resolution.worklist()
    return {row.local.id for row in rows if row.mapping.state is State.DECIDED}


def test_the_preview_adds_up_to_the_filtered_rows(page: WorkbenchPage, panel: BulkPanel) -> None:
    out = panel.plan.left_out
    assert panel.plan.accepted
    assert len(panel.plan.accepted) + sum(map(len, out.values())) == len(page.session.visible)
    assert all(row.safe for row in panel.plan.accepted)


def test_one_act_takes_what_was_previewed_and_one_undo_takes_it_back(
    qtbot: QtBot, page: WorkbenchPage, panel: BulkPanel, services: Services, settle: Settle
) -> None:
    wanted = {row.local.id for row in panel.plan.accepted}
    focus = QApplication.focusWidget()
    assert focus is not None
    qtbot.keyClick(focus, Qt.Key.Key_Return, CONTROL)
    settle()
    assert decided(services) == wanted
    assert len(page.session.visible) == page.session.total - len(wanted)
    assert not panel.isVisible()
    qtbot.keyClicks(page.worklist_table, "u")
    settle()
    assert decided(services) == set()
    assert len(page.session.visible) == page.session.total


def test_conditions_change_the_preview_at_once(page: WorkbenchPage, panel: BulkPanel) -> None:
    before = len(panel.plan.accepted)
    press(panel, "diagnosis")
    assert {row.local.kind.value for row in panel.plan.accepted} <= {"procedure"}
    assert len(panel.plan.accepted) < before
    press(panel, "diagnosis")
    press(panel, "safe candidates only")
    assert len(panel.plan.accepted) >= before
    press(panel, "equivalent only")
    assert {row.best.relation.value for row in panel.plan.accepted if row.best} == {"equivalent"}


def test_the_filter_decides_which_rows_are_looked_at(
    page: WorkbenchPage, panel: BulkPanel, settle: Settle
) -> None:
    page.show_filtered(WorkFilter(system=CodeSystem.RC022))
    settle()
    rows = [*panel.plan.accepted, *(row for out in panel.plan.left_out.values() for row in out)]
    assert {row.local.kind.system for row in rows} == {CodeSystem.RC022}
    assert len(rows) == len(page.session.visible) == 2


def test_escape_goes_back_and_enter_on_the_list_accepts_nothing(
    qtbot: QtBot, page: WorkbenchPage, panel: BulkPanel, services: Services, settle: Settle
) -> None:
    qtbot.keyClick(page.worklist_table, Qt.Key.Key_Return)
    settle()
    assert not panel.isVisible()
    assert decided(services) == set()
    qtbot.keyClicks(page.worklist_table, "b")
    settle()
    focus = QApplication.focusWidget()
    assert focus is not None
    qtbot.keyClick(focus, Qt.Key.Key_Escape)
    assert not panel.isVisible()
    assert QApplication.focusWidget() is page.worklist_table


def test_the_keys_of_one_row_do_nothing_to_the_row_behind_the_panel(
    qtbot: QtBot, page: WorkbenchPage, panel: BulkPanel, services: Services, said: list[str]
) -> None:
    row, before = page._row, page.session.pending_choice(None, "")
    for key in "fcoendrRtsw/m2":
        qtbot.keyClicks(page.worklist_table, key)
        assert said[-1].startswith("hint: Esc goes back to the row first"), key
        assert panel.isVisible()
    assert decided(services) == set()
    qtbot.keyClick(page.worklist_table, Qt.Key.Key_Escape)
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert row.pending_choice() == before
