"""Reference names as weighted characters and character pairs, ready for block-wise search.

The index only finds the neighbourhood. Ranking, slots and the second witness decide in it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
Keys = NDArray[np.int64]

_POINT_BITS = 21
"""So many bits hold any character."""
_SAMPLED = 8
_TOGETHER = 128
"""So many queries are multiplied at once: their similarities to all targets stay in the cache."""
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

    def encode(self, texts: Sequence[str]) -> sp.csr_matrix:
        """One row per text: the weights of its known grams, columns sorted."""
        rows, grams = self._cut(texts)
        columns = self._look_up(grams)
        known = np.flatnonzero(columns >= 0)
        rows, indices = _distinct(rows[known], columns[known])
        pointers = np.zeros(len(texts) + 1, dtype=np.int32)
        np.cumsum(np.bincount(rows, minlength=len(texts)), out=pointers[1:])
        shape = (len(texts), max(1, len(self.keys)))
        indices = indices.astype(np.int32)
        return sp.csr_matrix((self.weights[indices], indices, pointers), shape=shape)

    def unknown_weight(self, texts: Sequence[str]) -> Floats:
        """What the unknown grams of each text would weigh: as much as the rarest known one."""
        heaviest = float(self.weights.max()) if len(self.weights) else 1.0
        rows, grams = self._cut(texts)
        unknown = np.flatnonzero(self._look_up(grams) < 0)
        if not len(unknown):
            return np.zeros(len(texts), dtype=np.float32)
        numbers = np.unique(grams[unknown], return_inverse=True)[1]
        counts = np.bincount(_distinct(rows[unknown], numbers)[0], minlength=len(texts))
        return heaviest * counts.astype(np.float32)

    def _look_up(self, grams: Keys) -> Ints:
        """The column of each gram, -1 for an unknown one."""
        if not len(self.keys):
            return np.full(len(grams), -1, dtype=np.int32)
        at = np.minimum(np.searchsorted(self._sorted, grams), len(self.keys) - 1)
        return np.where(self._sorted[at] == grams, self._columns[at], -1).astype(np.int32)


@dataclass(frozen=True)
class Runs:
    """Equal numbers that lie together, each run of them a group."""

    starts: NDArray[np.int64]
    """Where each group begins."""
    group: NDArray[np.int64]
    """The number of the group at each place."""

    @classmethod
    def of(cls, numbers: Ints | Keys) -> Runs:
        """The runs of a list of numbers."""
        begins = np.empty(len(numbers), dtype=np.bool_)
        begins[:1] = True
        np.not_equal(numbers[1:], numbers[:-1], out=begins[1:])
        return cls(np.flatnonzero(begins), np.cumsum(begins) - 1)

    def best(self, values: Floats) -> Floats:
        """At each place the largest value of its group."""
        highest: Floats = np.maximum.reduceat(values, self.starts)
        return highest[self.group]

    def together(self, values: Floats) -> Floats:
        """At each place the sum of its group."""
        sums: Floats = np.add.reduceat(values, self.starts)
        return sums[self.group]


def _code_points(text: str) -> Keys:
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return points.astype(np.int64)


def _distinct(rows: Keys, columns: Keys | Ints) -> tuple[Keys, Keys]:
    """The distinct places of a table, row by row and in the order of the columns."""
    # Sorting numbers that nearly lie in order beats looking for equal ones.
    places = np.sort(rows << 32 | columns)
    places = places[Runs.of(places).starts]
    return places >> 32, places & 0xFFFFFFFF


def ones(matrix: sp.spmatrix) -> sp.csr_matrix:
    """The same places, every weight 1."""
    rows = matrix.tocsr()
    return with_values(rows, np.ones_like(rows.data))


def with_values(matrix: sp.csr_matrix, values: NDArray[np.generic]) -> sp.csr_matrix:
    """The same places with other values.

    SciPy checks all places of a matrix that is made of its parts, which takes longer than what is
    then done with those of a single name.
    """
    made: sp.csr_matrix = copy.copy(matrix)
    made.data = values
    return made


def row_mass(grams: sp.csr_matrix, unknown: Floats) -> Floats:
    """What all grams of each row weigh together, unknown ones included, squared."""
    total = np.asarray(with_values(grams, grams.data**2).sum(axis=1)).ravel() + unknown**2
    return np.maximum(total, 1e-6).astype(np.float32)


def scale_rows(matrix: sp.csr_matrix, factors: Floats) -> sp.csr_matrix:
    """The matrix with each row multiplied by its factor."""
    return with_values(matrix, matrix.data * np.repeat(factors, np.diff(matrix.indptr)))


def nearest(queries: sp.csr_matrix, targets: sp.csc_matrix, keep: int) -> tuple[Ints, Ints, Floats]:
    """The `keep` most similar targets of each query: (query, target, similarity), best first."""
    if queries.shape[0] <= _TOGETHER:
        return _nearest(queries, targets, keep, 0)
    parts = [
        _nearest(queries[start : start + _TOGETHER], targets, keep, start)
        for start in range(0, queries.shape[0], _TOGETHER)
    ]
    rows, found, similar = zip(*parts, strict=True)
    return np.concatenate(rows), np.concatenate(found), np.concatenate(similar)


def _nearest(
    queries: sp.csr_matrix, targets: sp.csc_matrix, keep: int, start: int
) -> tuple[Ints, Ints, Floats]:
    product = (queries @ targets).tocsr()
    picked_queries: list[Ints] = []
    picked: list[Ints] = []
    values: list[Floats] = []
    for row in range(product.shape[0]):
        begin, end = product.indptr[row], product.indptr[row + 1]
        similar = product.data[begin:end]
        where = product.indices[begin:end]
        if end - begin > _SAMPLED * _SAMPLED * keep:
            # The last one kept of a sample stands no higher than the last one kept of all.
            sample = similar[::_SAMPLED]
            low = np.partition(sample, len(sample) - keep)[len(sample) - keep]
            chosen = np.flatnonzero(similar >= low - _TIED)
            similar, where = similar[chosen], where[chosen]
        if len(similar) > keep:
            # Everything tied with the last kept one stays in until the stable order is known.
            floor = np.partition(similar, len(similar) - keep)[len(similar) - keep]
            chosen = np.flatnonzero(similar >= floor - _TIED)
            similar, where = similar[chosen], where[chosen]
        order = np.lexsort((where, -np.round(similar, 6)))[:keep]
        picked_queries.append(np.full(len(order), start + row, dtype=np.int32))
        picked.append(where[order].astype(np.int32))
        values.append(similar[order])
    return np.concatenate(picked_queries), np.concatenate(picked), np.concatenate(values)
