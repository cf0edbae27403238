"""One reference set on the shelf: its names measured, its codes placed, ready to be searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from icdmapper.matching import building, index
from icdmapper.matching.building import kinship_of, lexicon_of, measured_of, places_of, search_rows
from icdmapper.matching.cache import Parts
from icdmapper.matching.entries import Entries, Head
from icdmapper.matching.features import (
    Figures,
    Measured,
    masses,
    rival_columns,
    slot_columns,
    slot_text,
    text_columns,
)
from icdmapper.matching.index import Flags, Floats, Ints, Runs
from icdmapper.matching.kinship import KINSHIP_FEATURES
from icdmapper.matching.library import Books
from icdmapper.matching.memory import Memory, Votes, only
from icdmapper.matching.overlap import Overlap
from icdmapper.matching.places import PLACE_FEATURES, Places, agreement
from icdmapper.matching.ranking import Ranking, by_hand
from icdmapper.matching.slots import Outcomes
from icdmapper.matching.sparse import SparseRows
from icdmapper.matching.wording import Wording
from icdmapper.model import icd
from icdmapper.model.codes import ReferenceCode

_PLACE_SHARE = 0.3
CLOSE = 45
"""How many neighbours are looked at in full when only the first few are asked for."""
_FOUND_WEIGHT = 6.0
"""How much a neighbour's nearness counts beside the learned weights of what both names hold."""
KEEP = 70
"""How many neighbours are looked at closely; the right one is rarely further away."""


@dataclass(frozen=True)
class Asked:
    """A block of local names with their codes, measured."""

    measured: Measured
    places: Places


@dataclass(frozen=True)
class Near:
    """The neighbours of a block: for each pair the local row, the shelf row, how alike they are."""

    rows: Ints
    targets: Ints
    found: Floats

    def among(self, pairs: Ints) -> Near:
        """These pairs only."""
        return Near(self.rows[pairs], self.targets[pairs], self.found[pairs])


@dataclass(frozen=True)
class Pairs:
    """The neighbours of a block: for each pair the local row, the shelf row and its figures."""

    rows: Ints
    targets: Ints
    columns: dict[str, Floats]
    outcomes: Outcomes
    raw: Floats
    ranking: Ranking
    votes: tuple[Votes, Votes] | None = None
    """What memory speaks for and against, when there is any."""
    memory: Memory | None = None
    """The memory that was asked; the shelf may have been taught anew since."""


@dataclass(frozen=True)
class Weights:
    """A ranking fitted to one shelf: what its grams weigh there."""

    ranking: Ranking
    gain: Floats
    local: Floats
    reference: Floats
    together: Floats
    """For each gram its mass as a character, its mass as a pair, and its gain."""

    @classmethod
    def of(
        cls, ranking: Ranking, masses: Floats, gain: Floats, local: Floats, reference: Floats
    ) -> Weights:
        """The weights with what is looked up beside them."""
        together = np.column_stack([masses, gain]).astype(np.float32)
        return cls(ranking, gain, local, reference, together)


