"""Reference names as weighted characters and character pairs, ready for block-wise search.

The index only finds the neighbourhood. Ranking, slots and the second witness decide in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

_SAMPLED = 8
_TOGETHER = 128
"""So many queries are multiplied at once: their similarities to all targets stay in the cache."""
_TIED = 1e-6
"""Similarities closer than this are equal; order then comes from the row number."""


def characters(text: str) -> list[str]:
    """The distinct characters of a text, in order."""
    return list(dict.fromkeys(text))


def character_pairs(text: str) -> list[str]:
    """The distinct pairs of neighbouring characters, with both ends of the text marked."""
    framed = f"^{text}$"
    return list(dict.fromkeys(framed[at : at + 2] for at in range(len(framed) - 1)))


def characters_and_pairs(text: str) -> list[str]:
    """Characters and inner pairs together."""
    return characters(text) + character_pairs(text)[1:-1]


@dataclass(frozen=True, slots=True)
class GramSpace:
    """The grams known from a set of texts with their weights (rare ones weigh more)."""

    columns: dict[str, int]
    weights: Floats
    cut: Callable[[str], list[str]]

    @classmethod
    def learn(cls, texts: Sequence[str], cut: Callable[[str], list[str]]) -> GramSpace:
        """Count in how many texts each gram stands; the weight falls with the count."""
        columns: dict[str, int] = {}
        seen: list[int] = []
        for text in texts:
            seen.extend(columns.setdefault(gram, len(columns)) for gram in cut(text))
        counts = np.bincount(np.asarray(seen, dtype=np.int64), minlength=len(columns))
        weights = np.log((1 + len(texts)) / (1 + counts)) + 1
        return cls(columns, weights.astype(np.float32), cut)

    def encode(self, texts: Sequence[str]) -> sp.csr_matrix:
        """One row per text: the weights of its known grams, columns sorted."""
        known = self.columns
        starts = [0]
        found: list[int] = []
        for text in texts:
            found.extend(sorted(known[gram] for gram in self.cut(text) if gram in known))
            starts.append(len(found))
        indices = np.asarray(found, dtype=np.int32)
        pointers = np.asarray(starts, dtype=np.int32)
        shape = (len(texts), max(1, len(known)))
        return sp.csr_matrix((self.weights[indices], indices, pointers), shape=shape)

    def unknown_weight(self, texts: Sequence[str]) -> Floats:
        """What the unknown grams of each text would weigh: as much as the rarest known one."""
        heaviest = float(self.weights.max()) if len(self.weights) else 1.0
        known = self.columns
        counts = [sum(gram not in known for gram in self.cut(text)) for text in texts]
        return heaviest * np.asarray(counts, dtype=np.float32)


def row_mass(grams: sp.csr_matrix, unknown: Floats) -> Floats:
    """What all grams of each row weigh together, unknown ones included, squared."""
    total = np.asarray(grams.multiply(grams).sum(axis=1)).ravel() + unknown**2
    return np.maximum(total, 1e-6).astype(np.float32)


def scale_rows(matrix: sp.csr_matrix, factors: Floats) -> sp.csr_matrix:
    """The matrix with each row multiplied by its factor."""
    data = matrix.data * np.repeat(factors, np.diff(matrix.indptr))
    return sp.csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def nearest(queries: sp.csr_matrix, targets: sp.csc_matrix, keep: int) -> tuple[Ints, Ints, Floats]:
    """The `keep` most similar targets of each query: (query, target, similarity), best first."""
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
