"""An invented uploader for pictures: two environments, weeks of nights, some of them bad."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random

from icdmapper.model.sending import (
    Environment,
    Feedback,
    NewPackage,
    PackageState,
    SentRecord,
    Stage,
    Trouble,
)
from icdmapper.storage.upload_state import UploadState, UploadWork

_DAYS, _DELAY = 40, 1
_SETTINGS = """[hospital]
id = "TEST0000000"
[source]
kind = "folder"
folder = "in"
first_day = 2026-01-01
delay_days = 1
columns_file = "columns.toml"
[releases]
keys = []
[test]
transport = "folder"
folder = "out-test"
[production]
transport = "folder"
folder = "out"
"""
_HELD = (
    ("unmapped", "P321", "Q99.951", "罕见先天畸形（院内）"),
    ("undecided", "P324", "K29.552", "慢性胃炎，待查"),
    ("refining", "P327", "I63.951", "脑梗死，部位待定"),
    ("HQ-031", "P361", "", ""),
    ("HQ-058", "P27", "", ""),
)


def tell_nights(folder: Path) -> Path:
    """Settings of an uploader with a story; returns their file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "in").mkdir()
    (folder / "columns.toml").write_text("[fields.P3]\ncolumn = 'P3'\n", encoding="utf-8")
    file = folder / "upload.toml"
    file.write_text(_SETTINGS, encoding="utf-8")
    for environment in Environment:
        _tell(folder, environment)
    return file


def _tell(folder: Path, environment: Environment) -> None:
    chance = Random(environment.value)
    today = datetime.now().astimezone().date()
    state = UploadState.open(
        folder / f"upload-{environment.value}.sqlite", environment, new_salt=os.urandom
    )
    with state.writing() as work:
        for back in range(_DAYS, _DELAY, -1):
            night = _moment(today - timedelta(days=back - _DELAY - 1))
            if back in (9, 23):
                continue
            number = work.runs.start(at=night)
            _night(work, today - timedelta(days=back), back, night, chance)
            work.runs.end(number, {}, exit_code=0, at=night + timedelta(minutes=7))
        work.commit()
    state.close()


def _night(work: UploadWork, day: date, back: int, night: datetime, chance: Random) -> None:
    records = chance.randint(70, 130)
    name = f"{day:%Y%m}_{night:%Y%m%d%H%M%S}_TEST0000000.zip"
    package = NewPackage(name, name, name.encode(), "0" * 64, "DBF346", records)
    sent = [SentRecord(f"{day}{n}", "c", day) for n in range(records)]
    if back == 14:
        return
    work.outbox.add(package, sent, at=night)
    if chance.random() < 0.2 or back in (5, 6):
        for reason, field, code, text in chance.sample(_HELD, 2):
            held = [
                (f"{day}{reason}{n}", reason, field, code, text, day) for n in range(back % 5 + 1)
            ]
            work.holdings.add(held, at=night)
    if back == 2:
        return
    work.outbox.start_try(work.outbox.get(name), before="", at=night)
    grades = (1, 0, 4, records - 5) if back % 4 == 0 else (0, 0, 0, records)
    grade = 2 if grades[0] else 3
    outcome, stage, trouble = PackageState.ACCEPTED, Stage.DONE, Trouble.NONE
    if back == 18:
        outcome, stage, trouble = PackageState.REJECTED, Stage.FAILED, Trouble.REFUSED
    if back == 3:
        outcome, trouble = PackageState.UNKNOWN, Trouble.CONNECTION_LOST
    feedback = Feedback(
        stage, grades, records, records, grade, error_code="E204" if back == 18 else ""
    )
    work.outbox.answer(
        work.outbox.get(name), outcome, at=night,
        feedback=None if outcome is PackageState.UNKNOWN else feedback, trouble=trouble,
    )  # fmt: skip


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(1, 30)).astimezone().astimezone(UTC)
