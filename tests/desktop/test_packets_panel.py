"""Packets by keyboard: departments checked and made, a filled one seen row by row and taken."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook
from PySide6.QtWidgets import QFileDialog
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from helpers.keyboard import Press, presser, visible_words
from helpers.staff import CHECKER, CLINICIAN, CODER, COORDINATOR, hire
from icdmapper.bootstrap import Services
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.disputes import DisputesPage
from icdmapper.model.mapping import Choice, State, Target
from icdmapper.model.people import Person

Settle = Callable[[], None]
Show = Callable[[Person], tuple[DisputesPage, Press]]


@pytest.fixture
def disputed(services: Services) -> Services:
    """Three disputes in two departments."""
    hire(services)
    rows = {row.local.name: row.local.id for row in services.resolution.worklist()}
    for name in ("脑梗死", "急性化脓性阑尾炎", "慢性阑尾炎"):
        best = services.matching.proposal(rows[name]).candidates[0]
        target = Target(best.reference_id, best.code, best.name)
        choice = Choice(rows[name], 0, best.relation, (target,))
        services.resolution.decide(choice, by=CODER)
        services.disputes.open(rows[name], seen_version=1, reason="存疑", by=CHECKER)
    return services


@pytest.fixture
def show(
    qtbot: QtBot,
    disputed: Services,
    desk: Desk,
    settle: Settle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Show:
    """The page of disputes with the packets in front; the folder is always the same."""
    folder = str(tmp_path / "packets")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args: folder)

    def begin(person: Person) -> tuple[DisputesPage, Press]:
        page = DisputesPage(replace(desk, person=person))
        qtbot.addWidget(page)
        page.resize(1280, 800)
        with qtbot.waitActive(page):
            page.show()
            page.activateWindow()
        page.activate()
        settle()
        press = presser(qtbot, page, settle)
        press("P")
        return page, press

    return begin


def fill(file: Path, name: str, letter: str = "A") -> None:
    book = load_workbook(file)
    sheet = book.worksheets[0]
    titles = {cell.value: cell.column for cell in sheet[3]}
    for at in range(4, sheet.max_row + 1):
        for title, value in (("选择", letter), ("理由", "影像支持"), ("医师", name)):
            sheet.cell(at, titles[title]).value = value
    book.save(file)


def workbooks(folder: Path) -> list[Path]:
    return sorted((folder / "packets").glob("*.xlsx"))


def test_each_checked_department_gets_a_packet(
    show: Show, disputed: Services, tmp_path: Path, said: list[str]
) -> None:
    page, press = show(COORDINATOR)
    departments = [one.disputes.department for one in page._packets.session.departments]
    assert departments == ["神经内科", "普外科"]
    press("Ctrl+Return")
    assert said[-1].startswith("hint: Check the departments")
    press("Shift+A Ctrl+Return")
    made = disputed.packets.progress()
    assert {(one.packet.department, len(one.packet.rows)) for one in made} == {
        ("神经内科", 1), ("普外科", 2),
    }  # fmt: skip
    assert all(one.packet.deadline for one in made)
    assert len(workbooks(tmp_path)) == 2
    assert said[-1].startswith("done: 2 packets with 3 questions")


def test_who_may_not_is_told(show: Show, disputed: Services, said: list[str]) -> None:
    _page, press = show(CODER)
    press("Space Ctrl+Return")
    assert "may not" in said[-1]
    assert disputed.packets.progress() == ()


def test_a_filled_packet_is_seen_before_it_is_taken_row_by_row(
    show: Show, disputed: Services, tmp_path: Path, settle: Settle, said: list[str]
) -> None:
    page, press = show(COORDINATOR)
    press("Down Space Ctrl+Return")
    (file,) = workbooks(tmp_path)
    fill(file, CLINICIAN.name)
    page._packets.open_file(file)
    settle()
    rows = page._packets.session.rows
    assert [one.taken for one in rows] == [True, True]
    assert "2 of 2 rows will be taken" in visible_words(page)
    press("Space Ctrl+S")
    assert said[-1] == "done: 1 codes settled, 0 remarks kept."
    states = {
        one.answer.filled.name: disputed.resolution.work_row(one.answer.row.local_id).mapping.state
        for one in rows
        if one.answer.row is not None
    }
    assert sorted(states.values(), key=lambda one: one.value) == [State.DISPUTED, State.SETTLED]


def test_a_conflict_shows_both_values_and_is_not_taken(
    show: Show, disputed: Services, tmp_path: Path, settle: Settle, said: list[str]
) -> None:
    page, press = show(COORDINATOR)
    press("Space Ctrl+Return")
    (file,) = workbooks(tmp_path)
    fill(file, CLINICIAN.name)
    row = disputed.packets.progress()[0].packet.rows[0]
    disputed.resolution.reopen(row.local_id, seen_version=row.version, by=CHECKER)
    page._packets.open_file(file)
    settle()
    words = visible_words(page)
    assert "changed after the packet was made" in words
    assert "In the packet: " in words
    assert "Now: no answer yet" in words
    press("Space")
    assert said[-1].startswith("hint: Not taken")
    press("Ctrl+S")
    assert said[-1].startswith("hint: There is no row to take")
    assert disputed.resolution.work_row(row.local_id).mapping.state is State.OPEN


def test_a_file_that_is_no_packet_is_refused(
    show: Show, tmp_path: Path, settle: Settle, said: list[str]
) -> None:
    page, _press = show(COORDINATOR)
    (tmp_path / "x.xlsx").write_bytes(b"no workbook")
    page._packets.open_file(tmp_path / "x.xlsx")
    settle()
    assert "x.xlsx is no packet" in said[-1]


def test_escape_goes_back_and_the_models_behave(show: Show, qtmodeltester: ModelTester) -> None:
    page, press = show(COORDINATOR)
    qtmodeltester.check(page._packets._make.table.model())
    press("Escape")
    assert "Which reference entry does this local code stand for?" in visible_words(page)
