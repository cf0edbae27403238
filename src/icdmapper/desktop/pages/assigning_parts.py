"""The forms of handing out work: a batch of rows for a person, and handing over."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop import wording
from icdmapper.desktop.models.rows import Column
from icdmapper.desktop.widgets.labels import label
from icdmapper.desktop.widgets.numbers import in_line
from icdmapper.model.codes import CodeKind
from icdmapper.model.mapping import State
from icdmapper.resolution.assigning import Batch, RowFilter, Share
from icdmapper.texts import N_, _
from icdmapper.texts.words import kind_word, state_word

_PAUSE_MS = 200
_WIDTH = 400


class BatchForm(QFrame):
    """Which rows, and who gets them; says how many that is before they are given."""

    filtered = Signal(object)
    """A RowFilter to count."""
    give_wanted = Signal(str)
    take_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        self.setFixedWidth(_WIDTH)
        self._chapter, self._text = QLineEdit(), QLineEdit()
        self._chapter.setPlaceholderText(_("C or C0, for instance"))
        self._department, self._kind, self._state = QComboBox(), QComboBox(), QComboBox()
        self._count = in_line(QSpinBox())
        self._count.setRange(0, 99_999)
        self._count.setSpecialValueText(_("all"))
        self._also = QCheckBox(_("rows that somebody has too"))
        self._said = label(wrap=True)
        self._to = QComboBox()
        self._give = _button(_("Give the rows  Ctrl+Enter"), self._on_give, primary=True)
        self._take = _button(_("Take them back"), self.take_wanted.emit)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._kind.addItem(_("any"), None)
        for kind in CodeKind:
            self._kind.addItem(kind_word(kind.value), kind)
        for state in (State.OPEN, State.DECIDED, State.DISPUTED, State.REFINING):
            self._state.addItem(state_word(state.value), state)
        self._state.addItem(_("any"), None)
        self._build_ui()
        self._connect()

    @property
    def wanted(self) -> RowFilter:
        """The rows that are meant."""
        return RowFilter(
            chapter=self._chapter.text().strip().upper(),
            department=self._department.currentData() or "",
            kind=self._kind.currentData(),
            state=self._state.currentData(),
            text=self._text.text().strip(),
            count=self._count.value() or None,
            free=not self._also.isChecked(),
        )

    def offer(self, departments: Sequence[str], people: Sequence[str]) -> None:
        """Say which departments and people there are; what was chosen stays chosen."""
        for box, first, names in (
            (self._department, _("any"), departments),
            (self._to, "", people),
        ):
            kept = box.currentData()
            box.blockSignals(True)
            box.clear()
            if first:
                box.addItem(first, "")
            for name in names:
                box.addItem(name, name)
            box.setCurrentIndex(max(box.findData(kept), 0))
            box.blockSignals(False)

    def choose_person(self, name: str) -> None:
        """The person in focus is who gets the rows, until another is chosen."""
        self._to.setCurrentIndex(max(self._to.findData(name), 0))

    def show_batch(self, batch: Batch) -> None:
        """Say how many rows are meant."""
        count = len(batch.local_ids)
        self._give.setEnabled(bool(count))
        self._take.setEnabled(bool(batch.taken))
        if not count:
            self._said.setText(_("No row is meant. Try fewer words."))
            return
        names = _(", ").join(f"{one.code} {one.name}" for one in batch.first)
        self._said.setText(
            _("{rows} rows, {share} of yearly discharges: {names}…").format(
                rows=wording.number(count),
                share=wording.share(batch.discharges, batch.all_discharges),
                names=names,
            )
        )

    def begin(self) -> None:
        """The keyboard goes to the first field."""
        if self.isVisible():
            self._chapter.setFocus()

    def give(self) -> None:
        """Give the rows that are meant, if there are any."""
        if self.isVisible() and self._give.isEnabled():
            self._on_give()

    def _build_ui(self) -> None:
        rows = QFormLayout()
        rows.setHorizontalSpacing(12)
        rows.setVerticalSpacing(8)
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for word, field in (
            (_("Codes beginning with"), self._chapter),
            (_("Department"), self._department),
            (_("Kind"), self._kind),
            (_("State"), self._state),
            (_("Name contains"), self._text),
            (_("Most frequent"), self._count),
        ):
            field.setAccessibleName(word)
            rows.addRow(label(word, look="muted"), field)
        rows.addRow("", self._also)
        to = QFormLayout()
        to.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._to.setAccessibleName(_("To"))
        to.addRow(label(_("To"), look="muted"), self._to)
        foot = QHBoxLayout()
        foot.addWidget(self._take)
        foot.addStretch(1)
        foot.addWidget(self._give)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(10)
        column.addWidget(label(_("Hand out rows"), look="section"))
        column.addLayout(rows)
        column.addWidget(self._said)
        column.addLayout(to)
        column.addLayout(foot)

    def _connect(self) -> None:
        for field in (self._chapter, self._text):
            field.textChanged.connect(self._on_changed)
            field.returnPressed.connect(self._to.setFocus)
        for box in (self._department, self._kind, self._state):
            box.currentIndexChanged.connect(self._on_changed)
        self._count.valueChanged.connect(self._on_changed)
        self._also.toggled.connect(self._on_changed)
        self._timer.timeout.connect(lambda: self.filtered.emit(self.wanted))

    def _on_changed(self, _value: object) -> None:
        """Nothing is given before it has been counted and said."""
        for button in (self._give, self._take):
            button.setEnabled(False)
        self._timer.start()

    def _on_give(self) -> None:
        self.give_wanted.emit(str(self._to.currentData() or ""))


class HandOverForm(QFrame):
    """What the person in focus has not finished goes to somebody else."""

    wanted = Signal(str, str)
    """From whom, to whom."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        self.setFixedWidth(_WIDTH)
        self._share: Share | None = None
        self._said = label(wrap=True)
        self._to = QComboBox()
        self._to.setAccessibleName(_("Hand over to"))
        self._button = _button(_("Hand over"), self._send)
        row = QHBoxLayout()
        row.addWidget(self._to, 1)
        row.addWidget(self._button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(10)
        column.addWidget(label(_("Hand over"), look="section"))
        column.addWidget(self._said)
        column.addLayout(row)

    def show_share(self, share: Share, people: Sequence[str]) -> None:
        """Show whose rows they are, and who may take them."""
        self._share = share
        left = share.given - share.done
        self._said.setText(
            _("{count} unfinished rows of {person}; what is done stays theirs.").format(
                count=wording.number(left), person=share.person
            )
        )
        kept = self._to.currentData()
        self._to.clear()
        for name in people:
            if name != share.person:
                self._to.addItem(name, name)
        self._to.setCurrentIndex(max(self._to.findData(kept), 0))
        self._button.setEnabled(bool(left and self._to.count()))

    def begin(self) -> None:
        """The keyboard goes to who takes them."""
        if self.isVisible():
            self._to.setFocus()

    def _send(self) -> None:
        if self._share is not None and self._to.currentData():
            self.wanted.emit(self._share.person, str(self._to.currentData()))


def share_columns() -> tuple[Column[Share], ...]:
    """The columns of who has what."""
    return (
        Column(N_("Person"), lambda one: one.person),
        Column(N_("Rows"), lambda one: wording.number(one.given), width=80, right=True),
        Column(N_("Done"), lambda one: wording.number(one.done), width=80, right=True),
        Column(
            N_("Of codes"), lambda one: wording.share(one.done, one.given), width=90, right=True
        ),
        Column(
            N_("Of discharges"),
            lambda one: wording.share(one.discharges_done, one.discharges),
            width=110,
            right=True,
        ),
        Column(
            N_("Last decision"),
            lambda one: wording.moment(one.last_act) if one.last_act else "—",
            width=140,
        ),
    )


def _button(word: str, act: Callable[[], object], *, primary: bool = False) -> QPushButton:
    made = QPushButton(word)
    if primary:
        made.setProperty("look", "primary")
    made.clicked.connect(lambda _on=False: act())
    return made
