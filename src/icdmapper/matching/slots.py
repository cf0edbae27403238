"""Slots: the aspects of a name that similarity averages away (side, behaviour, approach, …).

Each name gets its slot values once, as bits; two names are compared slot by slot with a few bit
operations for a whole block of pairs at a time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from icdmapper.matching.index import Ints
from icdmapper.matching.knowledge import Denials, Slot, SlotValue
from icdmapper.matching.phrases import PhraseBook

Bits = NDArray[np.uint64]
Outcomes = NDArray[np.uint8]

_WORD = 64
_NO_VALUE = -1
_NOT = "非"
"""What follows is not so, unless the data has a value for both together: 非酮症性 denies 酮症."""
_WITHOUT = re.compile(
    "(?:(?<!或)(?:不伴有?|未伴有?)(?:[^;()伴]{1,6}(?:或|和|及|,))?|[不无未副]|(?<![人同分各肉])类)$"
)
"""Denies as well, where a slot says so: 不伴出血, 不切开, and 类鼻疽 is no 鼻疽. 无虹膜 still
speaks of the iris, and 伴或不伴 denies nothing."""
_EITHER = "伴或"
_REACH = 12
"""So many characters before a word are looked at for its denial,"""
_BEFORE = frozenset("不无未类副有伴或和及,")
"""and none where another one than these stands before it."""
_DENIED_LABEL = "非{}"
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
    denied: Bits
    shut_out: Bits
    """What cannot be so beside what is said or denied."""
    labels: Sequence[str]
    """The values of each number, as people read them."""


@dataclass(frozen=True, slots=True)
class _Bits:
    said: Bits
    included: Bits
    denied: Bits
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
        self._own, self._include, self._shut, self._below = self._tables()

    def label_of(self, slot_id: str) -> str:
        """What people call a slot; "" for one that is not in this book."""
        return dict(zip(self.ids, self.labels, strict=True)).get(slot_id, "")

    def read(self, names: Sequence[str]) -> SlotStates:
        """What each name says in every slot."""
        states, lines = self.numbers(names)
        return self.states(states, lines)

    def numbers(self, names: Sequence[str]) -> tuple[Ints, list[str]]:
        """A number per name and slot, and for each number its marks as text."""
        known: dict[tuple[int, ...], int] = {(): 0}
        states = np.zeros((len(names), len(self.slots)), dtype=np.int32)
        slot_at = self._slot_at
        for row, name in enumerate(names):
            said: dict[int, tuple[int, ...]] = {}
            for mark in self._read(name):
                slot = slot_at[_place_of(mark)]
                said[slot] = (*said.get(slot, ()), mark)
            for slot, marks in said.items():
                states[row, slot] = known.setdefault(marks, len(known))
        return states, [",".join(map(str, marks)) for marks in known]

    def states(self, states: Ints, lines: Sequence[str]) -> SlotStates:
        """Names whose numbers are known, ready to be compared."""
        marks = [[int(mark) for mark in line.split(",") if mark] for line in lines]
        bits = self._bits(marks)
        labels = [",".join(map(self._label, here)) for here in marks]
        return SlotStates(states, bits.said, bits.included, bits.denied, bits.shut_out, labels)

    def _label(self, mark: int) -> str:
        label = self._value_at[_place_of(mark)][1].label
        return label if mark >= 0 else _DENIED_LABEL.format(label)

    def _bits(self, marks: Sequence[Sequence[int]]) -> _Bits:
        """The bits of numbers whose marks are known."""
        said = [[mark for mark in here if mark >= 0] for here in marks]
        denied = [[_place_of(mark) for mark in here if mark < 0] for here in marks]
        return _Bits(
            self._gathered(said, self._own),
            self._gathered(said, self._include),
            self._gathered(denied, self._own),
            self._gathered(said, self._shut) | self._gathered(denied, self._below),
        )

    def _gathered(self, places: Sequence[Sequence[int]], table: Bits) -> Bits:
        """The rows of a table at several places each, laid over each other."""
        counts = np.asarray([len(here) for here in places], dtype=np.int64)
        flat = np.asarray([place for here in places for place in here], dtype=np.int64)
        gathered = np.zeros((len(places), self._width), dtype=np.uint64)
        if len(flat):
            filled = np.flatnonzero(counts)
            starts = np.cumsum(counts) - counts
            gathered[filled] = np.bitwise_or.reduceat(table[flat], starts[filled])
        return gathered

    def places(self, name: str) -> list[int]:
        """The bit places of the values a name says.

        In each slot the longest words win, and 单侧 says nothing beside 左.
        """
        return [mark for mark in self._read(name) if mark >= 0]

    def _read_anew(self, name: str) -> tuple[int, ...]:
        """A mark for each value that is said or denied."""
        said: set[int] = set()
        denied: set[int] = set()
        ends = [0] * len(self.slots)
        for at, phrase, meanings in self._book.every(name):
            before = name[at - 1] if at else ""
            if before == "或" and name.endswith(_EITHER, 0, at):
                # 伴或不伴出血 takes both in.
                continue
            is_not = before == _NOT
            without = is_not or (before in _BEFORE and _is_without(name, at))
            for slot, place in meanings:
                if ends[slot] > at:
                    continue
                denials = self.slots[slot].denials
                if is_not and denials is Denials.NONE:
                    # It is not said, and it may all the same be so: 非肺炎性军团病.
                    continue
                ends[slot] = at + len(phrase)
                if is_not or (without and denials is Denials.ALL):
                    denied.add(place)
                else:
                    said.add(place)
        said.discard(_NO_VALUE)
        denied.discard(_NO_VALUE)
        if len(said) > 1:
            said = said.difference(*(self._above[place] for place in said))
        return (*sorted(said), *sorted(map(_denial_of, denied - said)))

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

    def _tables(self) -> tuple[Bits, Bits, Bits, Bits]:
        """For each place its own bit, what it includes, what it shuts out and what lies below."""
        own = np.zeros((max(1, self._width) * _WORD, max(1, self._width)), dtype=np.uint64)
        include, shut, below = np.zeros_like(own), np.zeros_like(own), np.zeros_like(own)
        for place, (number, value) in self._value_at.items():
            places = self._places[number]
            _set(own[place], place)
            for included in (place, *self._above[place]):
                _set(include[place], included)
                _set(below[included], place)
            for other in value.contradicts:
                _set(shut[place], places[other])
                _set(shut[places[other]], place)
        return own, include, shut, below


def _span(bits: SlotStates, numbers: Ints, start: int, end: int) -> _Bits:
    return _Bits(
        bits.said[numbers, start:end],
        bits.included[numbers, start:end],
        bits.denied[numbers, start:end],
        bits.shut_out[numbers, start:end],
    )


def _compare_slot(local: _Bits, reference: _Bits, *, exclusive: bool) -> Outcomes:
    """The outcomes of one slot for pairs where both names say or deny something in it."""
    same = (local.said == reference.said).all(axis=1)
    same &= (local.denied == reference.denied).all(axis=1)
    local_finer = _goes_without(reference, local)
    reference_finer = _goes_without(local, reference)
    shut = (local.shut_out & reference.said & ~local.said).any(axis=1)
    shut |= (reference.shut_out & local.said & ~reference.said).any(axis=1)
    outcome = np.full(len(same), Outcome.DIFFERENT, dtype=np.uint8)
    if exclusive:
        shares = (local.said & reference.included | reference.said & local.included).any(axis=1)
        both_say = local.said.any(axis=1) & reference.said.any(axis=1)
        outcome[~shares & both_say] = Outcome.CONTRADICTS
    outcome[shut] = Outcome.CONTRADICTS
    outcome[reference_finer & ~shut] = Outcome.REFERENCE_FINER
    outcome[local_finer & ~shut] = Outcome.LOCAL_FINER
    outcome[same] = Outcome.SAME
    return outcome


def _is_without(name: str, at: int) -> bool:
    return _WITHOUT.search(name, max(0, at - _REACH), at) is not None


def _goes_without(wide: _Bits, narrow: _Bits) -> NDArray[np.bool_]:
    """Where the wide one says and denies nothing that the narrow one does not imply."""
    more: Bits = (wide.said & ~narrow.included) | (wide.denied & ~narrow.shut_out)
    return np.logical_not(more.any(axis=1))


def _denial_of(place: int) -> int:
    """The mark of a value that is denied; that of one that is said is its place itself."""
    return -2 - place


def _place_of(mark: int) -> int:
    return mark if mark >= 0 else _denial_of(mark)


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
