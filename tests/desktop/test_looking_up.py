"""A search for an entry finds what holds the words, else what has a name like them."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from helpers.keyboard import presser, type_text
from icdmapper.bootstrap import Services
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.looking_up import look_up
from icdmapper.desktop.pages.reference_search import ReferenceSearch
from icdmapper.desktop.pages.workbench import WorkbenchPage
from icdmapper.model.codes import CodeSystem

Settle = Callable[[], None]


def visible_words(page: QWidget) -> str:
    return "\n".join(one.text() for one in page.findChildren(QLabel) if one.isVisible())


def test_what_holds_the_words_is_found_alone(services: Services) -> None:
    found = look_up(services, " 脑梗死 ", system=CodeSystem.RC020, limit=9)
    assert {"脑梗死" in one.name for one in found.entries} == {True}
    assert (found.near, found.hint) == (False, "")


def test_another_word_for_it_finds_it_too(services: Services) -> None:
    found = look_up(services, "脑梗塞", system=CodeSystem.RC020, limit=9)
    assert found.entries[0].code == "I63.902"
    assert "“脑梗塞”" in found.hint


@pytest.mark.parametrize("text", ["Q99.999", "zzqx", "髓", ""])
def test_a_code_initials_or_one_character_are_taken_at_their_word(
    services: Services, text: str
) -> None:
    found = look_up(services, text, system=CodeSystem.RC020, limit=9)
    assert (found.entries, found.near) == ((), False)
    assert bool(found.hint) == bool(text)


def test_the_workbench_offers_what_is_like_it_and_says_so(
    qtbot: QtBot, workbench: WorkbenchPage, settle: Settle
) -> None:
    page = workbench
    press = presser(qtbot, page, settle)
    press("/")
    field = QApplication.focusWidget()
    assert field is not None
    type_text(qtbot, "大脑梗塞症")
    qtbot.waitUntil(lambda: "No entry holds “大脑梗塞症”" in visible_words(page))
    assert page.session.candidates[0].code == "I63.902"
    press("Escape")
    assert "No entry holds" not in visible_words(page)


def test_a_dispute_looks_further_too(qtbot: QtBot, desk: Desk, settle: Settle) -> None:
    search = ReferenceSearch(desk)
    qtbot.addWidget(search)
    search.begin(CodeSystem.RC020)
    field = search._field
    with qtbot.waitSignal(search.found) as heard:
        field.setText("脑梗塞")
    assert heard.args is not None
    assert heard.args[0][0].code == "I63.902"
    assert "have names like it" in visible_words(search)
    with qtbot.waitSignal(search.found):
        field.setText("脑梗死")
    assert "No entry" not in visible_words(search)


def test_enter_in_a_dispute_waits_for_what_is_still_looked_for(
    qtbot: QtBot, desk: Desk, settle: Settle
) -> None:
    """What came after Enter would take the place of the option in focus."""
    search = ReferenceSearch(desk)
    qtbot.addWidget(search)
    search.begin(CodeSystem.RC020)
    heard: list[str] = []
    search.found.connect(lambda _entries: heard.append("found"))
    search.left.connect(lambda: heard.append("left"))
    search._field.setText("脑梗塞")
    qtbot.keyClick(search._field, Qt.Key.Key_Return)
    assert heard == []
    settle()
    assert heard == ["found", "left"]
    assert search.isHidden()
    # Opened again, what was typed still stands there, and Enter leaves at once.
    search.begin(CodeSystem.RC020)
    qtbot.keyClick(search._field, Qt.Key.Key_Return)
    assert heard == ["found", "left", "left"]
