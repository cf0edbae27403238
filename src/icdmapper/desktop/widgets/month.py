"""A month as a sheet of days: each with its figure, a sign, a word and a tone."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from icdmapper.desktop import theme
from icdmapper.desktop.models.rows import ROW_ROLE, Index
from icdmapper.model.marks import Tone
from icdmapper.texts import N_, _

WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
_WEEK = len(WEEKDAYS)
_TONES = {
    Tone.PLAIN: ("muted", "sunken"),
    Tone.SAME: ("same", "same_soft"),
    Tone.MISSING: ("missing", "missing_soft"),
    Tone.WRONG: ("wrong", "wrong_soft"),
    Tone.ACCENT: ("accent", "accent_soft"),
}
_GAP, _ROUND, _INSIDE = 2, 6, 6
_LOW = 50
"""Below this height a day has room for two lines only."""
_CROWDED = 64
"""Below this height there is no room for a grade below a note."""


@dataclass(frozen=True, slots=True)
class DayCell:
    """What a day says. `sign` and `word` say what the tone says; `note` is an alarm of its own."""

    figure: str = ""
    sign: str = ""
    word: str = ""
    tone: Tone = Tone.PLAIN
    corner: str = ""
    note: str = ""
    described: str = ""


class MonthSheet(QTableView):
    """Days in weeks; `chosen` tells the day the cursor is on, `turned` how many months on."""

    chosen = Signal(object)
    turned = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._days = _Days(self)
        self._quiet = False
        self.setModel(self._days)
        self.setItemDelegate(_DayDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.verticalHeader().hide()
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setMinimumSectionSize(24)
            header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
            header.setHighlightSections(False)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
        self.horizontalHeader().setSectionsClickable(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.selectionModel().currentChanged.connect(self._on_moved)

    @property
    def day(self) -> date:
        """The day the cursor is on."""
        return self._days.day_at(self.currentIndex()) or self._days.first

    def cell(self, day: date) -> DayCell:
        """What a day says."""
        return self._days.cells.get(day, DayCell())

    def show_month(self, month: date, cells: Mapping[date, DayCell], chosen: date) -> None:
        """Show a month, the cursor on a day of it; nobody is told."""
        self._quiet = True
        self._days.show_month(month.replace(day=1), cells)
        self.setCurrentIndex(self._days.index_of(chosen))
        self._quiet = False

    def keyboardSearch(self, search: str) -> None:
        """Qt: letters are keys of the page."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: over the edge of the month goes on in the next one."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -7, Qt.Key.Key_Down: 7}
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        event.accept()
        wanted = self.day + timedelta(days=step)
        if wanted.month == self._days.first.month:
            self.setCurrentIndex(self._days.index_of(wanted))
        else:
            self._days.wanted = wanted
            self.turned.emit(-1 if step < 0 else 1)

    def go_to(self, day: date) -> None:
        """Land on this day when its month is shown next."""
        self._days.wanted = day

    def landing(self, month: date) -> date:
        """The day the cursor lands on in another month: where the keys were going, or the same."""
        wanted, self._days.wanted = self._days.wanted, None
        if wanted is not None and (wanted.year, wanted.month) == (month.year, month.month):
            return wanted
        return month.replace(day=min(self.day.day, monthrange(month.year, month.month)[1]))

    def sizeHint(self) -> QSize:
        """Qt: room for five weeks."""
        return QSize(_WEEK * 78, 300)

    def _on_moved(self, current: QModelIndex, before: QModelIndex) -> None:
        if self._quiet:
            return
        day = self._days.day_at(current)
        if day is not None:
            self.chosen.emit(day)
        elif self._days.day_at(before) is not None:
            self.setCurrentIndex(before)


