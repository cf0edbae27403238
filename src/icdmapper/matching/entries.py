"""The entries of a reference set without an object for each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import overload

import numpy as np
from numpy.typing import NDArray

from icdmapper.matching.cache import Parts
from icdmapper.matching.lexicon import Texts
from icdmapper.model.codes import CodeKind, ReferenceCode

_KINDS = tuple(CodeKind)


Head = tuple[int, str, str, bool]
"""What is shown of an entry: id, code, name, and whether it only heads others."""


class Entries(Sequence[ReferenceCode]):
    """What matching needs of each entry; a `ReferenceCode` is made of it when it is asked for."""

    def __init__(self, ids: NDArray[np.int64], parts: Parts) -> None:
        self.ids = ids
        self.codes: Texts = parts["entry_code"]
        self.canonicals: Texts = parts["entry_canonical"]
        self.names: Texts = parts["entry_name"]
        self._kinds: Sequence[int] = parts["entry_kind"].data
        self._headings: Sequence[int] = parts["entry_heading"].data
        self._ids: Sequence[int] = ids.data

    @cached_property
    def _order(self) -> NDArray[np.int32]:
        return np.argsort(self.ids).astype(np.int32)

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, at: int) -> ReferenceCode: ...

    @overload
    def __getitem__(self, at: slice) -> list[ReferenceCode]: ...

    def __getitem__(self, at: int | slice) -> ReferenceCode | list[ReferenceCode]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        return ReferenceCode(
            self._ids[at],
            self.codes[at],
            self.canonicals[at],
            self.names[at],
            _KINDS[self._kinds[at]],
            heading=bool(self._headings[at]),
        )

    def heads(self, places: NDArray[np.int32]) -> list[Head]:
        """What is shown of the entries at these places."""
        found = zip(places.tolist(), self.codes.pick(places), self.names.pick(places), strict=True)
        return [(self._ids[at], code, name, bool(self._headings[at])) for at, code, name in found]

    def find(self, ids: Sequence[int]) -> NDArray[np.int64]:
        """The place of each of these ids, -1 for one that is not here."""
        wanted, order = np.asarray(ids, dtype=np.int64), self._order
        at = np.minimum(np.searchsorted(self.ids, wanted, sorter=order), len(order) - 1)
        return np.where(self.ids[order[at]] == wanted, order[at], -1)


def parts_of(entries: Sequence[ReferenceCode]) -> Parts:
    """The entries as arrays and texts, in their order."""
    return {
        "entry_code": Texts.of([one.code for one in entries]),
        "entry_canonical": Texts.of([one.canonical for one in entries]),
        "entry_name": Texts.of([one.name for one in entries]),
        "entry_kind": np.asarray([_KINDS.index(one.kind) for one in entries], dtype=np.uint8),
        "entry_heading": np.asarray([one.heading for one in entries], dtype=np.uint8),
    }
