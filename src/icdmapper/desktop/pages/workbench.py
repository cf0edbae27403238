"""The workbench: decide one local code after another, hands on the keyboard."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.candidates import CandidatePanel
from icdmapper.desktop.pages.context import ContextPanel, Surroundings, read_surroundings
from icdmapper.desktop.pages.decisions import Decisions, ReadyProposals
from icdmapper.desktop.pages.focus import RELATION_KEYS, DecisionBar, FocusPanel
from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.pages.worklist import FilterBar, Worklist
from icdmapper.desktop.tasks import Latest
from icdmapper.desktop.widgets.keys import Key, KeyHints, bind
from icdmapper.model.errors import RefusedError
from icdmapper.model.mapping import Mapping, Relation
from icdmapper.model.proposals import Proposal
from icdmapper.resolution.service import WorkRow
from icdmapper.resolution.session import Order, ReviewSession, WorkFilter
from icdmapper.texts import N_

_READY_AHEAD = 8
"""So many proposals after the row in focus are read before they are needed."""
_COVERAGE_PAUSE_MS = 400
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
        self._session = ReviewSession()
        self._relation: Relation | None = None
        self._loaded = False
        self._ready = ReadyProposals(desk, self)
        self._decisions = Decisions(desk, self)
        self._around = Latest(desk.tasks, self)
        self._keys = self._make_keys()
        self._build_ui()
        self._connect()
        self.refresh()

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
        row = self._session.current
        saving = self._decisions.is_saving
        return self._loaded and not saving and (row is None or self._ready.has(row.local.id))

    def activate(self) -> None:
        """The worklist gets the keyboard."""
        self._worklist.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def refresh(self) -> None:
        """Read the worklist again; the row in focus stays."""
        resolution = self._desk.services.resolution
        self._desk.tasks.start(
            lambda _task: resolution.worklist(), owner=self, on_done=self._show_rows
        )

    def _build_ui(self) -> None:
        self._filters = FilterBar()
        self._worklist = Worklist()
        self._focus = FocusPanel()
        self._candidates = CandidatePanel(self._desk, self)
        self._decision = DecisionBar()
        self._context = ContextPanel()
        centre = QWidget()
        middle = QVBoxLayout(centre)
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(10)
        middle.addWidget(self._focus)
        middle.addWidget(self._candidates, 1)
        middle.addWidget(self._decision)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        for part, width, stretch in (
            (self._worklist, 440, 4),
            (centre, 560, 6),
            (self._context, 270, 2),
        ):
            part.setMinimumWidth(width * 3 // 5)
            self._splitter.addWidget(part)
            self._splitter.setStretchFactor(self._splitter.count() - 1, stretch)
        self._splitter.setSizes([440, 560, 270])
        self._splitter.restoreState(self._desk.memory.state("workbench"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self._filters)
        column.addWidget(self._splitter, 1)
        column.addWidget(KeyHints(self._keys))
        self._coverage_timer = QTimer(self)
        self._coverage_timer.setSingleShot(True)
        self._coverage_timer.setInterval(_COVERAGE_PAUSE_MS)

    def _make_keys(self) -> tuple[Key, ...]:
        relations = [
            Key((key,), _RELATION_WORDS[relation], partial(self._choose_relation, relation))
            for relation, key in RELATION_KEYS.items()
        ]
        return (
            Key(("Enter",), N_("accept"), self._accept),
            Key(("1",), N_("choose a candidate"), None, shown="1–9"),
            *relations,
            Key(("/",), N_("search the reference"), self._on_search_wanted),
            Key(("U", "Ctrl+Z"), N_("undo"), self._decisions.undo),
            Key(("Ctrl+Y",), N_("redo"), self._decisions.redo, hinted=False),
            Key(("R",), N_("reopen"), self._reopen, hinted=False),
            Key(("T",), N_("write a note"), self._on_note_wanted, hinted=False),
            Key(("Ctrl+F",), N_("filter by text"), self._on_filter_wanted, hinted=False),
            Key(("Ctrl+L",), N_("filter by chips"), self._on_chips_wanted, hinted=False),
            Key(("Up", "Down"), N_("go through the rows"), None, hinted=False, shown="↑ ↓"),
        )

    def _connect(self) -> None:
        # Enter is the table's own key, so that it never accepts while a button or field has focus.
        bind([key for key in self._keys if "Enter" not in key.keys], self)
        numbers = [
            Key((str(number + 1),), "", partial(self._on_pick_wanted, number))
            for number in range(9)
        ]
        bind(numbers, self)
        self._filters.changed.connect(self._on_filter_changed)
        self._filters.left.connect(self.activate)
        self._worklist.row_chosen.connect(self._on_row_chosen)
        self._worklist.row_opened.connect(lambda _row: self._accept())
        self._worklist.order_wanted.connect(self._on_order_wanted)
        self._worklist.filter_dropped.connect(self._filters.clear)
        self._worklist.import_wanted.connect(lambda: self._desk.changes.page_wanted.emit("import"))
        self._candidates.picked.connect(self._on_pick_wanted)
        self._candidates.opened.connect(self._on_candidate_opened)
        self._candidates.left.connect(self.activate)
        self._candidates.offered.connect(self._show_candidates)
        self._decision.relation_wanted.connect(self._choose_relation)
        self._decision.accepted.connect(self._accept)
        self._decision.note_left.connect(self.activate)
        self._decisions.decided.connect(self._on_decided)
        self._decisions.replayed.connect(self._on_replayed)
        self._context.entry_wanted.connect(self._on_entry_wanted)
        self._splitter.splitterMoved.connect(self._on_splitter_moved)
        self._coverage_timer.timeout.connect(self._show_coverage)
        self._desk.changes.code_sets_changed.connect(self._on_proposals_changed)
        self._desk.changes.proposals_changed.connect(self._on_proposals_changed)

    # ---- showing ----

    def _show_rows(self, rows: tuple[WorkRow, ...]) -> None:
        self._session.set_rows(rows)
        self._loaded = True
        self._show_session()
        self._show_coverage()

    def _show_session(self) -> None:
        self._worklist.show_session(self._session)
        self._show_row()

    def _show_row(self) -> None:
        """Show the row in focus; what is not at hand comes as soon as it is read."""
        row = self._session.current
        self._relation = None
        self._candidates.end_search()
        self._focus.show_row(row)
        self._decision.setVisible(row is not None)
        self._decision.begin_row(row.mapping.note if row else "")
        if row is None:
            self._candidates.show_session(self._session)
            self._context.clear()
            return
        if not self._ready.has(row.local.id):
            self._candidates.show_waiting()
            self._show_choice()
        self._ready.ask(row.local.id, self._show_proposal)

    def _show_proposal(self, proposal: Proposal) -> None:
        if self._session.set_proposal(proposal):
            self._show_candidates()
            self._ready.read_ahead(self._session.upcoming(_READY_AHEAD))

    def _show_candidates(self) -> None:
        self._candidates.show_session(self._session)
        self._show_choice()
        self._show_surroundings()

    def _show_choice(self) -> None:
        candidate = self._session.candidate
        self._focus.mark_against(candidate)
        proposed = candidate.relation if candidate else None
        self._decision.show_choice(self._relation or proposed, candidate)

    def _show_surroundings(self) -> None:
        row, candidate = self._session.current, self._session.candidate
        if row is None:
            return
        services, local_id = self._desk.services, row.local.id
        reference_id = candidate.reference_id if candidate else None

        def show(found: Surroundings) -> None:
            self._context.show_surroundings(found, reference_id)

        self._around.ask(lambda _task: read_surroundings(services, local_id, reference_id), show)

    def _show_coverage(self) -> None:
        coverage = self._session.coverage()
        self._filters.show_coverage(coverage)
        self.count_changed.emit(coverage.total - coverage.decided)

    # ---- acting ----

    def _choose_relation(self, relation: Relation) -> None:
        self._relation = relation
        self._show_choice()

    def _accept(self) -> None:
        """Record what the decision bar says."""
        if self._decisions.is_saving:
            return
        try:
            choice = self._session.pending_choice(self._relation, self._decision.note)
        except RefusedError as error:
            self._desk.notices.error(error)
            return
        self._decisions.decide(choice)

    def _reopen(self) -> None:
        row = self._session.current
        if row is not None:
            self._decisions.reopen(row.mapping)

    # ---- what came back ----

    def _on_decided(self, mapping: Mapping) -> None:
        self._session.replace_mapping(mapping)
        self._show_session()
        self._announce((mapping,))

    def _on_replayed(self, mappings: tuple[Mapping, ...]) -> None:
        if len(mappings) > _RELOAD_ABOVE:
            self.refresh()
        else:
            for mapping in mappings:
                self._session.replace_mapping(mapping)
            self._session.go_to(mappings[0].local_id)
            self._show_session()
        self._announce(mappings)

    def _announce(self, mappings: tuple[Mapping, ...]) -> None:
        self._coverage_timer.start()
        self._desk.changes.mappings_changed.emit(tuple(one.local_id for one in mappings))

    def _on_proposals_changed(self) -> None:
        self._ready.forget()
        self.refresh()

    # ---- what the person wants ----

    def _on_filter_changed(self, wanted: WorkFilter) -> None:
        self._session.set_filter(wanted)
        self._show_session()

    def _on_order_wanted(self, order: Order) -> None:
        self._session.set_order(order)
        self._show_session()

    def _on_row_chosen(self, at: int) -> None:
        self._session.move(at - self._session.cursor)
        self._show_row()

    def _on_pick_wanted(self, number: int) -> None:
        if self._session.pick(number) is not None:
            self._relation = None
            self._candidates.choose(number)
            self._show_choice()
            self._show_surroundings()

    def _on_candidate_opened(self, number: int) -> None:
        self._on_pick_wanted(number)
        self._accept()

    def _on_entry_wanted(self, reference_id: int) -> None:
        catalog = self._desk.services.catalog
        self._desk.tasks.start(
            lambda _task: catalog.reference(reference_id),
            owner=self,
            on_done=lambda found: self._candidates.offer([found]),
        )

    def _on_search_wanted(self) -> None:
        self._candidates.begin_search(self._session)

    def _on_note_wanted(self) -> None:
        self._decision.focus_note()

    def _on_filter_wanted(self) -> None:
        self._filters.focus_text()

    def _on_chips_wanted(self) -> None:
        self._filters.focus_chips()

    def _on_splitter_moved(self) -> None:
        self._desk.memory.keep("workbench", self._splitter.saveState())
