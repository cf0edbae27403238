"""What becomes of the entries of a list between two editions, and of the answers on them.

Every entry of either edition stands in exactly one `Change`; `model.comparing` makes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, Protocol, TypeVar

from icdmapper.model.codes import CodeKind, CodeSet, LocalCode
from icdmapper.model.mapping import Mapping


class ChangeKind(Enum):
    """What became of an entry between two editions."""

    UNCHANGED = "unchanged"
    """Same code, same name, letter by letter."""
    RESPELLED = "respelled"
    """Same code, and the name differs in width, case, blanks or punctuation only."""
    RENAMED = "renamed"
    """Same code, another name."""
    RECODED = "recoded"
    """Same name, another code."""
    SPLIT = "split"
    """One entry was given up, or became a heading, for several finer ones: suspected."""
    MERGED = "merged"
    """Several entries were given up for a coarser one: suspected."""
    ADDED = "added"
    REMOVED = "removed"


class Evidence(Enum):
    """Why entries are believed to belong together."""

    SAME_NAME = "same_name"
    CODES_BELOW = "codes_below"
    """The finer codes stand below the coarser one."""
    NAMES_EXTEND = "names_extend"
    """In the same category, the finer names hold the coarser name."""


class Listed(Protocol):
    """What is known of an entry on either side: `NewCode`, `LocalCode` and `ReferenceCode` fit."""

    @property
    def code(self) -> str:
        """As its source wrote it."""

    @property
    def canonical(self) -> str:
        """The form two spellings of one code share."""

    @property
    def name(self) -> str:
        """As its source wrote it."""

    @property
    def kind(self) -> CodeKind:
        """What it speaks of."""


O = TypeVar("O", bound=Listed)  # noqa: E741 - the old side and the new side
N = TypeVar("N", bound=Listed)


@dataclass(frozen=True, slots=True)
class Change(Generic[O, N]):
    """What became of one entry, or of a family of them.

    A pair has one entry on each side; a split one in `old` and several in `new` (the entry that
    became a heading among them, first); a merge the reverse. `near` are entries of the new edition
    that carry the meaning of what was removed or renamed, the likeliest first; they have changes of
    their own.
    """

    kind: ChangeKind
    old: tuple[O, ...] = ()
    new: tuple[N, ...] = ()
    evidence: Evidence | None = None
    near: tuple[N, ...] = ()

    @property
    def pair(self) -> tuple[O, N] | None:
        """Both entries, where one of the old edition goes on as one of the new."""
        same_code = self.kind in _SAME_CODE
        return (self.old[0], self.new[0]) if same_code else None

    @property
    def successors(self) -> tuple[N, ...]:
        """The new entries that can take the place of the old ones, the likeliest first."""
        # What bears the old name says more than what bears the old code.
        return tuple(dict.fromkeys((*self.near, *self.new)))


_SAME_CODE = frozenset({ChangeKind.UNCHANGED, ChangeKind.RESPELLED, ChangeKind.RENAMED})


@dataclass(frozen=True, slots=True)
class Comparison(Generic[O, N]):
    """Two editions compared: in the order of the old one, what was added in the order of the new.

    `went_on` are all pairs with the same code, the headings of splits and merges included: what
    stays the same entry although its meaning may have narrowed or widened.
    """

    changes: tuple[Change[O, N], ...]
    went_on: tuple[tuple[O, N], ...]

    def counts(self) -> dict[ChangeKind, int]:
        """How many changes there are of each kind; kinds without any are left out."""
        found = Counter(change.kind for change in self.changes)
        return {kind: found[kind] for kind in ChangeKind if found[kind]}


class Outcome(Enum):
    """What a new edition makes of one local code and its answer."""

    KEPT = "kept"
    """The answer stands, on the entry of the new edition."""
    REOPENED = "reopened"
    RETIRED = "retired"
    RETURNED = "returned"
    """It had left the list and is back: open again."""
    ANNOUNCED = "announced"
    """Nothing changes, and there is something to look at."""
    OPEN = "open"
    """It had no answer and has none."""
    GONE = "gone"
    """It leaves the list, on which nobody has decided anything yet."""


class Why(Enum):
    """The reason of an outcome; one sentence per member in `texts.words`."""

    NAME_CHANGED = "name_changed"
    SPELLING_ONLY = "spelling_only"
    ATTACHED_CHANGED = "attached_changed"
    CODE_GONE = "code_gone"
    CODE_BACK = "code_back"
    FAMILY = "family"
    """The local code stays, but finer ones have appeared below it."""
    TARGET_GONE = "target_gone"
    TARGET_RENAMED = "target_renamed"
    TARGET_IS_HEADING = "target_is_heading"
    BETTER_ENTRY = "better_entry"
    CHILD_ADOPTED = "child_adopted"
    PARENT_LISTED = "parent_listed"
    PARENT_STOPPED = "parent_stopped"


CodeAndName = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to one local code.

    `was` and `now` are code and name of what changed, in the old and the new edition: on the local
    side the code itself, on the reference side its target. `successors` can take the place of what
    is gone, the likeliest first.
    """

    local: LocalCode
    before: Mapping
    outcome: Outcome
    why: Why | None = None
    was: CodeAndName | None = None
    now: CodeAndName | None = None
    successors: tuple[CodeAndName, ...] = ()


