"""One reference set on the shelf: its names measured, its codes placed, ready to be searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from icdmapper.matching import cache, index
from icdmapper.matching.building import (
    Books,
    build,
    kinship_of,
    lexicon_of,
    measured_of,
    places_of,
    search_rows,
)
from icdmapper.matching.features import (
    Figures,
    Grams,
    Measured,
    rival_columns,
    slot_columns,
    slot_text,
    text_columns,
)
from icdmapper.matching.index import Flags, Floats, Ints
from icdmapper.matching.knowledge import Knowledge
from icdmapper.matching.memory import Memory, Votes, ones, only
from icdmapper.matching.places import PLACE_FEATURES, Places, agreement
from icdmapper.matching.ranking import CODED, NAMED, Ranking, by_hand, gram_weights
from icdmapper.matching.slots import Outcomes
from icdmapper.matching.wording import Wording
from icdmapper.model import icd
from icdmapper.model.codes import ReferenceCode

_PLACE_SHARE = 0.3
CLOSE = 45
"""How many neighbours are looked at in full when only the first few are asked for."""
_FOUND_WEIGHT = 6.0
KEEP = 70
"""How many neighbours are looked at closely; the right one is rarely further away."""


@dataclass(frozen=True)
class Asked:
    """A block of local names with their codes, measured."""

    measured: Measured
    places: Places


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


class Shelf:
    """The entries of one set, each with its name and the other names its brackets hold."""

    def __init__(
        self,
        references: Sequence[ReferenceCode],
        books: Books,
        knowledge: Knowledge,
        cache_file: Path | None = None,
    ) -> None:
        parts = cache.load(cache_file) if cache_file else None
        if parts is None:
            parts = build(references, books)
            if cache_file:
                cache.save(cache_file, parts)
                # From the disk again: what is mapped there all processes share.
                parts = cache.load(cache_file) or parts
        self.references: list[ReferenceCode] = [references[at] for at in parts["order"].tolist()]
        self.aliases, self.slots = books.aliases, books.slots
        self.owner: Ints = parts["owner"]
        self.text: Ints = parts["text"]
        # One element at a time is read faster through a view.
        self.text_of: Sequence[int] = self.text.data
        self._owner_of: Sequence[int] = self.owner.data
        self.name: Ints = parts["name"]
        self.plain: Ints = parts["plain"]
        self._plain_numbers = lexicon_of(parts, "plain")
        self._first_row: Ints = parts["first_row"]
        self._row_of_name: Ints = parts["row_of_name"]
        self._variant: Floats = parts["variant"]
        self._facts: Floats = parts["facts"]
        self._targets: sp.csr_matrix = parts["targets"]
        self._gram_rows: sp.csr_matrix = parts["gram_rows"]
        self.spaces, self.names = measured_of(parts, books)
        self._place_book, self.places = places_of(parts)
        self._kinship = kinship_of(parts)
        self.memory: Memory | None = None
        self._by_code: dict[str, int] = {}
        self._by_meaning: dict[str, list[int]] = {}
        self._weights: dict[str, Weights] = {}
        for situation in (CODED, NAMED):
            self.weigh(situation, knowledge.ranking_of(books.family, situation))

    def plain_numbers(self, measured: Measured) -> Ints:
        """The number of each local name's normalised form; -1 when no entry has it."""
        return self._plain_numbers.find(measured.wordings.plain)

    def weigh(self, situation: str, ranking: Ranking) -> None:
        """Use these weights in this situation from now on."""
        grams = [*self.spaces.standard.grams, *self.spaces.pairs.grams]
        matched, mine, theirs = gram_weights(grams, ranking.grams)
        self._weights[situation] = Weights(
            ranking,
            gain=matched - mine - theirs,
            local=mine,
            reference=np.asarray(self._gram_rows @ theirs, dtype=np.float32),
        )

    def has_place(self, codes: Sequence[str]) -> Flags:
        """Which local codes stand in a chapter of this set."""
        return np.asarray(self._place_book.look_up(codes).chapter >= 0)

    def measure(self, names_and_codes: Sequence[tuple[str, str]]) -> Asked:
        """Local names with their codes, made ready."""
        wordings = self.aliases.read_all([name for name, _ in names_and_codes])
        grams = self.spaces.encode(wordings)
        slots = self.slots.read([slot_text(wording) for wording in wordings])
        figures = Figures.of(wordings, grams, self.spaces)
        places = self._place_book.look_up([code for _, code in names_and_codes])
        return Asked(Measured(wordings, grams, slots, figures), places)

    def teach(self, decisions: Sequence[tuple[str, int, bool]]) -> None:
        """Remember decisions: (local name, reference id, accepted). What came before is forgotten.

        Decisions about entries that are not on this shelf are left out.
        """
        numbers = {one.id: number for number, one in enumerate(self.references)}
        mine = [
            (name, numbers[entry], accepted)
            for name, entry, accepted in decisions
            if entry in numbers
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
        wanted = search_rows(Grams(mine.core_grams, mine.standard_grams, mine.pair_grams), mine)
        rows, targets, found = index.nearest(
            sp.hstack([wanted, places]).tocsr(), self._targets, keep
        )
        weights = self._weights[situation]
        if weights.ranking.trees and keep > CLOSE:
            rows, targets, found = self._closest(
                weights, asked.measured, rows, targets, found, close
            )
        memory = self.memory
        votes = memory.votes(asked.measured) if memory else None
        if memory and votes:
            rows, targets, found = self._with_suggested(
                rows, targets, found, *memory.suggestions(votes[0])
            )
        texts = self.text[targets]
        columns = text_columns(asked.measured, self.names, rows, texts)
        columns |= rival_columns(columns, rows, self.places, targets, found)
        columns |= self._place_columns(asked, rows, targets)
        columns |= self._gram_columns(weights, asked.measured, rows, texts)
        grams = ones(sp.hstack([asked.measured.standard_grams, asked.measured.pair_grams]))
        for level, kinship in self._kinship.items():
            columns |= kinship.columns(grams, rows, targets, level)
        if memory and votes:
            local = ones(asked.measured.standard_grams)[rows]
            apart = only(local, ones(self.names.standard_grams)[texts])
            names = self.name[self.owner[targets]]
            columns |= memory.columns(asked.measured, votes, rows, names, apart)
        outcomes = self.slots.compare(asked.measured.slots, self.names.slots, rows, texts)
        columns |= slot_columns(outcomes)
        trained = bool(weights.ranking.trees)
        raw = weights.ranking.raw(columns, len(rows)) if trained else by_hand(columns)
        return Pairs(rows, targets, columns, outcomes, raw, weights.ranking, votes, memory)

    def _closest(
        self,
        weights: Weights,
        local: Measured,
        rows: Ints,
        targets: Ints,
        found: Floats,
        close: int,
    ) -> tuple[Ints, Ints, Floats]:
        """The neighbours that deserve a close look: learned weights of what they share decide."""
        total = self._gram_columns(weights, local, rows, self.text[targets])["grams"]
        order = np.lexsort((targets, -(total + _FOUND_WEIGHT * found), rows))
        starts = np.searchsorted(rows[order], rows[order])
        kept = np.sort(order[np.arange(len(order)) - starts < close])
        return rows[kept], targets[kept], found[kept]

    def _with_suggested(
        self, rows: Ints, targets: Ints, found: Floats, more: Ints, names: Ints
    ) -> tuple[Ints, Ints, Floats]:
        """The neighbours, and behind those of each local name the entries memory speaks for."""
        there = rows.astype(np.int64) << 32 | self.name[self.owner[targets]]
        new = ~np.isin(more.astype(np.int64) << 32 | names, there)
        all_rows = np.concatenate([rows, more[new]])
        all_targets = np.concatenate([targets, self._row_of_name[names[new]]])
        all_found = np.concatenate([found, np.zeros(int(new.sum()), dtype=np.float32)])
        order = np.argsort(all_rows, kind="stable")
        return all_rows[order], all_targets[order], all_found[order]

    def wording_of(self, target: int) -> Wording:
        """The wording of the name at one row."""
        return self.names.wordings[self.text_of[target]]

    def with_code(self, code: str) -> list[int]:
        """The entry under exactly this code, whatever the other half of its pair."""
        if not self._by_code:
            for number, one in enumerate(self.references):
                self._by_code.setdefault(one.canonical.partition("+")[0].rstrip("*"), number)
        found = self._by_code.get(icd.canonical(code).rstrip("*+"))
        return [] if found is None else [found]

    def with_meaning(self, name: str) -> list[int]:
        """The entries whose standard wording is that of this name, the detailed ones first."""
        if not self._by_meaning:
            for row in self._row_of_name.tolist():
                number = int(self.owner[row])
                standard = self.names.wordings[int(self.text[row])].standard
                self._by_meaning.setdefault(standard, []).append(number)
        return self._by_meaning.get(self.aliases.read(name).standard, [])

    def reference_of(self, target: int) -> ReferenceCode:
        """The entry at one row."""
        return self.references[self._owner_of[target]]

    def _place_columns(self, asked: Asked, rows: Ints, targets: Ints) -> dict[str, Floats]:
        agrees = agreement(asked.places, self.places, rows, targets)
        facts = self._facts[targets]
        columns = [*agrees.T, *facts.T]
        found = dict(zip(PLACE_FEATURES, columns, strict=True))
        found["is_variant"] = self._variant[targets]
        return found

    def _gram_columns(
        self, weights: Weights, measured: Measured, rows: Ints, texts: Ints
    ) -> dict[str, Floats]:
        local = ones(sp.hstack([measured.standard_grams, measured.pair_grams]))
        gain = sp.csr_matrix(
            (weights.gain[local.indices], local.indices, local.indptr), shape=local.shape
        )
        shared = np.asarray(gain[rows].multiply(self._gram_rows[texts]).sum(axis=1)).ravel()
        alone = np.asarray(local @ weights.local, dtype=np.float32)
        total = (shared + alone[rows] + weights.reference[texts]).astype(np.float32)
        starts = np.flatnonzero(np.diff(rows, prepend=-1))
        best = np.repeat(np.maximum.reduceat(total, starts), np.diff(starts, append=len(rows)))
        return {"grams": total, "grams_gap": total - best}