class Shelf:
    """The entries of one set, each with its name and the other names its brackets hold."""

    def __init__(self, ids: Sequence[int], parts: Parts, books: Books) -> None:
        """`ids` are those of the entries that `parts` were built from, in the same order."""
        self.references = Entries(np.asarray(ids, dtype=np.int64)[parts["order"]], parts)
        self.aliases, self.slots = books.aliases, books.slots
        self.owner: Ints = parts["owner"]
        self.text: Ints = parts["text"]
        self.name: Ints = parts["name"]
        self.plain: Ints = parts["plain"]
        self._plain_numbers = lexicon_of(parts, "plain")
        self._first_row: Ints = parts["first_row"]
        self._row_of_name: Ints = parts["row_of_name"]
        self._variant: Floats = parts["variant"]
        self._facts: Floats = parts["facts"]
        self._targets: SparseRows = parts["targets"]
        self._gram_rows: SparseRows = parts["gram_rows"]
        self.spaces, self.names = measured_of(parts, books)
        self._place_book, self.places = places_of(parts)
        self._kinship = kinship_of(parts)
        counts = self._gram_rows.counts[self.text]
        self._own_starts: Ints = np.cumsum(counts, dtype=np.int32) - counts
        self.memory: Memory | None = None
        self._codes, self._code_entry = lexicon_of(parts, "code"), parts["code_entry"]
        self._meanings, self._meaning_entry = lexicon_of(parts, "meaning"), parts["meaning_entry"]
        self._masses = masses(self.spaces)
        self._weights = {
            situation: Weights.of(
                ranking,
                self._masses,
                *(parts[f"{situation}_{name}"] for name in ("gain", "local", "reference")),
            )
            for situation, ranking in books.rankings.items()
        }

    @classmethod
    def of(cls, references: Sequence[ReferenceCode], books: Books) -> Shelf:
        """A shelf of these entries, kept nowhere."""
        return cls([one.id for one in references], building.build(references, books), books)

    def plain_numbers(self, measured: Measured) -> Ints:
        """The number of each local name's normalised form; -1 when no entry has it."""
        return self._plain_numbers.find(measured.wordings.plain)

    def weigh(self, situation: str, ranking: Ranking) -> None:
        """Use these weights in this situation from now on."""
        weighed = building.weigh(ranking, self.spaces, self._gram_rows.ones())
        self._weights[situation] = Weights.of(ranking, self._masses, **weighed)

    def has_place(self, codes: Sequence[str]) -> Flags:
        """Which local codes stand in a chapter of this set."""
        return self._place_book.knows_chapters(codes)

    def measure(self, names_and_codes: Sequence[tuple[str, str]]) -> Asked:
        """Local names with their codes, made ready."""
        wordings = self.aliases.read_all([name for name, _ in names_and_codes])
        grams, unknown = self.spaces.encode(wordings)
        slots = self.slots.read([slot_text(wording) for wording in wordings])
        figures = Figures.of(wordings, grams, unknown)
        places = self._place_book.look_up([code for _, code in names_and_codes])
        return Asked(Measured(wordings, grams, slots, figures), places)

    def teach(self, decisions: Sequence[tuple[str, int, bool]]) -> None:
        """Remember decisions: (local name, reference id, accepted). What came before is forgotten.

        Decisions about entries that are not on this shelf are left out.
        """
        places = self.references.find([entry for _, entry, _ in decisions]).tolist()
        mine = [
            (name, place, accepted)
            for (name, _, accepted), place in zip(decisions, places, strict=True)
            if place >= 0
        ]
        memory = None
        if mine:
            entries = np.asarray([entry for _, entry, _ in mine], dtype=np.int32)
            memory = Memory(
                self.measure([(name, "") for name, _, _ in mine]).measured,
                self.name[entries],
                np.asarray([accepted for _, _, accepted in mine], dtype=np.bool_),
                self.names,
                self.text[self._first_row[entries]],
            )
        self.memory = memory

    def search(self, asked: Asked, situation: str, keep: int = KEEP, close: int = CLOSE) -> Pairs:
        """The neighbours of every local name with all their figures and a raw score.

        `keep` neighbours are found by similarity; the `close` best of them by learned weights
        are looked at in full.
        """
        places = self._place_book.columns(asked.places, _PLACE_SHARE)
        mine = asked.measured
        wanted = search_rows(mine.together, mine.grams.standard.width, mine)
        near = Near(*index.nearest(wanted.beside(places), self._targets, keep))
        weights = self._weights[situation]
        overlap = self._overlap(mine, near)
        if weights.ranking.trees and keep > CLOSE:
            closest = self._closest(weights, mine, overlap, near, close)
            near, overlap = near.among(closest), overlap.among(closest)
        memory = self.memory
        votes = memory.votes(mine) if memory else None
        if memory and votes:
            near = self._with_suggested(near, *memory.suggestions(votes[0]))
            overlap = self._overlap(mine, near)
        rows, targets = near.rows, near.targets
        texts, runs = self.text[targets], Runs(rows)
        *shared, gain = np.ascontiguousarray(overlap.weigh(weights.together).T)
        columns = text_columns(mine, self.names, rows, texts, shared)
        columns |= rival_columns(columns, runs, self.places, targets, near.found)
        columns |= self._place_columns(asked, rows, targets)
        grams = _in_all(weights, mine, gain, rows, texts)
        columns |= {"grams": grams, "grams_gap": grams - runs.best(grams)}
        kin = []
        for kinship in self._kinship.values():
            own = overlap.weigh_places(
                kinship.own, self._own_starts[targets], self._gram_rows.starts[texts]
            )
            kin += kinship.columns(mine.held, rows, runs, targets, own)
        columns |= dict(zip(KINSHIP_FEATURES, kin, strict=True))
        if memory and votes:
            apart = only(
                mine.grams.standard.ones().pick(rows), self.names.grams.standard.pick(texts).ones()
            )
            names = self.name[self.owner[targets]]
            columns |= memory.columns(mine, votes, rows, names, apart)
        outcomes = self.slots.compare(mine.slots, self.names.slots, rows, texts)
        columns |= slot_columns(outcomes, self.slots.ids)
        trained = bool(weights.ranking.trees)
        raw = weights.ranking.raw(columns, len(rows)) if trained else by_hand(columns)
        return Pairs(rows, targets, columns, outcomes, raw, weights.ranking, votes, memory)

    def _overlap(self, local: Measured, near: Near) -> Overlap:
        return Overlap.of(local.held, self._gram_rows, near.rows, self.text[near.targets])

    def _closest(
        self, weights: Weights, local: Measured, overlap: Overlap, near: Near, close: int
    ) -> Ints:
        """The neighbours that deserve a close look: learned weights of what they share decide."""
        rows, texts = near.rows, self.text[near.targets]
        total = _in_all(weights, local, overlap.weigh(weights.gain), rows, texts)
        order = np.lexsort((near.targets, -(total + _FOUND_WEIGHT * near.found), rows))
        starts = np.searchsorted(rows, rows)
        return np.sort(order[np.arange(len(order)) - starts < close])

    def _with_suggested(self, near: Near, more: Ints, names: Ints) -> Near:
        """The neighbours, and behind those of each local name the entries memory speaks for."""
        there = near.rows.astype(np.int64) << 32 | self.name[self.owner[near.targets]]
        new = ~np.isin(more.astype(np.int64) << 32 | names, there)
        rows = np.concatenate([near.rows, more[new]])
        targets = np.concatenate([near.targets, self._row_of_name[names[new]]])
        found = np.concatenate([near.found, np.zeros(int(new.sum()), dtype=np.float32)])
        order = np.argsort(rows, kind="stable").astype(np.int32)
        return Near(rows, targets, found).among(order)

    def wordings_of(self, targets: Ints) -> list[Wording]:
        """The wordings of the names at these rows."""
        return self.names.wordings.pick(self.text[targets])

    def with_code(self, code: str) -> list[int]:
        """The entry under exactly this code, whatever the other half of its pair."""
        found = self._codes.find([icd.canonical(code).rstrip("*+")])
        return [int(self._code_entry[at]) for at in found if at >= 0]

    def means(self, name: str) -> bool:
        """Whether the standard wording of an entry is that of this name."""
        return bool(self._meanings.find([self.aliases.read(name).standard])[0] >= 0)

    def heads_of(self, targets: Ints) -> list[Head]:
        """What is shown of the entries at these rows."""
        return self.references.heads(self.owner[targets])

    def canonicals_of(self, targets: Ints) -> list[str]:
        """The canonical codes at these rows."""
        return self.references.canonicals.pick(self.owner[targets])

    def _place_columns(self, asked: Asked, rows: Ints, targets: Ints) -> dict[str, Floats]:
        agrees = agreement(asked.places, self.places, rows, targets)
        facts = self._facts[targets]
        columns = [*agrees.T, *facts.T]
        found = dict(zip(PLACE_FEATURES, columns, strict=True))
        found["is_variant"] = self._variant[targets]
        return found


def _in_all(weights: Weights, local: Measured, gain: Floats, rows: Ints, texts: Ints) -> Floats:
    """What the grams of both names of each pair weigh; `gain` is what the shared ones add."""
    alone = local.held.weigh(weights.local)
    return np.asarray(gain + alone[rows] + weights.reference[texts], dtype=np.float32)
