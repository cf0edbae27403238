"""What a run was asked for and what it did, in counts only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from pathlib import Path

from icdmapper.model.sending import PackageState
from icdmapper.upload.sending import SendReport, Stop

PLACES = ("unchanged", "repeated", "conflicting", "unkeyed", "held", "packed")
"""Where an extracted record can be; together they are all that was extracted."""


class Exit(Enum):
    """How a run ended, as the exit code of the console; docs/uploader-runbook.md explains each."""

    DONE = 0
    """Everything was sent and accepted, nothing is held."""
    LOOK = 1
    """Done, and a person has to look: held, rejected or unknown records."""
    LATER = 9
    """Not finished: the window closed or the receiver could not be reached; run again later."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did, in counts only; nothing of a patient is in it.

    `extracted` records are, each in exactly one place, `unchanged`, `repeated`, `conflicting`,
    `unkeyed`, `held` or `packed`.
    """

    run: int
    since: date
    until: date
    counts: dict[str, int]
    held: dict[str, int]
    """Held records by reason: a HoldReason or a rule, counted once per record and reason."""
    rules: dict[str, int]
    """Held records by the rule of the table behind the reason, each once per rule."""
    warnings: dict[str, int]
    exit: Exit
    packages: tuple[str, ...] = ()
    states: dict[str, tuple[int, int]] = field(default_factory=dict)
    stop: str = Stop.NONE.value
    trouble: str = ""
    unknown: tuple[str, ...] = ()
    not_stored: int = 0
    """Records that the platform took and did not store: below its standard."""
    remarks: dict[str, int] = field(default_factory=dict)
    dry: bool = False
    forgotten: int = 0
    """Packages accepted long ago whose bytes this run forgot."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which records a person asked for; the default is what the schedule would send."""

    since: date | None = None
    until: date | None = None
    """Not included."""
    records: frozenset[str] = frozenset()
    """Record numbers (P3) to send again although nothing changed; empty means all by rule."""
    dry: bool = False
    problems: Path | None = None
    """Folder for lists of what was found, record by record; None for none."""


def exit_of(sent: SendReport, *, held: int) -> Exit:
    """How a run ended: what is not finished comes before what needs a look."""
    open_states = {PackageState.PREPARED, PackageState.SENDING, PackageState.RECEIVED}
    if sent.stop is not Stop.NONE or open_states & set(sent.counts):
        return Exit.LATER
    if held or sent.not_stored or {PackageState.REJECTED, PackageState.UNKNOWN} & set(sent.counts):
        return Exit.LOOK
    return Exit.DONE
