"""The workbench: decide one local code after another, hands on the keyboard."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.drafts import Drafts
from icdmapper.desktop.pages.contest import Contest
from icdmapper.desktop.pages.decisions import Decisions
from icdmapper.desktop.pages.elsewhere import Elsewhere
from icdmapper.desktop.pages.focus import RELATION_KEYS
from icdmapper.desktop.pages.learning import Learning
from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.pages.retire import Retire
from icdmapper.desktop.pages.right_side import RightSide
from icdmapper.desktop.pages.row import RowPanel
from icdmapper.desktop.pages.worklist import FilterBar, Worklist
from icdmapper.desktop.preview import preview
from icdmapper.desktop.tasks import Lane
from icdmapper.desktop.widgets.keys import Key, KeyHints, bind
from icdmapper.model.errors import RefusedError
from icdmapper.model.mapping import Mapping, Relation, State
from icdmapper.resolution.replaying import Replayed
from icdmapper.resolution.service import BulkResult
from icdmapper.resolution.session import ReviewSession
from icdmapper.resolution.worklist import Order, WorkFilter
from icdmapper.resolution.worklist import Worklist as Prepared
from icdmapper.texts import N_, _
from icdmapper.texts.singular import counted

_COVERAGE_PAUSE_MS = 400
_SEARCH_PAUSE_MS = 100
_RELOAD_ABOVE = 20
"""A step taken back that touched more rows than this is shown by reading the worklist again."""

_RELATION_WORDS = {
    Relation.EQUIVALENT: N_("equivalent"),
    Relation.LOCAL_FINER: N_("local is finer"),
    Relation.LOCAL_COARSER: N_("local is coarser"),
    Relation.OVERLAP: N_("overlap"),
    Relation.NO_COUNTERPART: N_("no counterpart"),
}


class WorkbenchPage(Page):
    """Worklist, focus, candidates, context; each decision is saved before the next row shows."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.refresh()  # The rows are read while the page is built.
        self._session = ReviewSession()
        self._loaded = False
        self._elsewhere = Elsewhere(desk, self)
        self._wanted_row = 0
        self._decisions = Decisions(desk, self)
        self._learning = Learning(desk, self)
        self._filters = FilterBar(desk.person.name)
        self._worklist = Worklist()
        self._row = RowPanel(desk, self._session, self)
        self._drafts = self._row.drafts = Drafts(desk.services.location, desk.tasks, self)
        self._right = RightSide(desk, self._row, self._session)
        self._contest = Contest(desk, self._session, self._row, self)
        self._retire = Retire(self._session, self._decisions, self)
        self._keys = _keys_of(self)
        self._build_ui()
        self._connect()

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the workbench."""
        return self._keys

    @property
    def session(self) -> ReviewSession:
        """What is shown and may be done next."""
        return self._session

    @property
    def is_settled(self) -> bool:
        """Whether rows, candidates and decisions are all shown and saved."""
        return self._loaded and not self._decisions.is_saving and self._row.is_settled

    @property
    def worklist_table(self) -> QWidget:
        """The table that has the keyboard."""
        return self._worklist.table

    def show_filtered(self, wanted: WorkFilter) -> None:
        """Show only the rows that pass a filter."""
        self._session.set_filter(wanted)
        self._show_session()

    def show_ordered(self, order: Order) -> None:
        """Show the rows in another order."""
        self._session.set_order(order)
        self._show_session()

    def show_replayed(self, replayed: Replayed) -> bool:
        """Put the first row of it in focus; every act on a mapping is seen here."""
        if replayed.mappings:
            self._right.leave()
            self._on_changed(replayed.mappings)
        return bool(replayed.mappings)

    def show_row(self, local_id: int) -> None:
        """Put a local code in focus, whatever filter hides it; waits until the rows are read."""
        self._wanted_row = 0 if self._loaded else local_id
        if self._loaded:
            self._session.go_to(local_id)
            self._show_session()

    def go_back(self) -> None:
        """Return to the row that was left last; filter, order and place in the list stay."""
        if self._session.go_back() is None:
            self._desk.notices.hint(_("There is no row to go back to."))
        else:
            self._show_session()

    def show_bulk(self) -> None:
        """Look at all filtered rows together instead of at one."""
        self._right.begin_bulk()

    def activate(self) -> None:
        """The worklist gets the keyboard."""
        self._worklist.take_keyboard()

    def refresh(self) -> None:
        """Read the worklist again; the row in focus stays."""
        resolution, audit = self._desk.services.resolution, self._desk.services.audit
        self._desk.tasks.start(
            lambda _task: Prepared.of(resolution.worklist(), audit.touched_by_last_edition()),
            owner=self,
            on_done=self._show_rows,
            lane=Lane.LOOKUP,
        )

    def _build_ui(self) -> None:
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        self._worklist.setMinimumWidth(310)
        splitter.addWidget(self._worklist)
        splitter.addWidget(self._right)
        splitter.setStretchFactor(0, 4)
        splitter.setStretchFactor(1, 8)
        splitter.setSizes([440, 830])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self._filters)
        column.addWidget(splitter, 1)
        for bar in (self._contest, self._retire):
            column.addWidget(bar)
            bar.left.connect(self.activate)
        column.addWidget(KeyHints(self._keys))
        self._coverage_timer = QTimer(self)
        self._coverage_timer.setSingleShot(True)
        self._coverage_timer.setInterval(_COVERAGE_PAUSE_MS)

    def _connect(self) -> None:
        # Enter is the table's own key, so that it never accepts while a button or field has focus.
        bind([key for key in self._keys if "Enter" not in key.keys], self)
        pick = [self._right.on_row(partial(self._row.pick, at)) for at in range(9)]
        bind([Key((str(at + 1),), "", act) for at, act in enumerate(pick)], self)
        self._filters.changed.connect(self.show_filtered)
        self._worklist.row_chosen.connect(self._on_row_chosen)
        self._worklist.row_opened.connect(lambda _row: self._accept())
        self._worklist.order_wanted.connect(self.show_ordered)
        self._worklist.filter_dropped.connect(self._filters.clear)
        self._worklist.import_wanted.connect(lambda: self._desk.changes.page_wanted.emit("import"))
        self._row.accepted.connect(self._accept)
        for part in (self._filters, self._row, self._right):
            part.left.connect(self.activate)
        self._decisions.decided.connect(self._on_decided)
        self._contest.contested.connect(self._on_decided)
        self._contest.refused.connect(self._on_changed)
        self._decisions.changed.connect(self._on_changed)
        self._learning.learned.connect(self._row.drop_proposals)
        self._coverage_timer.timeout.connect(self._show_coverage)
        self._desk.changes.code_sets_changed.connect(self._on_proposals_changed)
        self._desk.changes.proposals_changed.connect(self._on_proposals_changed)
        self._elsewhere.seen.connect(self._on_seen_elsewhere)
        self._elsewhere.moved.connect(partial(self._on_seen_elsewhere, own=True))
        self._elsewhere.many.connect(self.refresh)
        self._desk.changes.rows_wanted.connect(self._filters.show_filter)
        self._desk.changes.row_wanted.connect(self.show_row)
        self._desk.changes.bulk_wanted.connect(self.show_bulk)
        self._right.accepted.connect(self._decisions.accept_in_bulk)
        self._right.passed_on.connect(self._on_changed)
        self._decisions.accepted_in_bulk.connect(self._on_accepted_in_bulk)

    # ---- showing ----

    def _show_rows(self, worklist: Prepared) -> None:
        self._session.set_rows(worklist)
        self._loaded = True
        self._filters.show_choices(self._session)
        self._show_session()
        self._show_coverage()
        if self._wanted_row:
            self.show_row(self._wanted_row)
        QTimer.singleShot(_SEARCH_PAUSE_MS, self, partial(_prepare_search, self, worklist))

    def _show_session(self) -> None:
        if not self._loaded:
            return
        self._worklist.show_session(self._session)
        self._right.setVisible(bool(self._session.visible) or self._right.is_aside)
        self._row.show_row()
        self._right.follow()

    def _show_coverage(self) -> None:
        coverage = self._session.coverage()
        self._filters.show_coverage(coverage)
        self.count_changed.emit(coverage.by_state.get(State.OPEN, 0))

    # ---- acting ----

    def _accept(self) -> None:
        """Record what the decision bar says."""
        if self._right.is_aside:
            self._right.leave()
            return
        if self._decisions.is_saving:
            return
        try:
            choice = self._row.pending_choice()
        except RefusedError as error:
            self._desk.notices.error(error)
            return
        self._decisions.decide(choice, said=self._row.refuses)

    def _refine(self) -> None:
        if (row := self._session.current) is not None:
            self._desk.changes.page_wanted.emit("refinement")
            self._desk.changes.refinement_wanted.emit(row.local.id)

    # ---- what came back ----

    def _on_decided(self, mapping: Mapping) -> None:
        self._drafts.drop(mapping.local_id)
        self._session.replace_mapping(mapping)
        self._show_session()
        self._announce((mapping,))

    def _on_changed(self, mappings: tuple[Mapping, ...]) -> None:
        if not self._loaded or len(mappings) > _RELOAD_ABOVE:
            self._wanted_row = mappings[0].local_id
            self.refresh()
        else:
            for mapping in mappings:
                self._session.replace_mapping(mapping)
            self._session.go_to(mappings[0].local_id)
            self._show_session()
        self._announce(mappings)

    def _announce(self, mappings: tuple[Mapping, ...]) -> None:
        self._coverage_timer.start()
        self._learning.note(len(mappings))
        self._elsewhere.tell(tuple(one.local_id for one in mappings))

    def _on_accepted_in_bulk(self, local_ids: tuple[int, ...], result: BulkResult) -> None:
        self._right.leave()
        self.refresh()
        self._learning.note(result.accepted)
        self._elsewhere.tell(local_ids)
        self._desk.notices.done(
            counted(N_("{count} rows accepted."), result.accepted),
            _("U takes all of them back."),
        )

    def _on_seen_elsewhere(self, mappings: tuple[Mapping, ...], *, own: bool = False) -> None:
        """What others do waits for the row in focus to be left; one's own on another page not."""
        if len(mappings) > _RELOAD_ABOVE:
            self.refresh()
            return
        here = [one.local_id for one in mappings if not self._session.see(one, own=own)]
        self._worklist.show_session(self._session)
        self._coverage_timer.start()
        if here and own:
            self._show_session()
        elif here:
            self._elsewhere.say_who(here[0])

    def _on_proposals_changed(self) -> None:
        self._row.forget_proposals()
        self.refresh()

    # ---- what the person wants ----

    def _on_row_chosen(self, at: int) -> None:
        self._session.move(at - self._session.cursor)
        self._row.show_row()
        if self._right.is_passing:
            self._right.leave()


