"""A process that has imported the program and forks for every run: a real one, without a start.

Run as a program it reads one JSON line per run, `[file for what is printed, argument, ...]`, and
answers with the process id at once and with the exit code at the end. Pauses between the tries
of a run are shortened; everything else is the program's own.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST_PAUSE = 0.02


class ForkedRuns:
    """Starts runs in the process that is ready for them."""

    def __init__(self, ready: subprocess.Popen[str]) -> None:
        self._ready = ready

    def start(self, printed: Path, arguments: list[str]) -> int:
        """The process id of a new run."""
        assert self._ready.stdin is not None
        self._ready.stdin.write(json.dumps([str(printed), *arguments]) + "\n")
        self._ready.stdin.flush()
        return self._said()

    def ended(self) -> int:
        """The exit code of the run, waited for."""
        return self._said()

    def _said(self) -> int:
        assert self._ready.stdout is not None
        return int(self._ready.stdout.readline())


@contextmanager
def forked_runs(environment: dict[str, str]) -> Iterator[ForkedRuns]:
    """A process ready for runs with this environment."""
    with subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
    ) as ready:  # fmt: skip
        yield ForkedRuns(ready)
        assert ready.stdin is not None
        ready.stdin.close()


def _serve() -> None:
    pause = time.sleep
    time.sleep = lambda seconds: pause(min(seconds, LONGEST_PAUSE))
    from icdmapper.cli.commands import upload  # noqa: F401, PLC0415 - the pauses come first
    from icdmapper.cli.main import main  # noqa: PLC0415

    gc.freeze()
    for line in sys.stdin:
        printed, *arguments = json.loads(line)
        child = os.fork()
        if not child:
            onto = os.open(printed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            for stream in (1, 2):
                os.dup2(onto, stream)
            sys.exit(main(arguments))
        _say(child)
        _say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _serve()
