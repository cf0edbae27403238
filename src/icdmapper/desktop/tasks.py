"""The only module in the desktop that touches threads."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from enum import Enum
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, QTimer, Signal, Slot
from shiboken6 import isValid

from icdmapper.model.errors import CancelledError, IcdMapperError

logger = logging.getLogger(__name__)

_REPORT_SECONDS = 0.05
"""Progress is shown at most this often; the work may report every row."""


class Lane(Enum):
    """Where a task runs: its name and how many tasks run there at once."""

    DATABASE = ("database", 1)
    """Writes: one after the other, so they never race and answers come in order."""
    LOOKUP = ("lookup", 1)
    """Quick reads for what is on the screen; never behind a long write."""
    COMPUTE = ("compute", 4)
    """Matching and reading files."""

    @property
    def threads(self) -> int:
        """How many tasks of this lane run at the same time."""
        return self.value[1]


class Task(QObject):
    """Handle for one piece of background work. Lives on the GUI thread."""

    progressed = Signal(int, int)
    ended = Signal()
    """The work is over, however it went; comes after the owner was told."""
    _returned = Signal(object)
    _raised = Signal(object)

    def __init__(self, *, title: str, owner: QObject, parent: QObject) -> None:
        super().__init__(parent)
        self.title = title
        self.kept = False
        """Set it for work that must be done even when the program closes before its turn came."""
        self._silent = False
        self._owner = owner
        self._on_done: Callable[[Any], None] = _ignore
        self._on_error: Callable[[Exception], None] = _ignore
        self._stop = threading.Event()
        self._last_report = 0.0
        # Bound methods of this QObject: Qt queues them to the thread it lives on, the GUI thread.
        self._returned.connect(self._deliver_result)
        self._raised.connect(self._deliver_error)

    def answer_to(
        self, on_done: Callable[[Any], None], on_error: Callable[[Exception], None]
    ) -> None:
        """Say who hears how the work went; called once, before it starts."""
        self._on_done = on_done
        self._on_error = on_error

    def cancel(self) -> None:
        """Ask the work to stop; its owner hears nothing more of it."""
        self._stop.set()

    def silence(self) -> None:
        """The program is closing: nobody is told any more how the work went."""
        self._silent = True

    def is_cancelled(self) -> bool:
        """Whether somebody asked the work to stop; for work that looks by itself."""
        return self._stop.is_set()

    def report(self, done: int, total: int) -> None:
        """Called by the work: publish progress, and stop here if cancelled."""
        if self._stop.is_set():
            raise CancelledError
        now = time.monotonic()
        if done >= total or now - self._last_report >= _REPORT_SECONDS:
            self._last_report = now
            self.progressed.emit(done, total)

    @Slot(object)
    def _deliver_result(self, result: object) -> None:
        try:
            if self._may_tell() and not self._stop.is_set():
                self._on_done(result)
        finally:
            self._end()

    @Slot(object)
    def _deliver_error(self, error: Exception) -> None:
        try:
            if self._may_tell() and not isinstance(error, CancelledError):
                self._on_error(error)
        finally:
            self._end()

    def _may_tell(self) -> bool:
        return isValid(self._owner) and not self._silent

    def _end(self) -> None:
        self.ended.emit()
        self.deleteLater()


_unfinished: list[QThreadPool] = []
"""Pools that did not stop in time. Deleting one waits for its thread while holding the very lock
that the thread needs to end, for ever: they live as long as the program."""


def is_anything_unfinished() -> bool:
    """Whether work of a closed window is still going on, so that Python could not end."""
    return any(pool.activeThreadCount() for pool in _unfinished)


class TaskRunner(QObject):
    """Run plain functions off the GUI thread; call back on the GUI thread."""

    started = Signal(object)
    """A task with a title began; the status bar shows it."""
    idle = Signal()
    """The last running task ended."""

    def __init__(
        self, on_error: Callable[[Exception], None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._on_error = on_error
        self._running = 0
        self._closed = False
        self._pools: dict[Lane, QThreadPool] = {}
        for lane in Lane:
            pool = QThreadPool()
            pool.setMaxThreadCount(lane.threads)
            self._pools[lane] = pool

    @property
    def running(self) -> int:
        """How many tasks have not ended yet."""
        return self._running

    def start(
        self,
        work: Callable[[Task], object],
        *,
        owner: QObject,
        on_done: Callable[[Any], None],
        on_error: Callable[[Exception], None] | None = None,
        lane: Lane = Lane.DATABASE,
        title: str = "",
    ) -> Task:
        """Run `work(task)` in its lane; a `title` makes it visible to people.

        The owner's callbacks run on the GUI thread, and not at all once the owner is gone. After
        `shutdown` nothing is started: a page's timer may still ask for what nobody will see.
        """
        task = Task(title=title, owner=owner, parent=self)
        task.answer_to(on_done, on_error or self._on_error)
        if self._closed:
            task.cancel()
            return task
        task.ended.connect(self._on_task_ended)
        self._running += 1
        if title:
            self.started.emit(task)
        self._pools[lane].start(_Job(work, task))
        return task

    def shutdown(self, timeout_ms: int = 5000) -> bool:
        """Cancel what is not kept, and wait; False when something did not stop in time."""
        self._closed = True
        for task in self.findChildren(Task):
            task.silence()
            if not task.kept:
                task.cancel()
        late = [pool for pool in self._pools.values() if not pool.waitForDone(timeout_ms)]
        _unfinished.extend(late)
        return not late

    @Slot()
    def _on_task_ended(self) -> None:
        self._running -= 1
        if not self._running:
            self.idle.emit()


class Latest(QObject):
    """Answers only the newest of many requests: search as you type, a cursor that runs.

    While one request is at work a newer one waits, and replaces any that waited before it.
    """

    def __init__(
        self, tasks: TaskRunner, owner: QObject, lane: Lane = Lane.LOOKUP, *, pause_ms: int = 0
    ) -> None:
        """With a pause the work begins only when nothing newer is asked for so long."""
        super().__init__(owner)
        self._tasks = tasks
        self._owner = owner
        self._lane = lane
        self._busy = False
        self._number = 0
        self._waiting: tuple[Callable[[Task], object], Callable[[Any], None]] | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(pause_ms)
        self._pause.timeout.connect(self._begin)

    @property
    def is_at_work(self) -> bool:
        """Whether an answer is still to come."""
        return self._busy or self._waiting is not None

    def ask(self, work: Callable[[Task], object], on_done: Callable[[Any], None]) -> None:
        """Run `work` as soon as the lane is free, unless something newer is asked first."""
        self._number += 1
        self._waiting = (work, on_done)
        if self._pause.interval():
            self._pause.start()
        else:
            self._begin()

    def drop(self) -> None:
        """Nobody wants the answer any more."""
        self._number += 1
        self._waiting = None

    def _start(self, work: Callable[[Task], object], on_done: Callable[[Any], None]) -> None:
        self._busy = True
        number = self._number

        def deliver(result: object) -> None:
            if number == self._number:
                on_done(result)

        task = self._tasks.start(work, owner=self._owner, on_done=deliver, lane=self._lane)
        task.ended.connect(self._on_ended)

    @Slot()
    def _on_ended(self) -> None:
        self._busy = False
        if not self._pause.isActive():
            self._begin()

    @Slot()
    def _begin(self) -> None:
        if self._waiting is not None and not self._busy:
            work, on_done = self._waiting
            self._waiting = None
            self._start(work, on_done)


class _Job(QRunnable):
    def __init__(self, work: Callable[[Task], object], task: Task) -> None:
        super().__init__()
        self._work = work
        self._task = task

    def run(self) -> None:
        work, task = self._work, self._task
        # PySide keeps a job for ever that ends before `QThreadPool.start` has returned, and with it
        # all that it holds: the page that asked, and 27,000 rows.
        del self._work, self._task
        try:
            if task.is_cancelled():
                raise CancelledError  # noqa: TRY301 - cancelled before it began
            result = work(task)
        except Exception as error:
            # One of the two places that catch everything: whoever asked decides what to say.
            if not isinstance(error, IcdMapperError):
                logger.exception("background task failed")
            task._raised.emit(error)
        else:
            task._returned.emit(result)


def _ignore(_answer: object) -> None:
    """Nobody asked yet."""
