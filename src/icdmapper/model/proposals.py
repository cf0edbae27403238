"""Candidates for a local code, with their score and the reasons a coder reads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from icdmapper.model.mapping import Relation


class ReasonKind(Enum):
    """What a reason speaks of; a colour and a word on the screen follow from it."""

    SAME_NAME = "same_name"
    ALIAS = "alias"
    """Two words for one thing."""
    KIND_OF = "kind_of"
    """What the local name writes is a kind, or a part, of what the entry writes."""
    HAS_KIND = "has_kind"
    """The other way round."""
    SIMILAR_NAME = "similar_name"
    SLOT_SAME = "slot_same"
    MISSING_LOCAL = "missing_local"
    MISSING_REFERENCE = "missing_reference"
    DIFFERENT = "different"
    """Both say something in a slot, neither more than the other; both may be true."""
    CONTRADICTION = "contradiction"
    CODE_AGREES = "code_agrees"
    CODE_DISAGREES = "code_disagrees"
    MEMORY = "memory"
    PART = "part"
    """A companion: `local` is the part of the name it is for."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. `slot` names the aspect (侧别), `local` and `reference` the two values."""

    kind: ReasonKind
    slot: str = ""
    local: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reference entry proposed for a local code.

    `score` is between 0 and 1 and is meant as a share: of rows scored so, how many were right.
    `contradictions` are the labels of the slots that contradict; such a candidate is never safe.
    A `heading` is shown for orientation, after the entries; it cannot be a target.
    """

    reference_id: int
    code: str
    name: str
    score: float
    relation: Relation
    reasons: tuple[Reason, ...] = ()
    contradictions: tuple[str, ...] = ()
    heading: bool = False

    @property
    def part(self) -> str:
        """The part of a local name that a companion is for; "" when it is for all of it."""
        found = (one.local for one in self.reasons if one.kind is ReasonKind.PART)
        return next(found, "")


@dataclass(frozen=True, slots=True)
class Proposal:
    """The candidates for one local code, best first, and whether the first may be taken in bulk."""

    local_id: int
    candidates: tuple[Candidate, ...]
    safe: bool = False
    companions: tuple[Candidate, ...] = ()
    """What belongs beside the first one: a tumour's morphology, the entries of other parts."""
