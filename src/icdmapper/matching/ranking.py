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

from icdmapper.matching.index import Floats

Split = tuple[str, float]
_FEW, _MANY = 400, 8192


@dataclass(frozen=True, slots=True)
class Tree:
    """A symmetric tree: each split is asked of every pair, the answers together pick a value."""

    splits: tuple[Split, ...]
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
        if rows <= _FEW and self.trees:
            return self._raw_of_few(columns, rows)
        total = np.zeros(rows, dtype=np.float32)
        for start in range(0, rows, _MANY):
            part = {name: column[start : start + _MANY] for name, column in columns.items()}
            self._add(part, total[start : start + _MANY])
        return total

    def _add(self, columns: Mapping[str, Floats], total: Floats) -> None:
        """Add the values of all trees, one after the other, to the score of each pair."""
        rows = len(total)
        splits, trees = self._numbered
        nothing = np.zeros(rows, dtype=np.float32)
        # Eight answers lie in one word and are shifted together; no bit leaves its own byte.
        words = -(-rows // 8)
        answers = np.zeros((len(splits), 8 * words), dtype=np.uint8)
        for line, (name, border) in zip(answers, splits, strict=True):
            np.greater(columns.get(name, nothing), border, out=line[:rows].view(np.bool_))
        packed = answers.view(np.uint64)
        leaves, shifted = np.empty((2, words), dtype=np.uint64)
        leaf = np.empty(rows, dtype=np.intp)
        picked = np.zeros(rows, dtype=np.float32)
        for asked, values in trees:
            leaves[:] = 0
            for bit, split in enumerate(asked):
                np.left_shift(packed[split], np.uint64(bit), out=shifted)
                np.bitwise_or(leaves, shifted, out=leaves)
            leaf[:] = leaves.view(np.uint8)[:rows]
            np.take(values, leaf, out=picked, mode="clip")
            total += picked

    @cached_property
    def _numbered(self) -> tuple[tuple[Split, ...], tuple[tuple[tuple[int, ...], Floats], ...]]:
        """Every distinct split, and each tree as the numbers of its splits with its values."""
        splits = dict.fromkeys(split for tree in self.trees for split in tree.splits)
        at = {split: number for number, split in enumerate(splits)}
        return tuple(splits), tuple(
            (tuple(at[split] for split in tree.splits), tree.values) for tree in self.trees
        )

    def _raw_of_few(self, columns: Mapping[str, Floats], rows: int) -> Floats:
        """The same for a single question: all trees at once instead of one after the other."""
        names, feature, border, power, values = self._tables
        nothing = np.zeros(rows, dtype=np.float32)
        table = np.stack([columns.get(name, nothing) for name in names], axis=1)
        answers = table[:, feature] > border
        leaves = (answers * power).sum(axis=2)
        picked: Floats = values[np.arange(len(self.trees)), leaves]
        return np.asarray(picked.sum(axis=1), dtype=np.float32)

    @cached_property
    def _tables(self) -> tuple[tuple[str, ...], Any, Any, Any, Any]:
        """All trees as arrays: feature, border and bit per split, value per leaf."""
        names = self.features()
        at = {name: number for number, name in enumerate(names)}
        depth = max(len(tree.splits) for tree in self.trees)
        feature = np.zeros((len(self.trees), depth), dtype=np.int64)
        border = np.full((len(self.trees), depth), np.inf, dtype=np.float32)
        values = np.zeros((len(self.trees), 1 << depth), dtype=np.float32)
        for row, tree in enumerate(self.trees):
            for bit, (name, limit) in enumerate(tree.splits):
                feature[row, bit], border[row, bit] = at[name], limit
            values[row, : len(tree.values)] = tree.values
        return names, feature, border, 1 << np.arange(depth), values

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
