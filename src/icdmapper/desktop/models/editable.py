"""Rows of which some cells can be written into or checked; what that means is the page's matter."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from icdmapper.desktop.models.rows import Column, Index, RowTableModel

Row = TypeVar("Row")


class EditableRows(RowTableModel[Row]):
    """Shows rows as its base does; tells what was written or checked and keeps nothing itself."""

    edited = Signal(int, int, str)
    """Row, column and the new text."""
    toggled = Signal(int)
    """The row whose check mark was pressed."""

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        parent: QObject | None = None,
        *,
        editable: Collection[int] = (),
        checked: Callable[[Row], bool] | None = None,
    ) -> None:
        super().__init__(columns, parent)
        self._editable = frozenset(editable)
        self._checked = checked
        self._open = True

    def set_open(self, *, on: bool) -> None:
        """Whether anything can be checked now."""
        self._open = on

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Qt: which cells take a text or a check mark."""
        flags = super().flags(index)
        if index.isValid() and index.column() in self._editable:
            flags |= Qt.ItemFlag.ItemIsEditable
        if index.isValid() and self._checked and self._open and index.column() == 0:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: what a cell shows, or holds while it is written into."""
        if index.isValid() and role == Qt.ItemDataRole.EditRole:
            return super().data(index, Qt.ItemDataRole.DisplayRole)
        if index.isValid() and role == Qt.ItemDataRole.CheckStateRole and self._checked:
            if index.column() == 0:
                on = self._checked(self.rows[index.row()])
                return Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
            return None
        return super().data(index, role)

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Qt: somebody wrote or pressed a check mark; the page is told."""
        if not index.isValid():
            return False
        if role == Qt.ItemDataRole.CheckStateRole and self._checked and self._open:
            self.toggled.emit(index.row())
            return True
        if role == Qt.ItemDataRole.EditRole and index.column() in self._editable:
            if str(value) != self.data(index):
                self.edited.emit(index.row(), index.column(), str(value))
            return True
        return False
