"""Candidates and mappings as rows for people and as JSON."""

from __future__ import annotations

from typing import Any

from icdmapper.model.mapping import Mapping
from icdmapper.model.proposals import Candidate
from icdmapper.texts import _
from icdmapper.texts.words import relation_word, role_word, state_word


def candidate_row(number: int, candidate: Candidate) -> tuple[str, ...]:
    """Number, score, code, name, relation, contradictions."""
    against = "、".join(candidate.contradictions)
    return (
        str(number),
        f"{candidate.score:.2f}",
        candidate.code,
        candidate.name,
        relation_word(candidate.relation.value),
        _("contradicts: {slots}").format(slots=against) if against else "",
    )


def companion_row(candidate: Candidate) -> tuple[str, ...]:
    """As a candidate, with a plus for its number and the part of the name it is for."""
    _number, *said, against = candidate_row(0, candidate)
    part = _("for “{part}”").format(part=candidate.part) if candidate.part else against
    return ("+", *said, part)


def candidate_to_json(candidate: Candidate) -> dict[str, Any]:
    """Everything a candidate says."""
    return {
        "code": candidate.code,
        "name": candidate.name,
        "score": round(candidate.score, 4),
        "relation": candidate.relation.value,
        "contradictions": list(candidate.contradictions),
        "reasons": [
            {
                "kind": reason.kind.value,
                "slot": reason.slot,
                "local": reason.local,
                "reference": reason.reference,
            }
            for reason in candidate.reasons
        ],
    }


def mapping_lines(mapping: Mapping) -> list[str]:
    """State, relation, targets and note, a line each."""
    lines = [_("state: {state}").format(state=state_word(mapping.state.value))]
    if mapping.relation:
        lines.append(
            _("relation: {relation}").format(relation=relation_word(mapping.relation.value))
        )
    lines += [
        f"  → {target.code} {target.name} ({role_word(target.role.value)})"
        for target in mapping.targets
    ]
    if mapping.note:
        lines.append(_("note: {note}").format(note=mapping.note))
    if mapping.decided_by:
        lines.append(_("decided by: {person}").format(person=mapping.decided_by))
    return lines


def mapping_to_json(mapping: Mapping) -> dict[str, Any]:
    """Everything a mapping says."""
    return {
        "local_id": mapping.local_id,
        "state": mapping.state.value,
        "relation": mapping.relation.value if mapping.relation else None,
        "targets": [
            {"code": target.code, "name": target.name, "role": target.role.value}
            for target in mapping.targets
        ],
        "note": mapping.note,
        "decided_by": mapping.decided_by,
        "decided_at": mapping.decided_at.isoformat() if mapping.decided_at else None,
        "version": mapping.version,
    }
