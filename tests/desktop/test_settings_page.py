"""The settings: declared once and shown with their help, rules, aliases with their faults."""

from collections.abc import Callable
from dataclasses import fields

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from helpers.keyboard import Press, presser, type_text, visible_words
from icdmapper import paths, settings
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.settings import SettingsPage
from icdmapper.desktop.undo import Handed
from icdmapper.settings import Settings

Settle = Callable[[], None]


@pytest.fixture
def page(qtbot: QtBot, desk: Desk, settle: Settle) -> SettingsPage:
    made = SettingsPage(desk)
    qtbot.addWidget(made)
    made.resize(1200, 800)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.activate()
    settle()
    return made


@pytest.fixture
def press(qtbot: QtBot, page: SettingsPage, settle: Settle) -> Press:
    return presser(qtbot, page, settle)


def stored() -> Settings:
    return settings.load(paths.config_folder() / "settings.toml")


def test_every_setting_has_a_field_with_its_help(page: SettingsPage) -> None:
    described = {one.accessibleDescription() for one in page.findChildren(QWidget)}
    assert {entry.metadata["help"] for entry in fields(Settings)} <= described


def test_storing_writes_the_file_and_begins_anew(
    qtbot: QtBot, page: SettingsPage, press: Press, desk: Desk
) -> None:
    opened: list[Handed] = []
    desk.changes.project_wanted.connect(opened.append)
    field = next(one for one in page.findChildren(QLineEdit) if one.accessibleName() == "Hospital")
    field.setFocus()
    type_text(qtbot, "县医院")
    press("Ctrl+Return")
    assert stored().hospital == "县医院"
    (handed,) = opened
    assert (handed.location, handed.page) == (desk.services.location, "settings")
    assert [one.step.page for one in handed.offered] == ["settings"]


def test_nothing_changed_is_said_and_nothing_written(
    page: SettingsPage, press: Press, said: list[str]
) -> None:
    press("Ctrl+Return")
    assert "Nothing was changed" in said[-1]
    assert not (paths.config_folder() / "settings.toml").exists()


def test_aliases_are_added_told_and_taken_back(
    qtbot: QtBot, page: SettingsPage, press: Press
) -> None:
    press("A")
    for text in ("甲综合征", "甲综合症", "Return", "乙病", "乙病", "Return"):
        if text == "Return":
            press(text)
            continue
        type_text(qtbot, text)
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        if QApplication.focusWidget().accessibleName() == "Direction":
            QApplication.focusWidget().parentWidget().focusNextChild()
    assert "2 rows, 1 of them to look at" in visible_words(page)
    assert stored().aliases_file
    page._aliases.table.setFocus()
    page._aliases.table.selectRow(1)
    press("Delete")
    assert "1 rows, 0 of them" in visible_words(page)
    press("U")
    assert "2 rows, 1 of them" in visible_words(page)


def test_the_rules_and_the_code_style_are_shown(page: SettingsPage, press: Press) -> None:
    press("S")
    words = visible_words(page)
    assert "rules" in words
    assert "source" in words
    assert page._rules.table.model().rowCount() > 20
    press("S S")
    assert page._style.table.model().rowCount() == 4
