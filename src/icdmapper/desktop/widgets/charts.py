"""Charts drawn with plain strokes, on screen and on paper alike: a burn-down, bars of states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from icdmapper.desktop import theme
from icdmapper.desktop.theme import Colours

_LABEL = 12
_GAP = 14
_STEPS = (1, 2, 3, 4, 5, 6, 8)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a burn-down: its label, what was done, what was left in the end."""

    label: str
    done: int
    left: int


@dataclass(frozen=True, slots=True)
class Words:
    """What a burn-down says beside its two parts."""

    left: str
    done: str


@dataclass(frozen=True, slots=True)
class Share:
    """A stretch of a bar: how much, and the role of its colour in the theme."""

    amount: int
    colour: str


class BurnDownChart(QWidget):
    """What is left over the days, and below it what was done each day."""

    def __init__(self, words: Words, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = words
        self._days: tuple[Day, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(130)

    def show_days(self, days: Sequence[Day], described: str) -> None:
        """Show other days; `described` says the same to a screen reader."""
        self._days = tuple(days)
        self.setAccessibleName(self._words.left)
        self.setAccessibleDescription(described)
        self.setToolTip(described)
        self.update()

    def sizeHint(self) -> QSize:
        """Qt: about as wide as a side panel."""
        return QSize(360, 190)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt: draw on the screen."""
        painter = QPainter(self)
        paint_burn_down(painter, QRectF(self.rect()), self._days, self._words, theme.colours())
        painter.end()


def paint_burn_down(
    painter: QPainter, area: QRectF, days: Sequence[Day], words: Words, table: Colours
) -> None:
    """Draw a burn-down into `area`: a line that falls above, bars of each day below."""
    if not days:
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(theme.sans(_LABEL))
    line = painter.fontMetrics().height()
    most_left = max(day.left for day in days)
    most_done = max(1, *(day.done for day in days))
    gutter = 8 + max(
        painter.fontMetrics().horizontalAdvance(f"{top(value):,}")
        for value in (most_left, most_done)
    )
    room = area.height() - 3 * line - _GAP
    upper = QRectF(area.left() + gutter, area.top() + line, area.width() - gutter, room * 0.62)
    lower = QRectF(upper.left(), upper.bottom() + _GAP + line, upper.width(), room * 0.38)
    for part, word, most in ((upper, words.left, most_left), (lower, words.done, most_done)):
        _paint_frame(painter, part, word, top(most), table)
    _paint_line(painter, upper, days, top(most_left), table)
    _paint_bars(painter, lower, days, top(most_done), table)
    _paint_dates(painter, lower, days, table)
    painter.restore()


def paint_shares(painter: QPainter, area: QRectF, shares: Sequence[Share], table: Colours) -> None:
    """Draw one bar over the whole of `area`, its stretches in proportion; what is 0 is left out.

    Even the smallest stretch that is not 0 gets two pixels, so that it can be seen.
    """
    total = sum(share.amount for share in shares)
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.fillRect(area, QColor(table.border))
    at = area.left()
    for share in shares:
        if share.amount and total:
            width = max(area.width() * share.amount / total, 2.0)
            painter.fillRect(
                QRectF(at, area.top(), min(width, area.right() - at), area.height()),
                QColor(str(getattr(table, share.colour))),
            )
            at += width
    painter.restore()


def top(most: int) -> int:
    """The round number an axis ends with, so that its labels are easy to read."""
    size = 1
    while True:
        for step in _STEPS:
            if step * size >= most:
                return step * size
        size *= 10


def _paint_frame(painter: QPainter, part: QRectF, word: str, most: int, table: Colours) -> None:
    line = painter.fontMetrics().height()
    painter.setPen(QColor(table.muted))
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    above = QRectF(part.left(), part.top() - line - 2, part.width(), line)
    painter.drawText(above, Qt.AlignmentFlag.AlignRight, word)
    for value, y in ((most, part.top()), (0, part.bottom())):
        painter.setPen(QPen(QColor(table.border), 1))
        painter.drawLine(QPointF(part.left(), y), QPointF(part.right(), y))
        painter.setPen(QColor(table.muted))
        box = QRectF(part.left() - 200, y - line / 2, 194, line)
        painter.drawText(box, right, f"{value:,}")


def _paint_line(
    painter: QPainter, part: QRectF, days: Sequence[Day], most: int, table: Colours
) -> None:
    wide = part.width() / len(days)
    points = [
        QPointF(
            part.left() + wide * (at + 0.5), part.bottom() - part.height() * day.left / max(most, 1)
        )
        for at, day in enumerate(days)
    ]
    below = QPolygonF(
        [QPointF(points[0].x(), part.bottom()), *points, QPointF(points[-1].x(), part.bottom())]
    )
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(table.accent_soft))
    painter.drawPolygon(below)
    painter.setPen(QPen(QColor(table.accent), 2))
    painter.drawPolyline(QPolygonF(points))
    painter.setBrush(QColor(table.accent))
    painter.drawEllipse(points[-1], 3, 3)


def _paint_bars(
    painter: QPainter, part: QRectF, days: Sequence[Day], most: int, table: Colours
) -> None:
    wide = part.width() / len(days)
    painter.setPen(Qt.PenStyle.NoPen)
    for at, day in enumerate(days):
        # A day that gave back more than it answered has no bar; the line above shows it.
        height = part.height() * max(day.done, 0) / most
        box = QRectF(part.left() + wide * at + wide * 0.2, part.bottom() - height, wide * 0.6, 0)
        box.setBottom(part.bottom())
        painter.fillRect(box, QColor(table.accent))


def _paint_dates(painter: QPainter, part: QRectF, days: Sequence[Day], table: Colours) -> None:
    line = painter.fontMetrics().height()
    painter.setPen(QColor(table.muted))
    wide = part.width() / len(days)
    widest = max(painter.fontMetrics().horizontalAdvance(day.label) for day in days) + 16
    every = max(1, -(-int(widest) // max(int(wide), 1)))
    for at in range(len(days) - 1, -1, -every):
        middle = part.left() + wide * (at + 0.5)
        left = min(max(middle - widest / 2, part.left()), part.right() - widest)
        align = Qt.AlignmentFlag.AlignCenter
        if at == len(days) - 1:
            align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        box = QRectF(left, part.bottom() + 3, widest, line)
        painter.drawText(box, align, days[at].label)
