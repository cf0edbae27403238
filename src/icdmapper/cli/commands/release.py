"""`release`: check the gate, make, compare, list and verify signed releases."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime
from pathlib import Path

from icdmapper import bootstrap
from icdmapper.cli.options import add_act, add_acts
from icdmapper.cli.output import Output
from icdmapper.cli.project import acting, add_project_argument, opened
from icdmapper.export.difference import Difference
from icdmapper.export.rules import GateItem
from icdmapper.model.releases import Release
from icdmapper.settings import Settings
from icdmapper.texts import N_, _
from icdmapper.texts.words import gate_sentence
from icdmapper.upload.packages import Trust, verify

_STOPPED = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, and with what."""
    acts = add_acts(parser, "act")
    common = {"check": N_("say what stops a release"), "diff": N_("say what a release changes"),
              "list": N_("list the releases"), "key": N_("show the public key")}  # fmt: skip
    for name, sentence in common.items():
        add_project_argument(sub := add_act(acts, name, sentence))
        if name == "check":
            sub.add_argument("--rehearsal", action="store_true", help=_("for a test server only"))
    make = add_act(acts, "make", N_("make the next release"))
    add_project_argument(make)
    make.add_argument("folder", type=Path, help=_("folder in which the package is made"))
    make.add_argument(
        "--valid-from", type=date.fromisoformat, default=None,
        help=_("first discharge date it is for (yyyy-mm-dd); default: today"),
    )  # fmt: skip
    make.add_argument("--note", default="", help=_("why it is made"))
    make.add_argument("--rehearsal", action="store_true", help=_("for a test server only"))
    check = add_act(acts, "verify", N_("verify a package as the uploader would"))
    check.add_argument("folder", type=Path, help=_("folder of the package"))
    check.add_argument("--key", action="append", default=[], help=_("trusted public key"))
    check.add_argument("--rehearsal", action="store_true", help=_("rehearsals may pass"))


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Do the act that was asked for."""
    if arguments.act == "verify":
        return _verify(arguments, settings, output)
    with opened(arguments, settings) as services:
        releases = services.releases
        match arguments.act:
            case "check":
                return _check(releases.gate(rehearsal=arguments.rehearsal), output)
            case "diff":
                _show(releases.difference(), output)
            case "key":
                key = releases.key()
                output.line(_("public key {id}: {key}").format(id=key.id, key=key.public))
                output.line(_("kept in: {place}").format(place=key.place))
                output.answer({"id": key.id, "public": key.public, "kept_in": key.place})
            case "list":
                _list(releases.releases(), output)
            case _:
                _make(arguments, services, output)
    return 0


def _check(items: tuple[GateItem, ...], output: Output) -> int:
    for item in items:
        mark = _("stops") if item.stops else _("note")
        output.line(f"[{mark}] {gate_sentence(item.code, item.count, item.of)}")
    stopped = any(item.stops for item in items)
    if not stopped:
        output.line(_("Nothing stops a release."))
    output.answer(
        [
            {"code": item.code, "stops": item.stops, "count": item.count, "of": item.of}
            for item in items
        ]
    )
    return _STOPPED if stopped else 0


def _make(
    arguments: argparse.Namespace,
    services: bootstrap.Services,
    output: Output,
) -> None:
    report = services.releases.make(
        arguments.folder,
        valid_from=arguments.valid_from or datetime.now(UTC).astimezone().date(),
        by=acting(services),
        note=arguments.note,
        rehearsal=arguments.rehearsal,
        progress=output.progress,
    )
    output.line(
        _("release {version}: {rows} rows in {folder}").format(
            version=report.release.version, rows=report.release.rows, folder=report.folder
        )
    )
    _show(report.difference, output, answer=False)
    output.answer(
        {
            "version": report.release.version,
            "rows": report.release.rows,
            "folder": str(report.folder),
            "manifest_sha256": report.release.manifest_sha256,
            "changed": report.difference.size,
        }
    )


def _show(difference: Difference, output: Output, *, answer: bool = True) -> None:
    parts = {
        "added": (_("new"), difference.added),
        "removed": (_("gone"), difference.removed),
        "changed": (_("changed"), difference.changed),
    }
    for word, changes in parts.values():
        output.line(f"{word}: {len(changes)}")
        output.table([(one.code, one.name, one.before, one.after) for one in changes[:20]])
    if answer:
        output.answer(
            {
                part: [[one.kind, one.code, one.name, one.before, one.after] for one in changes]
                for part, (_word, changes) in parts.items()
            }
        )


def _list(releases: tuple[Release, ...], output: Output) -> None:
    output.table(
        [
            (str(one.version), f"{one.made_at.astimezone():%Y-%m-%d %H:%M}", one.made_by,
             str(one.valid_from), str(one.rows), one.note)
            for one in releases
        ]
    )  # fmt: skip
    if not releases:
        output.line(_("There is no release yet."))
    output.answer(
        [
            {
                "version": one.version,
                "made_at": one.made_at.isoformat(),
                "made_by": one.made_by,
                "valid_from": one.valid_from.isoformat(),
                "expires": one.expires.isoformat(),
                "rows": one.rows,
                "manifest_sha256": one.manifest_sha256,
                "note": one.note,
            }
            for one in releases
        ]
    )


def _verify(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    trust = Trust(tuple(arguments.key), settings.hospital_id, arguments.rehearsal)
    found = verify(arguments.folder, trust, today=datetime.now(UTC).astimezone().date())
    output.line(
        _("release {version} is genuine and complete: {codes} codes").format(
            version=found.version, codes=len(found.mappings)
        )
    )
    output.answer({"version": found.version, "codes": len(found.mappings)})
    return 0
