"""Release by keyboard: the gate, the difference, a signed package, the key to copy."""

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from helpers.keyboard import Press, presser, visible_words
from icdmapper.bootstrap import Services
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.release import ReleasePage
from icdmapper.model.mapping import Choice, State, Target
from icdmapper.model.people import Person, Role

Settle = Callable[[], None]


@pytest.fixture
def page(qtbot: QtBot, desk: Desk, settle: Settle) -> ReleasePage:
    made = ReleasePage(desk)
    qtbot.addWidget(made)
    made.resize(1240, 760)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.activate()
    settle()
    return made


@pytest.fixture
def press(qtbot: QtBot, page: ReleasePage, settle: Settle) -> Press:
    return presser(qtbot, page, settle)


def decide(services: Services, *, count: int) -> None:
    rows = [row for row in services.resolution.worklist() if row.mapping.state is State.OPEN]
    for row in rows[:count]:
        best = services.matching.proposal(row.local.id).candidates[0]
        target = Target(best.reference_id, best.code, best.name)
        choice = Choice(row.local.id, row.mapping.version, best.relation, (target,))
        services.resolution.decide(choice, by=Person("编码员甲"))


def test_the_gate_says_what_stops_and_where_to_go(
    page: ReleasePage, press: Press, desk: Desk, tmp_path: Path, services: Services
) -> None:
    words = visible_words(page)
    assert "1 thing stops it" in words
    assert "Only 0 of 8,067 yearly discharges are covered" in words
    page._form.set_folder(str(tmp_path / "out"))
    press("Ctrl+Return")
    assert services.releases.releases() == ()
    wanted: list[str] = []
    desk.changes.page_wanted.connect(wanted.append)
    next(
        one for one in page.findChildren(QPushButton) if one.text().startswith("Go on mapping")
    ).click()
    assert wanted == ["workbench"]


def test_a_rehearsal_may_be_incomplete(page: ReleasePage, press: Press) -> None:
    press("R")
    assert "nothing stops it" in visible_words(page)
    press("R")
    assert "1 thing stops it" in visible_words(page)


def test_a_release_is_made_numbered_and_listed(
    page: ReleasePage,
    press: Press,
    services: Services,
    desk: Desk,
    tmp_path: Path,
    said: list[str],
) -> None:
    decide(services, count=7)
    desk.changes.mappings_changed.emit(())
    press("F12")
    assert "Release 0001" in visible_words(page)
    assert "The first release" in visible_words(page)
    page._form.set_folder(str(tmp_path / "out"))
    page._form._day.setText("2026/12/1")
    press("Ctrl+Return")
    assert said[-1] == "done: The release is made and signed."
    (release,) = services.releases.releases()
    assert f"{release.valid_from}" == "2026-12-01"
    assert (tmp_path / "out" / "release-0001" / "manifest.sig").is_file()
    words = visible_words(page)
    assert "Release 0002" in words
    assert str(tmp_path / "out") in words
    assert [one.version for one in page._history.table.model().rows] == [1]


def test_the_difference_is_counted_and_listed(
    page: ReleasePage, press: Press, services: Services, tmp_path: Path, desk: Desk
) -> None:
    press("R")
    page._form.set_folder(str(tmp_path / "out"))
    press("Ctrl+Return")
    assert "Against release 0001" in visible_words(page)
    decide(services, count=2)
    desk.changes.mappings_changed.emit(())
    press("F12")
    chips = [one.text() for one in page._difference.findChildren(QPushButton)]
    assert chips[:3] == ["added 0", "removed 0", "changed 2"]
    assert len(page._difference.rows) == 2
    assert page._difference.rows[0].before != page._difference.rows[0].after
    press("X")
    assert page._difference.rows == ()


def test_k_copies_the_public_key(
    page: ReleasePage, press: Press, services: Services, said: list[str]
) -> None:
    press("K")
    copied = QGuiApplication.clipboard().text()
    assert len(base64.b64decode(copied)) == 32
    assert copied == services.releases.key().public
    assert copied in visible_words(page)
    assert said[-1] == "done: The public key is on the clipboard."


def test_a_day_that_is_none_is_marked_and_nothing_is_made(
    page: ReleasePage, press: Press, services: Services, tmp_path: Path
) -> None:
    press("R")
    page._form.set_folder(str(tmp_path / "out"))
    page._form._day.setText("2026-02-30")
    assert page._form._day.property("wrong")
    press("Ctrl+Return")
    assert services.releases.releases() == ()
    assert page._form._day.hasFocus()


def test_who_may_not_release_is_told(
    qtbot: QtBot,
    services: Services,
    desk: Desk,
    settle: Settle,
    tmp_path: Path,
    said: list[str],
) -> None:
    boss = Person("周主任", Role.COORDINATOR)
    services.people.add(boss.name, boss.role, by=boss, pin="kestrel7")
    coder = services.people.add("陈编码", Role.CODER, by=boss).person
    page = ReleasePage(replace(desk, person=coder))
    qtbot.addWidget(page)
    page.show()
    page._form.rehearsal.setChecked(True)
    page.activate()
    settle()
    page._form.set_folder(str(tmp_path / "out"))
    page._form.send()
    settle()
    assert "may not" in said[-1]
    assert services.releases.releases() == ()


def test_s_shows_the_trial_table(page: ReleasePage, press: Press) -> None:
    press("S")
    assert "Nothing written yet" in visible_words(page)
    assert page.keys[0].word == "write the files"
    assert page._table is not None
    page._table._export.setFocus()
    press("S")
    assert "Before the release" in visible_words(page)
