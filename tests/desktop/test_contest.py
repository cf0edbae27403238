"""D and Shift+R on the workbench ask for a reason; both acts are taken back like any other."""

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from helpers.keyboard import presser, type_text
from icdmapper.bootstrap import Services
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.workbench import WorkbenchPage
from icdmapper.model.events import Act
from icdmapper.model.mapping import State


@pytest.fixture
def page(workbench: WorkbenchPage) -> WorkbenchPage:
    return workbench


def test_a_row_for_which_only_a_heading_fits_can_be_disputed(
    qtbot: QtBot, page: WorkbenchPage, services: Services, settle: Callable[[], None]
) -> None:
    press = presser(qtbot, page, settle)
    heading = next(at for at, one in enumerate(page.session.candidates) if one.heading)
    press(f"{heading + 1} F D")
    type_text(qtbot, "nothing but the heading")
    press("Return")
    (dispute,) = services.disputes.open_disputes()
    assert dispute.options == ()


def test_d_opens_a_dispute_of_the_row_in_focus_and_u_takes_it_back(
    qtbot: QtBot,
    desk: Desk,
    page: WorkbenchPage,
    services: Services,
    settle: Callable[[], None],
) -> None:
    press = presser(qtbot, page, settle)
    row = page.session.current
    assert row is not None
    press("D Return")
    assert services.disputes.open_disputes() == ()
    type_text(qtbot, "which of the two")
    press("Return")
    (dispute,) = services.disputes.open_disputes()
    assert dispute.local.id == row.local.id
    assert [one.by for one in dispute.options] == [(desk.person.name,)]
    assert page.session.current is not None
    assert page.session.current.local.id != row.local.id
    assert QApplication.focusWidget() is page.worklist_table
    press("U")
    assert services.resolution.work_row(row.local.id).mapping.state is State.OPEN
    assert services.disputes.open_disputes() == ()


def test_shift_r_retires_the_row_in_focus_with_a_reason_and_u_takes_it_back(
    qtbot: QtBot, page: WorkbenchPage, services: Services, settle: Callable[[], None]
) -> None:
    press = presser(qtbot, page, settle)
    row = page.session.current
    assert row is not None
    press("Shift+R Return")
    assert services.resolution.work_row(row.local.id).mapping.state is State.OPEN
    type_text(qtbot, "replaced last year")
    press("Return")
    assert services.resolution.work_row(row.local.id).mapping.state is State.RETIRED
    last = services.resolution.history(row.local.id)[-1]
    assert last.act is Act.RETIRED
    assert "replaced last year" in last.detail
    assert QApplication.focusWidget() is page.worklist_table
    press("U")
    assert services.resolution.work_row(row.local.id).mapping.state is State.OPEN


def test_escape_forgets_the_question(
    qtbot: QtBot, page: WorkbenchPage, settle: Callable[[], None]
) -> None:
    presser(qtbot, page, settle)("Shift+R Escape")
    assert not page._retire.isVisible()
    assert QApplication.focusWidget() is page.worklist_table


def test_what_another_page_did_shows_on_the_workbench(
    qtbot: QtBot, desk: Desk, services: Services, settle: Callable[[], None]
) -> None:
    page = WorkbenchPage(desk)
    qtbot.addWidget(page)
    page.activate()
    settle()
    qtbot.waitUntil(lambda: page.is_settled)
    other = page.session.visible[1].local.id
    services.retiring.retire({other: 0}, reason="HIS", by=desk.person)
    desk.changes.mappings_changed.emit((other,))
    settle()
    shown = {row.local.id: row.mapping.state for row in page.session.visible}
    assert shown.get(other, State.RETIRED) is State.RETIRED
