"""Memory: what this hospital decided before, as evidence for what comes.

Nothing here decides. An accepted decision adds the local name to the names of its entry; close
neighbours vote for their entries; and from all of them the hospital's habits are counted: which
characters it writes that entries leave out, and what it writes for what. A refusal speaks against
the same entry for the same or a very similar name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from icdmapper.matching import index
from icdmapper.matching.features import Measured
from icdmapper.matching.index import Flags, Floats, GramSpace, Ints, grouped
from icdmapper.matching.sparse import SparseRows

MEMORY_FEATURES = (
    "memory_size", "memory_same", "memory_best", "memory_vote", "memory_lead", "memory_known",
    "memory_refused", "habit_drop", "habit_add", "habit_reword", "habit_unexplained",
)  # fmt: skip

_NEIGHBOURS = 24
_SHARPNESS = 10.0
_SUGGESTED = 8
_REFUSED_FROM = 0.9
_LIKE = 0.15
"""A decision on a name less like this suggests no entry. Where little was decided yet, the nearest
decision is about something else altogether: 风湿性舞蹈病 for 猫抓病."""
_SMOOTH = 3.0
"""Habits seen fewer times than this hardly count: the brake on learning from single rows."""


@dataclass(frozen=True)
class Votes:
    """What the neighbours of a block's names speak for: one line per (local row, name number)."""

    keys: np.ndarray[tuple[int], np.dtype[np.int64]]
    best: Floats
    share: Floats
    count: Ints
    example: Ints

    def find(self, rows: Ints, names: Ints) -> Ints:
        """The line of each pair, -1 when there is none."""
        if not len(self.keys):
            return np.full(len(rows), -1, dtype=np.int32)
        wanted = rows.astype(np.int64) << 32 | names
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[at] == wanted, at, -1).astype(np.int32)


