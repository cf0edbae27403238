"""The matcher learns from decisions in the background, a handful at a time."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.tasks import Lane
from icdmapper.matching.service import LearnSummary

_ACTS = 20
"""So many decisions are gathered before the matcher is made anew."""
_QUIET_MS = 20_000
"""Fewer are learned once the person pauses for so long."""


class Learning(QObject):
    """Counts decisions and lets the matching room learn from them, one lesson at a time."""

    learned = Signal(object)
    """A tuple of local ids whose proposals were made again."""

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._waiting = 0
        self._running = False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_QUIET_MS)
        self._pause.timeout.connect(self._begin)

    def note(self, acts: int = 1) -> None:
        """Something was decided or taken back."""
        self._waiting += acts
        self._pause.start()
        if self._waiting >= _ACTS:
            self._begin()

    def _begin(self) -> None:
        if self._running or not self._waiting:
            return
        self._running, self._waiting = True, 0
        matching = self._desk.services.matching
        task = self._desk.tasks.start(
            lambda task: matching.learn(progress=task.report),
            owner=self,
            on_done=self._on_learned,
            lane=Lane.COMPUTE,
        )
        task.ended.connect(self._on_ended)

    def _on_learned(self, summary: LearnSummary) -> None:
        if summary.local_ids:
            self.learned.emit(summary.local_ids)

    def _on_ended(self) -> None:
        self._running = False
