"""Matching in a process of its own, so that a window never waits for it.

The parent starts this program a second time and writes pickled frames to its standard input: first
a `Setup`, then one question each; the answers come back in the same order. The child knows no
project: it is told what it must know and answers what is asked. It ends when its standard input
does, so that it never outlives its parent. Frames are pickled because both ends are this very
program; nothing of a foreign file goes over this pipe. The parent's half loads nothing of what
matching needs.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

from icdmapper import heap, paths, texts
from icdmapper.model import errors

if TYPE_CHECKING:
    from icdmapper.matching.answering import Answerer
    from icdmapper.matching.proposer import Briefing

FROZEN_SWITCH = "--icdmapper-match"
"""The argument by which a packaged program, started as its own child, knows what to do."""

_LENGTH = struct.Struct("<I")
_ANSWER, _REFUSAL, _BROKEN = "answer", "refusal", "broken"
_NICENESS = 5
"""The window and its decisions come first where the processors are few."""
_END_SECONDS = 5.0
_LARGER = 16384 * heap.KIB
"""A block of names takes arrays of a few megabytes again and again: to have each from the system
takes longer, and giving back less would make the process larger."""
_FRUGAL = {
    # Nothing here multiplies dense matrices.
    "OPENBLAS_NUM_THREADS": "1",
}


@dataclass(frozen=True, slots=True)
class Setup:
    """Where a child finds what it knows about words, and keeps what it makes."""

    aliases_file: str
    cache_folder: str


class Child:
    """The parent's end of one matching process."""

    ahead = 2
    """While one block of a list is stored the next one is answered."""

    def __init__(self, setup: Setup) -> None:
        self.briefing: Briefing | None = None
        self._lock = threading.Lock()
        self._waiting: deque[Future[Any]] = deque()
        self._ended = False
        self._broke_at = ""
        self._process = subprocess.Popen(
            child_command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | _FRUGAL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0)
            | getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
        )
        with contextlib.suppress(OSError):
            self._send((setup, texts.language()))
        self._reader = threading.Thread(target=self._take_answers, daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""
        return not self._ended

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def ask(self, question: str, *values: object) -> Future[Any]:
        """Ask a method of `Answerer`; questions are answered one after the other.

        The future raises what the method raised, or `RuntimeError` when the process died.
        """
        answer: Future[Any] = Future()
        with self._lock:
            if self._ended:
                answer.set_exception(self._death())
                return answer
            self._waiting.append(answer)
            # A pipe that broke is noticed by the reader, which knows what is waiting.
            with contextlib.suppress(OSError):
                self._send((question, values))
        return answer

    def close(self) -> None:
        """End it, at once if it is at work."""
        self._process.kill()
        self._process.wait(_END_SECONDS)
        self._reader.join(_END_SECONDS)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _send(self, content: object) -> None:
        assert self._process.stdin is not None
        _write(self._process.stdin, content)

    def _take_answers(self) -> None:
        assert self._process.stdout is not None
        for kind, content in _frames(self._process.stdout):
            if kind == _BROKEN:
                self._broke_at = content
                continue
            with self._lock:
                answer = self._waiting.popleft()
            if kind == _ANSWER:
                answer.set_result(content)
            else:
                answer.set_exception(_refusal(*content))
        with self._lock:
            self._ended = True
            left, self._waiting = list(self._waiting), deque()
        for answer in left:
            answer.set_exception(self._death())

    def _death(self) -> RuntimeError:
        cause = self._broke_at or f"exit code {self._process.poll()}"
        return RuntimeError(f"the matching process ended without an answer: {cause}")


def child_command() -> list[str]:
    """The command that starts this program as a matching process."""
    if getattr(sys, "frozen", False):
        return [sys.executable, FROZEN_SWITCH]
    # -P: a module of the same name in the working folder must not be taken for ours.
    return [sys.executable, "-P", "-m", "icdmapper.matching.child"]


def main() -> int:
    """The child's work: answer questions until standard input ends."""
    # Whatever else prints must not get between the frames.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.excepthook = partial(_confess, out)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    questions = _frames(sys.stdin.buffer)
    heap.keep_small(_LARGER)
    heap.collect_seldom()
    setup, language = next(questions)
    texts.choose_language(language)
    inbox: deque[Any] = deque()
    came = threading.Semaphore(0)
    threading.Thread(target=_collect, args=(questions, inbox, came), daemon=True).start()
    answerer = _answerer(setup)
    while True:
        came.acquire()
        question, values = inbox.popleft()
        try:
            answer = getattr(answerer, question)(*values)
        except errors.IcdMapperError as refusal:
            _write(out, (_REFUSAL, (type(refusal).__name__, str(refusal))))
        else:
            _write(out, (_ANSWER, answer))


def _collect(questions: Iterator[Any], inbox: deque[Any], came: threading.Semaphore) -> None:
    """Take questions while the last one is at work; the parent's end is this process's end."""
    for question in questions:
        inbox.append(question)
        came.release()
    os._exit(0)


def _answerer(setup: Setup) -> Answerer:
    from icdmapper.matching import frugal  # noqa: PLC0415 - the child's half only

    with frugal.without_developers_tools():
        from icdmapper.matching.answering import Answerer  # noqa: PLC0415
        from icdmapper.matching.knowledge import knowledge_version, load_knowledge  # noqa: PLC0415
        from icdmapper.matching.library import Library  # noqa: PLC0415

    extra = Path(setup.aliases_file).expanduser() if setup.aliases_file else None
    folder = paths.shipped("resources")
    cache_folder = Path(setup.cache_folder) if setup.cache_folder else None
    library = Library(
        knowledge_version(folder, extra), lambda: load_knowledge(folder, extra), cache_folder
    )
    return Answerer(library, cache_folder)


def _confess(
    out: IO[bytes], kind: type[BaseException], _error: BaseException, trace: TracebackType | None
) -> None:
    """Tell the parent where the work broke, without any value of the project."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    spot = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    _write(out, (_BROKEN, f"{kind.__name__} at {spot}"))
    # Not an ordinary end: the thread that waits for questions would hold it up.
    os._exit(1)


def _refusal(name: str, message: str) -> errors.IcdMapperError:
    kind = getattr(errors, name, errors.IcdMapperError)
    refusal: errors.IcdMapperError = kind(message)
    return refusal


def _write(out: IO[bytes], content: object) -> None:
    packed = pickle.dumps(content, protocol=pickle.HIGHEST_PROTOCOL)
    out.write(_LENGTH.pack(len(packed)) + packed)
    out.flush()


def _frames(pipe: IO[bytes]) -> Iterator[Any]:
    """What comes through a pipe, up to its end."""
    while len(head := pipe.read(_LENGTH.size)) == _LENGTH.size:
        (length,) = _LENGTH.unpack(head)
        if len(packed := pipe.read(length)) < length:
            return
        yield pickle.loads(packed)


if __name__ == "__main__":
    # Under its own name, so that what is pickled here is known there.
    from icdmapper.matching.child import main as named_main

    sys.exit(named_main())
