"""The monthly summary: what was sent of the last month of discharge, ready before the 10th."""

from __future__ import annotations

import csv
from calendar import monthrange
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from icdmapper.model.errors import IcdMapperError
from icdmapper.model.sending import PackageState
from icdmapper.texts import _
from icdmapper.texts.words import package_state_word
from icdmapper.upload.config import UploadConfig
from icdmapper.upload.service import Uploader

DUE = 10
"""Day of the next month from which a missing summary is an alarm (issue: ready before the 10th)."""
FOLDER = "reports"


def last_month(today: date) -> date:
    """The first day of the month before today's."""
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)


def file_of(config: UploadConfig, month: date) -> Path:
    """Where the summary of a month belongs, beside the settings."""
    name = f"upload-{config.environment.value}-{month:%Y-%m}.csv"
    return config.file.parent / FOLDER / name


def wanted(config: UploadConfig, month: date) -> bool:
    """Whether the uploader was to send anything of that month."""
    return _end(month) >= config.source.first_day


def write(uploader: Uploader, month: date) -> Path:
    """Write what was sent by day of discharge and state, days without anything too, and the sum.

    Raises:
        IcdMapperError: the file cannot be written.
    """
    found = uploader.by_discharge(month, _end(month))
    states = tuple(PackageState)
    sums: Counter[PackageState] = Counter()
    for counts in found.values():
        sums.update(counts)
    days = (month + timedelta(days=at) for at in range(_end(month).day))
    file = file_of(uploader.config, month)
    aside = file.with_suffix(".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("w", encoding="utf-8-sig", newline="") as stream:
            table = csv.writer(stream)
            table.writerow([_("Day"), *(package_state_word(one.value) for one in states)])
            for day in days:
                table.writerow([day, *(found.get(day, {}).get(one, 0) for one in states)])
            table.writerow([_("Total"), *(sums[one] for one in states)])
        aside.replace(file)
    except OSError as error:
        raise IcdMapperError(
            _("{folder} cannot be written to: {reason}").format(
                folder=file, reason=error.strerror or type(error).__name__
            )
        ) from error
    return file


def _end(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])
