"""What both names of each pair hold, found once and weighed in many ways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from icdmapper.matching.index import Floats, Ints
from icdmapper.matching.sparse import SparseRows


@dataclass(frozen=True)
class Overlap:
    """The grams that both names of each pair hold: one row per pair, one column per gram.

    The numbers in it count the places of the reference side from 1, so that whatever else is known
    of each of them can be looked up.
    """

    found: SparseRows

    @classmethod
    def of(cls, local: SparseRows, reference: SparseRows, rows: Ints, texts: Ints) -> Overlap:
        """`local` holds a 1 for each gram of each local name, `reference` is numbered."""
        mine = local.with_values(np.ones(len(local.values), dtype=np.int32)).pick(rows)
        return cls(mine.shared(reference.pick(texts)))

    def among(self, pairs: Ints) -> Overlap:
        """That of these pairs only."""
        return Overlap(self.found.pick(pairs))

    def weigh(self, weights: Floats) -> Floats:
        """What the shared grams of each pair weigh together, by a weight per gram.

        Of several weights per gram, one in each column, come as many columns.
        """
        return self.found.ones().weigh(weights)

    def weigh_places(self, weights: Floats, starts: Ints, first: Ints) -> Floats:
        """The same by a weight per place.

        `weights` lie name by name as in the numbered rows; those of each pair's name start at
        `starts`, and `first` is where its grams start in those rows.
        """
        places = self.found.values - 1 + np.repeat(starts - first, self.found.counts)
        # Added one after the other, as all else that is weighed: each in the only column there is.
        column = np.zeros(len(places), dtype=np.int32)
        placed = SparseRows(weights[places], column, self.found.starts, 1)
        return placed.weigh(np.ones(1, dtype=np.float32))
