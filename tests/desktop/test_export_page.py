"""Release: figures, a folder, files with hashes."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from icdmapper.bootstrap import Services
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.export import ExportPage

Settle = Callable[[], None]


@pytest.fixture
def page(qtbot: QtBot, desk: Desk, settle: Settle) -> ExportPage:
    made = ExportPage(desk)
    qtbot.addWidget(made)
    made.resize(1200, 700)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.activate()
    settle()
    return made


def words(page: ExportPage) -> str:
    return "\n".join(one.text() for one in page.findChildren(QLabel) if one.isVisible())


def test_figures_say_how_complete_the_mapping_is(
    page: ExportPage, services: Services, desk: Desk, settle: Settle
) -> None:
    assert "0 / 7" in words(page)
    assert "7 codes are still open" in words(page)
    services.resolution.accept_safe(by=desk.person)
    desk.changes.mappings_changed.emit(())
    settle()
    decided = services.resolution.progress().decided
    assert decided
    assert f"{decided} / 7" in words(page)


def test_files_are_written_and_listed_with_their_hashes(
    qtbot: QtBot, page: ExportPage, tmp_path: Path, settle: Settle, said: list[str]
) -> None:
    field = page.findChildren(QLineEdit)[0]
    field.setText(str(tmp_path / "导出"))
    qtbot.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert said == ["done: The files are written."]
    (folder,) = (tmp_path / "导出").iterdir()
    shown = {one.name: one.sha256 for one in page._model.rows}
    assert set(shown) == {"mapping.csv", "mapping.xlsx", "manifest.json"}
    for name, sha256 in shown.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha256
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["rows"] == 7
    assert str(folder) in words(page)


def test_a_folder_that_cannot_be_written_is_said_and_nothing_is_left(
    qtbot: QtBot, page: ExportPage, tmp_path: Path, settle: Settle, said: list[str]
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, not a folder", encoding="utf-8")
    page.findChildren(QLineEdit)[0].setText(str(blocked))
    qtbot.keyClick(page, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert len(said) == 1
    assert str(blocked) in said[0]
    assert "Nothing written yet" in words(page)
