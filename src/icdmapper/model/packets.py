"""Packets: disputed codes on their way to clinicians and back, and rows given to people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from icdmapper.model.checks import Opinion


@dataclass(frozen=True, slots=True)
class PacketOption:
    """One answer to choose from, under its letter; `text` is what the clinician was shown."""

    letter: str
    opinion: Opinion
    text: str


@dataclass(frozen=True, slots=True)
class PacketRow:
    """One question of a packet, as it was when the packet was made."""

    number: int
    local_id: int
    version: int
    code: str
    name: str
    frequency: int | None
    question: str
    options: tuple[PacketOption, ...]


@dataclass(frozen=True, slots=True)
class Packet:
    """The questions handed to one department, to be back by `deadline`. `id` is random."""

    id: str
    department: str
    made_at: datetime
    made_by: str
    rows: tuple[PacketRow, ...]
    deadline: date | None = None
    withdrawn: bool = False
    """Taken back before anybody answered: its files do not count any more."""


@dataclass(frozen=True, slots=True)
class FilledRow:
    """One row of a packet as it came back: what the file says, nothing believed yet."""

    line: int
    number: str
    code: str
    name: str
    options: tuple[str, ...]
    letter: str
    other: str
    reason: str
    clinician: str


class AnswerState(Enum):
    """What can be done with a row that came back."""

    READY = "ready"
    """A settlement."""
    OTHER = "other"
    """None of the options: goes into the thread as a remark."""
    EMPTY = "empty"
    INCOMPLETE = "incomplete"
    """An option without reason or without the clinician's name."""
    ALREADY = "already"
    """The code is settled with this very answer."""
    CONFLICT = "conflict"
    """The mapping changed since the packet was made."""
    CHANGED = "changed"
    """The question or an option was changed in the file."""
    UNKNOWN = "unknown"
    """No such row in the packet, or twice."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A row that came back, judged; `row` is the question as the project knows it."""

    state: AnswerState
    filled: FilledRow
    row: PacketRow | None
    chosen: PacketOption | None = None
    now: Opinion | None = None
    """What the mapping says now, for a conflict."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A row given to somebody to work on."""

    local_id: int
    person: str
    by: str
    at: datetime
