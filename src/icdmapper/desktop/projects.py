"""Which project to work in: the menu, the recent ones, opening and making one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from icdmapper.desktop.memory import Memory
from icdmapper.desktop.widgets.palette import Command
from icdmapper.texts import _

_KEPT = 8
_NAME = "recent_projects"


class Projects(QObject):
    """Remembers project files and lets a person choose one."""

    wanted = Signal(object)
    """A path; None for the demonstration."""

    def __init__(self, memory: Memory, window: QWidget) -> None:
        super().__init__(window)
        self._memory = memory
        self._window = window
        self._current = ""

    def remember(self, location: str) -> None:
        """This project is open now. An address of a server is not kept: it may hold a password."""
        self._current = location
        if "://" in location:
            return
        location = str(Path(location).resolve())
        self._current = location
        kept = [location, *(one for one in self._stored() if one != location)]
        self._memory.keep(_NAME, "\n".join(kept[:_KEPT]))

    def recent(self) -> list[Path]:
        """Projects opened before that are still there, the latest first, without the open one."""
        paths = [Path(one) for one in self._stored() if one != self._current]
        return [path for path in paths if path.is_file()]

    def commands(self) -> Iterator[Command]:
        """The same as the menu, for the command palette."""
        for word, act in self._entries():
            yield Command(_("project"), word, act, texts=word.lower())

    def show_menu(self, button: QWidget) -> None:
        """Let the person choose."""
        menu = QMenu(self._window)
        menu.setToolTipsVisible(True)
        recent = self.recent()
        for number, (word, act) in enumerate(self._entries()):
            if recent and number == len(recent):
                menu.addSeparator()
            action = QAction(word, menu)
            if number < len(recent):
                action.setToolTip(str(recent[number]))
            action.triggered.connect(lambda _on=False, act=act: act())
            menu.addAction(action)
        menu.exec(button.mapToGlobal(QPoint(0, -menu.sizeHint().height())))

    def _entries(self) -> list[tuple[str, partial[None]]]:
        opening = [
            (
                _("Open {name}").format(name=f"{path.stem} · {path.parent.name}"),
                partial(self.wanted.emit, path),
            )
            for path in self.recent()
        ]
        return [
            *opening,
            (_("Open a project…"), partial(self._choose, new=False)),
            (_("New project…"), partial(self._choose, new=True)),
            (_("Demonstration project"), partial(self.wanted.emit, None)),
        ]

    def _choose(self, *, new: bool) -> None:
        kinds = _("icdmapper projects (*.icdm)")
        if new:
            chosen, _kind = QFileDialog.getSaveFileName(
                self._window, _("New project"), self._free_name(), kinds
            )
        else:
            chosen, _kind = QFileDialog.getOpenFileName(
                self._window, _("Open a project"), "", kinds
            )
        if chosen:
            self.wanted.emit(Path(chosen).with_suffix(".icdm") if new else Path(chosen))

    def _free_name(self) -> str:
        """A name to begin with, in the folder of the project that is open, and not taken there."""
        folder = Path(self._current).parent if self._current else Path.home()
        plain = _("Code mapping {year}").format(year=datetime.now().astimezone().year)
        names = (f"{plain} ({number})" if number > 1 else plain for number in count(1))
        return str(next(path for path in map(folder.joinpath, names) if not _is_project(path)))

    def _stored(self) -> list[str]:
        return self._memory.text(_NAME).splitlines()


def _is_project(path: Path) -> bool:
    return path.with_name(f"{path.name}.icdm").exists()
