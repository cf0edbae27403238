"""The window's keys of undo and redo, and the page on which one sees what they did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from icdmapper.desktop.commands import Place
from icdmapper.desktop.pages.book import home_of
from icdmapper.desktop.pages.page import Page
from icdmapper.texts import _

if TYPE_CHECKING:
    from icdmapper.desktop.undo import Handed
    from icdmapper.resolution.replaying import Replayed


class Undoing(QObject):
    """Works on every page; `Undo` of the desk does what is asked."""

    def __init__(self, parent: QObject, place: Place) -> None:
        super().__init__(parent)
        self._place = place
        self._told: Page | None = None
        self._handed: Handed | None = None

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
        desk, page = self._place.desk(), self._place.page()
        if desk is None or page is None or page.show_replayed(replayed):
            return
        self._place.go_to(home_of(replayed))
        if (home := self._place.page()) is None or home.show_replayed(replayed):
            return
        if replayed.local is not None:
            # A waiver is of an answer, which did not change.
            desk.changes.row_wanted.emit(replayed.local.id)

    def expect(self, handed: Handed | None) -> str:
        """The project is opened again, with what the window before handed over; on which page."""
        self._handed = handed
        return handed.page if handed else ""

    def go_on(self) -> None:
        """It is open: say why, and go on with what can be taken back."""
        handed, self._handed = self._handed, None
        if handed is not None and (desk := self._place.desk()) is not None:
            desk.undo.take_over(handed)
            desk.notices.done(handed.said)
