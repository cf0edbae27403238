"""The daily look from outside the run: did it run, what expires, is the monthly summary ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time

from icdmapper.model.errors import IcdMapperError
from icdmapper.texts import _
from icdmapper.upload import alerts, monthly, readiness, schedule
from icdmapper.upload.alerts import Alert
from icdmapper.upload.service import Uploader

_LONGEST_NAP = 30.0


def look(uploader: Uploader, now: datetime) -> tuple[Alert, ...]:
    """What a person must be told now; makes the monthly summary ready meanwhile."""
    late_hours = uploader.config.alerts.late_hours
    found = [alerts.of_silence(uploader.status().runs, now, late_hours), _month(uploader, now)]
    for one in readiness.try_all(uploader, only=("certificate", "release")):
        if not one.passed:
            found.append(Alert(one.sentence, {"check": one.name}))
    return tuple(one for one in found if one is not None)


def serve(
    acts: Mapping[str, Callable[[], None]],
    at: time,
    *,
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    say: Callable[[datetime, str], None],
) -> None:
    """Do `run` and `watch` every day at their times, until an act raises.

    Short naps: a machine that slept, or whose clock was set, still starts in time.
    """
    while True:
        start, act = schedule.next_due(now(), at)
        say(start, act)
        while (left := (start - now()).total_seconds()) > 0:
            sleep(min(left, _LONGEST_NAP))
        acts[act]()


def _began_since(uploader: Uploader, day: date) -> bool:
    """Whether the very first run was on this day or later: what was due before is nobody's."""
    with uploader.reading() as work:
        first = work.runs.first()
    return first is not None and first.started.astimezone().date() >= day


def _month(uploader: Uploader, now: datetime) -> Alert | None:
    """Written anew until the day it is due; one that is missing from then on is told, and made."""
    month = monthly.last_month(now.date())
    if not monthly.wanted(uploader.config, month):
        return None
    due = now.day >= monthly.DUE and not _began_since(uploader, now.date().replace(day=monthly.DUE))
    missing = not monthly.file_of(uploader.config, month).exists()
    if due and not missing:
        return None
    title = _("The monthly summary was not ready before the 10th")
    try:
        file = monthly.write(uploader, month)
    except IcdMapperError as error:
        return Alert(title, {"month": f"{month:%Y-%m}", "why": str(error)}) if due else None
    return Alert(title, {"month": f"{month:%Y-%m}", "file": file.name}) if due else None
