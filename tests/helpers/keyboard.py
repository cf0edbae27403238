"""Keys as a person presses them, one after the other, into whatever has the keyboard."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.widgets.keys import Key, bind

_MODIFIERS = {
    "Ctrl": Qt.KeyboardModifier.ControlModifier,
    "Shift": Qt.KeyboardModifier.ShiftModifier,
}
Press = Callable[[str], None]


def as_in_the_window(page: Page) -> None:
    """Give a page that stands alone what the window has for undo and redo."""
    undo = page._desk.undo
    bind([Key(("Ctrl+Z",), "", undo.undo), Key(("Ctrl+Y",), "", undo.redo)], page)
    page._desk.changes.replayed.connect(page.show_replayed)


def presser(qtbot: QtBot, page: QWidget, settle: Callable[[], None]) -> Press:
    """A function that presses keys such as `Return`, `Ctrl+Z` or `2` and waits for each."""
    if isinstance(page, Page):
        as_in_the_window(page)

    def press(keys: str) -> None:
        for key in keys.split(" "):
            *held, name = key.split("+")
            modifier = Qt.KeyboardModifier.NoModifier
            for one in held:
                modifier |= _MODIFIERS[one]
            target = QApplication.focusWidget() or page
            if len(name) == 1 and not held:
                qtbot.keyClicks(target, name)
            else:
                qtbot.keyClick(target, getattr(Qt.Key, f"Key_{name}"), modifier)
            settle()

    return press


def type_text(qtbot: QtBot, text: str) -> None:
    """Type into the field that has the keyboard; what has no key comes from an input method."""
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit), field
    if text.isascii():
        qtbot.keyClicks(field, text)
    else:
        field.insert(text)


def visible_words(page: QWidget) -> str:
    """Everything the labels of a page say now."""
    return "\n".join(one.text() for one in page.findChildren(QLabel) if one.isVisible())
