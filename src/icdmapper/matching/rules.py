"""When a proposal may be taken in bulk, without a look at the row."""

from __future__ import annotations

from dataclasses import dataclass

from icdmapper.matching.relation import same_words, unspecified
from icdmapper.matching.wording import Wording
from icdmapper.model import icd
from icdmapper.model.mapping import Relation
from icdmapper.model.proposals import Candidate

_CLEAR = frozenset({Relation.EQUIVALENT, Relation.LOCAL_FINER})


@dataclass(frozen=True, slots=True)
class Finding:
    """The first candidate with what the safety rule needs to know about it."""

    candidate: Candidate
    local: Wording
    reference: Wording
    slots_differ: bool
    code_agrees: bool
    """False only when both codes are known and stand in different categories."""
    same_place: bool
    """False already when they stand in different subcategories."""
    rivals: bool
    """Whether another candidate means the same as the local name."""


def alike(local: Wording, reference: Wording) -> bool:
    """Whether all aliases make one name of both, or those that hold both ways, what joins words
    and what habit leaves out; or the entry is the local name, unspecified.
    """
    return (
        local.standard == reference.standard
        or same_words(local, reference)
        or unspecified(local, reference)
    )


def safe(first: Finding) -> bool:
    """Whether the first candidate says the same and nothing speaks against it.

    The name is equal as written, by aliases or but for joining words, no slot differs, the entry
    is no heading, the codes do not disagree, and no other entry says the same as well. The codes
    of equal names may stand in different subcategories, those of others may not.
    """
    if not alike(first.local, first.reference):
        return False
    if icd.parse(first.candidate.code) is None or not first.code_agrees:
        return False
    if first.candidate.heading or first.candidate.contradictions:
        return False
    if first.candidate.relation not in _CLEAR:
        return False
    if first.local.plain == first.reference.plain:
        return True
    # Where the names are not the same, the code is the second witness: 视网膜剥离 under H33.0, with
    # a break, is not for certain the 视网膜脱离 of H33.2, without one.
    return first.same_place and not first.slots_differ and not first.rivals
