"""The window: opens a project, moves between pages, says what went wrong, lets go at the end."""

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, Qt, QTranslator
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from helpers.projects import CODER, empty_project
from icdmapper import bootstrap, texts
from icdmapper.bootstrap import Services
from icdmapper.desktop import app, theme
from icdmapper.desktop.main_window import MainWindow
from icdmapper.desktop.memory import Memory
from icdmapper.desktop.notify import NoticePanel
from icdmapper.desktop.pages.book import PAGE_KEYS, PAGES
from icdmapper.desktop.pages.importing import ImportingPage
from icdmapper.desktop.pages.workbench import WorkbenchPage
from icdmapper.desktop.tidying import Tidying
from icdmapper.desktop.widgets.keys import KeyPanel
from icdmapper.model.errors import ProjectError
from icdmapper.model.mapping import State
from icdmapper.model.people import Person


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    made = MainWindow(Memory())
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    yield made
    made.close()
    qtbot.waitUntil(lambda: not made.tasks.running)


@pytest.fixture
def opened(qtbot: QtBot, window: MainWindow, services: Services) -> MainWindow:
    """The window on the small project; it closes a second opening of the same file."""
    location = services.location
    services.close()
    window.open(lambda _task: (bootstrap.open_project(location), CODER))
    qtbot.waitUntil(lambda: window.page() is not None and not window.tasks.running)
    return window


def words(window: MainWindow) -> str:
    return "\n".join(one.text() for one in window.findChildren(QLabel) if one.isVisible())


def notice(window: MainWindow) -> str:
    return window.findChildren(NoticePanel)[0].text


def test_a_project_ready_for_work_opens_on_the_workbench(opened: MainWindow) -> None:
    assert isinstance(opened.page(), WorkbenchPage)
    assert "编码员甲" in words(opened)
    assert "RC020 2026 12" in words(opened)
    assert "项目" in opened.windowTitle()


