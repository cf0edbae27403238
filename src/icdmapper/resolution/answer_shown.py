"""The answer a row has already, as the first thing a screen shows of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from icdmapper.model.mapping import ANSWERED, Mapping, TargetRole
from icdmapper.model.proposals import Candidate


def is_answered(mapping: Mapping) -> bool:
    """Whether the row has an answer that a screen can begin with."""
    return mapping.state in ANSWERED and mapping.relation is not None


def begin_with(
    mapping: Mapping, candidates: Sequence[Candidate]
) -> tuple[tuple[Candidate, ...], int]:
    """What stands before the candidates, and which of all of them is in focus.

    An answer that nobody proposed stands before them; a row without an answer begins with the
    first.
    """
    main = next((one for one in mapping.targets if one.role is TargetRole.MAIN), None)
    if not is_answered(mapping) or mapping.relation is None or main is None:
        return (), 0
    places = [one.reference_id for one in candidates]
    if main.reference_id in places:
        return (), places.index(main.reference_id)
    return (Candidate(main.reference_id, main.code, main.name, 0.0, mapping.relation),), 0
