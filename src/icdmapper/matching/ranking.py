"""Ranking: named figures in, a score per pair out.

Two parts, both shipped as figures under `resources/matching/`: a weight for every character and
character pair (what it says when both names hold it, or only one of them), and small symmetric
trees over the named features. `benchmarks/train.py` makes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from icdmapper.matching.index import Floats
from icdmapper.matching.sparse import SparseRows

Split = tuple[str, float]
_TOGETHER = 256
"""So many pairs are asked at once: their answers stay in the cache."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A symmetric tree: each split is asked of every pair, the answers together pick a value."""

    splits: tuple[Split, ...]
    values: Floats


@dataclass(frozen=True)
class _Tables:
    """All trees of a ranking, so that a few steps over arrays ask them all."""

    asked: Sequence[str]
    """The features in the order in which their borders lie."""
    of_feature: NDArray[np.int64]
    """For each border the number of its feature."""
    borders: Floats
    powers: SparseRows
    """A row per tree, a column per border, in it what the answer adds to the leaf's number."""
    first: NDArray[np.int64]
    """Where the values of each tree begin."""
    values: Floats


@dataclass(frozen=True)
class Ranking:
    """The weights for one family of names in one situation: with a local code, or without."""

    family: str
    situation: str
    grams: Mapping[str, tuple[float, float, float]]
    """Per character or pair: weight when in both names, only in the local, only in the other."""
    trees: tuple[Tree, ...]
    curve: tuple[tuple[float, float], ...]
    """Raw score to share of right answers, rising; what lies between is interpolated."""

    def features(self) -> tuple[str, ...]:
        """The features the trees ask for, in stable order."""
        return tuple(sorted({name for tree in self.trees for name, _ in tree.splits}))

    def raw(self, columns: Mapping[str, Floats], rows: int) -> Floats:
        """The score of each pair; a feature this program does not compute counts as zero."""
        total = np.zeros(rows, dtype=np.float32)
        if not self.trees:
            return total
        tables, most = self._tables, min(rows, _TOGETHER)
        wide = np.zeros((len(tables.asked), rows), dtype=np.float32)
        for line, name in zip(wide, tables.asked, strict=True):
            line[:] = columns.get(name, 0)
        for start in range(0, rows, _TOGETHER):
            # The last part has fewer new pairs than the others: it takes old ones in again, so that
            # what is added up does not depend on how many come together.
            here = slice(max(0, min(start, rows - most)), min(start + _TOGETHER, rows))
            asked = np.take(wide[:, here], tables.of_feature, axis=0) > tables.borders[:, None]
            # A tree's answers as one number, its leaf; the leaves of all trees lie in one line.
            leaves = tables.powers.weigh(asked.view(np.uint8)) + tables.first[:, None]
            total[here] = tables.values[leaves].sum(axis=0)
        return total

    @cached_property
    def _tables(self) -> _Tables:
        splits = sorted({split for tree in self.trees for split in tree.splits})
        at = {split: number for number, split in enumerate(splits)}
        names = list(dict.fromkeys(name for name, _ in splits))
        asked = [
            (number, at[split], 1 << bit)
            for number, tree in enumerate(self.trees)
            for bit, split in enumerate(tree.splits)
        ]
        tree, split, power = np.asarray(asked, dtype=np.int64).reshape(-1, 3).T
        sizes = [len(tree.values) for tree in self.trees]
        return _Tables(
            names,
            np.asarray([names.index(name) for name, _ in splits], dtype=np.int64),
            np.asarray([border for _, border in splits], dtype=np.float32),
            SparseRows.placed(tree, split, power.astype(np.uint8), (len(self.trees), len(splits))),
            np.cumsum([0, *sizes[:-1]]),
            np.concatenate([tree.values for tree in self.trees]),
        )

    def share(self, raw: Floats) -> Floats:
        """The raw score as a share of right answers, between 0 and 1."""
        if not self.curve:
            return np.clip(raw, 0, 1)
        knots = np.asarray(self.curve, dtype=np.float32)
        return np.interp(raw, knots[:, 0], knots[:, 1]).astype(np.float32)


def read_ranking(kept: Mapping[str, Any]) -> Ranking:
    """The ranking that was read from a JSON text."""
    return Ranking(
        family=kept["family"],
        situation=kept["situation"],
        grams={gram: tuple(weights) for gram, weights in kept["grams"].items()},
        trees=tuple(
            Tree(
                tuple((name, float(border)) for name, border in tree["splits"]),
                np.asarray(tree["values"], dtype=np.float32),
            )
            for tree in kept["trees"]
        ),
        curve=tuple((float(raw), float(share)) for raw, share in kept["curve"]),
    )


def trees_to_text(ranking: Ranking) -> str:
    """A ranking without what its grams weigh, as it is kept beside the index."""
    trees = [{"splits": tree.splits, "values": tree.values.tolist()} for tree in ranking.trees]
    kept = {"family": ranking.family, "situation": ranking.situation, "grams": {}}
    return json.dumps(kept | {"trees": trees, "curve": ranking.curve})


CODED = "coded"
"""The local code is known and has a place in the classification."""
NAMED = "named"
"""There is only a name."""
UNTRAINED = Ranking("", "", {}, (), ())
"""What is used when nothing is shipped for a family: similarity and code decide alone."""


def by_hand(columns: Mapping[str, Floats]) -> Floats:
    """The score without trained weights: similar names first, the same place in the code next."""
    total = columns["cosine"] + 0.3 * columns["same_category"] + 0.3 * columns["same_subcategory"]
    return np.asarray(total / 1.6, dtype=np.float32)


def gram_weights(
    grams: Sequence[str], weights: Mapping[str, tuple[float, float, float]]
) -> tuple[Floats, Floats, Floats]:
    """The three weights of each gram of a space; 0 for a gram without any."""
    nothing = (0.0, 0.0, 0.0)
    table = np.asarray([weights.get(gram, nothing) for gram in grams], dtype=np.float32)
    table = table.reshape(len(grams), 3)
    return table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy()
