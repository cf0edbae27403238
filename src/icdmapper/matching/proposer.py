"""What the matching room reads from the project and stores in it; `answering` does the thinking."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from icdmapper.matching.questions import Lesson, Query, Stock, take_stock
from icdmapper.model.codes import CodeSystem, LocalCode, ReferenceCode, Side
from icdmapper.model.icd import parse
from icdmapper.storage.unit_of_work import Storage, UnitOfWork

Answer = Callable[[Future[Any]], Any]
"""Waits for an answer; may raise to stop."""
_PREFIX = 2


class Worker(Protocol):
    """Whoever answers the questions of `Answerer`: a process, or this one."""

    briefing: Briefing | None
    """What it was told last."""
    ahead: int
    """So many blocks of a list it is handed at once."""

    def ask(self, question: str, *values: object) -> Future[Any]:
        """The answer to come."""


@dataclass(frozen=True, slots=True)
class Briefing:
    """The reference sets in use and the decisions, as the project has them."""

    set_ids: tuple[int, ...] = ()
    stocks: tuple[Stock, ...] = ()
    lessons: tuple[Lesson, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """How many proposals were stored, and how many of them are safe."""

    proposed: int
    safe: int


@dataclass(frozen=True, slots=True)
class Fresh:
    """What is new since the last look: lessons, and the local codes they bear on."""

    lessons: int
    local_ids: tuple[int, ...]


class Proposer:
    """Reads what is asked and what a worker must know first; stores what it answers."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._lock = threading.Lock()
        self._briefing = threading.Lock()
        self._known = Briefing()
        self._stale = True

    def forget(self) -> None:
        """Look at the decisions again when next asked."""
        self._stale = True

    def briefing(self) -> Briefing:
        """What a worker must know, read anew as far as it has changed."""
        with self._lock, self._storage.reading() as work:
            set_ids = tuple(one.id for one in work.code_sets.in_use(Side.REFERENCE))
            known, stale = self._known, self._stale
            if set_ids != known.set_ids:
                stocks = take_stock(work.code_sets.entries())
                known, stale = Briefing(set_ids, stocks), True
            if stale:
                lessons = work.mappings.lessons()
                if lessons != known.lessons:
                    known = Briefing(known.set_ids, known.stocks, lessons)
                self._stale = False
            self._known = known
            return known

    def brief(self, worker: Worker, answer: Answer, build: Callable[..., None]) -> None:
        """Tell a worker what it does not know yet, and wait until it is ready.

        `build(stocks)` is called for the sets that are not on the disk.
        """
        with self._briefing:
            now, before = self.briefing(), worker.briefing
            if before is now:
                return
            if before is None or before.set_ids != now.set_ids:
                worker.briefing = before = None
                missing = answer(worker.ask("stock", now.stocks))
                if missing:
                    build([one for one in now.stocks if one.system in missing])
                    missing = answer(worker.ask("stock", now.stocks))
                for system in missing:
                    answer(worker.ask("add", system, self.entries(system)))
            if before is None or before.lessons != now.lessons:
                worker.ask("teach", now.lessons)
            answer(worker.ask("prepare"))
            worker.briefing = now

    def brief_later(self, worker: Worker) -> Future[Any]:
        """Tell a worker everything at once; the answer to come says whether it is ready."""
        now = self._known
        worker.ask("stock", now.stocks)
        worker.ask("teach", now.lessons)
        worker.briefing = now
        return worker.ask("is_ready")

    def entries(self, system: CodeSystem) -> tuple[ReferenceCode, ...]:
        """The entries of a reference set in use."""
        with self._storage.reading() as work:
            return work.code_sets.reference_codes(system)

    def local_ids(self) -> tuple[int, ...]:
        """Every local code in use, the most frequent first."""
        with self._storage.reading() as work:
            return work.code_sets.local_ids_by_frequency()

    def query(self, local_id: int) -> Query:
        """The question about one local code.

        Raises:
            NotFoundError: there is no such local code.
        """
        with self._storage.reading() as work:
            return _query(work.code_sets.local(local_id))

    def queries(self, local_ids: Sequence[int]) -> list[Query]:
        """The questions about these local codes; those whose list was replaced are passed over."""
        with self._storage.reading() as work:
            found = work.code_sets.locals_in_use(local_ids)
        return [_query(found[local_id]) for local_id in local_ids if local_id in found]

    def store(self, rows: Sequence[dict[str, Any]]) -> Block:
        """Keep what was answered."""
        with self._storage.writing() as work:
            work.proposals.save_rows(rows)
            work.commit()
        return Block(len(rows), sum(row["safe"] for row in rows))

    def fresh(self) -> Fresh:
        """Know the latest decisions; the open local codes that they bear on.

        These are the codes whose own category, or that of their best candidate, is the category
        of an entry that was newly accepted, refused or taken back.
        """
        before = self._known.lessons
        self.forget()
        fresh = set(before) ^ set(self.briefing().lessons)
        if not fresh:
            return Fresh(0, ())
        with self._storage.reading() as work:
            entries = work.code_sets.references_in_use(entry for _, entry, _ in fresh)
            lessons = sum(entry in entries for _, entry, _ in fresh)
            touched = {_category(one.canonical) for one in entries.values()}
            return Fresh(lessons, tuple(_borne_on(work, touched)))


def _borne_on(work: UnitOfWork, touched: set[str]) -> Iterable[int]:
    near = work.proposals.open_near({category[:_PREFIX] for category in touched})
    for local_id, canonical, best in near:
        if not touched.isdisjoint((_category(canonical), _category(best))):
            yield local_id


def _category(code: str) -> str:
    shape = parse(code)
    return shape.category if shape else code[:3]


def _query(local: LocalCode) -> Query:
    return Query(local.id, local.code, local.name, local.kind, local.attached_code)
