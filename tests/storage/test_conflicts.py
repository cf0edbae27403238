"""Stale screens on every path that writes, on both databases: nothing is overwritten unsaid."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATHS = 21


def played(location: str, each: int) -> list[int]:
    """Tries, told and silent of all paths together."""
    command = [sys.executable, "-m", "benchmarks.conflicts", "--each", str(each)]
    done = subprocess.run(
        [*command, "--project", location],
        cwd=ROOT, capture_output=True, encoding="utf-8", timeout=3000, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return [int(figure) for figure in done.stdout.splitlines()[-1].split()[1:]]


def test_whoever_was_late_is_told_on_every_path(location: str) -> None:
    assert played(location, 1) == [PATHS, PATHS, 0]


@pytest.mark.nightly
def test_two_thousand_stale_screens_overwrite_nothing(location: str) -> None:
    assert played(location, 112) == [112 * PATHS, 112 * PATHS, 0]
