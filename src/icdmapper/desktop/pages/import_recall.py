"""Taking the edition in use back: what that would change is shown first, then it is one act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QFrame, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from icdmapper.desktop import wording
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.import_signoff import SignOffPanel, StoredPanel
from icdmapper.desktop.tasks import Latest, Task
from icdmapper.desktop.widgets.labels import label, line
from icdmapper.desktop.widgets.scrolled import scrolled
from icdmapper.model.codes import CodeSet, LocalCode, Side
from icdmapper.model.editions import Recall
from icdmapper.model.errors import RefusedError
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

    def begin(self, editions: Sequence[CodeSet], number: int = 0) -> None:
        """Offer these editions; the one of that number is looked at, else the first."""
        self._sets.clear()
        for one in editions:
            self._sets.addItem(named(one), one.id)
        self._sets.setCurrentIndex(max(self._sets.findData(number), 0))
        self.say(_("Comparing…"))
        self._sets.setFocus(Qt.FocusReason.OtherFocusReason)
        self.chosen.emit(self._sets.currentData())

    def show_recall(self, recall: Recall, by: str) -> None:
        """Show what would be done, or why nothing can be."""
        mine = recall.edition.imported_by == by
        self.say("\n\n".join(_parts(recall, mine=mine)))
        self.take.setEnabled(recall.possible and mine)
        in_the_way = (*recall.in_the_way, *recall.unlisted)
        self._see.setVisible(bool(in_the_way))
        self._first_in_the_way = in_the_way[0].id if in_the_way else 0

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Escape leaves everything as it is."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def say(self, text: str) -> None:
        """Say this instead; there is nothing to be taken back by it."""
        self._what.setText(text)
        self.take.setEnabled(False)
        self._see.hide()


class StoredSide(QStackedWidget):
    """What is stored; in its place, when that is wanted, the taking back of an edition."""

    propose_wanted = Signal()
    history_wanted = Signal()
    emptied = Signal()
    """Nothing is in use any more; the next step is to choose a file."""

    def __init__(self, desk: Desk, signoff: SignOffPanel) -> None:
        super().__init__()
        self._desk = desk
        self._signoff = signoff
        self._recall: Recall | None = None
        self._editions: tuple[CodeSet, ...] = ()
        self._asked_for = 0
        """The edition that another page wants to be seen, when the history has been read."""
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
        desk.changes.edition_wanted.connect(self._on_edition_wanted)

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
        """Show what was stored; what is in use can be taken back."""
        self._editions = tuple(sorted(in_use, key=lambda one: -one.id))
        self._stored.show_history(stored, in_use)
        self._stored.recall.setEnabled(bool(self._editions))
        number, self._asked_for = self._asked_for, 0
        if number:
            self.begin(number)

    def begin(self, number: int = 0) -> None:
        """Look at an edition, the newest unless told otherwise, to take it back."""
        if not self._editions:
            self._desk.notices.hint(_("Nothing is in use that could be taken back."))
        elif self.isVisible():
            self.setCurrentWidget(self._panel)
            self._panel.begin(self._editions, number)

    def confirm(self) -> None:
        """Take back what is looked at here, else store what is to be signed."""
        if self.is_recalling:
            self.take_back()
        else:
            self._signoff.sign_off()

    def take_back(self) -> None:
        """Take the edition back that is looked at, as it was looked at."""
        recall, by, services = self._recall, self._desk.person, self._desk.services
        importing, catalog = services.importing, services.catalog
        if recall is None or not self._panel.take.isEnabled():
            return
        self._panel.take.setEnabled(False)
        number = recall.edition.id

        def work(_task: Task) -> tuple[Recall, set[Side]]:
            done = importing.recall(number, by=by, seen=recall)
            return done, {one.side for one in catalog.code_sets()}

        task = self._desk.tasks.start(
            work, owner=self, on_done=self._on_recalled, on_error=self._on_refused
        )
        task.kept = True

    def _look(self, number: int) -> None:
        importing = self._desk.services.importing
        self._recall = None

        def work(_task: Task) -> Recall | RefusedError:
            try:
                return importing.weigh_recall(number)
            except RefusedError as error:
                return error

        self._looking.ask(work, self._on_weighed)

    def _on_weighed(self, recall: Recall | RefusedError) -> None:
        if isinstance(recall, RefusedError):
            self._panel.say(str(recall))
            return
        self._recall = recall
        self._panel.show_recall(recall, self._desk.person.name)

    def _on_recalled(self, done: tuple[Recall, set[Side]]) -> None:
        recall, sides = done
        self._end()
        if not sides:
            self.emptied.emit()
        self._desk.notices.done(
            _("Taken back: {what}").format(what=named(recall.edition)), _after(recall)
        )
        self._desk.changes.code_sets_changed.emit()
        self._desk.changes.mappings_changed.emit(tuple(one.local.id for one in recall.restored))
        if sides == set(Side):
            self.propose_wanted.emit()
        else:
            self._desk.changes.proposals_changed.emit()

    def _on_edition_wanted(self, number: int) -> None:
        # What was read before may lack it.
        self._asked_for = number
        self.history_wanted.emit()

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


def _after(recall: Recall) -> str:
    """What is in use when it was taken back."""
    if recall.earlier is None:
        return _("Nothing takes its place; it stays stored and can be imported again.")
    return _("{name} is in use again; {count} answers were put back.").format(
        name=named(recall.earlier), count=wording.number(len(recall.restored))
    )


def _parts(recall: Recall, *, mine: bool) -> list[str]:
    parts = [*_in_the_way(recall, mine=mine)]
    leaving = N_("{count} entries go, they stay stored with the edition")
    if recall.earlier is None:
        parts.append(_("Nothing would take its place; it can be imported again."))
        parts.append(counted(leaving, recall.leaving))
        return parts
    parts.append(_("{name} would be in use again.").format(name=named(recall.earlier)))
    entries = [
        counted(N_("{count} entries come back"), recall.returning),
        counted(leaving, recall.leaving),
        counted(N_("{count} entries bear their earlier name or code again"), recall.reworded),
    ]
    parts += ["\n".join(entries), _answers(recall)]
    return parts


def _answers(recall: Recall) -> str:
    number = wording.number
    states = Counter(one.then.state for one in recall.restored)
    answers = [
        _("{what}: {count}").format(what=state_word(state.value), count=number(count))
        for state, count in states.most_common()
    ]
    rows = [f"{one.local.code} {one.local.name}" for one in recall.restored[:_SHOWN]]
    if more := len(recall.restored) - len(rows):
        rows.append(_("and {count} more").format(count=number(more)))
    title = _("Answers put back as they were: {count}").format(count=number(len(recall.restored)))
    return "\n".join((title, *answers, *rows))


def _in_the_way(recall: Recall, *, mine: bool) -> Iterator[str]:
    """Why it cannot be taken back, the gravest first."""
    if not mine:
        who = _("{name} stored this edition; only they take it back.")
        yield who.format(name=recall.edition.imported_by)
    if recall.released:
        yield _("A release was signed since; the edition stays.")
    if recall.unlisted:
        told = N_(
            "{count} codes of this list stand in no source: the uploader found them, or a "
            "refinement made them. They would be lost, so the list stays."
        )
        yield _with_codes(counted(told, len(recall.unlisted)), recall.unlisted)
    if recall.in_the_way:
        told = N_(
            "{count} codes were worked on since. As long as they are, it cannot be taken back: "
            "take those acts back or reopen the codes first."
        )
        yield _with_codes(counted(told, len(recall.in_the_way)), recall.in_the_way)


def _with_codes(told: str, codes: Sequence[LocalCode]) -> str:
    return "\n".join((told, *(f"{one.code} {one.name}" for one in codes[:_SHOWN])))
