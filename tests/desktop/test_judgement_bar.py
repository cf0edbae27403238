"""The rules of judgement beside the decision: shown before Enter, waived with a reason by W."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from helpers.projects import CODER
from icdmapper.bootstrap import Services
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.workbench import WorkbenchPage
from icdmapper.model.errors import ConflictError, RefusedError
from icdmapper.model.judgement import Finding, Needs, Severity
from icdmapper.model.mapping import Mapping, Relation, State
from icdmapper.resolution.judging import Judged

Settle = Callable[[], None]


@pytest.fixture
def page(qtbot: QtBot, desk: Desk, settle: Settle) -> WorkbenchPage:
    made = WorkbenchPage(desk)
    qtbot.addWidget(made)
    made.resize(1300, 850)
    made.show()
    made.activate()
    qtbot.waitUntil(lambda: made.session.candidate is not None)
    settle()
    return made


def shown_words(page: WorkbenchPage) -> str:
    return "\n".join(one.text() for one in page.findChildren(QLabel) if one.isVisible())


def stored(services: Services) -> Mapping:
    return services.resolution.worklist()[0].mapping


def press(qtbot: QtBot, page: WorkbenchPage, settle: Settle, *keys: Qt.Key) -> None:
    for key in keys:
        qtbot.keyClick(QApplication.focusWidget() or page, key)
        settle()


def test_a_stopping_rule_is_shown_and_waived_with_a_reason(
    qtbot: QtBot, page: WorkbenchPage, services: Services, settle: Settle, said: list[str]
) -> None:
    press(qtbot, page, settle, Qt.Key.Key_O)
    assert "write down which part differs" in shown_words(page)
    said.clear()
    press(qtbot, page, settle, Qt.Key.Key_Return)
    assert stored(services).state is State.OPEN
    assert said == []  # The bar says it already, beside the choice.
    assert "Nothing was recorded. Choose again, or say why in the note" in shown_words(page)
    assert "with W" not in shown_words(page)
    press(qtbot, page, settle, Qt.Key.Key_W)
    assert "reason" in said[-1]
    press(qtbot, page, settle, Qt.Key.Key_T, Qt.Key.Key_X, Qt.Key.Key_Escape)
    assert "write down which part differs" not in shown_words(page)
    press(qtbot, page, settle, Qt.Key.Key_W)
    assert "No rule stops" in said[-1]
    press(qtbot, page, settle, Qt.Key.Key_Return)
    assert stored(services).relation is Relation.OVERLAP


def test_beside_a_heading_only_its_own_refusal_is_taken_for_said(page: WorkbenchPage) -> None:
    bar = page._row._judgement
    finding = Finding(
        1, "R1", Severity.STOP, "heading", "Only a heading.", "", "", Needs.OTHER_ANSWER
    )
    bar._show((Judged(finding, None),))
    assert bar.refuses(RefusedError("A46 is a heading, not an entry that can be reported."))
    assert not bar.refuses(ConflictError("Somebody changed it a moment ago."))
    assert not bar.refuses(OSError(28, "No space left on device"))


def test_in_a_low_window_one_finding_is_shown_and_how_many_more(
    qtbot: QtBot, page: WorkbenchPage, settle: Settle
) -> None:
    page.resize(900, 420)
    settle()
    shown = page._row._judgement
    found = (judged("第一条"), judged("第二条"), judged("第三条"))
    shown._show(found)
    assert "第一条" in shown_words(page)
    assert "第二条" not in shown_words(page)
    assert "2 more findings" in shown_words(page)
    assert "第三条" in shown.toolTip()
    page.resize(1300, 850)
    qtbot.waitUntil(lambda: "第三条" in shown_words(page))


def judged(words: str) -> Judged:
    return Judged(Finding(1, "R1", Severity.WARN, words, words, "", ""), None)


def test_a_waiver_is_kept_with_person_and_reason(
    qtbot: QtBot, page: WorkbenchPage, services: Services, settle: Settle
) -> None:
    rows = services.resolution.worklist()
    row = next(one for one in rows if one.local.name == "左肺上叶恶性肿瘤")
    page.show_row(row.local.id)
    qtbot.waitUntil(lambda: page.session.candidate is not None)
    settle()
    other = next(
        number for number, one in enumerate(page.session.candidates) if number and not one.heading
    )
    page._row.pick(other)
    press(qtbot, page, settle, Qt.Key.Key_E, Qt.Key.Key_T, Qt.Key.Key_X, Qt.Key.Key_Escape)
    before = services.judging.findings_of(page._row.pending_choice())
    press(qtbot, page, settle, Qt.Key.Key_W)
    after = services.judging.findings_of(page._row.pending_choice())
    stopped = [one for one in before if one.stands_open and one.finding.severity.value == "stop"]
    assert stopped, "the second candidate as equivalent should break a rule"
    waived = {one.finding.rule_id: one.waiver for one in after if one.waiver}
    for one in stopped:
        waiver = waived[one.finding.rule_id]
        assert waiver is not None
        assert (waiver.by, waiver.reason) == (CODER.name, "x")
    page._desk.undo.undo()
    settle()
    assert services.judging.waivers(row.local.id) == ()
    page._desk.undo.redo()
    settle()
    assert len(services.judging.waivers(row.local.id)) == len(stopped)
    press(qtbot, page, settle, Qt.Key.Key_Return)
    assert services.resolution.work_row(row.local.id).mapping.state is State.DECIDED
