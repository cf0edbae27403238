"""A Qt table over plain rows, written once: a tuple of columns says what is shown."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont

from icdmapper.desktop import theme
from icdmapper.model.marks import Tone
from icdmapper.texts import _

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex

ROW_ROLE = Qt.ItemDataRole.UserRole
"""The plain row itself."""
TONE_ROLE = Qt.ItemDataRole.UserRole + 1
"""The tone in which a delegate paints the cell."""

_SMALL_CHANGE = 200
"""Up to so many rows a change is told to the view row by row; beyond it a reset is cheaper."""
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column: its title (an English message) and what it shows of a row.

    `width` is in pixels, 0 for the column that takes the rest. `code` sets it in the code font,
    `tone` says how a badge is coloured (the column is then as wide as its words), `bold` which
    rows stand out. A `foreign` title is the source's own and not translated; an `optional` column
    is left out while no row has anything to say in it; a `worded` one is as wide as its words,
    which are those of the program and longer in one language than in the other.
    """

    title: str
    text: Callable[[Row], str]
    width: int = 0
    right: bool = False
    code: bool = False
    muted: bool = False
    tone: Callable[[Row], Tone] | None = None
    foreign: bool = False
    bold: Callable[[Row], bool] | None = None
    optional: bool = False
    worded: bool = False


class RowTableModel(QAbstractTableModel, Generic[Row]):
    """Shows rows; knows nothing of where they come from or what order they are in."""

    def __init__(self, columns: Sequence[Column[Row]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._rows: Sequence[Row] = ()

    @property
    def columns(self) -> tuple[Column[Row], ...]:
        """What is shown of a row."""
        return self._columns

    @property
    def rows(self) -> Sequence[Row]:
        """What is shown."""
        return self._rows

    def row_at(self, index: Index) -> Row | None:
        """The row under an index; None for an index of nothing."""
        return self._rows[index.row()] if index.isValid() else None

    def set_columns(self, columns: Sequence[Column[Row]]) -> None:
        """Show other columns of other rows; the table is empty until rows are set."""
        self.beginResetModel()
        self._columns = tuple(columns)
        self._rows = ()
        self.endResetModel()

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows; when little changed, the view keeps its place."""
        old = self._rows
        head = _same(old, rows)
        tail = min(_same(reversed(old), reversed(rows)), min(len(old), len(rows)) - head)
        gone, come = len(old) - head - tail, len(rows) - head - tail
        if gone > _SMALL_CHANGE or come > _SMALL_CHANGE:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
        else:
            self._change(rows, head, gone, come)

    def _change(self, rows: Sequence[Row], head: int, gone: int, come: int) -> None:
        """Replace `gone` rows at `head` by `come` new ones: first in place, then the difference."""
        kept = min(gone, come)
        if kept:
            self._rows = [*self._rows[:head], *rows[head : head + kept], *self._rows[head + kept :]]
            last = self.index(head + kept - 1, len(self._columns) - 1)
            self.dataChanged.emit(self.index(head, 0), last)
        nothing = QModelIndex()
        if gone > come:
            self.beginRemoveRows(nothing, head + kept, head + gone - 1)
            self._rows = rows
            self.endRemoveRows()
        elif come > gone:
            self.beginInsertRows(nothing, head + kept, head + come - 1)
            self._rows = rows
            self.endInsertRows()
        else:
            self._rows = rows

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Qt: how many rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Qt: how many columns."""
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: what a cell shows."""
        # Qt asks for a dozen roles of each cell it paints; most have no answer.
        answer = _ANSWERS.get(role)
        if answer is None or not index.isValid():
            return None
        return answer(self._columns[index.column()], self._rows[index.row()])

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Qt: the titles, translated when they are shown."""
        if orientation is not Qt.Orientation.Horizontal or section >= len(self._columns):
            return None
        column = self._columns[section]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.title if column.foreign or not column.title else _(column.title)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _RIGHT if column.right else _LEFT
        return None


def _same(one: Iterable[Row], other: Iterable[Row]) -> int:
    """How many rows at the beginning are the very same ones."""
    alike = list(map(operator.is_, one, other))
    return alike.index(False) if False in alike else len(alike)


def font_of(column: Column[Any], row: Any) -> QFont | None:
    """The font of a cell; None for the table's own."""
    if column.code:
        return theme.mono(13)
    if column.bold and column.bold(row):
        return theme.sans(theme.BODY_PIXELS, bold=True)
    return None


_ANSWERS: dict[int, Callable[[Column[Any], Any], Any]] = {
    Qt.ItemDataRole.DisplayRole: lambda column, row: column.text(row),
    Qt.ItemDataRole.AccessibleTextRole: lambda column, row: column.text(row),
    Qt.ItemDataRole.ToolTipRole: lambda column, row: column.text(row) or None,
    Qt.ItemDataRole.TextAlignmentRole: lambda column, _row: _RIGHT if column.right else _LEFT,
    Qt.ItemDataRole.FontRole: font_of,
    Qt.ItemDataRole.ForegroundRole: lambda column, _row: (
        theme.brush("muted") if column.muted else None
    ),
    ROW_ROLE: lambda _column, row: row,
    TONE_ROLE: lambda column, row: column.tone(row) if column.tone else Tone.PLAIN,
}
