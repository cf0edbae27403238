"""Tens of thousands of texts without an object for each: bytes, numbers, and hashes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import pairwise
from typing import overload

import numpy as np
from numpy.typing import NDArray

from icdmapper.matching.index import Ints

_WORTH_JOINING = 64
_CONTINUED = 0x80
"""The upper two bits of a byte of UTF-8 that does not begin a character."""
Hashes = NDArray[np.uint64]
Bytes = NDArray[np.uint8]


class Texts(Sequence[str]):
    """Many texts, one after the other as bytes; a `str` is made of one when it is asked for."""

    def __init__(self, content: Bytes, starts: Ints) -> None:
        """`content` is UTF-8; each text goes from its start to the next one's, the last to the end.

        `starts` has one more number than there are texts.
        """
        self.content = content
        self.starts = starts
        # One element at a time is read faster through a view.
        self._content, self._starts = content.data, starts.data

    @classmethod
    def of(cls, texts: Iterable[str]) -> Texts:
        """These texts."""
        encoded = [text.encode() for text in texts]
        starts = np.zeros(len(encoded) + 1, dtype=np.int32)
        np.cumsum([len(one) for one in encoded], out=starts[1:])
        return cls(np.frombuffer(b"".join(encoded), dtype=np.uint8), starts)

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> list[str]: ...

    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return self.pick(np.arange(*at.indices(len(self))))
        starts = self._starts
        if at < 0:
            at += len(self)
        return str(self._content[starts[at] : starts[at + 1]], "utf-8")

    def pick(self, numbers: Ints | NDArray[np.int64]) -> list[str]:
        """The texts at these places."""
        if len(numbers) < _WORTH_JOINING:
            content, borders = self._content, self._starts
            return [str(content[borders[at] : borders[at + 1]], "utf-8") for at in numbers.tolist()]
        # Decoding the bytes of all of them at once and cutting is faster than decoding each.
        starts, lengths = self.starts[numbers], self.starts[numbers + 1] - self.starts[numbers]
        ends = np.concatenate([[0], np.cumsum(lengths)])
        joined = self.content[np.repeat(starts - ends[:-1], lengths) + np.arange(ends[-1])]
        characters = np.concatenate([[0], np.cumsum((joined & 0xC0) != _CONTINUED)])
        text = joined.tobytes().decode()
        return [text[start:end] for start, end in pairwise(characters[ends].tolist())]


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
        at = np.minimum(self.hashes.searchsorted(hashes), len(self.hashes) - 1)
        hits = (self.hashes[at] == hashes).nonzero()[0]
        found = self.order[at[hits]]
        texts = self.texts.pick(found)
        for place, number, text in zip(hits.tolist(), found.tolist(), texts, strict=True):
            if text == wanted[place]:
                numbers[place] = number
        return numbers


def picked(texts: Sequence[str], numbers: Ints) -> list[str]:
    """The texts at these places, from whatever holds them."""
    if not isinstance(texts, Texts):
        return [texts[at] for at in numbers.tolist()]
    if len(numbers) < _WORTH_JOINING:
        return texts.pick(numbers)
    distinct, places = np.unique(numbers, return_inverse=True)
    found = texts.pick(distinct)
    return [found[at] for at in places.tolist()]


def _hashes(texts: Sequence[str]) -> Hashes:
    # Not Python's own hash, which is another one in each process.
    joined = b"".join(blake2b(text.encode(), digest_size=8).digest() for text in texts)
    return np.frombuffer(joined, dtype=np.uint64)
