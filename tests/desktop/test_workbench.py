"""The workbench on a real small project, with hands on the keyboard."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from helpers.keyboard import as_in_the_window
from helpers.projects import CODER
from icdmapper import paths
from icdmapper.bootstrap import Services
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages import decisions
from icdmapper.desktop.pages.decisions import ReadyProposals
from icdmapper.desktop.pages.workbench import WorkbenchPage
from icdmapper.desktop.widgets.cards import Card
from icdmapper.model.codes import Side
from icdmapper.model.mapping import Choice, Mapping, Relation, State, Target
from icdmapper.model.people import Person
from icdmapper.model.proposals import Proposal
from icdmapper.resolution.worklist import Order

Settle = Callable[[], None]


@pytest.fixture
def page(workbench: WorkbenchPage) -> WorkbenchPage:
    as_in_the_window(workbench)
    return workbench


@pytest.fixture
def press(qtbot: QtBot, page: WorkbenchPage, settle: Settle) -> Callable[[str], None]:
    """Type keys into whatever has the keyboard, and wait for what they cause."""

    def type_keys(keys: str) -> None:
        for key in keys.split(" "):
            target = QApplication.focusWidget() or page
            name, control = key.removeprefix("Ctrl+"), key.startswith("Ctrl+")
            modifier = (
                Qt.KeyboardModifier.ControlModifier if control else Qt.KeyboardModifier.NoModifier
            )
            if len(name) == 1 and not control:
                qtbot.keyClicks(target, name)
            else:
                qtbot.keyClick(target, getattr(Qt.Key, f"Key_{name}"), modifier)
            settle()

    return type_keys


def name_in_focus(page: WorkbenchPage) -> str:
    row = page.session.current
    return row.local.name if row else ""


def mapping_of(services: Services, name: str) -> Mapping:
    return next(row.mapping for row in services.resolution.worklist() if row.local.name == name)


def shown_words(page: WorkbenchPage) -> str:
    return "\n".join(one.text() for one in page.findChildren(QLabel) if one.isVisible())


def search(qtbot: QtBot, page: WorkbenchPage, press: Callable[[str], None], text: str) -> None:
    """Look an entry up by hand and take the first that is found."""
    press("/")
    field = QApplication.focusWidget()
    assert field is not None
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not field)


def test_the_most_frequent_open_code_is_in_focus_with_its_candidates(page: WorkbenchPage) -> None:
    assert name_in_focus(page) == "脑梗死"
    cards = [card for card in page.findChildren(Card) if card.isVisible()]
    assert cards
    assert "I63.902" in cards[0].accessibleName()
    assert "3,812 discharges a year" in shown_words(page)


def test_enter_accepts_and_the_next_open_row_is_there(
    page: WorkbenchPage, press: Callable[[str], None], services: Services
) -> None:
    press("Return")
    assert mapping_of(services, "脑梗死").state is State.DECIDED
    assert mapping_of(services, "脑梗死").decided_by == CODER.name
    assert name_in_focus(page) == "老年性白内障NOS"
    assert page.session.candidate is not None
    press("Return Return")
    decided = [row for row in services.resolution.worklist() if row.mapping.state is State.DECIDED]
    assert len(decided) == 3


def test_a_digit_chooses_another_candidate(
    qtbot: QtBot, page: WorkbenchPage, press: Callable[[str], None], services: Services
) -> None:
    proposed = page.session.candidates[0]
    search(qtbot, page, press, "lnxbnz")
    assert page.session.candidates[1] == proposed
    press("2")
    assert page.session.candidate == proposed
    (chosen,) = [card for card in page.findChildren(Card) if card.property("chosen")]
    assert proposed.code in chosen.accessibleName()
    press("Return")
    assert mapping_of(services, "脑梗死").targets[0].code == proposed.code


def test_the_relation_is_chosen_for_one_row_and_never_carried_over(
    page: WorkbenchPage, press: Callable[[str], None], services: Services
) -> None:
    press("F Return")
    assert mapping_of(services, "脑梗死").relation is Relation.LOCAL_FINER
    proposed = page.session.candidate
    assert proposed is not None
    press("Return")
    assert mapping_of(services, "老年性白内障NOS").relation is proposed.relation


@pytest.mark.parametrize(
    ("key", "relation"),
    [("E", Relation.EQUIVALENT), ("C", Relation.LOCAL_COARSER), ("O", Relation.OVERLAP)],
)
def test_each_relation_has_its_key(
    page: WorkbenchPage,
    press: Callable[[str], None],
    services: Services,
    key: str,
    relation: Relation,
) -> None:
    press(f"{key} T x Return")
    assert mapping_of(services, "脑梗死").relation is relation


def test_no_counterpart_needs_no_candidate(
    page: WorkbenchPage, press: Callable[[str], None], services: Services
) -> None:
    press("N T x Return")
    mapping = mapping_of(services, "脑梗死")
    assert mapping.state is State.NO_COUNTERPART
    assert mapping.targets == ()


def test_undo_brings_the_row_back_and_redo_takes_it_again(
    page: WorkbenchPage, press: Callable[[str], None], services: Services, said: list[str]
) -> None:
    press("Return Return U")
    assert mapping_of(services, "左肺上叶恶性肿瘤").state is State.OPEN
    assert name_in_focus(page) == "老年性白内障NOS"
    press("Ctrl+Z")
    assert name_in_focus(page) == "脑梗死"
    press("Ctrl+Y")
    assert mapping_of(services, "脑梗死").state is State.DECIDED
    press("Ctrl+Z Ctrl+Z")
    assert said[-1].startswith("hint: An import is not undone with this key")
    press("Ctrl+Z")
    assert said[-1] == "hint: There is nothing to undo."


def test_a_search_result_becomes_the_candidate(
    qtbot: QtBot, page: WorkbenchPage, press: Callable[[str], None], services: Services
) -> None:
    search(qtbot, page, press, "lnxbnz")
    candidate = page.session.candidate
    assert candidate is not None
    assert candidate.name == "老年性白内障"
    press("F Return")
    assert mapping_of(services, "脑梗死").targets[0].code == "H25.901"


def test_escape_leaves_the_search_as_if_nothing_had_been_typed(
    qtbot: QtBot, page: WorkbenchPage, press: Callable[[str], None], settle: Settle
) -> None:
    before = page.session.candidates
    press("/")
    field = QApplication.focusWidget()
    assert field is not None
    field.insert("阑尾")
    qtbot.waitUntil(lambda: page.session.candidates != before)
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    settle()
    assert page.session.candidates == before
    assert not field.isVisible()


def test_letters_in_a_field_are_text_and_not_keys(
    qtbot: QtBot, page: WorkbenchPage, press: Callable[[str], None], services: Services
) -> None:
    press("T")
    note = QApplication.focusWidget()
    assert note is not None
    qtbot.keyClicks(note, "UNCF 12")
    assert not any(row.mapping.state is not State.OPEN for row in services.resolution.worklist())
    press("Return")
    assert mapping_of(services, "脑梗死").note == "UNCF 12"


def test_escape_leaves_the_note_as_written_and_records_nothing(
    qtbot: QtBot, page: WorkbenchPage, press: Callable[[str], None], services: Services
) -> None:
    press("T")
    note = QApplication.focusWidget()
    assert note is not None
    qtbot.keyClicks(note, "look again")
    press("Escape")
    assert QApplication.focusWidget() is page.worklist_table
    assert mapping_of(services, "脑梗死").state is State.OPEN
    press("Return")
    assert mapping_of(services, "脑梗死").note == "look again"


def test_a_note_does_not_follow_to_the_next_row(
    qtbot: QtBot, page: WorkbenchPage, press: Callable[[str], None], services: Services
) -> None:
    press("T")
    note = QApplication.focusWidget()
    assert note is not None
    note.insert("看过病历")
    press("Return Return")
    assert mapping_of(services, "左肺上叶恶性肿瘤").note == ""


def test_free_text_filters_by_pinyin_initials_and_enter_returns_to_the_rows(
    qtbot: QtBot, page: WorkbenchPage, press: Callable[[str], None]
) -> None:
    press("Ctrl+F")
    field = QApplication.focusWidget()
    assert field is not None
    qtbot.keyClicks(field, "lwy")
    press("Return")
    assert {row.local.name for row in page.session.visible} == {
        "急性化脓性阑尾炎",
        "慢性阑尾炎",
    }
    assert QApplication.focusWidget() is not field


def test_chips_filter_by_set_and_state(
    qtbot: QtBot, page: WorkbenchPage, press: Callable[[str], None]
) -> None:
    chips = {one.text(): one for one in page.findChildren(QPushButton)}
    qtbot.mouseClick(chips["procedures"], Qt.MouseButton.LeftButton)
    assert {row.local.code for row in page.session.visible} == {"47.0151", "34.0951"}
    qtbot.mouseClick(chips["decided"], Qt.MouseButton.LeftButton)
    assert page.session.visible == ()
    assert "No row passes the filter" in shown_words(page)
    show_all = next(one for one in page.findChildren(QPushButton) if one.text() == "Show all rows")
    qtbot.mouseClick(show_all, Qt.MouseButton.LeftButton)
    assert len(page.session.visible) == 7


def test_the_keyboard_stays_in_the_filter_when_its_rows_come_back(
    qtbot: QtBot, page: WorkbenchPage, press: Callable[[str], None], settle: Settle
) -> None:
    """A table that was given the keyboard while it was hidden took it from the next word."""
    press("Ctrl+F")
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    qtbot.keyClicks(field, "zzzz")
    press("Return")
    assert "No row passes the filter" in shown_words(page)
    press("Ctrl+F")
    field.clear()
    for letter in "lwy":
        qtbot.keyClicks(QApplication.focusWidget() or page, letter)
        settle()
    assert field.text() == "lwy"
    assert QApplication.focusWidget() is field
    assert len(page.session.visible) == 2


def test_escape_leads_from_the_chips_back_to_the_rows(
    page: WorkbenchPage, press: Callable[[str], None], services: Services
) -> None:
    press("Ctrl+L Right Escape")
    assert QApplication.focusWidget() is page.worklist_table
    press("Return")
    assert mapping_of(services, "脑梗死").state is State.DECIDED


def test_every_chip_is_reached_by_the_keyboard(
    qtbot: QtBot, page: WorkbenchPage, press: Callable[[str], None]
) -> None:
    press("Ctrl+L")
    reached = []
    for key in ("Tab", "Tab", "Right", "Right", "Right"):
        press(key)
        chip = QApplication.focusWidget()
        assert isinstance(chip, QPushButton)
        reached.append(chip.text())
    assert reached == ["morphology", "procedures", "chapter ▾", "open", "decided"]
    press("Left Left Left Space")
    assert {row.local.code for row in page.session.visible} == {"47.0151", "34.0951"}


def test_a_click_on_a_title_sorts(qtbot: QtBot, page: WorkbenchPage) -> None:
    page.show_ordered(Order.CODE)
    codes = [row.local.code for row in page.session.visible]
    assert codes == sorted(codes)


def test_somebody_elses_change_is_shown_and_nothing_is_overwritten(
    page: WorkbenchPage, press: Callable[[str], None], services: Services, said: list[str]
) -> None:
    row = page.session.current
    assert row is not None
    other = services.catalog.search("K36.x02", side=Side.REFERENCE)[0]
    target = Target(other.id, other.code, other.name)
    services.resolution.decide(
        Choice(row.local.id, 0, Relation.OVERLAP, (target,), "部分相同"), by=Person("编码员乙")
    )
    press("Return")
    assert "编码员乙" in said[-1]
    assert mapping_of(services, "脑梗死").targets[0].code == "K36.x02"
    # The advice says to look at it and decide anew, so it stays in focus as it is now.
    assert name_in_focus(page) == "脑梗死"
    assert "K36.x02" in shown_words(page)


def test_reopen_puts_a_decided_row_back(
    qtbot: QtBot, page: WorkbenchPage, press: Callable[[str], None], services: Services
) -> None:
    press("Return")
    chips = {one.text(): one for one in page.findChildren(QPushButton)}
    qtbot.mouseClick(chips["decided"], Qt.MouseButton.LeftButton)
    page.activate()
    assert name_in_focus(page) == "脑梗死"
    assert "I63.902" in shown_words(page)
    press("R")
    assert mapping_of(services, "脑梗死").state is State.OPEN


def test_a_refusal_is_said_and_the_row_stays(
    page: WorkbenchPage, press: Callable[[str], None], services: Services, said: list[str]
) -> None:
    heading = next(
        at for at, one in enumerate(page.session.candidates) if one.code in ("I63", "I63.9")
    )
    press(f"{heading + 1}")
    said.clear()
    press("Return")
    assert said == []  # It stands beside the choice already.
    assert "Nothing was recorded. Choose again: nobody can waive this." in shown_words(page)
    assert mapping_of(services, "脑梗死").state is State.OPEN
    assert name_in_focus(page) == "脑梗死"


def test_the_place_and_the_history_of_the_row_are_shown(
    page: WorkbenchPage, press: Callable[[str], None], qtbot: QtBot
) -> None:
    press("Return")
    qtbot.keyClick(page, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    press("Down Up")
    qtbot.waitUntil(lambda: CODER.name in shown_words(page))
    words = shown_words(page)
    assert "Mapped to this entry: 0" in words


def test_every_row_done_says_so(
    page: WorkbenchPage, press: Callable[[str], None], services: Services
) -> None:
    for _row in range(7):
        press("N T x Return")
    assert page.session.visible == ()
    assert "Nothing is open" in shown_words(page)
    press("U")
    assert len(page.session.visible) == 1


def test_undo_pressed_faster_than_it_is_saved_counts_every_time(
    qtbot: QtBot, page: WorkbenchPage, press: Callable[[str], None], services: Services
) -> None:
    for _decision in range(3):
        press("N T x Return")
    assert services.resolution.progress().decided == 3
    for _undo in range(3):
        page._desk.undo.undo()  # no waiting in between
    qtbot.waitUntil(lambda: services.resolution.progress().decided == 0)


def test_a_note_that_was_never_saved_is_offered_back(
    qtbot: QtBot, page: WorkbenchPage, press: Callable[[str], None], desk: Desk, said: list[str]
) -> None:
    press("T")
    field = QApplication.focusWidget()
    assert field is not None
    qtbot.keyClicks(field, "ask the ward")
    qtbot.waitUntil(lambda: any(paths.data_folder().glob("drafts/*.json")))
    # As after a power cut: another page reads what the first one left on the disk.
    again = WorkbenchPage(desk)
    qtbot.addWidget(again)
    qtbot.waitUntil(lambda: again.is_settled)
    assert "ask the ward" in said[-1]
    assert again._row.pending_choice().note == "ask the ward"
    press("Return")
    qtbot.waitUntil(
        lambda: all("{}" in one.read_text() for one in paths.data_folder().glob("drafts/*.json"))
    )


def test_the_proposal_in_focus_is_not_forgotten_for_those_read_ahead(
    qtbot: QtBot, desk: Desk, services: Services, settle: Settle
) -> None:
    """With it gone the row would count as not yet shown, for ever."""
    ids = [row.local.id for row in services.resolution.worklist()]
    ready = ReadyProposals(desk, desk.notices)
    answers: list[Proposal] = []
    for local_id in (ids[0], ids[1], ids[0]):
        ready.ask(local_id, answers.append)
        settle()
    assert [one.local_id for one in answers] == [ids[0], ids[1], ids[0]]
    ready._keep([Proposal(-number, ()) for number in range(1, decisions._KEPT)])
    assert (ready.has(ids[0]), ready.has(ids[1])) == (True, False)
