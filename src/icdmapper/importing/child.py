"""Read a file in a child process: damaged and hostile files may exhaust or crash only that.

The parent writes the source as JSON to the child's standard input and reads frames from its
standard output: a letter, a length, a JSON text. The child holds the packed rows back until the
file has been read to its end, so a file that is refused never costs the parent its memory.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import math
import os
import queue
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import psutil

from icdmapper.importing.assembly import Row, widened
from icdmapper.importing.readers import check_size, read_batches
from icdmapper.importing.refusals import RefusedSourceError, UnreadableKind
from icdmapper.importing.sources import Source
from icdmapper.importing.tables import RawTable
from icdmapper.importing.wire import (
    Json,
    pack_refusal,
    pack_source,
    pack_table,
    unpack_refusal,
    unpack_source,
    unpack_table,
)
from icdmapper.model.errors import CancelledError
from icdmapper.model.problems import Place
from icdmapper.texts import N_, _

logger = logging.getLogger(__name__)

FROZEN_SWITCH = "--icdmapper-read-one-source"
"""The argument by which a packaged program, started as its own child, knows what to do."""

_HEAD = struct.Struct("<cI")
_READY, _PROGRESS, _ROWS, _TABLE = b"s", b"p", b"r", b"t"
_REFUSED, _BROKEN = b"x", b"b"
_LARGEST_FRAME = 256 << 20
_WAITING_FRAMES = 64
_POLL_SECONDS = 0.02
_REPORT_SECONDS = 0.1
_ABORTED = {-6, -9, 0xC0000409 - (1 << 32), 0xC0000409}
"""Exit codes of a process that asked for memory it could not get, on Linux and Windows."""

Progress = Callable[[int, int], None]
Frame = tuple[bytes, bytes]


def read_in_child(
    source: Source,
    *,
    seconds: float = 60,
    memory_mb: int = 512,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> RawTable:
    """Read a file in a process of its own, within limits of time and memory.

    Raises:
        RefusedSourceError: the file cannot be read, or not within the limits.
        CancelledError: `cancelled` said so.
    """
    place = Place(check_size(source).name, source.sheet or "")
    request = {
        "source": pack_source(source),
        "memory_mb": memory_mb,
        "seconds_cpu": math.ceil(seconds) + 1,
    }
    deadline = time.monotonic() + seconds
    rows: list[Row] = []
    with _Child(request) as child:
        while not child.ended:
            frame = child.frame()
            if cancelled and cancelled():
                raise CancelledError(_("Reading was stopped."))
            if time.monotonic() > deadline:
                raise RefusedSourceError(UnreadableKind.TIMED_OUT, place, seconds=f"{seconds:g}")
            if child.memory_mb() > memory_mb:
                raise _out_of_memory(place, memory_mb)
            if frame is not None and (table := child.take(frame, rows, progress)) is not None:
                return table
        raise child.post_mortem(place, memory_mb)


def child_command() -> list[str]:
    """How this program starts itself as a reading process, installed or packaged."""
    if getattr(sys, "frozen", False):
        return [sys.executable, FROZEN_SWITCH]
    # -P: a file named csv.py in the current folder must not be taken for Python's own.
    return [sys.executable, "-P", "-m", "icdmapper.importing.child"]


def main() -> int:
    """The child's work: read one source from standard input, answer on standard output."""
    # Whatever else prints must not get between the frames.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    request = _unpacked(sys.stdin.buffer.readline())
    memory_mb = request["memory_mb"]
    limit_resources(memory_mb, request["seconds_cpu"])
    sys.excepthook = functools.partial(_confess, out)
    _write(out, _READY, b"true")
    answer(unpack_source(request["source"]), out, memory_mb=memory_mb)
    return 0


def answer(source: Source, out: IO[bytes], *, memory_mb: int) -> None:
    """Read a source and write the frames of the answer."""
    packed: list[bytes] = []
    last_report = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal last_report
        if time.monotonic() - last_report > _REPORT_SECONDS:
            last_report = time.monotonic()
            _write(out, _PROGRESS, _packed([done, total]))

    try:
        for part in read_batches(source, report):
            if isinstance(part, RawTable):
                packed.append(_packed(pack_table(part)))
            else:
                packed.append(_packed(part))
    except RefusedSourceError as refusal:
        _write(out, _REFUSED, _packed(pack_refusal(refusal)))
        return
    except MemoryError:
        packed.clear()
        starved = _out_of_memory(Place(source.shown), memory_mb)
        _write(out, _REFUSED, _packed(pack_refusal(starved)))
        return
    for rows in packed[:-1]:
        _write(out, _ROWS, rows)
    _write(out, _TABLE, packed[-1])


