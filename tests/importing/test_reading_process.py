"""The reading process keeps its limits, can be stopped, and never hides its death."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from helpers.hostile import HOSTILE
from helpers.tabular import HEADER, delimited, write
from icdmapper.importing import child
from icdmapper.importing.child import FROZEN_SWITCH, child_command, read_in_child
from icdmapper.importing.refusals import RefusedSourceError, UnreadableKind
from icdmapper.importing.sources import Source
from icdmapper.model.errors import CancelledError, UnreadableSourceError


@pytest.fixture
def long_list(tmp_path: Path) -> Source:
    rows = [(f"A{n // 100 % 100:02}.{n % 100:02}", "霍乱" * 5, str(n)) for n in range(200_000)]
    return Source(path=write(tmp_path, "long.csv", delimited([HEADER, *rows])))


def _children() -> list[psutil.Process]:
    return psutil.Process().children()


def test_time_limit_is_kept(long_list: Source) -> None:
    started = time.monotonic()
    with pytest.raises(RefusedSourceError, match=r"took longer than 0\.3 s") as caught:
        read_in_child(long_list, seconds=0.3)
    assert caught.value.kind is UnreadableKind.TIMED_OUT
    assert time.monotonic() - started < 3
    assert not _children()


def test_memory_limit_is_kept_by_the_parent_too(long_list: Source) -> None:
    with pytest.raises(RefusedSourceError, match="needs more than 5 MB") as caught:
        read_in_child(long_list, memory_mb=5)
    assert caught.value.kind is UnreadableKind.OUT_OF_MEMORY
    assert not _children()


@pytest.mark.skipif(sys.platform != "linux", reason="the address space is limited on Linux")
def test_what_cannot_be_allocated_is_refused(tmp_path: Path) -> None:
    greedy = next(one for one in HOSTILE if one.name == "cell-ZZZZ91.xlsx")
    with pytest.raises(RefusedSourceError) as caught:
        read_in_child(Source(path=write(tmp_path, greedy.name, greedy.build())))
    assert caught.value.kind is UnreadableKind.OUT_OF_MEMORY
    assert "512 MB" in str(caught.value)


def test_cancel_stops_the_process(long_list: Source) -> None:
    with pytest.raises(CancelledError):
        read_in_child(long_list, cancelled=lambda: True)
    assert not _children()


def test_progress_runs_up_to_the_total(long_list: Source) -> None:
    seen: list[tuple[int, int]] = []
    table = read_in_child(long_list, progress=lambda done, total: seen.append((done, total)))
    assert len(table.rows) == 200_000
    assert len(seen) > 2
    assert seen == sorted(seen)
    assert all(0 <= done <= total for done, total in seen)


def test_progress_may_stop_the_work(long_list: Source) -> None:
    def stop(done: int, total: int) -> None:
        raise CancelledError

    with pytest.raises(CancelledError):
        read_in_child(long_list, progress=stop)
    assert not _children()


def test_process_that_hangs_is_killed(long_list: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    script = "import os, time; os.write(1, b's\\x04\\0\\0\\0true'); time.sleep(60)"
    monkeypatch.setattr(child, "child_command", lambda: [sys.executable, "-c", script])
    started = time.monotonic()
    with pytest.raises(RefusedSourceError) as caught:
        read_in_child(long_list, seconds=0.5)
    assert caught.value.kind is UnreadableKind.TIMED_OUT
    assert time.monotonic() - started < 10
    assert not _children()


@pytest.mark.skipif(sys.platform != "linux", reason="the address space is limited on Linux")
@pytest.mark.parametrize(
    ("act", "error"),
    [
        ("bytearray(400 << 20)", "MemoryError"),
        ("open('left-behind', 'wb', 0).write(b'x')", "OSError"),
    ],
)
def test_child_binds_itself(act: str, error: str, tmp_path: Path) -> None:
    script = (
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from icdmapper.importing.child import limit_resources\n"
        f"limit_resources(300, 5)\n{act}"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 1
    assert error in done.stderr.decode()


def test_process_that_cannot_start_is_no_fault_of_the_file(
    long_list: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "child_command", lambda: [sys.executable, "-c", "import nowhere"])
    with pytest.raises(RuntimeError, match="did not start"):
        read_in_child(long_list)


def test_process_that_dies_refuses_the_file(
    long_list: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "import os; os.write(1, b's\\x04\\0\\0\\0true'); os._exit(9)"
    monkeypatch.setattr(child, "child_command", lambda: [sys.executable, "-c", script])
    with pytest.raises(RefusedSourceError, match=r"long\.csv is damaged") as caught:
        read_in_child(long_list)
    assert caught.value.detail["cause"] == "exit code 9"


def test_child_loads_neither_pandas_nor_qt() -> None:
    script = (
        "import sys, icdmapper.importing.child;"
        "print([m for m in ('pandas', 'numpy', 'PySide6', 'sqlalchemy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


def test_packaged_program_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    assert child_command()[1:3] == ["-P", "-m"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert child_command() == [sys.executable, FROZEN_SWITCH]


@pytest.mark.parametrize("path", ["nowhere.csv", "no\0where.csv"])
def test_missing_file_is_refused_before_any_process_starts(path: str) -> None:
    with pytest.raises(UnreadableSourceError, match="does not exist"):
        read_in_child(Source(path=Path(path)))
