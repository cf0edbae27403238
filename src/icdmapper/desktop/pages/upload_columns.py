"""The columns of the HIS: which field each one is, guessed, chosen, checked, saved.

No value of a patient is shown: a column has a kind, shares, counts and a masked shape.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop import theme
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.tasks import Lane
from icdmapper.desktop.widgets.keys import Key, KeyHints, bind
from icdmapper.desktop.widgets.labels import label, surface
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.model.marks import Tone
from icdmapper.texts import N_, _
from icdmapper.texts.singular import counted

if TYPE_CHECKING:
    from icdmapper.upload.column_setup import ColumnSetup, Facts, Row
    from icdmapper.upload.source_setup import Examination

_KINDS = {
    "empty": N_("empty"), "date": N_("date"), "number": N_("number"), "text": N_("text"),
}  # fmt: skip
_EVIDENCE = {
    "code": N_("code in the title"),
    "title": N_("title of the field"),
    "initials": N_("pinyin initials"),
    "similar": N_("similar title"),
}


def read_setup(settings: Path) -> ColumnSetup:
    """Look at the source; errors as `open_setup`. Runs off the GUI thread."""
    # The uploader brings pandas with it: only who sets a source up waits for that.
    from icdmapper.upload.column_setup import open_setup  # noqa: PLC0415

    setup = open_setup(settings)
    setup.fields()
    return setup


Problem = tuple[bool, str]
"""Whether it stops the mapping from being used, and its sentence."""


class ColumnsView(QWidget):
    """Columns on the left, the one in focus and what is wrong on the right."""

    left = Signal()
    saved = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._setup: ColumnSetup | None = None
        self.keys = (
            Key(("Space",), N_("the guess is right"), self._on_confirmed),
            Key(("F2",), N_("choose the field"), self._edit),
            Key(("Delete",), N_("no field"), lambda: self._give("")),
            Key(("Ctrl+J",), N_("next doubtful column"), self._next_doubtful),
            Key(("Ctrl+S",), N_("save"), self._on_save),
            Key(("Escape",), N_("back"), self.left.emit),
        )
        self._build_ui()
        self._connect()

    def show_setup(self, setup: ColumnSetup) -> None:
        """Show a source's columns; the first doubtful one gets the cursor."""
        self._setup = setup
        self._file.setText(str(setup.file))
        for box in (self._field, self._constant_field):
            box.blockSignals(True)
            box.clear()
            box.addItem(_("— no field —"), "")
            for one in setup.fields():
                box.addItem(f"{one.code} {one.title}", one.code)
            box.blockSignals(False)
        self._show_rows()
        self._table.setFocus()
        self._table.show_row(0)
        self._next_doubtful()
        self._show_row()
        self._examine()

    def _build_ui(self) -> None:
        self._model: RowTableModel[Row] = RowTableModel(self._columns(), self)
        self._table = RowTable(self._model)
        self._table.setAccessibleName(_("Columns of the hospital"))
        self._file = label(look="muted", copy=True)
        self._count = label(look="muted")
        self._back = QPushButton(theme.icon("close", "muted"), _("Back  Esc"))
        self._save = QPushButton(_("Save  Ctrl+S"))
        self._save.setProperty("look", "primary")
        head = QHBoxLayout()
        head.addWidget(label(_("Columns of the hospital"), look="section"))
        head.addWidget(self._file, 1)
        for part in (self._count, self._back, self._save):
            head.addWidget(part)
        columns = surface()
        inside = QVBoxLayout(columns)
        inside.setContentsMargins(12, 10, 12, 10)
        inside.addWidget(self._table, 1)
        inside.addWidget(KeyHints(self.keys))
        right = QVBoxLayout()
        right.setSpacing(10)
        right.addWidget(self._focus_part())
        right.addWidget(self._constant_part())
        right.addWidget(self._problem_part(), 1)
        body = QHBoxLayout()
        body.setSpacing(10)
        body.addWidget(columns, 5)
        body.addLayout(right, 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(head)
        column.addLayout(body, 1)

    def _focus_part(self) -> QWidget:
        self._name = label(look="section", copy=True)
        self._facts = label(look="muted", wrap=True)
        self._why = label(look="muted", wrap=True)
        self._field = _field_box(_("Field"))
        return _stacked(self._name, self._facts, self._field, self._why)

    def _constant_part(self) -> QWidget:
        self._constant_field = _field_box(_("Field of the constant"))
        self._constant = QLineEdit()
        self._constant.setPlaceholderText(_("the text, such as the code of the institution"))
        self._add = QPushButton(_("Add"))
        row = QWidget()
        inside = QHBoxLayout(row)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self._constant, 1)
        inside.addWidget(self._add)
        title = label(_("The same text for every record"), look="section")
        return _stacked(title, self._constant_field, row)

    def _problem_part(self) -> QWidget:
        self._problem_model: RowTableModel[Problem] = RowTableModel(_problem_columns(), self)
        self._problems = RowTable(self._problem_model)
        self._problems.setWordWrap(True)
        self._verdict = label(look="section")
        return _stacked(self._verdict, self._problems)

    def _columns(self) -> tuple[Column[Row], ...]:
        return (
            Column(N_("Column"), lambda one: one.column or _("(constant)"), width=140, code=True),
            Column(N_("Kind"), lambda one: _kind(one.facts), width=70, muted=True),
            Column(N_("Filled"), _filled, width=70, right=True),
            Column(N_("Different"), _different, width=80, right=True),
            Column(N_("Shape"), lambda one: one.facts.shape if one.facts else "", width=140,
                   code=True, muted=True),
            Column(N_("Field"), self._field_words),
            Column(N_("Why"), _why, width=120, tone=_tone),
        )  # fmt: skip

    def _connect(self) -> None:
        # A space in the fields of text is a space.
        bind(self.keys[:1], self._table)
        bind(self.keys[1:], self)
        self._back.clicked.connect(lambda _on=False: self.left.emit())
        self._save.clicked.connect(lambda _on=False: self._on_save())
        self._table.row_chosen.connect(lambda _row: self._show_row())
        self._table.row_opened.connect(lambda _row: self._edit())
        self._field.activated.connect(lambda _at: self._on_field_chosen())
        self._add.clicked.connect(lambda _on=False: self._on_add())
        self._constant.returnPressed.connect(self._on_add)

    def _row(self) -> Row | None:
        return self._model.row_at(self._table.currentIndex())

    def _field_words(self, row: Row) -> str:
        at = self._field.findData(row.source.field) if row.source else -1
        return self._field.itemText(at) if at > 0 else row.source.field if row.source else ""

    def _show_rows(self) -> None:
        assert self._setup is not None
        rows = tuple(self._setup.rows)
        self._table.show_rows(rows)
        used = sum(one.source is not None for one in rows)
        doubtful = sum(not one.sure for one in rows if one.source)
        self._count.setText(
            _("{used} of {all} columns used, {doubtful} to look at").format(
                used=used, all=len(rows), doubtful=doubtful
            )
        )
        self._save.setEnabled(self._setup.changed or not self._setup.file.exists())

    def _show_row(self) -> None:
        row = self._row()
        self._field.setEnabled(row is not None)
        if row is None:
            return
        self._name.setText(row.column or (row.source.constant if row.source else ""))
        self._facts.setText(_facts_sentence(row.facts))
        self._why.setText(_reason(row))
        field = row.source.field if row.source else ""
        self._field.setCurrentIndex(max(0, self._field.findData(field)))

    def _edit(self) -> None:
        self._field.setFocus()
        written = self._field.lineEdit()
        if written is not None:
            written.selectAll()

    def _on_confirmed(self) -> None:
        at = self._table.currentIndex().row()
        if self._setup is None or at < 0:
            return
        self._setup.confirm(at)
        self._changed(at)
        self._next_doubtful()

    def _on_field_chosen(self) -> None:
        self._give(str(self._field.currentData() or ""))
        at = self._table.currentIndex().row()
        self._table.setFocus()
        if at + 1 < self._model.rowCount():
            self._table.setCurrentIndex(self._model.index(at + 1, 0))

    def _give(self, field: str) -> None:
        at = self._table.currentIndex().row()
        if self._setup is None or at < 0:
            return
        self._setup.choose(at, field)
        self._changed(at)

    def _on_add(self) -> None:
        if self._setup is None:
            return
        # Refusals of the room are shown like every other error.
        setup, text = self._setup, self._constant.text()
        field = str(self._constant_field.currentData() or "")
        self._desk.tasks.start(
            lambda _task: setup.add_constant(field, text),
            owner=self,
            on_done=lambda _done: self._on_added(),
            lane=Lane.LOOKUP,
        )

    def _on_added(self) -> None:
        self._constant.clear()
        self._changed(self._model.rowCount())

    def _changed(self, at: int) -> None:
        self._show_rows()
        self._table.show_row(min(at, self._model.rowCount() - 1))
        self._show_row()
        self._examine()

    def _next_doubtful(self) -> None:
        rows, at = self._model.rows, self._table.currentIndex().row()
        order = [*range(at + 1, len(rows)), *range(at + 1)]
        found = next((one for one in order if rows[one].source and not rows[one].sure), None)
        if found is not None:
            self._table.setCurrentIndex(self._model.index(found, 0))

    def _examine(self) -> None:
        setup = self._setup
        if setup is None:
            return
        self._desk.tasks.start(
            lambda _task: setup.examine(), owner=self, on_done=self._show_problems,
            lane=Lane.LOOKUP,
        )  # fmt: skip

    def _show_problems(self, found: Examination) -> None:
        stops = [one.blocks for one in found.findings]
        self._problem_model.set_rows(tuple(zip(stops, found.sentences, strict=True)))
        self._problems.resizeRowsToContents()
        self._verdict.setText(
            _("The mapping can be used; {count} things to look at").format(count=len(stops))
            if found.usable
            else counted(N_("{count} problems stop it"), sum(stops))
        )

    def _on_save(self) -> None:
        setup = self._setup
        if setup is None:
            return
        self._desk.tasks.start(
            lambda _task: setup.save(), owner=self, on_done=lambda _done: self._on_saved()
        )

    def _on_saved(self) -> None:
        self._show_rows()
        self._desk.notices.done(_("The mapping of columns is saved: {file}").format(
            file=self._file.text()))  # fmt: skip
        self.saved.emit()


