"""The table as read, with what each column is for, and every problem found in it."""

from __future__ import annotations

from collections import Counter
from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from icdmapper.desktop import wording
from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.widgets.chips import ChipRow
from icdmapper.desktop.widgets.labels import label
from icdmapper.desktop.widgets.search_field import SearchField
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.importing.columns import ColumnRole
from icdmapper.importing.reading import Preview
from icdmapper.importing.tables import RawTable
from icdmapper.model.problems import Problem, Severity
from icdmapper.texts import N_, _
from icdmapper.texts.problems import problem_sentence
from icdmapper.texts.words import severity_word

_ROLE_WORDS = {
    ColumnRole.CODE: N_("code"),
    ColumnRole.NAME: N_("name"),
    ColumnRole.ATTACHED_CODE: N_("attached code"),
    ColumnRole.CATEGORY: N_("category"),
    ColumnRole.FREQUENCY: N_("discharges a year"),
    ColumnRole.DEPARTMENT: N_("department"),
    ColumnRole.OPERATION_KIND: N_("kind of operation"),
    ColumnRole.SEX: N_("sex"),
    ColumnRole.NOTE: N_("remark"),
    ColumnRole.IGNORE: N_("not used"),
}
_CHOOSERS = -1
"""The row above the first one holds the choosers of what each column is for."""
_CHOOSER_PIXELS = 40
_CODE_ROLES = (ColumnRole.CODE, ColumnRole.ATTACHED_CODE)


class PreviewTable(RowTable):
    """The rows as read; above them one chooser for each column."""

    roles_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._model: RowTableModel[int] = RowTableModel(())
        super().__init__(self._model, parent)
        self._model.setParent(self)
        self._table: RawTable | None = None
        self._choosers: list[QComboBox] = []
        self.setAccessibleName(_("Preview"))
        self.horizontalHeader().setStretchLastSection(True)

    def show_preview(self, preview: Preview) -> None:
        """Show a table; the same table under other roles keeps its place."""
        if preview.table is not self._table:
            self._show_table(preview)
        for chooser, role in zip(self._choosers, preview.roles, strict=True):
            with QSignalBlocker(chooser):
                chooser.setCurrentIndex(list(_ROLE_WORDS).index(role))

    def go_to_source_row(self, number: int) -> None:
        """Put the cursor on a row of the source, by its number there."""
        if self._table is None:
            return
        numbers = self._table.row_numbers
        at = number - self._table.first_row if numbers is None else _place(numbers, number)
        if 0 <= at < len(self._table.rows):
            self.show_row(at + 1, centre=True)

    def _show_table(self, preview: Preview) -> None:
        table = preview.table
        self._table = table
        columns: list[Column[int]] = [
            Column(
                N_("Row"),
                lambda at: "" if at == _CHOOSERS else str(table.row_number(at)),
                width=64,
                right=True,
                muted=True,
            )
        ]
        for at, title in enumerate(table.header):
            code = preview.roles[at] in _CODE_ROLES
            columns.append(
                Column(
                    title,
                    partial(_cell, table, at),
                    width=_width(table, at),
                    code=code,
                    foreign=True,
                )
            )
        self._model.set_columns(columns)
        self.show_rows(range(_CHOOSERS, len(table.rows)))
        self.fit_columns()
        self.setRowHeight(0, _CHOOSER_PIXELS)
        self._choosers = []
        for at in range(len(table.header)):
            chooser = QComboBox()
            chooser.setAccessibleName(_("Use of column {title}").format(title=table.header[at]))
            for word in _ROLE_WORDS.values():
                chooser.addItem(_(word))
            chooser.activated.connect(self._on_role_chosen)
            self._choosers.append(chooser)
            self.setIndexWidget(self._model.index(0, at + 1), chooser)

    def _on_role_chosen(self) -> None:
        roles = list(_ROLE_WORDS)
        self.roles_changed.emit(tuple(roles[one.currentIndex()] for one in self._choosers))


