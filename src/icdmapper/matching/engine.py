"""The matcher: all reference entries of the sets in use, ready to be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from icdmapper.matching import companions, parting
from icdmapper.matching.behaviours import behaviours_compared
from icdmapper.matching.candidates import choose, proposals
from icdmapper.matching.knowledge import Knowledge
from icdmapper.matching.library import Library
from icdmapper.matching.questions import Query, Taught
from icdmapper.matching.ranking import CODED, NAMED
from icdmapper.matching.shelf import CLOSE, KEEP, Shelf
from icdmapper.matching.shelves import PROCEDURES, Shelves
from icdmapper.model.codes import CodeKind, CodeSystem, ReferenceCode
from icdmapper.model.proposals import Proposal

_FIRST_BLOCK = 32
_BLOCK = 256
_MORPHOLOGIES = 8
_PART_CANDIDATES = 3
_PART_NEIGHBOURS = 45
_BEHAVIOUR = "behaviour"
_DIAGNOSES = frozenset({CodeSystem.RC020, CodeSystem.RC021})


class Matcher:
    """Proposes entries for local codes; a code is only matched inside its own kind's set."""

    def __init__(self, shelves: Shelves) -> None:
        self._shelves = shelves
        self._systems = shelves.systems

    @classmethod
    def of(
        cls,
        references: Sequence[ReferenceCode],
        knowledge: Knowledge,
        *,
        taught: Sequence[Taught] = (),
        cache_folder: Path | None = None,
    ) -> Matcher:
        """A matcher for entries that are at hand."""
        library = Library(knowledge.version, lambda: knowledge, cache_folder)
        matcher = cls(Shelves.of(references, library, cache_folder))
        matcher.teach(taught)
        return matcher

    def teach(self, taught: Sequence[Taught]) -> None:
        """Know these decisions from now on, and no others."""
        self._shelves.teach([(one.local_name, one.reference_id, one.accepted) for one in taught])

    def prepare(self) -> None:
        """Put every set on its shelf now, so that the first question is answered at once."""
        for system in self._systems:
            self._shelves.get(frozenset({system}))

    def lacks(self, kind: CodeKind | None) -> bool:
        """Whether a shelf for this kind of question has still to be made."""
        return any(not self._shelves.has(systems) for systems in self._choices(kind))

    def complete(self, kind: CodeKind | None) -> None:
        """Make the shelves for this kind of question now."""
        for systems in self._choices(kind):
            self._shelves.get(systems)

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
            by_system.setdefault(query.kind.system if query.kind else None, []).append(place)
        answers: dict[int, Proposal] = {}
        for places in by_system.values():
            asked = [block[place] for place in places]
            found = self._ask(asked[0].kind, asked, limit)
            answers.update(zip(places, found, strict=True))
        return [answers[place] for place in range(len(block))]

    def _ask(self, kind: CodeKind | None, queries: Sequence[Query], limit: int) -> list[Proposal]:
        shelves = [self._shelves.get(systems) for systems in self._choices(kind)]
        if not shelves:
            return [Proposal(query.local_id, ()) for query in queries]
        found = _ask_shelves(shelves, queries, limit)
        if kind is not None and kind.system is CodeSystem.RC020:
            found = self._with_companions(found, queries, shelves[0])
        if kind is None or kind.system is not CodeSystem.RC021:
            return _with_parts(found, queries, shelves)
        label = shelves[0].slots.label_of(_BEHAVIOUR)
        return [
            behaviours_compared(proposal, query.code, label)
            for proposal, query in zip(found, queries, strict=True)
        ]

    def _with_companions(
        self, proposals: list[Proposal], queries: Sequence[Query], shelf: Shelf
    ) -> list[Proposal]:
        """Diagnoses with what belongs beside them; only where the kind is known for certain."""
        if CodeSystem.RC021 in self._systems:
            morphologies = self._shelves.get(frozenset({CodeSystem.RC021}))
            names = [query.name for query in queries]
            proposals = companions.morphology(
                proposals,
                names,
                lambda rows, endings: _ask_shelf(
                    morphologies,
                    [queries[row]._replace(code=companions.stated(names[row])) for row in rows],
                    _MORPHOLOGIES,
                    keep=2 * _MORPHOLOGIES,
                    endings=endings,
                ),
            )
        return [
            companions.external(companions.paired(proposal, query.attached_code, shelf), query.code)
            for proposal, query in zip(proposals, queries, strict=True)
        ]

    def _choices(self, kind: CodeKind | None) -> list[frozenset[CodeSystem]]:
        """The shelves to ask; an unknown kind asks diagnoses with morphology, and procedures."""
        wanted = [_DIAGNOSES, PROCEDURES] if kind is None else [frozenset({kind.system})]
        present = [choice & self._systems for choice in wanted]
        return [choice for choice in present if choice]


def _ask_shelves(shelves: Sequence[Shelf], queries: Sequence[Query], limit: int) -> list[Proposal]:
    answers = [_ask_shelf(shelf, queries, limit) for shelf in shelves]
    return [_merged(together, limit) for together in zip(*answers, strict=True)]


def _with_parts(
    proposals: list[Proposal], queries: Sequence[Query], shelves: Sequence[Shelf]
) -> list[Proposal]:
    """Where a name joins conditions, with the entries of those that the first candidate lacks.

    They are sought on the shelf where that candidate stands.
    """
    answered = [place for place, one in enumerate(proposals) if one.candidates]
    firsts = [proposals[place].candidates[0].reference_id for place in answered]
    for shelf in shelves:
        here = [answered[at] for at in np.flatnonzero(shelf.references.find(firsts) >= 0)]
        found = [proposals[place] for place in here]
        _add_parts(shelf, found, [queries[place].name for place in here])
        for place, proposal in zip(here, found, strict=True):
            proposals[place] = proposal
    return proposals


def _add_parts(shelf: Shelf, proposals: list[Proposal], names: Sequence[str]) -> None:
    """All parts of a block are asked together, each as a name of its own without a code."""
    joined = parting.joined(proposals, names, shelf.means)
    numbers = {part: at for at, part in enumerate({part for one in joined for part in one.parts})}
    if not numbers:
        return
    asked = [Query(0, "", part, None) for part in numbers]
    answers = _ask_shelf(shelf, asked, _PART_CANDIDATES, keep=_PART_NEIGHBOURS)
    for one in joined:
        proposals[one.place] = parting.with_parts(
            proposals[one.place],
            one.parts,
            [answers[numbers[part]] for part in one.parts],
            lambda name: shelf.aliases.read(name).standard,
        )


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
        mine = [queries[at] for at in here]
        wanted = [endings[at] for at in here] if endings else ()
        answers.update(zip(here, proposals(shelf, asked, pairs, chosen, mine, wanted), strict=True))
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
