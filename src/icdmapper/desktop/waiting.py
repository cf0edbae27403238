"""What waits on pages that nobody has opened yet, so that the navigation says it from the start."""

from __future__ import annotations

from collections.abc import Callable, Collection

from PySide6.QtCore import QObject, QTimer, Signal

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.tasks import Lane

PAUSE_MS = 1_500
"""The first page is ready by then; and many acts in a row are counted once."""


class Waiting(QObject):
    """Counts after the start and after acts; a page that was opened counts for itself."""

    counted = Signal(str, int)
    """The name of a page, and how much waits there."""

    def __init__(self, desk: Desk, opened: Callable[[], Collection[str]], parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._opened = opened
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._count)
        desk.changes.mappings_changed.connect(lambda _ids: self._timer.start())
        desk.changes.replayed.connect(lambda _replayed: self._timer.start())
        desk.changes.seen_elsewhere.connect(lambda _mappings: self._timer.start())
        self._timer.start()

    def _count(self) -> None:
        services = self._desk.services
        counts = {
            "disputes": services.disputes.count_open,
            "refinement": services.drafting.count_waiting,
        }
        wanted = {name: count for name, count in counts.items() if name not in self._opened()}
        if wanted:
            self._desk.tasks.start(
                lambda _task: {name: count() for name, count in wanted.items()},
                owner=self,
                on_done=self._tell,
                lane=Lane.LOOKUP,
            )

    def _tell(self, counts: dict[str, int]) -> None:
        for name, waiting in counts.items():
            if name not in self._opened():
                self.counted.emit(name, waiting)
