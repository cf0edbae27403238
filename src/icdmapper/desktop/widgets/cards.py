"""Candidates as numbered cards; which is in focus, and what each says for itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from icdmapper.desktop.widgets.labels import (
    badge,
    code_label,
    filling,
    key_cap,
    label,
    marked,
    marked_label,
    set_look,
    set_tone,
)
from icdmapper.model.marks import Run, Tone

_IN_SIGHT = 5
_AROUND, _BESIDE = 62, 260
"""So much room beside the badges, and a sentence stands there; else it goes below them."""
_LATER_MS = 30
"""The row in focus is on the screen before the cards that are not in sight are filled."""


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What one card says: a marked name, a badge with its tone, a sentence, a score in words."""

    code: str
    name: tuple[Run, ...]
    badges: tuple[tuple[str, Tone], ...]
    sentence: str
    score: str
    alarming: bool = False


class Card(QFrame):
    """One candidate."""

    pressed = Signal(int)
    opened = Signal(int)

    def __init__(self, number: int) -> None:
        super().__init__()
        self.setProperty("card", True)
        self._number = number
        grid = QGridLayout(self)
        grid.setContentsMargins(10, 8, 14, 9)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(5)
        self._cap = key_cap(str(number + 1))
        self._code = code_label()
        self._name = marked_label(pixels=17)
        self._score = label(look="small")
        self._sentence = filling(look="muted")
        self._badges = [badge() for _place in range(2)]
        top = Qt.AlignmentFlag.AlignTop
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self._code, 0, top)
        head.addWidget(self._name, 1, top)
        head.addWidget(self._score, 0, top)
        self._code.setContentsMargins(0, 4, 0, 0)
        self._score.setContentsMargins(0, 3, 0, 0)
        self._narrow = False
        facts = self._facts = QHBoxLayout()
        facts.setSpacing(8)
        for made in self._badges:
            facts.addWidget(made, 0, top)
        facts.addWidget(self._sentence, 1, top)
        grid.addWidget(self._cap, 0, 0, top)
        self._cap.setVisible(number < 9)
        grid.addLayout(head, 0, 1)
        grid.addLayout(facts, 1, 1)
        grid.setColumnStretch(1, 1)
        self._grid = grid

    def fill(self, facts: CardFacts) -> None:
        """Show one candidate."""
        self._code.setText(facts.code)
        self._name.setText(marked(facts.name))
        self._score.setText(facts.score)
        set_tone(self._score, Tone.WRONG if facts.alarming else Tone.PLAIN)
        self._sentence.setText(facts.sentence)
        for at, made in enumerate(self._badges):
            word, tone = facts.badges[at] if at < len(facts.badges) else ("", Tone.PLAIN)
            made.setVisible(bool(word))
            made.setText(word)
            set_tone(made, tone)
        self._place_sentence()
        name = "".join(run.text for run in facts.name)
        words = [word for word, _tone in facts.badges]
        self.setAccessibleName(
            " ".join([str(self._number + 1), facts.code, name, *words, facts.sentence])
        )

    def choose(self, *, on: bool) -> None:
        """Mark this card as the one in focus."""
        if self.property("chosen") != on:
            set_look(self, "chosen", on)
            for made in self._badges:
                # A badge of the card's own colour stands out by its edge; it must look again.
                made.style().polish(made)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: in a narrow card the sentence goes below the badges."""
        super().resizeEvent(event)
        self._place_sentence()

    def _place_sentence(self) -> None:
        badges = [made.sizeHint().width() + 8 for made in self._badges if not made.isHidden()]
        narrow = self.width() - _AROUND - sum(badges) < _BESIDE
        if narrow == self._narrow:
            return
        self._narrow = narrow
        if narrow:
            self._facts.removeWidget(self._sentence)
            self._facts.addStretch(1)
            self._grid.addWidget(self._sentence, 2, 1)
        else:
            self._grid.removeWidget(self._sentence)
            self._facts.takeAt(self._facts.count() - 1)
            self._facts.addWidget(self._sentence, 1, Qt.AlignmentFlag.AlignTop)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt: a click puts the candidate in focus."""
        self.pressed.emit(self._number)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Qt: a double click takes it."""
        self.opened.emit(self._number)
        event.accept()


class CardList(QScrollArea):
    """The candidates of the row in focus. Cards are made once and filled again."""

    picked = Signal(int)
    opened = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._cards: list[Card] = []
        self._shown = self._filled = self._chosen = 0
        self._facts: Callable[[int], CardFacts]
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_LATER_MS)
        self._later.timeout.connect(lambda: self._fill_to(self._shown))
        inside = QWidget()
        inside.setProperty("clear", True)
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 4, 0)
        self._column.setSpacing(8)
        self._column.addStretch(1)
        self.setWidget(inside)

    @property
    def count(self) -> int:
        """How many candidates are shown."""
        return self._shown

    def show_cards(self, count: int, facts: Callable[[int], CardFacts], chosen: int = 0) -> None:
        """Show so many candidates, one of them in focus.

        Those that are in sight are filled at once, the others a moment later: whoever accepts the
        first candidate with Enter does not wait for the tenth.
        """
        while len(self._cards) < count:
            card = Card(len(self._cards))
            card.pressed.connect(self.picked)
            card.opened.connect(self.opened)
            self._cards.append(card)
            self._column.insertWidget(self._column.count() - 1, card)
        for at, card in enumerate(self._cards):
            card.setVisible(at < count)
        self._shown = count
        self._facts = facts
        self._filled = 0
        self._fill_to(max(_IN_SIGHT, chosen + 1))
        self._later.start()
        self.choose(chosen)
        if chosen == 0:
            self.verticalScrollBar().setValue(0)

    def show_nothing(self) -> None:
        """No candidate at all."""
        for card in self._cards:
            card.setVisible(False)
        self._shown = self._filled = 0

    def _fill_to(self, end: int) -> None:
        for at in range(self._filled, min(end, self._shown)):
            self._cards[at].fill(self._facts(at))
        self._filled = max(self._filled, min(end, self._shown))

    def choose(self, chosen: int) -> None:
        """Put another candidate in focus."""
        self._fill_to(chosen + 1)
        self._chosen = chosen
        for at, card in enumerate(self._cards[: self._shown]):
            card.choose(on=at == chosen)
        # Heights are settled by the layout only after this event.
        QTimer.singleShot(0, self, self._bring_into_sight)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: what opens below the cards must not cover the one in focus."""
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._bring_into_sight)

    def _bring_into_sight(self) -> None:
        """All of the chosen card, or, where it is higher than its place, its beginning."""
        if self._chosen >= self._shown:
            return
        card = self._cards[self._chosen]
        if card.height() > self.viewport().height():
            self.verticalScrollBar().setValue(card.y())
        else:
            self.ensureWidgetVisible(card, 0, 12)
