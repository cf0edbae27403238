"""The real window is killed while somebody edits: `python -m benchmarks.kills --kills 50`.

Each life is the program's own window in a process of its own: it opens the project, accepts rows,
types notes, takes back, reopens, and tells through a pipe what the window has shown as saved. It is
killed with -9 at a random moment. The next life opens the same project: how long that takes is
measured, and everything that was told must be there.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Thread
from typing import TYPE_CHECKING, Any

from benchmarks import projects

if TYPE_CHECKING:
    from icdmapper.desktop.pages.workbench import WorkbenchPage

ROOT = Path(__file__).parents[1]
KILLS, SEED = 50, 2026
LONGEST_EDITING = 2.5
"""A life is ended at a random moment between its first row on the screen and so many seconds on."""
_WAITS = 0.75
"""So many of the lives are not ended before an act was shown as saved, however slow the machine."""
_PATIENCE = 90
_LOOKED_THROUGH = 10
"""The whole file is looked through after so many kills and at the end; what was told, always."""


@dataclass
class Outcome:
    """What came of a run."""

    kills: int = 0
    decisions: int = 0
    lost: list[str] = field(default_factory=list)
    reopened: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    """Seconds of processor time of the same reopenings: what a busy machine does not change."""
    notes_cut_off: int = 0
    notes_offered: int = 0


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--demonstration", action="store_true", help="not the real rows")
    parser.add_argument("--life", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.life:
        return _live(arguments.life)
    with tempfile.TemporaryDirectory() as folder:
        make = projects.demonstration if arguments.demonstration else projects.copy_of_best
        outcome = run(make(Path(folder)), arguments.kills)
    print(
        f"{outcome.kills} kills, {outcome.decisions} acts shown as saved, "
        f"{len(outcome.lost)} lost; "
        f"reopened in {statistics.median(outcome.reopened):.2f} s (p50), "
        f"{max(outcome.reopened):.2f} s at most "
        f"({statistics.median(outcome.processor):.2f} s of processor time); "
        f"{outcome.notes_offered} of {outcome.notes_cut_off} unsaved notes offered back"
    )
    for one in outcome.lost:
        print(one)
    return 1 if outcome.lost else 0


def run(project: Path, kills: int) -> Outcome:
    """Kill so many lives of the window on a project; the last life only looks."""
    chance, outcome = Random(SEED), Outcome()
    known: dict[int, tuple[int, str]] = {}
    note: tuple[int, str] | None = None
    for number in range(kills + 1):
        life = _Life(project)
        try:
            taken, processor = life.wait_until_usable()
            outcome.reopened.append(taken)
            outcome.processor.append(processor)
            if note is not None:
                outcome.notes_cut_off += 1
                outcome.notes_offered += life.asked(note[0]) == note[1]
            if number < kills:
                life.begin()
                if chance.random() < _WAITS:
                    life.wait_for_act()
                time.sleep(chance.uniform(0, LONGEST_EDITING))
        finally:
            life.kill()
        outcome.kills += number < kills
        outcome.decisions += len(life.saved)
        for local_id, version, state in life.saved:
            known[local_id] = (version, state)
        note = life.note
        outcome.lost += _missing(project, known)
        if number % _LOOKED_THROUGH == 0 or number == kills:
            outcome.lost += _damage(project)
    return outcome


class _Life:
    """One process with the window, and what it has told so far."""

    def __init__(self, project: Path) -> None:
        self.saved: list[tuple[int, int, str]] = []
        self.note: tuple[int, str] | None = None
        self._answers: list[dict[str, Any]] = []
        environment = {
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            "ICDMAPPER_DATA_DIR": str(project.parent),
            "PYTHONPATH": str(ROOT),
        }
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.kills", "--life", str(project)],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    def wait_until_usable(self) -> tuple[float, float]:
        """Seconds from the start of the process to rows and candidates, and of processor time."""
        answer = self._answer("usable")
        return time.monotonic() - self._started, float(answer["usable"])

    def asked(self, local_id: int) -> str:
        """The note that the window offers for a code."""
        self._tell({"show": local_id})
        return str(self._answer("offered")["offered"])

    def begin(self) -> None:
        """Let it edit."""
        self._tell({"edit": True})

    def wait_for_act(self) -> None:
        """Until something is shown as saved."""
        end = time.monotonic() + _PATIENCE
        while not self.saved and time.monotonic() < end:
            time.sleep(0.02)

    def kill(self) -> None:
        """End it the hard way, and hear what it had still told."""
        with self._process:  # Its pipes are closed with it.
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._listener.join()

    def _tell(self, what: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def _answer(self, name: str) -> dict[str, Any]:
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            for one in self._answers:
                if name in one:
                    return one
            time.sleep(0.002)
        raise TimeoutError(name)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if not line.endswith("\n"):
                return  # cut off in the middle: it was never told
            told = json.loads(line)
            if "saved" in told:
                self.saved += [tuple(one) for one in told["saved"]]
                self.note = None
            elif "note" in told:
                self.note = tuple(told["note"])
            else:
                self._answers.append(told)


def _damage(project: Path) -> list[str]:
    """What is wrong with the file itself."""
    with closing(sqlite3.connect(f"file:{project}?mode=ro", uri=True, timeout=60)) as opened:
        fit = opened.execute("PRAGMA quick_check").fetchone() == ("ok",)
    return [] if fit else ["the project file is damaged"]


def _missing(project: Path, known: dict[int, tuple[int, str]]) -> list[str]:
    """What was told and is not there: an older version, or another state at the same version."""
    with closing(sqlite3.connect(f"file:{project}?mode=ro", uri=True, timeout=60)) as opened:
        rows = opened.execute("SELECT local_id, version, state FROM mapping")
        found = {local_id: (version, state) for local_id, version, state in rows}
    return [
        f"code {local_id}: told {told}, found {found.get(local_id)}"
        for local_id, told in known.items()
        if found.get(local_id, (0, ""))[0] < told[0]
        or (found[local_id][0] == told[0] and found[local_id] != told)
    ]


# ---- inside a life ----


def _live(project: Path) -> int:
    """Open the window, say when it can be used, do as one is told, edit until the end comes."""
    from benchmarks.window import open_window, until  # noqa: PLC0415 - only a life needs Qt
    from icdmapper.desktop.pages.workbench import WorkbenchPage  # noqa: PLC0415

    window = open_window(project, size=(1440, 860))
    until(lambda: getattr(window.page(), "is_settled", False))
    page = window.page()
    assert isinstance(page, WorkbenchPage)
    _say({"usable": time.process_time()})
    for line in sys.stdin:
        told = json.loads(line)
        if "show" in told:
            page.show_row(told["show"])
            until(lambda: page.is_settled)
            _say({"offered": page._row._decision.note})
        else:
            _edit(page)
    return 0


def _edit(page: WorkbenchPage) -> None:
    """A coder at work, for ever: accept, note, take back; each act is told once it is shown."""
    from PySide6.QtCore import Qt  # noqa: PLC0415
    from PySide6.QtTest import QTest  # noqa: PLC0415

    from benchmarks.window import until  # noqa: PLC0415

    table = page.worklist_table
    resolution = page._desk.services.resolution

    def tell(local_ids: tuple[int, ...]) -> None:
        rows = [resolution.work_row(one).mapping for one in local_ids]
        _say({"saved": [(one.local_id, one.version, one.state.value) for one in rows]})

    page._desk.changes.mappings_changed.connect(tell)
    chance = Random(os.getpid())
    for number in range(1_000_000):
        until(lambda: page.is_settled)
        row = page.session.current
        if chance.random() < 0.15:
            QTest.keyClicks(table, "u")
        elif chance.random() < 0.3 and row is not None:
            note = f"note {number} of {os.getpid()}"
            QTest.keyClicks(table, "t")
            field = page._row._decision._note
            field.clear()
            QTest.keyClicks(field, note)
            file = page._drafts._file
            until(lambda note=note, file=file: file.exists() and note in file.read_text("utf-8"))
            _say({"note": (row.local.id, note)})
            page.activate()
            QTest.qWait(chance.randrange(120))
            QTest.keyClick(table, Qt.Key.Key_Return)
        else:
            QTest.keyClick(table, Qt.Key.Key_Return)
        QTest.qWait(15)
        if page.session.current is row:
            # A rule of judgement asks for a reason, or nothing was there to take back.
            QTest.keyClick(table, Qt.Key.Key_Down)


def _say(what: dict[str, Any]) -> None:
    os.write(1, (json.dumps(what) + "\n").encode())


if __name__ == "__main__":
    raise SystemExit(main())
