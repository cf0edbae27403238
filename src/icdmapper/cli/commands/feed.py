"""`feed`: codes that the uploader could not translate, taken into the worklist."""

from __future__ import annotations

import argparse
from pathlib import Path

from icdmapper.cli.output import Output
from icdmapper.cli.project import acting, add_project_argument, opened
from icdmapper.settings import Settings
from icdmapper.texts import _
from icdmapper.texts.words import held_word, kind_word


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file of `upload codes`; without it what was taken last."""
    add_project_argument(parser)
    parser.add_argument("file", nargs="?", type=Path, help=_("file that `upload codes` wrote"))


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Take the file, then list what holds records back."""
    with opened(arguments, settings) as services:
        added = 0
        if arguments.file is not None:
            summary = services.feed.take(arguments.file, by=acting(services))
            added = summary.added
            output.line(
                _(
                    "{added} new codes in the worklist, {known} known ones, {none} without a code"
                ).format(added=summary.added, known=summary.known, none=summary.without_code)
            )
        found = services.feed.findings()
    output.table(
        [
            (kind_word(one.kind.value), one.code, one.name, held_word(one.reason),
             str(one.records), str(one.first_seen))
            for one in found
        ]
    )  # fmt: skip
    output.answer(
        {
            "added": added,
            "findings": [
                {
                    "kind": one.kind.value,
                    "code": one.code,
                    "name": one.name,
                    "reason": one.reason,
                    "records": one.records,
                    "first_seen": str(one.first_seen),
                }
                for one in found
            ],
        }
    )
    return 0
