"""Who has what: progress of each person, rows handed out, taken back and handed over."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from icdmapper.desktop import wording
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.models.rows import RowTableModel
from icdmapper.desktop.pages.assigning_parts import BatchForm, HandOverForm, share_columns
from icdmapper.desktop.tasks import Lane, Latest
from icdmapper.desktop.widgets.keys import Key, KeyHints, bind
from icdmapper.desktop.widgets.labels import label
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.model.people import Right, may
from icdmapper.resolution.assigning import Batch, Moved, RowFilter, Share
from icdmapper.texts import N_, _


class AssigningPanel(QWidget):
    """The people with their progress on the left, the two forms on the right."""

    left = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._batch: Batch | None = None
        self._counting = Latest(desk.tasks, self)
        self._model: RowTableModel[Share] = RowTableModel(share_columns(), self)
        self._table = RowTable(self._model)
        self._table.setAccessibleName(_("Who has what"))
        self._form = BatchForm()
        self._over = HandOverForm()
        self._keys = (
            Key(("G",), N_("hand out rows"), self._form.begin),
            Key(("Ctrl+Return",), N_("give the rows"), self._form.give, shown="Ctrl+Enter"),
            Key(("O",), N_("hand over"), self._over.begin),
            Key(("Escape",), N_("back to the people"), None, shown="Esc"),
            Key(("Up", "Down"), N_("go through the rows"), None, hinted=False, shown="↑ ↓"),
        )
        self._build_ui()
        self._connect()

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the assignments."""
        return self._keys

    def begin(self) -> None:
        """Read who has what; the people get the keyboard."""
        self.refresh()
        self._table.setFocus(Qt.FocusReason.OtherFocusReason)

    def refresh(self) -> None:
        """Read everybody's rows again."""
        assigning = self._desk.services.assigning
        self._desk.tasks.start(
            lambda _task: (assigning.team(), assigning.departments()),
            owner=self,
            on_done=self._show,
            lane=Lane.LOOKUP,
        )
        self._count(self._form.wanted)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Escape leaves a form first, then the panel."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self._table.hasFocus():
            self.left.emit()
        else:
            self._table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _build_ui(self) -> None:
        forms = QWidget()
        side = QVBoxLayout(forms)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(10)
        side.addWidget(self._form)
        side.addWidget(self._over)
        side.addStretch(1)
        self._side = QScrollArea()
        self._side.setWidget(forms)
        self._side.setWidgetResizable(True)
        self._side.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._side.setFixedWidth(forms.sizeHint().width() + 8)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self._table, 1)
        row.addWidget(self._side)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(label(_("Who has what"), look="title"))
        column.addLayout(row, 1)
        column.addWidget(KeyHints(self._keys))

    def _connect(self) -> None:
        bind(self._keys, self)
        self._table.row_chosen.connect(self._on_row_chosen)
        self._table.row_opened.connect(lambda _row: self._form.begin())
        self._form.filtered.connect(self._count)
        self._form.give_wanted.connect(self._on_give)
        self._form.take_wanted.connect(self._on_take)
        self._over.wanted.connect(self._on_hand_over)

    def _show(self, found: tuple[tuple[Share, ...], tuple[str, ...]]) -> None:
        shares, departments = found
        at = max(self._table.currentIndex().row(), 0)
        self._table.show_rows(shares)
        self._form.offer(departments, [one.person for one in shares])
        self._side.setVisible(bool(shares) and may(self._desk.person.role, Right.ASSIGN))
        if shares:
            self._table.show_row(min(at, len(shares) - 1))
            self._choose(min(at, len(shares) - 1))

    def _choose(self, at: int) -> None:
        people = [one.person for one in self._model.rows]
        self._over.show_share(self._model.rows[at], people)

    def _on_row_chosen(self, at: int) -> None:
        self._choose(at)
        self._form.choose_person(self._model.rows[at].person)

    def _count(self, wanted: RowFilter) -> None:
        assigning = self._desk.services.assigning
        self._counting.ask(lambda _task: assigning.batch(wanted), self._show_batch)

    def _show_batch(self, batch: Batch) -> None:
        self._batch = batch
        self._form.show_batch(batch)

    def _on_give(self, person: str) -> None:
        if self._batch is not None:
            assigning, by, ids = self._desk.services.assigning, self._desk.person, self._batch
            self._act(
                lambda: assigning.assign(ids.local_ids, to=person, by=by, seen=ids.has),
                _("{person} has {count} rows more."),
                person=person,
            )

    def _on_take(self) -> None:
        if self._batch is not None:
            assigning, by, ids = self._desk.services.assigning, self._desk.person, self._batch
            self._act(
                lambda: assigning.take_back(ids.local_ids, by=by),
                _("{count} rows were taken back; nobody has them now."),
            )

    def _on_hand_over(self, of: str, to: str) -> None:
        assigning, by = self._desk.services.assigning, self._desk.person
        self._act(
            lambda: assigning.hand_over(of=of, to=to, by=by),
            _("{count} rows of {of} are with {person} now."),
            of=of,
            person=to,
        )

    def _act(self, work: Callable[[], Moved], said: str, *, of: str = "", person: str = "") -> None:
        """Do it and say so; `person` has the rows afterwards."""

        def done(moved: Moved) -> None:
            told = said.format(of=of, person=person, count=wording.number(len(moved)))
            self._desk.notices.done(told)
            self._desk.undo.begin_anew()
            # Whose rows they are stands in the worklist.
            self._desk.changes.proposals_changed.emit()
            self.begin()

        self._desk.notices.clear()
        self._desk.tasks.start(lambda _task: work(), owner=self, on_done=done).kept = True
