"""Two editions side by side as the screens say them, line by line. Qt-free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from icdmapper.desktop import wording
from icdmapper.importing.succession import EditionPlan
from icdmapper.model.editions import (
    ChangeKind,
    ComparedRow,
    Comparison,
    Effect,
    Evidence,
    Outcome,
    compared_rows,
)
from icdmapper.model.marks import Run, Tone, compare
from icdmapper.texts import _
from icdmapper.texts.words import (
    change_word,
    evidence_word,
    outcome_word,
    state_word,
    why_word,
)

KIND_TONES = {
    ChangeKind.UNCHANGED: Tone.PLAIN,
    ChangeKind.RESPELLED: Tone.PLAIN,
    ChangeKind.RENAMED: Tone.MISSING,
    ChangeKind.RECODED: Tone.ACCENT,
    ChangeKind.SPLIT: Tone.MISSING,
    ChangeKind.MERGED: Tone.MISSING,
    ChangeKind.ADDED: Tone.SAME,
    ChangeKind.REMOVED: Tone.WRONG,
}
OUTCOME_TONES = {
    Outcome.KEPT: Tone.SAME,
    Outcome.REOPENED: Tone.MISSING,
    Outcome.RETIRED: Tone.WRONG,
    Outcome.RETURNED: Tone.MISSING,
    Outcome.ANNOUNCED: Tone.ACCENT,
    Outcome.OPEN: Tone.PLAIN,
    Outcome.GONE: Tone.PLAIN,
}
# What has to be looked at stands above what stays.
_URGENT = (Outcome.REOPENED, Outcome.RETIRED, Outcome.RETURNED, Outcome.ANNOUNCED)
_LAST = (ChangeKind.ADDED, ChangeKind.RESPELLED, ChangeKind.UNCHANGED)
_MARKED = frozenset(ChangeKind) - {ChangeKind.UNCHANGED, ChangeKind.ADDED, ChangeKind.REMOVED}


@dataclass(frozen=True)
class Line:
    """One line of a comparison. Volumes are discharges a year, None where nobody knows them."""

    row: ComparedRow

    @property
    def kind(self) -> ChangeKind:
        """What became of the entry."""
        return self.row.kind

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What that does to local codes."""
        return self.row.effects

    @property
    def old_code(self) -> str:
        """In the old edition; "" for what was added."""
        return self.row.old.code if self.row.old else ""

    @property
    def old_name(self) -> str:
        """In the old edition."""
        return self.row.old.name if self.row.old else ""

    @property
    def new_code(self) -> str:
        """In the new edition; "" for what was removed."""
        return self.row.new.code if self.row.new else ""

    @property
    def new_name(self) -> str:
        """In the new edition."""
        return self.row.new.name if self.row.new else ""

    @cached_property
    def names(self) -> tuple[Sequence[Run], Sequence[Run]]:
        """Both names with what differs marked; nothing where there is nothing to compare."""
        if self.kind not in _MARKED or self.old_name == self.new_name:
            return (), ()
        both = compare(self.old_name, self.new_name)
        return _quiet(both.local), _quiet(both.reference)

    @property
    def searched(self) -> str:
        """What a filter by words looks through."""
        codes = " ".join(f"{one.local.code} {one.local.name}" for one in self.effects)
        return f"{self.old_code} {self.old_name} {self.new_code} {self.new_name} {codes}".lower()

    @property
    def outcomes(self) -> frozenset[Outcome]:
        """Everything it does."""
        return frozenset(one.outcome for one in self.effects)


def lines_of_plan(plan: EditionPlan) -> tuple[Line, ...]:
    """What a source changes, what needs eyes first."""
    rows = [
        row
        for part in plan.parts
        if part.weighed
        for row in compared_rows(part.weighed.comparison, part.weighed.effects)
    ]
    return tuple(sorted(map(Line, rows), key=_urgency))


def lines_of_comparison(comparison: Comparison[Any, Any]) -> tuple[Line, ...]:
    """Two editions, in the order of the older one."""
    return tuple(map(Line, compared_rows(comparison)))


def _urgency(line: Line) -> tuple[int, int]:
    outcomes = line.outcomes
    urgent = next((at for at, one in enumerate(_URGENT) if one in outcomes), len(_URGENT))
    return urgent, _LAST.index(line.kind) + 1 if line.kind in _LAST else 0


def _quiet(runs: Sequence[Run]) -> Sequence[Run]:
    """What both names share stays unmarked."""
    return [run if run.tone is not Tone.SAME else Run(run.text, Tone.PLAIN) for run in runs]


def volume(line: Line) -> str:
    """Discharges a year, and what they were where that changed."""
    old, new = (getattr(one, "frequency", None) for one in (line.row.old, line.row.new))
    if old is None and new is None:
        return ""
    if old == new or line.row.old is None or line.row.new is None:
        return wording.number(new if new is not None else old or 0)
    return " → ".join("—" if one is None else wording.number(one) for one in (old, new))


def state(line: Line) -> str:
    """How the local codes concerned stand now."""
    found = Counter(one.before.state for one in line.effects)
    if len(line.effects) == 1:
        return state_word(line.effects[0].before.state.value)
    return _(", ").join(f"{state_word(one.value)} {n}" for one, n in found.items())


def consequence(line: Line) -> str:
    """What becomes of them."""
    found = Counter(one.outcome for one in line.effects)
    if len(line.effects) == 1:
        return outcome_word(line.effects[0].outcome.value)
    return _(", ").join(f"{outcome_word(one.value)} {n}" for one, n in found.items())


def consequence_tone(line: Line) -> Tone:
    """The gravest of them."""
    urgent = [one for one in _URGENT if one in line.outcomes]
    found = urgent or list(line.outcomes)
    return OUTCOME_TONES[found[0]] if found else Tone.PLAIN


def explained(line: Line, *, limit: int = 6) -> str:
    """A line in sentences: evidence, and each local code with the reason and what can follow."""
    told = []
    if line.row.evidence is not None:
        told.append(_evidence(line.row.evidence, line.kind))
    for effect in line.effects[:limit]:
        parts = [f"{effect.local.code} {effect.local.name}: {outcome_word(effect.outcome.value)}"]
        if effect.why is not None:
            parts.append(why_word(effect.why.value))
        if effect.successors:
            codes = _(", ").join(f"{code} {name}" for code, name in effect.successors)
            parts.append(_("can take its place: {codes}").format(codes=codes))
        told.append(" · ".join(parts))
    if len(line.effects) > limit:
        told.append(_("and {count} more local codes").format(count=len(line.effects) - limit))
    return "\n".join(told)


def _evidence(evidence: Evidence, kind: ChangeKind) -> str:
    return f"{change_word(kind.value)}: {evidence_word(evidence.value)}"


def count_kinds(lines: Iterable[Line]) -> dict[ChangeKind, int]:
    """Lines of each kind."""
    found = Counter(line.kind for line in lines)
    return {kind: found[kind] for kind in ChangeKind}


def count_outcomes(lines: Iterable[Line]) -> dict[Outcome, int]:
    """Lines of each outcome."""
    found = Counter(outcome for line in lines for outcome in line.outcomes)
    return {outcome: found[outcome] for outcome in Outcome}
