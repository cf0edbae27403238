"""The append-only log of acts that undo and audit read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from icdmapper.model.mapping import Mapping, State


class Act(Enum):
    """What somebody did."""

    DECIDED = "decided"
    CHECKED = "checked"
    DISPUTED = "disputed"
    COMMENTED = "commented"
    SETTLED = "settled"
    REFINE_STARTED = "refine_started"
    REFINE_DROPPED = "refine_dropped"
    REFINED = "refined"
    RETIRED = "retired"
    REOPENED = "reopened"
    UNDONE = "undone"
    REDONE = "redone"
    IMPORTED = "imported"
    EXPORTED = "exported"
    PERSON_CHANGED = "person_changed"
    ASSIGNED = "assigned"
    PACKET_MADE = "packet_made"
    MERGED = "merged"
    WAIVED = "waived"
    RELEASED = "released"
    EDITION_CHANGED = "edition_changed"
    """A new edition re-opened or retired the code, or has something to say about its answer."""
    EDITION_RECALLED = "edition_recalled"
    """The edition before it is in use again, and the code is what it was then."""


UNDOABLE = frozenset(
    {
        Act.DECIDED,
        Act.CHECKED,
        Act.DISPUTED,
        Act.SETTLED,
        Act.REFINE_STARTED,
        Act.REFINE_DROPPED,
        Act.REFINED,
        Act.RETIRED,
        Act.REOPENED,
        Act.MERGED,
        Act.UNDONE,
        Act.REDONE,
    }
)
"""The acts on mappings that undo and redo look at, they themselves included."""

ON_MAPPINGS = UNDOABLE | {Act.EDITION_CHANGED, Act.EDITION_RECALLED}
"""The acts that change mappings. A new edition is taken back as a whole, not row by row: see
`docs/decisions/0004`."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which acts an audit shows; what is left out means any.

    `until` is not included; `after` is the number of the last act that is not wanted.
    """

    by: str = ""
    act: Act | None = None
    local_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    after: int = 0


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Where the hash chain of the log ends: how many events, and the hash over all of them.

    `project` is the same in every copy of a project.
    """

    project: str
    count: int
    last_id: int
    hash: str

    @property
    def anchor(self) -> str:
        """What is printed elsewhere, so that a cut tail or a rewritten log is found."""
        return f"{self.count}:{self.hash}"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An act about to be recorded, in the same transaction as the change itself.

    `batch` joins the acts that one gesture caused, so that one undo takes them all back.
    `undoes` is the batch that this act takes back or restores.
    """

    act: Act
    by: str
    at: datetime
    batch: str
    local_id: int | None = None
    before: Mapping | None = None
    after: Mapping | None = None
    undoes: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """A recorded act. `id` grows with time and has no holes a reader must care about."""

    id: int
    act: Act
    by: str
    at: datetime
    batch: str
    local_id: int | None
    before: Mapping | None
    after: Mapping | None
    undoes: str
    detail: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one event did to a code's state, without the rest of it: for counting many."""

    at: datetime
    by: str
    before: State
    after: State
