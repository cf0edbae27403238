"""`search`: codes by code, name or pinyin initials."""

from __future__ import annotations

import argparse

from icdmapper.cli.output import Output
from icdmapper.cli.project import add_project_argument, opened
from icdmapper.model.codes import CodeSystem, Side
from icdmapper.settings import Settings
from icdmapper.texts import _
from icdmapper.texts.words import kind_word


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Words in any order."""
    add_project_argument(parser)
    parser.add_argument("words", nargs="+", help=_("words, in any order"))
    parser.add_argument("--side", choices=[side.value for side in Side], default="reference")
    parser.add_argument("--system", choices=[system.value for system in CodeSystem])
    parser.add_argument("--top", type=int, default=20, help=_("how many"))


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Search and print."""
    with opened(arguments, settings) as services:
        hits = services.catalog.search(
            " ".join(arguments.words),
            side=Side(arguments.side),
            system=CodeSystem(arguments.system) if arguments.system else None,
            limit=arguments.top,
        )
    if not hits:
        output.line(_("Nothing found."))
    output.table([(hit.code, hit.name, kind_word(hit.kind.value)) for hit in hits])
    output.answer(
        [{"id": hit.id, "code": hit.code, "name": hit.name, "kind": hit.kind.value} for hit in hits]
    )
    return 0
