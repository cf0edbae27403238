"""The nightly run in the words of each scheduler, whatever the paths are called."""

import shlex
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from icdmapper.upload.schedule import Job, cron, next_due, next_start, systemd, windows

JOB = Job(Path("/opt/icd & mapper/icdmapper-cli"), Path("/etc/上报 100%/upload.toml"), "test",
          time(1, 30))  # fmt: skip
WORDS = [
    "/opt/icd & mapper/icdmapper-cli", "upload", "run", "--config", "/etc/上报 100%/upload.toml",
    "--environment", "test",
]  # fmt: skip
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def test_systemd_gets_a_service_and_a_timer_that_catches_up() -> None:
    files = systemd(JOB)
    service, timer = files["icdmapper-upload-test.service"], files["icdmapper-upload-test.timer"]
    (start,) = (one for one in service.splitlines() if one.startswith("ExecStart="))
    assert shlex.split(start.removeprefix("ExecStart=").replace("%%", "%")) == WORDS
    assert "100%/" not in start
    assert {"OnCalendar=*-*-* 01:30:00", "Persistent=true"} <= set(timer.splitlines())


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd")
def test_systemd_reads_the_day_as_it_is_meant() -> None:
    timer = systemd(JOB)["icdmapper-upload-test.timer"]
    (when,) = (
        one.removeprefix("OnCalendar=") for one in timer.splitlines() if one.startswith("OnC")
    )
    told = subprocess.run(
        ["systemd-analyze", "calendar", when], check=True, capture_output=True, text=True
    )
    assert "01:30:00" in told.stdout


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd")
def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    job = replace(JOB, program=Path(shutil.which("true") or "/bin/true"), account="root")
    for one in (job, job.watching):
        for name, text in systemd(one).items():
            (tmp_path / name).write_text(text, encoding="utf-8")
    told = subprocess.run(
        ["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert (told.returncode, told.stderr) == (0, "")


def test_the_service_is_the_accounts_and_may_write_beside_its_settings() -> None:
    service = systemd(replace(JOB, account="icdm"))["icdmapper-upload-test.service"]
    assert {"User=icdm", 'ReadWritePaths="/etc/上报 100%%"'} <= set(service.splitlines())
    assert "User=" not in systemd(JOB)["icdmapper-upload-test.service"]


def test_cron_gets_one_line() -> None:
    (line,) = cron(JOB)["crontab"].splitlines()
    minute, hour, day, month, weekday, command = line.split(" ", 5)
    assert (minute, hour, day, month, weekday) == ("30", "1", "*", "*", "*")
    assert shlex.split(command.replace(r"\%", "%")) == WORDS
    assert "%" not in command.replace(r"\%", "")


def test_windows_gets_a_task_that_catches_up_and_runs_once() -> None:
    text = windows(JOB)["icdmapper-upload-test.xml"]
    task = ET.fromstring(text.encode("utf-16"))
    found = {one.tag.removeprefix(TASK): one.text for one in task.iter()}
    assert found["Command"] == WORDS[0]
    assert shlex.split(found["Arguments"] or "") == WORDS[1:]
    assert (found["StartBoundary"] or "").endswith("T01:30:00")
    assert (found["StartWhenAvailable"], found["MultipleInstancesPolicy"]) == ("true", "IgnoreNew")
    # At night nobody is signed in, and a server may count its UPS as a battery.
    assert (found["LogonType"], found["DisallowStartIfOnBatteries"]) == ("Password", "false")


@pytest.mark.parametrize(("now", "day"), [("01:29:59", 5), ("01:30:00", 6), ("23:59:00", 6)])
def test_the_next_night_is_the_next_time_the_clock_shows_it(now: str, day: int) -> None:
    at = datetime.fromisoformat(f"2026-03-05 {now}").replace(tzinfo=UTC)
    assert next_start(at, time(1, 30)) == datetime(2026, 3, day, 1, 30, tzinfo=UTC)


def test_the_look_is_scheduled_beside_the_run_and_later() -> None:
    look = JOB.watching
    assert look.at == time(7, 30)
    assert Job(JOB.program, JOB.settings, "test", time(20, 15)).watching.at == time(2, 15)
    words = [one if one != "run" else "watch" for one in WORDS]
    files = systemd(look)
    assert set(files) == {"icdmapper-watch-test.service", "icdmapper-watch-test.timer"}
    (start,) = (
        one for one in files["icdmapper-watch-test.service"].splitlines() if "ExecStart=" in one
    )
    assert shlex.split(start.removeprefix("ExecStart=").replace("%%", "%")) == words
    (line,) = cron(look)["crontab"].splitlines()
    assert line.startswith("30 7 * * * ")
    assert shlex.split(line.split(" ", 5)[5].replace(r"\%", "%")) == words
    task = ET.fromstring(windows(look)["icdmapper-watch-test.xml"].encode("utf-16"))
    found = {one.tag.removeprefix(TASK): one.text for one in task.iter()}
    assert shlex.split(found["Arguments"] or "") == words[1:]


@pytest.mark.parametrize(
    ("now", "due"),
    [("01:29", (5, 1, "run")), ("01:30", (5, 7, "watch")), ("07:30", (6, 1, "run"))],
)
def test_run_and_look_take_turns(now: str, due: tuple[int, int, str]) -> None:
    at = datetime.fromisoformat(f"2026-03-05 {now}").replace(tzinfo=UTC)
    start, act = next_due(at, time(1, 30))
    assert (start.day, start.hour, act) == due
