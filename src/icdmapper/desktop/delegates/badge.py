"""Paints a cell as a word on a coloured ground."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyleOptionViewItem

from icdmapper.desktop import theme
from icdmapper.desktop.delegates.words import CellDelegate, Shown, laid_out, paint_words
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


class BadgeDelegate(CellDelegate):
    """Draws the cell's word as a badge in the tone its column gives."""

    def draw(self, painter: QPainter, cell: QRect, shown: Shown) -> None:
        """The word on its ground."""
        column, row, text = shown
        front, back = _COLOURS[column.tone(row) if column.tone else Tone.PLAIN]
        font = theme.sans(_PIXELS)
        word, width = laid_out(text, cell.width() - 2 * (_PADDING + _MARGIN), font)
        left, top = cell.left() + _MARGIN, cell.center().y() - _HEIGHT / 2 + 0.5
        painter.setRenderHint(_SMOOTH)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.brush(back))
        painter.drawRoundedRect(QRectF(left, top, width + 2 * _PADDING, _HEIGHT), 4, 4)
        painter.setRenderHint(_SMOOTH, on=False)
        painter.setFont(font)
        painter.setPen(theme.ink(front))
        paint_words(painter, left + _PADDING, cell, word)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Qt: as wide as the word with its ground."""
        hint = super().sizeHint(option, index)
        return QSize(hint.width() + 2 * (_PADDING + _MARGIN), hint.height())
