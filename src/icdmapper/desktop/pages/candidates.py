"""The candidates of the row in focus, and the search that adds one by hand."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from icdmapper.desktop import wording
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.looking_up import Found, look_up
from icdmapper.desktop.tasks import Lane, Latest
from icdmapper.desktop.widgets.cards import CardFacts, CardList
from icdmapper.desktop.widgets.empty import EmptyState
from icdmapper.desktop.widgets.labels import filling
from icdmapper.desktop.widgets.search_field import SearchField
from icdmapper.model.codes import ReferenceCode
from icdmapper.model.marks import Tone, compare
from icdmapper.model.proposals import Candidate
from icdmapper.resolution.service import WorkRow
from icdmapper.resolution.session import ReviewSession
from icdmapper.texts import _
from icdmapper.texts.slots import slot_word
from icdmapper.texts.words import relation_word

_FOUND = 9
"""So many entries a search offers: as many as there are number keys."""


class CandidatePanel(QWidget):
    """Cards of the session's candidates; `/` opens the search above them."""

    picked = Signal(int)
    opened = Signal(int)
    offered = Signal()
    left = Signal()
    searching = Signal(bool)
    """Whether the search is open."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._session = ReviewSession()
        self._search = Latest(desk.tasks, self, Lane.COMPUTE)
        self._answered = ""
        self._taking = False
        self._field = SearchField(_("Search the reference: code, name or pinyin initials"))
        self._cards = CardList()
        self._empty = EmptyState(icon="search", title="", sentence="")
        shown = QWidget()
        self._stack = QStackedLayout(shown)
        self._stack.addWidget(self._cards)
        self._stack.addWidget(self._empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._field)
        self._hint = filling(look="muted")
        column.addWidget(self._hint)
        column.addWidget(shown, 1)
        self._hint.hide()
        self._field.hide()
        self._connect()

    @property
    def is_searching(self) -> bool:
        """Whether the search is open."""
        return self._field.isVisible()

    def show_session(self, session: ReviewSession) -> None:
        """Show the session's candidates."""
        self._session = session
        row = session.current
        found = session.candidates if row else ()
        self._stack.setCurrentIndex(0 if found or row is None else 1)
        self._empty.say(
            _("No candidate"),
            _("Nothing in the reference set comes near; search it with “/” or press N."),
        )
        if row is None:
            self._cards.show_nothing()
        else:
            self._cards.show_cards(
                len(found), lambda at: _card(found[at], row), chosen=session.picked
            )

    def show_waiting(self) -> None:
        """The candidates are being worked out."""
        self._stack.setCurrentIndex(1)
        self._empty.say(_("Looking for candidates…"), "")

    def choose(self, number: int) -> None:
        """Put another card in focus."""
        self._cards.choose(number)

    def _say(self, hint: str) -> None:
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))

    def offer(self, references: Sequence[ReferenceCode]) -> None:
        """Put entries found elsewhere before the proposed candidates."""
        self._session.offer_found(references)
        self.offered.emit()

    def begin_search(self, session: ReviewSession) -> None:
        """Open the search."""
        self._session = session
        self._answered = ""
        self._taking = False
        self._field.show()
        self.searching.emit(True)
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._field.selectAll()

    def end_search(self) -> None:
        """Close the search; what was found and not taken is gone."""
        self._search.drop()
        self._field.hide()
        self._field.clear()
        self._say("")
        self.searching.emit(False)

    def _connect(self) -> None:
        self._cards.picked.connect(self.picked)
        self._cards.opened.connect(self.opened)
        self._field.searched.connect(self._on_searched)
        self._field.stepped.connect(self._on_stepped)
        self._field.returnPressed.connect(self._on_taken)
        self._field.left.connect(self._on_left)

    def _on_searched(self, text: str) -> None:
        row = self._session.current
        if row is None or not self.is_searching:
            return
        services, system = self._desk.services, row.local.kind.system
        self._search.ask(
            lambda _task: look_up(services, text, system=system, limit=_FOUND),
            lambda found: self._on_found(text, found),
        )

    def _on_found(self, text: str, found: Found) -> None:
        self._answered = text
        self._say(found.hint)
        self.offer(found.entries)
        if self._taking:
            self._on_taken()

    def _on_stepped(self, step: int) -> None:
        self.picked.emit(self._session.picked + step)

    def _on_taken(self) -> None:
        """Keep the entry in focus as a candidate; when it is still being looked for, wait."""
        self._taking = self._answered != self._field.text()
        if self._taking:
            return
        chosen = self._session.candidate
        self.end_search()
        self._session.offer([chosen] if chosen else [])
        self.offered.emit()
        self.left.emit()

    def _on_left(self) -> None:
        self.end_search()
        self.offer([])
        self.left.emit()


def _card(candidate: Candidate, row: WorkRow) -> CardFacts:
    names = compare(row.local.name, candidate.name, candidate.reasons)
    badges: list[tuple[str, Tone]] = []
    contradiction = wording.contradiction_words(candidate)
    if contradiction:
        slots = _(", ").join(map(slot_word, candidate.contradictions))
        badges.append((_("contradiction · {slots}").format(slots=slots), Tone.WRONG))
    else:
        relation = relation_word(candidate.relation.value)
        badges.append((relation, wording.RELATION_TONES[candidate.relation]))
    if candidate.heading:
        badges.append((_("heading, not reportable"), Tone.PLAIN))
    if any(target.reference_id == candidate.reference_id for target in row.mapping.targets):
        badges.append((_("current answer"), Tone.ACCENT))
    said = _("{contradictions}.").format(contradictions=contradiction)
    if not contradiction:
        said = wording.relation_sentence(candidate.relation, candidate.reasons)
    reasons = wording.reason_sentences(candidate)
    return CardFacts(
        code=candidate.code,
        name=names.reference,
        badges=tuple(badges),
        sentence=_("{sentence} {reasons}").format(sentence=said, reasons=reasons).strip(),
        score=wording.score_words(candidate),
        alarming=bool(contradiction),
    )
