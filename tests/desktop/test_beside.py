"""Entries beside the main one on the workbench, by keyboard alone."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from helpers.keyboard import visible_words
from icdmapper.bootstrap import Services
from icdmapper.desktop.pages.workbench import WorkbenchPage
from icdmapper.model.codes import Side
from icdmapper.model.mapping import Mapping, Relation, TargetRole
from icdmapper.model.proposals import Candidate, Proposal, Reason, ReasonKind

Settle = Callable[[], None]
Press = Callable[..., None]


@pytest.fixture
def page(workbench: WorkbenchPage) -> WorkbenchPage:
    return workbench


@pytest.fixture
def press(qtbot: QtBot, page: WorkbenchPage, settle: Settle) -> Press:
    def one_key(key: Qt.Key, shift: bool = False) -> None:
        modifiers = Qt.KeyboardModifier
        with_shift = modifiers.ShiftModifier if shift else modifiers.NoModifier
        qtbot.keyClick(QApplication.focusWidget() or page, key, with_shift)
        settle()

    return one_key


@pytest.fixture
def add(qtbot: QtBot, page: WorkbenchPage, press: Press, settle: Settle) -> Callable[[str], None]:
    """Find an entry and record it beside the main one."""

    def find(text: str) -> None:
        press(Qt.Key.Key_M)
        field = QApplication.focusWidget()
        assert field is not None
        qtbot.keyClicks(field, text)
        settle()
        qtbot.keyClick(field, Qt.Key.Key_Return)
        settle()

    return find


def stored(services: Services) -> Mapping:
    rows = services.resolution.worklist()
    return next(row.mapping for row in rows if row.local.name == "脑梗死")


def test_an_entry_found_by_hand_is_recorded_with_the_main_one(
    page: WorkbenchPage, add: Callable[[str], None], press: Press, services: Services
) -> None:
    add("h25.901")
    assert QApplication.focusWidget() is page.worklist_table
    # Two answers for one code need a reason.
    for key in (Qt.Key.Key_T, Qt.Key.Key_X, Qt.Key.Key_Return):
        press(key)
    assert [(one.code, one.role) for one in stored(services).targets] == [
        ("I63.902", TargetRole.MAIN),
        ("H25.901", TargetRole.ADDITIONAL),
    ]
    assert page.session.companions.targets == ()


def test_what_is_added_is_judged_and_said_at_once(
    page: WorkbenchPage, add: Callable[[str], None], qtbot: QtBot
) -> None:
    add("h25.901")
    assert "Several targets without a reason" in visible_words(page)
    assert "I63.902 脑梗死, with H25.901" in visible_words(page)


def test_the_search_says_what_to_type_and_begins_with_a_likely_code(
    page: WorkbenchPage, press: Press, qtbot: QtBot, settle: Settle
) -> None:
    press(Qt.Key.Key_M)
    assert "Nothing found" not in visible_words(page)
    assert "Type a code" in visible_words(page)
    press(Qt.Key.Key_Escape)
    page._row._beside.begin_adding("K36")
    settle()
    press(Qt.Key.Key_Return)
    assert [one.code for one in page.session.companions.targets] == ["K36.x02"]


def test_its_role_is_turned_and_it_is_removed_by_keys(
    page: WorkbenchPage, add: Callable[[str], None], press: Press, services: Services
) -> None:
    add("h25.901")
    add("k36")
    press(Qt.Key.Key_M, shift=True)
    press(Qt.Key.Key_Return)
    assert page.session.companions.targets[0].role is TargetRole.MORPHOLOGY
    press(Qt.Key.Key_Delete)
    assert [one.code for one in page.session.companions.targets] == ["K36.x02"]
    press(Qt.Key.Key_Delete)
    assert page.session.companions.targets == ()
    assert QApplication.focusWidget() is page.worklist_table
    press(Qt.Key.Key_Return)
    assert len(stored(services).targets) == 1


def test_escape_adds_nothing(page: WorkbenchPage, press: Press) -> None:
    press(Qt.Key.Key_M)
    press(Qt.Key.Key_Escape)
    assert page.session.companions.targets == ()
    assert QApplication.focusWidget() is page.worklist_table


def test_a_part_of_the_name_is_shown_with_its_entry_and_taken_by_keys(
    page: WorkbenchPage, press: Press, services: Services, settle: Settle
) -> None:
    row = page.session.current
    assert row is not None
    found = services.catalog.search("K36.x02", side=Side.REFERENCE, limit=1)[0]
    reason = Reason(ReasonKind.PART, "", "慢性阑尾炎", found.name)
    beside = Candidate(found.id, found.code, found.name, 0.9, Relation.EQUIVALENT, (reason,))
    shown = services.matching.proposal(row.local.id)
    page.session.set_proposal(Proposal(row.local.id, shown.candidates, companions=(beside,)))
    page._row._beside.show_companions()
    settle()
    offered = [one for one in page.findChildren(QPushButton) if one.isVisible()]
    chip = next(one for one in offered if f"慢性阑尾炎 → {found.code}" in one.text())
    assert "for the part “慢性阑尾炎”" in chip.toolTip().replace("For", "for")
    press(Qt.Key.Key_M)
    press(Qt.Key.Key_Return)
    assert [one.code for one in page.session.companions.targets] == ["K36.x02"]
