"""Which open rows may be accepted together, and why the others may not. Pure.

A candidate that contradicts its local code is never taken in bulk, whatever the conditions say.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from datetime import datetime

from icdmapper.model.codes import CodeKind, LocalCode, ReferenceCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.mapping import Choice, Mapping, Relation, State, Target
from icdmapper.model.people import Person
from icdmapper.model.proposals import Candidate, Proposal
from icdmapper.resolution.rules import LeftOut, decide


@dataclass(frozen=True, slots=True)
class BulkConditions:
    """What a first candidate must be to be taken in bulk.

    `least_score` is between 0 and 1. The default is what the program recommends.
    """

    only_safe: bool = True
    only_equivalent: bool = False
    least_score: float = 0.0
    kinds: frozenset[CodeKind] = frozenset(CodeKind)


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One row weighed for bulk acceptance.

    `decided` is the mapping it would get; None when no condition could let it in, and then
    `refusal` says why.
    """

    local: LocalCode
    mapping: Mapping
    best: Candidate | None = None
    safe: bool = False
    decided: Mapping | None = None
    refusal: LeftOut | None = None


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """The rows that would be accepted, and the others by the first reason that keeps them out."""

    accepted: tuple[BulkRow, ...]
    left_out: dict[LeftOut, tuple[BulkRow, ...]]


def weigh(
    local: LocalCode,
    mapping: Mapping,
    proposal: Proposal | None,
    reference: ReferenceCode | None,
    *,
    by: Person,
    at: datetime,
) -> BulkRow:
    """A row with what accepting its first candidate would make of it.

    `reference` is the entry of that candidate as it is stored now; None when it is gone.
    """
    if mapping.state is not State.OPEN:
        return BulkRow(local, mapping, refusal=LeftOut.NOT_OPEN)
    if proposal is None or not proposal.candidates:
        return BulkRow(local, mapping, refusal=LeftOut.NO_PROPOSAL)
    best = proposal.candidates[0]
    if best.contradictions:
        return BulkRow(local, mapping, best, refusal=LeftOut.CONTRADICTION)
    if reference is None:
        return BulkRow(local, mapping, best, refusal=LeftOut.CHANGED_MEANWHILE)
    target = Target(best.reference_id, best.code, best.name)
    choice = Choice(mapping.local_id, mapping.version, best.relation, (target,))
    try:
        decided = decide(mapping, choice, local=local, references=(reference,), by=by, at=at)
    except RefusedError:
        return BulkRow(local, mapping, best, refusal=LeftOut.RULE_FORBIDS)
    return BulkRow(local, mapping, best, proposal.safe, decided)


def as_previewed(rows: Iterable[BulkRow], seen: Table[int, Candidate]) -> list[BulkRow]:
    """The rows, those left out whose first candidate is no longer the one a person saw.

    `seen` is that candidate by the id of the local code.
    """
    return [row if _is_same(row, seen) else _changed(row) for row in rows]


def _is_same(row: BulkRow, seen: Table[int, Candidate]) -> bool:
    saw = seen.get(row.local.id)
    if row.refusal is not None or row.best is None or saw is None:
        return True
    return (row.best.reference_id, row.best.relation) == (saw.reference_id, saw.relation)


def _changed(row: BulkRow) -> BulkRow:
    return replace(row, decided=None, refusal=LeftOut.CHANGED_MEANWHILE)


def why_left_out(row: BulkRow, conditions: BulkConditions) -> LeftOut | None:
    """Why a row is not taken under these conditions; None when it is."""
    if row.refusal is not None or row.best is None:
        return row.refusal or LeftOut.NO_PROPOSAL
    if row.local.kind not in conditions.kinds:
        return LeftOut.OTHER_KIND
    if conditions.only_safe and not row.safe:
        return LeftOut.NOT_SAFE
    if row.best.score < conditions.least_score:
        return LeftOut.LOW_SCORE
    if conditions.only_equivalent and row.best.relation is not Relation.EQUIVALENT:
        return LeftOut.NOT_EQUIVALENT
    return None


def sort_out(rows: Iterable[BulkRow], conditions: BulkConditions) -> BulkPlan:
    """Who is in and who is out."""
    accepted: list[BulkRow] = []
    left_out: dict[LeftOut, list[BulkRow]] = {}
    for row in rows:
        reason = why_left_out(row, conditions)
        if reason is None:
            accepted.append(row)
        else:
            left_out.setdefault(reason, []).append(row)
    ordered = sorted(left_out.items(), key=lambda one: -len(one[1]))
    return BulkPlan(tuple(accepted), {reason: tuple(found) for reason, found in ordered})
