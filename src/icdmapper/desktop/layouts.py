"""How a person arranged a page: widths, order and choice of columns, and where splitters stand.

Kept between starts for every table and splitter of every page, so that no page does it itself.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QSplitter, QWidget

from icdmapper.desktop.memory import Memory
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.texts import _


def remember(page: QWidget, name: str, memory: Memory) -> None:
    """Give a page the arrangement it had, and keep what is changed from now on."""
    for number, splitter in enumerate(page.findChildren(QSplitter)):
        _follow_splitter(splitter, f"splitter/{name}/{number}.{splitter.count()}", memory)
    for table in page.findChildren(RowTable):
        Columns(table, name, memory)


def _follow_splitter(splitter: QSplitter, key: str, memory: Memory) -> None:
    splitter.restoreState(memory.state(key))
    splitter.splitterMoved.connect(lambda _at, _which: memory.keep(key, splitter.saveState()))


class Columns(QObject):
    """The columns of one table: dragged with the mouse, chosen from the menu of the titles.

    The menu opens with a right click on a title or with the menu key. What is kept hangs on the
    titles, so that a table that shows other columns for a while does not mix them up.
    """

    def __init__(self, table: RowTable, page: str, memory: Memory) -> None:
        super().__init__(table)
        self._table = table
        self._page = page
        self._memory = memory
        self._arranging = False
        header = table.horizontalHeader()
        header.setSectionsMovable(True)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._show_menu)
        header.sectionResized.connect(self._on_resized)
        header.sectionMoved.connect(self._on_moved)
        table.columns_fitted.connect(self._arrange)
        table.columns_wanted.connect(lambda: self._show_menu(QPoint(12, header.height())))
        self._arrange()

    def menu(self) -> QMenu:
        """The columns with a title, each to be shown or not, and the way back."""
        made = QMenu(self._table)
        for at, title in enumerate(self._titles()):
            if not title or title.startswith("#"):
                continue
            action = made.addAction(self._table.title(at))
            action.setCheckable(True)
            action.setChecked(title not in self._kept("hidden", []))
            action.toggled.connect(partial(self._show_column, title))
        made.addSeparator()
        made.addAction(_("As at the beginning")).triggered.connect(lambda _on=False: self._forget())
        return made

    # ---- what is kept ----

    @property
    def _key(self) -> str:
        return f"columns/{self._page}/" + ",".join(self._titles()).replace("/", " ")

    def _titles(self) -> list[str]:
        """What the columns are called in the code; those without a title by their number."""
        columns = self._table.columns
        return [one.title or f"#{at}" for at, one in enumerate(columns)]

    def _all(self) -> dict[str, Any]:
        try:
            kept = json.loads(self._memory.text(self._key, "{}"))
        except ValueError:
            return {}
        return kept if isinstance(kept, dict) else {}

    def _kept(self, name: str, default: Any) -> Any:
        return self._all().get(name, default)

    def _keep(self, name: str, value: object) -> None:
        self._memory.keep(self._key, json.dumps({**self._all(), name: value}, ensure_ascii=False))

    # ---- putting it in place ----

    def _arrange(self) -> None:
        titles, header = self._titles(), self._table.horizontalHeader()
        widths, order = self._kept("widths", {}), self._kept("order", [])
        hidden = self._kept("hidden", [])
        self._arranging = True
        for at, title in enumerate(titles):
            if title in widths and self._table.columns[at].width:
                self._table.choose_width(at, int(widths[title]))
            self._table.choose_column(at, wanted=title not in hidden)
        for place, title in enumerate(one for one in order if one in titles):
            header.moveSection(header.visualIndex(titles.index(title)), place)
        self._arranging = False

    def _show_column(self, title: str, wanted: bool) -> None:
        hidden = [one for one in self._kept("hidden", []) if one != title]
        if not wanted:
            hidden.append(title)
        # A table without any column would have no title left to bring one back with.
        if len(hidden) < len(self._titles()):
            self._keep("hidden", hidden)
        self._arrange()

    def _forget(self) -> None:
        self._memory.keep(self._key, "")
        header = self._table.horizontalHeader()
        self._arranging = True
        for at in range(header.count()):
            header.moveSection(header.visualIndex(at), at)
        self._arranging = False
        self._table.fit_columns()

    # ---- what the person does ----

    def _on_resized(self, at: int, _before: int, after: int) -> None:
        # The program resizes too, when the window does; only what a hand dragged is kept.
        dragged = QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton
        if dragged and not self._arranging and after and self._table.columns[at].width:
            self._keep("widths", {**self._kept("widths", {}), self._titles()[at]: after})

    def _on_moved(self, _at: int, _before: int, _after: int) -> None:
        if not self._arranging:
            header, titles = self._table.horizontalHeader(), self._titles()
            self._keep("order", [titles[header.logicalIndex(at)] for at in range(len(titles))])

    def _show_menu(self, at: QPoint) -> None:
        self.menu().popup(self._table.horizontalHeader().mapToGlobal(at))
