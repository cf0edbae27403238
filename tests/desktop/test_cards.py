"""Candidates as cards: the one in focus is never covered."""

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from icdmapper.desktop.widgets.cards import CardFacts, CardList
from icdmapper.model.marks import Run, Tone

NAME = (Run("急性化脓性阑尾炎", Tone.PLAIN),)
FACTS = CardFacts("K35.900", NAME, (("等价", Tone.SAME),), "两者含义相同。" * 4, "把握很大")


def test_the_card_in_focus_stays_in_sight_when_something_opens_below(qtbot: QtBot) -> None:
    cards = CardList()
    qtbot.addWidget(cards)
    cards.resize(420, 600)
    cards.show()
    cards.show_cards(9, lambda _at: FACTS, chosen=4)

    def sees_all_of_it() -> bool:
        card = cards._cards[4]
        top = card.mapTo(cards.viewport(), QPoint(0, 0)).y()
        return top >= 0 and top + card.height() <= cards.viewport().height()

    qtbot.waitUntil(sees_all_of_it)
    QApplication.processEvents()
    cards.resize(420, cards._cards[4].height() + 40)
    qtbot.waitUntil(sees_all_of_it)
