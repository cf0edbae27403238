"""`project`: copy the whole project to another place, take over what a copy changed."""

from __future__ import annotations

import argparse

from icdmapper import bootstrap
from icdmapper.cli.options import add_act, add_acts
from icdmapper.cli.output import Output
from icdmapper.cli.project import acting, add_project_argument, opened
from icdmapper.resolution.merging import MergeKind
from icdmapper.settings import Settings
from icdmapper.texts import N_, _
from icdmapper.texts.words import merge_word

NAME = "project"
HELP = N_("copy the project to a file or PostgreSQL, merge what a copy changed")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, or with which copy."""
    acts = add_acts(parser, "act")
    copy = add_act(acts, "copy", N_("copy everything into an empty project"))
    copy.add_argument("target", help=_("project file (*.icdm) or postgresql:// URL"))
    merge = add_act(acts, "merge", N_("take over what a copy changed; shows every row first"))
    merge.add_argument("copy", help=_("project file (*.icdm) or postgresql:// URL"))
    merge.add_argument(
        "--store", action="store_true", help=_("store it; conflicts become disputes")
    )
    for sub in (copy, merge):
        add_project_argument(sub)


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Copy or merge."""
    with opened(arguments, settings) as services:
        if arguments.act == "copy":
            moved = bootstrap.copy_project(
                services, arguments.target, by=acting(services), progress=output.progress
            )
            output.line(_("{count} rows copied").format(count=moved.rows))
            output.line(_("anchor: {anchor}").format(anchor=moved.head.anchor))
            output.answer({"rows": moved.rows, "anchor": moved.head.anchor})
            return 0
        by = acting(services) if arguments.store else None
        plan = bootstrap.merge_copy(services, arguments.copy, by=by)
        names = {one.id: one for one in services.catalog.local_codes()}
    output.table(
        [
            (names[row.local_id].code, names[row.local_id].name, merge_word(row.kind.value))
            for row in plan.rows
            if row.kind is not MergeKind.SAME
        ]
    )
    counts = {kind.value: len(plan.of_kind(kind)) for kind in MergeKind}
    for kind, count in counts.items():
        output.line(f"{merge_word(kind)}: {count}")
    output.answer({"stored": arguments.store, "rows": counts})
    return 0
