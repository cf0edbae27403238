"""Paints a cell as a word on a coloured ground."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from icdmapper.desktop import theme
from icdmapper.desktop.delegates.words import laid_out, paint_ground, paint_words
from icdmapper.desktop.models.rows import RowTableModel
from icdmapper.model.marks import Tone

_COLOURS = {
    Tone.PLAIN: ("muted", "sunken"),
    Tone.SAME: ("same", "same_soft"),
    Tone.MISSING: ("missing", "missing_soft"),
    Tone.WRONG: ("wrong", "wrong_soft"),
    Tone.ACCENT: ("accent", "accent_soft"),
}
_SMOOTH = QPainter.RenderHint.Antialiasing
_PIXELS = 12
_PADDING, _MARGIN = 6, 6
_HEIGHT = 20


def room_for(word: str) -> int:
    """How wide a cell must be to show a word as a badge."""
    advance = QFontMetrics(theme.sans(_PIXELS)).horizontalAdvance(word)
    return advance + 2 * (_PADDING + _MARGIN) + 2 if word else 0


class BadgeDelegate(QStyledItemDelegate):
    """Draws the cell's word as a badge in the tone its column gives."""

    def __init__(self, model: RowTableModel[Any], parent: QObject) -> None:
        super().__init__(parent)
        self._model = model

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Qt: the cell's ground as always, then the badge."""
        cell, _is_enabled = paint_ground(painter, option)
        column = self._model.columns[index.column()]
        row = self._model.rows[index.row()]
        word = column.text(row)
        if not word:
            return
        front, back = _COLOURS[column.tone(row) if column.tone else Tone.PLAIN]
        font = theme.sans(_PIXELS)
        shown, width = laid_out(word, cell.width() - 2 * (_PADDING + _MARGIN), font)
        left, top = cell.left() + _MARGIN, cell.center().y() - _HEIGHT / 2 + 0.5
        painter.setRenderHint(_SMOOTH)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.brush(back))
        painter.drawRoundedRect(QRectF(left, top, width + 2 * _PADDING, _HEIGHT), 4, 4)
        painter.setRenderHint(_SMOOTH, on=False)
        painter.setFont(font)
        painter.setPen(theme.ink(front))
        paint_words(painter, left + _PADDING, cell, shown)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Qt: as wide as the word with its ground."""
        hint = super().sizeHint(option, index)
        return QSize(hint.width() + 2 * (_PADDING + _MARGIN), hint.height())
