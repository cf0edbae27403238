"""A mapping: one local code, its targets in the reference sets, their relation, its state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum


class Relation(Enum):
    """How the local code stands to its targets, always read from local to reference."""

    EQUIVALENT = "equivalent"
    """等价"""
    LOCAL_FINER = "local_finer"
    """院内较细, case 2 of the official rule: assign to the coarser reference entry."""
    LOCAL_COARSER = "local_coarser"
    """院内较粗, case 1 of the official rule: refine the local code."""
    OVERLAP = "overlap"
    """交叉"""
    NO_COUNTERPART = "no_counterpart"
    """无对应"""


class State(Enum):
    """Where a mapping stands in the hospital's process."""

    OPEN = "open"
    DECIDED = "decided"
    CHECKED = "checked"
    DISPUTED = "disputed"
    SETTLED = "settled"
    REFINING = "refining"
    NO_COUNTERPART = "no_counterpart"
    RETIRED = "retired"

    # States are counted over whole lists, and Enum's own way of hashing is slow.
    __hash__ = object.__hash__


ANSWERED = frozenset({State.DECIDED, State.CHECKED, State.SETTLED, State.NO_COUNTERPART})
"""States in which a local code has an answer."""


class TargetRole(Enum):
    """What a target stands for among the targets of one local code."""

    MAIN = "main"
    MORPHOLOGY = "morphology"
    MANIFESTATION = "manifestation"
    EXTERNAL_CAUSE = "external_cause"
    ADDITIONAL = "additional"


@dataclass(frozen=True, slots=True)
class Target:
    """A reference entry a local code is mapped to. Code and name travel along for the audit."""

    reference_id: int
    code: str
    name: str
    role: TargetRole = TargetRole.MAIN


@dataclass(frozen=True, slots=True)
class Mapping:
    """The current answer for one local code.

    `version` grows by one with every change, undo included; 0 means nobody has touched it yet.
    The version read when the screen was filled must come back with the save. `checked_by` is never
    `decided_by`; the database refuses it too.
    """

    local_id: int
    state: State = State.OPEN
    relation: Relation | None = None
    targets: tuple[Target, ...] = ()
    note: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None
    version: int = 0
    checked_by: str = ""
    checked_at: datetime | None = None

    def next_version(self) -> Mapping:
        """The same answer, one version on."""
        return replace(self, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose for one local code, with the version their screen showed.

    No targets means "no counterpart"; then `relation` must be NO_COUNTERPART.
    """

    local_id: int
    seen_version: int
    relation: Relation
    targets: tuple[Target, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class MappingRow:
    """A local code with its current mapping, as the worklist and the export read it."""

    local_id: int
    code: str
    name: str
    mapping: Mapping
