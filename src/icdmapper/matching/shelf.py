"""One reference set on the shelf: its names measured, its codes placed, ready to be searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from icdmapper.matching import building, index
from icdmapper.matching.building import kinship_of, lexicon_of, measured_of, places_of, search_rows
from icdmapper.matching.cache import Parts
from icdmapper.matching.entries import Entries
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
from icdmapper.matching.library import Books
from icdmapper.matching.memory import Memory, Votes, ones, only
from icdmapper.matching.places import PLACE_FEATURES, Places, agreement
from icdmapper.matching.ranking import Ranking, by_hand
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

    def __init__(self, ids: Sequence[int], parts: Parts, books: Books) -> None:
        """`ids` are those of the entries that `parts` were built from, in the same order."""
        self.references = Entries(np.asarray(ids, dtype=np.int64)[parts["order"]], parts)
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
        self._codes, self._code_entry = lexicon_of(parts, "code"), parts["code_entry"]
        self._meanings, self._meaning_entry = lexicon_of(parts, "meaning"), parts["meaning_entry"]
        self._weights = {
            situation: Weights(
                ranking, *(parts[f"{situation}_{name}"] for name in ("gain", "local", "reference"))
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
        weighed = building.weigh(ranking, self.spaces, self._gram_rows)
        self._weights[situation] = Weights(ranking, **weighed)

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
        columns |= slot_columns(outcomes, self.slots.ids)
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
        found = self._codes.find([icd.canonical(code).rstrip("*+")])
        return [int(self._code_entry[at]) for at in found if at >= 0]

    def with_meaning(self, name: str) -> list[int]:
        """The entry whose standard wording is that of this name, the most detailed one."""
        found = self._meanings.find([self.aliases.read(name).standard])
        return [int(self._meaning_entry[at]) for at in found if at >= 0]

    def code_of(self, target: int) -> str:
        """The code at one row."""
        return self.references.codes[self._owner_of[target]]

    def canonical_of(self, target: int) -> str:
        """The canonical code at one row."""
        return self.references.canonicals[self._owner_of[target]]

    def name_of(self, target: int) -> str:
        """The name at one row, as the source writes it."""
        return self.references.names[self._owner_of[target]]

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
