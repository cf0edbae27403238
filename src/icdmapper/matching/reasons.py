"""The reasons a coder reads beside a candidate, in the order they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from icdmapper.matching.features import slot_text
from icdmapper.matching.index import Ints
from icdmapper.matching.shelf import Asked, Pairs, Shelf
from icdmapper.matching.slots import Outcome, SlotStates
from icdmapper.matching.wording import Wording
from icdmapper.model import names
from icdmapper.model.proposals import Reason, ReasonKind

_KEPT = 4096
"""What repeats within a few blocks; remembering a whole run would cost megabytes."""
_KIND_OF_OUTCOME: dict[int, ReasonKind] = {
    Outcome.CONTRADICTS: ReasonKind.CONTRADICTION,
    Outcome.MISSING_REFERENCE: ReasonKind.MISSING_REFERENCE,
    Outcome.LOCAL_FINER: ReasonKind.MISSING_REFERENCE,
    Outcome.MISSING_LOCAL: ReasonKind.MISSING_LOCAL,
    Outcome.REFERENCE_FINER: ReasonKind.MISSING_LOCAL,
    Outcome.SAME: ReasonKind.SLOT_SAME,
}
_SHOWN_IN_ORDER = (
    ReasonKind.CONTRADICTION,
    ReasonKind.MISSING_REFERENCE,
    ReasonKind.MISSING_LOCAL,
    ReasonKind.SLOT_SAME,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What one pattern of slot outcomes leads to: slots to show in order, and what they say."""

    shown: tuple[tuple[ReasonKind, int], ...]
    contradicts: bool
    local_says_more: bool
    local_says_less: bool
    differs: bool
    """Whether any slot is not simply the same or absent."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The name of an entry as it is compared: its wording, and what its slots say."""

    wording: Wording
    plan: Plan
    slots: SlotStates
    at: int
    """Its row in `slots`."""


@lru_cache(maxsize=_KEPT)
def plan(outcomes: bytes) -> Plan:
    """The plan for the outcomes of all slots, one byte each; patterns repeat over all rows."""
    found: dict[ReasonKind, list[int]] = {kind: [] for kind in _SHOWN_IN_ORDER}
    seen = {Outcome(value) for value in set(outcomes)}
    for slot, value in enumerate(outcomes):
        kind = _KIND_OF_OUTCOME.get(value) if value else None
        if kind is not None:
            found[kind].append(slot)
    return Plan(
        tuple((kind, slot) for kind, slots in found.items() for slot in slots),
        Outcome.CONTRADICTS in seen,
        not seen.isdisjoint({Outcome.MISSING_REFERENCE, Outcome.LOCAL_FINER}),
        not seen.isdisjoint({Outcome.MISSING_LOCAL, Outcome.REFERENCE_FINER}),
        not seen <= {Outcome.ABSENT, Outcome.SAME},
    )


@lru_cache(maxsize=_KEPT)
def _reason(kind: ReasonKind, slot: str, local: str, reference: str) -> Reason:
    """Reasons repeat over thousands of rows; one object per distinct reason is enough."""
    return Reason(kind, slot, local, reference)


_SAME_NAME = _reason(ReasonKind.SAME_NAME, "", "", "")
_SIMILAR_NAME = _reason(ReasonKind.SIMILAR_NAME, "", "", "")


