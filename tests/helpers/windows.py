"""The main window, open on a project, for as long as a test wants it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pytestqt.qtbot import QtBot

from icdmapper import bootstrap
from icdmapper.desktop.main_window import MainWindow
from icdmapper.desktop.memory import Memory
from icdmapper.model.people import Person


@contextmanager
def window_on(
    qtbot: QtBot, location: str, person: Person, *, page: str = ""
) -> Iterator[MainWindow]:
    """A window with the keyboard on the project, signed in, with nothing at work."""
    made = MainWindow(Memory())
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.open(lambda _task: (bootstrap.open_project(location), person), page=page)
    qtbot.waitUntil(lambda: made.page() is not None and not made.tasks.running)
    yield made
    made.close()
    qtbot.waitUntil(lambda: not made.tasks.running)
