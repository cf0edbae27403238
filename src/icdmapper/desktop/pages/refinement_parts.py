"""The parts of the refinement page: the code, what it can mean, its children, the change list."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QDate, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDateEdit,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop import wording
from icdmapper.desktop.models.editable import EditableRows
from icdmapper.desktop.models.rows import RowTableModel
from icdmapper.desktop.pages.refinement_columns import (
    CODE_COLUMN,
    ENTRY_COLUMN,
    NAME_COLUMN,
    OLD_CODE_COLUMN,
    change_columns,
    child_columns,
    offer_columns,
    stage_tone,
    stage_word,
)
from icdmapper.desktop.widgets.flow import FlowLayout
from icdmapper.desktop.widgets.labels import badge, code_label, label, set_tone
from icdmapper.desktop.widgets.numbers import in_line
from icdmapper.desktop.widgets.search_field import SearchField
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.export.his_changes import HisChange
from icdmapper.model.marks import Tone
from icdmapper.model.refinement import Refinement
from icdmapper.resolution.code_style import CodeStyle
from icdmapper.resolution.drafting import RefineRow, RefineStage
from icdmapper.resolution.refinement import Adoption
from icdmapper.resolution.refinement_session import ChildRow, Offer
from icdmapper.texts import N_, _
from icdmapper.texts.singular import counted
from icdmapper.texts.words import adoption_word, kind_word

_CODE_PIXELS, _PAIR_PIXELS = 108, 144
_ROOM_FOR_PAIR = 310
_ROOMY = 520
"""Narrower than this, a table leaves out what stands elsewhere too."""


class CodePanel(QFrame):
    """The coarse code, large, with its facts and the way its hospital writes codes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 10)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(12)
        self._code = code_label(pixels=17)
        self._name = label(look="title", wrap=True)
        self._stage = badge()
        head.addWidget(self._code)
        head.addWidget(self._name, 1)
        head.addWidget(self._stage)
        self._facts = label(look="muted", wrap=True)
        self._style = label(look="small", wrap=True)
        column.addLayout(head)
        column.addWidget(self._facts)
        column.addWidget(self._style)

    def show_row(self, row: RefineRow) -> None:
        """Show another code."""
        local = row.local
        self._code.setText(local.code)
        self._name.setText(local.name)
        self._stage.setText(stage_word(row.stage))
        set_tone(self._stage, stage_tone(row.stage))
        facts = [f"{local.kind.system.value} {kind_word(local.kind.value)}"]
        if local.frequency is not None:
            facts.append(counted(N_("{count} discharges a year"), local.frequency))
        if local.department:
            facts.append(_("department {name}").format(name=local.department))
        facts += _plan_facts(row.plan)
        self._facts.setText("   ".join(facts))

    def set_roomy(self, *, roomy: bool) -> None:
        """Leave the style out where there is no room."""
        self._style.setVisible(roomy)

    def show_style(self, style: CodeStyle) -> None:
        """Say how new codes will be written, and from which own codes that was learned."""
        self._style.setText(
            _("New codes are written like the hospital's own: {examples}").format(
                examples=_(", ").join(style.examples)
            )
            if style.examples
            else _("The list has no own codes to learn from; new codes get an x and three digits.")
        )


_UNCOUNTED = N_("1  What it can mean")


