"""Second checks and disputes: what another person said about a decision, kept beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from icdmapper.model.mapping import Choice, Mapping, Relation, Target


@dataclass(frozen=True, slots=True)
class Opinion:
    """One answer to the question what a local code maps to; relation None: nobody has said."""

    relation: Relation | None
    targets: tuple[Target, ...]

    @classmethod
    def of(cls, answer: Mapping | Choice) -> Opinion:
        """What a mapping says, or what a choice would make it say."""
        return cls(answer.relation, answer.targets)

    @property
    def key(self) -> tuple[str, tuple[tuple[int, str], ...]]:
        """The relation and the entries with their roles; order and spelling do not count."""
        entries = sorted((target.reference_id, target.role.value) for target in self.targets)
        return self.relation.value if self.relation else "", tuple(entries)

    def same_as(self, other: Opinion) -> bool:
        """Whether both name the same entries in the same roles, and the same relation."""
        return self.key == other.key


@dataclass(frozen=True, slots=True)
class SecondCheck:
    """A decision looked at by another person; both answers are kept.

    `blind` says that the checker chose without seeing the decision. `withdrawn` was taken back.
    """

    local_id: int
    at: datetime
    checker: str
    decider: str
    blind: bool
    agreed: bool
    decided: Opinion
    chosen: Opinion
    batch: str
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class SamplingPlan:
    """Which decided rows are checked: all risky ones, and a random sample of the `rest` others.

    Drawn with `seed` from the rows in the order of their ids, so that it can be drawn again.
    """

    id: int
    at: datetime
    by: str
    seed: int
    rest: int
    risky: tuple[int, ...]
    sample: tuple[int, ...]


class MessageKind(Enum):
    """What a message of a dispute's thread is."""

    OPENED = "opened"
    """The dispute was opened; its choice, if any, is what the opener holds instead."""
    DECIDED = "decided"
    """The answer that is contested, kept as one of the options."""
    OPINION = "opinion"
    COMMENT = "comment"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class DisputeMessage:
    """One message in the thread of a local code; with an opinion it is an option to choose."""

    local_id: int
    at: datetime
    by: str
    kind: MessageKind
    text: str
    opinion: Opinion | None
    batch: str
    withdrawn: bool = False
    id: int = 0
