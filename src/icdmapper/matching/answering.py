"""What is asked of whoever matches, in a process of its own or in this one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from icdmapper.matching.engine import Matcher
from icdmapper.matching.library import Library
from icdmapper.matching.questions import Lesson, Query, Stock
from icdmapper.matching.shelves import Shelves
from icdmapper.model.codes import CodeKind, CodeSystem, ReferenceCode
from icdmapper.model.proposals import Proposal
from icdmapper.storage.values import proposal_to_row


class Answerer:
    """Knows the sets it was given and the decisions it was taught; reads no project itself."""

    def __init__(self, library: Library, cache_folder: Path | None) -> None:
        self._library = library
        self._cache_folder = cache_folder
        self._use(())

    def stock(self, stocks: Sequence[Stock]) -> tuple[CodeSystem, ...]:
        """Match with these sets from now on; those whose entries must be sent."""
        self._use(stocks)
        return self._shelves.missing()

    def add(self, system: CodeSystem, entries: Sequence[ReferenceCode]) -> None:
        """The entries of a set that is not on the disk."""
        self._shelves.add(system, entries)

    def is_ready(self) -> bool:
        """Whether every set is on its shelf."""
        return not self._shelves.missing()

    def lacks(self, kind: CodeKind | None) -> bool:
        """Whether sets must first be put on a shelf together before such a question is asked."""
        return self._matcher.lacks(kind)

    def complete(self, kind: CodeKind | None) -> None:
        """Put on a shelf, and on the disk, what such a question needs."""
        self._matcher.complete(kind)

    def prepare(self) -> None:
        """Put every set on its shelf, from the disk or from the entries that were sent."""
        self._matcher.prepare()

    def teach(self, lessons: Sequence[Lesson]) -> None:
        """Know these decisions from now on, and no others."""
        self._shelves.teach(lessons)

    def propose(self, query: Query, limit: int) -> Proposal:
        """The candidates of one local code."""
        return self._matcher.propose(query, limit=limit)

    def rows(self, queries: Sequence[Query], limit: int) -> list[dict[str, Any]]:
        """The candidates of many local codes, ready to be stored."""
        return [proposal_to_row(one) for one in self._matcher.propose_many(queries, limit=limit)]

    def _use(self, stocks: Sequence[Stock]) -> None:
        self._shelves = Shelves(stocks, self._library, self._cache_folder)
        self._matcher = Matcher(self._shelves)
