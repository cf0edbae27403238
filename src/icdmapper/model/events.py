"""The append-only log of acts that undo and audit read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

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
    PLAN_DRAWN = "plan_drawn"
    CHILD_RENAMED = "child_renamed"
    DEFAULT_ALLOWED = "default_allowed"
    """Records that say no more may be translated with the residual child of a refinement."""


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

BESIDE = frozenset(
    {
        Act.ASSIGNED,
        Act.WAIVED,
        Act.COMMENTED,
        Act.PACKET_MADE,
        Act.PERSON_CHANGED,
        Act.PLAN_DRAWN,
        Act.CHILD_RENAMED,
        Act.DEFAULT_ALLOWED,
    }
)
"""Acts beside the mappings. Undo takes back those with which the log holds the way: see `told`."""

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

    @property
    def text(self) -> str:
        """What people read of the detail."""
        return str(self.way.get("text", "")) if self.way else self.detail

    @property
    def way(self) -> dict[str, Any]:
        """What the detail holds beside words; empty where it is nothing but words."""
        if not self.detail.startswith("{"):
            return {}
        try:
            found = json.loads(self.detail)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def edition(self) -> int | None:
        """The number of the edition that was taken with it, None for any other act."""
        kind, _dash, number = self.batch.partition("-")
        return int(number) if kind == "import" and number.isdecimal() else None

    @property
    def goes_back(self) -> bool:
        """Whether the key of undo takes it back, for whoever did it."""
        beside = self.act in BESIDE and bool(self.way)
        return beside or self.act in UNDOABLE - {Act.UNDONE, Act.REDONE}


def told(text: str, **way: Any) -> str:
    """The detail of an act beside the mappings: the words for people, and the way back."""
    return json.dumps({"text": text, **way}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Step:
    """What one event did to a code's state, without the rest of it: for counting many."""

    at: datetime
    by: str
    before: State
    after: State