def _confess(
    out: IO[bytes], kind: type[BaseException], _error: BaseException, trace: TracebackType | None
) -> None:
    """Tell the parent's log where the reader broke, without any value of the file."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    spot = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    _write(out, _BROKEN, _packed(f"{kind.__name__} at {spot}"))


def limit_resources(memory_mb: int, seconds_cpu: int) -> None:
    """Bind this process where the system can: memory, processor time, no files, no core dump."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - does not exist on Windows

    limits = [
        (resource.RLIMIT_CPU, seconds_cpu),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ]
    if sys.platform == "linux":
        limits.append((resource.RLIMIT_AS, memory_mb << 20))
    for limit, value in limits:
        _soft, hard = resource.getrlimit(limit)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (bound, bound))


class _Child:
    """A reading process with its output drained into a queue; killed when the block is left."""

    def __init__(self, request: Json) -> None:
        self.ended = False
        self._ready = False
        self._broke_at = ""
        self._frames: queue.Queue[Frame | None] = queue.Queue(maxsize=_WAITING_FRAMES)
        self._stopped = threading.Event()
        self._process = subprocess.Popen(
            child_command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._watched = psutil.Process(self._process.pid)
        assert self._process.stdin is not None
        with contextlib.suppress(OSError), self._process.stdin as pipe:
            pipe.write(_packed(request) + b"\n")
        self._drain = threading.Thread(target=self._take_frames, daemon=True)
        self._drain.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopped.set()
        self._process.kill()
        self._process.wait()
        self._drain.join()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def frame(self) -> Frame | None:
        """The next frame, None when none has come yet or none will."""
        try:
            frame = self._frames.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            return None
        self.ended = frame is None
        return frame

    def take(self, frame: Frame, rows: list[Row], progress: Progress | None) -> RawTable | None:
        """Act on a frame: collect rows, give the table when it is the last, raise a refusal."""
        letter, content = frame[0], _unpacked(frame[1])
        if letter == _TABLE:
            return unpack_table(content, widened(rows, len(content["header"])))
        if letter == _REFUSED:
            raise unpack_refusal(content)
        if letter == _ROWS:
            rows.extend(map(tuple, content))
        elif letter == _PROGRESS and progress:
            progress(*content)
        elif letter == _READY:
            self._ready = True
        elif letter == _BROKEN:
            self._broke_at = content
        return None

    def post_mortem(self, place: Place, memory_mb: int) -> Exception:
        """What to raise for a process that ended without an answer."""
        code = self._process.wait()
        cause = self._broke_at or f"exit code {code}"
        logger.info("the reading process ended without an answer: %s", cause)
        if not self._ready:
            return RuntimeError(f"the reading process did not start: {cause}")
        if code in _ABORTED:
            return _out_of_memory(place, memory_mb)
        reason = N_("reading it broke the reader")
        return RefusedSourceError(UnreadableKind.DAMAGED, place, reason=reason, cause=cause)

    def memory_mb(self) -> int:
        """What the process holds now; 0 when it has ended."""
        try:
            return int(self._watched.memory_info().rss) >> 20
        except psutil.Error:
            return 0

    def _take_frames(self) -> None:
        assert self._process.stdout is not None
        for frame in _frames(self._process.stdout):
            self._put(frame)
        self._put(None)

    def _put(self, frame: Frame | None) -> None:
        while not self._stopped.is_set():
            with contextlib.suppress(queue.Full):
                self._frames.put(frame, timeout=_POLL_SECONDS)
                return


def _frames(pipe: IO[bytes]) -> Iterator[Frame]:
    """The frames of a pipe up to its end, or to the first that makes no sense."""
    while len(head := pipe.read(_HEAD.size)) == _HEAD.size:
        letter, length = _HEAD.unpack(head)
        if length > _LARGEST_FRAME or len(content := pipe.read(length)) < length:
            return
        yield letter, content


def _packed(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )


def _unpacked(content: bytes) -> Any:
    return json.loads(content.decode("utf-8", "surrogatepass"))


def _write(out: IO[bytes], letter: bytes, content: bytes) -> None:
    out.write(_HEAD.pack(letter, len(content)))
    out.write(content)
    out.flush()


def _out_of_memory(place: Place, memory_mb: int) -> RefusedSourceError:
    return RefusedSourceError(UnreadableKind.OUT_OF_MEMORY, place, limit=f"{memory_mb} MB")


if __name__ == "__main__":
    sys.exit(main())
