"""How much a decided row needs a second pair of eyes. Pure; the weights are a sentence each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from icdmapper.model.mapping import Relation, TargetRole
from icdmapper.resolution.service import WorkRow

LOW_SCORE = 0.8
OFTEN = 0.01
"""A code is frequent from one in a hundred of all yearly discharges."""
RISKY_FROM = 2.0


class RiskReason(Enum):
    """Why a row is worth checking."""

    FINDING = "finding"
    CONTRADICTION = "contradiction"
    NOT_FIRST = "not_first"
    LOW_SCORE = "low_score"
    NOT_EQUIVALENT = "not_equivalent"
    NO_COUNTERPART = "no_counterpart"
    FREQUENT = "frequent"


_WEIGHTS = {
    # A broken rule of judgement, or names that contradict each other, is most often a mistake.
    RiskReason.FINDING: 4.0,
    RiskReason.CONTRADICTION: 3.0,
    # The coder knew better than the proposal, or slipped by a row: either is worth a look.
    RiskReason.NOT_FIRST: 2.0,
    # Nothing to go by but the coder's own search.
    RiskReason.LOW_SCORE: 2.0,
    RiskReason.NO_COUNTERPART: 2.0,
    RiskReason.NOT_EQUIVALENT: 1.0,
    # A mistake here is multiplied by its discharges, so it counts as risky alone.
    RiskReason.FREQUENT: 2.0,
}


@dataclass(frozen=True, slots=True)
class Risk:
    """How risky a row is, and why; the reasons in the order of their weight."""

    weight: float
    reasons: tuple[RiskReason, ...]

    @property
    def risky(self) -> bool:
        """Whether the row is checked whatever the sample says."""
        return self.weight >= RISKY_FROM


def of_row(row: WorkRow, *, discharges: int, findings: int = 0) -> Risk:
    """The risk of a decided row.

    `discharges` are those of the whole list in a year; `findings` how many rules of judgement the
    decision breaks or needed a waiver for.
    """
    found = {RiskReason.FINDING} if findings else set()
    main = next((one for one in row.mapping.targets if one.role is TargetRole.MAIN), None)
    relation = row.mapping.relation
    if relation is Relation.NO_COUNTERPART:
        found.add(RiskReason.NO_COUNTERPART)
    elif relation is not Relation.EQUIVALENT:
        found.add(RiskReason.NOT_EQUIVALENT)
    if main is not None and row.proposed and row.best_code != main.code:
        found.add(RiskReason.NOT_FIRST)
    if main is not None and row.contradiction and row.best_code == main.code:
        found.add(RiskReason.CONTRADICTION)
    if main is not None and row.best_score < LOW_SCORE:
        found.add(RiskReason.LOW_SCORE)
    if discharges and (row.local.frequency or 0) >= OFTEN * discharges:
        found.add(RiskReason.FREQUENT)
    reasons = tuple(one for one in _WEIGHTS if one in found)
    return Risk(sum(_WEIGHTS[one] for one in reasons), reasons)
