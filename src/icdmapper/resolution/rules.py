"""Who may decide what, and what a decision makes of a mapping. Pure: no clock, no storage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from icdmapper.model.codes import CodeKind, LocalCode, ReferenceCode
from icdmapper.model.errors import ConflictError, RefusedError
from icdmapper.model.events import Act
from icdmapper.model.icd import Mark, parse
from icdmapper.model.mapping import ANSWERED, Choice, Mapping, Relation, State, TargetRole
from icdmapper.model.people import Person
from icdmapper.resolution.states import check_step
from icdmapper.texts import _


class LeftOut(Enum):
    """Why a row was not taken in bulk."""

    NOT_OPEN = "not_open"
    NO_PROPOSAL = "no_proposal"
    CONTRADICTION = "contradiction"
    OTHER_KIND = "other_kind"
    NOT_SAFE = "not_safe"
    LOW_SCORE = "low_score"
    NOT_EQUIVALENT = "not_equivalent"
    CHANGED_MEANWHILE = "changed_meanwhile"
    RULE_FORBIDS = "rule_forbids"
    JUDGEMENT = "judgement"
    NOT_A_CANDIDATE = "not_a_candidate"
    REFUSED_BEFORE = "refused_before"
    ENOUGH = "enough"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far the work is, by codes and by yearly discharges (rows without a figure count 0)."""

    total: int
    decided: int
    frequency_total: int
    frequency_decided: int
    by_state: dict[State, int]

    def moved(self, before: State, after: State, frequency: int) -> Coverage:
        """The same after one code went from one state to another."""
        by_state = Counter(self.by_state)
        by_state[before] -= 1
        by_state[after] += 1
        gained = (after in ANSWERED) - (before in ANSWERED)
        added = (before is State.RETIRED) - (after is State.RETIRED)
        return Coverage(
            self.total + added,
            self.decided + gained,
            self.frequency_total + added * frequency,
            self.frequency_decided + gained * frequency,
            {state: count for state, count in by_state.items() if count},
        )


@dataclass(frozen=True, slots=True)
class Gesture:
    """One undoable act of the log: its batch, its kind, the batch it takes back, its number."""

    batch: str
    act: Act
    undoes: str
    id: int


def decide(
    mapping: Mapping,
    choice: Choice,
    *,
    local: LocalCode,
    references: Sequence[ReferenceCode],
    by: Person,
    at: datetime,
) -> Mapping:
    """The mapping after a person's choice.

    `references` are the entries of `choice.targets`, in the same order, read from storage.

    Raises:
        ConflictError: the screen showed an older version.
        RefusedError: a rule forbids the choice; the sentence says which.
    """
    check_version(mapping, choice.seen_version)
    none = choice.relation is Relation.NO_COUNTERPART
    check_step(mapping.state, Act.DECIDED, State.NO_COUNTERPART if none else State.DECIDED)
    check_targets(choice, local, references)
    return Mapping(
        local_id=mapping.local_id,
        state=State.NO_COUNTERPART if none else State.DECIDED,
        relation=choice.relation,
        targets=choice.targets,
        note=choice.note.strip(),
        decided_by=by.name,
        decided_at=at,
        version=mapping.version + 1,
    )


def check_version(mapping: Mapping, seen_version: int) -> None:
    """Refuse a change made on a screen that showed an older version.

    Raises:
        ConflictError: somebody changed the mapping in between.
    """
    if mapping.version != seen_version:
        raise ConflictError(
            _("{person} changed this mapping a moment ago; look at it again.").format(
                person=mapping.checked_by or mapping.decided_by or _("Somebody")
            )
        )


def check_targets(choice: Choice, local: LocalCode, references: Sequence[ReferenceCode]) -> None:
    """Refuse targets that cannot stand: wrong set, not detailed enough, asterisk as main.

    Rules 6.2.7, 6.2.8 and 6.2.10 of the receiving side's mapping conventions: a code maps only
    inside its own set, never up to a category row, and a manifestation is never the main target.

    Raises:
        RefusedError: one of them is broken.
    """
    if choice.relation is Relation.NO_COUNTERPART:
        if choice.targets:
            raise RefusedError(_("“No counterpart” has no target; choose a relation instead."))
        return
    if not choice.targets:
        raise RefusedError(_("Choose a reference entry, or “no counterpart”."))
    mains = [target for target in choice.targets if target.role is TargetRole.MAIN]
    if len(mains) != 1:
        raise RefusedError(_("Exactly one target must be the main one."))
    if len({target.reference_id for target in choice.targets}) != len(choice.targets):
        raise RefusedError(_("The same reference entry is chosen twice."))
    for target, reference in zip(choice.targets, references, strict=True):
        _check_target(target.role, local, reference)


