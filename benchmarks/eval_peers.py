"""The usual ways to find a similar name, asked in the same process on the same rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process

from benchmarks.tasks import Row
from icdmapper.matching import index
from icdmapper.matching.sparse import SparseRows

_DEPTH = 50
_BLOCK = 256
Answers = list[list[str]]


@dataclass(frozen=True)
class Peer:
    """One way; a slow one is asked for a sample of the rows only."""

    name: str
    asking: Callable[[Sequence[str]], Callable[[Sequence[Row]], Answers]]
    slow: bool = False


def _by_scorer(
    scorer: Callable[..., float],
) -> Callable[[Sequence[str]], Callable[[Sequence[Row]], Answers]]:
    def prepare(names: Sequence[str]) -> Callable[[Sequence[Row]], Answers]:
        def ask(rows: Sequence[Row]) -> Answers:
            return [
                [
                    found
                    for found, _, _ in process.extract(row.name, names, scorer=scorer, limit=_DEPTH)
                ]
                for row in rows
            ]

        return ask

    return prepare


def _by_characters(names: Sequence[str]) -> Callable[[Sequence[Row]], Answers]:
    space = index.GramSpace.learn(names, index.characters)

    def unit(texts: Sequence[str]) -> SparseRows:
        grams, _ = space.encode(texts)
        mass = index.row_mass(grams, np.zeros(len(texts), dtype=np.float32))
        return grams.scaled(1 / np.sqrt(mass))

    targets = SparseRows.of(unit(names).matrix.T)

    def ask(rows: Sequence[Row]) -> Answers:
        answers: Answers = []
        for start in range(0, len(rows), _BLOCK):
            block = [row.name for row in rows[start : start + _BLOCK]]
            found: Answers = [[] for _ in block]
            numbers, columns, _ = index.nearest(unit(block), targets, _DEPTH)
            for number, column in zip(numbers, columns, strict=True):
                found[number].append(names[column])
            answers.extend(found)
        return answers

    return ask


PEERS = (
    Peer("rapidfuzz WRatio", _by_scorer(fuzz.WRatio), slow=True),
    Peer("rapidfuzz ratio", _by_scorer(fuzz.ratio)),
    Peer("TF-IDF cosine, characters", _by_characters),
)
