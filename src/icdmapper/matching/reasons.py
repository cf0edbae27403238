"""The reasons a coder reads beside a candidate, in the order they are shown."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from icdmapper.matching.shelf import Asked, Pairs, Shelf
from icdmapper.matching.slots import Outcome
from icdmapper.matching.wording import Wording
from icdmapper.model.proposals import Reason, ReasonKind

_KIND_OF_OUTCOME = {
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


@lru_cache(maxsize=65_536)
def _reason(kind: ReasonKind, slot: str, local: str, reference: str) -> Reason:
    """Reasons repeat over thousands of rows; one object per distinct reason is enough."""
    return Reason(kind, slot, local, reference)


class ReasonWriter:
    """Writes the reasons of the pairs of one block."""

    def __init__(self, shelf: Shelf, asked: Asked, pairs: Pairs) -> None:
        self._shelf = shelf
        self._asked = asked
        self._columns = pairs.columns
        self._votes = pairs.votes

    def local(self, row: int) -> Wording:
        """The wording of a local name of the block."""
        return self._asked.measured.wordings[row]

    def code_agrees(self, pair: int) -> bool:
        """Whether the local code's place does not speak against the entry's."""
        known = self._columns["code_known"][pair] > 0
        return not known or self._columns["same_category"][pair] > 0

    def write(
        self, pair: int, row: int, target: int, outcomes: list[int]
    ) -> tuple[tuple[Reason, ...], tuple[str, ...]]:
        """The reasons of one pair and the labels of the slots that contradict."""
        reasons = [self._name_reason(row, target)]
        by_kind: dict[ReasonKind, list[Reason]] = {}
        for slot, outcome in enumerate(outcomes):
            kind = _KIND_OF_OUTCOME.get(Outcome(outcome)) if outcome else None
            if kind is not None:
                by_kind.setdefault(kind, []).append(self._slot_reason(kind, slot, row, target))
        for kind in _SHOWN_IN_ORDER:
            reasons.extend(by_kind.get(kind, ()))
        memory = self._memory_reason(row, target)
        if memory is not None:
            reasons.append(memory)
        code = self._code_reason(pair, target)
        if code is not None:
            reasons.append(code)
        contradictions = by_kind.get(ReasonKind.CONTRADICTION, ())
        return tuple(reasons), tuple(reason.slot for reason in contradictions)

    def _name_reason(self, row: int, target: int) -> Reason:
        local, reference = self.local(row), self._shelf.wording_of(target)
        if local.plain == reference.plain:
            return _reason(ReasonKind.SAME_NAME, "", "", "")
        if local.standard == reference.standard:
            used = self._shelf.aliases.used(local.plain) or self._shelf.aliases.used(
                reference.plain
            )
            written, standard = used[0] if used else (local.core, reference.core)
            return _reason(ReasonKind.ALIAS, "", written, standard)
        return _reason(ReasonKind.SIMILAR_NAME, "", "", "")

    def _slot_reason(self, kind: ReasonKind, slot: int, row: int, target: int) -> Reason:
        slots, shelf = self._shelf.slots, self._shelf
        mine = slots.values(self._asked.measured.slots.places[row], slot)
        theirs = slots.values(shelf.names.slots.places[shelf.text[target]], slot)
        return _reason(kind, slots.labels[slot], mine, theirs)

    def _memory_reason(self, row: int, target: int) -> Reason | None:
        """How many similar decisions speak for the entry, with the nearest as the example."""
        if self._votes is None or self._shelf.memory is None:
            return None
        name = self._shelf.name[self._shelf.owner[target]]
        key = np.asarray([row], dtype=np.int32), np.asarray([name], dtype=np.int32)
        line = int(self._votes[0].find(*key)[0])
        if line < 0 or not self._votes[0].count[line]:
            return None
        example = self._shelf.memory.local.wordings[self._votes[0].example[line]].plain
        return _reason(ReasonKind.MEMORY, "", str(self._votes[0].count[line]), example)

    def _code_reason(self, pair: int, target: int) -> Reason | None:
        if not self._columns["code_known"][pair]:
            return None
        reference = self._shelf.reference_of(target)
        if self._columns["same_subcategory"][pair]:
            return _reason(ReasonKind.CODE_AGREES, "", "", reference.canonical[:5])
        if self._columns["same_category"][pair]:
            return _reason(ReasonKind.CODE_AGREES, "", "", reference.canonical[:3])
        return _reason(ReasonKind.CODE_DISAGREES, "", "", reference.canonical[:3])