def _check_target(role: TargetRole, local: LocalCode, reference: ReferenceCode) -> None:
    if reference.heading:
        raise RefusedError(
            _("{code} {name} is a heading, not an entry that can be reported.").format(
                code=reference.code, name=reference.name
            )
        )
    if role is not TargetRole.MAIN:
        return
    if reference.kind.system is not local.kind.system:
        raise RefusedError(
            _("{code} belongs to {system}; this code is mapped inside {own}.").format(
                code=reference.code,
                system=reference.kind.system.value,
                own=local.kind.system.value,
            )
        )
    if CodeKind.EXTERNAL_CAUSE in (reference.kind, local.kind) and reference.kind != local.kind:
        raise RefusedError(
            _("External causes (V–Y) and diagnoses may not be mapped to each other.")
        )
    shape, local_shape = parse(reference.code), parse(local.code)
    local_mark = local_shape.mark if local_shape else Mark.NONE
    if shape and shape.mark is Mark.ASTERISK and local_mark is not Mark.ASTERISK:
        raise RefusedError(
            _("{code} is a manifestation (asterisk) and cannot be the main target.").format(
                code=reference.code
            )
        )


def reopen(mapping: Mapping, *, seen_version: int) -> Mapping:
    """The mapping put back to open, its targets gone but its history kept.

    Raises:
        ConflictError: the screen showed an older version.
        RefusedError: it is open already.
    """
    check_version(mapping, seen_version)
    check_step(mapping.state, Act.REOPENED, State.OPEN)
    return Mapping(local_id=mapping.local_id, version=mapping.version + 1)


def replayed(
    before: Mapping,
    after: Mapping,
    current: Mapping,
    *,
    act: Act,
    changed_by: Callable[[], str],
) -> Mapping:
    """An act taken back (UNDONE) or done again (REDONE), as a new version of the mapping.

    Versions only grow, so that a screen filled before the undo is refused too. What another person
    did since, a check for instance, is theirs: `changed_by` says who acted on the code last.

    Raises:
        ConflictError: the mapping no longer is what the act, or its undo, left behind.
    """
    left_behind, wanted = (after, before) if act is Act.UNDONE else (before, after)
    if replace(current, version=0) != replace(left_behind, version=0):
        raise ConflictError(
            _("{person} changed one of these codes since; it cannot be taken back.").format(
                person=changed_by() or _("Somebody")
            )
        )
    return replace(wanted, version=current.version + 1)


@dataclass(frozen=True, slots=True)
class Replayable:
    """A batch that undo or redo is about, and the number of the act that put it where it is."""

    batch: str
    id: int


def to_undo(gestures: Sequence[Gesture]) -> Replayable | None:
    """What undo takes back: the latest act not yet undone; None when there is none."""
    done, _undone = _stacks(gestures)
    return Replayable(*done.popitem()) if done else None


def to_redo(gestures: Sequence[Gesture]) -> Replayable | None:
    """What redo restores: the latest undone, unless something new was done since."""
    _done, undone = _stacks(gestures)
    return Replayable(*undone.popitem()) if undone else None


def _stacks(gestures: Sequence[Gesture]) -> tuple[dict[str, int], dict[str, int]]:
    """Batches done and undone, the latest last, with the numbers of the acts that put them there.

    A new edition that was taken back as a whole is on neither, whoever did so.
    """
    done: dict[str, int] = {}
    undone: dict[str, int] = {}
    for gesture in gestures:
        match gesture.act:
            case Act.UNDONE:
                del done[gesture.undoes]
                undone[gesture.undoes] = gesture.id
            case Act.REDONE:
                del undone[gesture.undoes]
                done[gesture.undoes] = gesture.id
            case Act.EDITION_RECALLED:
                done.pop(gesture.undoes, None)
            case _:
                done[gesture.batch] = gesture.id
                undone.clear()
    return done, undone


def count_coverage(rows: Iterable[tuple[State, int]]) -> Coverage:
    """How far the work is; every row is a state and its yearly discharges."""
    by_state: Counter[State] = Counter()
    frequency_total = frequency_decided = 0
    for state, frequency in rows:
        by_state[state] += 1
        if state is State.RETIRED:
            # Its children, or nobody, stand in its place.
            continue
        frequency_total += frequency
        if state in ANSWERED:
            frequency_decided += frequency
    decided = sum(count for state, count in by_state.items() if state in ANSWERED)
    total = sum(by_state.values()) - by_state[State.RETIRED]
    return Coverage(total, decided, frequency_total, frequency_decided, dict(by_state))
