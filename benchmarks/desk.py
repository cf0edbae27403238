"""Speed of the real window on a large project: `python -m benchmarks.desk PROJECT`.

Prints one JSON document in milliseconds: start to usable worklist, filter, sort, Enter to the next
row (the decision being durable), search as you type, and the longest stall of the window while
lists are imported and proposals are made. `measure` gives the same to `make bench`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from icdmapper.desktop.main_window import MainWindow
    from icdmapper.desktop.pages.importing import ImportingPage

STARTS = 5
DECISIONS = 100
SIZE = (1440, 900)
FILTERS = ("i63", "xjgs", "肿瘤", "左", "x", "c34 肺", "wu ci yu")
SEARCHES = ("xjgs", "肺恶性肿瘤", "i63.9", "阑尾 急性", "lwqcs", "左 肺 上叶", "m80", "34.0")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--child", choices=list(_CHILDREN), help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.child:
        # Before anything of Qt, as the program does it: this is where PySide is put right.
        importlib.import_module("icdmapper.desktop")
        print(json.dumps(_CHILDREN[arguments.child](arguments.project)))
    else:
        print(json.dumps(measure(arguments.project), indent=1))
    return 0


def measure(project: Path) -> dict[str, float]:
    """Every figure; the project itself is not touched."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(project, folder))
        starts = [_run(copy, "start", folder) for _time in range(STARTS)]
        figures = {
            f"{name}.p50": statistics.median(start[name] for start in starts) for name in starts[0]
        }
        figures |= _run(copy, "work", folder)
        with tempfile.TemporaryDirectory() as empty:
            first = _run(copy, "propose", folder, ICDMAPPER_CACHE_DIR=empty)
        figures["desktop.first_peak_mb"] = first["desktop.peak_mb"]
        figures |= _run(Path(folder, "imported.icdm"), "import", folder)
        return figures | _run(copy, "propose", folder)


def _run(project: Path, child: str, folder: str, **more: str) -> dict[str, float]:
    environment = {
        **os.environ,
        **more,
        "QT_QPA_PLATFORM": "offscreen",
        "ICDMAPPER_DATA_DIR": folder,
        "STARTED_AT": str(time.time()),
    }
    command = [sys.executable, "-m", "benchmarks.desk", str(project), "--child", child]
    answer = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE)
    figures: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return figures


def _start(project: Path) -> dict[str, float]:
    """From the start of the process to rows and candidates on the screen."""
    from benchmarks.window import open_window, until  # noqa: PLC0415 - the import is measured

    window = open_window(project, size=SIZE)
    first_paint = _since_start()
    until(lambda: getattr(window.page(), "is_settled", False))
    usable = _since_start()
    window.close()
    return {"desktop.first_paint": first_paint, "desktop.start": usable}


def _since_start() -> float:
    """Milliseconds since the parent started this process."""
    return (time.time() - float(os.environ["STARTED_AT"])) * 1000


