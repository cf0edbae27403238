"""Pages run on real services over a small project file, driven by keys."""

import gc
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from helpers.keyboard import is_pausing
from helpers.projects import CODER, small_project
from icdmapper import bootstrap, texts
from icdmapper.bootstrap import Services
from icdmapper.desktop import theme
from icdmapper.desktop.desk import Changes, Desk
from icdmapper.desktop.memory import Memory
from icdmapper.desktop.notify import Notices
from icdmapper.desktop.pages.workbench import WorkbenchPage
from icdmapper.desktop.tasks import TaskRunner
from icdmapper.settings import Settings

Settle = Callable[[], None]


@pytest.fixture
def qtbot(qtbot: QtBot) -> QtBot:
    """A busy machine is no fault of a page: what is waited for may take a while."""
    qtbot.waitUntil = partial(qtbot.waitUntil, timeout=30_000)  # type: ignore[method-assign]
    return qtbot


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    texts.choose_language("en")
    yield
    texts.choose_language("en")


@pytest.fixture(autouse=True)
def _dressed(qapp: QApplication) -> None:
    if not qapp.styleSheet():
        theme.apply(qapp, "light")


@pytest.fixture(autouse=True)
def _tidied() -> Iterator[None]:
    """As in the program, cycles are looked for on the GUI thread only.

    A look begun by a task's thread could free widgets of an earlier test from there, and end it.
    """
    gc.disable()
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def small_project_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project with proposals, made once."""
    folder = tmp_path_factory.mktemp("project")
    opened = small_project(folder)
    opened.close()
    return Path(opened.location)


@pytest.fixture
def services(small_project_file: Path, tmp_path: Path) -> Iterator[Services]:
    """A small project with proposals, nothing decided."""
    file = Path(shutil.copy(small_project_file, tmp_path))
    opened = bootstrap.open_project(file, Settings(person=CODER.name, print_font="none"))
    yield opened
    opened.close()


@pytest.fixture
def said() -> list[str]:
    """What the pages said to the person, in order."""
    return []


@pytest.fixture
def tasks(qtbot: QtBot, said: list[str]) -> Iterator[TaskRunner]:
    runner = TaskRunner(lambda error: said.append(str(error)))
    yield runner
    assert runner.shutdown()
    qtbot.waitUntil(lambda: not runner.running)


@pytest.fixture
def settle(qtbot: QtBot, tasks: TaskRunner) -> Settle:
    """Wait until nothing is at work any more, and nothing waits to begin."""

    def wait() -> None:
        qtbot.waitUntil(lambda: not tasks.running and not is_pausing())

    return wait


@pytest.fixture
def make_desk(tasks: TaskRunner, said: list[str]) -> Callable[[Services], Desk]:
    def make(opened: Services) -> Desk:
        notices = Notices(tasks)
        notices.posted.connect(lambda notice: said.append(f"{notice.kind}: {notice.text}"))
        return Desk(opened, tasks, notices, Changes(tasks), Memory(), CODER)

    return make


@pytest.fixture
def desk(services: Services, make_desk: Callable[[Services], Desk]) -> Desk:
    return make_desk(services)


@pytest.fixture
def workbench(qtbot: QtBot, desk: Desk, settle: Settle) -> WorkbenchPage:
    """The workbench alone on the screen, with the keyboard and its first row."""
    page = WorkbenchPage(desk)
    qtbot.addWidget(page)
    page.resize(1280, 800)
    with qtbot.waitActive(page):
        page.show()
        page.activateWindow()
    page.activate()
    settle()
    qtbot.waitUntil(lambda: page.is_settled)
    return page