class _Days(QAbstractTableModel):
    """The days of one month in rows of weeks."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.first = date(2000, 1, 1)
        self.cells: Mapping[date, DayCell] = {}
        self.wanted: date | None = None

    def show_month(self, first: date, cells: Mapping[date, DayCell]) -> None:
        self.beginResetModel()
        self.first, self.cells = first, cells
        self.endResetModel()

    def index_of(self, day: date) -> QModelIndex:
        at = self.first.weekday() + (day - self.first).days
        return self.index(at // _WEEK, at % _WEEK)

    def day_at(self, index: Index) -> date | None:
        if not index.isValid():
            return None
        back = index.row() * _WEEK + index.column() - self.first.weekday()
        day = self.first + timedelta(days=back)
        return day if day.month == self.first.month else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        if parent.isValid():
            return 0
        return (self.first.weekday() + monthrange(self.first.year, self.first.month)[1] + 6) // 7

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else _WEEK

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.day_at(index) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        day = self.day_at(index)
        if day is None:
            return None
        cell = self.cells.get(day, DayCell())
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return str(day.day)
            case Qt.ItemDataRole.AccessibleTextRole | Qt.ItemDataRole.ToolTipRole:
                return cell.described or f"{day}"
            case _ if role == ROW_ROLE:
                return cell
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _(WEEKDAYS[section])
        return None


class _DayDelegate(QStyledItemDelegate):
    """Draws a day: number and sign above, the figure, its word below."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        cell = index.data(ROW_ROLE)
        if not isinstance(cell, DayCell):
            return
        front, back = _TONES[cell.tone]
        box = QRectF(option.rect).adjusted(_GAP, _GAP, -_GAP, -_GAP)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = QPen(theme.brush("accent" if chosen else "border"), 2.0 if chosen else 1.0)
        painter.setPen(edge)
        painter.setBrush(theme.brush(back if cell.word else "surface"))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), _ROUND, _ROUND)
        inside = box.adjusted(_INSIDE, 4, -_INSIDE, -4)
        number = str(index.data())
        beside = QFontMetricsF(theme.sans(13)).horizontalAdvance(number) + 3
        room = inside.adjusted(beside, 1, -12, 0)
        # In a narrow day an alarm is worth more than a sign that tone and word say too.
        tight = QFontMetricsF(theme.sans(12)).horizontalAdvance(cell.note) > room.width()
        sign = "" if tight else cell.sign
        _paint_line(painter, inside, number, sign, ("text", front), bold=False)
        if tight:
            room, size = inside.adjusted(beside, 3, 2, 0), 10
        else:
            size = 12
        _paint_words(painter, room, cell.note, "wrong", Qt.AlignmentFlag.AlignLeft, size=size)
        low = box.height() < _LOW
        below = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft
        if not low:
            middle = QRectF(inside)
            middle.setTop(box.center().y() - 9)
            crowded = bool(cell.note) and box.height() < _CROWDED
            corner = "" if crowded else cell.corner
            _paint_line(painter, middle, cell.figure, corner, ("text", "muted"), bold=True)
        _paint_words(painter, inside, _words(cell, inside.width(), low=low), front, below)
        painter.restore()


def _words(cell: DayCell, room: float, *, low: bool) -> str:
    """What the lowest line of a day says: in a low one the figure too, as far as there is room."""
    if not (low and cell.figure):
        return cell.word
    counted = cell.word[:1].isdigit()
    # Two numbers must not run together; what is alone is the one the colour does not tell.
    whole = f"{cell.figure}{' · ' if counted else ' '}{cell.word}"
    fits = QFontMetricsF(theme.sans(12)).horizontalAdvance(whole) <= room
    return whole if fits else cell.word if counted else cell.figure


def _paint_line(
    painter: QPainter, area: QRectF, left: str, right: str, inks: tuple[str, str], *, bold: bool
) -> None:
    top = Qt.AlignmentFlag.AlignTop
    painter.setFont(theme.sans(13, bold=bold))
    painter.setPen(theme.brush(inks[0]).color())
    painter.drawText(area, top | Qt.AlignmentFlag.AlignLeft, left)
    room = area.width() - QFontMetricsF(painter.font()).horizontalAdvance(left) - 4
    painter.setFont(theme.sans(12, bold=not bold))
    if right and QFontMetricsF(painter.font()).horizontalAdvance(right) <= room:
        painter.setPen(theme.brush(inks[1]).color())
        painter.drawText(area, top | Qt.AlignmentFlag.AlignRight, right)


def _paint_words(
    painter: QPainter, area: QRectF, words: str, ink: str, place: Qt.AlignmentFlag, size: int = 12
) -> None:
    painter.setFont(theme.sans(size))
    painter.setPen(theme.brush(ink).color())
    short = QFontMetricsF(painter.font()).elidedText(
        words, Qt.TextElideMode.ElideRight, area.width()
    )
    painter.drawText(area, place, short)
