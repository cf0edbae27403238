"""`propagate`: pass one answer on to open rows with names like its own."""

from __future__ import annotations

import argparse

from icdmapper.bootstrap import Services
from icdmapper.cli.output import Output
from icdmapper.cli.project import acting, add_project_argument, local_code, opened
from icdmapper.cli.rows import mapping_to_json
from icdmapper.model.errors import NotFoundError
from icdmapper.model.mapping import MappingRow
from icdmapper.resolution.propagating import Propagation
from icdmapper.settings import Settings
from icdmapper.texts import _
from icdmapper.texts.words import left_out_word, relation_word


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The code whose answer it is, and what to do."""
    add_project_argument(parser)
    parser.add_argument("code", help=_("local code, or #id when it stands twice"))
    parser.add_argument(
        "--without", action="append", default=[], metavar="CODE", help=_("leave this row out")
    )
    acts = parser.add_mutually_exclusive_group()
    acts.add_argument("--store", action="store_true", help=_("pass it on to the rows shown"))
    acts.add_argument("--standing", action="store_true", help=_("rows that hang on this answer"))
    acts.add_argument("--revoke", metavar="CODE", help=_("reopen one of those rows"))


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Preview, store, list or revoke."""
    with opened(arguments, settings) as services:
        source = local_code(services, arguments.code)
        if arguments.standing or arguments.revoke:
            standing = services.propagating.passed_on(source.id)
            if arguments.revoke:
                _revoke(services, standing, arguments.revoke)
                standing = services.propagating.passed_on(source.id)
            output.table([(row.code, row.name) for row in standing])
            output.answer([mapping_to_json(row.mapping) for row in standing])
            return 0
        by = acting(services)
        found = services.propagating.preview(source.id, by=by)
        left = {local_code(services, code).id for code in arguments.without}
        taken = [row for row in found.plan.accepted if row.local.id not in left]
        if arguments.store:
            services.propagating.propagate(
                source.id,
                seen_version=found.source.mapping.version,
                rows={row.local.id: row.mapping.version for row in taken},
                by=by,
            )
    _show(found, left, output)
    if not arguments.store:
        output.line(_("Nothing is stored yet; --store passes the answer on to these rows."))
    output.answer(
        {
            "stored": arguments.store,
            "rows": [{"code": row.local.code, "name": row.local.name} for row in taken],
            "left_out": {why.value: len(rows) for why, rows in found.plan.left_out.items()},
        }
    )
    return 0


def _revoke(services: Services, standing: tuple[MappingRow, ...], code: str) -> None:
    found = [row for row in standing if code in (row.code, f"#{row.local_id}")]
    if len(found) != 1:
        raise NotFoundError(_("No one row {code} hangs on this answer.").format(code=code))
    services.resolution.reopen(
        found[0].local_id, seen_version=found[0].mapping.version, by=acting(services)
    )


def _show(found: Propagation, left: set[int], output: Output) -> None:
    output.table(
        [
            (
                row.local.code,
                row.local.name,
                relation_word(row.best.relation.value) if row.best else "",
                _("names {share:.0%} alike").format(share=found.likeness[row.local.id]),
            )
            for row in found.plan.accepted
            if row.local.id not in left
        ]
    )
    for why, rows in found.plan.left_out.items():
        names = "、".join(f"{row.local.code} {row.local.name}" for row in rows[:5])
        output.line(f"{left_out_word(why.value)}: {len(rows)}  {names}")
