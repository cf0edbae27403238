"""Merging a copy: what it changed, both answers of a conflict side by side, one act, one undo."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from icdmapper import bootstrap
from icdmapper.desktop import theme
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.models.rows import RowTableModel
from icdmapper.desktop.pages.merging_parts import AnswerCard, counts_sentence, line_columns
from icdmapper.desktop.tasks import Task
from icdmapper.desktop.widgets.empty import EmptyState
from icdmapper.desktop.widgets.keys import Key, KeyHints, bind
from icdmapper.desktop.widgets.labels import label
from icdmapper.desktop.widgets.progress import ProgressStrip
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.model.people import Right, may
from icdmapper.resolution.merge_session import MergeLine, MergeSession
from icdmapper.resolution.merging import MergeChoice, MergeKind, MergePlan
from icdmapper.texts import N_, _


class MergePanel(QWidget):
    """The rows that a copy changed above, both answers of the one in focus below."""

    left = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._session = MergeSession()
        self._task: Task | None = None
        self._again = False
        self._model: RowTableModel[MergeLine] = RowTableModel(line_columns(), self)
        self._table = RowTable(self._model)
        self._table.setAccessibleName(_("Rows that the copy changed"))
        self._ours, self._theirs = AnswerCard(_("Here")), AnswerCard(_("In the copy"))
        self._keys = (
            Key(("O",), N_("choose the copy"), self._on_choose_wanted),
            Key(("1",), N_("keep what is here"), partial(self._choose, MergeChoice.OURS)),
            Key(("2",), N_("take the copy's"), partial(self._choose, MergeChoice.THEIRS)),
            Key(("3",), N_("make it a dispute"), partial(self._choose, MergeChoice.DISPUTE)),
            Key(
                ("Ctrl+Return", "Ctrl+Enter"),
                N_("merge"),
                self._on_merge_wanted,
                shown="Ctrl+Enter",
            ),
            Key(("Escape",), N_("back to the people"), None, shown="Esc"),
            Key(("Up", "Down"), N_("go through the rows"), None, hinted=False, shown="↑ ↓"),
        )
        self._build_ui()
        self._connect()
        self._show()

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the merge."""
        return self._keys

    def begin(self) -> None:
        """The rows get the keyboard; where there are none, the button that chooses a copy."""
        first = self._table if self._session.lines else self._open
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def open_copy(self, copy: str) -> None:
        """Compare with a copy, a file or an address; nothing is stored."""
        services = self._desk.services
        self._start(
            _("Comparing with the copy…"),
            lambda task: bootstrap.merge_copy(services, copy, by=None, progress=task.report),
            lambda plan: self._on_compared(copy, plan),
            self._desk.notices.error,
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Escape stops what runs, else leaves the panel."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self._task is not None:
            self._on_stop_wanted()
        else:
            self.left.emit()

    # ---- building ----

    def _build_ui(self) -> None:
        self._open = QPushButton(theme.icon("import", "muted"), _("Choose the copy…  O"))
        self._merge = QPushButton(_("Merge  Ctrl+Enter"))
        self._merge.setProperty("look", "primary")
        self._strip, self._sentence = ProgressStrip(), label(wrap=True)
        self._empty = EmptyState(icon="people", title="", sentence="")
        answers = QHBoxLayout()
        answers.setSpacing(10)
        answers.addWidget(self._ours, 1)
        answers.addWidget(self._theirs, 1)
        shown = QWidget()
        rows = QVBoxLayout(shown)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(10)
        rows.addWidget(self._table, 1)
        rows.addLayout(answers)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(shown)
        head, foot = QHBoxLayout(), QHBoxLayout()
        self._title = label(look="title")
        head.addWidget(self._title, 1)
        head.addWidget(self._open)
        foot.setSpacing(12)
        foot.addWidget(self._sentence, 1)
        foot.addWidget(self._merge)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(self._strip)
        column.addWidget(self._stack, 1)
        column.addLayout(foot)
        column.addWidget(KeyHints(self._keys))

    def _connect(self) -> None:
        bind([key for key in self._keys if key.act is not None], self)
        self._open.clicked.connect(lambda _on=False: self._on_choose_wanted())
        self._merge.clicked.connect(lambda _on=False: self._on_merge_wanted())
        self._table.row_chosen.connect(self._show_answers)
        self._strip.cancelled.connect(self._on_stop_wanted)

    # ---- showing ----

    def _show(self, at: int = 0) -> None:
        lines, copy = self._session.lines, Path(self._session.copy).name
        self._title.setText(" · ".join(filter(None, (_("Merge a copy"), copy))))
        self._table.show_rows(lines)
        self._stack.setCurrentIndex(1 if lines else 0)
        if lines:
            self._table.show_row(min(at, len(lines) - 1))
            self._show_answers(min(at, len(lines) - 1))
        elif self._session.copy:
            self._empty.say(_("The copy brings nothing new"), copy)
        else:
            self._empty.say(
                _("No copy is compared yet"),
                _(
                    "Somebody worked in a copy of this project, a file taken home for instance. "
                    "Choose it: what only the copy changed is taken over, what both changed "
                    "differently is asked. Nothing is stored before you say so."
                ),
            )
        self._show_counts()

    def _show_counts(self) -> None:
        manages = may(self._desk.person.role, Right.MANAGE_PEOPLE)
        said = counts_sentence(self._session)
        if self._session.has_work and not manages:
            said = f"{said} {_('Only a coordinator merges a copy.')}"
        self._sentence.setText(said)
        self._merge.setVisible(self._session.has_work and manages)
        self._merge.setEnabled(self._task is None)

    def _show_answers(self, at: int) -> None:
        row = self._session.lines[at].row
        self._ours.show_answer(row.ours)
        self._theirs.show_answer(row.theirs)

    # ---- acting ----

    def _choose(self, choice: MergeChoice) -> None:
        at = self._table.currentIndex().row()
        if self._task is not None or not self._session.choose(at, choice):
            self._desk.notices.hint(_("Only about a conflict is there something to choose."))
            return
        self._show(self._session.next_conflict(at))

    def _on_choose_wanted(self) -> None:
        before = self._desk.memory.text("merge_copy", str(Path.home()))
        kinds = _("Projects (*.icdm)")
        chosen, _kind = QFileDialog.getOpenFileName(self, _("Choose the copy"), before, kinds)
        if chosen:
            self._desk.memory.keep("merge_copy", chosen)
            self.open_copy(chosen)

    def _on_compared(self, copy: str, plan: MergePlan) -> None:
        self._session.show(copy, plan)
        self._show()
        self.begin()

    def _on_merge_wanted(self) -> None:
        if self._task is not None or not self._merge.isVisible():
            return
        services, by = self._desk.services, self._desk.person
        copy, chosen = self._session.copy, self._session.chosen
        disputes = self._session.unlooked
        self._start(
            _("Merging…"),
            lambda task: bootstrap.merge_copy(
                services, copy, by=by, chosen=chosen, progress=task.report
            ),
            lambda plan: self._on_merged(plan, disputes),
            self._on_refused,
        )

    def _on_merged(self, plan: MergePlan, disputes: int) -> None:
        said = _("{count} rows were merged; U in the workbench takes all of it back.").format(
            count=len(plan.of_kind(MergeKind.TAKEN)) + len(plan.of_kind(MergeKind.CONFLICT))
        )
        if disputes:
            said += " " + _("{count} are disputed now.").format(count=disputes)
        self._desk.notices.done(said)
        self._session = MergeSession()
        self._show()
        self._desk.changes.proposals_changed.emit()
        self.left.emit()

    def _start(
        self,
        title: str,
        work: Callable[[Task], MergePlan],
        then: Callable[[MergePlan], None],
        refused: Callable[[Exception], None],
    ) -> None:
        if self._task is not None:
            return
        self._strip.begin(title)
        self._task = self._desk.tasks.start(work, owner=self, on_done=then, on_error=refused)
        self._task.progressed.connect(self._strip.advance)
        self._task.ended.connect(self._on_ended)
        self._show_counts()

    def _on_stop_wanted(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _on_ended(self) -> None:
        self._task = None
        self._strip.end()
        self._show_counts()
        again, self._again = self._again, False
        if again:
            self.open_copy(self._session.copy)

    def _on_refused(self, error: Exception) -> None:
        """Say why and compare again, for a row may have changed; the other choices stay."""
        self._desk.notices.error(error)
        self._again = True
