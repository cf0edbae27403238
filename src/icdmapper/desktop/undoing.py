"""The window's keys of undo and redo, and the page on which one sees what they did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from icdmapper.desktop.commands import Place
from icdmapper.desktop.pages.book import home_of
from icdmapper.desktop.pages.page import Page
from icdmapper.texts import _

if TYPE_CHECKING:
    from icdmapper.resolution.replaying import Replayed


class Undoing(QObject):
    """Works on every page; `Undo` of the desk does what is asked."""

    def __init__(self, parent: QObject, place: Place) -> None:
        super().__init__(parent)
        self._place = place
        self._told: Page | None = None

    def undo(self) -> None:
        """Take back the latest act; a page whose acts stay says so once."""
        desk, page = self._place.desk(), self._place.page()
        if desk is None or page is None:
            return
        if page.lasting and self._told is not page:
            again = _("Press it once more to take back what you did before.")
            desk.notices.hint(page.lasting, again)
        else:
            desk.undo.undo()
        self._told = page

    def redo(self) -> None:
        """Restore what was taken back last."""
        if (desk := self._place.desk()) is not None:
            desk.undo.redo()

    def show(self, replayed: Replayed) -> None:
        """The page in front shows it, or the page of such acts comes to the front."""
        page = self._place.page()
        if page is None or page.show_replayed(replayed):
            return
        self._place.go_to(home_of(replayed.of))
        if (home := self._place.page()) is not None:
            home.show_replayed(replayed)
