"""Kin words: which characters and pairs are at home in which category.

Entries of one category speak of one thing in many words. A word of the local name that the
candidate itself lacks, but that its category neighbours use, speaks for the candidate's place;
the counts come from the reference set alone.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from icdmapper.matching.index import Floats, Ints

KINSHIP_FEATURES = (
    "category_kin", "category_kin_rest", "category_kin_gap",
    "subcategory_kin", "subcategory_kin_rest", "subcategory_kin_gap",
)  # fmt: skip

_TOGETHER = 128
_SMOOTH = 4.0
"""A word seen in one neighbour only says little about the place."""


class Kinship:
    """How much each gram belongs to each place of one level of the classification."""

    def __init__(self, place: Ints, belonging: sp.csr_matrix, own: sp.csr_matrix) -> None:
        """`place` is the number of each entry's place, -1 for none.

        `belonging` has a row per gram and a column per place, `own` a row of grams per entry.
        """
        self.place = place
        self.belonging = belonging
        self.own = own

    @classmethod
    def learn(cls, grams: sp.csr_matrix, places: Ints) -> Kinship:
        """`grams` has a 0/1 row per entry, `places` the number of its place, -1 for none."""
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
        return cls(place, together.T.tocsr(), _own_words(grams, together, place))

    def columns(
        self, local: sp.csr_matrix, rows: Ints, targets: Ints, name: str
    ) -> dict[str, Floats]:
        """How far each local name, and what of it the candidate lacks, is at home at its place.

        `rows` must not fall.
        """
        place = self.place[targets]
        total = np.zeros(len(rows), dtype=np.float32)
        # A few names at a time: the table of all places is wide.
        for start in range(0, local.shape[0], _TOGETHER):
            first, last = np.searchsorted(rows, (start, start + _TOGETHER))
            table = (local[start : start + _TOGETHER] @ self.belonging).toarray()
            total[first:last] = table[rows[first:last] - start, place[first:last]]
        total[place < 0] = 0
        words = np.maximum(np.asarray(local.sum(axis=1)).ravel(), 1)
        total = total / words[rows]
        own = np.asarray(local[rows].multiply(self.own[targets]).sum(axis=1)).ravel()
        rest = total - own / words[rows]
        starts = np.flatnonzero(np.diff(rows, prepend=-1))
        best = np.repeat(np.maximum.reduceat(total, starts), np.diff(starts, append=len(rows)))
        return {
            f"{name}_kin": total.astype(np.float32),
            f"{name}_kin_rest": rest.astype(np.float32),
            f"{name}_kin_gap": (total - best).astype(np.float32),
        }


def _own_words(grams: sp.csr_matrix, together: sp.csr_matrix, place: Ints) -> sp.csr_matrix:
    """Each entry's own grams with what they weigh at its place."""
    # One product row per entry would be wasteful; every own gram stands in its place's row.
    kept = grams.multiply(together[np.maximum(place, 0)]).tocsr()
    keep = (place >= 0).astype(np.float32)
    return (sp.diags(keep) @ kept).tocsr().astype(np.float32)
