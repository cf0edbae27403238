"""What both names of each pair hold, found once and weighed in many ways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from icdmapper.matching.index import Floats, Ints, with_values


@dataclass(frozen=True)
class Overlap:
    """The grams that both names of each pair hold: one row per pair, one column per gram.

    The numbers in it count the places of `numbered` from 1, so that whatever else is known of
    each place of the reference side can be looked up.
    """

    found: sp.csr_matrix

    @classmethod
    def of(cls, local: sp.csr_matrix, reference: sp.csr_matrix, rows: Ints, texts: Ints) -> Overlap:
        """`local` holds a 1 for each gram of each local name, `reference` is `numbered`."""
        mine = local[rows]
        mine = with_values(mine, mine.data.astype(np.int32))
        return cls(mine.multiply(reference[texts]).tocsr())

    def among(self, pairs: Ints) -> Overlap:
        """That of these pairs only."""
        return Overlap(self.found[pairs])

    def weigh(self, weights: Floats) -> Floats:
        """What the shared grams of each pair weigh together, by a weight per gram.

        Of several weights per gram, one in each column, come as many columns.
        """
        shared = np.ones(self.found.nnz, dtype=np.float32)
        return np.asarray(with_values(self.found, shared) @ weights, dtype=np.float32)

    def weigh_places(self, weights: Floats, starts: Ints, first: Ints) -> Floats:
        """The same by a weight per place.

        `weights` lie name by name as in `numbered`; those of each pair's name start at `starts`,
        and `first` is where its grams start in `numbered`.
        """
        counts = np.diff(self.found.indptr)
        places = self.found.data - 1 + np.repeat(starts - first, counts)
        everywhere = np.ones(self.found.shape[1], dtype=np.float32)
        placed = with_values(self.found, weights[places])
        return np.asarray(placed @ everywhere, dtype=np.float32)


def numbered(grams: sp.csr_matrix) -> sp.csr_matrix:
    """The same places, each holding its number, from 1."""
    return with_values(grams, np.arange(1, grams.nnz + 1, dtype=np.int32))
