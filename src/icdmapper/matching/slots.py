"""Slots: the aspects of a name that similarity averages away (side, behaviour, approach, …).

Each name gets its slot values once, as bits; two names are compared slot by slot with a few bit
operations for a whole block of pairs at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from icdmapper.matching.index import Ints
from icdmapper.matching.knowledge import Slot, SlotValue
from icdmapper.matching.phrases import PhraseBook

Bits = NDArray[np.uint64]
Outcomes = NDArray[np.uint8]

_WORD = 64
_NO_VALUE = -1
_DENIED = "非"
"""What follows is not so: 非急性 says nothing about acuity unless the data has a value for it."""
_READ_LATELY = 2048


class Outcome(IntEnum):
    """How one slot of the local name stands to the same slot of the reference name."""

    ABSENT = 0
    SAME = 1
    MISSING_LOCAL = 2
    MISSING_REFERENCE = 3
    CONTRADICTS = 4
    LOCAL_FINER = 5
    REFERENCE_FINER = 6
    DIFFERENT = 7


@dataclass(frozen=True, slots=True)
class SlotStates:
    """What many names say, slot by slot: `states` has a row per name and a number per slot.

    Equal numbers say the same values; 0 says nothing. The rows of the bits belong to the numbers.
    """

    states: Ints
    said: Bits
    included: Bits
    shut_out: Bits
    labels: Sequence[str]
    """The values of each number, as people read them."""


@dataclass(frozen=True, slots=True)
class _Bits:
    said: Bits
    included: Bits
    shut_out: Bits


class SlotBook:
    """All slots, ready to read names and to compare them."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.slots = tuple(slots)
        self.ids = tuple(slot.id for slot in slots)
        self.labels = tuple(slot.label for slot in slots)
        self._spans: list[tuple[int, int]] = []
        self._places: list[dict[str, int]] = []
        self._values: list[SlotValue] = []
        self._value_at: dict[int, tuple[int, SlotValue]] = {}
        start = 0
        for number, slot in enumerate(self.slots):
            width = max(1, -(-len(slot.values) // _WORD))
            places = {value.id: start * _WORD + at for at, value in enumerate(slot.values)}
            for value in slot.values:
                self._value_at[places[value.id]] = (number, value)
            self._places.append(places)
            self._spans.append((start, start + width))
            start += width
        self._width = start
        self._slot_at = {place: number for place, (number, _) in self._value_at.items()}
        self._book = self._phrase_book()
        # One block of names is read for several shelves.
        self._read = lru_cache(maxsize=_READ_LATELY)(self._read_anew)
        self._above = {
            place: frozenset(self._places[slot][one] for one in _ancestors(self.slots[slot], value))
            for place, (slot, value) in self._value_at.items()
        }
        self._include, self._shut = self._tables()

    def label_of(self, slot_id: str) -> str:
        """What people call a slot; "" for one that is not in this book."""
        return dict(zip(self.ids, self.labels, strict=True)).get(slot_id, "")

    def read(self, names: Sequence[str]) -> SlotStates:
        """What each name says in every slot."""
        states, lines = self.numbers(names)
        return self.states(states, lines)

    def numbers(self, names: Sequence[str]) -> tuple[Ints, list[str]]:
        """A number per name and slot, and for each number its bit places as text."""
        known: dict[tuple[int, ...], int] = {(): 0}
        states = np.zeros((len(names), len(self.slots)), dtype=np.int32)
        slot_at = self._slot_at
        for row, name in enumerate(names):
            said: dict[int, tuple[int, ...]] = {}
            for place in self._read(name):
                slot = slot_at[place]
                said[slot] = (*said.get(slot, ()), place)
            for slot, places in said.items():
                states[row, slot] = known.setdefault(places, len(known))
        return states, [",".join(map(str, places)) for places in known]

    def states(self, states: Ints, lines: Sequence[str]) -> SlotStates:
        """Names whose numbers are known, ready to be compared."""
        places = [[int(place) for place in line.split(",") if place] for line in lines]
        bits = self._bits(places)
        labels = [",".join(self._value_at[place][1].label for place in here) for here in places]
        return SlotStates(states, bits.said, bits.included, bits.shut_out, labels)

    def _bits(self, places: Sequence[Sequence[int]]) -> _Bits:
        """The bits of numbers whose bit places are known."""
        counts = np.asarray([len(here) for here in places], dtype=np.int64)
        flat = np.asarray([place for here in places for place in here], dtype=np.int64)
        rows = np.repeat(np.arange(len(places)), counts)
        said = np.zeros((len(places), self._width), dtype=np.uint64)
        included = np.zeros_like(said)
        shut_out = np.zeros_like(said)
        bits = np.left_shift(np.uint64(1), (flat % _WORD).astype(np.uint64))
        np.bitwise_or.at(said, (rows, flat // _WORD), bits)
        if len(flat):
            filled = np.flatnonzero(counts)
            starts = np.cumsum(counts) - counts
            included[filled] = np.bitwise_or.reduceat(self._include[flat], starts[filled])
            shut_out[filled] = np.bitwise_or.reduceat(self._shut[flat], starts[filled])
        return _Bits(said, included, shut_out)

    def places(self, name: str) -> list[int]:
        """The bit places of the values a name says.

        In each slot the longest words win, and 单侧 says nothing beside 左.
        """
        return list(self._read(name))

    def _read_anew(self, name: str) -> tuple[int, ...]:
        found: set[int] = set()
        ends = [0] * len(self.slots)
        for at, phrase, meanings in self._book.every(name):
            if at and name[at - 1] == _DENIED:
                continue
            for slot, place in meanings:
                if ends[slot] <= at:
                    ends[slot] = at + len(phrase)
                    found.add(place)
        found.discard(_NO_VALUE)
        if len(found) > 1:
            found = found.difference(*(self._above[place] for place in found))
        return tuple(sorted(found))

    def compare(
        self, local: SlotStates, reference: SlotStates, rows: Ints, targets: Ints
    ) -> Outcomes:
        """One row per pair of a local row and a reference row, an `Outcome` per slot."""
        mine, theirs = local.states[rows], reference.states[targets]
        here, there = mine > 0, theirs > 0
        outcomes = np.zeros(mine.shape, dtype=np.uint8)
        outcomes[here & ~there] = Outcome.MISSING_REFERENCE
        outcomes[~here & there] = Outcome.MISSING_LOCAL
        # Most pairs say nothing in most slots; only the others need their bits looked at.
        both = here & there
        for number in np.flatnonzero(both.any(axis=0)).tolist():
            start, end = self._spans[number]
            at = np.flatnonzero(both[:, number])
            outcomes[at, number] = _compare_slot(
                _span(local, mine[at, number], start, end),
                _span(reference, theirs[at, number], start, end),
                exclusive=self.slots[number].exclusive,
            )
        return outcomes

    def _phrase_book(self) -> PhraseBook[tuple[tuple[int, int], ...]]:
        """Every word of every slot with the places it stands for."""
        meanings: dict[str, dict[int, int]] = {}
        for number, slot in enumerate(self.slots):
            for value in slot.values:
                for word in value.not_in:
                    meanings.setdefault(word, {}).setdefault(number, _NO_VALUE)
            for value in slot.values:
                for word in value.words:
                    meanings.setdefault(word, {})[number] = self._places[number][value.id]
        return PhraseBook((word, tuple(places.items())) for word, places in meanings.items())

    def _tables(self) -> tuple[Bits, Bits]:
        include = np.zeros((max(1, self._width) * _WORD, max(1, self._width)), dtype=np.uint64)
        shut = np.zeros_like(include)
        for place, (number, value) in self._value_at.items():
            places = self._places[number]
            for included in (place, *self._above[place]):
                _set(include[place], included)
            for other in value.contradicts:
                _set(shut[place], places[other])
                _set(shut[places[other]], place)
        return include, shut


def _span(bits: SlotStates, numbers: Ints, start: int, end: int) -> _Bits:
    return _Bits(
        bits.said[numbers, start:end],
        bits.included[numbers, start:end],
        bits.shut_out[numbers, start:end],
    )


def _compare_slot(local: _Bits, reference: _Bits, *, exclusive: bool) -> Outcomes:
    """The outcomes of one slot for pairs where both names say something in it."""
    same = (local.said == reference.said).all(axis=1)
    local_finer = ~(reference.said & ~local.included).any(axis=1)
    reference_finer = ~(local.said & ~reference.included).any(axis=1)
    shut = (local.shut_out & reference.said & ~local.said).any(axis=1)
    shut |= (reference.shut_out & local.said & ~reference.said).any(axis=1)
    outcome = np.full(len(same), Outcome.DIFFERENT, dtype=np.uint8)
    if exclusive:
        shares = (local.said & reference.included | reference.said & local.included).any(axis=1)
        outcome[~shares] = Outcome.CONTRADICTS
    outcome[shut] = Outcome.CONTRADICTS
    outcome[reference_finer & ~shut] = Outcome.REFERENCE_FINER
    outcome[local_finer & ~shut] = Outcome.LOCAL_FINER
    outcome[same] = Outcome.SAME
    return outcome


def _ancestors(slot: Slot, value: SlotValue) -> list[str]:
    """Every value above one, whichever way it is reached."""
    by_id = {other.id: other for other in slot.values}
    found: list[str] = []
    above = list(value.parents)
    while above:
        one = above.pop()
        if one not in found:
            found.append(one)
            above.extend(by_id[one].parents)
    return found


def _set(row: Bits, place: int) -> None:
    word, bit = divmod(place, _WORD)
    row[word] |= np.uint64(1 << bit)
