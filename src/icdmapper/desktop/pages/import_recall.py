"""Taking the edition in use back: what that would change is shown first, then it is one act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QFrame, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from icdmapper.desktop import wording
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.import_signoff import SignOffPanel, StoredPanel
from icdmapper.desktop.tasks import Latest, Task
from icdmapper.desktop.widgets.labels import label, line
from icdmapper.desktop.widgets.scrolled import scrolled
from icdmapper.model.codes import CodeSet, Side
from icdmapper.model.editions import Recall
from icdmapper.texts import N_, _
from icdmapper.texts.singular import counted
from icdmapper.texts.words import state_word

_SHOWN = 8


class RecallPanel(QFrame):
    """One edition in use at a time: what its taking back changes, or what stands in the way."""

    chosen = Signal(int)
    """The number of the edition to look at."""
    wanted = Signal()
    left = Signal()
    row_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        self._first_in_the_way = 0
        self._sets = QComboBox()
        self._sets.setAccessibleName(_("Edition to take back"))
        self._what = label(wrap=True, copy=True)
        self._what.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.take = QPushButton(_("Take it back  Ctrl+Enter"))
        self.take.setProperty("look", "primary")
        self._see = QPushButton(_("Show the first of them"))
        self._back = QPushButton(_("Back  Esc"))
        self._back.setProperty("look", "flat")
        inside = QWidget()
        inside.setProperty("clear", True)
        lines = QVBoxLayout(inside)
        lines.setContentsMargins(0, 0, 4, 0)
        lines.addWidget(self._what)
        lines.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 14)
        column.setSpacing(8)
        column.addWidget(label(_("Take an edition back"), look="section"))
        column.addWidget(self._sets)
        column.addWidget(scrolled(inside), 1)
        column.addWidget(line())
        for button in (self.take, self._see, self._back):
            column.addWidget(button)
        self._sets.activated.connect(lambda _at: self.chosen.emit(self._sets.currentData()))
        self.take.clicked.connect(lambda _on=False: self.wanted.emit())
        self._see.clicked.connect(lambda _on=False: self.row_wanted.emit(self._first_in_the_way))
        self._back.clicked.connect(lambda _on=False: self.left.emit())

    def begin(self, editions: Sequence[CodeSet]) -> None:
        """Offer these editions; the first is looked at."""
        self._sets.clear()
        for one in editions:
            self._sets.addItem(named(one), one.id)
        self._say(_("Comparing…"))
        self._sets.setFocus(Qt.FocusReason.OtherFocusReason)
        self.chosen.emit(self._sets.currentData())

    def show_recall(self, recall: Recall, by: str) -> None:
        """Show what would be done, or why nothing can be."""
        mine = recall.edition.imported_by == by
        self._say("\n\n".join(_parts(recall, mine=mine)))
        self.take.setEnabled(recall.possible and mine)
        self._see.setVisible(bool(recall.in_the_way))
        self._first_in_the_way = recall.in_the_way[0].id if recall.in_the_way else 0

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Escape leaves everything as it is."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _say(self, text: str) -> None:
        self._what.setText(text)
        self.take.setEnabled(False)
        self._see.hide()


class StoredSide(QStackedWidget):
    """What is stored; in its place, when that is wanted, the taking back of an edition."""

    propose_wanted = Signal()

    def __init__(self, desk: Desk, signoff: SignOffPanel) -> None:
        super().__init__()
        self._desk = desk
        self._signoff = signoff
        self._recall: Recall | None = None
        self._editions: tuple[CodeSet, ...] = ()
        self._looking = Latest(desk.tasks, self)
        self._stored = StoredPanel()
        self._panel = RecallPanel()
        for part in (self._stored, self._panel):
            self.addWidget(part)
        self._stored.propose_wanted.connect(self.propose_wanted)
        self._stored.recall_wanted.connect(self.begin)
        self._panel.chosen.connect(self._look)
        self._panel.wanted.connect(self.take_back)
        self._panel.left.connect(self._end)
        self._panel.row_wanted.connect(self._on_row_wanted)

    @property
    def has_both_sides(self) -> bool:
        """Whether proposals can be made."""
        return self._stored.has_both_sides

    @property
    def wants_list(self) -> bool:
        """Whether nothing but the hospital's own list is to come."""
        return self._stored.wants_list

    @property
    def propose(self) -> QPushButton:
        """The button that makes proposals."""
        return self._stored.propose

    @property
    def is_recalling(self) -> bool:
        """Whether an edition is being looked at, to be taken back."""
        return self.isVisible() and self.currentWidget() is self._panel

    def show_history(self, stored: Sequence[CodeSet], in_use: Sequence[CodeSet]) -> None:
        """Show what was stored; what replaced something and is in use can be taken back."""
        self._editions = tuple(
            sorted((one for one in in_use if one.replaced_id is not None), key=lambda one: -one.id)
        )
        self._stored.show_history(stored, in_use)
        self._stored.recall.setEnabled(bool(self._editions))

    def begin(self) -> None:
        """Look at the newest edition, to take it back."""
        if not self._editions:
            self._desk.notices.hint(_("No edition in use has replaced another one."))
        elif self.isVisible():
            self.setCurrentWidget(self._panel)
            self._panel.begin(self._editions)

    def confirm(self) -> None:
        """Take back what is looked at here, else store what is to be signed."""
        if self.is_recalling:
            self.take_back()
        else:
            self._signoff.sign_off()

    def take_back(self) -> None:
        """Take the edition back that is looked at, as it was looked at."""
        recall, by, importing = self._recall, self._desk.person, self._desk.services.importing
        if recall is None or not self._panel.take.isEnabled():
            return
        self._panel.take.setEnabled(False)
        number = recall.edition.id

        def work(_task: Task) -> Recall:
            return importing.recall(number, by=by, seen=recall)

        task = self._desk.tasks.start(
            work, owner=self, on_done=self._on_recalled, on_error=self._on_refused
        )
        task.kept = True

    def _look(self, number: int) -> None:
        importing = self._desk.services.importing
        self._recall = None
        self._looking.ask(lambda _task: importing.weigh_recall(number), self._on_weighed)

    def _on_weighed(self, recall: Recall) -> None:
        self._recall = recall
        self._panel.show_recall(recall, self._desk.person.name)

    def _on_recalled(self, recall: Recall) -> None:
        self._end()
        self._desk.notices.done(
            _("Taken back: {what}").format(what=named(recall.edition)),
            _("{name} is in use again; {count} answers were put back.").format(
                name=named(recall.earlier), count=wording.number(len(recall.restored))
            ),
        )
        self._desk.changes.code_sets_changed.emit()
        self._desk.changes.mappings_changed.emit(tuple(one.local.id for one in recall.restored))
        self.propose_wanted.emit()

    def _on_refused(self, error: Exception) -> None:
        self._desk.notices.error(error)
        if self._recall is not None:
            self._look(self._recall.edition.id)

    def _on_row_wanted(self, local_id: int) -> None:
        self._desk.changes.page_wanted.emit("workbench")
        self._desk.changes.row_wanted.emit(local_id)

    def _end(self) -> None:
        self._recall = None
        self.setCurrentWidget(self._stored)
        self._stored.recall.setFocus(Qt.FocusReason.OtherFocusReason)


