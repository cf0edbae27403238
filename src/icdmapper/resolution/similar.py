"""Local codes with a name like this one that have an answer already: how others were decided."""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from icdmapper.model.codes import LocalCode
from icdmapper.model.mapping import ANSWERED, MappingRow
from icdmapper.model.names import normalise
from icdmapper.storage.unit_of_work import Storage, UnitOfWork

LEAST = 0.5
"""Names less alike than this (Dice over pairs of characters) are of no help."""
LOOKED_AT = 120
"""So many of the likest names are asked for their answer."""
_POINT_BITS = 21
"""So many bits hold any character."""


class NameIndex:
    """Finds the names that share most pairs of neighbouring characters."""

    def __init__(self, codes: Sequence[LocalCode]) -> None:
        # As plain numbers in a few long arrays: 27,000 names take two megabytes.
        self._ids = array("q", (code.id for code in codes))
        self._systems = [code.kind.system for code in codes]
        self._lengths = array("i")
        self._pairs, self._starts, self._places = array("q"), array("i"), array("i")
        having: defaultdict[int, list[int]] = defaultdict(list)
        for place, code in enumerate(codes):
            pairs = _pairs(code.name)
            self._lengths.append(len(pairs))
            for pair in pairs:
                having[pair].append(place)
        for pair in sorted(having):
            self._pairs.append(pair)
            self._starts.append(len(self._places))
            self._places.extend(having.pop(pair))
        self._starts.append(len(self._places))

    def alike(self, code: LocalCode, *, limit: int) -> list[tuple[float, int]]:
        """The ids of the likest other codes of the same reference set, the likest first.

        Each with how alike the names are, between `LEAST` and 1.
        """
        own = _pairs(code.name)
        shared: Counter[int] = Counter()
        for pair in own:
            shared.update(self._having(pair))
        system = code.kind.system
        found = [
            (2 * count / (len(own) + self._lengths[place]), self._ids[place])
            for place, count in shared.items()
            if self._ids[place] != code.id and self._systems[place] is system
        ]
        found = [one for one in found if one[0] >= LEAST]
        found.sort(key=lambda one: (-one[0], one[1]))
        return found[:limit]

    def _having(self, pair: int) -> Sequence[int]:
        """The places of the names that hold a pair."""
        at = bisect_left(self._pairs, pair)
        if at == len(self._pairs) or self._pairs[at] != pair:
            return ()
        return self._places[self._starts[at] : self._starts[at + 1]]


class SimilarRows:
    """Answered rows like a given one; keeps its index until the local list is another."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._lock = threading.Lock()
        self._sets: tuple[tuple[int, int], ...] = ()
        self._index = NameIndex(())

    def of(self, local_id: int, *, limit: int) -> tuple[MappingRow, ...]:
        """At most `limit` answered rows, the likest name first."""
        with self._storage.reading() as work:
            alike = self.index(work).alike(work.code_sets.local(local_id), limit=LOOKED_AT)
            mappings = work.mappings.get_many([other for _likeness, other in alike])
            answered = [other for _likeness, other in alike if mappings[other].state in ANSWERED][
                :limit
            ]
            codes = work.code_sets.locals_in_use(answered)
        return tuple(
            MappingRow(other, codes[other].code, codes[other].name, mappings[other])
            for other in answered
        )

    def index(self, work: UnitOfWork) -> NameIndex:
        """The index over the local lists in use now."""
        with self._lock:
            sets = tuple((one.id, one.size) for one in work.code_sets.in_use())
            if sets != self._sets:
                self._index = NameIndex(work.code_sets.local_codes())
                self._sets = sets
            return self._index


def _pairs(name: str) -> set[int]:
    """The pairs of a name as numbers; one character alone, or none, is a number too."""
    points = [ord(one) for one in normalise(name)]
    return {one << _POINT_BITS | other for one, other in pairwise(points)} or {sum(points)}
