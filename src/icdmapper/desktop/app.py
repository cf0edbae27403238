"""Start of the desktop: one window on one project; with `--screenshot` a picture, and the end."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, QSize, QTimer, QTranslator
from PySide6.QtWidgets import QApplication

from icdmapper import heap, logs, paths, settings, texts
from icdmapper.desktop import theme
from icdmapper.desktop.main_window import MainWindow
from icdmapper.desktop.memory import SCALE, Memory
from icdmapper.desktop.pages.book import PAGES, load_rooms
from icdmapper.desktop.tasks import Task, is_anything_unfinished
from icdmapper.desktop.tidying import Tidying
from icdmapper.desktop.undo import Handed
from icdmapper.desktop.widgets.keys import let_enter_press
from icdmapper.model.errors import IcdMapperError
from icdmapper.model.people import Person
from icdmapper.settings import Settings
from icdmapper.texts import N_, _

if TYPE_CHECKING:
    from icdmapper.bootstrap import Services

logger = logging.getLogger(__name__)

_SETTLED_MS = 300
"""A picture is taken when nothing has been at work for so long."""
_GIVE_UP_MS = 100_000
_DEMONSTRATION = "demonstration"
_LARGER = 512 * heap.KIB
"""The window stays open all day; what a page takes for a moment is given back."""
_TURN_SECONDS = 0.0001
"""How long work in the background may keep the interpreter from the window, which asks for it
dozens of times while it paints a page: with Python's own 5 ms it stood still for longer than a
person overlooks (`make bench` prints the longest stall)."""


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window and stay until it is closed: `icdmapper [PROJECT]`."""
    arguments = _arguments(sys.argv[1:] if argv is None else argv)
    if arguments.screenshot and not _has_display():
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    logs.set_up(paths.log_folder())
    chosen, complaint = _settings()
    language = os.environ.get("ICDMAPPER_LANGUAGE") or chosen.language
    texts.choose_language(arguments.language or language)
    if scale := Memory().text(SCALE):
        os.environ.setdefault("QT_SCALE_FACTOR", str(int(scale) / 100))
    app = QApplication(sys.argv[:1])
    app.setApplicationName("icdmapper")
    dress(app, arguments.theme or Memory().text("theme", "system"))
    program = Program(chosen, page=arguments.page, size=arguments.size, parent=app)
    program.open(_DEMONSTRATION if arguments.demo else arguments.project)
    sys.excepthook = program.report_crash
    if complaint is not None:
        program.window.notices.error(complaint)
    if not arguments.screenshot:
        program.window.tour.offer()
    else:
        Photographer(program.window, arguments.screenshot, parent=app)
    code = app.exec()
    if is_anything_unfinished():
        # What is decided is stored already; what was being worked out can be worked out again.
        logger.warning("work that did not stop in time ends with the program")
        logging.shutdown()
        os._exit(code)
    return code


def dress(app: QApplication, theme_name: str) -> None:
    """Theme, Qt's own texts in the chosen language, how memory is kept and turns are taken."""
    heap.keep_small(_LARGER)
    sys.setswitchinterval(_TURN_SECONDS)
    if app.findChild(Tidying) is None:
        Tidying(app)
    theme.apply(app, theme_name)
    let_enter_press(app)
    translator = QTranslator(app)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if texts.language() == "zh_CN" and translator.load("qtbase_zh_CN", folder):
        app.installTranslator(_LeftInEnglish(app))
        app.installTranslator(translator)
        QLocale.setDefault(QLocale(QLocale.Language.Chinese, QLocale.Country.China))


class _LeftInEnglish(QTranslator):
    """What the Chinese that comes with Qt leaves in English in the dialog for files."""

    _WORDS = frozenset({N_("&Look in:"), N_("Files of &type:")})

    def translate(self, context: str, source: str, *_rest: object) -> str:
        """Qt: asked only for what the translators installed later do not know."""
        return _(source) if context == "QFileDialog" and source in self._WORDS else source

    def isEmpty(self) -> bool:
        """Qt: it installs no translator that knows nothing."""
        return False


