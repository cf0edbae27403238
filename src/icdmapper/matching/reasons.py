"""The reasons a coder reads beside a candidate, in the order they are shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from icdmapper.matching.features import slot_text
from icdmapper.matching.index import Ints
from icdmapper.matching.opposites import opposite
from icdmapper.matching.shelf import Asked, Pairs, Shelf
from icdmapper.matching.slots import Outcome, Outcomes, SlotStates
from icdmapper.matching.wording import Used, Wording
from icdmapper.model import names
from icdmapper.model.proposals import Reason, ReasonKind

_KEPT = 4096
"""What repeats within a few blocks; remembering a whole run would cost megabytes."""
_KIND_OF_OUTCOME: dict[int, ReasonKind] = {
    Outcome.CONTRADICTS: ReasonKind.CONTRADICTION,
    Outcome.DIFFERENT: ReasonKind.DIFFERENT,
    Outcome.MISSING_REFERENCE: ReasonKind.MISSING_REFERENCE,
    Outcome.LOCAL_FINER: ReasonKind.MISSING_REFERENCE,
    Outcome.MISSING_LOCAL: ReasonKind.MISSING_LOCAL,
    Outcome.REFERENCE_FINER: ReasonKind.MISSING_LOCAL,
    Outcome.SAME: ReasonKind.SLOT_SAME,
}
_SHOWN_IN_ORDER = (
    ReasonKind.CONTRADICTION,
    ReasonKind.DIFFERENT,
    ReasonKind.MISSING_REFERENCE,
    ReasonKind.MISSING_LOCAL,
    ReasonKind.SLOT_SAME,
)
_UNSHOWN = len(_SHOWN_IN_ORDER)
_ORDER_OF_OUTCOME = np.asarray(
    [
        _SHOWN_IN_ORDER.index(_KIND_OF_OUTCOME[one]) if one in _KIND_OF_OUTCOME else _UNSHOWN
        for one in Outcome
    ],
    dtype=np.uint8,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What one pattern of slot outcomes says of a pair as a whole."""

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
    reasons: tuple[Reason, ...]
    """A reason for each slot that is shown, in the order in which they are."""


@lru_cache(maxsize=_KEPT)
def plan(outcomes: bytes) -> Plan:
    """The plan for the outcomes of all slots, one byte each; patterns repeat over all rows."""
    seen = {Outcome(value) for value in set(outcomes)}
    return Plan(
        Outcome.CONTRADICTS in seen,
        not seen.isdisjoint({Outcome.MISSING_REFERENCE, Outcome.LOCAL_FINER}),
        not seen.isdisjoint({Outcome.MISSING_LOCAL, Outcome.REFERENCE_FINER}),
        not seen <= {Outcome.ABSENT, Outcome.SAME},
    )


_UNBRACKETED = re.compile("[^(（\\[［【]*")
OPPOSITE = "相反"
"""Stands where a slot's label stands, for a contradiction that no slot knows."""
_ALIASES_SHOWN = 2
"""More than that is not read in one glance."""
_SAME_NAME = Reason(ReasonKind.SAME_NAME)
_SIMILAR_NAME = Reason(ReasonKind.SIMILAR_NAME)


