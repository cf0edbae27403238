"""Refinement by keyboard: entries checked, children written, signed, undone; everything kept."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from helpers.keyboard import Press, presser, visible_words
from helpers.staff import CHECKER, CLINICIAN, CODER, hire
from icdmapper.bootstrap import Services
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.focus import RELATION_KEYS
from icdmapper.desktop.pages.refinement import RefinementPage
from icdmapper.export.his_changes import ChangeKind
from icdmapper.model.codes import LocalCode, Side
from icdmapper.model.mapping import Choice, Mapping, Relation, State, Target
from icdmapper.model.people import Person
from icdmapper.resolution.drafting import Draft

Settle = Callable[[], None]
Show = Callable[[Person], tuple[RefinementPage, Press]]
COARSE = "慢性阑尾炎"


@pytest.fixture
def coarse(services: Services) -> LocalCode:
    """One local code that was found too coarse."""
    hire(services)
    row = next(row for row in services.resolution.worklist() if row.local.name == COARSE)
    (entry,) = services.catalog.search("K36.x02", side=Side.REFERENCE, limit=1)
    target = Target(entry.id, entry.code, entry.name)
    services.resolution.decide(Choice(row.local.id, 0, Relation.LOCAL_COARSER, (target,)), by=CODER)
    return row.local


@pytest.fixture
def show(qtbot: QtBot, coarse: LocalCode, desk: Desk, settle: Settle) -> Show:
    def begin(person: Person) -> tuple[RefinementPage, Press]:
        page = RefinementPage(replace(desk, person=person))
        qtbot.addWidget(page)
        page.resize(1280, 800)
        with qtbot.waitActive(page):
            page.show()
            page.activateWindow()
        page.activate()
        settle()
        return page, presser(qtbot, page, settle)

    return begin


def mapping_of(services: Services, local_id: int) -> Mapping:
    return services.resolution.work_row(local_id).mapping


def write(qtbot: QtBot, text: str, settle: Settle, page: RefinementPage) -> None:
    """Type into the cell that is open, and end with Enter."""
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    field.selectAll()
    field.insert(text)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not page._work.plan_children._writing)
    settle()


def pick_two(qtbot: QtBot, press: Press, settle: Settle) -> None:
    """The chronic entry that is offered, and an acute one that a search finds."""
    press("Return Space Slash")
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    qtbot.keyClicks(field, "K35.801")
    settle()
    press("Return Space")


def test_starting_waits_for_the_children_that_are_being_made(
    qtbot: QtBot,
    show: Show,
    services: Services,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
    said: list[str],
) -> None:
    """Started before they were there, the plan had none, and what was checked was gone."""
    page, press = show(CHECKER)
    pick_two(qtbot, press, settle)
    press("Space")
    assert len(page.session.children) == 1
    said.clear()
    drafted, goes_on = services.drafting.draft, threading.Event()

    def slowly(*asked: Any, **more: Any) -> Draft:
        assert goes_on.wait(20)
        return drafted(*asked, **more)

    monkeypatch.setattr(services.drafting, "draft", slowly)
    table = page._work.offers.table
    qtbot.keyClick(table, Qt.Key.Key_Space)
    qtbot.keyClick(table, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    goes_on.set()
    settle()
    (row,) = services.drafting.rows()
    assert row.plan is not None
    assert {one.targets[0].code for one in row.plan.children} == {"K36.x02", "K35.801"}
    assert said == []
    assert len(page.session.children) == 2


def test_escape_takes_back_what_a_search_found(qtbot: QtBot, show: Show, settle: Settle) -> None:
    page, press = show(CHECKER)
    before = [one.reference.code for one in page.session.offers]
    press("Return Slash")
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    qtbot.keyClicks(field, "K35.801")
    settle()
    assert page.session.offers[0].reference.code == "K35.801"
    press("Escape")
    assert field.text() == ""
    assert [one.reference.code for one in page.session.offers] == before


def test_checked_entries_become_children_that_are_signed(
    qtbot: QtBot, show: Show, services: Services, coarse: LocalCode, settle: Settle
) -> None:
    page, press = show(CHECKER)
    assert COARSE in visible_words(page)
    pick_two(qtbot, press, settle)
    assert [one.targets[0].code for one in page.session.children] == ["K36.x02", "K35.801"]
    press("Ctrl+Return")
    assert mapping_of(services, coarse.id).state is State.REFINING
    assert "has the name of its parent" in visible_words(page)
    press("G T")
    write(qtbot, "慢性阑尾炎（复发性除外）", settle, page)
    press("Down T")
    write(qtbot, "急性化脓性阑尾炎发作", settle, page)
    stored = services.refining.of(coarse.id)
    assert stored is not None
    assert [one.name for one in stored.children] == [one.name for one in page.session.children]
    assert page.session.problems == ()
    press("Ctrl+Return")
    assert mapping_of(services, coarse.id).state is State.RETIRED
    assert "not adopted yet" in visible_words(page)
    kinds = [one.kind for one in services.his_changes.changes()]
    assert kinds == [ChangeKind.SPLIT, ChangeKind.ADD, ChangeKind.ADD, ChangeKind.STOP]
    press("U")
    assert mapping_of(services, coarse.id).state is State.REFINING
    press("X")
    assert mapping_of(services, coarse.id).state is State.OPEN


def test_what_is_written_is_checked_and_kept_at_once(
    qtbot: QtBot, show: Show, services: Services, coarse: LocalCode, settle: Settle
) -> None:
    page, press = show(CODER)
    pick_two(qtbot, press, settle)
    press("Ctrl+Return G K")
    write(qtbot, "I63.951", settle, page)
    assert "I63.951 is in use already" in visible_words(page)
    press("Down D F")
    stored = services.refining.of(coarse.id)
    assert stored is not None
    assert stored.children[0].code == "I63.951"
    assert stored.residual == stored.children[1]
    assert stored.children[1].relation is Relation.LOCAL_FINER


def test_only_those_who_may_sign_and_allow(
    qtbot: QtBot, show: Show, services: Services, coarse: LocalCode, settle: Settle, said: list[str]
) -> None:
    page, press = show(CODER)
    pick_two(qtbot, press, settle)
    press("G D Ctrl+Return A")
    assert "may not" in said[-1]
    stored = services.refining.of(coarse.id)
    assert stored is not None
    assert stored.residual_allowed_by == ""
    services.refining.allow_residual(stored.id, by=CLINICIAN)
    page.refresh()
    settle()
    press("Ctrl+Return")
    assert "may not" in said[-1]
    assert mapping_of(services, coarse.id).state is State.REFINING


def test_somebody_elses_change_is_refused_and_shown(
    qtbot: QtBot, show: Show, services: Services, coarse: LocalCode, settle: Settle, said: list[str]
) -> None:
    page, press = show(CHECKER)
    pick_two(qtbot, press, settle)
    press("Ctrl+Return")
    stored = services.refining.of(coarse.id)
    assert stored is not None
    theirs = [replace(stored.children[0], name="别人的名称"), *stored.children[1:]]
    services.refining.edit(stored.id, theirs, seen_revision=stored.revision, by=CODER)
    press("G K")
    write(qtbot, "K36.x77", settle, page)
    assert said[-1]
    assert page.session.children[0].name == "别人的名称"
    now = services.refining.of(coarse.id)
    assert now is not None
    assert now.children[0].code == stored.children[0].code


def test_a_code_comes_from_the_workbench_whatever_it_is(
    show: Show, services: Services, settle: Settle
) -> None:
    page, press = show(CHECKER)
    other = next(row for row in services.resolution.worklist() if row.local.name == "脑梗死")
    page._desk.changes.refinement_wanted.emit(other.local.id)
    settle()
    assert page.session.current is not None
    assert page.session.current.local.id == other.local.id
    press("Up")
    assert page.session.current.local.name == COARSE


def test_nothing_to_refine_says_how_codes_come_here(
    qtbot: QtBot, services: Services, desk: Desk, settle: Settle
) -> None:
    page = RefinementPage(desk)
    qtbot.addWidget(page)
    page.show()
    page.activate()
    settle()
    assert "Nothing has to be refined" in visible_words(page)


def test_the_editable_model_behaves(show: Show, qtmodeltester: ModelTester) -> None:
    page, press = show(CHECKER)
    press("Return Space")
    qtmodeltester.check(page._work.offers.table.model())
    qtmodeltester.check(page._work.plan_children.table.model())


def test_a_child_may_stand_although_a_rule_objects(
    qtbot: QtBot, show: Show, services: Services, coarse: LocalCode, settle: Settle, said: list[str]
) -> None:
    page, press = show(CHECKER)
    pick_two(qtbot, press, settle)
    press("Ctrl+Return G W")
    assert said[-1] == "hint: No rule stops this child."
    press(f"{RELATION_KEYS[Relation.OVERLAP]} W")
    assert "write down which part differs" in visible_words(page)
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    field.insert("两者都有")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    settle()
    (waiver,) = services.judging.waivers(coarse.id)
    assert (waiver.reason, waiver.by) == ("两者都有", CHECKER.name)
    press("W")
    assert said[-1] == "hint: No rule stops this child."
