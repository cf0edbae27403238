"""Background work: answers on the GUI thread, in order, and never to the dead."""

import gc
import threading
import time
import weakref

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from icdmapper.desktop.tasks import Lane, Latest, Task, TaskRunner
from icdmapper.model.errors import CancelledError, RefusedError


def on_gui_thread() -> bool:
    return QThread.currentThread().isMainThread()


def test_result_arrives_on_the_gui_thread(qtbot: QtBot, tasks: TaskRunner) -> None:
    seen: list[tuple[bool, bool]] = []
    tasks.start(
        lambda _task: on_gui_thread(),
        owner=tasks,
        on_done=lambda worked_there: seen.append((worked_there, on_gui_thread())),
    )
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [(False, True)]


def test_error_arrives_on_the_gui_thread(qtbot: QtBot, tasks: TaskRunner) -> None:
    def fail(_task: Task) -> None:
        raise RefusedError("no")

    seen: list[tuple[str, bool]] = []
    tasks.start(
        fail,
        owner=tasks,
        on_done=lambda _result: pytest.fail("it failed"),
        on_error=lambda error: seen.append((str(error), on_gui_thread())),
    )
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [("no", True)]


def test_an_error_nobody_handles_goes_to_the_runner(
    qtbot: QtBot, tasks: TaskRunner, said: list[str]
) -> None:
    def fail(_task: Task) -> None:
        raise RefusedError("refused")

    tasks.start(fail, owner=tasks, on_done=lambda _result: None)
    qtbot.waitUntil(lambda: said == ["refused"])


def test_progress_is_published_but_not_for_every_row(qtbot: QtBot, tasks: TaskRunner) -> None:
    listened_to = threading.Event()

    def count(task: Task) -> str:
        listened_to.wait()
        for done in range(1, 10_001):
            task.report(done, 10_000)
        return "done"

    seen: list[int] = []
    results: list[str] = []
    task = tasks.start(count, owner=tasks, on_done=results.append, lane=Lane.COMPUTE)
    task.progressed.connect(lambda done, _total: seen.append(done))
    listened_to.set()
    qtbot.waitUntil(lambda: results == ["done"])
    assert seen[-1] == 10_000
    assert len(seen) < 100


def test_cancel_stops_the_work_and_its_owner_hears_nothing(qtbot: QtBot, tasks: TaskRunner) -> None:
    started, stopped = threading.Event(), threading.Event()
    heard: list[object] = []

    def endless(task: Task) -> None:
        started.set()
        try:
            while True:
                task.report(1, 2)
                time.sleep(0.001)
        except CancelledError:
            stopped.set()
            raise

    task = tasks.start(endless, owner=tasks, on_done=heard.append, on_error=heard.append)
    qtbot.waitUntil(started.is_set)
    with qtbot.waitSignal(task.ended, timeout=5000):
        task.cancel()
    assert stopped.is_set()
    assert heard == []


def test_a_deleted_owner_is_not_called(qtbot: QtBot, tasks: TaskRunner) -> None:
    owner = QObject()
    go = threading.Event()
    heard: list[object] = []
    task = tasks.start(lambda _task: go.wait(5), owner=owner, on_done=heard.append)
    delete(owner)
    with qtbot.waitSignal(task.ended, timeout=5000):
        go.set()
    assert heard == []


def test_database_work_is_serial_and_in_order(qtbot: QtBot, tasks: TaskRunner) -> None:
    inside = 0
    most = 0
    seen: list[int] = []

    def work(number: int) -> int:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.001)
        inside -= 1
        return number

    for number in range(50):
        tasks.start(lambda _task, number=number: work(number), owner=tasks, on_done=seen.append)
    qtbot.waitUntil(lambda: len(seen) == 50)
    assert most == 1
    assert seen == list(range(50))


def test_many_tasks_survive_the_garbage_collector(qtbot: QtBot, tasks: TaskRunner) -> None:
    seen: list[int] = []
    for number in range(500):
        tasks.start(
            lambda _task, number=number: number,
            owner=tasks,
            on_done=seen.append,
            lane=Lane.COMPUTE,
        )
    gc.collect()
    qtbot.waitUntil(lambda: len(seen) == 500)
    assert sorted(seen) == list(range(500))


def test_shutdown_cancels_and_waits(qtbot: QtBot, said: list[str]) -> None:
    runner = TaskRunner(lambda error: said.append(str(error)))
    started = threading.Event()

    def endless(task: Task) -> None:
        started.set()
        while True:
            task.report(1, 2)
            time.sleep(0.001)

    runner.start(endless, owner=runner, on_done=lambda _result: None)
    qtbot.waitUntil(started.is_set)
    assert runner.shutdown(2000)
    qtbot.waitUntil(lambda: not runner.running)


def test_only_the_newest_request_is_answered(qtbot: QtBot, tasks: TaskRunner) -> None:
    latest = Latest(tasks, tasks)
    go = threading.Event()
    worked: list[int] = []
    seen: list[int] = []

    def work(number: int) -> int:
        go.wait(5)
        worked.append(number)
        return number

    for number in range(6):
        latest.ask(lambda _task, number=number: work(number), seen.append)
    go.set()
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [5]
    assert worked == [0, 5]


def test_a_dropped_request_is_not_answered(qtbot: QtBot, tasks: TaskRunner) -> None:
    latest = Latest(tasks, tasks)
    seen: list[str] = []
    latest.ask(lambda _task: "old", seen.append)
    latest.drop()
    qtbot.waitUntil(lambda: not tasks.running)
    latest.ask(lambda _task: "new", seen.append)
    qtbot.waitUntil(lambda: seen == ["new"])


def test_work_cancelled_while_it_waits_never_begins(qtbot: QtBot, tasks: TaskRunner) -> None:
    go = threading.Event()
    worked: list[int] = []
    tasks.start(lambda _task: go.wait(5), owner=tasks, on_done=lambda _result: None)
    task = tasks.start(lambda _task: worked.append(1), owner=tasks, on_done=worked.append)
    task.cancel()
    go.set()
    qtbot.waitUntil(lambda: not tasks.running)
    assert worked == []


def test_kept_work_is_done_although_the_program_is_closed_before_its_turn(
    qtbot: QtBot, said: list[str]
) -> None:
    runner = TaskRunner(lambda error: said.append(str(error)))
    go = threading.Event()
    worked: list[str] = []
    runner.start(lambda _task: go.wait(5), owner=runner, on_done=lambda _result: None)
    runner.start(lambda _task: worked.append("a"), owner=runner, on_done=said.append)
    kept = runner.start(lambda _task: worked.append("b"), owner=runner, on_done=said.append)
    kept.kept = True
    go.set()
    assert runner.shutdown()
    assert "b" in worked
    qtbot.waitUntil(lambda: not runner.running)
    assert said == []


def test_what_a_job_held_goes_when_it_ends(qtbot: QtBot, tasks: TaskRunner) -> None:
    """Quick ones may end before the pool has returned, and PySide keeps such a job for ever."""
    held: list[weakref.ref[Held]] = []
    for _number in range(300):
        kept = Held()
        held.append(weakref.ref(kept))
        tasks.start(lambda _task, kept=kept: kept, owner=tasks, on_done=lambda _result: None)  # type: ignore[misc]
        del kept
    qtbot.waitUntil(lambda: not tasks.running)

    def all_gone() -> bool:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
        return not [one for one in held if one() is not None]

    # The last one's thread may not have left it yet.
    qtbot.waitUntil(all_gone)


class Held:
    """Something a job holds: a page, or the rows it read."""
