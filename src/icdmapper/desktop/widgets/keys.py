"""Keys: said where the action is, and all of them in one panel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop.widgets.flow import FlowLayout
from icdmapper.desktop.widgets.labels import key_cap, label
from icdmapper.desktop.widgets.scrolled import scrolled
from icdmapper.texts import _

_BETWEEN = 12
_ENTER_PRESSES = "enter_presses"
_IN_A_COLUMN = 13
"""So many keys fit one below the other in the lowest window."""
_LOW = 560
_SHARE = 0.95
"""How much of the window the panel of all keys takes at the most."""
_MARGIN, _BAR = 24, 12
"""Beside what is in the panel, and for a scroll bar."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a page: what to press, its English message, what it does, whether it is hinted.

    `shown` is what stands on the key cap when it differs from the first of `keys`.
    """

    keys: tuple[str, ...]
    word: str
    act: Callable[[], object] | None = None
    hinted: bool = True
    shown: str = ""

    @property
    def cap(self) -> str:
        """What stands on the key."""
        return self.shown or self.keys[0]


def bind(keys: Sequence[Key], widget: QWidget) -> None:
    """Make the keys work while the keyboard is anywhere on `widget`, fields of text excepted."""
    for key in keys:
        if key.act is None:
            continue
        for sequence in key.keys:
            shortcut = QShortcut(QKeySequence(sequence), widget)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(key.act)


def let_enter_press(app: QApplication) -> None:
    """Let Enter press the button that has the keyboard, as Space does.

    Qt gives that to the buttons of dialogs alone; who comes from other programs tries Enter first.
    """
    if not app.property(_ENTER_PRESSES):
        app.setProperty(_ENTER_PRESSES, "yes")
        app.focusChanged.connect(_on_focus_changed)


def _on_focus_changed(_before: QWidget | None, now: QWidget | None) -> None:
    if isinstance(now, QPushButton):
        now.setAutoDefault(True)


class KeyHints(QWidget):
    """The keys of a page in one line; each can also be clicked.

    What has no room is left out from the end, and in a low window the whole line: `?` has all.
    """

    def __init__(self, keys: Sequence[Key], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hints = [_KeyHint(key) for key in keys if key.hinted]
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(_BETWEEN)
        for hint in self._hints:
            row.addWidget(hint)
        row.addStretch(1)
        self.setMinimumWidth(0)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Maximum)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: show as many as there is room for."""
        super().resizeEvent(event)
        room = self.width()
        for hint in self._hints:
            room -= hint.minimumWidth()
            hint.setVisible(room >= 0)
            room -= _BETWEEN

    def event(self, event: QEvent) -> bool:
        """Qt: a window that is too low for everything does without the hints."""
        if event.type() is QEvent.Type.Polish:
            self.window().installEventFilter(self)
        if event.type() is QEvent.Type.Show and self.window().height() < _LOW:
            QTimer.singleShot(0, self, self.hide)
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: the window changed its size."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show) and watched is self.window():
            self.setVisible(self.window().height() >= _LOW)
        return super().eventFilter(watched, event)


class _KeyHint(QPushButton):
    """A key cap with its word; a click does what the key does."""

    def __init__(self, key: Key) -> None:
        super().__init__()
        self.setProperty("look", "flat")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(f"{_(key.word)} {key.cap}")
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 2, 4, 2)
        row.setSpacing(5)
        row.addWidget(key_cap(key.cap))
        row.addWidget(label(_(key.word), look="small"))
        self.setMinimumSize(row.sizeHint())
        if (act := key.act) is not None:
            self.clicked.connect(lambda _on=False: act())


class KeyPanel(QDialog):
    """Every key of a page and of the program, until Escape."""

    def __init__(self, groups: Sequence[tuple[str, Sequence[Key]]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("dialog")
        self.setWindowTitle(_("Keys"))
        outside = QVBoxLayout(self)
        outside.setContentsMargins(_MARGIN, 14, _MARGIN, 14)
        outside.setSpacing(10)
        inside = QWidget()
        inside.setProperty("clear", True)
        columns = FlowLayout(spacing=32, top=True, parent=inside)
        for title, keys in groups:
            for start in range(0, len(keys), _IN_A_COLUMN):
                part = keys[start : start + _IN_A_COLUMN]
                columns.addWidget(_key_table(title if not start else "", part))
        self._area = scrolled(inside)
        outside.addWidget(self._area, 1)
        close = QPushButton(_("Close"))
        close.clicked.connect(self.accept)
        outside.addWidget(close, alignment=Qt.AlignmentFlag.AlignRight)
        self.resize(self._fitting(columns, parent.size() * _SHARE))

    def _fitting(self, columns: FlowLayout, room: QSize) -> QSize:
        """All columns side by side if there is room, else one below the other and scrolled."""
        sides = 2 * _MARGIN + _BAR
        width = min(columns.line_width() + sides, room.width())
        rest = self.sizeHint().height() - self._area.sizeHint().height()
        height = columns.heightForWidth(width - sides) + rest + _BAR
        return QSize(width, min(height, room.height()))


def _key_table(title: str, keys: Sequence[Key]) -> QWidget:
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(6)
    column.addWidget(label(title, look="section"))
    grid = QGridLayout()
    grid.setHorizontalSpacing(14)
    grid.setVerticalSpacing(5)
    for row, key in enumerate(keys):
        caps = QHBoxLayout()
        caps.setSpacing(4)
        for cap in (key.shown,) if key.shown else key.keys:
            caps.addWidget(key_cap(cap))
        caps.addStretch(1)
        grid.addLayout(caps, row, 0)
        grid.addWidget(label(_(key.word)), row, 1)
    grid.setColumnStretch(1, 1)
    column.addLayout(grid)
    column.addStretch(1)
    return made
