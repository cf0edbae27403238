"""The look at the nights: silence, the monthly summary and its day, both acts by one clock."""

import csv
import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from helpers.hospitals import Hospital, discharges
from icdmapper.cli.main import main
from icdmapper.upload import monthly, watching
from icdmapper.upload.alerts import Alert

MARCH = date(2026, 3, 1)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 7, 30).astimezone()


def months(told: tuple[Alert, ...]) -> list[str | int]:
    return [one.facts["month"] for one in told if "month" in one.facts]


def rows(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


def test_the_summary_is_made_before_the_tenth_and_kept_fresh_until_then(
    hospital: Hospital,
) -> None:
    hospital.enter(discharges(5), MARCH)
    hospital.uploader().run()
    uploader = hospital.uploader()
    file = monthly.file_of(uploader.config, MARCH)
    assert not months(watching.look(uploader, at(date(2026, 4, 2))))
    assert [int(one) for one in rows(file)[-1][1:]].count(5) == 1
    assert len(rows(file)) == 33
    hospital.enter(discharges(3, start=50), date(2026, 3, 2))
    hospital.night.day += timedelta(days=1)
    hospital.uploader().run()
    assert not months(watching.look(uploader, at(date(2026, 4, 9))))
    assert sum(int(one) for one in rows(file)[1][1:]) == 8
    kept = file.read_bytes()
    assert not months(watching.look(uploader, at(date(2026, 4, 10))))
    assert file.read_bytes() == kept


def test_a_summary_missing_on_the_tenth_is_told_once_and_made(hospital: Hospital) -> None:
    uploader = hospital.uploader()
    assert months(watching.look(uploader, at(date(2026, 4, 10)))) == ["2026-03"]
    assert monthly.file_of(uploader.config, MARCH).exists()
    assert not months(watching.look(uploader, at(date(2026, 4, 11))))


def test_a_summary_that_cannot_be_written_is_told_every_day(hospital: Hospital) -> None:
    (hospital.folder / monthly.FOLDER).write_text("in the way")
    for day in (10, 11):
        assert months(watching.look(hospital.uploader(), at(date(2026, 4, day)))) == ["2026-03"]


def test_an_uploader_that_began_after_the_day_is_not_told_of_a_summary_it_could_not_make(
    hospital: Hospital,
) -> None:
    hospital.night.day = date(2026, 4, 12)
    hospital.uploader().run()
    assert not months(watching.look(hospital.uploader(), at(date(2026, 4, 12))))
    assert monthly.file_of(hospital.uploader().config, MARCH).exists()


def test_a_month_before_the_first_day_of_the_uploader_is_not_asked_for(hospital: Hospital) -> None:
    told = watching.look(hospital.uploader(), at(date(2026, 3, 10)))
    assert not months(told)
    assert not (hospital.folder / monthly.FOLDER).exists()


def test_silence_is_told_by_the_clock_that_was_handed_in(hospital: Hospital) -> None:
    hospital.uploader().run()
    for hours, silent in ((29, False), (31, True)):
        told = watching.look(hospital.uploader(), hospital.night() + timedelta(hours=hours))
        assert any("last run" in one.facts for one in told) is silent


class EnoughError(Exception):
    """Ends a service that would stay."""


def test_serving_does_the_run_and_the_look_every_day_at_their_times() -> None:
    clock = [datetime(2026, 3, 5, 0, 0, tzinfo=UTC)]
    done: list[tuple[str, str]] = []

    def sleep(seconds: float) -> None:
        assert 0 < seconds <= 30
        clock[0] += timedelta(seconds=seconds)

    def act(name: str) -> None:
        done.append((name, f"{clock[0]:%d %H:%M}"))
        if len(done) == 4:
            raise EnoughError

    acts = {"run": lambda: act("run"), "watch": lambda: act("watch")}
    with pytest.raises(EnoughError):
        watching.serve(acts, time(1, 30), now=lambda: clock[0], sleep=sleep,
                       say=lambda _start, _act: None)  # fmt: skip
    assert done == [
        ("run", "05 01:30"), ("watch", "05 07:30"), ("run", "06 01:30"), ("watch", "06 07:30"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("scheduler", "files"),
    [
        ("systemd", ["icdmapper-upload-test.service", "icdmapper-upload-test.timer",
                     "icdmapper-watch-test.service", "icdmapper-watch-test.timer"]),
        ("cron", ["crontab"]),
        ("windows", ["icdmapper-upload-test.xml", "icdmapper-watch-test.xml"]),
    ],
)  # fmt: skip
def test_installing_writes_both(
    hospital: Hospital, capsys: pytest.CaptureFixture[str], scheduler: str, files: list[str]
) -> None:
    config, out = str(hospital.folder / "upload.toml"), hospital.folder / "jobs"
    words = ["upload", "install", str(out), "--scheduler", scheduler, "--config", config, "--json"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["files"] == files
    assert sorted(one.name for one in out.iterdir()) == files
    if scheduler == "cron":
        lines = (out / "crontab").read_text().splitlines()
        assert ["upload run" in lines[0], "upload watch" in lines[1]] == [True, True]


def test_the_status_names_the_summary(
    hospital: Hospital, capsys: pytest.CaptureFixture[str]
) -> None:
    month = monthly.last_month(datetime.now().astimezone().date())
    words = ["upload", "status", "--config", str(hospital.folder / "upload.toml"), "--json"]
    main(words)
    assert json.loads(capsys.readouterr().out)["monthly"] == ""
    file = monthly.write(hospital.uploader(), month)
    main(words)
    assert json.loads(capsys.readouterr().out)["monthly"] == str(file)
