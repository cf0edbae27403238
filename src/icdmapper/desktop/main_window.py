"""The one window: navigation, the page in front, problems above it, the status bar below."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop import layouts, theme
from icdmapper.desktop.commands import Commander, Place
from icdmapper.desktop.desk import Changes, Desk
from icdmapper.desktop.memory import Memory
from icdmapper.desktop.navigation import Navigation, StatusBar
from icdmapper.desktop.notify import NoticePanel, Notices
from icdmapper.desktop.pages.book import PAGE_KEYS, PAGES
from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.projects import Projects
from icdmapper.desktop.sign_in import Door
from icdmapper.desktop.tasks import Lane, Task, TaskRunner
from icdmapper.desktop.tour import Tour
from icdmapper.desktop.undoing import Undoing
from icdmapper.desktop.waiting import Waiting
from icdmapper.desktop.watch import Watch
from icdmapper.desktop.widgets.empty import EmptyState
from icdmapper.desktop.widgets.keys import Key, KeyPanel
from icdmapper.model.codes import CodeSet, Side
from icdmapper.model.people import Person, Role
from icdmapper.texts import N_, _

if TYPE_CHECKING:
    from icdmapper.bootstrap import Services
    from icdmapper.desktop.undo import Handed

Opener = Callable[[Task], "tuple[Services, Person]"]
_LEAST = (880, 440)
"""What is left of 1366 x 768 at 150 %, under the title bar and above the task bar."""
_NARROW, _LOW = 1180, 600
_FIRST_PAGES = {Role.CHECKER: "review", Role.CLINICIAN: "disputes"}
"""Where the work of a role begins; the others begin on the workbench."""


class MainWindow(QMainWindow):
    """Moves between pages; knows nothing of their inside."""

    page_shown = Signal(str)
    another_wanted = Signal(object)
    """A path, an address or a `Handed`: a project is wanted; None for the demonstration."""
    left = Signal()
    """What a person had open is closed; its memory can be looked for."""

    def __init__(self, memory: Memory) -> None:
        super().__init__()
        self._memory = memory
        self._notices = Notices(self)
        self._tasks = TaskRunner(self._notices.error, self)
        self._door = Door(self._tasks, memory, self)
        self._services: Services | None = None
        self._desk: Desk | None = None
        self._pages: dict[str, Page] = {}
        self._wanted = ""
        self._build_ui()
        self._projects = Projects(memory, self)
        self.tour = Tour(self, memory, lambda: page.spare if (page := self.page()) else None)
        place = Place(
            lambda: self._desk, self.page, self.go_to, self._program_keys, self._projects.commands
        )
        self._commander = Commander(self, self._tasks, place)
        self._undoing = Undoing(self, place)
        self._connect()
        self.resize(1440, 900)
        self.restoreGeometry(memory.state("window"))

    @property
    def tasks(self) -> TaskRunner:
        """The window's background work."""
        return self._tasks

    @property
    def notices(self) -> Notices:
        """Where to say something."""
        return self._notices

    def open(self, opener: Opener, *, page: str = "", handed: Handed | None = None) -> None:
        """Open a project in the background and show it, with who works in it, when it is there."""
        self._wanted = self._undoing.expect(handed) or page
        self._waiting.say(_("Opening the project…"), "")
        self._stack.setCurrentWidget(self._waiting)
        self._tasks.start(
            opener, owner=self, on_done=self._show_project, on_error=self._show_failure
        )

    def go_to(self, name: str) -> None:
        """Bring a page to the front, making it on first use."""
        if self._desk is None:
            return
        if name not in self._pages:
            entry = next(entry for entry in PAGES if entry.name == name)
            page = entry.make(self._desk)
            layouts.remember(page, name, self._memory)
            page.count_changed.connect(lambda waiting: self._navigation.count(name, waiting))
            self._pages[name] = page
            self._stack.addWidget(page)
        self._notices.clear()
        self._commander.close()
        self._stack.setCurrentWidget(self._pages[name])
        self._navigation.mark(name)
        self._pages[name].activate()
        self.page_shown.emit(name)

    def page(self) -> Page | None:
        """The page in front."""
        shown = self._stack.currentWidget()
        return shown if isinstance(shown, Page) else None

    def show_keys(self) -> None:
        """Every key of the page in front and of the program."""
        page = self.page()
        own = (_("This page"), page.keys) if page and page.keys else None
        groups = [own] if own else []
        pages = Key(("Ctrl+1",), N_("go to a page"), shown="Ctrl+1–0 - ,")
        everywhere = [pages, *(key for key in self._program_keys() if key.cap)]
        panel = KeyPanel([*groups, (_("Everywhere"), everywhere)], self)
        panel.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        panel.open()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Qt: remember the place, stop the work, release the project."""
        self._memory.keep("window", self.saveGeometry())
        self._memory.flush()
        self._tasks.shutdown()
        if self._services is not None:
            self._services.close()
            self._services = None
        super().closeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: a small window keeps its room for the page."""
        super().resizeEvent(event)
        low = self.height() < _LOW
        self._navigation.fit(narrow=self.width() < _NARROW, height=self.height())
        self._above.setContentsMargins(*(8, 6, 8, 6) if low else (14, 12, 14, 12))

    def _build_ui(self) -> None:
        self.setWindowTitle(_("icdmapper"))
        self.setMinimumSize(*_LEAST)
        self._navigation = Navigation(
            [
                (one.name, _(one.word), one.icon, key)
                for key, one in zip(PAGE_KEYS, PAGES, strict=True)
            ]
        )
        self._status = StatusBar()
        self._panel = NoticePanel(self._notices)
        self._waiting = EmptyState(icon="folder", title=_("Opening the project…"), sentence="")
        self._stack = QStackedWidget()
        self._stack.addWidget(self._waiting)
        self._stack.addWidget(self._door.panel)
        area = QWidget()
        area.setObjectName("pageArea")
        above = self._above = QVBoxLayout(area)
        above.setSpacing(10)
        above.addWidget(self._stack, 1)
        self._panel.lie_over(above)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self._navigation)
        row.addWidget(area, 1)
        column.addLayout(row, 1)
        column.addWidget(self._status)
        self.setCentralWidget(inside)

    def _connect(self) -> None:
        self._tasks.started.connect(self._status.show_task)
        self.page_shown.connect(self.tour.follow)
        self._navigation.page_wanted.connect(self.go_to)
        self._navigation.keys_wanted.connect(self.show_keys)
        self._navigation.theme_wanted.connect(self._on_theme_wanted)
        self._navigation.project_wanted.connect(self._projects.show_menu)
        self._projects.wanted.connect(self.another_wanted)
        self._navigation.person_wanted.connect(self._door.show_menu)
        self._door.admitted.connect(self._begin)
        self._door.shut.connect(self._leave)
        self._door.people_wanted.connect(lambda: self.go_to("people"))
        for key, entry in zip(PAGE_KEYS, PAGES, strict=True):
            shortcut = QShortcut(QKeySequence(f"Ctrl+{key}"), self)
            shortcut.activated.connect(lambda name=entry.name: self.go_to(name))
        for one in self._program_keys():
            if one.cap and one.act:
                QShortcut(QKeySequence(one.cap), self).activated.connect(one.act)

    def _show_project(self, opened: tuple[Services, Person]) -> None:
        services, person = opened
        self._services = services
        self._projects.remember(services.location)
        self.setWindowTitle(_title(services))
        self._navigation.show_hospital(services.settings.hospital)
        self._door.open(services, person)

    def _begin(self, person: Person) -> None:
        """Somebody is in: every page is theirs, made anew."""
        if (services := self._services) is None:
            return
        self._leave()
        self._stack.setCurrentWidget(self._waiting)
        changes = Changes(self)
        changes.code_sets_changed.connect(self._read_code_sets)
        changes.mappings_changed.connect(lambda _ids: self._status.show_saved(_now()))
        changes.page_wanted.connect(self.go_to)
        changes.people_changed.connect(self._door.look_again)
        changes.replayed.connect(self._undoing.show)
        changes.project_wanted.connect(self.another_wanted)
        changes.theme_wanted.connect(self._dress)
        self._desk = Desk(services, self._tasks, self._notices, changes, self._memory, person)
        Watch(self._desk, changes)
        Waiting(self._desk, self._pages.keys, changes).counted.connect(self._navigation.count)
        self._navigation.show_person(person.name, self._door.word(person))
        self._status.show_project(Path(services.location).stem, self._door.word(person))
        self.setWindowTitle(_title(services, person.name))
        self._read_code_sets(self._show_first_page)

    def _leave(self) -> None:
        """Nobody is in: what the last person had open is closed."""
        if self._desk is not None:
            # With it goes the watch over what others do.
            self._desk.changes.deleteLater()
            self._desk = None
            self.left.emit()
        for page in self._pages.values():
            self._stack.removeWidget(page)
            page.deleteLater()
        self._pages.clear()
        self._notices.clear()
        self._navigation.show_person("")
        self._status.show_project(Path(self._services.location).stem if self._services else "", "")
        self.setWindowTitle(_title(self._services))
        self._stack.setCurrentWidget(self._door.panel)

    def _show_first_page(self, code_sets: tuple[CodeSet, ...]) -> None:
        self._status.show_code_sets(code_sets)
        ready = {one.side for one in code_sets} == set(Side)
        role = self._desk.person.role if self._desk else Role.CODER
        first = _FIRST_PAGES.get(role, "workbench") if ready else "import"
        # A page asked for at the start is for whoever starts; who signs in later begins on theirs.
        self.go_to(self._wanted or first)
        self._wanted = ""
        self._undoing.go_on()

    def _read_code_sets(self, then: Callable[..., None] | None = None) -> None:
        if self._desk is not None:
            catalog = self._desk.services.catalog
            self._tasks.start(
                lambda _task: catalog.code_sets(),
                owner=self,
                on_done=then or self._status.show_code_sets,
                lane=Lane.LOOKUP,
            )

    def _show_failure(self, error: Exception) -> None:
        self._notices.error(error)
        self._waiting.say(_("No project is open"), _("Choose another one under “Project…”."))

    def _on_theme_wanted(self) -> None:
        self._dress("light" if theme.colours() is theme.DARK else "dark")

    def _dress(self, wanted: str) -> None:
        self._memory.keep("theme", wanted)
        _wear(wanted)
        self._on_refresh_wanted()

    def _on_refresh_wanted(self) -> None:
        if page := self.page():
            page.refresh()

    def _program_keys(self) -> tuple[Key, ...]:
        """What the program itself can do; without a key it is in the command palette only."""
        return (
            Key(("Ctrl+K",), N_("do or find anything by its name"), self._commander.open),
            Key(("F1",), N_("first steps, three cards"), self.tour.step),
            Key(("Ctrl+Z",), N_("undo"), self._undoing.undo),
            Key(("Ctrl+Y",), N_("redo"), self._undoing.redo),
            Key(("F5",), N_("read again"), self._on_refresh_wanted),
            Key(("?",), N_("all keys"), self.show_keys),
            Key(("Ctrl+.",), N_("stop the work in the background"), self._status.cancel),
            Key(("",), N_("light or dark"), self._on_theme_wanted),
            Key(("Ctrl+Shift+L",), N_("sign out, switch person"), self._door.sign_out),
            Key(("Ctrl+Q",), N_("quit"), self.close),
        )


def _title(services: Services | None, person: str = "") -> str:
    """What the task bar says: which project, and in whose name one works in it."""
    if services is None:
        return _("icdmapper")
    project = Path(services.location).stem
    if not person:
        return _("{project} — icdmapper").format(project=project)
    return _("{project} · {person} — icdmapper").format(project=project, person=person)


def _wear(wanted: str) -> None:
    """These colours from now on."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        theme.apply(app, wanted)


def _now() -> datetime:
    return datetime.now().astimezone()
