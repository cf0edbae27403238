"""Paints a cell of plain words on one line.

Qt's own delegate asks the model for a dozen roles of each cell and lays every text out anew. A
whole worklist is painted after each decision, so the time that takes is time a coder waits.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QStaticText, QTransform
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from icdmapper.desktop import theme
from icdmapper.desktop.models.rows import Column, RowTableModel, font_of

MARGIN = 8
"""Pixels between the edge of a cell and its words, as in the titles above them."""
_SELECTED = QStyle.StateFlag.State_Selected.value
_ENABLED = QStyle.StateFlag.State_Enabled.value
_FADED = 0.55
"""How much of its colours a text of a table has in which nothing can be done."""
Shown = tuple[Column[Any], Any, str]
"""A column, a row, and what the one says of the other."""


class CellDelegate(QStyledItemDelegate):
    """Colours the ground of a `RowTableModel`'s cell and has its text drawn, if there is any."""

    def __init__(self, model: RowTableModel[Any], parent: QObject) -> None:
        super().__init__(parent)
        self._model = model

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Qt: the cell's ground, then its text."""
        cell: QRect = option.rect
        state = option.state.value
        if state & _SELECTED:
            painter.fillRect(cell, theme.brush("accent_soft"))
        column = self._model.columns[index.column()]
        row = self._model.rows[index.row()]
        if text := column.text(row):
            painter.setOpacity(1 if state & _ENABLED else _FADED)
            self.draw(painter, cell, (column, row, text))

    def draw(self, painter: QPainter, cell: QRect, shown: Shown) -> None:
        """Draw a text that is not empty."""
        raise NotImplementedError


class WordsDelegate(CellDelegate):
    """Draws the cells that are neither a badge nor written into."""

    def draw(self, painter: QPainter, cell: QRect, shown: Shown) -> None:
        """As much of the words as there is room for."""
        column, row, text = shown
        font = font_of(column, row) or theme.sans(theme.BODY_PIXELS)
        words, width = laid_out(text, cell.width() - 2 * MARGIN, font)
        left = cell.right() + 1 - MARGIN - width if column.right else cell.left() + MARGIN
        painter.setFont(font)
        painter.setPen(theme.ink("muted" if column.muted else "text"))
        paint_words(painter, left, cell, words)


def paint_words(painter: QPainter, left: float, cell: QRect, shown: QStaticText) -> None:
    """Draw words that are laid out, in the middle of the cell's height."""
    top = cell.top() + (cell.height() - round(shown.size().height())) // 2
    painter.drawStaticText(QPointF(left, top), shown)


def laid_out(text: str, room: int, font: QFont) -> tuple[QStaticText, int]:
    """A text, cut with an ellipsis to so many pixels, and how many it takes.

    Remembered for the fonts of the theme, as most of a table is painted again and again.
    """
    return _laid_out(text, room, _Font(font))


class _Font:
    """A font of the theme as a key: the same object is the same font."""

    __slots__ = ("font",)

    def __init__(self, font: QFont) -> None:
        self.font = font

    def __hash__(self) -> int:
        return id(self.font)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Font) and other.font is self.font


@lru_cache(maxsize=4096)
def _laid_out(text: str, room: int, key: _Font) -> tuple[QStaticText, int]:
    metrics = QFontMetrics(key.font)
    cut = metrics.elidedText(text.replace("\n", " "), Qt.TextElideMode.ElideRight, room)
    shown = QStaticText(cut)
    shown.setTextFormat(Qt.TextFormat.PlainText)
    shown.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    shown.prepare(QTransform(), key.font)
    return shown, metrics.horizontalAdvance(cut)
