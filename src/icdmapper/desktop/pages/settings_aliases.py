"""The hospital's own aliases: chosen, added to, and told when a row does nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.widgets.empty import EmptyState
from icdmapper.desktop.widgets.labels import label, surface
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.matching.alias_check import AliasFault, AliasRow
from icdmapper.matching.knowledge import Direction
from icdmapper.model.marks import Tone
from icdmapper.texts import N_, _
from icdmapper.texts.words import alias_fault_word

_SIDE = 340


@dataclass(frozen=True, slots=True)
class CheckedAlias:
    """A row with what is wrong with it."""

    row: AliasRow
    fault: AliasFault | None


class AliasPanel(QWidget):
    """Rows on the left, a new one on the right; every change is asked for as all rows anew."""

    changed = Signal(object)
    """The rows as they are to be."""
    file_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[AliasRow, ...] = ()
        self._model: RowTableModel[CheckedAlias] = RowTableModel(_columns(), self)
        self.table = RowTable(self._model)
        self.table.setAccessibleName(_("Aliases of the hospital"))
        self._place = label(look="muted", copy=True)
        self._choose = QPushButton(_("Choose a file…"))
        self._count = label(look="small")
        self._empty = EmptyState(
            icon="catalog",
            title=_("No alias of your own yet"),
            sentence=_(
                "The program ships with common ones. Add what only this hospital writes: "
                "short names, old names, abbreviations."
            ),
        )
        self._written, self._standard, self._note = QLineEdit(), QLineEdit(), QLineEdit()
        self._direction = QComboBox()
        self._direction.addItem(_("means the same"), Direction.SAME.value)
        self._direction.addItem(_("is a kind of it"), Direction.IMPLIES.value)
        self._add = QPushButton(_("Add  Enter"))
        self._add.setProperty("look", "primary")
        self._remove = QPushButton(_("Remove the row  Del"))
        self._build_ui()
        self._connect()

    def show_rows(self, place: str, rows: Sequence[CheckedAlias]) -> None:
        """Show the rows of a file."""
        self._rows = tuple(one.row for one in rows)
        self._place.setText(place)
        self.table.show_rows(rows)
        self._stack.setCurrentIndex(0 if rows else 1)
        faults = sum(one.fault is not None for one in rows)
        self._count.setText(
            _("{count} rows, {faults} of them to look at").format(count=len(rows), faults=faults)
        )
        self._remove.setEnabled(bool(rows))

    def begin(self) -> None:
        """The keyboard goes where a new row is written."""
        self._written.setFocus()

    def remove(self) -> None:
        """Take the row in focus away."""
        at = self.table.currentIndex().row()
        if 0 <= at < len(self._rows):
            self.changed.emit((*self._rows[:at], *self._rows[at + 1 :]))

    def _build_ui(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self._place, 1)
        head.addWidget(self._choose)
        shown = QWidget()
        self._stack = QStackedLayout(shown)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self._empty)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addLayout(head)
        left.addWidget(shown, 1)
        left.addWidget(self._count)
        sheet = surface()
        sheet.setFixedWidth(_SIDE)
        form = QVBoxLayout(sheet)
        form.setContentsMargins(16, 14, 16, 14)
        form.setSpacing(10)
        form.addWidget(label(_("Add an alias"), look="section"))
        rows = QFormLayout()
        rows.setVerticalSpacing(8)
        for word, field in (
            (_("Written here"), self._written),
            (_("Standard wording"), self._standard),
            (_("Direction"), self._direction),
            (_("Note"), self._note),
        ):
            field.setAccessibleName(word)
            rows.addRow(label(word, look="muted"), field)
        form.addLayout(rows)
        form.addWidget(self._add)
        form.addSpacing(8)
        form.addWidget(self._remove)
        form.addWidget(
            label(
                _("Aliases work from the next proposals on; make them again under Import."),
                look="small",
                wrap=True,
            )
        )
        form.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addLayout(left, 1)
        row.addWidget(sheet)

    def _connect(self) -> None:
        self._choose.clicked.connect(lambda _on=False: self.file_wanted.emit())
        self._add.clicked.connect(lambda _on=False: self._on_added())
        self._remove.clicked.connect(lambda _on=False: self.remove())
        for field in (self._written, self._standard, self._note):
            field.returnPressed.connect(self._on_added)

    def _on_added(self) -> None:
        if not self._written.text().strip():
            self._written.setFocus()
            return
        if not self._standard.text().strip():
            self._standard.setFocus()
            return
        row = AliasRow(
            self._written.text().strip(),
            self._standard.text().strip(),
            self._direction.currentData(),
            self._note.text().strip(),
        )
        self.changed.emit((*self._rows, row))
        for field in (self._written, self._standard, self._note):
            field.clear()
        self._written.setFocus()


def _fault(one: CheckedAlias) -> str:
    return alias_fault_word(one.fault.value) if one.fault else ""


def _columns() -> tuple[Column[CheckedAlias], ...]:
    return (
        Column(N_("Written here"), lambda one: one.row.written, width=200),
        Column(N_("Standard wording"), lambda one: one.row.standard, width=220),
        Column(
            N_("Direction"),
            lambda one: _("the same") if one.row.direction == "same" else _("a kind of"),
            width=90,
        ),
        Column(N_("Note"), lambda one: one.row.note),
        Column(N_("Check"), _fault, width=190, tone=lambda _one: Tone.MISSING),
    )
