"""What checking, disputing, settling, refining and retiring make of a mapping. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act
from icdmapper.model.mapping import Choice, Mapping, State
from icdmapper.resolution.rules import check_targets, check_version
from icdmapper.resolution.states import check_step
from icdmapper.texts import _


def checked(mapping: Mapping, *, seen_version: int, by: str, at: datetime) -> Mapping:
    """The mapping after another person came to the same answer.

    Raises:
        ConflictError: the screen showed an older version.
        RefusedError: it is not decided, or `by` decided it.
    """
    check_version(mapping, seen_version)
    check_step(mapping.state, Act.CHECKED, State.CHECKED)
    refuse_own_decision(mapping, by)
    return replace(_next(mapping, State.CHECKED), checked_by=by, checked_at=at)


def refuse_own_decision(mapping: Mapping, by: str) -> None:
    """A checker is never the decider.

    Raises:
        RefusedError: `by` decided it.
    """
    if same_name(mapping.decided_by, by):
        raise RefusedError(_("You decided this code yourself; somebody else has to check it."))


def disputed(mapping: Mapping, *, seen_version: int) -> Mapping:
    """The contested mapping: its answer stays as one of the options, a check of it falls.

    Raises:
        ConflictError: the screen showed an older version.
        RefusedError: in this state there is nothing to contest.
    """
    check_version(mapping, seen_version)
    check_step(mapping.state, Act.DISPUTED, State.DISPUTED)
    return _next(mapping, State.DISPUTED)


def settled(
    mapping: Mapping,
    choice: Choice,
    *,
    local: LocalCode,
    references: Sequence[ReferenceCode],
    by: str,
    at: datetime,
) -> Mapping:
    """The mapping with the answer a clinician gave; `by` is that clinician.

    Raises:
        ConflictError: the screen showed an older version.
        RefusedError: it is not disputed, no reason was given, or a rule forbids the targets.
    """
    check_version(mapping, choice.seen_version)
    check_step(mapping.state, Act.SETTLED, State.SETTLED)
    if not choice.note.strip():
        raise RefusedError(_("A settlement needs a reason."))
    check_targets(choice, local, references)
    return Mapping(
        local_id=mapping.local_id,
        state=State.SETTLED,
        relation=choice.relation,
        targets=choice.targets,
        note=choice.note.strip(),
        decided_by=by,
        decided_at=at,
        version=mapping.version + 1,
    )


def refine_started(mapping: Mapping, *, seen_version: int) -> Mapping:
    """The mapping of a coarse code whose refinement begins; its answer is kept until it ends.

    Raises:
        ConflictError: the screen showed an older version.
        RefusedError: it is being refined, or retired.
    """
    check_version(mapping, seen_version)
    check_step(mapping.state, Act.REFINE_STARTED, State.REFINING)
    return _next(mapping, State.REFINING)


def refine_dropped(mapping: Mapping, *, seen_version: int) -> Mapping:
    """The mapping put back to open because its refinement was given up.

    Raises:
        ConflictError: the screen showed an older version.
        RefusedError: no refinement is under way.
    """
    check_version(mapping, seen_version)
    check_step(mapping.state, Act.REFINE_DROPPED, State.OPEN)
    return Mapping(local_id=mapping.local_id, version=mapping.version + 1)


def refined(mapping: Mapping, *, seen_version: int) -> Mapping:
    """The mapping of a parent whose children have taken its place.

    Raises:
        ConflictError: the screen showed an older version.
        RefusedError: no refinement is under way.
    """
    check_version(mapping, seen_version)
    check_step(mapping.state, Act.REFINED, State.RETIRED)
    return _next(mapping, State.RETIRED)


def retired(mapping: Mapping, *, seen_version: int) -> Mapping:
    """The mapping of a code the hospital no longer uses.

    Raises:
        ConflictError: the screen showed an older version.
        RefusedError: it is retired already.
    """
    check_version(mapping, seen_version)
    check_step(mapping.state, Act.RETIRED, State.RETIRED)
    return _next(mapping, State.RETIRED)


def _next(mapping: Mapping, state: State) -> Mapping:
    """The same answer in another state; a check counts only for the state it was made in."""
    return replace(
        mapping, state=state, version=mapping.version + 1, checked_by="", checked_at=None
    )


def same_name(one: str, other: str) -> bool:
    """Whether two names are one person's: spaces around and case do not count."""
    return one.strip().casefold() == other.strip().casefold()
