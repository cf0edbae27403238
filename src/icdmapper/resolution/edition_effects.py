"""What a new edition does to decisions: re-open, retire, keep or announce. Pure.

Nothing is carried over where code or name says something else now, and nothing is re-opened where
only the spelling differs: thousands of rows re-opened for blanks would be waved through unread.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass

from icdmapper.model.codes import LocalCode, NewCode, ReferenceCode
from icdmapper.model.editions import (
    Change,
    ChangeKind,
    CodeAndName,
    Comparison,
    Effect,
    Listed,
    Outcome,
    Weighed,
    Why,
)
from icdmapper.model.icd import canonical, is_heading, subdivisions
from icdmapper.model.mapping import ANSWERED, Mapping, State, TargetRole
from icdmapper.model.names import normalise
from icdmapper.model.refinement import Refinement

_ON_TARGETS = ANSWERED | {State.DISPUTED}
"""States in which the targets of a mapping stand for it."""
_NEW_ENTRIES = frozenset(
    {ChangeKind.ADDED, ChangeKind.RENAMED, ChangeKind.SPLIT, ChangeKind.MERGED}
)


@dataclass(frozen=True, slots=True)
class Decided:
    """What is decided now: local codes in use, their mappings, refinements planned or done."""

    local_codes: tuple[LocalCode, ...]
    mappings: Table[int, Mapping]
    refinements: tuple[Refinement, ...] = ()

    def mapping(self, local_id: int) -> Mapping:
        """The mapping of a local code, open when nobody has touched it."""
        return self.mappings.get(local_id) or Mapping(local_id)


def weigh_local(comparison: Comparison[LocalCode, NewCode], decided: Decided) -> Weighed:
    """What a new version of the local list does to every code of the old one."""
    plans = [one for one in decided.refinements if one.signed]
    known = _Local(
        decided,
        parents=frozenset(one.local_id for one in plans),
        children=frozenset(
            child.local_id for one in plans for child in one.children if child.local_id is not None
        ),
        going_on={id(before): after for before, after in comparison.went_on},
        touched=any(one.version for one in decided.mappings.values()),
    )
    return Weighed(
        comparison,
        tuple(
            tuple(known.effect(local, change) for local in change.old)
            for change in comparison.changes
        ),
    )


@dataclass(frozen=True, slots=True)
class _Local:
    """What the effect on one local code depends on."""

    decided: Decided
    parents: frozenset[int]
    children: frozenset[int]
    going_on: dict[int, NewCode]
    touched: bool

    def effect(self, local: LocalCode, change: Change[LocalCode, NewCode]) -> Effect:
        """What becomes of a code of the old list."""
        mapping = self.decided.mapping(local.id)
        after = self.going_on.get(id(local))
        was = (local.code, local.name)
        if after is None:
            gone, because = self._gone(local, mapping)
            near = tuple((one.code, one.name) for one in change.successors)
            return Effect(local, mapping, gone, because, was, None, near)
        outcome, why = self._listed(local, mapping, after, change.kind)
        below = tuple((one.code, one.name) for one in change.new if one is not after)
        return Effect(local, mapping, outcome, why, was, (after.code, after.name), below)

    def _gone(self, local: LocalCode, mapping: Mapping) -> tuple[Outcome, Why]:
        if mapping.state is State.RETIRED:
            why = Why.PARENT_STOPPED if local.id in self.parents else Why.CODE_GONE
            return Outcome.KEPT, why
        # Before the first decision a list is simply put right.
        return (Outcome.RETIRED if self.touched else Outcome.GONE), Why.CODE_GONE

    def _listed(
        self, local: LocalCode, mapping: Mapping, after: NewCode, kind: ChangeKind
    ) -> tuple[Outcome, Why | None]:
        same_name = normalise(local.name) == normalise(after.name)
        if mapping.state is State.RETIRED:
            return self._back(local)
        if mapping.state is State.OPEN:
            return Outcome.OPEN, None if same_name else Why.NAME_CHANGED
        attached = (canonical(local.attached_code), canonical(after.attached_code))
        if not same_name or (all(attached) and attached[0] != attached[1]):
            why = Why.ATTACHED_CHANGED if same_name else Why.NAME_CHANGED
            # A plan is no answer yet; it is shown, and its author looks at it.
            refining = mapping.state is State.REFINING
            return (Outcome.ANNOUNCED if refining else Outcome.REOPENED), why
        if local.id in self.children and local.row == 0:
            return Outcome.KEPT, Why.CHILD_ADOPTED
        if kind in (ChangeKind.SPLIT, ChangeKind.MERGED):
            return Outcome.ANNOUNCED, Why.FAMILY
        return Outcome.KEPT, None if local.name == after.name else Why.SPELLING_ONLY

    def _back(self, local: LocalCode) -> tuple[Outcome, Why | None]:
        """A retired code that the list has: it never left, or it returns."""
        if local.id in self.parents:
            return Outcome.KEPT, Why.PARENT_LISTED
        return (Outcome.RETURNED, Why.CODE_BACK) if local.row == 0 else (Outcome.KEPT, None)


def weigh_reference(comparison: Comparison[ReferenceCode, NewCode], decided: Decided) -> Weighed:
    """What a new edition of a reference set does to the mappings on its entries."""
    users = _users(decided)
    above = subdivisions(new.code for change in comparison.changes for new in change.new)
    going_on = {id(before): after for before, after in comparison.went_on}
    better = _Better(decided, above)
    effects: list[tuple[Effect, ...]] = []
    for change in comparison.changes:
        found = [
            _on_target(entry, change, going_on.get(id(entry)), user, above)
            for entry in change.old
            for user in users.get(entry.id, ())
        ]
        if change.kind in _NEW_ENTRIES:
            found += better.than_before(change)
        effects.append(tuple(found))
    return Weighed(comparison, tuple(effects))


_User = tuple[LocalCode, Mapping]


def _users(decided: Decided) -> dict[int, list[_User]]:
    """Who stands on which entry: the answers, and the plans of codes being refined."""
    plans = {one.local_id: one for one in decided.refinements if not one.signed}
    found: defaultdict[int, list[_User]] = defaultdict(list)
    for local in decided.local_codes:
        mapping = decided.mapping(local.id)
        targets = list(mapping.targets) if mapping.state in _ON_TARGETS else []
        if mapping.state is State.REFINING and local.id in plans:
            targets = [one for child in plans[local.id].children for one in child.targets]
        for reference_id in dict.fromkeys(target.reference_id for target in targets):
            found[reference_id].append((local, mapping))
    return found


def _on_target(
    entry: ReferenceCode,
    change: Change[ReferenceCode, NewCode],
    after: NewCode | None,
    user: _User,
    above: Collection[str],
) -> Effect:
    local, mapping = user
    was = (entry.code, entry.name)
    now = (after.code, after.name) if after else None
    outcome = Outcome.ANNOUNCED if mapping.state is State.REFINING else Outcome.REOPENED
    if after is None:
        why: Why | None = Why.TARGET_GONE
    elif is_heading(after.code, above) and not entry.heading:
        why = Why.TARGET_IS_HEADING
    elif normalise(entry.name) != normalise(after.name):
        why = Why.TARGET_RENAMED
    else:
        why = None if entry.name == after.name else Why.SPELLING_ONLY
        return Effect(local, mapping, Outcome.KEPT, why, was, now)
    return Effect(local, mapping, outcome, why, was, now, _entries(change.successors, above))


def _entries(found: Iterable[Listed], above: Collection[str]) -> tuple[CodeAndName, ...]:
    return tuple((one.code, one.name) for one in found if not is_heading(one.code, above))


class _Better:
    """Answers that had no entry of the local code's very name to stand on, by that name."""

    def __init__(self, decided: Decided, above: Collection[str]) -> None:
        self._above = above
        self._wanting: defaultdict[tuple[object, str], list[_User]] = defaultdict(list)
        for local in decided.local_codes:
            mapping = decided.mapping(local.id)
            if mapping.state not in ANSWERED:
                continue
            name = normalise(local.name)
            main = [one for one in mapping.targets if one.role is TargetRole.MAIN]
            if all(normalise(one.name) != name for one in main):
                self._wanting[local.kind, name].append((local, mapping))

    def than_before(self, change: Change[ReferenceCode, NewCode]) -> Sequence[Effect]:
        """Announcements of the entries that a change brings under such a name."""
        if not self._wanting:
            return ()
        return [
            Effect(
                local, mapping, Outcome.ANNOUNCED, Why.BETTER_ENTRY,
                None, (entry.code, entry.name), ((entry.code, entry.name),),
            )
            for entry in change.new
            if not is_heading(entry.code, self._above)
            for local, mapping in self._wanting.get((entry.kind, normalise(entry.name)), ())
        ]  # fmt: skip