class ReasonWriter:
    """Writes the reasons of the chosen pairs of one block.

    What all of them need is read for all of them at once; each is then asked for by its place
    among the chosen ones.
    """

    def __init__(self, shelf: Shelf, asked: Asked, pairs: Pairs, chosen: Ints) -> None:
        self._shelf = shelf
        self._asked = asked
        self._memory = pairs.memory
        self._locals = list(asked.measured.wordings)
        rows, targets = pairs.rows[chosen], pairs.targets[chosen]
        outcomes = pairs.outcomes[chosen]
        width, patterns = outcomes.shape[1], outcomes.tobytes()
        plans = [plan(patterns[at : at + width]) for at in range(0, len(patterns), max(1, width))]
        said = self._of_slots(outcomes, rows, shelf.names.slots, shelf.text[targets])
        wordings = shelf.wordings_of(targets)
        self._entries = [Entry(*one) for one in zip(wordings, plans, said, strict=True)]
        self._votes = [-1] * len(chosen)
        if pairs.votes is not None:
            self._votes = pairs.votes[0].find(rows, shelf.name[shelf.owner[targets]]).tolist()
            self._favour = pairs.votes[0]
        columns = pairs.columns
        # How far the codes agree: 0 unknown, 1 not at all, 2 category, 3 subcategory.
        self._agreement: list[int] = (
            (
                (columns["code_known"][chosen] > 0)
                * (1 + columns["same_category"][chosen] + columns["same_subcategory"][chosen])
            )
            .astype(np.int8)
            .tolist()
        )
        self._canonicals = shelf.canonicals_of(targets)
        self._code_reasons: dict[tuple[bool, str], Reason] = {}

    def local(self, row: int) -> Wording:
        """The wording of a local name of the block."""
        return self._locals[row]

    def entry(self, at: int) -> Entry:
        """The entry of a chosen pair."""
        return self._entries[at]

    def code_agrees(self, at: int) -> bool:
        """Whether the local code's place does not speak against the entry's."""
        return self._agreement[at] != 1

    def known_place(self, at: int) -> bool:
        """Whether the local code stands in the very subcategory of the entry."""
        return self._agreement[at] == 3

    def same_place(self, at: int) -> bool:
        """Whether both codes stand in one subcategory, as far as that can be told.

        Not of procedures: hospitals put the extension behind three digits as behind four, and
        03.402 is 03.4 with 02.
        """
        return self._agreement[at] in (0, 3) or self._canonicals[at][:1].isdigit()

    def write(self, at: int, row: int, entry: Entry) -> tuple[tuple[Reason, ...], tuple[str, ...]]:
        """The reasons of one chosen pair and the labels of the slots that contradict."""
        reasons = (*self._name_reasons(row, entry.wording), *entry.reasons)
        if self._votes[at] >= 0:
            reasons += self._memory_reason(self._votes[at])
        if self._agreement[at]:
            reasons += (self._code_reason(self._agreement[at], self._canonicals[at]),)
        contradictions: tuple[str, ...] = ()
        if entry.plan.contradicts:
            contradictions = tuple(
                one.slot for one in entry.reasons if one.kind is ReasonKind.CONTRADICTION
            )
        return reasons, contradictions

    def with_notes(self, row: int, name: str, entry: Entry) -> Entry:
        """The entry of this name, with what its round brackets add to the name compared.

        Square brackets hold another name, round ones may hold a condition: 阴道固定术 is not yet
        阴道固定术(使用移植物). Where they say nothing in any slot, (EMG) say, nothing is added.
        """
        noted = names.without_synonyms(names.normalise(name))
        if "(" not in noted or entry.wording.plain == noted:
            return entry
        compared = self._compared(row, self._shelf.aliases.read(noted))
        return compared if compared.plan.differs else entry

    def whole(self, row: int, name: str, entry: Entry) -> Entry:
        """The entry of this name with its brackets, where the local name holds the same words.

        乳糜泻(脂泻病) is 乳糜泻[脂泻病], and no more than 乳糜泻.
        """
        if _UNBRACKETED.fullmatch(name):
            return entry
        wording = self._shelf.aliases.read(names.normalise(name))
        same = wording.core == self._locals[row].core
        return self._compared(row, wording) if same else entry

    def with_opposite(self, row: int, entry: Entry) -> Entry:
        """The entry, contradicting where its name says the opposite of the local one."""
        local = self._locals[row]
        if entry.plan.contradicts or local.standard == entry.wording.standard:
            return entry
        found = opposite(local.core, entry.wording.core)
        if found is None:
            return entry
        reason = Reason(ReasonKind.CONTRADICTION, OPPOSITE, *found)
        return Entry(
            entry.wording,
            replace(entry.plan, contradicts=True, differs=True),
            (reason, *entry.reasons),
        )

    def _compared(self, row: int, wording: Wording) -> Entry:
        book = self._shelf.slots
        slots = book.read([slot_text(wording)])
        outcomes = book.compare(self._asked.measured.slots, slots, _one(row), _one(0))
        reasons = self._of_slots(outcomes, _one(row), slots, _one(0))[0]
        return Entry(wording, plan(outcomes.tobytes()), reasons)

    def _name_reasons(self, row: int, reference: Wording) -> tuple[Reason, ...]:
        local = self._locals[row]
        if local.plain == reference.plain:
            return (_SAME_NAME,)
        said = self._alias_reasons(local, reference)
        if local.standard != reference.standard:
            return (_SIMILAR_NAME, *said)
        return said or (_SAME_NAME,)

    def _alias_reasons(self, local: Wording, reference: Wording) -> tuple[Reason, ...]:
        """Where the names write one thing in two ways, or one of them writes a kind of it."""
        aliases = self._shelf.aliases
        mine = () if local.core == local.standard else aliases.used(local.plain)
        theirs = () if reference.core == reference.standard else aliases.used(reference.plain)
        if not mine and not theirs:
            return ()
        left = {one.standard: one for one in theirs if one.written not in local.core}
        found: list[Reason] = []
        for one in mine:
            if one.written in reference.core:
                continue
            other = left.pop(one.standard, None)
            if other is not None or one.standard in reference.standard:
                found += _of_aliases(one, other)
        for other in left.values():
            if other.standard in local.standard:
                found += _of_aliases(None, other)
        # A name may be written with one alias twice: 二尖瓣闭锁不全伴主动脉瓣闭锁不全.
        return tuple(dict.fromkeys(found))[:_ALIASES_SHOWN]

    def _of_slots(
        self, outcomes: Outcomes, rows: Ints, theirs: SlotStates, texts: Ints
    ) -> list[tuple[Reason, ...]]:
        """The reasons the slots of each pair give, in the order in which they are shown."""
        mine, labels = self._asked.measured.slots, self._shelf.slots.labels
        order = _ORDER_OF_OUTCOME[outcomes]
        pair, slot = np.nonzero(order != _UNSHOWN)
        sorting = np.argsort(pair * _UNSHOWN + order[pair, slot], kind="stable")
        pair, slot = pair[sorting], slot[sorting]
        # Most reasons stand in many pairs: each is made once.
        said = np.stack(
            [
                order[pair, slot],
                slot,
                mine.states[rows[pair], slot],
                theirs.states[texts[pair], slot],
            ],
        ).astype(np.int64)
        key = (said[0] << 16 | said[1]) << 44 | said[2] << 22 | said[3]
        _, first, line = np.unique(key, return_index=True, return_inverse=True)
        made = [
            Reason(_SHOWN_IN_ORDER[kind], labels[number], mine.labels[here], theirs.labels[there])
            for kind, number, here, there in said[:, first].T.tolist()
        ]
        reasons = [made[at] for at in line.tolist()]
        ends = np.cumsum(np.bincount(pair, minlength=len(rows))).tolist()
        return [tuple(reasons[start:end]) for start, end in zip([0, *ends], ends, strict=False)]

    def _code_reason(self, agreement: int, canonical: str) -> Reason:
        shown = canonical[: 5 if agreement == 3 else 3]
        agrees = agreement != 1
        reason = self._code_reasons.get((agrees, shown))
        if reason is None:
            kind = ReasonKind.CODE_AGREES if agrees else ReasonKind.CODE_DISAGREES
            reason = self._code_reasons[agrees, shown] = Reason(kind, "", "", shown)
        return reason

    def _memory_reason(self, line: int) -> tuple[Reason, ...]:
        """How many similar decisions speak for the entry, with the nearest as the example."""
        count = int(self._favour.count[line])
        if not count or self._memory is None:
            return ()
        example = self._memory.local.wordings[self._favour.example[line]].plain
        return (Reason(ReasonKind.MEMORY, "", str(count), example),)


def _of_aliases(mine: Used | None, theirs: Used | None) -> Iterator[Reason]:
    """What the alias of either name says, or those of both that lead to the same wording.

    Two one-way aliases lead to one thing from two kinds of it, which are not the same.
    """
    narrower = [one for one in (mine, theirs) if one is not None and one.one_way]
    written = mine.written if mine else theirs.standard if theirs else ""
    standard = theirs.written if theirs else mine.standard if mine else ""
    if not narrower:
        yield Reason(ReasonKind.ALIAS, "", written, standard)
    elif len(narrower) == 1:
        kind = ReasonKind.KIND_OF if narrower[0] is mine else ReasonKind.HAS_KIND
        yield Reason(kind, "", written, standard)
    else:
        for one in narrower:
            kind, here, there = (
                (ReasonKind.KIND_OF, one.written, one.standard)
                if one is mine
                else (ReasonKind.HAS_KIND, one.standard, one.written)
            )
            yield Reason(kind, "", here, there)


def _one(value: int) -> Ints:
    return np.asarray([value], dtype=np.int32)
