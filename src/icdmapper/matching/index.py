"""Reference names as weighted characters and character pairs, ready for block-wise search.

The index only finds the neighbourhood. Ranking, slots and the second witness decide in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from icdmapper.matching.sparse import Room, SparseRows, at_most

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
Keys = NDArray[np.int64]

_POINT_BITS = 21
"""So many bits hold any character."""
_SAMPLED = 8
_TOGETHER = 1 << 19
"""So many products are made at once: more than that would leave the processor's cache."""
_TIED = 1e-6
"""Similarities closer than this are equal; order then comes from the row number."""


def characters(texts: Sequence[str]) -> tuple[Keys, Keys]:
    """Every character of every text: the number of its text, and its own."""
    lengths = [len(text) for text in texts]
    return np.repeat(np.arange(len(texts)), lengths), _code_points("".join(texts))


def character_pairs(texts: Sequence[str]) -> tuple[Keys, Keys]:
    """Every pair of neighbouring characters, with both ends of each text marked."""
    rows, points = characters([f"^{text}$" for text in texts])
    inside = np.flatnonzero(rows[:-1] == rows[1:])
    return rows[inside], points[inside] | points[inside + 1] << _POINT_BITS


Cut = Callable[[Sequence[str]], tuple[Keys, Keys]]
"""Cuts texts into grams: for each gram the number of its text and the number of the gram."""


class GramSpace:
    """The grams known from a set of texts with their weights (rare ones weigh more)."""

    def __init__(self, keys: Keys, weights: Floats, cut: Cut) -> None:
        """`keys` are the numbers of the grams in the order of their columns."""
        self.keys = keys
        self.weights = weights
        self._cut = cut
        self._rarest = float(weights.max()) if len(weights) else 1.0
        order = np.argsort(keys)
        self._columns, self._sorted = order.astype(np.int32), keys[order]

    @classmethod
    def learn(cls, texts: Sequence[str], cut: Cut) -> GramSpace:
        """Count in how many texts each gram stands; the weight falls with the count."""
        rows, grams = cut(texts)
        keys, first, number = np.unique(grams, return_index=True, return_inverse=True)
        # Columns in the order in which the grams appear.
        order = np.argsort(first)
        counts = np.bincount(_distinct(rows, number)[1], minlength=len(keys))
        weights = np.log((1 + len(texts)) / (1 + counts[order])) + 1
        return cls(keys[order], weights.astype(np.float32), cut)

    @property
    def grams(self) -> list[str]:
        """The grams themselves, in the order of their columns."""
        low = (1 << _POINT_BITS) - 1
        return [
            chr(key & low) + (chr(key >> _POINT_BITS) if key > low else "")
            for key in self.keys.tolist()
        ]

    def encode(self, texts: Sequence[str]) -> tuple[SparseRows, Floats]:
        """One row per text with the weights of its known grams, and what its unknown ones weigh.

        Each of those weighs as much as the rarest known one.
        """
        rows, grams = self._cut(texts)
        columns = self._look_up(grams)
        is_known = columns >= 0
        here, places = _distinct(rows[is_known], columns[is_known])
        starts = np.zeros(len(texts) + 1, dtype=np.int32)
        np.bincount(here, minlength=len(texts)).cumsum(out=starts[1:])
        indices = places.astype(np.int32)
        width = max(1, len(self.keys))
        encoded = SparseRows(self.weights[indices], indices, starts, width)
        if len(here) == len(rows):
            return encoded, np.zeros(len(texts), dtype=np.float32)
        return encoded, self._weight_of_strangers(rows[~is_known], grams[~is_known], len(texts))

    def _weight_of_strangers(self, rows: Keys, grams: Keys, count: int) -> Floats:
        numbers = grouped(grams)[1]
        counts = np.bincount(_distinct(rows, numbers)[0], minlength=count)
        return self._rarest * counts.astype(np.float32)

    def _look_up(self, grams: Keys) -> Ints:
        """The column of each gram, -1 for an unknown one."""
        if not len(self.keys):
            return np.full(len(grams), -1, dtype=np.int32)
        at = np.minimum(self._sorted.searchsorted(grams), len(self.keys) - 1)
        return np.where(self._sorted[at] == grams, self._columns[at], -1).astype(np.int32)