@dataclass(frozen=True, slots=True)
class Weighed:
    """A comparison with what it does to the local codes; `effects` has one entry per change.

    A code on which several changes bear is named with each of them and changed once.
    """

    comparison: Comparison[Any, Any]
    effects: tuple[tuple[Effect, ...], ...]

    def by_outcome(self) -> dict[Outcome, tuple[Effect, ...]]:
        """The effects, each local code once with the gravest of its own."""
        gravest: dict[int, Effect] = {}
        for effect in (one for effects in self.effects for one in effects):
            known = gravest.get(effect.local.id)
            if known is None or _GRAVITY[effect.outcome] < _GRAVITY[known.outcome]:
                gravest[effect.local.id] = effect
        found: dict[Outcome, list[Effect]] = {outcome: [] for outcome in Outcome}
        for effect in gravest.values():
            found[effect.outcome].append(effect)
        return {outcome: tuple(effects) for outcome, effects in found.items() if effects}

    @property
    def needs_signature(self) -> bool:
        """Whether something that was decided is re-opened or retired."""
        outcomes = self.by_outcome()
        return any(
            one.before.version > 0
            for outcome in (Outcome.REOPENED, Outcome.RETIRED, Outcome.RETURNED)
            for one in outcomes.get(outcome, ())
        )


_GRAVITY = {
    outcome: rank
    for rank, outcome in enumerate(
        (
            Outcome.RETIRED,
            Outcome.REOPENED,
            Outcome.RETURNED,
            Outcome.GONE,
            Outcome.ANNOUNCED,
            Outcome.KEPT,
            Outcome.OPEN,
        )
    )
}


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """A change as one line of a table: at most one entry of each side.

    A family has a line for each of its finer entries, with the coarser one on all of them; an
    effect stands on the line where its entry is named first.
    """

    kind: ChangeKind
    evidence: Evidence | None
    old: Any
    new: Any
    effects: tuple[Effect, ...] = ()


def compared_rows(
    comparison: Comparison[Any, Any], effects: Sequence[tuple[Effect, ...]] = ()
) -> tuple[ComparedRow, ...]:
    """A comparison line by line; `effects` are those of a `Weighed`, if it was weighed."""
    rows: list[ComparedRow] = []
    nothing: tuple[Effect, ...] = ()
    for at, change in enumerate(comparison.changes):
        found = effects[at] if effects else nothing
        for line in range(max(len(change.old), len(change.new))):
            old = change.old[min(line, len(change.old) - 1)] if change.old else None
            new = change.new[min(line, len(change.new) - 1)] if change.new else None
            told = nothing
            if found and line < max(len(change.old), 1):
                told = tuple(
                    one
                    for one in found
                    if (line == 0 if one.was is None else old and one.was == (old.code, old.name))
                )
            rows.append(ComparedRow(change.kind, change.evidence, old, new, told))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class Restored:
    """An answer as the edition left it and as it was before, to be put back."""

    local: LocalCode
    now: Mapping
    then: Mapping


@dataclass(frozen=True, slots=True)
class Recall:
    """What taking an edition back would do.

    `leaving` entries came with the edition and go with it, `returning` ones come back, `reworded`
    ones bear their earlier code or name again. `in_the_way` are codes that were worked on since: as
    long as there are any, nothing is taken back. `released` tells of a release signed since.

    `earlier` is None for a first list, which took no other's place: nothing takes its own. Then
    `unlisted` are codes that stand in no source and would be out of use with it.
    """

    edition: CodeSet
    earlier: CodeSet | None
    leaving: int
    returning: int
    reworded: int
    restored: tuple[Restored, ...]
    in_the_way: tuple[LocalCode, ...] = ()
    released: bool = False
    unlisted: tuple[LocalCode, ...] = ()

    @property
    def possible(self) -> bool:
        """Whether it can be done now."""
        return not (self.in_the_way or self.released or self.unlisted)
