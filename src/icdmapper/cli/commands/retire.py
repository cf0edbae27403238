"""`retire`: take local codes out of use that the hospital no longer has."""

from __future__ import annotations

import argparse

from icdmapper.cli.output import Output
from icdmapper.cli.project import acting, add_project_argument, local_code, opened
from icdmapper.cli.rows import mapping_to_json
from icdmapper.settings import Settings
from icdmapper.texts import _


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The codes, and why."""
    add_project_argument(parser)
    parser.add_argument("codes", nargs="+", help=_("local code, or #id when it stands twice"))
    parser.add_argument("--reason", required=True, help=_("why"))


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Retire them all, or none."""
    with opened(arguments, settings) as services:
        by = acting(services)
        found = [local_code(services, code) for code in arguments.codes]
        seen = {one.id: services.resolution.work_row(one.id).mapping.version for one in found}
        retired = services.retiring.retire(seen, reason=arguments.reason, by=by)
    for local in found:
        output.line(f"{local.code} {local.name}")
    output.line(_("{count} codes are out of use now").format(count=len(retired)))
    output.answer([mapping_to_json(mapping) for mapping in retired])
    return 0
