"""The matcher: all reference entries of the sets in use, ready to be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from icdmapper.matching.knowledge import Knowledge
from icdmapper.matching.shelf import Shelf
from icdmapper.model.codes import CodeKind, CodeSystem, ReferenceCode
from icdmapper.model.proposals import Proposal

_FIRST_BLOCK = 32
_BLOCK = 1024


@dataclass(frozen=True, slots=True)
class Query:
    """One local code to match. `kind` None means unknown: every set is searched."""

    local_id: int
    code: str
    name: str
    kind: CodeKind | None
    attached_code: str = ""


@dataclass(frozen=True, slots=True)
class Taught:
    """One earlier decision: this local name was, or was refused to be, this entry."""

    local_name: str
    reference_id: int
    accepted: bool = True


class Matcher:
    """Proposes entries for local codes; a code is only matched inside its own kind's set."""

    def __init__(
        self,
        references: Sequence[ReferenceCode],
        knowledge: Knowledge,
        *,
        taught: Sequence[Taught] = (),
        cache_folder: Path | None = None,
    ) -> None:
        self._references = tuple(references)
        self._knowledge = knowledge
        self._taught = tuple(taught)
        self._cache_folder = cache_folder
        self._shelves: dict[CodeSystem | None, Shelf] = {}
        self._systems = {reference.kind.system for reference in self._references}

    def propose(self, query: Query, *, limit: int = 10) -> Proposal:
        """The best candidates for one code."""
        return next(self.propose_many([query], limit=limit))

    def propose_many(
        self,
        queries: Sequence[Query],
        *,
        limit: int = 10,
        progress: Callable[[int, int], None] | None = None,
    ) -> Iterator[Proposal]:
        """Proposals in the order of the queries, block by block, the first block a small one.

        `progress(done, total)` is called after each block and may raise to stop the work.
        """
        done = 0
        while done < len(queries):
            block = queries[done : done + (_BLOCK if done else _FIRST_BLOCK)]
            yield from self._block(block, limit)
            done += len(block)
            if progress is not None:
                progress(done, len(queries))

    def _block(self, block: Sequence[Query], limit: int) -> list[Proposal]:
        by_system: dict[CodeSystem | None, list[int]] = {}
        for place, query in enumerate(block):
            system = query.kind.system if query.kind is not None else None
            by_system.setdefault(system, []).append(place)
        answers: dict[int, Proposal] = {}
        for system, places in by_system.items():
            asked = [block[place] for place in places]
            proposals = self._shelf(system).ask(
                [(query.local_id, query.code, query.name) for query in asked], limit
            )
            answers.update(zip(places, proposals, strict=True))
        return [answers[place] for place in range(len(block))]

    def _shelf(self, system: CodeSystem | None) -> Shelf:
        if system is None and len(self._systems) == 1:
            system = next(iter(self._systems))
        if system not in self._shelves:
            entries = [
                reference
                for reference in self._references
                if system is None or reference.kind.system is system
            ]
            self._shelves[system] = Shelf(entries, self._knowledge)
        return self._shelves[system]
