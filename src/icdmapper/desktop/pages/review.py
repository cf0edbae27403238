"""The second check: another person looks at decisions, the riskiest first, blind where wanted."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from icdmapper.desktop import check_words
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.checked_row import CheckedRow
from icdmapper.desktop.pages.dispute_bar import DisputeBar
from icdmapper.desktop.pages.focus import RELATION_KEYS
from icdmapper.desktop.pages.judgements import Judgements
from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.pages.review_parts import CheckFilters, CheckQueue, OutcomePanel
from icdmapper.desktop.pages.review_plan import PlanPanel
from icdmapper.desktop.pages.review_risks import RiskLine, RuleCounts
from icdmapper.desktop.preview import preview
from icdmapper.desktop.tasks import Lane
from icdmapper.desktop.widgets.keys import Key, KeyHints, bind
from icdmapper.model.checks import Opinion
from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act
from icdmapper.model.mapping import Choice, Mapping
from icdmapper.model.people import Person
from icdmapper.resolution.check_session import CheckFilter, CheckSession, searchable
from icdmapper.resolution.checking import CheckFigures, CheckingService, CheckRow, Queue
from icdmapper.resolution.replaying import Replayed
from icdmapper.texts import N_

_READY_AHEAD = 8
_LOW = 380
"""Pixels below which the right side leaves out what the list says as well."""
_Found = tuple[Queue, dict[int, str], CheckFigures]


class ReviewPage(Page):
    """Queue, row in focus as on the workbench, and what the last answer led to."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._session = CheckSession()
        self._blind = False
        self._stale = True
        self._announcing = False
        self._wanted: int | None = None
        self._sent: tuple[CheckRow, Opinion] | None = None
        self._judgements = Judgements(desk, self)
        self._counts = RuleCounts(desk, self)
        self._filters = CheckFilters()
        self._plan = PlanPanel(desk, self._counts, datetime.now().astimezone().date())
        self._queue = CheckQueue(self._filters.summary)
        self._outcome = OutcomePanel()
        self._risk = RiskLine(desk)
        self._row = CheckedRow(desk, self)
        self._right = _RightSide(self._outcome, self._risk, self._row)
        self._dispute = DisputeBar()
        self._keys = self._make_keys()
        self._build_ui()
        self._connect()

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the second check."""
        return self._keys

    @property
    def session(self) -> CheckSession:
        """What is shown and may be done next."""
        return self._session

    @property
    def is_settled(self) -> bool:
        """Whether the row in focus is shown and every answer saved."""
        return not self._judgements.is_saving and self._row.is_settled

    def activate(self) -> None:
        """The queue gets the keyboard; what changed meanwhile is read."""
        if self._stale:
            self.refresh()
            self._counts.read()
        self._queue.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_replayed(self, replayed: Replayed) -> bool:
        """A check or a dispute of a decision is shown where it was made, and a sampling plan."""
        if judged := replayed.of in (Act.CHECKED, Act.DISPUTED):
            self._on_judged_elsewhere(replayed.mappings)
        return judged or self._session.was_spoken_of(replayed) or self._plan.show_replayed(replayed)

    def refresh(self) -> None:
        """Read the queue and the figures again; the row in focus stays."""
        self._stale = False
        checking, by, counts = self._desk.services.checking, self._desk.person, self._counts.by_row
        self._desk.tasks.start(
            lambda _task: _read(checking, by, counts),
            owner=self,
            on_done=self._show_queue,
            lane=Lane.LOOKUP,
        )

    def _build_ui(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self._filters)
        column.addWidget(self._plan)
        column.addWidget(_side_by_side(self._queue, self._right), 1)
        column.addWidget(self._dispute)
        column.addWidget(KeyHints(self._keys))

    def _make_keys(self) -> tuple[Key, ...]:
        relations = [
            Key(
                (key,),
                check_words.RELATION_MESSAGES[one],
                partial(self._row.choose_relation, one),
                hinted=False,
            )
            for one, key in RELATION_KEYS.items()
        ]
        return (
            Key(("Enter",), N_("answer"), self._answer),
            Key(("A",), N_("agree"), self._agree),
            Key(("1",), N_("choose a candidate"), None, shown="1–9"),
            *relations,
            Key(("B",), N_("blind or open"), self._filters.toggle_blind),
            Key(("D",), N_("dispute"), self._begin_dispute),
            Key(("/",), N_("search the reference"), self._row.begin_search),
            Key(("G",), N_("sampling plan"), self._plan.toggle),
            Key(("U",), N_("undo"), self._desk.undo.undo),
            Key(("T",), N_("write a note"), self._row.focus_note, hinted=False),
            Key(("Ctrl+F",), N_("filter by text"), self._filters.focus_text, hinted=False),
            Key(("Up", "Down"), N_("go through the rows"), None, hinted=False, shown="↑ ↓"),
        )

    def _connect(self) -> None:
        bind([key for key in self._keys if "Enter" not in key.keys], self)
        bind([Key((str(n + 1),), "", partial(self._row.pick, n)) for n in range(9)], self)
        self._filters.changed.connect(self._on_filter_changed)
        self._filters.blind_changed.connect(self._on_blind_changed)
        self._filters.plan_wanted.connect(self._plan.toggle)
        self._queue.row_chosen.connect(self._on_row_chosen)
        self._queue.row_opened.connect(lambda _row: self._answer())
        self._queue.all_wanted.connect(self._filters.clear)
        self._queue.people_wanted.connect(lambda: self._desk.changes.page_wanted.emit("people"))
        self._outcome.dispute_wanted.connect(
            lambda _id: self._desk.changes.page_wanted.emit("disputes")
        )
        self._row.accepted.connect(self._answer)
        self._row.agreeing.connect(lambda agrees: self._risk.leave_rules_below(agreeing=agrees))
        self._dispute.opened.connect(self._on_dispute_opened)
        self._plan.planned.connect(self.refresh)
        self._counts.changed.connect(self.refresh)
        self._plan.figured.connect(self._filters.show_figures)
        for part in (self._filters, self._row, self._dispute, self._plan):
            part.left.connect(self.activate)
        self._judgements.checked.connect(self._on_checked)
        self._judgements.disputed.connect(self._on_checked)
        self._judgements.changed.connect(self._on_judged_elsewhere)
        changes = self._desk.changes
        changes.mappings_changed.connect(lambda _ids: self._on_changed_elsewhere())
        changes.code_sets_changed.connect(self._on_changed_elsewhere)
        changes.proposals_changed.connect(self._row.forget_proposals)

    # ---- showing ----

    def _show_queue(self, found: _Found) -> None:
        queue, texts, figures = found
        self._session.set_queue(queue, texts)
        if self._wanted is not None and self._session.go_to(self._wanted) is not None:
            self._wanted = None
        self._plan.show_figures(figures)
        self._show_session()

    def _show_session(self) -> None:
        self._queue.show_session(self._session, blind=self._blind)
        self.count_changed.emit(self._session.total)
        self._show_row()

    def _show_row(self) -> None:
        one = self._session.current
        self._dispute.end()
        self._risk.show_check(one, blind=self._blind)
        self._row.show_check(one, self._session.upcoming(_READY_AHEAD), blind=self._blind)
        # With nothing to show there, why the queue is empty stands in the middle of the page.
        self._right.setVisible(one is not None or not self._outcome.isHidden())

    # ---- acting ----

    def _answer(self) -> None:
        """Send what the bar says; what only repeats the decision confirms all its targets."""
        one = self._session.current
        if one is None or self._judgements.is_saving:
            return
        try:
            choice = self._row.pending_choice()
        except RefusedError as error:
            self._desk.notices.error(error)
            return
        if self._row.agrees and not choice.note.strip():
            self._agree()
            return
        self._sent = (one, Opinion.of(choice))
        self._judgements.check(choice, blind=self._blind)

    def _agree(self) -> None:
        one = self._session.current
        if one is not None and not self._blind and not self._judgements.is_saving:
            self._sent = (one, Opinion.of(one.row.mapping))
            self._judgements.agree(one.row.mapping)

    def _begin_dispute(self) -> None:
        one = self._session.current
        if one is not None:
            self._dispute.begin(one.row.local.code, one.row.local.name)

    def _on_dispute_opened(self, reason: str) -> None:
        one = self._session.current
        if one is None or self._judgements.is_saving:
            return
        instead: Choice | None = None
        if not self._blind and not self._row.agrees:
            instead = self._row.pending_choice()
        self._sent = (one, Opinion.of(instead) if instead else Opinion(None, ()))
        self._judgements.dispute(one.row.mapping, reason, instead)

    # ---- what came back ----

    def _on_checked(self, after: Mapping) -> None:
        sent, self._sent = self._sent, None
        if sent is not None and sent[0].row.local.id == after.local_id:
            one, chosen = sent
            self._outcome.show_outcome(
                one, after, chosen, checker=self._desk.person.name, blind=self._blind
            )
        self._session.remove(after.local_id)
        self._show_session()
        self.activate()
        self._plan.read()
        self._announce((after,))

    def _on_judged_elsewhere(self, mappings: tuple[Mapping, ...]) -> None:
        self._outcome.hide()
        self._announce(mappings)
        if self._session.put_back(mappings):
            self._show_session()
            self._plan.read()
        else:
            self._wanted = mappings[0].local_id
            self.refresh()

    def _announce(self, mappings: tuple[Mapping, ...]) -> None:
        self._announcing = True
        self._desk.changes.mappings_changed.emit(tuple(one.local_id for one in mappings))
        self._announcing = False

    def _on_changed_elsewhere(self) -> None:
        if self._announcing:
            return
        self._stale = True
        if self.isVisible():
            self.refresh()

    def _on_filter_changed(self, wanted: CheckFilter) -> None:
        self._session.set_filter(wanted)
        self._show_session()

    def _on_blind_changed(self, blind: bool) -> None:
        self._blind = blind
        self._filters.show_blind(blind=blind)
        self._outcome.hide()
        self._show_session()
        self.activate()

    def _on_row_chosen(self, at: int) -> None:
        self._session.move_to(at)
        self._show_row()


class _RightSide(QWidget):
    """What the last answer led to, why the row is worth a look, and the row."""

    def __init__(self, outcome: OutcomePanel, risk: RiskLine, row: CheckedRow) -> None:
        super().__init__()
        self._risk = risk
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(8)
        inside.addWidget(outcome)
        inside.addWidget(risk)
        inside.addWidget(row, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: in a low window the row comes first."""
        super().resizeEvent(event)
        self._risk.set_low(low=self.height() < _LOW)


def _side_by_side(queue: QWidget, right: QWidget) -> QSplitter:
    splitter = QSplitter(Qt.Orientation.Horizontal)
    splitter.setChildrenCollapsible(False)
    splitter.addWidget(queue)
    splitter.addWidget(right)
    # Without stretch factors both sides share what a smaller window takes away.
    splitter.setSizes([500, 770])
    return splitter


def _read(checking: CheckingService, by: Person, counts: dict[int, int]) -> _Found:
    """Read the queue and the figures; off the GUI thread."""
    queue = checking.queue(by=by, findings=counts)
    return queue, searchable(queue), checking.figures()


if __name__ == "__main__":
    raise SystemExit(preview(ReviewPage))
