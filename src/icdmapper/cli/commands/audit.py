"""`audit`: who did what; whether the log was tampered with."""

from __future__ import annotations

import argparse
import json
from datetime import datetime
from pathlib import Path

from icdmapper.cli.options import add_act, add_acts
from icdmapper.cli.output import Output
from icdmapper.cli.project import add_project_argument, local_code, opened
from icdmapper.model.errors import NotFoundError
from icdmapper.model.events import Act, EventFilter
from icdmapper.resolution.audit import ChainReport
from icdmapper.settings import Settings
from icdmapper.texts import N_, _
from icdmapper.texts.acts import act_word

_FOUND = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do with the log, and which part of it."""
    acts = add_acts(parser, "audit")
    listing = add_act(acts, "list", N_("the newest acts"))
    listing.add_argument("--limit", type=int, default=50, help=_("rows to show"))
    export = add_act(acts, "export", N_("write the acts into a CSV file"))
    export.add_argument("file", type=Path, help=_("file that does not exist yet"))
    verify = add_act(acts, "verify", N_("recompute the hash of every act"))
    verify.add_argument(
        "--anchor", action="append", default=[], help=_("count:hash as printed earlier; repeatable")
    )
    verify.add_argument(
        "--release", action="append", default=[], type=Path,
        help=_("folder of a release whose anchor must fit; repeatable"),
    )  # fmt: skip
    for sub in (listing, export, verify):
        add_project_argument(sub)
    for sub in (listing, export):
        sub.add_argument("--by", default="", help=_("only of this person"))
        sub.add_argument("--act", choices=[act.value for act in Act], help=_("only of this kind"))
        sub.add_argument("--code", default="", help=_("only of this local code"))
        sub.add_argument("--text", default="", help=_("only with these words"))
        for edge in ("--since", "--until"):
            sub.add_argument(edge, type=_moment, help=_("yyyy-mm-dd or yyyy-mm-ddThh:mm"))


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """List, export or verify."""
    with opened(arguments, settings) as services:
        if arguments.audit == "verify":
            anchors = [*arguments.anchor, *map(_anchor_of, arguments.release)]
            return _show(services.audit.verify(anchors), output)
        wanted = EventFilter(
            by=arguments.by,
            act=Act(arguments.act) if arguments.act else None,
            local_id=local_code(services, arguments.code).id if arguments.code else None,
            since=arguments.since,
            until=arguments.until,
            text=arguments.text,
        )
        if arguments.audit == "export":
            written = services.audit.export(arguments.file, wanted)
            output.line(_("{count} acts in {file}").format(count=written, file=arguments.file))
            output.answer({"acts": written, "file": str(arguments.file)})
            return 0
        events = services.audit.found(wanted, limit=arguments.limit)
        names = {one.id: f"{one.code} {one.name}" for one in services.catalog.local_codes()}
    output.table(
        [
            (
                str(one.id),
                f"{one.at.astimezone():%Y-%m-%d %H:%M:%S}",
                one.by,
                act_word(one.act.value),
                names.get(one.local_id, "") if one.local_id else "",
                one.detail,
            )
            for one in events
        ]
    )
    output.answer(
        [
            {
                "id": one.id,
                "at": one.at.isoformat(),
                "by": one.by,
                "act": one.act.value,
                "local": names.get(one.local_id) if one.local_id else None,
                "detail": one.detail,
            }
            for one in events
        ]
    )
    return 0


def _show(report: ChainReport, output: Output) -> int:
    for finding in report.findings:
        output.line(finding.sentence())
    if report.sound:
        output.line(_("The log is sound: {count} acts.").format(count=report.events))
    output.line(_("anchor: {anchor}").format(anchor=report.head.anchor))
    output.answer(
        {
            "sound": report.sound,
            "events": report.events,
            "anchor": report.head.anchor,
            "findings": [
                {"kind": one.kind.name.lower(), "event": one.event_id} for one in report.findings
            ],
        }
    )
    return 0 if report.sound else _FOUND


def _anchor_of(folder: Path) -> str:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        return str(manifest["audit"]["anchor"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotFoundError(
            _("{folder} is no release with an anchor.").format(folder=folder)
        ) from error


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone()
