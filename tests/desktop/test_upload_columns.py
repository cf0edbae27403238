"""The columns of the HIS in the window: guessed, chosen by key, checked, saved; never a value."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.upload import UploadPage
from icdmapper.upload.mapping_file import load

Settle = Callable[[], None]
VALUES = {"姓名": "王演示", "身份证号": "110101190001010018"}


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Settings over a HIS with five columns, one of them named after nothing."""
    day = datetime.now() - timedelta(days=1)  # noqa: DTZ005 - as the HIS keeps it
    with sqlite3.connect(tmp_path / "his.sqlite") as his:
        his.execute("CREATE TABLE v (病案号, 住院次数, 姓名, 身份证号, XB, ZZZ, 出院时间)")
        for at in range(20):
            his.execute(
                "INSERT INTO v VALUES (?, 1, ?, ?, ?, 'x', ?)",
                (f"{at:06}", VALUES["姓名"], VALUES["身份证号"], "男女"[at % 2],
                 f"{day:%Y-%m-%d %H:%M:%S}"),
            )  # fmt: skip
    (tmp_path / "url").write_text(f"sqlite:///{tmp_path}/his.sqlite", encoding="utf-8")
    (tmp_path / "url").chmod(0o600)
    (tmp_path / "select.sql").write_text(
        "SELECT * FROM v WHERE 出院时间 >= :from AND 出院时间 < :to", encoding="utf-8"
    )
    file = tmp_path / "upload.toml"
    file.write_text(
        '[hospital]\nid = "X"\n[source]\nkind = "sql"\nurl_file = "url"\n'
        'select_file = "select.sql"\ncolumns_file = "columns.toml"\nfirst_day = 2026-01-01\n'
        '[releases]\nkeys = []\n[test]\ntransport = "folder"\nfolder = "out"\n',
        encoding="utf-8",
    )
    return file


@pytest.fixture
def page(qtbot: QtBot, desk: Desk, settings: Path, settle: Settle) -> UploadPage:
    made = UploadPage(desk)
    made._file = settings
    qtbot.addWidget(made)
    made.resize(1400, 860)
    made.show()
    made.activate()
    settle()
    qtbot.keyClick(made, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    settle()
    return made


def test_columns_are_guessed_with_facts_and_without_values(page: UploadPage) -> None:
    rows = {one.column: one for one in page._columns._model.rows}
    assert rows["病案号"].source is not None
    assert rows["病案号"].source.field == "P3"
    assert rows["ZZZ"].source is None
    sex = rows["XB"]
    assert sex.facts is not None
    assert (sex.facts.filled, sex.facts.different, sex.facts.shape) == (1.0, 2, "字")
    model = page._columns._model
    cells = [
        str(model.index(row, column).data())
        for row in range(model.rowCount())
        for column in range(model.columnCount())
    ]
    shown = "\n".join([*cells, *(one.text() for one in page.findChildren(QLabel))])
    assert not any(value in shown for value in VALUES.values())
    assert "9×18" in shown


def test_a_field_is_chosen_by_keys_checked_and_saved(
    qtbot: QtBot, page: UploadPage, settings: Path, settle: Settle
) -> None:
    view = page._columns
    at = next(n for n, one in enumerate(view._model.rows) if one.column == "ZZZ")
    view._table.setCurrentIndex(view._model.index(at, 0))
    qtbot.keyClick(view._table, Qt.Key.Key_F2)
    view._field.setCurrentIndex(view._field.findData("P4"))
    view._field.activated.emit(view._field.currentIndex())
    settle()
    fields = {one.column: one.source and one.source.field for one in view._model.rows}
    assert fields["ZZZ"] == "P4"
    assert fields["姓名"] is None, "a field belongs to one column"
    view._constant_field.setCurrentIndex(view._constant_field.findData("P900"))
    view._constant.setText("TEST0000000")
    qtbot.keyClick(view._constant, Qt.Key.Key_Return)
    settle()
    assert view._problem_model.rowCount() > 0
    assert "stop" in view._verdict.text()
    qtbot.keyClick(view, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    settle()
    saved = {one.field: one for one in load((settings.parent / "columns.toml").read_text()).fields}
    assert saved["P900"].constant == "TEST0000000"
    assert saved["P4"].column == "ZZZ"
    assert dict(saved["P5"].values) == {"男": "1", "女": "2"}
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    settle()
    assert page._stack.currentWidget() is not view
    qtbot.keyClick(page, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    settle()
    again = {one.column: one.source and one.source.field for one in view._model.rows}
    assert again["ZZZ"] == "P4", "what was saved is shown again"
    assert not view._save.isEnabled()


def test_a_doubtful_guess_is_confirmed_by_one_key(
    qtbot: QtBot, page: UploadPage, settle: Settle
) -> None:
    view = page._columns
    assert view._setup is not None
    at = next(n for n, one in enumerate(view._model.rows) if one.column == "XB")
    guess = view._model.rows[at]
    view._setup.rows[at] = replace(guess, confidence=0.4)
    view._show_rows()
    view._table.setCurrentIndex(view._model.index(at, 0))
    qtbot.keyClick(view._table, Qt.Key.Key_Space)
    settle()
    confirmed = view._model.rows[at]
    assert (confirmed.sure, confirmed.evidence, confirmed.source) == (True, None, guess.source)
    assert view._save.isEnabled()


def test_nothing_to_add_is_refused_with_a_sentence(
    page: UploadPage, settle: Settle, said: list[str]
) -> None:
    page._columns._add.click()
    settle()
    assert "Choose a field" in said[-1]