def _problem_columns() -> tuple[Column[Problem], ...]:
    return (
        Column(
            N_("Weight"),
            lambda one: _("stops") if one[0] else _("look"),
            width=90,
            tone=lambda one: Tone.WRONG if one[0] else Tone.MISSING,
        ),
        Column(N_("Problem"), lambda one: one[1]),
    )


def _field_box(name: str) -> QComboBox:
    """A drop-down of fields in which a part of a title or code can be typed."""
    box = QComboBox()
    box.setEditable(True)
    box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    box.setAccessibleName(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(18)
    completer = QCompleter(box.model(), box)
    completer.setFilterMode(Qt.MatchFlag.MatchContains)
    completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
    completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    box.setCompleter(completer)
    return box


def _stacked(*parts: QWidget) -> QWidget:
    sheet = surface()
    column = QVBoxLayout(sheet)
    column.setContentsMargins(12, 10, 12, 10)
    column.setSpacing(6)
    for part in parts:
        column.addWidget(part)
    return sheet


def _kind(facts: Facts | None) -> str:
    return _(_KINDS[facts.kind.value]) if facts else ""


def _filled(row: Row) -> str:
    return f"{row.facts.filled:.0%}" if row.facts else ""


def _different(row: Row) -> str:
    return f"{row.facts.different:,}" if row.facts else ""


def _why(row: Row) -> str:
    if row.source is None:
        return ""
    if row.evidence is None:
        return _("chosen")
    return f"{_(_EVIDENCE[row.evidence.value])} {row.confidence:.0%}"


def _tone(row: Row) -> Tone:
    return Tone.SAME if row.sure else Tone.MISSING


def _facts_sentence(facts: Facts | None) -> str:
    if facts is None:
        return _("A text that every record gets.")
    return _("{kind}; {filled} filled, {different} different values, shape {shape}").format(
        kind=_kind(facts), filled=f"{facts.filled:.0%}", different=facts.different,
        shape=facts.shape or "—",
    )  # fmt: skip


def _reason(row: Row) -> str:
    if row.source is None:
        return _("No field fits the title; F2 chooses one.")
    told = _("Because of: {why}").format(why=_why(row))
    if row.source.values:
        told += " · " + _("{count} values are read by their label").format(
            count=len(row.source.values)
        )
    if row.unread_values:
        told += " · " + _(
            "{count} values are not the platform's: complete them in the file"
        ).format(count=row.unread_values)
    return told
