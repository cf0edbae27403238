"""A table of rows as every page shows it: calm, one line a row, keyboard first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from icdmapper.desktop import theme
from icdmapper.desktop.delegates.badge import BadgeDelegate, room_for
from icdmapper.desktop.delegates.words import MARGIN, WordsDelegate
from icdmapper.desktop.models.editable import EditableRows
from icdmapper.desktop.models.rows import Column, RowTableModel

ROW_PIXELS = 32
_INNER_ROW_PIXELS = 28
_LEAST_PIXELS = 96
_BELOW = 2
"""Three rows and their titles."""
_LOOKED_AT = 200
"""So many rows are looked at to see how wide the words of a column of badges are."""


class RowTable(QTableView):
    """Shows a `RowTableModel`; `row_chosen` tells the row the cursor is on."""

    row_chosen = Signal(int)
    row_opened = Signal(int)
    header_clicked = Signal(int)
    columns_fitted = Signal()
    """The columns have their own widths again."""
    columns_wanted = Signal()
    """The menu key: which columns are shown?"""

    def __init__(self, model: RowTableModel[Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self._rows = model
        self._quiet = False
        self._unwanted: set[int] = set()
        self._no_room: set[int] = set()
        self._silent: set[int] = set()
        self._dragged: set[int] = set()
        self._badge_words: dict[Column[Any], set[str]] = {}
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_PIXELS)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(40)
        header.sectionClicked.connect(self.header_clicked)
        self._badges = BadgeDelegate(model, self)
        if not isinstance(model, EditableRows):
            self.setItemDelegate(WordsDelegate(model, self))
        for changed in (model.modelReset, model.rowsInserted, model.dataChanged):
            changed.connect(self._fit_rows)
        self.fit_columns()
        self.selectionModel().currentRowChanged.connect(self._on_row_changed)
        self.doubleClicked.connect(lambda index: self.row_opened.emit(index.row()))

    def fit_columns(self) -> None:
        """Give every column its width; the ones without one share the rest.

        No title is cut off, and a column of badges is as wide as its words are in the language of
        the program.
        """
        header = self.horizontalHeader()
        self._dragged.clear()
        self._badge_words.clear()
        for at, column in enumerate(self._rows.columns):
            if column.width:
                header.setSectionResizeMode(at, QHeaderView.ResizeMode.Interactive)
                header.resizeSection(at, max(column.width, header.sectionSizeHint(at)))
            else:
                header.setSectionResizeMode(at, QHeaderView.ResizeMode.Stretch)
            if column.tone:
                self.setItemDelegateForColumn(at, self._badges)
        self._fit_rows()
        self.columns_fitted.emit()

    @property
    def columns(self) -> tuple[Column[Any], ...]:
        """What the columns are."""
        return self._rows.columns

    def title(self, at: int) -> str:
        """The title of a column as it is shown."""
        return str(self._rows.headerData(at, Qt.Orientation.Horizontal) or "")

    def choose_width(self, at: int, width: int) -> None:
        """The person made a column so wide."""
        self._dragged.add(at)
        self.horizontalHeader().resizeSection(at, width)

    def choose_column(self, at: int, *, wanted: bool) -> None:
        """The person wants a column, or not."""
        (self._unwanted.discard if wanted else self._unwanted.add)(at)
        self._show_column(at)

    def make_room(self, at: int, *, enough: bool) -> None:
        """There is enough room for a column, or not; one that nobody wants stays hidden."""
        (self._no_room.discard if enough else self._no_room.add)(at)
        self._show_column(at)

    def show_row(self, row: int, *, centre: bool = False) -> None:
        """Put the cursor on a row without telling anybody."""
        self._quiet = True
        index = self.model().index(row, 0)
        self.setCurrentIndex(index)
        self._quiet = False
        hint = QAbstractItemView.ScrollHint
        self.scrollTo(index, hint.PositionAtCenter if centre else hint.EnsureVisible)

    def show_rows(self, rows: Sequence[Any]) -> None:
        """Show other rows without telling anybody that the cursor moved with them."""
        self._quiet = True
        self._rows.set_rows(rows)
        self._quiet = False

    def be_as_high_as_rows(self) -> None:
        """All rows are in sight, and the table never scrolls: for the few lines of a summary."""
        rows = self.verticalHeader().defaultSectionSize() * len(self._rows.rows)
        head = self.horizontalHeader().sizeHint().height()
        self.setFixedHeight(head + rows + 2 * self.frameWidth() + _BELOW)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Qt: the menu key; a right click on a row means nothing yet."""
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            self.columns_wanted.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: a notice that comes above makes the table lower; the row in focus stays in sight."""
        before = self.visualRect(self.currentIndex())
        seen = before.isValid() and 0 <= before.top() < event.oldSize().height()
        super().resizeEvent(event)
        if seen:
            self.scrollTo(self.currentIndex())

    def keyboardSearch(self, search: str) -> None:
        """Qt: letters are keys of the page, not a search in the first column."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Enter opens the row, once for each press; a key held down opens no second row.

        Where a cell is written into, Enter is the end of that.
        """
        enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        writing = self.state() is QAbstractItemView.State.EditingState
        if enter and not writing and self.currentIndex().isValid():
            if not event.isAutoRepeat():
                self.row_opened.emit(self.currentIndex().row())
            event.accept()
            return
        super().keyPressEvent(event)

    def _fit_rows(self) -> None:
        """Leave out what no row speaks of; widen badges for new words, never make them narrower."""
        rows = self._rows.rows[:_LOOKED_AT]
        for at, column in enumerate(self._rows.columns):
            if column.optional:
                speaks = any(map(column.text, self._rows.rows))
                (self._silent.discard if speaks else self._silent.add)(at)
                self._show_column(at)
            fits = column.width and (column.tone or column.worded)
            if not fits or at in self._dragged:
                continue
            known = self._badge_words.setdefault(column, set())
            words = {column.text(row) for row in rows}
            if not known or not words <= known:
                known |= words
                least = self.horizontalHeader().sectionSizeHint(at)
                wide = room_for if column.tone else _room_for_words
                room = max(least, *map(wide, known)) if known else least
                self.horizontalHeader().resizeSection(at, room)

    def _show_column(self, at: int) -> None:
        self.setColumnHidden(at, at in self._unwanted | self._no_room | self._silent)

    def _on_row_changed(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid() and not self._quiet:
            self.row_chosen.emit(current.row())


def _room_for_words(words: str) -> int:
    return QFontMetrics(theme.sans(theme.BODY_PIXELS)).horizontalAdvance(words) + 2 * MARGIN + 1


def inner_table(model: RowTableModel[Any], name: str) -> RowTable:
    """A lower table without a frame, for a panel that has one; `name` is for screen readers."""
    made = RowTable(model)
    made.setAccessibleName(name)
    made.setProperty("frameless", True)
    made.verticalHeader().setDefaultSectionSize(_INNER_ROW_PIXELS)
    made.setMinimumHeight(_LEAST_PIXELS)
    return made
