"""What other pages and other people did to mappings, for a page that shows many of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.tasks import Lane
from icdmapper.texts import _

if TYPE_CHECKING:
    from icdmapper.model.events import Event

_READ_ANEW_ABOVE = 50


class Elsewhere(QObject):
    """Tells the other pages what this one changed, and this one what they did."""

    seen = Signal(object)
    """A tuple of mappings as somebody else left them."""
    moved = Signal(object)
    """A tuple of mappings as the same person left them, on another page."""
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

    def say_who(self, local_id: int) -> None:
        """Say who changed a code: its mapping names who answered, the log who touched it last."""
        resolution, own = self._desk.services.resolution, self._desk.person.name

        def say(events: tuple[Event, ...]) -> None:
            who = next((one.by for one in reversed(events) if one.by != own), _("Somebody"))
            self._desk.notices.hint(_("{person} has just changed this code.").format(person=who))

        self._desk.tasks.start(
            lambda _task: resolution.history(local_id), owner=self, on_done=say, lane=Lane.LOOKUP
        )

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
            on_done=self.moved.emit,
            lane=Lane.LOOKUP,
        )
