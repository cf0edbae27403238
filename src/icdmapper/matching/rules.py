"""When a proposal may be taken in bulk, without a look at the row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from icdmapper.matching.wording import Wording
from icdmapper.model import icd
from icdmapper.model.mapping import Relation
from icdmapper.model.proposals import Candidate


@dataclass(frozen=True, slots=True)
class Finding:
    """A candidate with what the safety rule needs to know about it."""

    candidate: Candidate
    local: Wording
    reference: Wording
    slots_differ: bool
    code_agrees: bool
    """False only when both codes are known and stand in different categories."""


def safe(findings: Sequence[Finding]) -> bool:
    """Whether the first finding says the same and nothing speaks against it.

    The name is equal as written or by aliases, no slot differs, the entry is detailed enough to
    report, the codes do not disagree, and no other entry says the same as well.
    """
    if not findings:
        return False
    first, *others = findings
    shape = icd.parse(first.candidate.code)
    if shape is None or not shape.reportable or not first.code_agrees:
        return False
    if first.candidate.contradictions or not _relation_is_clear(first):
        return False
    if first.local.plain == first.reference.plain:
        return True
    return (
        _same_meaning(first)
        and not first.slots_differ
        and not any(_same_meaning(other) for other in others)
    )


def _same_meaning(finding: Finding) -> bool:
    return finding.local.standard == finding.reference.standard


def _relation_is_clear(finding: Finding) -> bool:
    return finding.candidate.relation in {Relation.EQUIVALENT, Relation.LOCAL_FINER}
