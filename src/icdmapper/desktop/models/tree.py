"""A Qt tree that asks for the children of a branch when it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from icdmapper.desktop import theme
from icdmapper.desktop.models.rows import ROW_ROLE
from icdmapper.texts import N_, _

Index = QModelIndex | QPersistentModelIndex

_TITLES = (N_("Code"), N_("Name"))


@dataclass(frozen=True, slots=True)
class TreeRow:
    """What a branch shows. `key` asks for its children; `entry` is what it stands for, if any."""

    key: str
    code: str
    name: str
    children: int
    entry: int | None = None


@dataclass(eq=False, slots=True)
class _Branch:
    row: TreeRow | None
    parent: _Branch | None
    at: int
    branches: list[_Branch] = field(default_factory=list)
    asked: bool = False


class CodeTreeModel(QAbstractItemModel):
    """Code and name of each branch; `children_wanted` asks for what is below one."""

    children_wanted = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._root = _Branch(None, None, 0, asked=True)
        self._waiting: dict[str, _Branch] = {}

    def set_roots(self, rows: Sequence[TreeRow]) -> None:
        """Show another tree."""
        self.beginResetModel()
        self._root = _Branch(None, None, 0, asked=True)
        self._waiting.clear()
        self._root.branches = [_Branch(row, self._root, at) for at, row in enumerate(rows)]
        self.endResetModel()

    def set_children(self, key: str, rows: Sequence[TreeRow]) -> None:
        """Answer `children_wanted`; an answer nobody waits for any more is dropped."""
        branch = self._waiting.pop(key, None)
        if branch is None or not rows:
            return
        self.beginInsertRows(self._index_of(branch), 0, len(rows) - 1)
        branch.branches = [_Branch(row, branch, at) for at, row in enumerate(rows)]
        self.endInsertRows()

    def row_of(self, index: Index) -> TreeRow | None:
        """What an index shows."""
        return self._branch(index).row

    def find_child(self, parent: Index, key: str) -> QModelIndex:
        """The index of a child by its key; an index of nothing when it is not there (yet)."""
        for branch in self._branch(parent).branches:
            if branch.row is not None and branch.row.key == key:
                return self.createIndex(branch.at, 0, branch)
        return QModelIndex()

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008 - Qt's own default
        """Qt: a cell below a branch."""
        branches = self._branch(parent).branches
        if 0 <= row < len(branches) and 0 <= column < len(_TITLES):
            return self.createIndex(row, column, branches[row])
        return QModelIndex()

    def parent(self, index: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008 - Qt overloads it
        """Qt: the branch above."""
        above = self._branch(index).parent
        return QModelIndex() if above is None else self._index_of(above)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Qt: how many branches are known below."""
        return 0 if parent.isValid() and parent.column() else len(self._branch(parent).branches)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Qt: code and name, the same below every branch."""
        return 0 if parent.isValid() and parent.column() else len(_TITLES)

    def hasChildren(self, parent: Index = QModelIndex()) -> bool:  # noqa: B008 - Qt's own default
        """Qt: whether a branch can be opened, read or not."""
        branch = self._branch(parent)
        if branch.row is None:
            return bool(branch.branches)
        return branch.row.children > 0 and parent.column() == 0

    def canFetchMore(self, parent: Index) -> bool:
        """Qt: whether children have not been asked for yet."""
        branch = self._branch(parent)
        return branch.row is not None and branch.row.children > 0 and not branch.asked

    def fetchMore(self, parent: Index) -> None:
        """Qt: ask for them."""
        branch = self._branch(parent)
        if branch.row is not None and not branch.asked:
            branch.asked = True
            self._waiting[branch.row.key] = branch
            self.children_wanted.emit(branch.row.key)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: what a cell shows."""
        row = self._branch(index).row
        if row is None:
            return None
        text = row.name if index.column() else row.code
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return text
            case Qt.ItemDataRole.ToolTipRole:
                return text or None
            case Qt.ItemDataRole.FontRole:
                return None if index.column() else theme.mono(13)
        return row if role == ROW_ROLE else None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Qt: the titles."""
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return _(_TITLES[section])
        return None

    def _branch(self, index: Index) -> _Branch:
        branch = index.internalPointer() if index.isValid() else None
        return branch if isinstance(branch, _Branch) else self._root

    def _index_of(self, branch: _Branch) -> QModelIndex:
        if branch is self._root:
            return QModelIndex()
        return self.createIndex(branch.at, 0, branch)
