"""Paints a cell as a word on a coloured ground."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from icdmapper.desktop import theme
from icdmapper.desktop.models.rows import TONE_ROLE
from icdmapper.model.marks import Tone

_COLOURS = {
    Tone.PLAIN: ("muted", "sunken"),
    Tone.SAME: ("same", "same_soft"),
    Tone.MISSING: ("missing", "missing_soft"),
    Tone.WRONG: ("wrong", "wrong_soft"),
    Tone.ACCENT: ("accent", "accent_soft"),
}
_PIXELS = 12
_PADDING, _MARGIN = 6, 6
_HEIGHT = 20


def room_for(word: str) -> int:
    """How wide a cell must be to show a word as a badge."""
    advance = QFontMetrics(theme.sans(_PIXELS)).horizontalAdvance(word)
    return advance + 2 * (_PADDING + _MARGIN) + 2 if word else 0


class BadgeDelegate(QStyledItemDelegate):
    """Draws the cell's word as a badge in the tone its column gives."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Qt: the cell's ground as always, then the badge."""
        # The ground needs nothing of the row: asking the model for each of Qt's roles takes longer
        # than painting, and a whole worklist is painted after each decision.
        widget = option.widget
        widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, widget)
        word = index.data()
        if not word:
            return
        tone = index.data(TONE_ROLE) or Tone.PLAIN
        front, back = _COLOURS[tone]
        cell = option.rect
        font = theme.sans(_PIXELS)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font)
        room = cell.width() - 2 * (_PADDING + _MARGIN)
        word = painter.fontMetrics().elidedText(word, Qt.TextElideMode.ElideRight, room)
        width = painter.fontMetrics().horizontalAdvance(word) + 2 * _PADDING
        box = QRectF(cell.left() + _MARGIN, cell.center().y() - _HEIGHT / 2 + 0.5, width, _HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.brush(back))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(theme.brush(front).color())
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, word)
        painter.restore()

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Qt: as wide as the word with its ground."""
        hint = super().sizeHint(option, index)
        return QSize(hint.width() + 2 * (_PADDING + _MARGIN), hint.height())
