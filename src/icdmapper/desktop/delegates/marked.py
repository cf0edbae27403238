"""Paints a name with its differences marked; the cell's text says the same without colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from icdmapper.desktop import theme
from icdmapper.desktop.models.rows import ROW_ROLE
from icdmapper.model.marks import Run, Tone

_COLOURS = {
    Tone.MISSING: ("missing", "missing_soft"),
    Tone.WRONG: ("wrong", "wrong_soft"),
    Tone.ACCENT: ("accent", "accent_soft"),
}
_MARGIN = 6


class MarkedDelegate(QStyledItemDelegate):
    """Draws the runs of a row; `runs` gives none where there is nothing to mark."""

    def __init__(self, runs: Callable[[Any], Sequence[Run]], parent: QObject) -> None:
        super().__init__(parent)
        self._runs = runs

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Qt: the cell as always, or its ground with the marked name on it."""
        runs = self._runs(index.data(ROW_ROLE))
        if not runs:
            super().paint(painter, option, index)
            return
        options = QStyleOptionViewItem(option)
        self.initStyleOption(options, index)
        options.text = ""
        widget = options.widget
        widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, options, painter, widget)
        painter.save()
        painter.setFont(options.font)
        plain = options.palette.text().color()
        cell = options.rect.adjusted(_MARGIN, 0, -_MARGIN, 0)
        painter.setClipRect(cell)
        left, metrics = cell.left(), painter.fontMetrics()
        for run in _fitting(runs, metrics, cell.width()):
            width = metrics.horizontalAdvance(run.text)
            box = QRect(left, cell.top(), width, cell.height())
            colours = _COLOURS.get(run.tone)
            if colours:
                ground = box.adjusted(0, (box.height() - metrics.height()) // 2, 0, 0)
                ground.setHeight(metrics.height())
                painter.fillRect(ground, theme.brush(colours[1]))
            painter.setPen(theme.brush(colours[0]).color() if colours else plain)
            painter.drawText(
                box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, run.text
            )
            left += width
        painter.restore()


def _fitting(runs: Sequence[Run], metrics: QFontMetrics, room: int) -> list[Run]:
    """As many runs as there is room for, the last one cut with an ellipsis."""
    if metrics.horizontalAdvance("".join(run.text for run in runs)) <= room:
        return list(runs)
    fitting: list[Run] = []
    left = room
    dots = metrics.horizontalAdvance("…")
    for run in runs:
        width = metrics.horizontalAdvance(run.text)
        if width > left - dots:
            cut = metrics.elidedText(f"{run.text}……", Qt.TextElideMode.ElideRight, left)
            return [*fitting, Run(cut, run.tone)]
        fitting.append(run)
        left -= width
    return fitting
