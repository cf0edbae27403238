"""What other pages and other people did to mappings, for a page that shows many of them."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.tasks import Lane

_READ_ANEW_ABOVE = 50


class Elsewhere(QObject):
    """Tells the other pages what this one changed, and this one what they did."""

    seen = Signal(object)
    """A tuple of mappings as somebody else, or another page, left them."""
    many = Signal()
    """Another page changed so many that the list is best read anew."""

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._telling = False
        desk.changes.mappings_changed.connect(self._on_mappings_changed)
        desk.changes.seen_elsewhere.connect(self.seen)

    def tell(self, local_ids: tuple[int, ...]) -> None:
        """Announce what this page changed; it knows that itself already."""
        self._telling = True
        self._desk.changes.mappings_changed.emit(local_ids)
        self._telling = False

    def _on_mappings_changed(self, local_ids: tuple[int, ...]) -> None:
        if self._telling or not local_ids:
            return
        if len(local_ids) > _READ_ANEW_ABOVE:
            self.many.emit()
            return
        resolution = self._desk.services.resolution
        self._desk.tasks.start(
            lambda _task: tuple(resolution.work_row(one).mapping for one in local_ids),
            owner=self,
            on_done=self.seen.emit,
            lane=Lane.LOOKUP,
        )
