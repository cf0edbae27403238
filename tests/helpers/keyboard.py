"""Keys as a person presses them, one after the other, into whatever has the keyboard."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

_MODIFIERS = {
    "Ctrl": Qt.KeyboardModifier.ControlModifier,
    "Shift": Qt.KeyboardModifier.ShiftModifier,
}
Press = Callable[[str], None]


def presser(qtbot: QtBot, page: QWidget, settle: Callable[[], None]) -> Press:
    """A function that presses keys such as `Return`, `Ctrl+Z` or `2` and waits for each."""

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
