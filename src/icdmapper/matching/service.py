"""Propose for one local code or for all of them; keep what was proposed."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from icdmapper.matching.child import Child, Setup
from icdmapper.matching.knowledge import Knowledge
from icdmapper.matching.proposer import Block, Fresh, Proposer
from icdmapper.model.codes import CodeKind, Side
from icdmapper.model.proposals import Proposal
from icdmapper.storage.unit_of_work import Storage

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]

# Small enough that a decision saved meanwhile never waits long for the write lock.
_STORED_AT_ONCE = 512
_STORED_FIRST = 32
_WORTH_A_PROCESS = 10_000
"""A smaller reference set is matched sooner than a process starts."""
_WORTH_A_SECOND = 4_000
"""For fewer local codes a second process would be ready too late."""
_LOOK_SECONDS = 0.1
_LAST_BLOCK_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class ProposeSummary:
    """What a run over the whole list did; seconds of wall time in all and for matching alone."""

    total: int
    proposed: int
    safe: int
    seconds: float
    matching_seconds: float


@dataclass(frozen=True, slots=True)
class LearnSummary:
    """What new decisions changed: how many lessons were new, which local codes were asked again."""

    lessons: int
    local_ids: tuple[int, ...]


class Worker(Protocol):
    """Whoever answers the questions of `Proposer`: a process, or this one."""

    def ask(self, question: str, *values: object) -> Future[Any]:
        """The answer to come."""


class _Here:
    """The worker for small projects: asked and answered in this process."""

    def __init__(self, proposer: Proposer) -> None:
        self._proposer = proposer

    def ask(self, question: str, *values: object) -> Future[Any]:
        answer: Future[Any] = Future()
        answer.set_result(getattr(self._proposer, question)(*values))
        return answer


class MatchingService:
    """The door of the matching room.

    With a `location` a large project is matched in processes of its own, which stay until `close`;
    without one, and for small sets, everything happens in the caller's thread.
    """

    def __init__(
        self,
        storage: Storage,
        knowledge: Callable[[], Knowledge],
        *,
        limit: int,
        cache_folder: Path | None = None,
        location: str = "",
        aliases_file: str = "",
    ) -> None:
        self._storage = storage
        self._here = _Here(Proposer(storage, knowledge, limit=limit, cache_folder=cache_folder))
        self._setup = Setup(location, aliases_file, limit, str(cache_folder or ""))
        self._lock = threading.Lock()
        self._child: Child | None = None

    def propose_all(self, *, progress: Progress | None = None) -> ProposeSummary:
        """Propose for every local code in use and store the result, block by block.

        What was decided so far teaches these proposals.
        The most frequent codes come first. What is stored when `progress` raises to cancel stays.
        """
        started = time.monotonic()
        total = self._size(Side.LOCAL)
        worker = self._worker()
        begun = worker.ask("begin")
        second = None
        if isinstance(worker, Child) and total >= _WORTH_A_SECOND and (os.cpu_count() or 1) > 1:
            second = Child(self._setup)
        run = _Run(total, progress)
        try:
            local_ids = run.answer(begun)
            # Only now, so that it finds the index on the disk.
            coming = second.ask("begin") if second else None
            run.propose(local_ids, worker, second, coming)
        finally:
            if second is not None:
                second.close()
        seconds = time.monotonic() - started
        logger.info("proposed for %d of %d local codes in %.1f s", run.done, run.total, seconds)
        return ProposeSummary(run.total, run.done, run.safe, seconds, seconds - run.storing_seconds)

    def proposal(self, local_id: int) -> Proposal:
        """The stored proposal of a local code, or one made now.

        Raises:
            NotFoundError: there is no such local code.
        """
        with self._storage.reading() as work:
            stored = work.proposals.get(local_id)
        if stored:
            return stored
        made: Proposal = self._worker().ask("one", local_id).result()
        return made

    def ask(
        self, name: str, *, code: str = "", kind: CodeKind | None = None, limit: int = 10
    ) -> Proposal:
        """Candidates for any name, stored nowhere."""
        answer: Proposal = self._worker().ask("ask", name, code, kind, limit).result()
        return answer

    def learn(self, *, progress: Progress | None = None) -> LearnSummary:
        """Let the latest decisions, and those taken back, change the proposals they bear on.

        Asked again are the open local codes whose own category, or that of their best candidate,
        is the category of an entry that was newly accepted, refused or taken back.
        """
        worker = self._worker()
        fresh: Fresh = worker.ask("fresh").result()
        _Run(len(fresh.local_ids), progress).propose(fresh.local_ids, worker)
        logger.info(
            "%d new lessons, %d local codes asked again", fresh.lessons, len(fresh.local_ids)
        )
        return LearnSummary(fresh.lessons, fresh.local_ids)

    def forget(self) -> None:
        """Look at the decisions again when next asked."""
        self._worker().ask("forget").result()

    def prepare(self) -> None:
        """Make the matcher ready, so that the first question is answered at once."""
        self._worker().ask("prepare").result()

    def close(self) -> None:
        """End the processes; whoever still waits for them hears of it."""
        with self._lock:
            if self._child is not None:
                self._child.close()
                self._child = None

    def _worker(self) -> Worker:
        if not self._setup.location or self._size(Side.REFERENCE) < _WORTH_A_PROCESS:
            return self._here
        with self._lock:
            if self._child is None or not self._child.alive:
                if self._child is not None:
                    self._child.close()
                self._child = Child(self._setup)
            return self._child

    def _size(self, side: Side) -> int:
        with self._storage.reading() as work:
            return sum(code_set.size for code_set in work.code_sets.in_use(side))


class _Run:
    """One pass over many local codes: hands out blocks, counts what comes back, tells progress."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.total = total
        self.done = 0
        self.safe = 0
        self.storing_seconds = 0.0
        self._progress = progress

    def answer(self, coming: Future[Any]) -> Any:
        """An answer, with a look at whether the work was cancelled while it is waited for."""
        while not wait([coming], timeout=_LOOK_SECONDS).done:
            self._report()
        return coming.result()

    def propose(
        self,
        local_ids: Sequence[int],
        first: Worker,
        second: Worker | None = None,
        coming: Future[Any] | None = None,
    ) -> None:
        """Share the blocks between two workers; the second takes part once it has begun."""
        self.total = len(local_ids)
        blocks = _blocks(local_ids)
        idle = [first]
        working: dict[Future[Any], Worker] = {}
        try:
            while True:
                while idle and (block := next(blocks, None)):
                    worker = idle.pop()
                    working[worker.ask("propose", block)] = worker
                if not working:
                    break
                watched = [*working, *([coming] if coming else [])]
                for answer in wait(watched, _LOOK_SECONDS, FIRST_COMPLETED).done:
                    if answer is coming and second is not None:
                        coming.result()
                        coming = None
                        idle.append(second)
                    else:
                        idle.append(working.pop(answer))
                        self._count(answer.result(), 1 if second is None else 2)
                self._report()
        finally:
            wait([one for one, worker in working.items() if worker is first], _LAST_BLOCK_SECONDS)

    def _count(self, block: Block, workers: int) -> None:
        self.done += block.proposed
        self.safe += block.safe
        self.storing_seconds += block.storing_seconds / workers

    def _report(self) -> None:
        if self._progress:
            self._progress(self.done, self.total)


def _blocks(local_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """A small first block, so that rows can be worked on at once, and larger ones."""
    at = 0
    while at < len(local_ids):
        size = _STORED_AT_ONCE if at else _STORED_FIRST
        yield local_ids[at : at + size]
        at += size
