"""Undo and redo from every page of the window: what was taken back is said, and seen."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from helpers.staff import CLINICIAN, CODER, COORDINATOR
from icdmapper import bootstrap
from icdmapper.bootstrap import Services
from icdmapper.desktop.main_window import MainWindow
from icdmapper.desktop.memory import Memory
from icdmapper.desktop.notify import NoticePanel
from icdmapper.desktop.pages.assigning_parts import BatchForm
from icdmapper.desktop.pages.book import PAGES
from icdmapper.desktop.pages.disputes import DisputesPage
from icdmapper.desktop.pages.refinement import RefinementPage
from icdmapper.desktop.pages.review import ReviewPage
from icdmapper.desktop.pages.settings import SettingsPage
from icdmapper.desktop.pages.settings_aliases import AliasPanel
from icdmapper.desktop.pages.workbench import WorkbenchPage
from icdmapper.desktop.undo import Opposite
from icdmapper.model.mapping import Choice, Mapping, Relation, State, Target

Press = Callable[[str], None]


@pytest.fixture
def window(qtbot: QtBot, services: Services) -> Iterator[MainWindow]:
    """The window on the small project, where a coordinator may do everything."""
    made = MainWindow(Memory())
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    location = services.location
    made.open(lambda _task: (bootstrap.open_project(location), COORDINATOR))
    qtbot.waitUntil(lambda: made.page() is not None and not made.tasks.running)
    yield made
    made.close()
    qtbot.waitUntil(lambda: not made.tasks.running)


@pytest.fixture
def press(qtbot: QtBot, window: MainWindow) -> Press:
    """Press Ctrl and a key wherever the keyboard is, and wait for all it causes."""

    def one(key: str) -> None:
        window.setFocus()
        qtbot.keyClick(
            QApplication.focusWidget() or window,
            getattr(Qt.Key, f"Key_{key}"),
            Qt.KeyboardModifier.ControlModifier,
        )
        qtbot.waitUntil(lambda: not window.tasks.running)

    return one


def said(window: MainWindow) -> str:
    return window.findChildren(NoticePanel)[0].text


def go(qtbot: QtBot, window: MainWindow, page: str) -> None:
    window.go_to(page)
    qtbot.waitUntil(lambda: not window.tasks.running)


def first(services: Services) -> Mapping:
    return services.resolution.worklist()[0].mapping


def decide(services: Services) -> Choice:
    """The first row decided by the coordinator, as another window of theirs would."""
    row = services.resolution.worklist()[0]
    best = services.matching.proposal(row.local.id).candidates[0]
    targets = (Target(best.reference_id, best.code, best.name),)
    choice = Choice(row.local.id, row.mapping.version, Relation.EQUIVALENT, targets, "一致")
    services.resolution.decide(choice, by=COORDINATOR)
    return choice


def test_undo_and_redo_work_on_every_page_and_the_row_is_shown(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services
) -> None:
    choice = decide(services)
    for at, page in enumerate(one.name for one in PAGES if one.name != "upload"):
        go(qtbot, window, page)
        press("Y" if at % 2 else "Z")
        assert first(services).state is (State.DECIDED if at % 2 else State.OPEN), page
        done = "Done again" if at % 2 else "Taken back"
        assert said(window) == f"{done}: decided I63.951 脑梗死"
        shown = window.page()
        assert isinstance(shown, WorkbenchPage)
        assert shown.session.current is not None
        assert shown.session.current.local.id == choice.local_id


def test_each_act_is_shown_on_its_own_page(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services
) -> None:
    choice = decide(services)
    mapping = first(services)
    services.disputes.open(
        choice.local_id, seen_version=mapping.version, reason="请临床确认", by=COORDINATOR
    )
    again = Choice(choice.local_id, first(services).version, choice.relation, choice.targets, "定")
    services.disputes.settle(again, by=COORDINATOR, on_behalf_of=CLINICIAN.name)
    coarse = services.resolution.worklist()[1]
    entries = services.matching.proposal(coarse.local.id).candidates
    services.refining.start(
        coarse.local.id,
        [one.reference_id for one in entries[:2]],
        seen_version=coarse.mapping.version,
        by=COORDINATOR,
    )
    go(qtbot, window, "overview")
    press("Z")
    assert isinstance(window.page(), RefinementPage)
    assert services.resolution.work_row(coarse.local.id).mapping.state is State.OPEN
    press("Z")
    assert isinstance(window.page(), DisputesPage)
    assert first(services).state is State.DISPUTED
    go(qtbot, window, "review")
    press("Z")  # The dispute of a decision is seen in the second check too.
    assert isinstance(window.page(), ReviewPage)
    assert first(services).state is State.DECIDED


def test_what_stays_says_so_once_and_is_gone_past(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services
) -> None:
    choice = decide(services)
    services.disputes.open(
        choice.local_id, seen_version=first(services).version, reason="请确认", by=COORDINATOR
    )
    services.disputes.say(choice.local_id, "影像支持", by=COORDINATOR)
    press("Z")
    assert said(window).startswith("A remark that was said stays in the thread")
    assert first(services).state is State.DISPUTED
    press("Z")
    assert first(services).state is State.DECIDED
    go(qtbot, window, "upload")
    press("Z")
    assert said(window).startswith("Records that were sent stay sent")
    assert first(services).state is State.DECIDED
    press("Z")
    assert first(services).state is State.OPEN


def test_rows_given_to_somebody_go_back_to_whoever_had_them(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services
) -> None:
    decide(services)
    rows = [row.local.id for row in services.resolution.worklist()][1:4]
    services.assigning.assign(rows[:1], to=CODER.name, by=COORDINATOR)
    go(qtbot, window, "people")
    qtbot.keyClicks(window.page(), "w")
    qtbot.waitUntil(lambda: not window.tasks.running)
    (form,) = window.findChildren(BatchForm)
    form.choose_person(CODER.name)
    form.give()
    qtbot.waitUntil(lambda: not window.tasks.running)
    given = dict(services.assigning.assignments())
    assert len(given) > 1
    press("Z")
    assert {one: held.person for one, held in services.assigning.assignments().items()} == {
        rows[0]: CODER.name
    }
    assert first(services).state is State.DECIDED  # The decision before it is the next key's.
    press("Y")
    assert set(services.assigning.assignments()) == set(given)
    press("Z")
    press("Z")  # The rows given by another window stay, and are said to.
    press("Z")
    assert first(services).state is State.OPEN


def test_aliases_are_taken_back_before_the_decision_that_came_before_them(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services
) -> None:
    decide(services)
    go(qtbot, window, "settings")
    page = window.page()
    assert isinstance(page, SettingsPage)
    (panel,) = page.findChildren(AliasPanel)
    panel._written.setText("老烂脚")
    panel._standard.setText("下肢慢性溃疡")
    panel._add.click()
    qtbot.waitUntil(lambda: not window.tasks.running)
    assert len(page._aliases_now) == 1
    press("Z")
    assert page._aliases_now == ()
    assert first(services).state is State.DECIDED
    press("Y")
    assert len(page._aliases_now) == 1
    press("Z")
    press("Z")
    assert first(services).state is State.OPEN
    assert isinstance(window.page(), WorkbenchPage)


def test_something_new_ends_what_can_be_done_again(
    qtbot: QtBot, window: MainWindow, press: Press
) -> None:
    did: list[str] = []
    page = window.page()
    assert page is not None
    page._desk.undo.offer(
        Opposite("an act", lambda: did.append("back"), lambda: did.append("again"), "people")
    )
    qtbot.waitUntil(lambda: not window.tasks.running)
    press("Z")
    assert did == ["back"]
    page._desk.changes.mappings_changed.emit((1,))
    press("Y")
    assert did == ["back"]
    assert said(window).startswith("There is nothing to redo")


def test_what_was_done_on_another_page_is_shown_on_the_workbench_and_not_said_again(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services
) -> None:
    workbench = window.page()
    assert isinstance(workbench, WorkbenchPage)
    assert workbench.session.current is not None
    choice = decide(services)
    workbench.refresh()
    qtbot.waitUntil(lambda: not window.tasks.running)
    workbench.show_row(choice.local_id)
    qtbot.waitUntil(lambda: not window.tasks.running)
    services.disputes.open(
        choice.local_id, seen_version=first(services).version, reason="请确认", by=COORDINATOR
    )
    settled = Choice(
        choice.local_id, first(services).version, choice.relation, choice.targets, "定"
    )
    services.disputes.settle(settled, by=COORDINATOR, on_behalf_of=CLINICIAN.name)
    go(qtbot, window, "disputes")
    for key, state, word in (
        ("Z", State.DISPUTED, "Taken back"),
        ("Y", State.SETTLED, "Done again"),
        ("Z", State.DISPUTED, "Taken back"),
    ):
        press(key)
        assert isinstance(window.page(), DisputesPage)
        assert first(services).state is state
        assert said(window).startswith(f"{word}: settled")
        row = workbench.session.current
        assert row is not None
        # What is in focus there is as the key left it: Enter would not be refused.
        assert (row.local.id, row.mapping.state) == (choice.local_id, state)
        assert row.mapping.version == first(services).version