class ReasonWriter:
    """Writes the reasons of the pairs of one block."""

    def __init__(self, shelf: Shelf, asked: Asked, pairs: Pairs) -> None:
        self._shelf = shelf
        self._asked = asked
        self._pairs = pairs
        self._votes = pairs.votes
        self._locals = list(asked.measured.wordings)
        columns = pairs.columns
        # How far the codes agree: 0 unknown, 1 not at all, 2 category, 3 subcategory.
        self._agreement: list[int] = (
            (
                (columns["code_known"] > 0)
                * (1 + columns["same_category"] + columns["same_subcategory"])
            )
            .astype(np.int8)
            .tolist()
        )

    def local(self, row: int) -> Wording:
        """The wording of a local name of the block."""
        return self._locals[row]

    def target(self, pair: int) -> int:
        """The shelf row of a pair."""
        return int(self._pairs.targets[pair])

    def outcomes(self, pair: int) -> bytes:
        """The outcomes of all slots of a pair."""
        return bytes(self._pairs.outcomes[pair].tobytes())

    def code_agrees(self, pair: int) -> bool:
        """Whether the local code's place does not speak against the entry's."""
        return self._agreement[pair] != 1

    def write(
        self, where: tuple[int, int, int], entry: Entry
    ) -> tuple[tuple[Reason, ...], tuple[str, ...]]:
        """The reasons of one pair and the labels of the slots that contradict.

        `where` is the pair, the local row and the shelf row at which `entry` stands.
        """
        pair, row, target = where
        shown = entry.plan
        reasons = [self._name_reason(row, entry.wording)]
        reasons.extend(self._slot_reason(kind, slot, row, entry) for kind, slot in shown.shown)
        if self._votes is not None:
            reasons.extend(self._memory_reason(row, target))
        agreement = self._agreement[pair]
        if agreement:
            canonical = self._shelf.canonical_of(target)
            kind = ReasonKind.CODE_DISAGREES if agreement == 1 else ReasonKind.CODE_AGREES
            reasons.append(_reason(kind, "", "", canonical[: 5 if agreement == 3 else 3]))
        contradictions: tuple[str, ...] = ()
        if shown.contradicts:
            labels = self._shelf.slots.labels
            contradictions = tuple(
                labels[slot] for kind, slot in shown.shown if kind is ReasonKind.CONTRADICTION
            )
        return tuple(reasons), contradictions

    def with_notes(self, row: int, target: int, entry: Entry) -> Entry:
        """The entry at a shelf row, with what its round brackets add to the name compared.

        Square brackets hold another name, round ones may hold a condition: 阴道固定术 is not yet
        阴道固定术(使用移植物). Where they say nothing in any slot, (EMG) say, nothing is added.
        """
        noted = names.without_synonyms(names.normalise(self._shelf.name_of(target)))
        if "(" not in noted or entry.wording.plain == noted:
            return entry
        wording = self._shelf.aliases.read(noted)
        book = self._shelf.slots
        slots = book.read([slot_text(wording)])
        outcomes = book.compare(self._asked.measured.slots, slots, _one(row), _one(0))
        whole = Entry(wording, plan(outcomes.tobytes()), slots, 0)
        return whole if whole.plan.differs else entry

    def _name_reason(self, row: int, reference: Wording) -> Reason:
        local = self._locals[row]
        if local.plain == reference.plain:
            return _SAME_NAME
        if local.standard != reference.standard:
            return _SIMILAR_NAME
        aliases = self._shelf.aliases
        used = aliases.used(local.plain) or aliases.used(reference.plain)
        written, standard = used[0] if used else (local.core, reference.core)
        return _reason(ReasonKind.ALIAS, "", written, standard)

    def _slot_reason(self, kind: ReasonKind, slot: int, row: int, entry: Entry) -> Reason:
        mine, theirs = self._asked.measured.slots, entry.slots
        return _reason(
            kind,
            self._shelf.slots.labels[slot],
            mine.labels[mine.states[row, slot]],
            theirs.labels[theirs.states[entry.at, slot]],
        )

    def _memory_reason(self, row: int, target: int) -> list[Reason]:
        """How many similar decisions speak for the entry, with the nearest as the example."""
        memory = self._pairs.memory
        if self._votes is None or memory is None:
            return []
        name = self._shelf.name[self._shelf.owner[target]]
        favour = self._votes[0]
        line = int(favour.find(_one(row), _one(int(name)))[0])
        if line < 0 or not favour.count[line]:
            return []
        example = memory.local.wordings[favour.example[line]].plain
        return [_reason(ReasonKind.MEMORY, "", str(favour.count[line]), example)]


def _one(value: int) -> Ints:
    return np.asarray([value], dtype=np.int32)
