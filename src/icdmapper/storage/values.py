"""Between frozen values and what the tables hold: mappings, proposals, moments."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from icdmapper.model.checks import Opinion
from icdmapper.model.mapping import Mapping, Relation, State, Target, TargetRole
from icdmapper.model.proposals import Candidate, Proposal, Reason, ReasonKind

_ROLES = {role.value: role for role in TargetRole}


def moment(value: datetime | None) -> datetime | None:
    """A moment with its zone; SQLite hands back naive ones, always stored as UTC."""
    if value is None:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def stored_moment(value: datetime | None) -> datetime | None:
    """A moment as it is stored: in UTC."""
    return value.astimezone(UTC) if value else None


def targets_to_json(targets: tuple[Target, ...]) -> list[dict[str, Any]]:
    """Targets as plain data, in order."""
    return [
        {
            "id": target.reference_id,
            "code": target.code,
            "name": target.name,
            "role": target.role.value,
        }
        for target in targets
    ]


def targets_from_json(data: list[dict[str, Any]]) -> tuple[Target, ...]:
    """The reverse of `targets_to_json`."""
    return tuple(
        Target(entry["id"], entry["code"], entry["name"], _ROLES[entry["role"]]) for entry in data
    )


def mapping_to_json(mapping: Mapping | None) -> dict[str, Any] | None:
    """A snapshot of a mapping for the event log."""
    if mapping is None:
        return None
    return {
        "local_id": mapping.local_id,
        "state": mapping.state.value,
        "relation": mapping.relation.value if mapping.relation else None,
        "targets": targets_to_json(mapping.targets),
        "note": mapping.note,
        "decided_by": mapping.decided_by,
        "decided_at": mapping.decided_at.isoformat() if mapping.decided_at else None,
        "version": mapping.version,
        "checked_by": mapping.checked_by,
        "checked_at": mapping.checked_at.isoformat() if mapping.checked_at else None,
    }


def mapping_from_json(data: dict[str, Any] | None) -> Mapping | None:
    """The reverse of `mapping_to_json`."""
    if data is None:
        return None
    return Mapping(
        local_id=data["local_id"],
        state=State(data["state"]),
        relation=Relation(data["relation"]) if data["relation"] else None,
        targets=targets_from_json(data["targets"]),
        note=data["note"],
        decided_by=data["decided_by"],
        decided_at=datetime.fromisoformat(data["decided_at"]) if data["decided_at"] else None,
        version=data["version"],
        # Snapshots taken before there was a second check do not have these.
        checked_by=data.get("checked_by", ""),
        checked_at=(datetime.fromisoformat(data["checked_at"]) if data.get("checked_at") else None),
    )


def opinion_to_json(opinion: Opinion) -> dict[str, Any]:
    """A relation and its targets as plain data."""
    return {
        "relation": opinion.relation.value if opinion.relation else None,
        "targets": targets_to_json(opinion.targets),
    }


def opinion_from_json(data: dict[str, Any]) -> Opinion:
    """The reverse of `opinion_to_json`."""
    relation = Relation(data["relation"]) if data["relation"] else None
    return Opinion(relation, targets_from_json(data["targets"]))


_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def proposal_to_text(proposal: Proposal) -> str:
    """Candidates and companions as compact JSON lists."""
    content = [
        [_candidate_to_list(candidate) for candidate in proposal.candidates],
        [_candidate_to_list(candidate) for candidate in proposal.companions],
    ]
    return _COMPACT.encode(content)


def proposal_to_row(one: Proposal) -> dict[str, Any]:
    """A proposal as the table holds it: what the worklist shows of it, and all of it."""
    best = one.candidates[0] if one.candidates else None
    return {
        "local_id": one.local_id,
        "best_reference_id": best.reference_id if best else None,
        "best_code": best.code if best else "",
        "best_name": best.name if best else "",
        "best_score": best.score if best else 0.0,
        "safe": one.safe,
        "contradiction": bool(best and best.contradictions),
        "content": proposal_to_text(one),
    }


def proposal_from_text(
    local_id: int, safe: bool, content: str, *, best_only: bool = False
) -> Proposal:
    """The reverse of `proposal_to_text`; with `best_only` the first candidate alone is made."""
    candidates, companions = json.loads(content)
    return Proposal(
        local_id,
        tuple(_candidate_from_list(entry) for entry in candidates[: 1 if best_only else None]),
        safe,
        tuple(_candidate_from_list(entry) for entry in companions),
    )


# A look-up instead of an enum call for each of a million reasons.
_REASONS = {one.value: one for one in ReasonKind}
_RELATIONS = {one.value: one for one in Relation}


def _candidate_to_list(candidate: Candidate) -> list[Any]:
    return [
        candidate.reference_id,
        candidate.code,
        candidate.name,
        round(candidate.score, 4),
        candidate.relation.value,
        [
            # Enum's `value` is a slow property; so many reasons are written that it counts.
            [reason.kind._value_, reason.slot, reason.local, reason.reference]
            for reason in candidate.reasons
        ],
        list(candidate.contradictions),
        *((True,) if candidate.heading else ()),
    ]


def _candidate_from_list(entry: list[Any]) -> Candidate:
    reference_id, code, name, score, relation, reasons, contradictions, *heading = entry
    return Candidate(
        reference_id,
        code,
        name,
        score,
        _RELATIONS[relation],
        tuple(Reason(_REASONS[kind], slot, local, ref) for kind, slot, local, ref in reasons),
        tuple(contradictions),
        bool(heading),
    )