class ProblemPanel(QWidget):
    """Every problem with its place and a sentence; filtered by severity and words."""

    problem_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._problems: tuple[Problem, ...] = ()
        self._severity: Severity | None = None
        self._text = ""
        self._chips = ChipRow([(severity, "") for severity in Severity])
        self._field = SearchField(_("Filter the problems"))
        self._field.setFixedWidth(260)
        self._model: RowTableModel[Problem] = RowTableModel(_problem_columns(), self)
        self._table = RowTable(self._model)
        self._table.setAccessibleName(_("Problems"))
        self._none = label(look="muted")
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(label(_("Problems"), look="section"))
        head.addWidget(self._chips)
        head.addWidget(self._none)
        head.addStretch(1)
        head.addWidget(self._field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._table, 1)
        self._whole = label(look="muted", wrap=True, copy=True)
        column.addWidget(self._whole)
        self._chips.chosen.connect(self._on_severity_chosen)
        self._field.searched.connect(self._on_searched)
        self._table.row_chosen.connect(self._on_row_chosen)

    def show_problems(self, problems: tuple[Problem, ...]) -> None:
        """Show the findings, the ones that keep rows out first."""
        order = list(Severity)
        self._problems = tuple(sorted(problems, key=lambda one: order.index(one.severity)))
        counts = Counter(problem.severity for problem in problems)
        for severity in Severity:
            word = severity_word(severity.value)
            self._chips.set_word(severity, f"{word} {counts[severity]:,}")
            self._chips.set_visible(severity, visible=bool(counts[severity]))
        self._none.setText("" if problems else _("none found"))
        if self._severity is not None and not counts[self._severity]:
            self._severity = None
            self._chips.set_value(None)
        self._show()

    def _show(self) -> None:
        self._whole.hide()
        words = self._text.lower().split()
        self._table.show_rows(
            [
                problem
                for problem in self._problems
                if self._severity in (None, problem.severity)
                and all(word in _searchable(problem) for word in words)
            ]
        )

    def _on_severity_chosen(self, severity: Severity | None) -> None:
        self._severity = severity
        self._show()

    def _on_searched(self, text: str) -> None:
        self._text = text
        self._show()

    def _on_row_chosen(self, at: int) -> None:
        problem = self._model.rows[at]
        self._whole.setText(problem_sentence(problem))
        self._whole.show()
        self.problem_chosen.emit(problem)


class TablePanel(QSplitter):
    """Preview above, problems below; a problem leads to its row."""

    roles_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.preview = PreviewTable()
        self.problems = ProblemPanel()
        self.setChildrenCollapsible(False)
        self.addWidget(self.preview)
        self.addWidget(self.problems)
        self.setStretchFactor(0, 3)
        self.setStretchFactor(1, 2)
        self.preview.roles_changed.connect(self.roles_changed)
        self.problems.problem_chosen.connect(self._on_problem_chosen)

    def show_preview(self, preview: Preview) -> None:
        """Show a source as read and checked."""
        self.preview.show_preview(preview)
        self.problems.show_problems(preview.checked.problems)

    def _on_problem_chosen(self, problem: Problem) -> None:
        if problem.place.row is not None:
            self.preview.go_to_source_row(problem.place.row)


def _problem_columns() -> tuple[Column[Problem], ...]:
    severity: Column[Problem] = Column(
        N_("Severity"),
        lambda one: severity_word(one.severity.value),
        width=88,
        tone=lambda one: wording.SEVERITY_TONES[one.severity],
    )
    row: Column[Problem] = Column(
        N_("Row"),
        lambda one: "" if one.place.row is None else f"{one.place.row:,}",
        width=72,
        right=True,
    )
    place: Column[Problem] = Column(N_("Column"), lambda one: one.place.column, width=84)
    value: Column[Problem] = Column(N_("Cell"), lambda one: one.value, width=130, code=True)
    sentence: Column[Problem] = Column(N_("What it is"), problem_sentence)
    return severity, row, place, value, sentence


def _searchable(problem: Problem) -> str:
    place = problem.place
    return f"{place.row} {place.column} {problem.value} {problem_sentence(problem)}".lower()


def _cell(table: RawTable, column: int, at: int) -> str:
    return "" if at == _CHOOSERS else table.rows[at][column]


def _width(table: RawTable, column: int) -> int:
    """Wide enough for most of the first rows, counting a Chinese character as two."""
    cells = [row[column] for row in table.rows[:50]]
    widest = max((sum(2 if sign > "\u2e80" else 1 for sign in cell) for cell in cells), default=0)
    return min(max(widest * 8 + 24, 124), 340)


def _place(numbers: tuple[int, ...], number: int) -> int:
    return numbers.index(number) if number in numbers else -1
