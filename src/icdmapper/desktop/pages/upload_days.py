"""The days of the upload page: a month of discharges, and what there is to say of one day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from icdmapper.desktop import theme
from icdmapper.desktop.widgets.labels import badge, label, set_tone, surface
from icdmapper.desktop.widgets.month import WEEKDAYS, DayCell, MonthSheet
from icdmapper.model.marks import Tone
from icdmapper.model.sending import WAITING, PackageState
from icdmapper.texts import N_, _
from icdmapper.texts.words import day_word, package_state_word

if TYPE_CHECKING:
    from icdmapper.upload.nights import Day

SIGNS = {
    "rejected": ("✕", Tone.WRONG),
    "unknown": ("?", Tone.WRONG),
    "held": ("!", Tone.MISSING),
    "waiting": ("…", Tone.ACCENT),
    "accepted": ("✓", Tone.SAME),
    "nothing": ("∅", Tone.WRONG),
}
"""What stands for a day beside its word, so that nobody needs to tell colours apart."""
_MOST_REASONS, _MOST_PACKAGES = 4, 3


class DaysPanel(QWidget):
    """The month with its title and the way to other months."""

    month_wanted = Signal(object)
    day_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sheet = MonthSheet()
        self.month = self._to_today()
        self.sheet.setAccessibleName(_("By day of discharge"))
        self._title = label(look="section")
        self._before = _turner("‹", _("the month before"))
        self._after = _turner("›", _("the next month"))
        self._today = QPushButton(_("This month"))
        self._today.setProperty("look", "flat")
        sheet = surface()
        column = QVBoxLayout(sheet)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(6)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        for button in (self._today, self._before, self._after):
            head.addWidget(button)
        column.addLayout(head)
        column.addWidget(self.sheet, 1)
        column.addWidget(_legend())
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(sheet)
        self._before.clicked.connect(lambda _on=False: self.turn(-1))
        self._after.clicked.connect(lambda _on=False: self.turn(1))
        self._today.clicked.connect(lambda _on=False: self.turn(0))
        self.sheet.turned.connect(self.turn)
        self.sheet.chosen.connect(self.day_chosen)

    def turn(self, months: int) -> None:
        """Go so many months on or back; 0 is the month that runs."""
        if not months:
            self.month = self._to_today()
        else:
            middle = self.month + timedelta(days=14 + 31 * months)
            self.month = middle.replace(day=1)
        self.month_wanted.emit(self.month)

    def _to_today(self) -> date:
        today = date.today()  # noqa: DTZ011 - days of the hospital
        self.sheet.go_to(today)
        return today.replace(day=1)

    def show_days(self, days: Iterable[Day], environment: str) -> None:
        """Show a month of one environment; the cursor stays where it was, or goes along."""
        known = {one.day: one for one in days}
        chosen = self.sheet.landing(self.month)
        self._title.setText(
            _("{environment} · discharges of {month}").format(
                environment=environment, month=f"{self.month:%Y-%m}"
            )
        )
        self.sheet.show_month(self.month, {at: cell(one) for at, one in known.items()}, chosen)
        self.day_chosen.emit(chosen)


class DayPanel(QWidget):
    """Everything there is to say of one day."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = label(look="section")
        self._badge = badge()
        self._lines = [(label(look="muted"), label(wrap=True, copy=True)) for _at in range(4)]
        sheet = surface()
        column = QVBoxLayout(sheet)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(6)
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addWidget(self._badge)
        head.addStretch(1)
        column.addLayout(head)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for at, (word, value) in enumerate(self._lines):
            grid.addWidget(word, at, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, at, 1)
        column.addLayout(grid)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(sheet)

    def show_day(self, one: Day, reason: Callable[[str], str]) -> None:
        """Show a day; `reason` says why records are held, in words."""
        self._title.setText(f"{one.day} · {_(WEEKDAYS[one.day.weekday()])}")
        sign, tone = SIGNS.get(one.mark.value, ("", Tone.PLAIN))
        word = day_word(one.mark.value) or _("not due")
        self._badge.setText(f"{sign} {word}".strip())
        set_tone(self._badge, tone)
        held = sorted(one.held.items(), key=lambda pair: -pair[1])[:_MOST_REASONS]
        lines = (
            (_("Records"), _counts(one)),
            (_("Held"), "\n".join(f"{reason(why)}: {count:,}" for why, count in held)),
            (_("Packages"), _packages(one)),
            (_("Night"), _night(one)),
        )
        for (name, value), (title, text) in zip(self._lines, lines, strict=True):
            name.setText(title)
            value.setText(text)
            name.setVisible(bool(text))
            value.setVisible(bool(text))


def cell(one: Day) -> DayCell:
    """A day as it stands in the month."""
    mark = one.mark.value
    sign, tone = SIGNS.get(mark, ("", Tone.PLAIN))
    word = day_word(mark)
    if one.held_records and mark != "held":
        word = _("{word}, {count} held").format(word=word, count=one.held_records)
    if mark == "held":
        word = _("{count} held").format(count=one.held_records)
    grade = _("grade {grade}").format(grade=one.grade) if one.grade is not None else ""
    note = _("no run") if one.silent else ""
    said = (f"{one.day}", _counts(one), word, grade, _("no run in this night") if note else "")
    figure = f"{one.sent:,}" if one.sent else ""
    described = " · ".join(filter(None, said))
    return DayCell(figure, sign, word, tone, grade, note, described)


def _counts(one: Day) -> str:
    waiting = sum(one.states.get(state, 0) for state in WAITING)
    parts = (
        (N_("sent"), one.sent),
        (N_("accepted"), one.states.get(PackageState.ACCEPTED, 0)),
        (N_("waiting"), waiting),
        (N_("rejected"), one.states.get(PackageState.REJECTED, 0)),
        (N_("unknown"), one.states.get(PackageState.UNKNOWN, 0)),
        (N_("held"), one.held_records),
    )
    return " · ".join(f"{_(word)} {count:,}" for word, count in parts if count) or _("none")


def _packages(one: Day) -> str:
    worst = sorted(one.packages, key=lambda each: each.state is PackageState.ACCEPTED)
    lines = []
    for each in worst[:_MOST_PACKAGES]:
        grade = each.feedback.grade if each.feedback is not None else None
        said = "" if grade is None else " · " + _("grade {grade}").format(grade=grade)
        lines.append(f"{each.name} · {package_state_word(each.state.value)}{said}")
    more = len(worst) - _MOST_PACKAGES
    return "\n".join([*lines, _("and {count} more").format(count=more)] if more > 0 else lines)


def _night(one: Day) -> str:
    if one.silent:
        return _("no run in this night")
    return "\n".join(
        _("run from {start} to {end}").format(
            start=f"{run.started.astimezone():%H:%M}",
            end=f"{run.ended.astimezone():%H:%M}" if run.ended else "—",
        )
        for run in one.runs[:2]
    )


def _legend() -> QWidget:
    """The signs with their words."""
    shown = QWidget()
    row = QHBoxLayout(shown)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    for mark, (sign, tone) in SIGNS.items():
        row.addWidget(badge(f"{sign} {day_word(mark)}", tone))
    row.addStretch(1)
    return shown


def _turner(sign: str, tip: str) -> QPushButton:
    made = QPushButton(sign)
    made.setProperty("look", "flat")
    made.setToolTip(tip)
    made.setAccessibleName(tip)
    made.setFixedSize(QSize(28, 28))
    made.setFont(theme.sans(16))
    return made
