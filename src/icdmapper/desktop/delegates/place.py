"""Paints an entry of the reference at its depth: code, name, the entry in focus standing out."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from icdmapper.desktop import theme
from icdmapper.desktop.models.rows import ROW_ROLE

_STEP = 14


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """An entry with its depth; `here` marks the one in focus."""

    code: str
    name: str
    depth: int
    reference_id: int | None
    here: bool


class PlaceDelegate(QStyledItemDelegate):
    """Draws a `PlaceRow`."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Qt: ground, code, name."""
        row: PlaceRow = index.data(ROW_ROLE)
        painter.save()
        cell = option.rect
        if row.here:
            painter.fillRect(cell, theme.brush("accent_soft"))
        left = cell.left() + 4 + _STEP * row.depth
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        font = theme.mono(12)
        width = QFontMetrics(font).horizontalAdvance(row.code)
        painter.setFont(font)
        painter.setPen(theme.brush("accent" if row.here else "muted").color())
        painter.drawText(QRect(left, cell.top(), width + 2, cell.height()), middle, row.code)
        font = theme.sans(13, bold=row.here)
        left += width + 8
        room = max(cell.right() - left - 4, 0)
        name = QFontMetrics(font).elidedText(row.name, Qt.TextElideMode.ElideRight, room)
        painter.setFont(font)
        role = "accent" if row.here else "text" if row.reference_id is not None else "muted"
        painter.setPen(theme.brush(role).color())
        painter.drawText(QRect(left, cell.top(), room, cell.height()), middle, name)
        painter.restore()
