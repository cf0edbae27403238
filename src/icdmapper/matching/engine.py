"""The matcher: all reference entries of the sets in use, ready to be asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from icdmapper.matching import cache, companions
from icdmapper.matching.building import Books
from icdmapper.matching.candidates import choose, proposals
from icdmapper.matching.knowledge import Knowledge
from icdmapper.matching.ranking import CODED, NAMED
from icdmapper.matching.shelf import CLOSE, KEEP, Shelf
from icdmapper.model.codes import CodeKind, CodeSystem, ReferenceCode
from icdmapper.model.proposals import Proposal

_FIRST_BLOCK = 32
_BLOCK = 512
_MORPHOLOGIES = 8
_FAMILIES = 2
_DIAGNOSES = frozenset({CodeSystem.RC020, CodeSystem.RC021})
_PROCEDURES = frozenset({CodeSystem.RC022})


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
        self._shelves: dict[frozenset[CodeSystem], Shelf] = {}
        self._books: dict[str, Books] = {}
        self._lock = threading.Lock()
        self._systems = {reference.kind.system for reference in self._references}
        self.reference_ids = frozenset(reference.id for reference in self._references)

    def teach(self, taught: Sequence[Taught]) -> None:
        """Know these decisions from now on, and no others."""
        with self._lock:
            self._taught = tuple(taught)
            for shelf in self._shelves.values():
                self._teach(shelf)

    def prepare(self) -> None:
        """Put every set on its shelf now, so that the first question is answered at once."""
        for system in sorted(self._systems, key=lambda one: one.value):
            self._shelf(frozenset({system}))
        with self._lock:
            if len(self._books) == _FAMILIES:
                # The books hold all that was still needed of these.
                self._knowledge = replace(self._knowledge, aliases=(), slots=())

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
        """Proposals in the order of the queries, block by block, the first of many a small one.

        `progress(done, total)` is called after each block and may raise to stop the work.
        """
        done = 0
        while done < len(queries):
            size = _BLOCK if done or len(queries) <= _BLOCK else _FIRST_BLOCK
            block = queries[done : done + size]
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
            answers.update(zip(places, self._ask(system, asked, limit), strict=True))
        return [answers[place] for place in range(len(block))]

    def _ask(
        self, system: CodeSystem | None, queries: Sequence[Query], limit: int
    ) -> list[Proposal]:
        shelves = [self._shelf(systems) for systems in self._choices(system)]
        answers = [_ask_shelf(shelf, queries, limit) for shelf in shelves]
        if not answers:
            return [Proposal(query.local_id, ()) for query in queries]
        found = [_merged(together, limit) for together in zip(*answers, strict=True)]
        if system is CodeSystem.RC020:
            found = self._with_companions(found, queries, shelves[0])
        return found

    def _with_companions(
        self, proposals: list[Proposal], queries: Sequence[Query], shelf: Shelf
    ) -> list[Proposal]:
        """Diagnoses with what belongs beside them; only where the kind is known for certain."""
        if CodeSystem.RC021 in self._systems:
            morphologies = self._shelf(frozenset({CodeSystem.RC021}))
            proposals = companions.morphology(
                proposals,
                lambda rows, endings: _ask_shelf(
                    morphologies,
                    [replace(queries[row], code="") for row in rows],
                    _MORPHOLOGIES,
                    keep=2 * _MORPHOLOGIES,
                    endings=endings,
                ),
            )
        return [
            companions.joined(proposal, query.name, query.attached_code, shelf)
            for proposal, query in zip(proposals, queries, strict=True)
        ]

    def _choices(self, system: CodeSystem | None) -> list[frozenset[CodeSystem]]:
        """The shelves to ask; an unknown kind asks diagnoses with morphology, and procedures."""
        wanted = [_DIAGNOSES, _PROCEDURES] if system is None else [frozenset({system})]
        present = [choice & self._systems for choice in wanted]
        return [choice for choice in present if choice]

    def _shelf(self, systems: frozenset[CodeSystem]) -> Shelf:
        with self._lock:
            if systems not in self._shelves:
                entries = [one for one in self._references if one.kind.system in systems]
                family = "procedure" if systems <= _PROCEDURES else "diagnosis"
                file = (
                    cache.file_for(self._cache_folder, entries, self._knowledge.version, family)
                    if self._cache_folder
                    else None
                )
                if family not in self._books:
                    self._books[family] = Books.of(self._knowledge, family)
                shelf = Shelf(entries, self._books[family], self._knowledge, file)
                self._teach(shelf)
                self._shelves[systems] = shelf
            return self._shelves[systems]

    def _teach(self, shelf: Shelf) -> None:
        shelf.teach([(one.local_name, one.reference_id, one.accepted) for one in self._taught])


def _ask_shelf(
    shelf: Shelf,
    queries: Sequence[Query],
    limit: int,
    keep: int = KEEP,
    endings: Sequence[str] = (),
) -> list[Proposal]:
    """Ask with the weights for each situation: those whose code has a place, and the others.

    With `endings`, one per query, only the candidates whose codes end so are written out.
    """
    known = shelf.has_place([query.code for query in queries])
    answers: dict[int, Proposal] = {}
    for situation, among in ((CODED, known), (NAMED, ~known)):
        here = [int(at) for at in np.flatnonzero(among)]
        if not here:
            continue
        asked = shelf.measure([(queries[at].name, queries[at].code) for at in here])
        pairs = shelf.search(asked, situation, max(keep, limit), max(min(CLOSE, keep), 2 * limit))
        chosen = choose(shelf, asked, pairs, limit)
        ids = [queries[at].local_id for at in here]
        wanted = [endings[at] for at in here] if endings else ()
        answers.update(zip(here, proposals(shelf, asked, pairs, chosen, ids, wanted), strict=True))
    return [answers[at] for at in range(len(queries))]


def _merged(answers: Sequence[Proposal], limit: int) -> Proposal:
    """One proposal from those of several shelves; the best first, the first shelf's on a tie."""
    if len(answers) == 1:
        return answers[0]
    candidates = sorted(
        (candidate for answer in answers for candidate in answer.candidates),
        key=lambda candidate: -candidate.score,
    )[:limit]
    first = next(
        (answer for answer in answers if answer.candidates[:1] == tuple(candidates[:1])), None
    )
    return Proposal(answers[0].local_id, tuple(candidates), safe=first is not None and first.safe)
