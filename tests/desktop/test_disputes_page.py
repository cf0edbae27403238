"""Disputes by keyboard: the card, an option, a reason, settled; remarks; undo."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox
from pytestqt.qtbot import QtBot

from helpers.keyboard import Press, presser, type_text, visible_words
from helpers.staff import CHECKER, CLINICIAN, CODER, COORDINATOR, hire
from icdmapper.bootstrap import Services
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.disputes import DisputesPage
from icdmapper.desktop.widgets.cards import Card
from icdmapper.model.checks import MessageKind
from icdmapper.model.mapping import Choice, Mapping, Relation, State, Target
from icdmapper.model.people import Person
from icdmapper.resolution.dispute_session import REASONS

Settle = Callable[[], None]
Show = Callable[[Person], tuple[DisputesPage, Press]]


@pytest.fixture
def disputed(services: Services) -> Services:
    """Three rows decided by the coder; the checker says overlap to two of them."""
    hire(services)
    for number, row in enumerate(services.resolution.worklist()[:3]):
        best = services.matching.proposal(row.local.id).candidates[0]
        target = Target(best.reference_id, best.code, best.name)
        choice = Choice(row.local.id, 0, best.relation, (target,))
        decided = services.resolution.decide(choice, by=CODER)
        if number < 2:
            other = replace(
                choice, relation=Relation.OVERLAP, seen_version=decided.version, note="存疑"
            )
            services.checking.check(other, by=CHECKER)
    return services


@pytest.fixture
def show(qtbot: QtBot, disputed: Services, desk: Desk, settle: Settle) -> Show:
    def begin(person: Person) -> tuple[DisputesPage, Press]:
        page = DisputesPage(replace(desk, person=person))
        qtbot.addWidget(page)
        page.resize(1280, 800)
        with qtbot.waitActive(page):
            page.show()
            page.activateWindow()
        page.activate()
        settle()
        return page, presser(qtbot, page, settle)

    return begin


def in_focus(page: DisputesPage) -> int:
    assert page.session.current is not None
    return page.session.current.local.id


def mapping_of(services: Services, local_id: int) -> Mapping:
    return services.resolution.work_row(local_id).mapping


def test_the_card_asks_one_question_and_says_who_holds_what(show: Show) -> None:
    page, _press = show(CLINICIAN)
    assert page.session.total == 2
    cards = [card for card in page.findChildren(Card) if card.isVisible()]
    words = visible_words(page)
    assert "Which reference entry does this local code stand for?" in words
    assert "脑梗死" in words
    assert "the answer of 陈编码" in words
    assert "the answer of 李核对" in words
    assert "equivalent" in cards[0].accessibleName()
    assert "overlap" in cards[1].accessibleName()
    assert "存疑" in words


def test_an_option_a_reason_and_enter_settle(
    qtbot: QtBot, show: Show, disputed: Services, said: list[str]
) -> None:
    page, press = show(CLINICIAN)
    local_id = in_focus(page)
    press("2 T")
    type_text(qtbot, "以病历为准")
    press("Return")
    after = mapping_of(disputed, local_id)
    assert after.state is State.SETTLED
    assert (after.relation, after.note, after.decided_by) == (
        Relation.OVERLAP,
        "以病历为准",
        CLINICIAN.name,
    )
    assert page.session.total == 1
    assert in_focus(page) != local_id
    assert page._bar.reason == ""
    assert said[-1].startswith("done: Settled: overlap")


def test_without_a_reason_the_keyboard_goes_to_it(
    show: Show, disputed: Services, said: list[str]
) -> None:
    page, press = show(CLINICIAN)
    press("Return")
    assert mapping_of(disputed, in_focus(page)).state is State.DISPUTED
    assert QApplication.focusWidget() is page._bar._reason
    assert said[-1].startswith("hint: Say why first")


def test_a_usual_reason_has_its_key(
    qtbot: QtBot, show: Show, disputed: Services, settle: Settle
) -> None:
    page, press = show(CLINICIAN)
    local_id = in_focus(page)
    target = QApplication.focusWidget()
    qtbot.keyClick(target, Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    press("1 Return")
    settle()
    assert mapping_of(disputed, local_id).note == REASONS[0]


def test_undo_opens_the_dispute_again(qtbot: QtBot, show: Show, disputed: Services) -> None:
    page, press = show(CLINICIAN)
    local_id = in_focus(page)
    press("T")
    type_text(qtbot, "reason")
    press("Ctrl+Return")
    assert mapping_of(disputed, local_id).state is State.SETTLED
    press("Ctrl+Z")
    assert mapping_of(disputed, local_id).state is State.DISPUTED
    assert in_focus(page) == local_id
    assert page.session.total == 2


def test_no_counterpart_and_another_relation_can_be_settled(
    qtbot: QtBot, show: Show, disputed: Services
) -> None:
    page, press = show(CLINICIAN)
    first = in_focus(page)
    press("N T")
    type_text(qtbot, "no entry")
    press("Return")
    assert mapping_of(disputed, first).relation is Relation.NO_COUNTERPART
    second = in_focus(page)
    press("1 F T")
    type_text(qtbot, "finer")
    press("Return")
    assert mapping_of(disputed, second).relation is Relation.LOCAL_FINER
    assert "Nothing is disputed" in visible_words(page)


def test_a_searched_entry_becomes_an_option(qtbot: QtBot, show: Show, disputed: Services) -> None:
    page, press = show(CLINICIAN)
    local_id = in_focus(page)
    press("/")
    type_text(qtbot, "H25.901")
    press("Return")
    qtbot.waitUntil(
        lambda: (
            page.session.option is not None
            and page.session.option.opinion.targets[0].code == "H25.901"
        )
    )
    press("T")
    type_text(qtbot, "found")
    press("Ctrl+Return")
    assert mapping_of(disputed, local_id).targets[0].code == "H25.901"


def test_remarks_stay_in_the_thread(qtbot: QtBot, show: Show, disputed: Services) -> None:
    page, press = show(CODER)
    local_id = in_focus(page)
    press("T")
    type_text(qtbot, "ask the ward")
    press("Escape M")
    press("X")
    thread = disputed.disputes.dispute(local_id).thread
    assert [one.text for one in thread if one.kind is MessageKind.COMMENT] == [
        "ask the ward",
        "Cannot say.",
    ]
    assert "ask the ward" in page._thread._text.text()


def test_only_a_clinician_settles(
    qtbot: QtBot, show: Show, disputed: Services, said: list[str]
) -> None:
    page, press = show(CODER)
    local_id = in_focus(page)
    press("T")
    type_text(qtbot, "reason")
    press("Ctrl+Return")
    assert mapping_of(disputed, local_id).state is State.DISPUTED
    assert "may not" in said[-1]
    assert page._bar.reason == "reason"


def test_a_coordinator_enters_the_answer_of_a_clinician(
    qtbot: QtBot, show: Show, disputed: Services
) -> None:
    page, press = show(COORDINATOR)
    local_id = in_focus(page)
    boxes = [one for one in page.findChildren(QComboBox) if one.isVisible()]
    assert [one.currentData() for one in boxes] == [CLINICIAN.name]
    press("T")
    type_text(qtbot, "on paper")
    press("Ctrl+Return")
    after = mapping_of(disputed, local_id)
    assert (after.state, after.decided_by) == (State.SETTLED, CLINICIAN.name)
