"""What is sent to the platform and what comes back: packages, their states, feedback, runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum, IntEnum
from typing import assert_never


class Environment(Enum):
    """Which of the platform's servers is meant; each has its own state file and account."""

    TEST = "test"
    PRODUCTION = "production"


class PackageState(Enum):
    """Where a package stands, by what is stored; nothing else decides what happens next."""

    PREPARED = "prepared"
    """In the outbox; no byte of the present try has left."""
    SENDING = "sending"
    """Bytes may have left and no answer is stored: the receiver is asked before anything else."""
    RECEIVED = "received"
    """The receiver has it; its feedback is not final yet."""
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    """The receiver cannot say whether it has it: a person must find out. Never sent again alone."""


WAITING = frozenset({PackageState.PREPARED, PackageState.SENDING, PackageState.RECEIVED})
"""What a run still works on by itself."""


class Stage(IntEnum):
    """The platform's processing status (HQMS.md 2.4, seen in two uploaders)."""

    UPLOADED = 0
    UNZIPPING = 1
    CHECKING = 2
    STORING = 3
    DONE = 4
    FAILED = 5
    REPEATED = 6
    """The same file was uploaded before: it is there."""

    @property
    def final(self) -> bool:
        """Whether the platform will say nothing further."""
        return self >= Stage.DONE


@dataclass(frozen=True, slots=True)
class Feedback:
    """The platform's report on one package. None where it said nothing.

    `grades` counts records: grade0 below the storage standard, grade1 reaching it, grade2 the
    technical channel's, grade3 the interface's; `grade` is the whole package's.
    """

    stage: Stage
    grades: tuple[int, int, int, int] | None = None
    stocked: int | None = None
    total: int | None = None
    grade: int | None = None
    result_id: str = ""
    error_code: str = ""
    message: str = field(default="", repr=False)
    """The platform's own words; may repeat patient values, so it is kept out of logs."""

    def not_stored(self, records: int) -> int:
        """How many of the package's records the platform did not store, as far as it says."""
        if self.stocked is not None:
            return max(0, records - self.stocked)
        return self.grades[0] if self.grades is not None else 0


class Outcome(Enum):
    """How one try to send ended; decided by the gateway, never by the caller."""

    RECEIVED = "received"
    REJECTED = "rejected"
    """Refused as it is; sending it again would change nothing."""
    RETRY_LATER = "retry_later"
    """It certainly did not arrive; later it may."""
    EXPIRED = "expired"
    """The token was refused before the package was looked at."""
    UNKNOWN = "unknown"
    """Bytes left and no clear answer came back."""


class Trouble(Enum):
    """What kind of answer or silence it was; told to people instead of the receiver's text."""

    NONE = "none"
    NOT_CONNECTED = "not_connected"
    CONNECTION_LOST = "connection_lost"
    TIMED_OUT = "timed_out"
    TOO_MANY_REQUESTS = "too_many_requests"
    SERVER_ERROR = "server_error"
    ERROR_PAGE = "error_page"
    UNREADABLE_ANSWER = "unreadable_answer"
    ANSWER_TOO_LARGE = "answer_too_large"
    REDIRECTED = "redirected"
    TOKEN_REFUSED = "token_refused"
    REFUSED = "refused"
    CANNOT_SAY = "cannot_say"
    COUNT_DIFFERS = "count_differs"
    NO_FEEDBACK = "no_feedback"


@dataclass(frozen=True, slots=True)
class NewPackage:
    """A package as it enters the outbox. `sha256` is of `content`, in hexadecimal digits."""

    key: str
    name: str
    content: bytes = field(repr=False)
    sha256: str
    layout: str
    records: int


@dataclass(frozen=True, slots=True)
class SentRecord:
    """One record of a package, named by salted hashes only."""

    key_hash: str
    content_hash: str
    discharged: date | None


@dataclass(frozen=True, slots=True)
class StoredPackage:
    """A package of the outbox without its bytes.

    `before` is the id of the result the receiver showed just before the try: "" when it had none,
    None when it could not say. `tries` counts the times bytes may have left.
    """

    id: int
    key: str
    name: str
    sha256: str
    size: int
    layout: str
    records: int
    state: PackageState
    made_at: datetime
    sending_at: datetime | None = None
    answered_at: datetime | None = None
    tries: int = 0
    before: str | None = None
    feedback: Feedback | None = None
    trouble: Trouble = Trouble.NONE
    settled_by: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """A record held back for one reason at one field, and how often it was met."""

    key_hash: str
    reason: str
    field: str
    local_code: str
    local_name: str
    first_seen: datetime
    last_seen: datetime
    count: int
    discharged: date | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the uploader; `ended` is None while it works, or when it was killed."""

    id: int
    started: datetime
    ended: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    exit_code: int | None = None


def state_of(feedback: Feedback) -> PackageState:
    """What a feedback makes of a package the receiver has."""
    match feedback.stage:
        case Stage.DONE | Stage.REPEATED:
            return PackageState.ACCEPTED
        case Stage.FAILED:
            return PackageState.REJECTED
        case Stage.UPLOADED | Stage.UNZIPPING | Stage.CHECKING | Stage.STORING:
            return PackageState.RECEIVED
    assert_never(feedback.stage)