class OfferPanel(QFrame):
    """The entries the code can mean, each with a check box, and a search for more."""

    toggled = Signal(int)
    """The id of the entry."""
    searched = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(6)
        self._title = label(_(_UNCOUNTED), look="section", wrap=True)
        self.search = SearchField(_("Search the reference: code, name or pinyin initials"))
        self._model: EditableRows[Offer] = EditableRows(
            offer_columns(), self, checked=lambda one: one.picked
        )
        self.table = RowTable(self._model)
        self.table.setProperty("frameless", True)
        self.table.setAccessibleName(_("What the code can mean"))
        column.addWidget(self._title)
        column.addWidget(self.search)
        column.addWidget(self.table, 1)
        self._model.toggled.connect(self.toggle)
        self.table.row_opened.connect(self.toggle)
        self.search.searched.connect(self.searched)
        self.search.returnPressed.connect(self.table.setFocus)
        self.search.stepped.connect(lambda _step: self.table.setFocus())
        self.search.left.connect(self._on_left)

    def show_offers(self, offers: Sequence[Offer], *, is_open: bool) -> None:
        """Show what is offered; the cursor stays on its row."""
        at = max(self.table.currentIndex().row(), 0)
        self._model.set_open(on=is_open)
        self.table.show_rows(offers)
        picked = sum(one.picked for one in offers)
        # What is still looked for is not nothing.
        title = N_("1  What it can mean: {picked} of {count}") if offers else _UNCOUNTED
        self._title.setText(_(title).format(picked=picked, count=len(offers)))
        if offers:
            self.table.show_row(min(at, len(offers) - 1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: a dagger and its asterisk stand in full where the names have enough room."""
        super().resizeEvent(event)
        width = _PAIR_PIXELS if self.width() >= _ROOM_FOR_PAIR else _CODE_PIXELS
        self.table.horizontalHeader().resizeSection(0, width)

    def toggle(self, at: int | None = None) -> None:
        """Check or uncheck the entry of a row, or of the row in focus."""
        row = self.table.currentIndex().row() if at is None else at
        if 0 <= row < len(self._model.rows):
            self.toggled.emit(self._model.rows[row].reference.id)

    def _on_left(self) -> None:
        """What a search found goes with it; what was checked of it stays."""
        self.search.clear()
        self.search.flush()
        self.left.emit()


class ChildPanel(QFrame):
    """The children: codes and names to write into, what each stands for, what is wrong."""

    edited = Signal(int, int, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(6)
        self._title = label(_("2  Its children"), look="section")
        self._model: EditableRows[ChildRow] = EditableRows(
            child_columns(), self, editable=(CODE_COLUMN, NAME_COLUMN)
        )
        self.table = RowTable(self._model)
        self.table.setProperty("frameless", True)
        self.table.setAccessibleName(_("Children"))
        self._problem = label(look="muted", wrap=True)
        self._roomy = True
        self._writing = False
        self._waiting: Sequence[ChildRow] | None = None
        column.addWidget(self._title)
        column.addWidget(self.table, 1)
        column.addWidget(self._problem)
        # Told after the editor has closed: the rows it stands on may change then.
        self._model.edited.connect(self.edited, Qt.ConnectionType.QueuedConnection)
        self.table.itemDelegate().closeEditor.connect(
            self._on_written, Qt.ConnectionType.QueuedConnection
        )
        self.table.row_opened.connect(lambda _row: self.edit(NAME_COLUMN))
        self.table.row_chosen.connect(lambda _row: self._say_problem())

    @property
    def at(self) -> int:
        """The position of the child in focus; -1 for none."""
        return self.table.currentIndex().row()

    def show_children(self, rows: Sequence[ChildRow]) -> None:
        """Show the children; the cursor stays, and what is being written is not disturbed."""
        if self._writing:
            self._waiting = rows
            return
        at = max(self.at, 0)
        self.table.show_rows(rows)
        if rows:
            self.table.show_row(min(at, len(rows) - 1))
        self._say_problem()

    def set_roomy(self, *, roomy: bool) -> None:
        """Leave the sentence to the bar below where there is no room."""
        self._roomy = roomy
        self._say_problem()

    def edit(self, column: int) -> None:
        """Write into the code or the name of the child in focus."""
        index = self._model.index(self.at, column)
        if index.isValid():
            self._writing = True
            self.table.setCurrentIndex(index)
            self.table.edit(index)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: in a narrow panel the names keep their room."""
        super().resizeEvent(event)
        self.table.make_room(ENTRY_COLUMN, enough=self.width() >= _ROOMY)

    def _on_written(self) -> None:
        self._writing = False
        rows, self._waiting = self._waiting, None
        if rows is not None:
            self.show_children(rows)

    def _say_problem(self) -> None:
        rows = self._model.rows
        said = rows[self.at].problem if 0 <= self.at < len(rows) else ""
        if not rows:
            said = _("Check at least two entries; each becomes a child with a code of its own.")
        self._problem.setText(said)
        self._problem.setVisible(bool(said) and self._roomy)
        set_tone(self._problem, Tone.WRONG if rows else Tone.PLAIN)


class ChangePanel(QFrame):
    """What the HIS would be asked to do."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(6)
        self._state = label(look="small")
        head = QHBoxLayout()
        head.addWidget(label(_("3  Change list for the HIS"), look="section"), 1)
        head.addWidget(self._state)
        self._model: RowTableModel[HisChange] = RowTableModel(change_columns(), self)
        self.table = RowTable(self._model)
        self.table.setProperty("frameless", True)
        self.table.setAccessibleName(_("Change list for the HIS"))
        column.addLayout(head)
        column.addWidget(self.table, 1)

    def show_changes(self, changes: Sequence[HisChange], stage: RefineStage) -> None:
        """Show the changes, as a preview until they are signed."""
        self.table.show_rows(changes)
        planned = stage is not RefineStage.SIGNED
        self._state.setText(_("preview") if planned and changes else "")

    def show_adoption(self, adoption: Adoption) -> None:
        """Say how far the HIS has taken a signed refinement over."""
        self._state.setText(adoption_word(adoption.progress.value))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: in a narrow panel the names keep their room."""
        super().resizeEvent(event)
        self.table.make_room(OLD_CODE_COLUMN, enough=self.width() >= _ROOMY)


class PlanBar(QFrame):
    """From which day, what is missing, and the next step."""

    dated = Signal(object)
    next_wanted = Signal()
    allow_wanted = Signal()
    drop_wanted = Signal()
    export_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        self._date = in_line(QDateEdit())
        self._date.setDisplayFormat("yyyy-MM-dd")
        self._date.setCalendarPopup(True)
        self._date.setAccessibleName(_("From discharge date"))
        self._style = QCheckBox(_("accept codes written otherwise"))
        self._style.hide()
        self._said = label(wrap=True)
        self._next = _button("", self.next_wanted.emit, primary=True)
        self._allow = _button(_("Allow the default  A"), self.allow_wanted.emit)
        self._drop = _button(_("Give up  X"), self.drop_wanted.emit)
        self._export = _button(_("Export the list  Ctrl+S"), self.export_wanted.emit)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        column.addWidget(self._said)
        row = FlowLayout(spacing=8)
        row.addWidget(label(_("From discharge date"), look="muted"))
        for part in (self._date, self._style, self._next, self._allow, self._drop, self._export):
            row.addWidget(part)
        column.addLayout(row)
        self._date.dateChanged.connect(lambda day: self.dated.emit(day.toPython()))

    @property
    def accepts_style(self) -> bool:
        """Whether codes may be written otherwise than the hospital writes its own."""
        return self._style.isChecked() and not self._style.isHidden()

    def show_plan(
        self, stage: RefineStage, plan: Refinement, problems: Sequence[str], *, only_style: bool
    ) -> None:
        """Say what the next step is and what keeps it back."""
        signed = stage is RefineStage.SIGNED
        self._date.blockSignals(True)
        if plan.effective is not None:
            day = plan.effective
            self._date.setDate(QDate(day.year, day.month, day.day))
        self._date.blockSignals(False)
        self._date.setEnabled(not signed)
        if self._style.isHidden() == only_style:
            self._style.setChecked(False)
            self._style.setVisible(only_style)
        planned = stage is RefineStage.PLANNED
        self._next.setText(
            _("Sign and make the children  Ctrl+Enter")
            if planned
            else _("Start the refinement  Ctrl+Enter")
        )
        self._next.setVisible(not signed)
        self._next.setEnabled(len(plan.children) > 1)
        self._drop.setVisible(planned)
        self._allow.setVisible(planned and plan.residual is not None)
        self._allow.setEnabled(not plan.residual_allowed_by)
        said = [*dict.fromkeys(problems)][:2] if planned or plan.children else []
        self._said.setText("  ".join(said) or _default_sentence(plan))
        set_tone(self._said, Tone.WRONG if said else Tone.PLAIN)

    def focus_date(self) -> None:
        """Bring the keyboard to the date."""
        self._date.setFocus(Qt.FocusReason.ShortcutFocusReason)


def _default_sentence(plan: Refinement) -> str:
    residual = plan.residual
    if residual is None:
        return _("No child takes the records that say no more: they will be held and asked about.")
    if plan.residual_allowed_by:
        return _("Records that say no more take {code}; allowed by {person}.").format(
            code=residual.code, person=plan.residual_allowed_by
        )
    return _(
        "{code} is the default, but records that say no more are held until a clinician allows it."
    ).format(code=residual.code)


def _plan_facts(plan: Refinement | None) -> list[str]:
    if plan is None:
        return []
    if plan.signed_at is not None:
        return [
            _("signed by {person} {time}").format(
                person=plan.signed_by, time=wording.moment(plan.signed_at)
            )
        ]
    return [_("planned by {person}").format(person=plan.started_by)]


def _button(word: str, act: Callable[[], object], *, primary: bool = False) -> QPushButton:
    made = QPushButton(word)
    if primary:
        made.setProperty("look", "primary")
    made.clicked.connect(lambda _on=False: act())
    return made
