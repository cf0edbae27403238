"""The acts of `upload` around the daily run: settings, release, checks, promotion, schedule."""

from __future__ import annotations

import argparse
import getpass
import logging
import shutil
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from icdmapper import paths
from icdmapper.cli.options import add_act
from icdmapper.cli.output import Output
from icdmapper.model.errors import IcdMapperError, NotFoundError, RefusedError
from icdmapper.model.sending import Environment
from icdmapper.settings import Settings
from icdmapper.texts import N_, _
from icdmapper.upload import alerts, column_guess, readiness, schedule, source_setup, watching
from icdmapper.upload import config as configuration
from icdmapper.upload.checks.severities import SEVERITY_WORDS
from icdmapper.upload.promotion import checklists
from icdmapper.upload.rule_list import broken_rules, listed
from icdmapper.upload.service import Uploader, local_now

ACTS = (
    "init",
    "keep",
    "columns",
    "install-release",
    "check",
    "rules",
    "tick",
    "promote",
    "install",
    "serve",
)
logger = logging.getLogger(__name__)


def add_acts_to(acts: Any) -> list[argparse.ArgumentParser]:
    """Add them; returns their parsers."""
    init = add_act(acts, "init", N_("write an example of the settings"))
    keep = add_act(acts, "keep", N_("put a secret from the keyboard into the system keyring"))
    keep.add_argument("entry", help=_("its name, as in password_keyring of the settings"))
    columns = add_act(acts, "columns", N_("propose which column is which field, or check the file"))
    columns.add_argument("--url-file", type=Path, required=True, help=_("file with the address"))
    columns.add_argument("--select", type=Path, required=True, help=_("file with the SELECT"))
    columns.add_argument("--out", type=Path, required=True, help=_("the mapping of columns (TOML)"))
    columns.add_argument("--days", type=int, default=7, help=_("days of discharge to look at"))
    release = add_act(acts, "install-release", N_("take a signed release package into use"))
    release.add_argument("package", type=Path, help=_("folder of the package"))
    check = add_act(acts, "check", N_("try what a night depends on; shows the checklists"))
    rules = add_act(acts, "rules", N_("every rule: where it is asked and what it does"))
    tick = add_act(acts, "tick", N_("tick a step of a checklist off"))
    tick.add_argument("step", help=_("name of the step, docking.apply for instance"))
    tick.add_argument("--take-back", action="store_true", help=_("it was ticked by mistake"))
    tick.add_argument("--file", action="append", default=[], type=Path, help=_("proof"))
    promote = add_act(acts, "promote", N_("open the way to production; refused while not ready"))
    install = add_act(acts, "install", N_("write the files of a scheduler"))
    install.add_argument("folder", type=Path, help=_("folder for the files"))
    install.add_argument("--scheduler", choices=["systemd", "cron", "windows"], default="systemd")
    serve = add_act(acts, "serve", N_("stay and run every day at the time in the settings"))
    return [init, keep, columns, release, check, rules, tick, promote, install, serve]


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Do one of them."""
    if arguments.act == "init":
        return _init(arguments.config, output)
    if arguments.act == "keep":
        return _keep(arguments.entry, output)
    if arguments.act == "columns":
        return _columns(arguments, output)
    uploader = Uploader.open(arguments.config, Environment(arguments.environment))
    by = settings.acting
    match arguments.act:
        case "install-release":
            release = uploader.install_release(arguments.package)
            output.line(
                _("release {version} is in use for discharges from {day}").format(
                    version=release.version, day=release.valid_from
                )
            )
            for found in broken_rules(uploader.config, release):
                output.line(found.words)
            output.answer({"version": release.version, "valid_from": str(release.valid_from)})
        case "check":
            return _check(uploader, output)
        case "rules":
            _rules(uploader, output)
        case "tick" if arguments.take_back:
            uploader.promotion.take_back(arguments.step)
            output.line(_("{step} is open again").format(step=arguments.step))
            output.answer({"step": arguments.step, "ticked": False})
        case "tick":
            one = uploader.promotion.tick(arguments.step, by=by, files=arguments.file)
            output.line(f"{arguments.step}: {one.by} {one.at}")
            output.answer({"step": arguments.step, "by": one.by, "at": one.at})
        case "promote":
            passed = [one.name for one in readiness.try_all(uploader) if one.passed]
            one = uploader.promotion.approve(passed, by=by)
            output.line(_("production is open: {person} {time}").format(person=one.by, time=one.at))
            output.answer({"approved": True, "by": one.by, "at": one.at})
        case "install":
            _install(uploader, arguments, output)
        case _:
            return _serve(uploader, output)
    return 0


def watch(uploader: Uploader, output: Output) -> int:
    """Tell people what `watching.look` found."""
    told = watching.look(uploader, local_now())
    for alert in told:
        alerts.send(alert, uploader.config.alerts)
        output.line(alert.title)
    output.answer({"alerts": [one.title for one in told]})
    return 1 if told else 0


def _init(file: Path, output: Output) -> int:
    if file.exists():
        raise RefusedError(_("{file} exists already; nothing was changed.").format(file=file))
    file.parent.mkdir(parents=True, exist_ok=True)
    example = paths.shipped("resources", "hqms", "upload-example.toml").read_text("utf-8")
    file.write_text(example, encoding="utf-8")
    output.line(_("{file} is written; fill it in, then run `upload check`").format(file=file))
    output.answer({"file": str(file)})
    return 0


def _keep(entry: str, output: Output) -> int:
    """The secret is never an argument: those stand in the list of processes."""
    ask = getpass.getpass if sys.stdin.isatty() else lambda _prompt: sys.stdin.readline()
    place = configuration.keep_secret(entry, ask(_("Secret: ")).strip())
    output.line(_("kept in: {place}").format(place=place))
    output.answer({"entry": entry, "kept_in": place})
    return 0


def _columns(arguments: argparse.Namespace, output: Output) -> int:
    """A file that is not there is proposed; one that is there is held against the source."""
    try:
        url = arguments.url_file.read_text(encoding="utf-8-sig").strip()
        select = arguments.select.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise NotFoundError(_("{file} is not there.").format(file=error.filename)) from None
    until = local_now().replace(tzinfo=None)
    since = until - timedelta(days=arguments.days)
    look = source_setup.look_at(url, select, since, until)
    if not arguments.out.exists():
        guesses = source_setup.proposal(look)
        output.table(
            [
                (one.column, one.source.field if one.source else "-", one.title,
                 f"{one.confidence:.0%}")
                for one in guesses
            ]
        )  # fmt: skip
        source_setup.save_mapping(arguments.out, column_guess.proposed(guesses))
        output.line(_("{file} is written; look at every line of it").format(file=arguments.out))
    found = source_setup.examine(look, source_setup.open_mapping(arguments.out))
    for sentence in found.sentences:
        output.line(f"! {sentence}")
    output.line(
        _("The mapping can be used; {count} things to look at").format(count=len(found.sentences))
        if found.usable
        else _("The mapping cannot be used yet.")
    )
    output.answer(
        {"columns": len(look.columns), "usable": found.usable, "findings": list(found.sentences)}
    )
    return 0 if found.usable else 1


def _check(uploader: Uploader, output: Output) -> int:
    tried = {one.name: one for one in readiness.try_all(uploader)}
    done = uploader.promotion.ticked()
    for one in tried.values():
        mark = "✓" if one.passed else "✗"
        output.line(f"{mark} {_(readiness.CHECKS[one.name])}: {one.sentence}")
    for _list, (title, steps) in checklists().items():
        output.line()
        output.line(title)
        for step in steps:
            ticked = done.get(step.name)
            passed = tried[step.tested].passed if step.tested else ticked is not None
            who = f"  {ticked.by} {ticked.at}" if ticked else ""
            output.line(f"  {'✓' if passed else '·'} {step.text}  [{step.name}]{who}")
    output.answer(
        {
            "checks": {one.name: one.passed for one in tried.values()},
            "sentences": {one.name: one.sentence for one in tried.values()},
            "ticked": {name: one.by for name, one in done.items()},
        }
    )
    needed = ("machine", "secrets", "source", "release", "gateway", "certificate")
    return 0 if all(tried[name].passed for name in needed) else 1


def _rules(uploader: Uploader, output: Output) -> None:
    found = listed(uploader.config)
    output.table(
        [
            (one.id, _(one.stage.value),
             f"{_(SEVERITY_WORDS[one.severity])} ({one.severity.value})" if one.asked else "–",
             " ".join(filter(None, (one.sentence, one.note))))
            for one in found
        ]
    )  # fmt: skip
    output.answer(
        [
            {
                "rule": one.id, "stage": one.stage.name.lower(), "severity": one.severity.value,
                "asked": one.asked, "sentence": one.sentence, "note": one.note,
            }
            for one in found
        ]
    )  # fmt: skip


def _install(uploader: Uploader, arguments: argparse.Namespace, output: Output) -> None:
    program = Path(shutil.which("icdmapper-cli") or sys.argv[0]).resolve()
    job = schedule.Job(
        program,
        arguments.config.resolve(),
        arguments.environment,
        uploader.config.at,
        getpass.getuser(),
    )
    makers: dict[str, Callable[[schedule.Job], dict[str, str]]] = {
        "systemd": schedule.systemd, "cron": schedule.cron, "windows": schedule.windows,
    }  # fmt: skip
    arguments.folder.mkdir(parents=True, exist_ok=True)
    make = makers[arguments.scheduler]
    files: dict[str, str] = {}
    for one in (job, job.watching):
        for name, text in make(one).items():
            files[name] = files.get(name, "") + text
    for name, text in files.items():
        encoding = "utf-16" if name.endswith(".xml") else "utf-8"
        (arguments.folder / name).write_text(text, encoding=encoding)
        output.line(str(arguments.folder / name))
    hints = {
        "systemd": "systemctl enable --now {name}.timer",
        "cron": "crontab -e",
        "windows": "schtasks /Create /F /XML {name}.xml /TN {name} /RU {account} /RP *",
    }
    hint = hints[arguments.scheduler]
    for line in dict.fromkeys(
        hint.format(name=one.name, account=job.account) for one in (job, job.watching)
    ):
        output.line(line)
    output.answer({"files": sorted(files)})


def _serve(uploader: Uploader, output: Output) -> int:
    def say(start: datetime, act: str) -> None:
        text = _("next run: {time}") if act == schedule.RUN else _("next look at it: {time}")
        output.line(text.format(time=f"{start:%Y-%m-%d %H:%M}"))
        sys.stdout.flush()

    acts = {
        schedule.RUN: lambda: _run_one_night(uploader),
        schedule.WATCH: lambda: _watch_once(uploader, output),
    }
    watching.serve(acts, uploader.config.at, now=local_now, sleep=time.sleep, say=say)
    return 0


def _run_one_night(uploader: Uploader) -> None:
    try:
        report = uploader.run()
    except IcdMapperError as error:
        # The next night may be better; this one is told.
        told = alerts.of_error(error, uploader.config.environment.value)
        alerts.send(told, uploader.config.alerts)
        logger.warning("the run failed: %s", type(error).__name__)
        return
    found = alerts.of_run(report, uploader.config.environment.value)
    if found is not None:
        alerts.send(found, uploader.config.alerts)


def _watch_once(uploader: Uploader, output: Output) -> None:
    try:
        watch(uploader, output)
    except IcdMapperError as error:
        told = alerts.of_error(error, uploader.config.environment.value)
        alerts.send(told, uploader.config.alerts)
        logger.warning("the look failed: %s", type(error).__name__)
