"""The upload page: what the nights did day by day, and the way to production, driven by keys."""

import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from icdmapper.bootstrap import Services
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.upload import UploadPage
from icdmapper.desktop.pages.upload_promotion import PromotionView
from icdmapper.model.sending import (
    Environment,
    Feedback,
    NewPackage,
    PackageState,
    SentRecord,
    Stage,
    Trouble,
)
from icdmapper.storage.upload_state import UploadState, UploadWork

Settle = Callable[[], None]
TODAY = date.today()  # noqa: DTZ011 - days of the hospital
MONTH = (TODAY.replace(day=1) - timedelta(days=1)).replace(day=1)
"""The month before this one, so that every day of it is over whenever the test runs."""


def shown_words(page: UploadPage) -> str:
    return "\n".join(one.text() for one in page.findChildren(QLabel) if one.isVisible())


def day(number: int) -> date:
    return MONTH.replace(day=number)


def night(number: int) -> datetime:
    return datetime.combine(day(number), time(1, 30)).astimezone()


def send(work: UploadWork, number: int, state: PackageState, grade: int = 3) -> None:
    """Three records of a day in a package of its own."""
    name = f"{day(number)}.zip"
    package = NewPackage(name, name, name.encode(), "0" * 64, "DBF346", 3)
    records = [SentRecord(f"{name}{n}", "c", day(number)) for n in range(3)]
    one = work.outbox.add(package, records, at=night(number))
    if state is PackageState.PREPARED:
        return
    work.outbox.start_try(one, before="", at=night(number))
    refused = state is PackageState.REJECTED
    work.outbox.answer(
        work.outbox.get(name), state, at=night(number),
        feedback=Feedback(Stage.FAILED if refused else Stage.DONE, grade=grade,
                          error_code="E7" if refused else ""),
        trouble=Trouble.REFUSED if refused else Trouble.NONE,
    )  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Two environments; a test month with a day of every kind, one night without a run."""
    (tmp_path / "columns.toml").write_text("[fields.P3]\ncolumn = 'P3'\n", encoding="utf-8")
    file = tmp_path / "upload.toml"
    file.write_text(
        f'[hospital]\nid = "X"\n[source]\nkind = "folder"\nfirst_day = {day(3)}\n'
        'columns_file = "columns.toml"\n[releases]\nkeys = []\n'
        '[test]\ntransport = "folder"\nfolder = "out"\n'
        '[production]\ntransport = "folder"\nfolder = "live"\n',
        encoding="utf-8",
    )
    state = UploadState.open(tmp_path / "upload-test.sqlite", Environment.TEST)
    with state.writing() as work:
        for number in (4, 6, 12):
            work.runs.end(work.runs.start(at=night(number)), {}, exit_code=0, at=night(number))
        send(work, 4, PackageState.ACCEPTED, grade=2)
        send(work, 5, PackageState.REJECTED)
        send(work, 6, PackageState.PREPARED)
        send(work, 7, PackageState.UNKNOWN)
        send(work, 8, PackageState.ACCEPTED)
        held = [(f"h{n}", "unmapped", "P321", "Q99.999", "罕见病", day(8)) for n in range(2)]
        held.append(("h0", "HQ-031", "P361", "", "", day(8)))
        work.holdings.add(held, at=night(8))
        work.commit()
    state.close()
    return file


@pytest.fixture
def page(qtbot: QtBot, desk: Desk) -> UploadPage:
    made = UploadPage(desk)
    qtbot.addWidget(made)
    made.resize(1300, 800)
    made.show()
    return made


@pytest.fixture
def opened(qtbot: QtBot, page: UploadPage, settings: Path, settle: Settle) -> UploadPage:
    """The page on the month of the story."""
    page._file = settings
    page.activate()
    settle()
    qtbot.keyClick(page.nights.days.sheet, Qt.Key.Key_PageUp)
    settle()
    return page


@pytest.fixture
def way(qtbot: QtBot, opened: UploadPage, settle: Settle) -> PromotionView:
    qtbot.keyClick(opened, Qt.Key.Key_W)
    settle()
    return opened.way


def row_of(way: PromotionView, name: str) -> int:
    return next(at for at, one in enumerate(way.model.rows) if one.step.name == name)


def test_without_an_uploader_the_page_says_what_to_do(page: UploadPage, settle: Settle) -> None:
    page._file = Path("nowhere.toml")
    page.activate()
    settle()
    assert "upload init" in shown_words(page)


def test_every_day_says_in_a_word_and_a_sign_what_became_of_it(opened: UploadPage) -> None:
    sheet = opened.nights.days.sheet
    said = {at: (sheet.cell(day(at)).sign, sheet.cell(day(at)).word) for at in range(2, 13)}
    assert said[2] == ("", ""), "before the first day that concerns the platform"
    assert said[3] == ("∅", "not sent")
    assert said[4] == ("✓", "accepted")
    assert said[5] == ("✕", "rejected")
    assert said[6] == ("…", "waiting")
    assert said[7] == ("?", "unknown")
    assert said[8] == ("!", "2 held")
    assert said[11] == ("∅", "not sent")
    assert said[12] == ("", ""), "not due before the next run"
    assert sheet.cell(day(4)).corner == "grade 2"
    assert sheet.cell(day(4)).figure == "3"
    silent = [at for at in range(2, 13) if sheet.cell(day(at)).note == "no run"]
    assert silent == [5, 7, 8, 9, 10, 11], "between the first run and today"


def test_arrows_walk_the_days_and_over_the_edge_into_the_next_month(
    qtbot: QtBot, opened: UploadPage, settle: Settle
) -> None:
    sheet = opened.nights.days.sheet
    sheet.setCurrentIndex(sheet.model().index_of(day(1)))  # type: ignore[attr-defined]
    for _step in range(7):
        qtbot.keyClick(sheet, Qt.Key.Key_Right)
    words = shown_words(opened)
    assert f"{day(8)}" in words
    assert "sent 3 · accepted 3 · held 2" in words
    assert "not in the release: 2" in words
    assert "external cause" in words, "a rule says what it wants"
    for _step in range(2):
        qtbot.keyClick(sheet, Qt.Key.Key_Up)
    settle()
    assert sheet.day == day(1) - timedelta(days=7), "a week before the first, in the month before"
    qtbot.keyClick(sheet, Qt.Key.Key_PageDown)
    settle()
    assert sheet.day.month == MONTH.month


def test_reasons_codes_and_packages_are_listed_and_codes_go_to_the_worklist(
    qtbot: QtBot, opened: UploadPage, services: Services, settle: Settle
) -> None:
    lists = opened.nights.lists
    found = [(one.held, one.records) for one in lists.reasons.rows]
    assert found == [(False, 3), (True, 2), (True, 1)]
    assert lists.reasons.rows[0].sentence == "refused by the receiver · E7"
    assert lists.packages.rowCount() == 5
    before = len(services.resolution.worklist())
    qtbot.keyClick(opened, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settle()
    rows = services.resolution.worklist()
    assert len(rows) == before + 1
    new = next(row for row in rows if row.local.code == "Q99.999")
    assert new.holding is not None
    assert new.holding.records == 2


def test_the_environments_are_told_apart_in_words(
    qtbot: QtBot, opened: UploadPage, settle: Settle
) -> None:
    assert "rehearsal" in shown_words(opened)
    qtbot.keyClick(opened, Qt.Key.Key_P)
    settle()
    words = shown_words(opened)
    assert "not opened yet" in words
    assert f"Production · discharges of {MONTH:%Y-%m}" in words
    assert opened.nights.lists.packages.rowCount() == 0


def test_settings_that_cannot_be_read_are_told(
    page: UploadPage, settings: Path, settle: Settle
) -> None:
    settings.write_text("[", encoding="utf-8")
    page._file = settings
    page.activate()
    settle()
    assert "cannot be read" in shown_words(page)


def test_steps_are_ticked_with_proof_and_taken_back_by_keys(
    qtbot: QtBot,
    way: PromotionView,
    settings: Path,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    way.table.show_row(row_of(way, "account.register"))
    qtbot.keyClick(way.table, Qt.Key.Key_Space)
    settle()
    proof = settings.parent / "批复.pdf"
    proof.write_bytes(b"sealed")
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_a: ([str(proof)], ""))
    way.table.show_row(row_of(way, "docking.apply"))
    qtbot.keyClick(way.table, Qt.Key.Key_F)
    settle()
    kept = json.loads((settings.parent / "promotion.json").read_text("utf-8"))
    assert sorted(kept) == ["account.register", "docking.apply"]
    cells = [way.model.index(row_of(way, "docking.apply"), at).data() for at in range(6)]
    assert cells[2] == "✓ done"
    assert cells[3] == kept["docking.apply"]["by"]
    assert cells[5] == "批复.pdf"
    qtbot.keyClick(way.table, Qt.Key.Key_U)
    settle()
    assert not way.model.rows[row_of(way, "docking.apply")].done


def test_what_the_program_tries_itself_cannot_be_ticked_and_keeps_production_closed(
    qtbot: QtBot, way: PromotionView, settings: Path, settle: Settle, said: list[str]
) -> None:
    tested = way.model.rows[row_of(way, "docking.read_feedback")]
    assert tested.tried is not None
    assert not tested.done
    way.table.show_row(row_of(way, "docking.read_feedback"))
    qtbot.keyClick(way.table, Qt.Key.Key_Space)
    settle()
    assert "tries this step itself" in said[-1]
    qtbot.keyClick(way, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert not (settings.parent / "promotion.json").exists()
    assert "production stays closed" in way._verdict.text()
