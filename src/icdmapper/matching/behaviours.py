"""What the behaviour digit of a morphology code says of a candidate, whatever the names say."""

from __future__ import annotations

from dataclasses import replace

from icdmapper.model import icd
from icdmapper.model.mapping import Relation
from icdmapper.model.proposals import Candidate, Proposal, Reason, ReasonKind


def behaviours_compared(proposal: Proposal, code: str, label: str) -> Proposal:
    """A proposal in which an entry of another behaviour than the local code's contradicts it.

    ICD-O writes the behaviour behind the slash (0 benign, 1 uncertain, 2 in situ, 3 malignant, 6
    metastatic). Editions moved some digits under the same name, 骨髓增生异常综合征 from /1 to /3: a
    person has to see that. `label` is that of the slot of behaviour.
    """
    shape = icd.parse(code)
    own = shape.behaviour if shape is not None else ""
    if not own:
        return proposal
    candidates = tuple(_compared(one, own, label) for one in proposal.candidates)
    safe = proposal.safe and not candidates[0].contradictions
    return replace(proposal, candidates=candidates, safe=safe)


def _compared(candidate: Candidate, own: str, label: str) -> Candidate:
    shape = icd.parse(candidate.code)
    behaviour = shape.behaviour if shape is not None else ""
    if behaviour in ("", own) or label in candidate.contradictions:
        return candidate
    reason = Reason(ReasonKind.CONTRADICTION, label, f"/{own}", f"/{behaviour}")
    return replace(
        candidate,
        relation=Relation.OVERLAP,
        reasons=(*candidate.reasons[:1], reason, *candidate.reasons[1:]),
        contradictions=(*candidate.contradictions, label),
    )
