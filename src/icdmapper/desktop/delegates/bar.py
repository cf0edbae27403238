"""Paints a cell as a bar of states in proportion; the cell's text says the same in figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from icdmapper.desktop import theme
from icdmapper.desktop.models.rows import ROW_ROLE
from icdmapper.desktop.widgets.charts import Share, paint_shares

_HEIGHT = 10


class BarDelegate(QStyledItemDelegate):
    """Draws the shares of a row; `shares` says what they are."""

    def __init__(self, shares: Callable[[Any], Sequence[Share]], parent: QObject) -> None:
        super().__init__(parent)
        self._shares = shares

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Qt: the cell's ground as always, then the bar."""
        options = QStyleOptionViewItem(option)
        self.initStyleOption(options, index)
        options.text = ""
        widget = options.widget
        widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, options, painter, widget)
        cell = options.rect
        box = QRectF(
            cell.left() + 8, cell.center().y() - _HEIGHT / 2 + 1, cell.width() - 16, _HEIGHT
        )
        paint_shares(painter, box, self._shares(index.data(ROW_ROLE)), theme.colours())
