"""The nightly run and the look at it as texts for the system's scheduler; people install them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path

RUN, WATCH = "run", "watch"
_WATCH_AFTER_HOURS = 6
"""From the run to the look at it: before people come to work, when a night is over."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to run every day: the console, the settings, the environment, the time."""

    program: Path
    settings: Path
    environment: str
    at: time
    account: str = ""
    """Who is to run it: secrets and state are this account's alone; "" leaves it to the system."""
    act: str = RUN

    @property
    def name(self) -> str:
        """What the scheduler calls it."""
        kind = "upload" if self.act == RUN else self.act
        return f"icdmapper-{kind}-{self.environment}"

    @property
    def watching(self) -> Job:
        """The look at this run, later the same day."""
        return replace(self, act=WATCH, at=watch_time(self.at))

    @property
    def command(self) -> str:
        """The command line of one run."""
        return (
            f'"{self.program}" upload {self.act} --config "{self.settings}"'
            f" --environment {self.environment}"
        )


def systemd(job: Job) -> dict[str, str]:
    """A service and a timer; `Persistent` runs after a night in which the machine was off."""
    name = job.name
    # Exit code 1 means that a person has to look, not that the service failed.
    # A per cent sign in a path would be one of systemd's own marks.
    command = job.command.replace("%", "%%")
    # The state lies beside the settings, and those may lie where a service may not write.
    folder = str(job.settings.parent).replace("%", "%%")
    user = f"User={job.account}\n" if job.account else ""
    service = (
        f"[Unit]\nDescription=icdmapper upload {job.act} ({job.environment})\n"
        "Wants=network-online.target\nAfter=network-online.target\n\n"
        f"[Service]\nType=oneshot\n{user}ExecStart={command}\nSuccessExitStatus=1 9\n"
        "UMask=0077\nNoNewPrivileges=yes\nPrivateTmp=yes\nProtectSystem=full\n"
        f'ReadWritePaths="{folder}"\n'
    )
    timer = (
        f"[Unit]\nDescription=icdmapper upload {job.act} every day ({job.environment})\n\n"
        f"[Timer]\nOnCalendar=*-*-* {job.at:%H:%M}:00\nPersistent=true\n"
        "RandomizedDelaySec=120\n\n[Install]\nWantedBy=timers.target\n"
    )
    return {f"{name}.service": service, f"{name}.timer": timer}


def cron(job: Job) -> dict[str, str]:
    """A line for crontab, where a bare per cent sign would be the end of the line."""
    command = job.command.replace("%", r"\%")
    return {"crontab": f"{job.at.minute} {job.at.hour} * * * {command}\n"}


def windows(job: Job) -> dict[str, str]:
    """A task for Windows' own scheduler, to be imported with schtasks /Create /XML.

    It runs whether anybody is signed in or not, also on a machine behind a battery.
    """
    settings = _escaped(str(job.settings))
    words = f'upload {job.act} --config "{settings}" --environment {job.environment}'
    task = f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <Triggers><CalendarTrigger>
    <StartBoundary>2026-01-01T{job.at:%H:%M}:00</StartBoundary><Enabled>true</Enabled>
    <ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay>
  </CalendarTrigger></Triggers>
  <Principals><Principal id="Author">
    <LogonType>Password</LogonType><RunLevel>LeastPrivilege</RunLevel>
  </Principal></Principals>
  <Settings>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT12H</ExecutionTimeLimit>
  </Settings>
  <Actions Context="Author"><Exec>
    <Command>{_escaped(str(job.program))}</Command>
    <Arguments>{words}</Arguments>
  </Exec></Actions>
</Task>
"""
    return {f"{job.name}.xml": task}


def next_start(now: datetime, at: time) -> datetime:
    """The next moment the clock shows `at`, after `now`."""
    start = now.replace(hour=at.hour, minute=at.minute, second=at.second, microsecond=0)
    return start if start > now else start + timedelta(days=1)


def watch_time(at: time) -> time:
    """When to look at a run that starts at `at`."""
    return at.replace(hour=(at.hour + _WATCH_AFTER_HOURS) % 24)


def next_due(now: datetime, at: time) -> tuple[datetime, str]:
    """What is due next after `now`, and when: the run or the look at it."""
    return min((next_start(now, at), RUN), (next_start(now, watch_time(at)), WATCH))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
