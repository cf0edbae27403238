"""`upload`: send each day's records, and everything around it. Made for schedulers."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from icdmapper import paths
from icdmapper.cli.commands import upload_setup
from icdmapper.cli.options import add_act, add_acts
from icdmapper.cli.output import Output
from icdmapper.model.errors import IcdMapperError, NotFoundError
from icdmapper.model.sending import Environment, PackageState
from icdmapper.settings import Settings
from icdmapper.texts import N_, _
from icdmapper.texts.words import count_word, held_word, kind_word, package_state_word
from icdmapper.upload import alerts, monthly
from icdmapper.upload.holes import write_unknown_codes
from icdmapper.upload.lookup import rule_of
from icdmapper.upload.run_report import Choice, RunReport, exit_of
from icdmapper.upload.sending import STOP_WORDS, Stop
from icdmapper.upload.service import Uploader, local_now

_NEWEST = 20
"""Packages of which `status` says what the platform did not store."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, for which environment, by which settings."""
    acts = add_acts(parser, "act")
    run = add_act(acts, "run", N_("one run: read, translate, validate, pack, send"))
    run.add_argument("--date", type=date.fromisoformat, help=_("only this day of discharge"))
    run.add_argument("--from", dest="since", type=date.fromisoformat, help=_("first discharge day"))
    run.add_argument("--to", dest="until", type=date.fromisoformat, help=_("last discharge day"))
    run.add_argument("--records", type=Path, help=_("send these record numbers again (text file)"))
    run.add_argument("--dry-run", action="store_true", help=_("do everything but store and send"))
    run.add_argument(
        "--problems", type=Path, metavar="FOLDER",
        help=_("write lists of problems by record, field and department; with --dry-run to look"),
    )  # fmt: skip
    send = add_act(acts, "send", N_("send what waits in the outbox, without reading the source"))
    status = add_act(acts, "status", N_("what was sent, what is held, what a person must settle"))
    codes = add_act(acts, "codes", N_("local codes that hold records; --out writes them as CSV"))
    codes.add_argument("--out", type=Path, help=_("CSV file for the coders"))
    verify = add_act(acts, "verify", N_("read every stored package back"))
    settle = add_act(acts, "settle", N_("say whether an unknown package arrived"))
    settle.add_argument("name", help=_("name of the package"))
    arrived = settle.add_mutually_exclusive_group(required=True)
    arrived.add_argument("--arrived", action="store_true")
    arrived.add_argument("--not-arrived", action="store_true")
    month = add_act(acts, "month", N_("what was sent by month of discharge"))
    month.add_argument("month", help=_("yyyy-mm"))
    watch = add_act(
        acts,
        "watch",
        N_("alarm when nothing ran, or a certificate expires; writes the monthly summary"),
    )
    subs = [run, send, status, codes, verify, settle, month, watch]
    for sub in (*subs, *upload_setup.add_acts_to(acts)):
        sub.add_argument(
            "--config", type=Path, default=paths.config_folder() / "upload.toml",
            help=_("settings of the uploader (TOML)"),
        )  # fmt: skip
        sub.add_argument(
            "--environment", choices=[one.value for one in Environment], default="test",
            help=_("test or production; default: test"),
        )  # fmt: skip


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Do one act; a run ends with one JSON line on standard output under --json."""
    if arguments.act in upload_setup.ACTS:
        return upload_setup.run(arguments, settings, output)
    uploader = Uploader.open(arguments.config, Environment(arguments.environment))
    if arguments.act == "settle":
        by = settings.acting
        one = uploader.settle(arguments.name, arrived=arguments.arrived, by=by)
        output.line(f"{one.name}: {package_state_word(one.state.value)}")
        output.answer({"name": one.name, "state": one.state.value})
        return 0
    acts: dict[str, Callable[[Uploader, argparse.Namespace, Output], int]] = {
        "run": _run,
        "send": _send,
        "status": _status,
        "codes": _codes,
        "verify": _verify,
        "month": _month,
        "watch": lambda one, _arguments, out: upload_setup.watch(one, out),
    }
    return acts[arguments.act](uploader, arguments, output)


def _send(uploader: Uploader, _arguments: argparse.Namespace, output: Output) -> int:
    sent = uploader.send()
    states = {state.value: numbers for state, numbers in sent.counts.items()}
    _show_states(states, output)
    _show_not_stored(sent.not_stored, output)
    output.answer(
        {
            "states": states,
            "stop": sent.stop.value,
            "unknown": sent.unknown,
            "not_stored": sent.not_stored,
        }
    )
    return exit_of(sent, held=0).value


def _run(uploader: Uploader, arguments: argparse.Namespace, output: Output) -> int:
    try:
        report = uploader.run(_choice(arguments))
    except IcdMapperError as error:
        # Whoever runs it at night reads no screen: that it could not begin is told too.
        if not arguments.dry_run:
            alerts.send(alerts.of_error(error, arguments.environment), uploader.config.alerts)
        raise
    found = alerts.of_run(report, arguments.environment)
    if found is not None and not report.dry:
        alerts.send(found, uploader.config.alerts)
    _show_run(report, output)
    output.answer_line(_run_to_json(report))
    return report.exit.value


def _choice(arguments: argparse.Namespace) -> Choice:
    since, until = arguments.since or arguments.date, arguments.until or arguments.date
    numbers: frozenset[str] = frozenset()
    if arguments.records is not None:
        try:
            text = arguments.records.read_text(encoding="utf-8-sig")
        except OSError:
            raise NotFoundError(_("{file} is not there.").format(file=arguments.records)) from None
        numbers = frozenset(filter(None, (line.strip() for line in text.splitlines())))
    # People name the last day, the program the day after it.
    end = date.fromordinal(until.toordinal() + 1) if until else None
    return Choice(since, end, numbers, arguments.dry_run, arguments.problems)


def _show_run(report: RunReport, output: Output) -> None:
    output.line(
        _("run {run}: discharges from {since} to {until}").format(
            run=report.run, since=report.since, until=date.fromordinal(report.until.toordinal() - 1)
        )
    )
    output.table([(count_word(name), f"{count:,}") for name, count in report.counts.items()])
    for reason, count in sorted(report.held.items(), key=lambda one: -one[1]):
        output.line(_("held: {reason}: {count}").format(reason=_held(reason), count=count))
    _show_states(report.states, output)
    _show_not_stored(report.not_stored, output)
    if report.forgotten:
        output.line(
            _("the bytes of {count} packages accepted long ago were forgotten").format(
                count=report.forgotten
            )
        )
    for name in report.unknown:
        output.line(_("unknown, ask the platform: {name}").format(name=name))
    if report.stop != "none":
        output.line(
            _("stopped: {reason}; a later run goes on").format(
                reason=_(STOP_WORDS[Stop(report.stop)])
            )
        )


def _show_not_stored(count: int, output: Output) -> None:
    if count:
        output.line(
            _("the platform did not store {count} records: below its standard").format(count=count)
        )


def _held(reason: str) -> str:
    """The reason with the number of its rule in the table."""
    word, rule = held_word(reason), rule_of(reason)
    return word if word == rule else f"{word} ({rule})"


def _show_states(states: dict[str, tuple[int, int]], output: Output) -> None:
    output.table(
        [
            (package_state_word(state), _("{count} packages").format(count=packages),
             _("{count} records").format(count=records))
            for state, (packages, records) in states.items()
        ]
    )  # fmt: skip


def _run_to_json(report: RunReport) -> dict[str, Any]:
    found = asdict(report)
    return found | {
        "since": str(report.since),
        "until": str(report.until),
        "exit": report.exit.name.lower(),
        "exit_code": report.exit.value,
    }


def _status(uploader: Uploader, _arguments: argparse.Namespace, output: Output) -> int:
    found = uploader.status()
    states = {state.value: numbers for state, numbers in found.states.items()}
    _show_states(states, output)
    for reason, count in sorted(found.held.items(), key=lambda one: -one[1]):
        output.line(_("held: {reason}: {count}").format(reason=_held(reason), count=count))
    for package in uploader.packages(_NEWEST):
        short = package.feedback.not_stored(package.records) if package.feedback else 0
        if package.state is PackageState.ACCEPTED and short:
            output.line(
                _("{name}: the platform did not store {count} of {of} records").format(
                    name=package.name, count=short, of=package.records
                )
            )
    for one in found.unknown:
        output.line(_("unknown, ask the platform: {name}").format(name=one.name))
    versions = ", ".join(map(str, found.releases)) or found.release_fault
    output.line(_("releases in use: {versions}").format(versions=versions))
    for run_ in found.runs[:5]:
        ended = f"{run_.ended.astimezone():%Y-%m-%d %H:%M}" if run_.ended else _("not ended")
        output.line(
            _("run {run}: {ended}, exit code {code}").format(
                run=run_.id, ended=ended, code="-" if run_.exit_code is None else run_.exit_code
            )
        )
    month = monthly.last_month(local_now().date())
    summary = monthly.file_of(uploader.config, month)
    if summary.exists():
        output.line(_("monthly summary: {file}").format(file=summary))
    elif monthly.wanted(uploader.config, month):
        output.line(_("monthly summary of {month}: not there yet").format(month=f"{month:%Y-%m}"))
    output.answer(
        {
            "monthly": str(summary) if summary.exists() else "",
            "environment": found.environment.value,
            "states": states,
            "held": found.held,
            "unknown": [one.name for one in found.unknown],
            "releases": list(found.releases),
            "approved": found.promoted,
            "runs": [
                {"id": one.id, "exit_code": one.exit_code, "counts": dict(one.counts)}
                for one in found.runs
            ],
        }
    )
    return 1 if found.unknown or found.release_fault else 0


def _codes(uploader: Uploader, arguments: argparse.Namespace, output: Output) -> int:
    found = uploader.unknown_codes()
    output.table(
        [
            (kind_word(one.kind.value), one.code, one.name, held_word(one.reason), str(one.records))
            for one in found
        ]
    )
    if arguments.out is not None:
        write_unknown_codes(found, arguments.out)
        output.line(_("{count} codes in {file}").format(count=len(found), file=arguments.out))
    output.answer(
        [
            {
                "code": one.code,
                "name": one.name,
                "kind": one.kind.value,
                "reason": one.reason,
                "records": one.records,
                "first_seen": one.first_seen.isoformat(),
            }
            for one in found
        ]
    )
    return 0


def _verify(uploader: Uploader, _arguments: argparse.Namespace, output: Output) -> int:
    found = uploader.verify()
    for name in found.damaged:
        output.line(_("damaged: {name}").format(name=name))
    for name in found.forgotten:
        output.line(_("forgotten as set, its receipt is kept: {name}").format(name=name))
    output.line(_("{count} packages read back").format(count=found.packages))
    output.answer(asdict(found))
    return 1 if found.damaged else 0


def _month(uploader: Uploader, arguments: argparse.Namespace, output: Output) -> int:
    text = arguments.month
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise NotFoundError(
            _("{month} is no month; write it as 2026-03.").format(month=text)
        ) from None
    last = date.fromordinal(
        date(first.year + first.month // 12, first.month % 12 + 1, 1).toordinal() - 1
    )
    days = uploader.by_discharge(first, last)
    rows = [
        (
            str(day),
            *(f"{package_state_word(state.value)} {count}" for state, count in found.items()),
        )
        for day, found in sorted(days.items())
    ]
    width = max(map(len, rows), default=0)
    output.table([(*row, *[""] * (width - len(row))) for row in rows])
    totals: dict[str, int] = {}
    for found in days.values():
        for state, count in found.items():
            totals[state.value] = totals.get(state.value, 0) + count
    said = "  ".join(f"{package_state_word(name)} {count}" for name, count in totals.items())
    output.line(said or _("Nothing was sent of {month}.").format(month=text))
    output.answer({"month": text, "totals": totals, "days": len(days)})
    return 0
