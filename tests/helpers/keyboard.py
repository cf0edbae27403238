"""Keys as a person presses them, one after the other, into whatever has the keyboard."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.widgets.keys import Key, bind

_MODIFIERS = {
    "Ctrl": Qt.KeyboardModifier.ControlModifier,
    "Shift": Qt.KeyboardModifier.ShiftModifier,
}
Press = Callable[[str], None]
_LONGEST_PAUSE_MS = 200
"""What waits longer keeps drafts and counts; nobody looks for that at once."""


def is_pausing() -> bool:
    """Whether a window still waits for a moment, after a letter or a step, before it acts on it.

    A fixed wait would be too short for a busy machine, and too long for every other.
    """
    return any(
        timer.isActive() and timer.isSingleShot() and timer.interval() <= _LONGEST_PAUSE_MS
        for window in QApplication.topLevelWidgets()
        for timer in window.findChildren(QTimer)
    )


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
