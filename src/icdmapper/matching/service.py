"""Propose for one local code or for all of them; keep what was proposed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from icdmapper.matching.engine import Matcher, Query, Taught
from icdmapper.matching.knowledge import Knowledge
from icdmapper.model.codes import CodeKind, LocalCode
from icdmapper.model.icd import parse
from icdmapper.model.mapping import ANSWERED
from icdmapper.model.proposals import Proposal
from icdmapper.storage.unit_of_work import Storage

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
Lesson = tuple[str, int, bool]
"""Local name, reference entry, accepted or refused: see `storage.mappings.Mappings.lessons`."""

# Small enough that a decision saved meanwhile never waits long for the write lock.
_STORED_AT_ONCE = 500
_STORED_FIRST = 32


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


class MatchingService:
    """Ask the matcher about the reference sets in use."""

    def __init__(
        self,
        storage: Storage,
        knowledge: Callable[[], Knowledge],
        *,
        limit: int,
        cache_folder: Path | None = None,
    ) -> None:
        self._storage = storage
        self._knowledge = knowledge
        self._limit = limit
        self._cache_folder = cache_folder
        self._lock = threading.Lock()
        self._matcher: Matcher | None = None
        self._set_ids: tuple[int, ...] = ()
        self._lessons: frozenset[Lesson] = frozenset()

    def propose_all(self, *, progress: Progress | None = None) -> ProposeSummary:
        """Propose for every local code in use and store the result, block by block.

        What was decided so far teaches these proposals.
        The most frequent codes come first. What is stored when `progress` raises to cancel stays.
        """
        started = time.monotonic()
        self.forget()
        matcher = self._current()
        with self._storage.reading() as work:
            local_codes = list(work.code_sets.local_codes())
        local_codes.sort(key=lambda local: -(local.frequency or 0))
        proposals = matcher.propose_many(
            [_query(local) for local in local_codes], limit=self._limit
        )
        done = safe = 0
        storing = 0.0
        while block := list(islice(proposals, _STORED_AT_ONCE if done else _STORED_FIRST)):
            began = time.monotonic()
            self._store(block)
            storing += time.monotonic() - began
            done += len(block)
            safe += sum(proposal.safe for proposal in block)
            if progress:
                progress(done, len(local_codes))
        seconds = time.monotonic() - started
        logger.info("proposed for %d of %d local codes in %.1f s", done, len(local_codes), seconds)
        return ProposeSummary(len(local_codes), done, safe, seconds, seconds - storing)

    def proposal(self, local_id: int) -> Proposal:
        """The stored proposal of a local code, or one made now.

        Raises:
            NotFoundError: there is no such local code.
        """
        with self._storage.reading() as work:
            stored = work.proposals.get(local_id)
            local = work.code_sets.local(local_id)
        return stored or self._current().propose(_query(local), limit=self._limit)

    def ask(
        self, name: str, *, code: str = "", kind: CodeKind | None = None, limit: int = 10
    ) -> Proposal:
        """Candidates for any name, stored nowhere."""
        return self._current().propose(Query(0, code, name, kind), limit=limit)

    def learn(self, *, progress: Progress | None = None) -> LearnSummary:
        """Let the latest decisions, and those taken back, change the proposals they bear on.

        Asked again are the open local codes whose own category, or that of their best candidate,
        is the category of an entry that was newly accepted, refused or taken back.
        """
        before = self._lessons
        self.forget()
        matcher = self._current()
        fresh = before ^ self._lessons
        with self._storage.reading() as work:
            heads = work.proposals.heads()
            if not fresh or not heads:
                return LearnSummary(len(fresh), ())
            codes = {code.id: code.canonical for code in work.code_sets.reference_codes()}
            touched = {_category(codes[lesson[1]]) for lesson in fresh if lesson[1] in codes}
            answered = {one.local_id for one in work.mappings.in_use() if one.state in ANSWERED}
            asked = [
                local
                for local in work.code_sets.local_codes()
                if local.id in heads
                and local.id not in answered
                and not touched.isdisjoint(
                    (_category(local.canonical), _category(heads[local.id].best_code))
                )
            ]
        queries = [_query(local) for local in asked]
        self._store(list(matcher.propose_many(queries, limit=self._limit, progress=progress)))
        logger.info("%d new lessons, %d local codes asked again", len(fresh), len(asked))
        return LearnSummary(len(fresh), tuple(local.id for local in asked))

    def forget(self) -> None:
        """Make the matcher anew when next asked, so that it knows the latest decisions."""
        with self._lock:
            self._matcher = None

    def prepare(self) -> None:
        """Make the matcher ready, so that the first question is answered at once."""
        self._current().prepare()

    def _store(self, block: Sequence[Proposal]) -> None:
        with self._storage.writing() as work:
            work.proposals.save_many(block)
            work.commit()

    def _current(self) -> Matcher:
        with self._lock:
            with self._storage.reading() as work:
                set_ids = tuple(code_set.id for code_set in work.code_sets.in_use())
                if self._matcher is None or set_ids != self._set_ids:
                    references = work.code_sets.reference_codes()
                    known = {reference.id for reference in references}
                    lessons = [one for one in work.mappings.lessons() if one[1] in known]
                    self._matcher = Matcher(
                        references,
                        self._knowledge(),
                        taught=[Taught(*lesson) for lesson in lessons],
                        cache_folder=self._cache_folder,
                    )
                    self._lessons = frozenset(lessons)
                    self._set_ids = set_ids
            return self._matcher


def _category(code: str) -> str:
    shape = parse(code)
    return shape.category if shape else code[:3]


def _query(local: LocalCode) -> Query:
    return Query(local.id, local.code, local.name, local.kind, local.attached_code)
