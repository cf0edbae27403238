"""`editions`: what was ever imported, and two editions side by side."""

from __future__ import annotations

import argparse
from pathlib import Path

from icdmapper.bootstrap import Services
from icdmapper.cli import comparing
from icdmapper.cli.output import Output
from icdmapper.cli.project import acting, add_project_argument, opened
from icdmapper.settings import Settings
from icdmapper.texts import _
from icdmapper.texts.words import change_word, state_word


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The two editions by their numbers."""
    add_project_argument(parser)
    parser.add_argument("old", type=int, nargs="?", help=_("number of the older edition"))
    parser.add_argument("new", type=int, nargs="?", help=_("number of the newer edition"))
    parser.add_argument(
        "--out", type=Path, metavar="FILE.csv", help=_("write the whole comparison to a new file")
    )
    parser.add_argument(
        "--take-back",
        type=int,
        metavar="N",
        help=_(
            "take this edition back: the one before is in use again, answers as they were; a first "
            "list is in use no longer"
        ),
    )
    parser.add_argument(
        "--dry-run", action="store_true", help=_("say what would be taken back, change nothing")
    )
    parser.add_argument("--limit", type=int, default=20, help=_("how many lines to print"))


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """List, compare, or take an edition back."""
    with opened(arguments, settings) as services:
        if arguments.take_back is not None:
            return _take_back(services, arguments, output)
        if arguments.old is None or arguments.new is None:
            stored = services.catalog.editions()
            used = {one.id for one in services.catalog.code_sets()}
            rows = [
                (
                    str(one.id),
                    one.system.value if one.system else _("local list"),
                    one.name,
                    one.edition,
                    str(one.size),
                    f"{one.imported_at.astimezone():%Y-%m-%d %H:%M}",
                    one.imported_by,
                    _("in use") if one.id in used else "",
                )
                for one in stored
            ]
            output.table(rows)
            output.answer(
                [
                    {
                        "id": one.id, "system": one.system.value if one.system else None,
                        "name": one.name, "edition": one.edition, "size": one.size,
                        "imported_at": one.imported_at.isoformat(), "in_use": one.id in used,
                    }
                    for one in stored
                ]
            )  # fmt: skip
            return 0
        comparison = services.catalog.compare(
            arguments.old, arguments.new, progress=output.progress
        )
    lines = list(comparing.lines_of(comparison))
    if arguments.out is not None:
        comparing.write(arguments.out, lines)
    counts = comparison.counts()
    output.table([(change_word(kind.value), str(count)) for kind, count in counts.items()])
    comparing.print_lines(lines, arguments.limit, output)
    output.answer(
        {
            "counts": {kind.value: count for kind, count in counts.items()},
            "changes": [line for line in lines if line["change"] != "unchanged"],
        }
    )
    return 0


def _take_back(services: Services, arguments: argparse.Namespace, output: Output) -> int:
    number = arguments.take_back
    if arguments.dry_run:
        recall = services.importing.weigh_recall(number)
    else:
        recall = services.importing.recall(number, by=acting(services))
    output.line(
        _(
            "{entries} entries come back, {leaving} go, {reworded} bear their earlier name again"
        ).format(entries=recall.returning, leaving=recall.leaving, reworded=recall.reworded)
        if recall.earlier
        else _("{leaving} entries go, and nothing takes their place").format(leaving=recall.leaving)
    )
    output.table(
        [
            (one.local.code, one.local.name, state_word(one.then.state.value))
            for one in recall.restored[: arguments.limit]
        ]
    )
    if recall.in_the_way:
        output.line(_("worked on since, in the way:"))
        output.table([(one.code, one.name) for one in recall.in_the_way[: arguments.limit]])
    if recall.unlisted:
        output.line(_("in no source, so the list stays:"))
        output.table([(one.code, one.name) for one in recall.unlisted[: arguments.limit]])
    output.answer(
        {
            "taken_back": not arguments.dry_run,
            "possible": recall.possible,
            "in_use": recall.earlier.id if recall.earlier else None,
            "restored": [one.local.code for one in recall.restored],
            "in_the_way": [one.code for one in recall.in_the_way],
            "unlisted": [one.code for one in recall.unlisted],
        }
    )
    return 0
