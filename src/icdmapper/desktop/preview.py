"""One page alone in a window, on the demonstration project: to look at while working on it."""

from __future__ import annotations

import sys
from collections.abc import Callable

from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from icdmapper import bootstrap, texts
from icdmapper.desktop import theme
from icdmapper.desktop.desk import Changes, Desk
from icdmapper.desktop.memory import Memory
from icdmapper.desktop.notify import NoticePanel, Notices
from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.tasks import TaskRunner
from icdmapper.desktop.widgets.keys import Key, bind


def preview(make: Callable[[Desk], Page]) -> int:
    """Show a page until its window is closed."""
    texts.choose_language()
    app = QApplication(sys.argv[:1])
    memory = Memory()
    theme.apply(app, memory.text("theme", "system"))
    services = bootstrap.demo_project()
    notices = Notices(app)
    tasks = TaskRunner(notices.error, app)
    person = bootstrap.current_person(services.settings)
    desk = Desk(services, tasks, notices, Changes(app), memory, person)
    window = QWidget()
    window.setObjectName("page")
    column = QVBoxLayout(window)
    column.addWidget(NoticePanel(notices))
    page = make(desk)
    desk.changes.replayed.connect(page.show_replayed)
    undo, redo = desk.undo.undo, desk.undo.redo
    bind([Key(("Ctrl+Z",), "", undo), Key(("Ctrl+Y",), "", redo)], window)
    column.addWidget(page, 1)
    window.resize(1280, 800)
    window.show()
    page.activate()
    code = app.exec()
    tasks.shutdown()
    services.close()
    return code