def _prepare_search(page: WorkbenchPage, worklist: Prepared) -> None:
    """Have made what typing is looked for in, once the rows and the first one are shown."""
    page._desk.tasks.start(
        lambda _task: worklist.texts, owner=page, on_done=lambda _texts: None, lane=Lane.COMPUTE
    )


def _reopen(page: WorkbenchPage) -> None:
    """Put the row in focus back, or the one under the cursor where an answer is passed on."""
    if page._right.is_passing:
        page._right.passing.revoke()
        return
    if (row := page.session.current) is not None:
        page._right.on_row(partial(page._decisions.reopen, row.mapping))()


def _keys_of(page: WorkbenchPage) -> tuple[Key, ...]:
    """The keys of the workbench; those that are hinted at stand below it."""
    row, on_row = page._row, page._right.on_row
    relations = [
        Key((key,), _RELATION_WORDS[relation], on_row(partial(row.choose_relation, relation)))
        for relation, key in RELATION_KEYS.items()
    ]
    retire = on_row(page._retire.begin_row)
    beside, change_beside = on_row(row.add_beside), on_row(row.change_beside)
    return (
        Key(("Enter",), N_("accept"), page._accept),
        Key(("1",), N_("choose a candidate"), None, shown="1–9"),
        *relations,
        Key(("D",), N_("dispute"), on_row(page._contest.begin_row)),
        Key(("Shift+C",), N_("refine the code"), on_row(page._refine), hinted=False),
        Key(("/",), N_("search the reference"), on_row(row.begin_search)),
        Key(("U",), N_("undo"), page._desk.undo.undo),
        Key(("B", "Ctrl+A"), N_("accept in bulk"), page.show_bulk),
        Key(("P",), N_("pass the answer on"), page._right.begin_passing, hinted=False),
        Key(("Backspace", "Alt+Left"), N_("back to the last row"), page.go_back, hinted=False),
        Key(("R",), N_("reopen"), partial(_reopen, page), hinted=False),
        Key(("Shift+R",), N_("retire the code"), retire, hinted=False),
        Key(("M",), N_("add an entry beside the main one"), beside, hinted=False),
        Key(("Shift+M",), N_("change it"), change_beside, hinted=False),
        Key(("H",), N_("help on the rule"), on_row(row.toggle_help), hinted=False),
        Key(("T",), N_("write a note"), on_row(row.focus_note), hinted=False),
        Key(("S",), N_("say something about it"), on_row(row.focus_thread), hinted=False),
        Key(("W",), N_("let a rule's objection stand"), on_row(row.waive), hinted=False),
        Key(("Ctrl+F",), N_("filter by text"), page._filters.focus_text, hinted=False),
        Key(("Ctrl+L",), N_("filter by chips"), page._filters.focus_chips, hinted=False),
        Key(("Up", "Down"), N_("go through the rows"), None, hinted=False, shown="↑ ↓"),
    )


if __name__ == "__main__":
    raise SystemExit(preview(WorkbenchPage))
