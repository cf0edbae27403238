"""Tens of thousands of texts without an object for each: one long string, numbers, and hashes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import overload

import numpy as np
from numpy.typing import NDArray

from icdmapper.matching.index import Ints

Hashes = NDArray[np.uint64]


class Texts(Sequence[str]):
    """Many texts without line breaks, one after the other in one string."""

    def __init__(self, joined: str, count: int) -> None:
        """`joined` holds `count` texts with a line break between each two."""
        self.joined = joined
        signs = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32)
        breaks = np.flatnonzero(signs == ord("\n")) + 1
        starts = np.concatenate([[0], breaks, [len(joined) + 1]])[: count + 1 if count else 1]
        if len(starts) != max(count + 1, 1):
            raise ValueError("not so many texts")
        self._starts = starts.astype(np.int32).data

    @classmethod
    def of(cls, texts: Sequence[str]) -> Texts:
        """These texts."""
        return cls("\n".join(texts), len(texts))

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> list[str]: ...

    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return self.pick(range(*at.indices(len(self))))
        starts = self._starts
        at = at if at >= 0 else at + len(self)
        return self.joined[starts[at] : starts[at + 1] - 1]

    def pick(self, numbers: Iterable[int]) -> list[str]:
        """The texts at these places."""
        joined, starts = self.joined, self._starts
        return [joined[starts[at] : starts[at + 1] - 1] for at in numbers]


class Lexicon:
    """Says which number a text has. A hash finds it, the text itself confirms it."""

    def __init__(self, texts: Texts, order: Ints, hashes: Hashes) -> None:
        """`order` are the numbers of the texts in the order of `hashes`, which rise."""
        self.texts = texts
        self.order = order
        self.hashes = hashes

    @classmethod
    def of(cls, texts: Sequence[str]) -> Lexicon:
        """Numbers for distinct texts, in their order."""
        hashes = _hashes(texts)
        order = np.argsort(hashes, kind="stable")
        return cls(Texts.of(texts), order.astype(np.int32), hashes[order])

    def find(self, wanted: Sequence[str]) -> Ints:
        """The number of each wanted text, -1 for one that is not there."""
        numbers = np.full(len(wanted), -1, dtype=np.int32)
        if not len(self.texts):
            return numbers
        hashes = _hashes(wanted)
        at = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        hits = np.flatnonzero(self.hashes[at] == hashes)
        found = self.order[at[hits]].tolist()
        for place, number, text in zip(hits.tolist(), found, self.texts.pick(found), strict=True):
            if text == wanted[place]:
                numbers[place] = number
        return numbers


def picked(texts: Sequence[str], numbers: Ints) -> list[str]:
    """The texts at these places, from whatever holds them."""
    places: list[int] = numbers.tolist()
    return texts.pick(places) if isinstance(texts, Texts) else [texts[at] for at in places]


def _hashes(texts: Sequence[str]) -> Hashes:
    # Not Python's own hash, which is another one in each process.
    joined = b"".join(blake2b(text.encode(), digest_size=8).digest() for text in texts)
    return np.frombuffer(joined, dtype=np.uint64)
