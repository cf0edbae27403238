"""The parts of the packets: what goes out, what is out, what came back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from PySide6.QtCore import QDate, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDateEdit,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop import check_words, wording
from icdmapper.desktop.models.editable import EditableRows
from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.widgets.labels import label
from icdmapper.desktop.widgets.numbers import in_line
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.model.marks import Tone
from icdmapper.model.packets import Answer, AnswerState
from icdmapper.resolution.packet_session import DepartmentRow, ReturnedRow, Standing
from icdmapper.resolution.packets import PacketProgress, ReturnedPacket
from icdmapper.texts import N_, _
from icdmapper.texts.words import answer_word

_STANDINGS = {
    Standing.OUT: (N_("handed out"), Tone.PLAIN),
    Standing.OVERDUE: (N_("overdue"), Tone.WRONG),
    Standing.ANSWERED: (N_("answered"), Tone.SAME),
}
_ANSWER_TONES = {
    AnswerState.READY: Tone.SAME,
    AnswerState.OTHER: Tone.ACCENT,
    AnswerState.EMPTY: Tone.PLAIN,
    AnswerState.ALREADY: Tone.PLAIN,
    AnswerState.INCOMPLETE: Tone.MISSING,
    AnswerState.CONFLICT: Tone.WRONG,
    AnswerState.CHANGED: Tone.WRONG,
    AnswerState.UNKNOWN: Tone.WRONG,
}


class MakePanel(QFrame):
    """The departments with open disputes, and how their packets are made."""

    toggled = Signal(int)
    dated = Signal(object)
    wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        self._model: EditableRows[DepartmentRow] = EditableRows(
            _department_columns(), self, checked=lambda one: one.picked
        )
        self.table = _table(self._model, _("Departments with open disputes"))
        self._count = in_line(QSpinBox())
        self._count.setRange(0, 999)
        self._count.setSpecialValueText(_("all"))
        self._deadline = in_line(QDateEdit())
        self._deadline.setDisplayFormat("yyyy-MM-dd")
        self._deadline.setCalendarPopup(True)
        self._single = QCheckBox(_("every question on a page of its own"))
        rows = QFormLayout()
        rows.setHorizontalSpacing(12)
        for word, field in ((_("Most frequent"), self._count), (_("Back by"), self._deadline)):
            field.setAccessibleName(word)
            field.setMaximumWidth(150)
            rows.addRow(label(word, look="muted"), field)
        foot = QHBoxLayout()
        foot.addWidget(self._single, 1)
        foot.addWidget(_button(_("Make packets…  Ctrl+Enter"), self.wanted.emit, primary=True))
        column = _sheet(self, _("1  Hand out"))
        column.addWidget(self.table, 1)
        column.addLayout(rows)
        column.addLayout(foot)
        self._model.toggled.connect(self.toggled)
        self.table.row_opened.connect(self.toggled)
        self._deadline.dateChanged.connect(lambda day: self.dated.emit(day.toPython()))

    @property
    def count(self) -> int:
        """At most so many questions in a packet; 0 for all."""
        return self._count.value()

    @property
    def one_per_page(self) -> bool:
        """Whether every question gets a page of its own."""
        return self._single.isChecked()

    def show_departments(self, rows: Sequence[DepartmentRow], deadline: date) -> None:
        """Show who can get a packet."""
        _show(self.table, rows)
        self._deadline.setDate(QDate(deadline.year, deadline.month, deadline.day))

    def toggle(self) -> None:
        """Check or uncheck the department in focus."""
        if self.table.currentIndex().isValid():
            self.toggled.emit(self.table.currentIndex().row())


class MadePanel(QFrame):
    """The packets that were made, and how they stand."""

    again_wanted = Signal(object)
    """A Packet whose files are wanted once more."""

    def __init__(
        self, standing: Callable[[PacketProgress], Standing], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        self._model: RowTableModel[PacketProgress] = RowTableModel(_made_columns(standing), self)
        self.table = _table(self._model, _("Packets made"))
        self._again = _button(_("Write its files again…"), self._on_again)
        column = _sheet(self, _("Packets made"), self._again)
        column.addWidget(self.table, 1)
        self.table.row_opened.connect(lambda _row: self._on_again())

    def show_packets(self, rows: Sequence[PacketProgress]) -> None:
        """Show the packets."""
        _show(self.table, rows)
        self._again.setEnabled(bool(rows))

    def _on_again(self) -> None:
        row = self._model.row_at(self.table.currentIndex())
        if row is not None:
            self.again_wanted.emit(row.packet)


class ReturnPanel(QFrame):
    """A filled packet, row by row, before anything is stored."""

    file_wanted = Signal()
    toggled = Signal(int)
    take_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        self._model: EditableRows[ReturnedRow] = EditableRows(
            _returned_columns(), self, checked=lambda one: one.taken
        )
        self.table = _table(self._model, _("Rows of the filled packet"))
        choose = _button(_("Choose the filled workbook…  Ctrl+O"), self.file_wanted.emit)
        self._said = label(look="muted", wrap=True)
        self._detail = label(wrap=True, copy=True)
        self._take = _button(
            _("Take the checked rows  Ctrl+S"), self.take_wanted.emit, primary=True
        )
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self._take)
        column = _sheet(self, _("2  Take back"), choose)
        column.addWidget(self._said)
        column.addWidget(self.table, 1)
        column.addWidget(self._detail)
        column.addLayout(foot)
        column.addStretch(0)
        self._model.toggled.connect(self.toggled)
        self.table.row_opened.connect(self.toggled)
        self.table.row_chosen.connect(lambda _row: self._say())
        self.show_rows(None, ())

    def show_rows(self, returned: ReturnedPacket | None, rows: Sequence[ReturnedRow]) -> None:
        """Show what came back; None for nothing yet."""
        _show(self.table, rows)
        self.table.setVisible(returned is not None)
        taken = sum(one.taken for one in rows)
        self._take.setVisible(returned is not None)
        self._take.setEnabled(bool(taken))
        self._said.setText(
            _("Nothing is stored before you have seen every row here.")
            if returned is None
            else _("{department}, made {time}: {taken} of {count} rows will be taken.").format(
                department=returned.packet.department or _("no department"),
                time=wording.moment(returned.packet.made_at),
                taken=taken,
                count=len(rows),
            )
        )
        self._say()

    def toggle(self) -> None:
        """Check or uncheck the row in focus."""
        if self.table.currentIndex().isValid():
            self.toggled.emit(self.table.currentIndex().row())

    def _say(self) -> None:
        row = self._model.row_at(self.table.currentIndex())
        self._detail.setVisible(row is not None)
        if row is not None:
            self._detail.setText("\n".join(_details(row)))


def _details(row: ReturnedRow) -> list[str]:
    """What will happen, and for a conflict both values."""
    answer = row.answer
    filled = answer.filled
    lines = [row.effect]
    if answer.chosen is not None:
        chosen = check_words.answer(answer.chosen.opinion)
        lines.append(_("In the packet: {answer}").format(answer=chosen))
    if answer.now is not None:
        lines.append(_("Now: {answer}").format(answer=check_words.answer(answer.now)))
    said = _(", ").join(filter(None, (filled.other, filled.reason)))
    if said:
        lines.append(_("Written: {text}").format(text=said))
    return lines


def _chosen(answer: Answer) -> str:
    if answer.chosen is not None:
        return f"{answer.chosen.letter}  {check_words.answer(answer.chosen.opinion)}"
    return "  ".join(filter(None, (answer.filled.letter, answer.filled.other)))


def _department_columns() -> tuple[Column[DepartmentRow], ...]:
    return (
        Column(N_("Department"), lambda one: one.disputes.department or _("no department")),
        Column(
            N_("Disputed"), lambda one: f"{len(one.disputes.local_ids):,}", width=70, right=True
        ),
        Column(N_("A year"), lambda one: f"{one.disputes.discharges:,}", width=80, right=True),
        Column(
            N_("Handed out"),
            lambda one: f"{one.disputes.handed_out:,}" if one.disputes.handed_out else "",
            width=84,
            right=True,
        ),
    )


def _made_columns(
    standing: Callable[[PacketProgress], Standing],
) -> tuple[Column[PacketProgress], ...]:
    return (
        Column(N_("Packet"), lambda one: one.packet.id[:8], width=84, code=True, muted=True),
        Column(N_("Department"), lambda one: one.packet.department or _("no department")),
        Column(
            N_("Back by"),
            lambda one: f"{one.packet.deadline}" if one.packet.deadline else "",
            width=96,
        ),
        Column(
            N_("Unanswered"),
            lambda one: f"{one.waiting} / {len(one.packet.rows)}",
            width=92,
            right=True,
        ),
        Column(
            N_("State"),
            lambda one: _(_STANDINGS[standing(one)][0]),
            width=100,
            tone=lambda one: _STANDINGS[standing(one)][1],
        ),
    )


def _returned_columns() -> tuple[Column[ReturnedRow], ...]:
    return (
        Column(N_("Row"), lambda one: one.answer.filled.number, width=62),
        Column(N_("Local code"), lambda one: one.answer.filled.code, width=96, code=True),
        Column(N_("Name"), lambda one: one.answer.filled.name),
        Column(N_("Answer"), lambda one: _chosen(one.answer)),
        Column(N_("Clinician"), lambda one: one.answer.filled.clinician, width=78),
        Column(
            N_("State"),
            lambda one: answer_word(one.answer.state.value),
            width=118,
            tone=lambda one: _ANSWER_TONES[one.answer.state],
        ),
    )


def _sheet(frame: QFrame, title: str, button: QPushButton | None = None) -> QVBoxLayout:
    column = QVBoxLayout(frame)
    column.setContentsMargins(12, 10, 12, 10)
    column.setSpacing(8)
    head = QHBoxLayout()
    head.addWidget(label(title, look="section"), 1)
    if button is not None:
        head.addWidget(button)
    column.addLayout(head)
    return column


def _table(model: RowTableModel[Any], name: str) -> RowTable:
    table = RowTable(model)
    table.setProperty("frameless", True)
    table.setAccessibleName(name)
    return table


def _show(table: RowTable, rows: Sequence[object]) -> None:
    """Show rows; the cursor stays where it was."""
    at = max(table.currentIndex().row(), 0)
    table.show_rows(rows)
    if rows:
        table.show_row(min(at, len(rows) - 1))


def _button(word: str, act: Callable[[], object], *, primary: bool = False) -> QPushButton:
    made = QPushButton(word)
    if primary:
        made.setProperty("look", "primary")
    made.clicked.connect(lambda _on=False: act())
    return made