class Memory:
    """Decisions about one shelf: measured local names, the entry name each was given or refused."""

    def __init__(
        self,
        local: Measured,
        names: Ints,
        accepted: Flags,
        reference: Measured,
        reference_texts: Ints,
    ) -> None:
        self.local = local
        self._names = names
        self._accepted = accepted
        # Its own weights: an equal name must find itself whatever the reference names hold.
        self._characters = GramSpace.learn(local.cores, index.characters)
        self._pairs = GramSpace.learn(local.cores, index.character_pairs)
        self._targets = self._unit_rows(local.cores).turned()
        self.size = int(accepted.sum())
        self._learn_habits(local, reference, reference_texts, accepted)

    def votes(self, asked: Measured) -> tuple[Votes, Votes]:
        """The votes for and against, from the nearest earlier names."""
        rows, found, similar = index.nearest(
            self._unit_rows(asked.cores), self._targets, _NEIGHBOURS
        )
        for_it = self._accepted[found]
        strong = ~for_it & (similar >= _REFUSED_FROM)
        return (
            _count(rows[for_it], self._names[found[for_it]], similar[for_it], found[for_it]),
            _count(rows[strong], self._names[found[strong]], similar[strong], found[strong]),
        )

    def columns(
        self, asked: Measured, votes: tuple[Votes, Votes], rows: Ints, names: Ints,
        pair_grams: tuple[SparseRows, SparseRows],
    ) -> dict[str, Floats]:  # fmt: skip
        """What memory says about each pair, by name of the figure."""
        favour, against = votes
        line = favour.find(rows, names)
        best = _values(favour.best, line)
        strongest = np.zeros(len(asked.wordings), dtype=np.float32)
        voters = (favour.keys >> 32).astype(np.int32)
        np.maximum.at(strongest, voters, favour.best)
        return {
            "memory_size": np.full(len(rows), np.log1p(self.size), dtype=np.float32),
            "memory_same": (best > 0.999).astype(np.float32),
            "memory_best": best,
            "memory_vote": _values(favour.share, line),
            "memory_lead": best - strongest[rows],
            "memory_known": np.log1p(_values(favour.count, line)),
            "memory_refused": _values(against.best, against.find(rows, names)),
            **self._habit_columns(*pair_grams),
        }

    def suggestions(self, favour: Votes) -> tuple[Ints, Ints]:
        """Entries that similar names were given, as (local row, name number): best few of each."""
        like = np.flatnonzero(favour.best >= _LIKE)
        keys, share = favour.keys[like], favour.share[like]
        rows = (keys >> 32).astype(np.int32)
        order = np.lexsort((-share, rows))
        starts = np.searchsorted(rows[order], rows[order])
        kept = order[np.arange(len(order)) - starts < _SUGGESTED]
        return rows[kept], (keys[kept] & 0xFFFFFFFF).astype(np.int32)

    def _unit_rows(self, texts: Sequence[str]) -> SparseRows:
        parts = []
        for space in (self._characters, self._pairs):
            grams, unknown = space.encode(texts)
            mass = index.row_mass(grams, unknown)
            parts.append(grams.scaled(np.sqrt(np.float32(0.5) / mass)))
        characters, pairs = parts
        return characters.beside(pairs)

    def _learn_habits(
        self, local: Measured, reference: Measured, texts: Ints,
        accepted: Flags,
    ) -> None:  # fmt: skip
        mine = local.grams.standard.ones().pick(np.flatnonzero(accepted))
        theirs = reference.grams.standard.pick(texts[accepted]).ones()
        only_mine, only_theirs = only(mine, theirs)
        dropped, written, added, standing = (
            part.turned().sums() for part in (only_mine, mine, only_theirs, theirs)
        )
        usual_drop = dropped.sum() / max(1.0, written.sum())
        usual_add = added.sum() / max(1.0, standing.sum())
        self._drop = np.log((dropped + _SMOOTH * usual_drop) / (written + _SMOOTH) + 1e-3)
        self._add = np.log((added + _SMOOTH * usual_add) / (standing + _SMOOTH) + 1e-3)
        together = only_mine.turned().times(only_theirs)
        self._reword = together.scaled(1 / (dropped + _SMOOTH))

    def _habit_columns(self, only_mine: SparseRows, only_theirs: SparseRows) -> dict[str, Floats]:
        explained = only_mine.times(self._reword)
        explained = explained.with_values(np.minimum(explained.values, 1.0))
        reworded = explained.shared(only_theirs).sums()
        return {
            "habit_drop": only_mine.weigh(self._drop).astype(np.float32),
            "habit_add": only_theirs.weigh(self._add).astype(np.float32),
            "habit_reword": reworded,
            "habit_unexplained": only_theirs.sums() - reworded,
        }


def only(left: SparseRows, right: SparseRows) -> tuple[SparseRows, SparseRows]:
    """What stands in the left rows only, and in the right rows only; both hold ones."""
    both = left.shared(right)
    return left.without(both), right.without(both)


def _values(values: Floats | Ints, line: Ints) -> Floats:
    """The value at each line, 0 where there is none."""
    if not len(values):
        return np.zeros(len(line), dtype=np.float32)
    return np.where(line >= 0, values[line], 0).astype(np.float32)


def _count(rows: Ints, names: Ints, similar: Floats, found: Ints) -> Votes:
    keys, line = grouped(rows.astype(np.int64) << 32 | names)
    best = np.zeros(len(keys), dtype=np.float32)
    np.maximum.at(best, line, similar)
    weight = np.exp(_SHARPNESS * (similar - 1))
    total = np.bincount(line, weight, minlength=len(keys))
    voters = (keys >> 32).astype(np.int64)
    everyone = np.bincount(voters, total, minlength=int(voters.max(initial=0)) + 1)
    order = np.lexsort((found, -similar, line))
    first = order[np.searchsorted(line[order], np.arange(len(keys)))]
    return Votes(
        keys,
        best,
        (total / np.maximum(everyone[voters], 1e-9)).astype(np.float32),
        np.bincount(line, similar > 0.5, minlength=len(keys)).astype(np.int32),
        found[first].astype(np.int32),
    )
