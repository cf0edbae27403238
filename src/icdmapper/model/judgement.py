"""What a judgement rule found in an answer, and the waiver that lets it stand all the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from icdmapper.model.mapping import Relation, Target
from icdmapper.model.people import Role


class Severity(Enum):
    """STOP refuses a decision unless waived, WARN is shown and counted, NOTE is for information."""

    STOP = "stop"
    WARN = "warn"
    NOTE = "note"


class Needs(Enum):
    """Who has to look before the answer may stand."""

    NOBODY = "nobody"
    SECOND_PERSON = "second_person"
    """Somebody else checks it, whatever the sampling plan says."""
    CLINICIAN = "clinician"
    """Only a clinician may waive or settle it."""
    OTHER_ANSWER = "other_answer"
    """Nobody can waive it: whoever receives the answer refuses it."""


def answer_key(relation: Relation | None, targets: Iterable[Target]) -> str:
    """An answer as one string, by codes and roles: a waiver holds for this answer and no other."""
    entries = sorted(f"{target.role.value} {target.code}" for target in targets)
    return "; ".join((relation.value if relation else "", *entries))


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that an answer breaks. It speaks the language in force, if the pack has it."""

    local_id: int
    rule_id: str
    severity: Severity
    title: str
    sentence: str
    source: str
    answer: str
    needs: Needs = Needs.NOBODY
    asks_note: bool = False
    """Whether a note beside the answer is all it asks for."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """A person's word that an answer may stand although it breaks a rule.

    `answer` is what it was given for (`answer_key`), `version` that of the mapping at the time.
    `role` is None in a project without people. `withdrawn` was taken back.
    """

    local_id: int
    rule_id: str
    reason: str
    by: str
    role: Role | None
    at: datetime
    version: int
    answer: str
    withdrawn: bool = False
    id: int = 0

    def covers(self, finding: Finding) -> bool:
        """Whether the finding may stand because of this waiver."""
        return (
            not self.withdrawn
            and (self.local_id, self.rule_id, self.answer)
            == (finding.local_id, finding.rule_id, finding.answer)
            and finding.needs is not Needs.OTHER_ANSWER
            and (finding.needs is not Needs.CLINICIAN or self.role in (Role.CLINICIAN, None))
        )
