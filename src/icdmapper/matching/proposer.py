"""The work of the matching room on one project, inside one process: see `service` for the door."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from icdmapper.matching.engine import Matcher, Query, Taught
from icdmapper.matching.knowledge import Knowledge
from icdmapper.model.codes import CodeKind, LocalCode, Side
from icdmapper.model.icd import parse
from icdmapper.model.mapping import ANSWERED
from icdmapper.model.proposals import Proposal
from icdmapper.storage.unit_of_work import Storage

Lesson = tuple[str, int, bool]
"""Local name, reference entry, accepted or refused: see `storage.mappings.Mappings.lessons`."""


@dataclass(frozen=True, slots=True)
class Block:
    """What was proposed and stored for some local codes; seconds of wall time for storing."""

    proposed: int
    safe: int
    storing_seconds: float


@dataclass(frozen=True, slots=True)
class Fresh:
    """What is new since the matcher was last made: lessons, and the local codes they bear on."""

    lessons: int
    local_ids: tuple[int, ...]


class Proposer:
    """Asks the matcher about the reference sets in use and stores what it answers."""

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
        self._lessons: tuple[Lesson, ...] = ()
        self._stale = False
        self._queries: dict[int, Query] = {}

    def begin(self) -> tuple[int, ...]:
        """Know the latest decisions and be ready; every local code in use, most frequent first."""
        self.forget()
        self.prepare()
        with self._storage.reading() as work:
            local_codes = list(work.code_sets.local_codes())
        local_codes.sort(key=lambda local: -(local.frequency or 0))
        self._queries = {local.id: _query(local) for local in local_codes}
        return tuple(self._queries)

    def propose(self, local_ids: Sequence[int]) -> Block:
        """Propose for these local codes and store it; `begin` or `fresh` named them.

        Codes whose list has been replaced since are passed over.
        """
        known = self._queries
        queries = [known[local_id] for local_id in local_ids if local_id in known]
        block = list(self._current().propose_many(queries, limit=self._limit))
        began = time.monotonic()
        with self._storage.writing() as work:
            work.proposals.save_many(block)
            work.commit()
        safe = sum(proposal.safe for proposal in block)
        return Block(len(block), safe, time.monotonic() - began)

    def one(self, local_id: int) -> Proposal:
        """A proposal made now for one local code, stored nowhere.

        Raises:
            NotFoundError: there is no such local code.
        """
        with self._storage.reading() as work:
            local = work.code_sets.local(local_id)
        return self._current().propose(_query(local), limit=self._limit)

    def ask(self, name: str, code: str, kind: CodeKind | None, limit: int) -> Proposal:
        """Candidates for any name, stored nowhere."""
        return self._current().propose(Query(0, code, name, kind), limit=limit)

    def fresh(self) -> Fresh:
        """Know the latest decisions; the open local codes that they bear on.

        These are the codes whose own category, or that of their best candidate, is the category
        of an entry that was newly accepted, refused or taken back.
        """
        before = self._lessons
        self.forget()
        self._current()
        fresh = set(before) ^ set(self._lessons)
        with self._storage.reading() as work:
            heads = work.proposals.heads()
            if not fresh or not heads:
                return Fresh(len(fresh), ())
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
        self._queries |= {local.id: _query(local) for local in asked}
        return Fresh(len(fresh), tuple(local.id for local in asked))

    def forget(self) -> None:
        """Look at the decisions again when next asked."""
        with self._lock:
            self._stale = True

    def prepare(self) -> None:
        """Make the matcher ready, so that the first question is answered at once."""
        self._current().prepare()

    def _current(self) -> Matcher:
        with self._lock:
            with self._storage.reading() as work:
                in_use = work.code_sets.in_use(Side.REFERENCE)
                set_ids = tuple(code_set.id for code_set in in_use)
                made = self._matcher is None or set_ids != self._set_ids
                if made:
                    self._matcher = Matcher(
                        work.code_sets.reference_codes(),
                        self._knowledge(),
                        cache_folder=self._cache_folder,
                    )
                    self._set_ids = set_ids
                assert self._matcher is not None
                if made or self._stale:
                    known = self._matcher.reference_ids
                    lessons = tuple(one for one in work.mappings.lessons() if one[1] in known)
                    if made or lessons != self._lessons:
                        self._matcher.teach([Taught(*lesson) for lesson in lessons])
                    self._lessons = lessons
                    self._stale = False
            return self._matcher


def _category(code: str) -> str:
    shape = parse(code)
    return shape.category if shape else code[:3]


def _query(local: LocalCode) -> Query:
    return Query(local.id, local.code, local.name, local.kind, local.attached_code)
