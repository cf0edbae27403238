"""What the window expects of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.widgets.keys import Key

if TYPE_CHECKING:
    from icdmapper.resolution.replaying import Replayed


SPARE = "spare"
"""The name of such a part."""


class Page(QWidget):
    """One step of the flow. Pages build, connect and forward; rules live in the rooms."""

    count_changed = Signal(int)
    """How much is waiting on this page; stands beside its name in the navigation."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._desk = desk

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of this page, for the hints and for the panel of all keys."""
        return ()

    @property
    def lasting(self) -> str:
        """Why what is done on this page cannot be taken back; "" where undo works as elsewhere."""
        return ""

    @property
    def spare(self) -> QWidget | None:
        """A part of the page that may be covered for a while."""
        return self.findChild(QWidget, SPARE)

    def show_replayed(self, replayed: Replayed) -> bool:
        """Show what undo took back or redo restored, and tell the others.

        False where such an act is not seen.
        """
        del replayed
        return False

    def activate(self) -> None:
        """The page came to the front: bring the keyboard to where the work is."""

    def refresh(self) -> None:
        """Read again what is shown."""