def named(one: CodeSet) -> str:
    """An edition as people call it."""
    side = _("Local") if one.side is Side.LOCAL else one.system.value if one.system else ""
    return " ".join(filter(None, (side, one.name, one.edition)))


def _parts(recall: Recall, *, mine: bool) -> list[str]:
    number = wording.number
    parts = [_("{name} would be in use again.").format(name=named(recall.earlier))]
    entries = [
        counted(N_("{count} entries come back"), recall.returning),
        counted(N_("{count} entries go, they stay stored with the edition"), recall.leaving),
        counted(N_("{count} entries bear their earlier name or code again"), recall.reworded),
    ]
    parts.append("\n".join(entries))
    states = Counter(one.then.state for one in recall.restored)
    answers = [
        _("{what}: {count}").format(what=state_word(state.value), count=number(count))
        for state, count in states.most_common()
    ]
    rows = [f"{one.local.code} {one.local.name}" for one in recall.restored[:_SHOWN]]
    if more := len(recall.restored) - len(rows):
        rows.append(_("and {count} more").format(count=number(more)))
    title = _("Answers put back as they were: {count}").format(count=number(len(recall.restored)))
    parts.append("\n".join((title, *answers, *rows)))
    if recall.in_the_way:
        codes = [f"{one.code} {one.name}" for one in recall.in_the_way[:_SHOWN]]
        told = counted(
            N_(
                "{count} codes were worked on since. As long as they are, it cannot be taken back: "
                "take those acts back or reopen the codes first."
            ),
            len(recall.in_the_way),
        )
        parts.insert(0, "\n".join((told, *codes)))
    if recall.released:
        parts.insert(0, _("A release was signed since; the edition stays."))
    if not mine:
        who = _("{name} stored this edition; only they take it back.")
        parts.insert(0, who.format(name=recall.edition.imported_by))
    return parts
