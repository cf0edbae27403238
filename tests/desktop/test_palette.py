"""The command palette: pages, acts and codes by their names; the recent projects."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from helpers.keyboard import is_pausing
from helpers.projects import CODER
from helpers.windows import window_on
from icdmapper.bootstrap import Services
from icdmapper.desktop.commands import initials
from icdmapper.desktop.main_window import MainWindow
from icdmapper.desktop.memory import Memory
from icdmapper.desktop.pages.book import PAGES
from icdmapper.desktop.pages.bulk import BulkPanel
from icdmapper.desktop.pages.catalog import CatalogPage
from icdmapper.desktop.pages.overview import OverviewPage
from icdmapper.desktop.pages.workbench import WorkbenchPage
from icdmapper.desktop.projects import Projects
from icdmapper.desktop.tasks import Lane, Task
from icdmapper.desktop.widgets.palette import Palette

Say = Callable[[str], None]


@pytest.fixture
def window(qtbot: QtBot, services: Services) -> Iterator[MainWindow]:
    services.close()
    with window_on(qtbot, services.location, CODER, page="workbench") as made:
        yield made


@pytest.fixture
def palette(qtbot: QtBot, window: MainWindow) -> Palette:
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    (made,) = window.findChildren(Palette)
    assert made.isVisible()
    return made


@pytest.fixture
def say(qtbot: QtBot, window: MainWindow, palette: Palette) -> Say:
    """Type into the palette and press Enter once its answer is there."""

    def type_it(text: str) -> None:
        focus = QApplication.focusWidget()
        assert focus is not None
        qtbot.keyClicks(focus, text)
        qtbot.waitUntil(lambda: not window.tasks.running and not is_pausing())
        qtbot.keyClick(focus, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: not window.tasks.running)

    return type_it


def test_it_offers_every_page_and_what_the_page_in_front_can_do(palette: Palette) -> None:
    words = [one.word for one in palette.commands]
    assert words[: len(PAGES)] == [entry.word for entry in PAGES]
    assert {"accept in bulk", "undo", "read again", "Demonstration project"} <= set(words)
    assert all(callable(one.act) for one in palette.commands)


def test_a_page_by_a_part_of_its_name(window: MainWindow, say: Say) -> None:
    say("overv")
    assert isinstance(window.page(), OverviewPage)


def test_an_act_of_the_page_in_front(window: MainWindow, palette: Palette, say: Say) -> None:
    say("bulk accept")
    (bulk,) = window.findChildren(BulkPanel)
    assert bulk.isVisible()
    assert not palette.isVisible()


def test_a_local_code_is_shown_on_the_workbench(window: MainWindow, say: Say) -> None:
    say("34.0951")
    page = window.page()
    assert isinstance(page, WorkbenchPage)
    assert page.session.current is not None
    assert page.session.current.local.name == "胸腔镜下左脓胸引流术"


def test_a_reference_entry_is_shown_among_the_code_sets(window: MainWindow, say: Say) -> None:
    say("h25.901")
    assert isinstance(window.page(), CatalogPage)


def test_arrows_choose_and_escape_leaves_the_keyboard_where_the_work_is(
    qtbot: QtBot, window: MainWindow, palette: Palette
) -> None:
    focus = QApplication.focusWidget()
    assert focus is not None
    qtbot.keyClick(focus, Qt.Key.Key_Down)
    qtbot.keyClick(focus, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    page = window.page()
    assert isinstance(page, WorkbenchPage)
    assert QApplication.focusWidget() is page.worklist_table


def test_another_page_by_its_key_puts_the_palette_away(
    qtbot: QtBot, window: MainWindow, palette: Palette
) -> None:
    focus = QApplication.focusWidget()
    assert focus is not None
    qtbot.keyClick(focus, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert isinstance(window.page(), OverviewPage)
    assert not palette.isVisible()


def test_what_runs_in_the_background_is_stopped_by_its_key(
    qtbot: QtBot, window: MainWindow
) -> None:
    stop = threading.Event()

    def work(task: Task) -> None:
        while not task.is_cancelled():
            stop.wait(0.01)

    window.tasks.start(work, owner=window, on_done=print, lane=Lane.COMPUTE, title="long work")
    (command,) = (
        one for one in window._program_keys() if one.word == "stop the work in the background"
    )
    assert command.act is not None
    command.act()
    qtbot.waitUntil(lambda: not window.tasks.running)


def test_recent_projects_are_files_that_are_still_there(qtbot: QtBot, tmp_path: Path) -> None:
    memory = Memory()
    parent = MainWindow(memory)
    qtbot.addWidget(parent)
    projects = Projects(memory, parent)
    files = [tmp_path / f"{name}.icdm" for name in ("甲", "乙", "丙")]
    for file in files:
        file.touch()
        projects.remember(str(file))
    projects.remember("postgresql://somebody:secret@server/project")
    assert "secret" not in memory.text("recent_projects")
    assert projects.recent() == [files[2], files[1], files[0]]
    projects.remember(str(files[1]))
    files[2].unlink()
    assert projects.recent() == [files[0]]
    with qtbot.waitSignal(projects.wanted) as asked:
        next(iter(projects.commands())).act()
    assert asked.args == [files[0]]
    parent.close()


@pytest.mark.parametrize(
    ("words", "letters"),
    [("批量接受", "pljs"), ("对照", "dz"), ("提出争议", "tczy"), ("打开 A 项目…", "dkxm")],
)
def test_chinese_commands_are_found_by_their_initials(words: str, letters: str) -> None:
    assert initials(words) == letters