def test_an_empty_project_opens_on_the_import(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.open(lambda _task: (empty_project(tmp_path), CODER))
    qtbot.waitUntil(lambda: window.page() is not None and not window.tasks.running)
    assert isinstance(window.page(), ImportingPage)
    assert "No code set yet" in words(window)


def test_ctrl_and_a_key_go_to_each_page_and_back(qtbot: QtBot, opened: MainWindow) -> None:
    seen: list[str] = []
    opened.page_shown.connect(seen.append)
    for key in (*PAGE_KEYS, PAGE_KEYS[2]):
        qtbot.keyClick(opened, Qt.Key(ord(key)), Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: not opened.tasks.running)
    assert seen == [*(entry.name for entry in PAGES), PAGES[2].name]


def test_the_first_key_on_the_workbench_already_decides(qtbot: QtBot, opened: MainWindow) -> None:
    page = opened.page()
    assert isinstance(page, WorkbenchPage)
    qtbot.waitUntil(lambda: page.is_settled)
    focus = QApplication.focusWidget()
    assert focus is not None
    qtbot.keyClick(focus, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(page.session.visible) == 6)
    qtbot.waitUntil(lambda: "Saved" in words(opened))


def test_question_mark_shows_every_key(qtbot: QtBot, opened: MainWindow) -> None:
    qtbot.keyClicks(opened, "?")
    (panel,) = opened.findChildren(KeyPanel)
    shown = {one.text() for one in panel.findChildren(QLabel)}
    assert {"Enter", "1–9", "/", "Ctrl+Z", "F5", "undo", "read again"} <= shown
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert not panel.isVisible()


def test_a_project_that_cannot_be_opened_is_said_with_what_to_do(
    qtbot: QtBot, window: MainWindow
) -> None:
    def refuse(_task: object) -> tuple[Services, Person]:
        raise ProjectError("it is damaged.")

    window.open(refuse)
    qtbot.waitUntil(lambda: "it is damaged." in notice(window))
    assert "Keep a copy" in notice(window)
    assert "No project is open" in words(window)


def test_a_bug_is_said_without_its_traceback(qtbot: QtBot, window: MainWindow) -> None:
    window.notices.error(ZeroDivisionError("secret"))
    assert "ZeroDivisionError" in notice(window)
    assert "secret" not in notice(window)


def test_the_first_notice_is_as_high_as_its_words(qtbot: QtBot, opened: MainWindow) -> None:
    """Measured before it was ever shown it had no height, and one saw a line."""
    opened.notices.done("Stored: RC020 12.")
    qtbot.wait(20)
    panel = opened.findChildren(NoticePanel)[0]
    assert panel.height() >= panel.fontMetrics().height() + 4


def test_light_and_dark_change_at_once(
    qtbot: QtBot, opened: MainWindow, qapp: QApplication
) -> None:
    theme.apply(qapp, "light")
    opened._on_theme_wanted()
    assert theme.colours() is theme.DARK
    opened._on_theme_wanted()
    assert theme.colours() is theme.LIGHT
    qtbot.waitUntil(lambda: not opened.tasks.running)


def test_the_size_is_remembered(qtbot: QtBot, opened: MainWindow) -> None:
    opened.resize(1100, 703)
    opened.close()
    again = MainWindow(Memory())
    qtbot.addWidget(again)
    assert again.height() == 703
    again.close()


def test_closing_in_the_middle_of_work_waits_and_releases_the_project(
    qtbot: QtBot, opened: MainWindow, services: Services
) -> None:
    page = opened.page()
    assert isinstance(page, WorkbenchPage)
    qtbot.waitUntil(lambda: page.is_settled)
    focus = QApplication.focusWidget()
    assert focus is not None
    qtbot.keyClick(focus, Qt.Key.Key_Return)
    opened.close()
    again = bootstrap.open_project(services.location)
    assert again.resolution.progress().decided == 1
    again.close()


def test_every_page_has_its_own_key_and_word() -> None:
    assert len({entry.name for entry in PAGES}) == len({entry.word for entry in PAGES})
    assert len(set(PAGE_KEYS)) == len(PAGES)


@pytest.mark.slow
def test_a_picture_comes_from_the_real_program(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    command = [sys.executable, "-m", app.__name__, "--demo", "--page", "workbench"]
    command += ["--theme", "dark", "--size", "1300x800", "--screenshot", str(picture)]
    assert subprocess.run(command, check=False, timeout=120).returncode == 0
    shown = QImage(str(picture))
    assert (shown.width(), shown.height()) == (1300, 800)
    assert shown.pixelColor(2, 400).name() == theme.DARK.navigation


def test_who_signs_in_again_leaves_nothing_of_the_session_before(
    qtbot: QtBot, opened: MainWindow
) -> None:
    tidying = Tidying(QApplication.instance())  # type: ignore[arg-type]
    opened.left.connect(tidying.want)
    before = opened._desk
    page = opened.page()
    assert before is not None
    assert page is not None
    gone = weakref.ref(page)
    changes, person = before.changes, before.person
    del before, page
    opened._begin(person)
    qtbot.waitUntil(lambda: opened.page() is not None and not opened.tasks.running)
    qtbot.waitUntil(lambda: not isValid(changes))
    gc.freeze()

    def is_gone() -> bool:
        tidying.tidy()
        return gone() is None

    tidying.tidy()
    if gone() is not None:
        # A thread may not have left its last job yet, which holds the page.
        tidying.want()
        qtbot.waitUntil(is_gone)
    tidying.stop()
    tidying.deleteLater()


def test_the_dialog_for_files_speaks_chinese_throughout(qapp: QApplication) -> None:
    texts.choose_language("zh_CN")
    app.dress(qapp, "light")
    dialog = QFileDialog(None, "选择")
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    said = [one.text() for one in dialog.findChildren(QLabel)]
    for one in qapp.findChildren(QTranslator):
        qapp.removeTranslator(one)
        one.deleteLater()
    QLocale.setDefault(QLocale.c())
    assert said == ["查找范围(&I)：", "文件名称(&N)：", "文件类型(&T)："]


def test_what_is_disputed_does_not_wait_on_the_workbench(qtbot: QtBot, opened: MainWindow) -> None:
    services, workbench = opened._services, opened.page()
    assert services is not None
    assert workbench is not None
    counts: list[int] = []
    workbench.count_changed.connect(counts.append)
    local_id = services.resolution.worklist()[0].local.id
    services.disputes.open(local_id, seen_version=0, reason="请确认", by=CODER)
    workbench.refresh()
    qtbot.waitUntil(lambda: bool(counts) and not opened.tasks.running)
    rows = services.resolution.worklist()
    assert counts[-1] == sum(row.mapping.state is State.OPEN for row in rows) == len(rows) - 1


def test_what_waits_on_pages_not_opened_yet_is_said_from_the_start(
    qtbot: QtBot, window: MainWindow, services: Services
) -> None:
    row = services.resolution.worklist()[0]
    services.disputes.open(row.local.id, seen_version=0, reason="请确认", by=CODER)
    location = services.location
    services.close()
    window.open(lambda _task: (bootstrap.open_project(location), CODER))

    def counted() -> set[str]:
        return {one.accessibleName() for one in window.findChildren(QPushButton)}

    qtbot.waitUntil(lambda: "Disputes  1" in counted())
    window.go_to("disputes")  # From now on the page counts for itself.
    qtbot.waitUntil(lambda: not window.tasks.running)
    assert "Disputes  1" in counted()


def test_a_new_project_begins_with_a_name_that_is_free(
    opened: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def ask(_parent: object, _title: str, suggested: str, _kinds: str) -> tuple[str, str]:
        asked.append(suggested)
        Path(f"{suggested}.icdm").touch()
        return "", ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    new = next(one for one in opened._projects.commands() if one.word == "New project…")
    new.act()
    new.act()
    year = datetime.now().astimezone().year
    assert [Path(one).name for one in asked] == [f"Code mapping {year}", f"Code mapping {year} (2)"]
