"""The row in focus: its code large, its candidates, what Enter will record, its surroundings."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.drafts import Drafts
from icdmapper.desktop.pages.beside import BesideBar
from icdmapper.desktop.pages.candidates import CandidatePanel
from icdmapper.desktop.pages.context import ContextPanel, Surroundings, read_surroundings
from icdmapper.desktop.pages.decisions import ReadyProposals
from icdmapper.desktop.pages.focus import DecisionBar, FocusPanel
from icdmapper.desktop.pages.judgement_bar import JudgementBar
from icdmapper.desktop.pages.page import SPARE
from icdmapper.desktop.pages.rule_help import RuleHelp
from icdmapper.desktop.tasks import Lane, Latest
from icdmapper.model.icd import parse
from icdmapper.model.mapping import Choice, Relation
from icdmapper.model.proposals import Proposal
from icdmapper.resolution.service import WorkRow
from icdmapper.resolution.session import ReviewSession
from icdmapper.texts import _

_ROOMY = 640
"""From this height on there is room for help beside the candidates."""
_TIGHT = 540
"""Below this height the decision and the head of the row are said in fewer lines."""
_WITH_CONTEXT = 600
"""From this width on there is room for what surrounds the row."""
_AROUND_PAUSE_MS = 40
_READY_AHEAD = 8
"""So many proposals after the row in focus are read before they are needed."""


class RowPanel(QSplitter):
    """Shows the session's row; what is not at hand comes as soon as it is read."""

    accepted = Signal()
    left = Signal()

    def __init__(self, desk: Desk, session: ReviewSession, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._desk = desk
        self._session = session
        self.drafts: Drafts | None = None
        """Where notes are kept until they are saved, if anywhere."""
        self._relation: Relation | None = None
        self._ready = ReadyProposals(desk, self)
        # The catalog reads both sides when it is first asked; proposals must not wait for that.
        # And the row itself is painted first: what surrounds it is looked at a moment later.
        self._around = Latest(desk.tasks, self, Lane.COMPUTE, pause_ms=_AROUND_PAUSE_MS)
        self._build_ui()
        self._connect()

    @property
    def is_settled(self) -> bool:
        """Whether the candidates of the row in focus are shown."""
        row = self._session.current
        return row is None or self._ready.has(row.local.id)

    def show_row(self) -> None:
        """Show the row in focus. Its relation is its own answer or proposal: nothing is carried
        over.
        """
        row = self._session.current
        self._relation = None
        self._candidates.end_search()
        self._focus.show_row(row)
        self._decision.setVisible(row is not None)
        self._show_context()
        self._begin_note(row)
        if row is None:
            self._beside.hide()
            self._help.hide()
            self._judgement.hide()
            self._candidates.show_session(self._session)
            self._context.clear()
            return
        if not self._ready.has(row.local.id):
            self._candidates.show_waiting()
            self._show_choice()
        self._ready.ask(row.local.id, self._show_proposal)

    def forget_proposals(self) -> None:
        """What was read of the proposals is out of date."""
        self._ready.forget()

    def drop_proposals(self, local_ids: Iterable[int]) -> None:
        """Some proposals were made again; the row in focus keeps what the person is looking at."""
        row = self._session.current
        shown = row.local.id if row else None
        self._ready.drop(local_id for local_id in local_ids if local_id != shown)

    def pick(self, number: int) -> None:
        """Put another candidate in focus, with its own relation."""
        if self._session.pick(number) is not None:
            self._relation = None
            self._candidates.choose(number)
            self._show_choice()
            self._show_surroundings()

    def choose_relation(self, relation: Relation) -> None:
        """Say another relation for this row than the proposed one."""
        self._relation = relation
        self._show_choice()

    def pending_choice(self) -> Choice:
        """What Enter would record.

        Raises:
            RefusedError: there is no row or no candidate in focus.
        """
        return self._session.pending_choice(self._relation, self._decision.note)

    def begin_search(self) -> None:
        """Open the search in the reference; a low window has room for it or for the findings."""
        self._candidates.begin_search(self._session)

    def add_beside(self) -> None:
        """Open the search for an entry beside the main one."""
        row = self._session.current
        if row is not None and self._session.candidate is not None:
            shape = parse(row.local.attached_code)
            self._beside.begin_adding(shape.subcategory if shape else "")

    def change_beside(self) -> None:
        """Bring the keyboard to the entries beside the main one."""
        self._beside.focus_chips()

    def toggle_help(self) -> None:
        """Hide what explains the rule, or show it again."""
        self._help.toggle()

    def refuses(self, error: Exception) -> bool:
        """Whether what refuses the choice stands beside it already."""
        return self._judgement.refuses(error)

    def waive(self) -> None:
        """Let the choice stand although a rule of judgement stops it; the note is the reason."""
        self._judgement.waive()

    def focus_note(self) -> None:
        """Bring the keyboard to the note."""
        self._decision.focus_note()

    def focus_thread(self) -> None:
        """Bring the keyboard to where one says something about the row."""
        self._context.focus_thread()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: in a low window help and suggestions make room for the candidates."""
        super().resizeEvent(event)
        for part in (self._help, self._beside):
            part.set_roomy(roomy=self.height() >= _ROOMY)
        tight = self.height() < _TIGHT
        for bar in (self._focus, self._decision, self._judgement):
            bar.set_tight(tight=tight)
        self._middle.setSpacing(6 if tight else 10)
        self._show_context()

    def _show_context(self) -> None:
        room = self.width() >= _WITH_CONTEXT
        self._context.setVisible(room and self._session.current is not None)

    def _build_ui(self) -> None:
        self._focus = FocusPanel()
        self._candidates = CandidatePanel(self._desk, self)
        self._decision = DecisionBar()
        self._beside = BesideBar(self._desk, self._session.companions, self)
        self._help = RuleHelp(self._desk.memory)
        self._judgement = JudgementBar(self._desk, self.pending_choice, self)
        self._context = ContextPanel()
        self._context.setObjectName(SPARE)
        centre = QWidget()
        middle = self._middle = QVBoxLayout(centre)
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(10)
        middle.addWidget(self._focus)
        middle.addWidget(self._candidates, 1)
        middle.addWidget(self._beside)
        middle.addWidget(self._help)
        middle.addWidget(self._judgement)
        middle.addWidget(self._decision)
        self.setChildrenCollapsible(False)
        for at, (part, least, stretch) in enumerate(((centre, 340, 6), (self._context, 170, 2))):
            part.setMinimumWidth(least)
            self.addWidget(part)
            self.setStretchFactor(at, stretch)
        self.setSizes([560, 270])

    def _connect(self) -> None:
        self._candidates.picked.connect(self.pick)
        self._candidates.opened.connect(self._on_candidate_opened)
        self._candidates.searching.connect(self._judgement.step_aside)
        self._candidates.offered.connect(self._show_candidates)
        self._decision.relation_wanted.connect(self.choose_relation)
        self._decision.accepted.connect(self.accepted)
        self._decision.note_edited.connect(self._on_note_edited)
        self._decision.note_left.connect(self._judgement.look_again)
        self._beside.changed.connect(self._show_choice)
        self._judgement.spoke.connect(self._help.give_way)
        self._context.entry_wanted.connect(self._on_entry_wanted)
        self._context.said.connect(self._on_said)
        for part in (self._candidates, self._beside, self._context):
            part.left.connect(self.left)
        self._decision.note_left.connect(self.left)
        self._desk.changes.beside_changed.connect(self._show_surroundings)

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
        relation = self._relation or self._session.relation
        self._beside.show_main(candidate.reference_id if candidate else None)
        beside = [target.code for target in self._session.companions.targets]
        self._decision.show_choice(relation, candidate, beside)
        self._help.show_choice(relation, candidate)
        self._judgement.look_again()

    def _show_surroundings(self) -> None:
        row, candidate = self._session.current, self._session.candidate
        if row is None:
            return
        services, local_id = self._desk.services, row.local.id
        reference_id = candidate.reference_id if candidate else None

        def show(found: Surroundings) -> None:
            self._context.show_surroundings(self._allowed(found), reference_id)

        self._around.ask(lambda _task: read_surroundings(services, local_id, reference_id), show)

    def _begin_note(self, row: WorkRow | None) -> None:
        """The note of the mapping, or one that was typed and never saved."""
        draft = self.drafts.of(row.local.id) if row and self.drafts else ""
        self._decision.begin_row(draft or (row.mapping.note if row else ""))
        if row and draft and draft != row.mapping.note:
            said = _("A note that was not saved is back: {note}").format(note=draft)
            self._desk.notices.hint(said)

    def _on_note_edited(self, text: str) -> None:
        if self.drafts is not None and (row := self._session.current) is not None:
            self.drafts.keep(row.local.id, text)

    def _on_said(self, text: str) -> None:
        row, disputes, by = self._session.current, self._desk.services.disputes, self._desk.person
        if row is not None:
            local_id = row.local.id
            task = self._desk.tasks.start(
                lambda _task: disputes.say(local_id, text, by=by),
                owner=self,
                on_done=lambda _thread: self._on_was_said(),
            )
            task.kept = True

    def _on_was_said(self) -> None:
        self._context.clear_saying()
        self._show_surroundings()
        self.left.emit()

    def _allowed(self, found: Surroundings) -> Surroundings:
        """What of the surroundings may be seen here."""
        return found

    def _on_candidate_opened(self, number: int) -> None:
        self.pick(number)
        self.accepted.emit()

    def _on_entry_wanted(self, reference_id: int) -> None:
        catalog = self._desk.services.catalog
        self._desk.tasks.start(
            lambda _task: catalog.reference(reference_id),
            owner=self,
            on_done=lambda found: self._candidates.offer([found]),
            lane=Lane.LOOKUP,
        )
