"""`show`: a local code with its mapping, candidates and history, or the state of the project."""

from __future__ import annotations

import argparse
from typing import Any

from icdmapper.bootstrap import Services
from icdmapper.cli.output import Output
from icdmapper.cli.project import add_project_argument, local_code, opened
from icdmapper.cli.rows import (
    candidate_row,
    candidate_to_json,
    companion_row,
    mapping_lines,
    mapping_to_json,
)
from icdmapper.model.events import Event
from icdmapper.settings import Settings
from icdmapper.texts import _
from icdmapper.texts.acts import act_word
from icdmapper.texts.words import kind_word, state_word


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Without a code: the project."""
    add_project_argument(parser)
    parser.add_argument("code", nargs="?", help=_("local code, or #id when it stands twice"))


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Print what is known."""
    with opened(arguments, settings) as services:
        if arguments.code:
            _show_code(services, arguments.code, output)
        else:
            _show_project(services, output)
    return 0


def _show_code(services: Services, text: str, output: Output) -> None:
    local = local_code(services, text)
    row = services.resolution.work_row(local.id)
    proposal = services.matching.proposal(local.id)
    history = services.resolution.history(local.id)
    frequency = "-" if local.frequency is None else str(local.frequency)
    output.line(f"{local.code} {local.name}  [{kind_word(local.kind.value)}]")
    output.line(_("discharges a year: {count}").format(count=frequency))
    for line in mapping_lines(row.mapping):
        output.line(line)
    output.line(_("candidates:"))
    output.table([candidate_row(n, one) for n, one in enumerate(proposal.candidates, start=1)])
    if proposal.companions:
        output.line(_("beside the first one:"))
        output.table([companion_row(one) for one in proposal.companions])
    if history:
        output.line(_("history:"))
        output.table([_event_row(event) for event in history])
    output.answer(
        {
            "id": local.id,
            "code": local.code,
            "name": local.name,
            "kind": local.kind.value,
            "frequency": local.frequency,
            "mapping": mapping_to_json(row.mapping),
            "safe": proposal.safe,
            "candidates": [candidate_to_json(one) for one in proposal.candidates],
            "companions": [candidate_to_json(one) for one in proposal.companions],
            "history": [_event_to_json(event) for event in history],
        }
    )


def _show_project(services: Services, output: Output) -> None:
    code_sets = services.catalog.code_sets()
    coverage = services.resolution.progress()
    output.line(_("project: {location}").format(location=services.location))
    output.table(
        [
            (
                one.system.value if one.system else _("local list"),
                one.name,
                one.edition,
                str(one.size),
            )
            for one in code_sets
        ]
    )
    for state, count in coverage.by_state.items():
        output.line(f"  {state_word(state.value)}: {count}")
    output.answer(
        {
            "project": services.location,
            "code_sets": [
                {
                    "system": one.system.value if one.system else None,
                    "name": one.name,
                    "edition": one.edition,
                    "size": one.size,
                }
                for one in code_sets
            ],
            "total": coverage.total,
            "decided": coverage.decided,
            "frequency_total": coverage.frequency_total,
            "frequency_decided": coverage.frequency_decided,
            "by_state": {state.value: count for state, count in coverage.by_state.items()},
        }
    )


def _event_row(event: Event) -> tuple[str, ...]:
    after = event.after
    targets = " ".join(target.code for target in after.targets) if after else ""
    return (
        f"{event.at.astimezone():%Y-%m-%d %H:%M:%S}",
        event.by,
        act_word(event.act.value),
        targets,
    )


def _event_to_json(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "at": event.at.isoformat(),
        "by": event.by,
        "act": event.act.value,
        "after": mapping_to_json(event.after) if event.after else None,
    }