class Runs:
    """Equal numbers that lie together, each run of them a group."""

    def __init__(self, numbers: Ints | Keys) -> None:
        self.begins: Flags = _begins(numbers)
        """Whether a group begins at each place."""
        self.starts: Keys = self.begins.nonzero()[0]
        """Where each group begins."""
        self._group: Keys | None = None

    @property
    def group(self) -> Keys:
        """The number of the group at each place."""
        # Not a cached property: that takes a lock each time, which is felt with a single name.
        if self._group is None:
            self._group = self.begins.cumsum() - 1
        return self._group

    def best(self, values: Floats) -> Floats:
        """At each place the largest value of its group."""
        highest: Floats = np.maximum.reduceat(values, self.starts)
        return highest[self.group]

    def together(self, values: Floats) -> Floats:
        """At each place the sum of its group."""
        sums: Floats = np.add.reduceat(values, self.starts)
        return sums[self.group]


def grouped(keys: Keys) -> tuple[Keys, Keys]:
    """The distinct numbers, rising, and for each number which of them it is."""
    order = keys.argsort(kind="stable")
    rising = keys[order]
    begins = _begins(rising)
    which = np.empty(len(keys), dtype=np.int64)
    which[order] = begins.cumsum() - 1
    return rising[begins], which


def _begins(numbers: Ints | Keys) -> Flags:
    """Whether each number is another one than that before it."""
    begins = np.empty(len(numbers), dtype=np.bool_)
    begins[:1] = True
    np.not_equal(numbers[1:], numbers[:-1], out=begins[1:])
    return begins


def _code_points(text: str) -> Keys:
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return points.astype(np.int64)


def _distinct(rows: Keys, columns: Keys | Ints) -> tuple[Keys, Keys]:
    """The distinct places of a table, row by row and in the order of the columns."""
    # Sorting numbers that nearly lie in order beats looking for equal ones.
    places = rows << 32 | columns
    places.sort()
    places = places[_begins(places)]
    return places >> 32, places & 0xFFFFFFFF


def row_mass(grams: SparseRows, unknown: Floats) -> Floats:
    """What all grams of each row weigh together, unknown ones included, squared."""
    total = grams.with_values(grams.values**2).sums() + unknown**2
    return np.maximum(total, 1e-6).astype(np.float32)


def nearest(queries: SparseRows, targets: SparseRows, keep: int) -> tuple[Ints, Ints, Floats]:
    """The `keep` most similar targets of each query: (query, target, similarity), best first.

    `targets` has a column per target and a row per gram.
    """
    most = at_most(queries, targets)
    parts = Runs(np.cumsum(most) // _TOGETHER)
    borders = [*parts.starts.tolist(), len(queries)]
    largest = np.add.reduceat(most, parts.starts).max()
    room = Room.of(int(largest), np.result_type(queries.values, targets.values))
    rows: list[Ints] = []
    found: list[Ints] = []
    similar: list[Floats] = []
    for start, end in pairwise(borders):
        product = queries.part(start, end).times(targets, room)
        for row, values, where in _best_of(product, keep):
            rows.append(np.full(len(where), start + row, dtype=np.int32))
            found.append(where)
            similar.append(values)
    return np.concatenate(rows), np.concatenate(found), np.concatenate(similar)


def _best_of(product: SparseRows, keep: int) -> Iterator[tuple[int, Floats, Ints]]:
    """Each row's number with its largest values and their columns, the largest first."""
    ends = product.starts.tolist()
    for row, (begin, end) in enumerate(pairwise(ends)):
        similar = product.values[begin:end]
        where = product.columns[begin:end]
        if end - begin > _SAMPLED * _SAMPLED * keep:
            # The last one kept of a sample stands no higher than the last one kept of all.
            sample = similar[::_SAMPLED]
            low = np.partition(sample, len(sample) - keep)[len(sample) - keep]
            chosen = (similar >= low - _TIED).nonzero()[0]
            similar, where = similar[chosen], where[chosen]
        if len(similar) > keep:
            # Everything tied with the last kept one stays in until the stable order is known.
            floor = np.partition(similar, len(similar) - keep)[len(similar) - keep]
            chosen = (similar >= floor - _TIED).nonzero()[0]
            similar, where = similar[chosen], where[chosen]
        order = np.lexsort((where, -np.round(similar, 6)))[:keep]
        yield row, similar[order], where[order].astype(np.int32)
