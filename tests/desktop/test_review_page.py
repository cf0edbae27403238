"""The second check by keyboard: agree, differ, blind, undo, dispute, plan."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from helpers.keyboard import Press, presser, type_text, visible_words
from helpers.staff import CHECKER, CODER, hire
from icdmapper.bootstrap import Services
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.review import ReviewPage
from icdmapper.desktop.pages.review_parts import CheckQueue
from icdmapper.desktop.widgets.cards import Card
from icdmapper.model.codes import Side
from icdmapper.model.mapping import Choice, Mapping, Relation, State, Target
from icdmapper.model.people import Person

Settle = Callable[[], None]


@pytest.fixture
def decided(services: Services) -> Services:
    """Five rows decided by the coder, one of them not with its first candidate."""
    hire(services)
    for number, row in enumerate(services.resolution.worklist()[:5]):
        best = services.matching.proposal(row.local.id).candidates[0]
        relation = Relation.LOCAL_FINER if number == 2 else best.relation
        target = Target(best.reference_id, best.code, best.name)
        choice = Choice(row.local.id, row.mapping.version, relation, (target,))
        services.resolution.decide(choice, by=CODER)
    return services


@pytest.fixture
def show(
    qtbot: QtBot, decided: Services, desk: Desk, settle: Settle
) -> Callable[[Person], tuple[ReviewPage, Press]]:
    def begin(person: Person) -> tuple[ReviewPage, Press]:
        page = ReviewPage(replace(desk, person=person))
        qtbot.addWidget(page)
        page.resize(1280, 800)
        with qtbot.waitActive(page):
            page.show()
            page.activateWindow()
        page.activate()
        settle()
        qtbot.waitUntil(lambda: page.is_settled)
        return page, presser(qtbot, page, settle)

    return begin


@pytest.fixture
def page_and_press(
    show: Callable[[Person], tuple[ReviewPage, Press]],
) -> tuple[ReviewPage, Press]:
    return show(CHECKER)


def mapping_of(services: Services, local_id: int) -> Mapping:
    return services.resolution.work_row(local_id).mapping


def in_focus(page: ReviewPage) -> int:
    assert page.session.current is not None
    return page.session.current.row.local.id


def test_the_decision_is_in_focus_and_enter_agrees_with_it(
    page_and_press: tuple[ReviewPage, Press], decided: Services
) -> None:
    page, press = page_and_press
    assert page.session.total == 5
    assert "agrees with the decision" in visible_words(page)
    first = in_focus(page)
    press("Return")
    after = mapping_of(decided, first)
    assert after.state is State.CHECKED
    assert (after.decided_by, after.checked_by) == (CODER.name, CHECKER.name)
    assert in_focus(page) != first
    assert page.session.total == 4
    assert "Agreed:" in page._outcome.said
    press("A")
    assert page.session.total == 3


def test_another_relation_opens_a_dispute_and_both_answers_are_shown(
    page_and_press: tuple[ReviewPage, Press], decided: Services
) -> None:
    page, press = page_and_press
    local_id = in_focus(page)
    press("O")
    assert "differs: opens a dispute" in visible_words(page)
    press("Return")
    assert mapping_of(decided, local_id).state is State.DISPUTED
    said = page._outcome.said
    assert "Different, a dispute is open" in said
    assert CODER.name in said
    assert CHECKER.name in said
    assert "overlap" in said
    options = decided.disputes.dispute(local_id).options
    assert [one.by for one in options] == [(CODER.name,), (CHECKER.name,)]


def test_undo_takes_a_check_back_and_shows_the_row_again(
    page_and_press: tuple[ReviewPage, Press], decided: Services
) -> None:
    page, press = page_and_press
    local_id = in_focus(page)
    press("O Return Ctrl+Z")
    assert mapping_of(decided, local_id).state is State.DECIDED
    assert in_focus(page) == local_id
    assert page.session.total == 5
    assert decided.disputes.open_disputes() == ()
    assert decided.checking.figures().all.pairs == 0


def test_blind_shows_nothing_that_tells_the_decision(
    page_and_press: tuple[ReviewPage, Press], decided: Services
) -> None:
    page, press = page_and_press
    press("B")
    words = visible_words(page)
    assert "The decision is hidden until you have answered." in words
    assert CODER.name not in words
    assert "current answer" not in words
    assert "agrees with the decision" not in words
    assert "not equivalent" not in words
    local_id = in_focus(page)
    press("A")
    assert mapping_of(decided, local_id).state is State.DECIDED
    press("1 Return")
    assert mapping_of(decided, local_id).state in (State.CHECKED, State.DISPUTED)
    assert decided.checking.figures().blind.pairs == 1


def test_a_blind_answer_that_differs_is_a_dispute(
    page_and_press: tuple[ReviewPage, Press], decided: Services
) -> None:
    page, press = page_and_press
    press("B")
    local_id = in_focus(page)
    press("N Return")
    assert mapping_of(decided, local_id).state is State.DISPUTED
    assert "李核对, blind" in page._outcome.said


def test_the_number_keys_choose_among_the_candidates(
    page_and_press: tuple[ReviewPage, Press],
) -> None:
    page, press = page_and_press
    cards = [card for card in page.findChildren(Card) if card.isVisible()]
    if len(cards) < 2:
        pytest.skip("one candidate only")
    press("2")
    assert cards[1].property("chosen")
    press("1")
    assert "agrees with the decision" in visible_words(page)


def test_d_asks_why_and_opens_a_dispute_without_another_answer(
    qtbot: QtBot, page_and_press: tuple[ReviewPage, Press], decided: Services
) -> None:
    page, press = page_and_press
    local_id = in_focus(page)
    press("D")
    type_text(qtbot, "病理未回报")
    press("Return")
    dispute = decided.disputes.dispute(local_id)
    assert dispute.mapping.state is State.DISPUTED
    assert len(dispute.options) == 1
    assert "病理未回报" in [one.text for one in dispute.thread]
    press("D")
    type_text(qtbot, "x")
    press("Escape")
    assert QApplication.focusWidget() is page._queue.table
    assert len(decided.disputes.open_disputes()) == 1


def test_nobody_checks_what_they_decided(
    show: Callable[[Person], tuple[ReviewPage, Press]], decided: Services
) -> None:
    page, _press = show(CODER)
    assert page.session.total == 0
    assert "5 rows were decided by yourself" in visible_words(page)


def test_the_page_has_no_empty_half_while_nothing_is_to_be_checked(
    qtbot: QtBot, page_and_press: tuple[ReviewPage, Press], settle: Settle
) -> None:
    page, press = page_and_press
    row = page.findChild(Card)
    assert row is not None
    assert row.isVisible()
    press("Ctrl+F")
    type_text(qtbot, "no such name")
    settle()
    assert not row.isVisible()
    queue = page.findChild(CheckQueue)
    assert queue is not None
    assert queue.width() > page.width() * 0.9


def test_a_plan_is_drawn_and_its_figures_are_shown(
    qtbot: QtBot, page_and_press: tuple[ReviewPage, Press], decided: Services
) -> None:
    page, press = page_and_press
    press("G")
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    type_text(qtbot, "1")
    press("Return")
    plan = decided.checking.figures().plan
    assert plan is not None
    assert plan.by == CHECKER.name
    assert len(plan.sample) <= 1
    assert f"with seed {plan.seed}" in visible_words(page)
    press("Escape")
    assert QApplication.focusWidget() is page._queue.table


def test_a_row_changed_elsewhere_is_refused_and_read_again(
    page_and_press: tuple[ReviewPage, Press], decided: Services, said: list[str]
) -> None:
    page, press = page_and_press
    local_id = in_focus(page)
    mapping = mapping_of(decided, local_id)
    decided.resolution.reopen(local_id, seen_version=mapping.version, by=CODER)
    press("Return")
    assert len(said) == 1
    assert page.session.total == 4
    assert mapping_of(decided, local_id).state is State.OPEN


def test_a_rule_that_a_decision_touches_is_said_in_a_sentence(
    qtbot: QtBot, show: Callable[[Person], tuple[ReviewPage, Press]], decided: Services
) -> None:
    row = decided.resolution.worklist()[0]
    reopened = decided.resolution.reopen(row.local.id, seen_version=row.mapping.version, by=CODER)
    (lung,) = decided.catalog.search("C34.101", side=Side.REFERENCE, limit=1)
    elsewhere = Target(lung.id, lung.code, lung.name)
    decided.resolution.decide(
        Choice(row.local.id, reopened.version, Relation.EQUIVALENT, (elsewhere,)), by=CODER
    )
    counts = decided.judging.counts()
    assert list(counts) == [row.local.id]
    page, press = show(CHECKER)
    qtbot.waitUntil(lambda: page._counts.by_row == counts)
    touched = next(iter(counts))
    page.session.go_to(touched)
    page._show_session()
    (first, *_others) = decided.judging.findings(touched)
    qtbot.waitUntil(lambda: first.finding.sentence in visible_words(page))
    assert "rule broken" in visible_words(page)
    # Once: the bar says it of the answer in it, and above only what touches another one.
    assert visible_words(page).count(first.finding.sentence) == 1
    qtbot.waitUntil(lambda: page.is_settled and page._row.agrees)
    press("2")
    qtbot.waitUntil(page._risk._rules.isVisible)
    assert first.finding.sentence in page._risk._rules.text()
    press("B")
    assert first.finding.sentence not in visible_words(page)