class Program(QObject):
    """The window on the project of the moment; opening another project makes a new window."""

    def __init__(
        self, chosen: Settings, *, page: str, size: tuple[int, int] | None, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._settings = chosen
        self._page = page
        self._size = size
        self._memory = Memory()
        self._tidying = parent.findChild(Tidying)
        self.window = self._new_window()

    def open(self, wanted: str, handed: Handed | None = None) -> None:
        """Open a project by path or address; "" is the last one, or the demonstration."""
        where = wanted or self._memory.text("project") or _DEMONSTRATION
        if wanted and "://" not in wanted:
            self._memory.keep("project", wanted)
        chosen = self._settings

        def opener(task: Task) -> tuple[Services, Person]:
            from icdmapper import bootstrap  # noqa: PLC0415 - loaded while the window is painted

            load_rooms()
            if where == _DEMONSTRATION:
                services = bootstrap.demo_project(progress=task.report)
            else:
                services = bootstrap.open_project(where, chosen)
            return services, bootstrap.current_person(chosen)

        self.window.open(opener, page=self._page, handed=handed)
        self.window.show()

    def report_crash(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        """The crash hook: into the log, and into the window as a sentence."""
        logger.error("unexpected error", exc_info=(kind, error, trace))
        if isinstance(error, Exception):
            self.window.notices.error(error)

    def _new_window(self) -> MainWindow:
        window = MainWindow(self._memory)
        window.another_wanted.connect(self._on_another_wanted)
        if self._tidying is not None:
            window.left.connect(self._tidying.want)
        if self._size:
            window.resize(QSize(*self._size))
        return window

    def _on_another_wanted(self, wanted: Path | str | Handed | None) -> None:
        before, acted = self.window, self._settings.acting
        chosen, complaint = _settings()
        if complaint is None:
            if chosen.language != self._settings.language:
                texts.choose_language(chosen.language)
            self._settings = chosen
        self.window = self._new_window()
        handed = wanted if isinstance(wanted, Handed) else None
        if handed is not None and handed.by == acted:
            # It is still the same person who stored another name for themself.
            handed = replace(handed, by=self._settings.acting)
        location = handed.location if handed else wanted
        self.open(str(location) if location else _DEMONSTRATION, handed)
        before.close()
        before.left.emit()
        before.deleteLater()


class Photographer(QObject):
    """Takes a picture of the window once everything on it is shown, and ends the program."""

    def __init__(self, window: MainWindow, file: Path, *, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._file = file
        self._waited = 0
        self._quiet = 0
        self._timer = QTimer(self)
        self._timer.setInterval(50)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        self._waited += self._timer.interval()
        busy = self._window.tasks.running or self._window.page() is None
        self._quiet = 0 if busy else self._quiet + self._timer.interval()
        if self._quiet >= _SETTLED_MS:
            self._timer.stop()
            self._file.parent.mkdir(parents=True, exist_ok=True)
            saved = self._window.grab().save(str(self._file))
            self._end(0 if saved else 2)
        elif self._waited >= _GIVE_UP_MS:
            self._timer.stop()
            self._end(2)

    def _end(self, code: int) -> None:
        self._window.close()
        QApplication.exit(code)


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="icdmapper", description=_("Map the hospital's codes to the HQMS reference sets.")
    )
    parser.add_argument(
        "project", nargs="?", default="", help=_("project file (*.icdm) or postgresql:// URL")
    )
    parser.add_argument("--demo", action="store_true", help=_("open the demonstration project"))
    parser.add_argument(
        "--page", default="", choices=[entry.name for entry in PAGES], help=_("page to begin with")
    )
    parser.add_argument("--screenshot", type=Path, help=_("save a picture (PNG) and end"))
    parser.add_argument("--theme", choices=list(theme.THEMES), help=_("light or dark"))
    parser.add_argument("--language", choices=texts.LANGUAGES, help=_("zh_CN or en"))
    parser.add_argument("--size", type=_size, help=_("size of the window, such as 1440x900"))
    return parser.parse_args(argv)


def _size(text: str) -> tuple[int, int]:
    width, _cross, height = text.partition("x")
    return int(width), int(height)


def _settings() -> tuple[Settings, IcdMapperError | None]:
    """The settings; a broken file must not keep the window from opening."""
    try:
        return settings.load(paths.config_folder() / "settings.toml"), None
    except IcdMapperError as error:
        return Settings(), error


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    raise SystemExit(main())
