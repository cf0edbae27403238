"""What the nights did, day by day: a month of discharges, what is held or rejected and why."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import Enum

from icdmapper.model.sending import WAITING, Holding, PackageState, Run, StoredPackage
from icdmapper.storage.upload_state import UploadWork
from icdmapper.upload.holes import UnknownCode, unknown_codes
from icdmapper.upload.service import Status, Uploader, by_state

_PACKAGES = 200


class DayMark(Enum):
    """What is said of a day of discharge first: the worst that is true of it."""

    REJECTED = "rejected"
    UNKNOWN = "unknown"
    HELD = "held"
    WAITING = "waiting"
    ACCEPTED = "accepted"
    NOTHING = "nothing"
    """Its records were due and none came; a hospital discharges every day."""
    OUTSIDE = "outside"
    """Before the first day that concerns the platform, or not due yet."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day: the records discharged on it, and whether the uploader ran in its night."""

    day: date
    states: Mapping[PackageState, int] = field(default_factory=dict)
    held: Mapping[str, int] = field(default_factory=dict)
    """Records held, by reason; a record may have several."""
    held_records: int = 0
    packages: tuple[StoredPackage, ...] = ()
    """The packages its records are in, oldest first."""
    runs: tuple[Run, ...] = ()
    due: bool = False
    """Whether the last run that ended had to send its records."""
    silent: bool = False
    """Whether a run was to begin on this date and none did."""

    @property
    def sent(self) -> int:
        """Records in packages, whatever came of them."""
        return sum(self.states.values())

    @property
    def grade(self) -> int | None:
        """The worst grade the platform gave a package with its records; None without any."""
        grades = [one.feedback.grade for one in self.packages if one.feedback is not None]
        return min((one for one in grades if one is not None), default=None)

    @property
    def mark(self) -> DayMark:
        """What is said of the day first."""
        true_of_it = {
            DayMark.REJECTED: self.states.get(PackageState.REJECTED),
            DayMark.UNKNOWN: self.states.get(PackageState.UNKNOWN),
            DayMark.HELD: self.held_records,
            DayMark.WAITING: sum(self.states.get(one, 0) for one in WAITING),
            DayMark.ACCEPTED: self.states.get(PackageState.ACCEPTED),
            DayMark.NOTHING: self.due,
        }
        return next((mark for mark, so in true_of_it.items() if so), DayMark.OUTSIDE)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Records the platform did not take, by what it said: our word for it and its error code."""

    trouble: str
    code: str
    records: int
    packages: int


@dataclass(frozen=True, slots=True)
class Nights:
    """The state of one environment as a page shows it, read at once."""

    status: Status
    days: tuple[Day, ...]
    """Every day of the month that was asked for."""
    codes: tuple[UnknownCode, ...]
    packages: tuple[StoredPackage, ...]
    rejections: tuple[Rejection, ...]


def look(uploader: Uploader, month: date, today: date) -> Nights:
    """Read what a month of discharges came to; `month` is any day of it.

    Raises:
        ProjectError: the state file cannot be read.
    """
    first = month.replace(day=1)
    last = first.replace(day=monthrange(first.year, first.month)[1])
    with uploader.reading() as work:
        status = uploader.status(work)
        held = work.holdings.all()
        days = _days(work, uploader, held, (first, last, today))
        rejections = _rejections(work)
        packages = work.outbox.newest(_PACKAGES)
    return Nights(status, days, unknown_codes(held), packages, rejections)


def _days(
    work: UploadWork, uploader: Uploader, held: Iterable[Holding], span: tuple[date, date, date]
) -> tuple[Day, ...]:
    first, last, today = span
    sent = work.records.by_discharge(first, last)
    packages = work.outbox.numbered({one for numbers in sent.values() for one in numbers})
    nights = _by_night(work.runs.between(_dawn(first), _dawn(last + timedelta(days=1))))
    very_first = work.runs.first()
    began = _local_day(very_first.started) if very_first is not None else today
    due_from, due_to = uploader.config.source.first_day, _due_to(work, uploader)
    waiting = _held_by_day(held)
    days = []
    for at in range((last - first).days + 1):
        day = first + timedelta(days=at)
        numbers, runs = sent.get(day, {}), nights.get(day, ())
        reasons, records = waiting.get(day, ({}, 0))
        days.append(
            Day(
                day,
                by_state(numbers, packages),
                reasons,
                records,
                tuple(packages[one] for one in sorted(numbers)),
                runs,
                due=due_to is not None and due_from <= day <= due_to,
                silent=began <= day < today and not runs,
            )
        )
    return tuple(days)


def _due_to(work: UploadWork, uploader: Uploader) -> date | None:
    """The last day of discharge that the last complete run had to send."""
    ended = [run for run in work.runs.newest(10) if run.ended is not None]
    if not ended:
        return None
    until = _local_day(ended[0].started) - timedelta(days=uploader.config.source.rescan.delay_days)
    return until - timedelta(days=1)


def _by_night(runs: Iterable[Run]) -> dict[date, tuple[Run, ...]]:
    found: dict[date, tuple[Run, ...]] = {}
    for run in runs:
        day = _local_day(run.started)
        found[day] = (*found.get(day, ()), run)
    return found


def _held_by_day(held: Iterable[Holding]) -> dict[date, tuple[dict[str, int], int]]:
    reasons: dict[date, set[tuple[str, str]]] = {}
    for one in held:
        if one.discharged is not None:
            reasons.setdefault(one.discharged, set()).add((one.key_hash, one.reason))
    return {
        day: (dict(Counter(reason for _key, reason in pairs)), len({key for key, _why in pairs}))
        for day, pairs in reasons.items()
    }


def _rejections(work: UploadWork) -> tuple[Rejection, ...]:
    """What was rejected and not sent again since, by reason."""
    groups: dict[tuple[str, str], list[int]] = {}
    for one in work.outbox.in_states({PackageState.REJECTED}):
        left = one.records - work.outbox.superseded(one)
        code = one.feedback.error_code if one.feedback is not None else ""
        if left > 0:
            groups.setdefault((one.trouble.value, code), []).append(left)
    found = [Rejection(*why, sum(left), len(left)) for why, left in groups.items()]
    return tuple(sorted(found, key=lambda one: -one.records))


def _dawn(day: date) -> datetime:
    return datetime.combine(day, time()).astimezone()


def _local_day(moment: datetime) -> date:
    return moment.astimezone().date()
