"""Propose for one local code or for all of them; keep what was proposed."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from icdmapper.matching.child import Child, Setup
from icdmapper.matching.proposer import Answer, Briefing, Proposer, Worker
from icdmapper.matching.questions import Query, Stock
from icdmapper.model.codes import CodeKind, Side
from icdmapper.model.errors import CancelledError
from icdmapper.model.proposals import Proposal
from icdmapper.storage.unit_of_work import Storage

if TYPE_CHECKING:
    # It brings NumPy and SciPy, which a project that is matched elsewhere never needs.
    from icdmapper.matching.answering import Answerer
    from icdmapper.matching.knowledge import Knowledge

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
_Job = tuple[Sequence[Stock], str, tuple[object, ...]]
"""Sets, and what is asked of the process that gets them."""

# Small enough that a decision saved meanwhile never waits long for the write lock.
_STORED_AT_ONCE = 256
_STORED_FIRST = 32
_WORTH_A_PROCESS = 10_000
"""A smaller reference set is matched sooner than a process starts."""
_WORTH_A_SECOND = 4_000
"""For fewer local codes a second process would be ready too late."""
_LOOK_SECONDS = 0.1
_BUILDERS = 2
"""So many processes put sets on their shelves at once."""


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


class _Here:
    """The worker for small projects: asked and answered in this process."""

    ahead = 1

    def __init__(self, answerer: Callable[[], Answerer]) -> None:
        self.briefing: Briefing | None = None
        self._make = answerer
        self._answerer: Answerer | None = None

    def ask(self, question: str, *values: object) -> Future[Any]:
        self._answerer = self._answerer or self._make()
        answer: Future[Any] = Future()
        answer.set_result(getattr(self._answerer, question)(*values))
        return answer


class MatchingService:
    """The door of the matching room.

    A large project is matched in processes of its own where that is allowed; they stay until
    `close`, after which `CancelledError` is raised. Otherwise all happens in the caller's thread.
    """

    def __init__(
        self,
        storage: Storage,
        knowledge: Callable[[], Knowledge],
        *,
        limit: int,
        cache_folder: Path | None = None,
        apart: bool = False,
        aliases_file: str = "",
    ) -> None:
        """`apart` lets a large project be matched in processes of its own."""
        self._storage = storage
        self._limit = limit
        self._apart = apart
        self._proposer = Proposer(storage)
        self._here = _Here(lambda: _answerer(knowledge(), cache_folder))
        self._setup = Setup(aliases_file, str(cache_folder or ""))
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._closed = False
        self._put: Briefing | None = None
        """The briefing for which the shelf of names of unknown kind has been made."""

    def propose_all(self, *, progress: Progress | None = None) -> ProposeSummary:
        """Propose for every local code in use and store the result, block by block.

        What was decided so far teaches these proposals.
        The most frequent codes come first. What is stored when `progress` raises to cancel stays.
        """
        started = time.monotonic()
        local_ids = self._proposer.local_ids()
        worker = self._worker()
        run = _Run(self._proposer, self._limit, progress)
        run.total = len(local_ids)
        self._proposer.forget()
        self._brief(worker, run.answer)
        with ExitStack() as stack:
            second = None
            if isinstance(worker, Child) and self._is_worth_a_second(len(local_ids)):
                # Not sooner: where sets are put on the disk first, it would hold memory and wait.
                second = stack.enter_context(closing(Child(self._setup)))
            coming = self._proposer.brief_later(second) if second else None
            run.propose(local_ids, worker, second, coming)
        seconds = time.monotonic() - started
        logger.info("proposed for %d of %d local codes in %.1f s", run.done, run.total, seconds)
        return ProposeSummary(run.total, run.done, run.safe, seconds, run.answered_at - started)

    def proposal(self, local_id: int) -> Proposal:
        """The stored proposal of a local code, or one made now.

        Raises:
            NotFoundError: there is no such local code.
        """
        with self._storage.reading() as work:
            stored = work.proposals.get(local_id)
        return stored or self._ask(self._proposer.query(local_id), self._limit)

    def ask(
        self, name: str, *, code: str = "", kind: CodeKind | None = None, limit: int = 10
    ) -> Proposal:
        """Candidates for any name, stored nowhere."""
        return self._ask(Query(0, code, name, kind), limit)

    def learn(self, *, progress: Progress | None = None) -> LearnSummary:
        """Let the latest decisions, and those taken back, change the proposals they bear on.

        Asked again are the open local codes whose own category, or that of their best candidate,
        is the category of an entry that was newly accepted, refused or taken back.
        """
        fresh = self._proposer.fresh()
        run = _Run(self._proposer, self._limit, progress)
        if fresh.lessons:
            worker = self._worker()
            self._brief(worker, run.answer)
            run.propose(fresh.local_ids, worker)
        logger.info(
            "%d new lessons, %d local codes asked again", fresh.lessons, len(fresh.local_ids)
        )
        return LearnSummary(fresh.lessons, fresh.local_ids)

    def forget(self) -> None:
        """Look at the decisions again when next asked."""
        self._proposer.forget()

    def prepare(self) -> None:
        """Make the matcher ready, so that the first question is answered at once."""
        self._brief(self._worker(), Future.result)

    def close(self) -> None:
        """End the processes; whoever still waits hears of it, and whoever asks later is refused."""
        with self._lock:
            self._closed = True
            if self._child is not None:
                self._child.close()
                self._child = None

    def _ask(self, query: Query, limit: int) -> Proposal:
        worker = self._worker()
        self._brief(worker, Future.result)
        if query.kind is None and isinstance(worker, Child):
            self._put_together(worker)
        answer: Proposal = worker.ask("propose", query, limit).result()
        return answer

    def _brief(self, worker: Worker, answer: Answer) -> None:
        def build(stocks: Sequence[Stock]) -> None:
            # Only what lies on the disk can be made by one process for another.
            if isinstance(worker, Child) and self._setup.cache_folder:
                *others, largest = sorted(stocks, key=lambda stock: len(stock.ids))
                jobs = [others, [largest]] if others and (os.cpu_count() or 1) > 1 else [stocks]
                self._build_apart([(job, "prepare", ()) for job in jobs], answer, new=True)

        self._proposer.brief(worker, answer, build)

    def _put_together(self, worker: Child) -> None:
        """Make the shelf for names of unknown kind, which holds two sets, before it is asked."""
        if worker.briefing is self._put:
            return
        if worker.ask("lacks", None).result() and self._setup.cache_folder:
            stocks = self._proposer.briefing().stocks
            self._build_apart([(stocks, "complete", (None,))], Future.result)
        self._put = worker.briefing

    def _build_apart(self, jobs: Sequence[_Job], answer: Answer, *, new: bool = False) -> None:
        """Put sets on the disk by processes that end with it: building takes much memory.

        The jobs stand in the order in which they are expected to be done. Of `new` sets nothing
        is on the disk yet, so that their entries can be read while the processes start.
        """
        with ExitStack() as stack:
            children = [stack.enter_context(closing(Child(self._setup))) for _job in jobs]
            coming: deque[Future[Any]] = deque()
            # The last one has the most to do and is served first.
            for child, (stocks, question, values) in reversed(
                list(zip(children, jobs, strict=True))
            ):
                missing = child.ask("stock", stocks)
                for system in [one.system for one in stocks] if new else answer(missing):
                    child.ask("add", system, self._proposer.entries(system))
                coming.appendleft(child.ask(question, *values))
            for child, one in zip(children, coming, strict=True):
                answer(one)
                child.close()

    def _worker(self) -> Worker:
        with self._lock:
            if self._child is not None and self._child.alive:
                return self._child
        if not self._apart or self._size() < _WORTH_A_PROCESS:
            return self._here
        with self._lock:
            if self._closed:
                # Work that was begun before the project was closed: no process may outlive it.
                raise CancelledError
            if self._child is None or not self._child.alive:
                if self._child is not None:
                    self._child.close()
                self._child = Child(self._setup)
            return self._child

    def _size(self) -> int:
        with self._storage.reading() as work:
            return sum(code_set.size for code_set in work.code_sets.in_use(Side.REFERENCE))

    def _is_worth_a_second(self, total: int) -> bool:
        return total >= _WORTH_A_SECOND and (os.cpu_count() or 1) > 1


class _Run:
    """One pass over many local codes: hands out blocks, stores what comes back, tells progress."""

    def __init__(self, proposer: Proposer, limit: int, progress: Progress | None) -> None:
        self.total = 0
        self.done = 0
        self.safe = 0
        self.answered_at = time.monotonic()
        self._proposer = proposer
        self._limit = limit
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
        """Share the blocks between two workers; the second takes part once it is ready."""
        self.total = len(local_ids)
        blocks = _blocks(local_ids)
        idle = [first] * first.ahead
        working: dict[Future[Any], Worker] = {}

        def hand_out() -> None:
            while idle and (block := next(blocks, None)):
                worker = idle.pop()
                queries = self._proposer.queries(block)
                working[worker.ask("rows", queries, self._limit)] = worker

        hand_out()
        while working:
            watched = [*working, *([coming] if coming else [])]
            answered = []
            for answer in wait(watched, _LOOK_SECONDS, FIRST_COMPLETED).done:
                if answer is coming:
                    coming = None
                    idle += (
                        [second] * second.ahead if second is not None and answer.result() else []
                    )
                else:
                    idle.append(working.pop(answer))
                    answered.append(answer.result())
            # Whoever is free gets the next block before this one is stored.
            hand_out()
            for rows in answered:
                self._store(rows)
            self._report()

    def _store(self, rows: Sequence[dict[str, Any]]) -> None:
        self.answered_at = time.monotonic()
        block = self._proposer.store(rows)
        self.done += block.proposed
        self.safe += block.safe

    def _report(self) -> None:
        if self._progress:
            self._progress(self.done, self.total)


def _answerer(knowledge: Knowledge, cache_folder: Path | None) -> Answerer:
    from icdmapper.matching.answering import Answerer  # noqa: PLC0415 - see above
    from icdmapper.matching.library import Library  # noqa: PLC0415

    return Answerer(Library(knowledge.version, lambda: knowledge, cache_folder), cache_folder)


def _blocks(local_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """A small first block, so that rows can be worked on at once, and larger ones."""
    at = 0
    while at < len(local_ids):
        size = _STORED_AT_ONCE if at else _STORED_FIRST
        yield local_ids[at : at + size]
        at += size
