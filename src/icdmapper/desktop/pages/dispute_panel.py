"""The card of the dispute in focus: question, options, search, reason."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.dispute_card import QuestionPanel, SettleBar, card_facts
from icdmapper.desktop.pages.reference_search import ReferenceSearch
from icdmapper.desktop.tasks import Latest
from icdmapper.desktop.widgets.cards import CardList
from icdmapper.model.codes import ReferenceCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.mapping import Choice, Relation
from icdmapper.model.proposals import Proposal
from icdmapper.resolution.dispute_session import DisputeSession

_ROOMY = 700
"""From this height on the usual reasons stand there one by one; else they are in a menu."""
_LOW = 520
"""Below this height the options need the room of what can be said in fewer words."""


class CardPanel(QWidget):
    """Shows the session's dispute and keeps what was written while it stays in focus."""

    left = Signal()

    def __init__(self, desk: Desk, session: DisputeSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._session = session
        self._relation: Relation | None = None
        self._shown: tuple[int, int] | None = None
        self._proposals = Latest(desk.tasks, self)
        self._question = QuestionPanel()
        self._search = ReferenceSearch(desk)
        self._cards = CardList()
        self.bar = SettleBar()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._question)
        column.addWidget(self._search)
        column.addWidget(self._cards, 1)
        column.addWidget(self.bar)
        self._cards.picked.connect(self.pick)
        self._search.found.connect(self._on_found)
        self._search.stepped.connect(lambda step: self.pick(self._session.picked + step))
        self._search.left.connect(self.left)
        self.bar.relation_wanted.connect(self.choose_relation)
        self.bar.left.connect(self.left)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: in a low window the options come first."""
        super().resizeEvent(event)
        low = self.height() < _LOW
        self._question.set_low(low=low)
        self.bar.set_low(low=low)
        self.bar.set_roomy(roomy=self.height() >= _ROOMY)

    def show_dispute(self) -> None:
        """Show the dispute in focus."""
        dispute = self._session.current
        self._question.setVisible(dispute is not None)
        self.bar.setVisible(dispute is not None)
        if dispute is None:
            self._shown = None
            self._cards.show_nothing()
            return
        # What was written is kept while the same version of the same dispute is shown.
        if self._shown != (dispute.local.id, dispute.mapping.version):
            self._shown = (dispute.local.id, dispute.mapping.version)
            self._relation = None
            self.bar.begin()
            self._search.end()
        self._question.show_dispute(dispute)
        self._show_options()
        matching, local_id = self._desk.services.matching, dispute.local.id
        self._proposals.ask(lambda _task: matching.proposal(local_id), self._on_proposal)

    def pick(self, number: int) -> None:
        """Put another option in focus, with its own relation."""
        if self._session.pick(number) is not None:
            self._relation = None
            self._cards.choose(number)
            self._show_choice()

    def choose_relation(self, relation: Relation) -> None:
        """Say another relation than the option's own."""
        self._relation = relation
        self._show_choice()

    def pending_choice(self) -> Choice:
        """What Enter would record.

        Raises:
            RefusedError: there is no dispute or no option in focus.
        """
        return self._session.pending_choice(self._relation, self.bar.reason)

    def begin_search(self) -> None:
        """Open the search in the reference."""
        if self._session.current is not None:
            self._search.begin(self._session.current.local.kind.system)

    def _on_proposal(self, proposal: Proposal) -> None:
        if self._session.set_proposal(proposal):
            self._show_options()

    def _on_found(self, references: Sequence[ReferenceCode]) -> None:
        self._session.offer_found(references)
        self._relation = None
        self._show_options()

    def _show_options(self) -> None:
        dispute = self._session.current
        if dispute is not None:
            cards = [card_facts(one, dispute.local) for one in self._session.options]
            self._cards.show_cards(len(cards), cards.__getitem__, self._session.picked)
            self._show_choice()

    def _show_choice(self) -> None:
        dispute, option = self._session.current, self._session.option
        if dispute is not None:
            self._question.mark(dispute.local.name, option)
        try:
            choice: Choice | None = self.pending_choice()
        except RefusedError:
            choice = None
        self.bar.show_choice(choice)
