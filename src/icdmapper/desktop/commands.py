"""What the command palette offers: pages, what the page in front can do, projects, codes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.book import PAGE_KEYS, PAGES
from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.tasks import Lane, Latest, TaskRunner
from icdmapper.desktop.widgets.keys import Key
from icdmapper.desktop.widgets.palette import Command, Palette
from icdmapper.model.codes import LocalCode, ReferenceCode, Side
from icdmapper.model.marks import Tone
from icdmapper.texts import _

if TYPE_CHECKING:
    from icdmapper.catalog.service import CatalogService

_CODES = 8
"""So many codes of each side are offered."""


@dataclass(frozen=True, slots=True)
class Place:
    """What the palette must know of the window, asked each time it opens."""

    desk: Callable[[], Desk | None]
    page: Callable[[], Page | None]
    go_to: Callable[[str], None]
    keys: Callable[[], Sequence[Key]]
    projects: Callable[[], Iterable[Command]]


class Commander(QObject):
    """Opens the palette and fills it as one types."""

    def __init__(self, window: QMainWindow, tasks: TaskRunner, place: Place) -> None:
        super().__init__(window)
        self._place = place
        self._palette = Palette(window)
        self._commands: tuple[Command, ...] = ()
        self._codes = Latest(tasks, self, Lane.COMPUTE)
        self._palette.searched.connect(self._on_searched)
        self._palette.left.connect(self._on_left)

    @property
    def palette(self) -> Palette:
        """The panel itself."""
        return self._palette

    def open(self) -> None:
        """Offer everything that can be done now."""
        self._commands = tuple(self._offered())
        self._palette.open_up()
        self._palette.show_commands(self._commands)

    def close(self) -> None:
        """Put the palette away: something else is wanted."""
        self._palette.close_up()

    def _offered(self) -> Iterable[Command]:
        if self._place.desk() is not None:
            for key, entry in zip(PAGE_KEYS, PAGES, strict=True):
                act = partial(self._place.go_to, entry.name)
                yield _command(_("page"), _(entry.word), act, key=f"Ctrl+{key}", also=entry.name)
        page = self._place.page()
        for kind, tone, keys in (
            (_("here"), Tone.ACCENT, page.keys if page else ()),
            (_("program"), Tone.PLAIN, self._place.keys()),
        ):
            for one in keys:
                if one.act is not None and one.word and one.act != self.open:
                    act = partial(_on_page, page, one.act)
                    made = _command(kind, _(one.word), act, key=one.cap, also=one.word)
                    yield replace(made, tone=tone)
        yield from self._place.projects()

    def _on_searched(self, text: str) -> None:
        words = text.lower().split()
        found = [one for one in self._commands if one.answers(words)]
        self._palette.show_commands(found)
        desk = self._place.desk()
        if desk is None or not words:
            self._codes.drop()
            return
        catalog = desk.services.catalog
        self._codes.ask(
            lambda _task: _find(catalog, text),
            lambda codes: self._palette.show_commands([*found, *self._codes_of(desk, codes)]),
        )

    def _on_left(self) -> None:
        self._codes.drop()
        if page := self._place.page():
            page.activate()

    def _codes_of(self, desk: Desk, codes: Iterable[LocalCode | ReferenceCode]) -> list[Command]:
        """Codes to jump to: a local one on the workbench, a reference entry in the code sets."""
        made = []
        for code in codes:
            if isinstance(code, LocalCode):
                act = partial(_jump, desk, "workbench", desk.changes.row_wanted.emit, code.id)
                made.append(Command(_("local"), code.name, act, code.code))
            else:
                act = partial(_jump, desk, "catalog", desk.changes.entry_wanted.emit, code.id)
                kind = code.kind.system.value
                made.append(Command(kind, code.name, act, code.code, tone=Tone.ACCENT))
        return made


def _command(
    kind: str, word: str, act: Callable[[], object], *, key: str = "", also: str = ""
) -> Command:
    return Command(kind, word, act, key=key, texts=f"{word}\n{also}\n{initials(word)}".lower())


def _on_page(page: Page | None, act: Callable[[], object]) -> None:
    """Run an act of a page with the keyboard where the page expects it."""
    if page is not None:
        page.activate()
    act()


def _jump(desk: Desk, page: str, show: Callable[[int], None], code_id: int) -> None:
    desk.changes.page_wanted.emit(page)
    show(code_id)


def _find(catalog: CatalogService, text: str) -> list[LocalCode | ReferenceCode]:
    return [
        code
        for side in (Side.LOCAL, Side.REFERENCE)
        for code in catalog.search(text, side=side, limit=_CODES)
    ]


def initials(words: str) -> str:
    """Pinyin initials of common characters, so that `pljs` finds 批量接受; the rest is left out.

    The first level of GB/T 2312 stands in the order of its pinyin, so the place says the letter.
    What codes are found by is spelled with a dictionary; loading that would stall the window.
    """
    return "".join(map(_initial, words))


_SPELLED = "abcdefghjklmnopqrstwxyz"
_FIRSTS = [one.encode("gbk") for one in "啊芭擦搭蛾发噶哈击喀垃妈拿哦啪期然撒塌挖昔压匝"]
_BEYOND = "亍".encode("gbk")


def _initial(character: str) -> str:
    place = character.encode("gbk", errors="ignore")
    if len(place) != 2 or not _FIRSTS[0] <= place < _BEYOND:
        return ""
    return _SPELLED[bisect_right(_FIRSTS, place) - 1]
