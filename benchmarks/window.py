"""The real main window, driven from a script: opened, left to settle, asked to do things."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QEventLoop, QObject, QSize, QTimer
from PySide6.QtWidgets import QApplication

from icdmapper import texts
from icdmapper.desktop.app import dress
from icdmapper.desktop.main_window import MainWindow
from icdmapper.desktop.memory import Memory
from icdmapper.desktop.pages.book import load_rooms
from icdmapper.model.people import Person
from icdmapper.settings import Settings

if TYPE_CHECKING:
    from icdmapper.bootstrap import Services

GIVE_UP_SECONDS = 300
PERSON = Person("编码员甲")
HOSPITAL = "某三级医院"


def open_window(
    project: Path, *, theme: str = "light", language: str = "zh_CN", size: tuple[int, int]
) -> MainWindow:
    """The window on a project, shown; its pages come when `settle` lets them."""
    texts.choose_language(language)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    dress(app, theme)
    window = MainWindow(Memory())
    window.resize(QSize(*size))
    window.open(lambda _task: _opened(project))
    window.show()
    return window


def _opened(project: Path) -> tuple[Services, Person]:
    from icdmapper import bootstrap  # noqa: PLC0415 - as the program does

    load_rooms()
    hospital = bootstrap.DEMO_HOSPITAL if project.name == bootstrap.DEMO_FILE else HOSPITAL
    return bootstrap.open_project(project, Settings(hospital=hospital)), PERSON


def until(is_done: Callable[[], bool]) -> float:
    """Run the window until something is so; returns the milliseconds it took."""
    started = time.perf_counter()
    loop, timer = QEventLoop(), QTimer()
    done = False

    def look() -> None:
        nonlocal done
        # Asked once only: a moment later something may be at work again.
        done = is_done()
        if done or time.perf_counter() - started > GIVE_UP_SECONDS:
            loop.quit()

    # The loop sleeps between events as the program's own does; spinning would starve its threads.
    timer.timeout.connect(look)
    timer.start(2)
    loop.exec()
    if not done:
        raise TimeoutError(is_done)
    return (time.perf_counter() - started) * 1000


class Painted(QObject):
    """Tells whether widgets were painted, each while something was so.

    What a person waits for is on the screen then; painting once more to be sure would be counted
    too.
    """

    def __init__(self, waiting: dict[QObject, Callable[[], bool]]) -> None:
        super().__init__()
        self._waiting = waiting
        for widget in waiting:
            widget.installEventFilter(self)

    def __call__(self) -> bool:
        return not self._waiting

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Qt: a widget is about to paint."""
        if event.type() is QEvent.Type.Paint:
            is_so = self._waiting.get(watched)
            if is_so is not None and is_so():
                del self._waiting[watched]
        return False


def settle(window: MainWindow, *, quiet_seconds: float = 0.3) -> None:
    """Run the window until nothing has been at work for a while."""
    quiet_since: float | None = None

    def is_quiet() -> bool:
        nonlocal quiet_since
        now = time.perf_counter()
        if window.tasks.running or window.page() is None:
            quiet_since = None
        elif quiet_since is None:
            # Counted from here, not from the last busy look: what came back may have taken long
            # to show, and its layout is still to come.
            quiet_since = now
        return quiet_since is not None and now - quiet_since >= quiet_seconds

    until(is_quiet)
