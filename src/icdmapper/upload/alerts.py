"""Telling people when something needs them: counts and reasons, never a record."""

from __future__ import annotations

import json
import logging
import smtplib
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage

import httpx

from icdmapper.model.errors import IcdMapperError
from icdmapper.model.sending import Run
from icdmapper.texts import N_, _
from icdmapper.texts.words import count_word, environment_word, held_word, package_state_word
from icdmapper.upload.config import AlertConfig
from icdmapper.upload.run_report import Exit, RunReport
from icdmapper.upload.sending import STOP_WORDS, Stop

logger = logging.getLogger(__name__)
_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Alert:
    """What a person is told: one line, and facts as counts under names for machines."""

    title: str
    facts: dict[str, str | int]

    @property
    def text(self) -> str:
        """The alert as a short letter."""
        return "\n".join(
            [self.title, "", *(_line(name, value) for name, value in self.facts.items())]
        )


_NAMES = {
    "run": N_("number of the run"),
    "not stored by the platform": N_("not stored by the platform, below its standard"),
    "stopped": N_("stopped because"),
    "why": N_("why"),
    "last run": N_("last run"),
    "hours": N_("hours without a run that are an alarm"),
    "month": N_("month"),
    "file": N_("file"),
    "check": N_("check"),
}


def _line(name: str, value: str | int) -> str:
    """A fact for people."""
    kind, _space, rest = name.partition(" ")
    if kind == "held" and rest:
        return _("held: {reason}: {count}").format(reason=held_word(rest), count=value)
    if kind == "packages":
        return _("packages {state}: {count}").format(state=package_state_word(rest), count=value)
    if name == "stopped":
        value = _(STOP_WORDS[Stop(value)])
    return f"{_(_NAMES[name]) if name in _NAMES else count_word(name)}: {value}"


def of_run(report: RunReport, environment: str) -> Alert | None:
    """What a run has to say to a person; None when all is well."""
    if report.exit is Exit.DONE:
        return None
    title = (
        _("Upload ({environment}): a person has to look")
        if report.exit is Exit.LOOK
        else _("Upload ({environment}): not finished, will go on at the next run")
    ).format(environment=environment_word(environment))
    facts: dict[str, str | int] = {"run": report.run, **report.counts}
    facts |= {f"held {reason}": count for reason, count in sorted(report.held.items())}
    facts |= {f"packages {state}": numbers[0] for state, numbers in sorted(report.states.items())}
    if report.not_stored:
        facts["not stored by the platform"] = report.not_stored
    if report.stop != "none":
        facts["stopped"] = report.stop
    return Alert(title, facts)


def of_error(error: IcdMapperError, environment: str) -> Alert:
    """A run that could not be done; errors of the rooms name no patient."""
    return Alert(
        _("Upload ({environment}): the run failed").format(
            environment=environment_word(environment)
        ),
        {"why": str(error)},
    )


def of_silence(runs: tuple[Run, ...], now: datetime, late_hours: int) -> Alert | None:
    """Whether no run has ended for too long."""
    ended = [one.ended for one in runs if one.ended is not None]
    last = max(ended, default=None)
    if last is not None and now - last <= timedelta(hours=late_hours):
        return None
    return Alert(
        _("Upload: nothing ran"),
        {"last run": f"{last.astimezone():%Y-%m-%d %H:%M}" if last else "-", "hours": late_hours},
    )


def send(alert: Alert, config: AlertConfig) -> tuple[str, ...]:
    """Tell everybody the settings name; returns the ways that failed. Never raises for them."""
    failed = []
    if config.webhook and not _post(alert, config.webhook):
        failed.append("webhook")
    if config.smtp_host and config.receivers and not _mail(alert, config):
        failed.append("smtp")
    for way in failed:
        logger.warning("an alert could not be sent by %s", way)
    return tuple(failed)


def _post(alert: Alert, address: str) -> bool:
    try:
        answer = httpx.post(
            address,
            content=json.dumps(
                {"title": alert.title, "facts": alert.facts, "text": alert.text},
                ensure_ascii=False,
            ),
            headers={"Content-Type": "application/json; charset=utf-8"},
            timeout=_SECONDS,
            follow_redirects=False,
        )
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
    return answer.is_success


def _mail(alert: Alert, config: AlertConfig) -> bool:
    letter = EmailMessage()
    letter["Subject"], letter["From"] = alert.title, config.sender
    letter["To"] = ", ".join(config.receivers)
    letter.set_content(alert.text)
    try:
        with smtplib.SMTP(config.smtp_host, config.smtp_port, timeout=_SECONDS) as server:
            if config.password:
                server.starttls()
                server.login(config.sender, config.password)
            server.send_message(letter)
    except (OSError, smtplib.SMTPException):
        return False
    return True
