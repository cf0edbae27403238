"""A panel that runs any command by its name: type, choose with the arrows, Enter; Escape leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QGraphicsDropShadowEffect, QVBoxLayout, QWidget

from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.widgets.labels import label
from icdmapper.desktop.widgets.search_field import SearchField
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.model.marks import Tone
from icdmapper.texts import _

_WIDTH, _HEIGHT, _ROW = 680, 460, 30
_CODE = 1


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be run: of which kind it is, what it is called, its key, what it does.

    `texts` is what typed words are looked for in, in lower case; `code` stands before the name.
    """

    kind: str
    word: str
    act: Callable[[], object]
    code: str = ""
    key: str = ""
    texts: str = ""
    tone: Tone = Tone.PLAIN

    def answers(self, words: Sequence[str]) -> bool:
        """Whether every word occurs, in any order."""
        return all(word in self.texts for word in words)


class Palette(QFrame):
    """Lies above the window while it is open. What was typed is told, so that more can be found."""

    searched = Signal(str)
    left = Signal()

    def __init__(self, window: QWidget, asks: str = "") -> None:
        super().__init__(window)
        self._window = window
        self.setProperty("surface", True)
        self.setAccessibleName(asks or _("Command palette"))
        asks = asks or _("Go to a page, do something, or find a code")
        self._field = SearchField(asks, pause_ms=30)
        self._model: RowTableModel[Command] = RowTableModel(_columns(), self)
        self._table = RowTable(self._model)
        self._table.setProperty("frameless", True)
        self._table.setAccessibleName(_("Commands"))
        self._table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._table.horizontalHeader().hide()
        self._table.verticalHeader().setDefaultSectionSize(_ROW)
        self._hint = label(_("↑ ↓ choose    Enter run    Esc leave"), look="small")
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 10, 10, 8)
        column.setSpacing(8)
        column.addWidget(self._field)
        column.addWidget(self._table, 1)
        column.addWidget(self._hint)
        shadow = QGraphicsDropShadowEffect(self)
        shadow.setBlurRadius(28)
        shadow.setOffset(0, 6)
        self.setGraphicsEffect(shadow)
        self.hide()
        self._field.searched.connect(self.searched)
        self._field.stepped.connect(self._on_stepped)
        self._field.returnPressed.connect(self._on_entered)
        self._field.left.connect(self.close_up)
        self._table.clicked.connect(lambda index: self._run(index.row()))
        window.installEventFilter(self)

    @property
    def commands(self) -> Sequence[Command]:
        """What is listed now."""
        return self._model.rows

    def open_up(self, text: str = "") -> None:
        """Show the field over the window, with `text` ready to be overwritten, and the keyboard."""
        self._field.setText(text)
        self._field.selectAll()
        self._place()
        self.show()
        self.raise_()
        self._field.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_up(self) -> None:
        """Put it away."""
        if self.isVisible():
            self.hide()
            self.left.emit()

    def show_commands(self, commands: Sequence[Command]) -> None:
        """List these, the first of them chosen."""
        self._table.show_rows(tuple(commands))
        self._table.setColumnHidden(_CODE, not any(one.code for one in commands))
        self._table.show_row(0)
        if commands:
            self._hint.setText(_("↑ ↓ choose    Enter run    Esc leave"))
        elif self._field.text().strip():
            self._hint.setText(_("Nothing found"))
        else:
            self._hint.setText(_("Type a code, a name or pinyin initials    Esc leave"))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: stay in the middle of the window when it changes its size."""
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        width = min(_WIDTH, self._window.width() - 40)
        height = min(_HEIGHT, self._window.height() - 80)
        self.setGeometry((self._window.width() - width) // 2, 56, width, height)

    def _on_stepped(self, step: int) -> None:
        count = self._model.rowCount()
        if count:
            self._table.show_row((self._table.currentIndex().row() + step) % count)

    def _on_entered(self) -> None:
        self._run(self._table.currentIndex().row())

    def _run(self, at: int) -> None:
        if 0 <= at < self._model.rowCount():
            command = self._model.rows[at]
            self.close_up()
            command.act()


def _columns() -> tuple[Column[Command], ...]:
    kind: Column[Command] = Column("", lambda one: one.kind, width=84, tone=lambda one: one.tone)
    code: Column[Command] = Column("", lambda one: one.code, width=112, code=True, muted=True)
    word: Column[Command] = Column("", lambda one: one.word)
    key: Column[Command] = Column("", lambda one: one.key, width=110, right=True, muted=True)
    return kind, code, word, key
