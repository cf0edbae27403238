"""The upload page: an empty state that says what to do, and the nights as they were."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from icdmapper.bootstrap import Services
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.upload import UploadPage
from icdmapper.model.sending import Environment, NewPackage, PackageState, SentRecord
from icdmapper.storage.upload_state import UploadState

Settle = Callable[[], None]
NOW = datetime.now(UTC)


def shown_words(page: UploadPage) -> str:
    return "\n".join(one.text() for one in page.findChildren(QLabel) if one.isVisible())


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """An uploader that sent one package and holds three records."""
    (tmp_path / "columns.toml").write_text("[fields.P3]\ncolumn = 'P3'\n", encoding="utf-8")
    file = tmp_path / "upload.toml"
    file.write_text(
        '[hospital]\nid = "X"\n[source]\nkind = "folder"\nfirst_day = 2026-01-01\n'
        'columns_file = "columns.toml"\n[releases]\nkeys = []\n'
        '[test]\ntransport = "folder"\nfolder = "out"\n',
        encoding="utf-8",
    )
    state = UploadState.open(tmp_path / "upload-test.sqlite", Environment.TEST)
    package = NewPackage("k", "202603_1.zip", b"x", "0" * 64, "DBF346", 2)
    today = date.today()  # noqa: DTZ011 - days of the hospital
    earlier = today - timedelta(days=2)
    records = [SentRecord(f"key{n}", f"content{n}", day) for n, day in enumerate((earlier, today))]
    with state.writing() as work:
        one = work.outbox.add(package, records, at=NOW)
        work.outbox.start_try(one, before="", at=NOW)
        work.outbox.answer(work.outbox.get(one.name), PackageState.ACCEPTED, at=NOW)
        held = [(f"h{n}", "unmapped", "P321", "Q99.999", "罕见病", today) for n in range(3)]
        held.append(("h9", "HQ-031", "P361", "", "", today))
        work.holdings.add(held, at=NOW)
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


def test_without_an_uploader_the_page_says_what_to_do(page: UploadPage, settle: Settle) -> None:
    page._file = Path("nowhere.toml")
    page.activate()
    settle()
    assert "upload init" in shown_words(page)


def test_the_nights_are_shown_and_codes_go_to_the_worklist(
    qtbot: QtBot, page: UploadPage, settings: Path, services: Services, settle: Settle
) -> None:
    page._file = settings
    page.activate()
    settle()
    assert [one.hole for one in page._day_model.rows] == [False, True, False]
    assert page._day_model.index(1, 1).data() == "nothing sent"
    assert [count for _reason, count in page._held_model.rows] == [3, 1]
    assert "external cause" in page._held_model.rows[1][0], "a rule says what it wants"
    assert page._package_model.rowCount() == 1
    before = len(services.resolution.worklist())
    qtbot.keyClick(page, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settle()
    rows = services.resolution.worklist()
    assert len(rows) == before + 1
    new = next(row for row in rows if row.local.code == "Q99.999")
    assert new.holding is not None
    assert new.holding.records == 3


def test_settings_that_cannot_be_read_are_told(
    page: UploadPage, settings: Path, settle: Settle
) -> None:
    settings.write_text("[", encoding="utf-8")
    page._file = settings
    page.activate()
    settle()
    assert "cannot be read" in shown_words(page)
