"""`propose`: candidates for every local code, stored; or for one name, printed."""

from __future__ import annotations

import argparse

from icdmapper.bootstrap import Services
from icdmapper.cli.output import Output
from icdmapper.cli.project import add_project_argument, opened
from icdmapper.cli.rows import candidate_row, candidate_to_json, companion_row
from icdmapper.model.codes import CodeKind
from icdmapper.settings import Settings
from icdmapper.texts import _


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing: all local codes. A name: that name only."""
    add_project_argument(parser)
    parser.add_argument("name", nargs="?", help=_("a name to ask about; stored nowhere"))
    parser.add_argument("--code", default="", help=_("its local code, if known"))
    parser.add_argument("--kind", choices=[kind.value for kind in CodeKind])
    parser.add_argument("--top", type=int, default=10, help=_("how many candidates"))


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Propose and print."""
    with opened(arguments, settings) as services:
        if arguments.name:
            return _ask(services, arguments, output)
        summary = services.matching.propose_all(progress=output.progress)
    output.line(
        _(
            "proposed for {proposed} of {total} local codes in {seconds:.1f} s; {safe} are safe"
        ).format(
            proposed=summary.proposed,
            total=summary.total,
            seconds=summary.seconds,
            safe=summary.safe,
        )
    )
    output.answer(
        {
            "total": summary.total,
            "proposed": summary.proposed,
            "safe": summary.safe,
            "seconds": round(summary.seconds, 3),
        }
    )
    return 0


def _ask(services: Services, arguments: argparse.Namespace, output: Output) -> int:
    proposal = services.matching.ask(
        arguments.name,
        code=arguments.code,
        kind=CodeKind(arguments.kind) if arguments.kind else None,
        limit=arguments.top,
    )
    output.table([candidate_row(n, one) for n, one in enumerate(proposal.candidates, start=1)])
    if proposal.companions:
        output.line(_("beside the first one:"))
        output.table([companion_row(one) for one in proposal.companions])
    output.answer([candidate_to_json(one) for one in proposal.candidates])
    return 0
