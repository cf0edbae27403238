"""The dress rehearsal as people call it, in the slow tier."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.nightly
def test_every_record_of_the_rehearsal_is_accounted_for() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.rehearsal"],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lost                            0" in done.stdout
