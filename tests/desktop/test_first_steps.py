"""The three cards of the first start, and the help where a rule matters."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from helpers.projects import CODER
from helpers.windows import window_on
from icdmapper import bootstrap
from icdmapper.bootstrap import Services
from icdmapper.desktop.main_window import MainWindow
from icdmapper.desktop.memory import Memory
from icdmapper.desktop.pages.focus import DecisionBar
from icdmapper.desktop.pages.rule_help import RuleHelp, help_for
from icdmapper.desktop.pages.workbench import WorkbenchPage
from icdmapper.desktop.widgets.cards import Card
from icdmapper.model.mapping import Relation
from icdmapper.model.proposals import Candidate


@pytest.fixture
def window(qtbot: QtBot, services: Services) -> Iterator[MainWindow]:
    services.close()
    with window_on(qtbot, services.location, CODER, page="workbench") as made:
        yield made


def press(qtbot: QtBot, window: MainWindow, key: Qt.Key) -> None:
    qtbot.keyClick(QApplication.focusWidget() or window, key)
    qtbot.waitUntil(lambda: not window.tasks.running)


def test_three_cards_once_and_never_again(qtbot: QtBot, window: MainWindow) -> None:
    window.tour.offer()
    seen = []
    while window.tour.isVisible():
        seen.append(window.tour.accessibleName())
        press(qtbot, window, Qt.Key.Key_F1)
    assert len(seen) == len(set(seen)) == 3
    window.tour.offer()
    assert not window.tour.isVisible()
    press(qtbot, window, Qt.Key.Key_F1)
    assert window.tour.isVisible()


def test_the_cards_leave_the_keyboard_where_the_work_is(qtbot: QtBot, window: MainWindow) -> None:
    page = window.page()
    assert isinstance(page, WorkbenchPage)
    window.tour.begin()
    assert QApplication.focusWidget() is page.worklist_table
    press(qtbot, window, Qt.Key.Key_Return)
    assert len(page.session.visible) == 6


def test_escape_puts_the_cards_away(qtbot: QtBot, window: MainWindow) -> None:
    window.tour.begin()
    press(qtbot, window, Qt.Key.Key_Escape)
    assert not window.tour.isVisible()
    window.tour.offer()
    assert not window.tour.isVisible()


def test_a_card_shown_before_the_page_moves_to_what_the_page_can_spare(
    qtbot: QtBot, services: Services
) -> None:
    """It lay over the worklist until the next card."""
    location = services.location
    services.close()
    made = MainWindow(Memory())
    qtbot.addWidget(made)
    made.resize(1366, 768)
    made.show()
    made.tour.begin()
    made.open(lambda _task: (bootstrap.open_project(location), CODER), page="workbench")
    qtbot.waitUntil(lambda: made.page() is not None and not made.tasks.running)
    page = made.page()
    assert isinstance(page, WorkbenchPage)
    qtbot.waitUntil(
        lambda: made.tour.geometry().left() > page.worklist_table.mapTo(made, QPoint()).x() + 300
    )
    made.close()
    qtbot.waitUntil(lambda: not made.tasks.running)


def test_the_cards_cover_only_what_surrounds_the_row(window: MainWindow) -> None:
    page = window.page()
    assert isinstance(page, WorkbenchPage)
    window.resize(1366, 768)
    QApplication.processEvents()
    window.tour.begin()
    card = window.tour.geometry()
    for part in (page.worklist_table, *page.findChildren(Card), *page.findChildren(DecisionBar)):
        where = part.mapTo(window, part.rect().topLeft())
        assert not card.intersects(part.rect().translated(where)), part
    window.resize(900, 700)  # Where there is no room for what surrounds the row.
    QApplication.processEvents()
    assert window.tour.geometry().left() < 300


def test_the_rule_is_explained_where_it_matters_and_h_hides_it(
    qtbot: QtBot, window: MainWindow
) -> None:
    def shown() -> str:
        return "\n".join(
            one.text()
            for part in window.findChildren(RuleHelp)
            for one in part.findChildren(QLabel)
            if one.isVisible()
        )

    press(qtbot, window, Qt.Key.Key_C)
    assert "Case 1" in shown()
    press(qtbot, window, Qt.Key.Key_F)
    assert "Case 2" in shown()
    press(qtbot, window, Qt.Key.Key_E)
    assert shown() == ""
    press(qtbot, window, Qt.Key.Key_H)
    press(qtbot, window, Qt.Key.Key_F)
    assert shown() == ""
    press(qtbot, window, Qt.Key.Key_H)
    assert "Case 2" in shown()


@pytest.fixture
def candidate() -> Callable[..., Candidate]:
    def make(*against: str) -> Candidate:
        return Candidate(1, "C34.101", "左肺", 0.5, Relation.EQUIVALENT, contradictions=against)

    return make


def test_a_contradiction_is_explained_before_the_relation(
    candidate: Callable[..., Candidate],
) -> None:
    assert "contradiction" in help_for(Relation.EQUIVALENT, candidate("侧别"))
    assert help_for(Relation.EQUIVALENT, candidate()) == ""
    assert "held" in help_for(Relation.NO_COUNTERPART, candidate("侧别"))


def test_nothing_of_the_last_row_is_chosen_while_the_next_has_no_candidates(qtbot: QtBot) -> None:
    bar = DecisionBar()
    qtbot.addWidget(bar)
    bar.show_choice(Relation.OVERLAP, None)
    bar.show_choice(None, None)
    assert not [one for one in bar.findChildren(QPushButton) if one.isChecked()]
    bar.show_choice(Relation.EQUIVALENT, None)
    assert [one.text()[-1] for one in bar.findChildren(QPushButton) if one.isChecked()] == ["E"]
