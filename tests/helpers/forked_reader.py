"""Read many files, each in a fork of one warm process, and say in a line how each ended.

Run as a program: one path per line in, one JSON line out. Used where starting a child per file
would take too long; limits and outcomes are those of the product's own child.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from icdmapper.importing.child import limit_resources
from icdmapper.importing.columns import guess_roles
from icdmapper.importing.readers import read_table
from icdmapper.importing.refusals import RefusedSourceError
from icdmapper.importing.rules import check_rows
from icdmapper.importing.sources import Source
from icdmapper.model.codes import Side
from icdmapper.texts.problems import problem_sentence

SECONDS = 10
MEMORY_MB = 512


def outcomes(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """How reading each file ended, in the order of the paths."""
    request = "\n".join(map(str, paths))
    done = subprocess.run(
        [sys.executable, __file__], input=request.encode(), stdout=subprocess.PIPE, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def rows_hash(rows: Iterable[tuple[str, ...]]) -> str:
    """A short name for the content of a table, to see whether damage went unnoticed."""
    return hashlib.sha256(repr([tuple(row) for row in rows]).encode("utf-8", "replace")).hexdigest()


def _outcome(path: Path) -> dict[str, Any]:
    """What became of one file; also every sentence a person would read about it is made."""
    try:
        table = read_table(Source(path=path))
        roles = guess_roles(table.header, table.rows[:500])
        hashed = rows_hash(table.rows)
        checked = check_rows(table, roles, side=Side.LOCAL)
        for problem in checked.problems:
            problem_sentence(problem)
    except RefusedSourceError as refusal:
        return {"end": "refused", "kind": refusal.kind.value, "sentence": str(refusal)}
    except MemoryError:
        return {"end": "refused", "kind": "out_of_memory", "sentence": path.name}
    return {"end": "read", "rows": hashed, "stored": len(checked.codes)}


def _in_fork(path: Path) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        limit_resources(MEMORY_MB, SECONDS + 1)
        try:
            answer = _outcome(path)
        except BaseException as error:  # noqa: BLE001 - any exception at all is the finding
            answer = {"end": "raw", "error": repr(error), "trace": traceback.format_exc()[-900:]}
        os.write(writing, json.dumps(answer).encode())
        os._exit(0)
    os.close(writing)
    ready, _, _ = select.select([reading], [], [], SECONDS)
    if not ready:
        os.kill(child, signal.SIGKILL)
    content = b""
    while ready and (piece := os.read(reading, 1 << 16)):
        content += piece
    os.close(reading)
    _, status = os.waitpid(child, 0)
    if not ready:
        return {"end": "hang"}
    with contextlib.suppress(ValueError):
        return dict(json.loads(content))
    return {"end": "died", "code": os.waitstatus_to_exitcode(status)}


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_in_fork(Path(line.rstrip("\n")))) + "\n")
        sys.stdout.flush()