def _work(project: Path) -> dict[str, float]:
    from PySide6.QtCore import Qt  # noqa: PLC0415
    from PySide6.QtTest import QTest  # noqa: PLC0415

    from benchmarks.watch import memory  # noqa: PLC0415
    from benchmarks.window import Painted, open_window, settle, until  # noqa: PLC0415
    from icdmapper.desktop.pages.workbench import WorkbenchPage  # noqa: PLC0415
    from icdmapper.desktop.widgets.cards import Card  # noqa: PLC0415
    from icdmapper.model.errors import RefusedError  # noqa: PLC0415
    from icdmapper.resolution.worklist import Order, WorkFilter  # noqa: PLC0415

    window = open_window(project, size=SIZE)
    settle(window)
    page = window.page()
    assert isinstance(page, WorkbenchPage)
    table = page.worklist_table
    filters, sorts, enters = [], [], []
    for text in FILTERS:
        started = time.perf_counter()
        page.show_filtered(WorkFilter(text=text))
        table.viewport().repaint()
        filters.append((time.perf_counter() - started) * 1000)
        settle(window, quiet_seconds=0.05)
    page.show_filtered(WorkFilter())
    for order in Order:
        started = time.perf_counter()
        page.show_ordered(order)
        table.viewport().repaint()
        sorts.append((time.perf_counter() - started) * 1000)
        settle(window, quiet_seconds=0.05)
    page.show_ordered(Order.FREQUENCY)
    settle(window)
    page.show_filtered(WorkFilter(only_safe=True))
    settle(window)
    judging = page._desk.services.judging
    while len(enters) < DECISIONS:
        before = page.session.current
        try:
            judging.refuse(page._row.pending_choice())
        except RefusedError:
            # A rule of judgement asks for a reason: this row is for a person, not for a stopwatch.
            QTest.keyClick(table, Qt.Key.Key_Down)
            settle(window, quiet_seconds=0.05)
            continue
        started = time.perf_counter()
        painted = Painted(
            {
                table.viewport(): lambda before=before: page.session.current is not before,
                page.findChild(Card): lambda before=before: (
                    page.session.current is not before and page.is_settled
                ),
            }
        )
        QTest.keyClick(table, Qt.Key.Key_Return)
        until(painted)
        enters.append((time.perf_counter() - started) * 1000)
        settle(window, quiet_seconds=0.05)
    held = memory()
    window.close()
    return {
        "desktop.filter.max": max(filters),
        "desktop.sort.max": max(sorts),
        "desktop.enter.p50": statistics.median(enters),
        "desktop.enter.p95": statistics.quantiles(enters, n=20)[-1],
        "desktop.memory_mb": held.shared_once_mb,
        "desktop.memory_each": held.each_mb,
    }


def _import(project: Path) -> dict[str, float]:
    """The longest time the window did not answer while lists were previewed and stored."""
    from benchmarks.lists import at_scale  # noqa: PLC0415
    from benchmarks.window import until  # noqa: PLC0415
    from icdmapper import bootstrap  # noqa: PLC0415
    from icdmapper.desktop.pages.import_signoff import SignOffPanel  # noqa: PLC0415
    from icdmapper.importing.service import Side  # noqa: PLC0415

    bootstrap.open_project(project).close()
    lists = at_scale(project.parent, 1)
    window, page = _import_page(project)
    form = page.findChild(SignOffPanel)
    assert form is not None
    gaps = _gaps_of(window)
    jobs = [(Side.REFERENCE, file) for file in lists.references] + [(Side.LOCAL, lists.local)]
    for side, file in jobs:
        page.open_file(side, file)
        until(lambda: not window.tasks.running and form.store.isEnabled())
        form.signed_off.emit(file.stem, "1", "")
        until(lambda: not window.tasks.running)
    window.close()
    return {"desktop.import_stall.max": max(gaps)}


def _propose(project: Path) -> dict[str, float]:
    """The longest time the window did not answer while proposals were made for every code."""
    from benchmarks.watch import MemoryWatch  # noqa: PLC0415
    from benchmarks.window import until  # noqa: PLC0415

    window, page = _import_page(project)
    with MemoryWatch() as watch:
        page.propose()
        gaps = _gaps_of(window)
        taken = until(lambda: not window.tasks.running)
    window.close()
    return {
        "desktop.stall.max": max(gaps),
        "desktop.propose": taken,
        "desktop.peak_mb": watch.peak.shared_once_mb,
        "desktop.peak_each": watch.peak.each_mb,
    }


def _import_page(project: Path) -> tuple[MainWindow, ImportingPage]:
    """The window on a project, at rest on its import page."""
    from benchmarks.window import open_window, settle  # noqa: PLC0415
    from icdmapper.desktop.pages.importing import ImportingPage  # noqa: PLC0415

    window = open_window(project, size=SIZE)
    settle(window)
    window.go_to("import")
    settle(window)
    page = window.page()
    assert isinstance(page, ImportingPage)
    return window, page


def _gaps_of(window: QObject) -> list[float]:
    """The milliseconds between two turns of the event loop; the list grows while it runs."""
    from PySide6.QtCore import QTimer  # noqa: PLC0415

    gaps: list[float] = []
    last = time.perf_counter()

    def tick() -> None:
        nonlocal last
        now = time.perf_counter()
        gaps.append((now - last) * 1000)
        last = now

    timer = QTimer(window)
    timer.timeout.connect(tick)
    timer.start(5)
    return gaps


_CHILDREN = {"start": _start, "work": _work, "import": _import, "propose": _propose}


if __name__ == "__main__":
    raise SystemExit(main())
