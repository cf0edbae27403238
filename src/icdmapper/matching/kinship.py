"""Kin words: which characters and pairs are at home in which category.

Entries of one category speak of one thing in many words. A word of the local name that the
candidate itself lacks, but that its category neighbours use, speaks for the candidate's place;
the counts come from the reference set alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from icdmapper.matching.index import Floats, Ints, Runs, grouped
from icdmapper.matching.sparse import SparseRows

if TYPE_CHECKING:
    import scipy.sparse as sp

KINSHIP_FEATURES = (
    "category_kin", "category_kin_rest", "category_kin_gap",
    "subcategory_kin", "subcategory_kin_rest", "subcategory_kin_gap",
)  # fmt: skip

_NOTHING = 1e-5
"""Less than this is what rounding leaves of equal sums; the trees ask whether there is more."""
_SMOOTH = 4.0
"""A word seen in one neighbour only says little about the place."""


class Kinship:
    """How much each gram belongs to each place of one level of the classification."""

    def __init__(self, place: Ints, belonging: SparseRows, own: Floats) -> None:
        """`place` is the number of each entry's place, -1 for none.

        `belonging` has a row per place and a column per gram; `own` holds, entry by entry, what
        each of its grams weighs at its place.
        """
        self.place = place
        self.belonging = belonging
        self.own = own

    @classmethod
    def learn(cls, held: SparseRows, places: Ints) -> Kinship:
        """`held` has a 0/1 row per entry, `places` the number of its place, -1 for none."""
        import scipy.sparse as sp  # noqa: PLC0415 - whoever only asks needs it nowhere

        grams = held.matrix
        known = np.flatnonzero(places >= 0)
        numbers, column = np.unique(places[known], return_inverse=True)
        place = np.full(len(places), -1, dtype=np.int32)
        place[known] = column
        count = len(numbers)
        member = sp.csr_matrix(
            (np.ones(len(known), dtype=np.float32), (column, known)), shape=(count, len(places))
        )
        together = (member @ grams).tocsr()
        size = np.maximum(np.asarray(member.sum(axis=1)).ravel(), 1)
        usual = np.asarray(grams.sum(axis=0)).ravel() / max(1, grams.shape[0])
        row = np.repeat(np.arange(count), np.diff(together.indptr))
        expected = usual[together.indices]
        share = (together.data + _SMOOTH * expected) / (size[row] + _SMOOTH)
        together.data = np.maximum(np.log(share / expected), 0).astype(np.float32)
        own = _own_words(grams, together, place)
        together.eliminate_zeros()
        return cls(place, SparseRows.of(together), own)

    def columns(
        self, local: SparseRows, rows: Ints, runs: Runs, targets: Ints, own: Floats
    ) -> list[Floats]:
        """How far each local name, and what of it the candidate lacks, is at home at its place.

        `local` has a 0/1 row per local name, `runs` are those of `rows`, and `own` is what the
        grams shared with each candidate weigh at its place. Three columns, as in
        `KINSHIP_FEATURES`.
        """
        place = self.place[targets]
        # Many candidates of a name stand at one place, which is looked at once.
        keys, line = grouped(rows.astype(np.int64) << 32 | place + 1)
        asked, at = (keys >> 32).astype(np.int32), (keys & 0xFFFFFFFF).astype(np.int32) - 1
        home: Floats = local.pick(asked).shared(self.belonging.pick(np.maximum(at, 0))).sums()
        home[at < 0] = 0
        words: Floats = np.maximum(local.counts, 1).astype(np.float32)[rows]
        total: Floats = home[line] / words
        rest: Floats = total - own / words
        return [total, _rounded(rest), _rounded(total - runs.best(total))]


def _rounded(values: Floats) -> Floats:
    values[np.abs(values) < _NOTHING] = 0
    return values


def _own_words(grams: sp.csr_matrix, together: sp.csr_matrix, place: Ints) -> Floats:
    """What each gram of each entry weighs at its place, in the order in which they lie."""
    together.sort_indices()
    wide = together.shape[1]
    known = np.repeat(np.arange(together.shape[0]), np.diff(together.indptr)) * wide
    wanted = np.repeat(place.astype(np.int64), np.diff(grams.indptr)) * wide + grams.indices
    at = np.searchsorted(known + together.indices, wanted)
    own = together.data[np.minimum(at, len(together.data) - 1)] if together.nnz else wanted * 0
    return np.where(wanted >= 0, own, 0).astype(np.float32)
