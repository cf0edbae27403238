"""Merging a copy by keyboard: compared, chosen about, merged as one act."""

import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from helpers.keyboard import Press, presser, visible_words
from helpers.staff import CODER, COORDINATOR, hire
from icdmapper import bootstrap
from icdmapper.bootstrap import Services
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.people import PeoplePage
from icdmapper.model.mapping import Choice, Relation, State, Target
from icdmapper.model.people import Person

Settle = Callable[[], None]
Show = Callable[[Person], tuple[PeoplePage, Press]]
NAMES = ("脑梗死", "急性化脓性阑尾炎", "慢性阑尾炎")
"""The local codes that both copies answer differently."""


def decide(services: Services, name: str, entry: str) -> int:
    """Answer a code by name; gives its id."""
    row = next(one for one in services.resolution.worklist() if one.local.name == name)
    with services.storage.reading() as work:
        found = next(one for one in work.code_sets.reference_codes() if one.code == entry)
    target = (Target(found.id, found.code, found.name),)
    choice = Choice(row.local.id, 0, Relation.OVERLAP, target, "部位不同")
    services.resolution.decide(choice, by=CODER)
    return row.local.id


@pytest.fixture
def copy(services: Services, tmp_path: Path) -> Path:
    """A copy in which four codes were answered, three of them otherwise than here."""
    hire(services)
    file = Path(shutil.copy(services.location, tmp_path / "带回家.icdm"))
    there = bootstrap.open_project(file, services.settings)
    for name in (*NAMES, "老年性白内障NOS"):
        decide(there, name, "H25.901")
    there.close()
    for name in NAMES:
        decide(services, name, "I63.902")
    return file


@pytest.fixture
def show(qtbot: QtBot, desk: Desk, settle: Settle, copy: Path) -> Show:
    """The merge in front of the people, the copy compared."""

    def begin(person: Person) -> tuple[PeoplePage, Press]:
        page = PeoplePage(replace(desk, person=person))
        qtbot.addWidget(page)
        page.resize(1280, 800)
        with qtbot.waitActive(page):
            page.show()
            page.activateWindow()
        settle()
        page.activate()
        press = presser(qtbot, page, settle)
        press("M")
        page._merging.open_copy(str(copy))
        settle()
        return page, press

    return begin


def answers(services: Services) -> dict[str, tuple[State, str]]:
    """State and target of every answered code, by name."""
    return {
        row.local.name: (row.mapping.state, " ".join(one.code for one in row.mapping.targets))
        for row in services.resolution.worklist()
        if row.mapping.state is not State.OPEN
    }


def test_each_conflict_is_chosen_about_and_one_undo_takes_all_back(
    show: Show, services: Services, said: list[str]
) -> None:
    page, press = show(COORDINATOR)
    before = answers(services)
    words = visible_words(page)
    assert "1 taken over, 3 conflicts, 0 left alone. 3 not chosen yet" in words
    # Both answers of the first conflict stand side by side, in full.
    assert "I63.902  脑梗死" in words
    assert "H25.901  老年性白内障" in words
    first, second, third = (line.row.name for line in page._merging._session.lines[:3])
    press("1 2 1")
    press("Up Up")
    assert "not chosen yet" not in visible_words(page)
    press("Down Down 3 Ctrl+Return")
    assert said[-1].startswith("done: 4 rows were merged")
    after = answers(services)
    assert after[first] == before[first]
    assert after[second] == (State.DECIDED, "H25.901")
    assert after[third] == (State.DISPUTED, "I63.902")
    assert after["老年性白内障NOS"] == (State.DECIDED, "H25.901")
    assert "People and roles" in visible_words(page)
    services.resolution.undo(by=COORDINATOR)
    assert answers(services) == before


def test_what_changed_meanwhile_is_compared_again_and_the_other_choices_stay(
    show: Show, services: Services, said: list[str], settle: Settle
) -> None:
    page, press = show(COORDINATOR)
    press("2 2 1")
    moved = page._merging._session.lines[0].row
    services.resolution.reopen(moved.local_id, seen_version=moved.ours.version, by=COORDINATOR)
    press("Ctrl+Return")
    settle()
    assert said[-1].startswith("problem: ")
    assert answers(services).keys() == set(NAMES) - {moved.name}
    assert page._merging._session.unlooked == 0
    (now,) = (one for one in page._merging._session.lines if one.row.name == moved.name)
    assert (now.row.ours.state, now.choice) == (State.OPEN, None)


def test_who_may_not_merge_sees_the_comparison_only(show: Show, services: Services) -> None:
    page, press = show(CODER)
    before = answers(services)
    assert "Only a coordinator merges a copy." in visible_words(page)
    press("2 Ctrl+Return")
    assert answers(services) == before
    press("Escape")
    assert "People and roles" in visible_words(page)


def test_stopping_a_merge_changes_no_row(
    show: Show, services: Services, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, press = show(COORDINATOR)
    before, merge, stopped = answers(services), bootstrap.merge_copy, threading.Event()

    def held(*asked: Any, **named: Any) -> object:
        stopped.wait(20)
        return merge(*asked, **named)

    monkeypatch.setattr(bootstrap, "merge_copy", held)
    press("2")
    page._merging._merge.click()
    page._merging._strip._stop.click()
    stopped.set()
    settle()
    assert answers(services) == before
    assert page._merging._session.unlooked == 2
