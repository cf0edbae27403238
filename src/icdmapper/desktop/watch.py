"""On a shared database: what others do appears by itself, a moment after they did it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.tasks import Lane

if TYPE_CHECKING:
    from icdmapper.resolution.service import News

EVERY_MS = 1_000
"""Twice as often as people are promised to see each other's work."""


class Watch(QObject):
    """Looks at the end of the log now and then; a question of one row while nothing happened."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._after: int | None = None
        self._looking = False
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self._look)
        if desk.services.is_shared:
            self._timer.start()
            self._look()

    def _look(self) -> None:
        if self._looking:
            return
        self._looking = True
        resolution, after = self._desk.services.resolution, self._after
        name = self._desk.person.name
        self._desk.tasks.start(
            lambda _task: resolution.news(after, but=name),
            owner=self,
            on_done=self._on_news,
            on_error=self._on_missed,
            lane=Lane.LOOKUP,
        )

    def _on_news(self, news: News) -> None:
        self._looking = False
        self._after = news.last
        if news.mappings:
            self._desk.changes.seen_elsewhere.emit(news.mappings)

    def _on_missed(self, _error: Exception) -> None:
        # The next look may succeed; a save says by itself that the connection is gone.
        self._looking = False
