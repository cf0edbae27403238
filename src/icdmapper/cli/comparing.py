"""A new edition on the console: printed or written as a comparison, and signed."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from icdmapper.bootstrap import Services
from icdmapper.cli.output import Output
from icdmapper.importing.reading import Preview
from icdmapper.importing.succession import EditionPlan, Signature
from icdmapper.model.editions import ChangeKind, ComparedRow, Comparison, Effect, compared_rows
from icdmapper.model.errors import IcdMapperError, RefusedError
from icdmapper.texts import _
from icdmapper.texts.words import change_word, evidence_word, outcome_word, state_word, why_word

COLUMNS = (
    "change", "evidence", "system", "old_code", "old_name", "new_code", "new_name",
    "old_frequency", "new_frequency", "local_code", "local_name", "state", "outcome", "why",
    "successors",
)  # fmt: skip
"""Columns of a written comparison, described in docs/data-dictionary.md."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--compare` and `--sign`."""
    parser.add_argument(
        "--compare",
        nargs="?",
        const="",
        metavar="FILE.csv",
        help=_("compare with the edition in use and store nothing; to a new file, or printed"),
    )
    parser.add_argument(
        "--sign",
        metavar="NAME",
        help=_("your own name under the comparison, when decisions are re-opened or retired"),
    )


def signature(
    services: Services, preview: Preview, arguments: argparse.Namespace
) -> Signature | None:
    """The signature that was given, under what the comparison says now."""
    if arguments.sign is None:
        return None
    return Signature(arguments.sign, services.importing.compare(preview))


def run(services: Services, preview: Preview, arguments: argparse.Namespace, output: Output) -> int:
    """Compare and tell; nothing is stored."""
    plan = services.importing.compare(preview, progress=output.progress)
    lines = list(_lines(plan))
    if arguments.compare:
        write(Path(arguments.compare), lines)
    for part in plan.parts:
        system = part.system.value if part.system else _("local list")
        if part.replaced is None or part.weighed is None:
            output.line(_("{system}: nothing to compare with yet").format(system=system))
            continue
        output.line(
            _("{system}: compared with “{name}” {edition}").format(
                system=system, name=part.replaced.name, edition=part.replaced.edition
            )
        )
        counts = part.weighed.comparison.counts()
        output.table([(f"  {change_word(k.value)}", str(count)) for k, count in counts.items()])
    outcomes = {outcome: len(found) for outcome, found in plan.by_outcome().items()}
    output.line(_("What becomes of the local codes:"))
    output.table([(f"  {outcome_word(one.value)}", str(n)) for one, n in outcomes.items()])
    print_lines(lines, arguments.problems, output)
    output.answer(
        {
            "needs_signature": plan.needs_signature,
            "counts": {
                kind.value: count for kind in ChangeKind if (count := sum(_count(plan, kind)))
            },
            "outcomes": {outcome.value: count for outcome, count in outcomes.items()},
            "changes": [line for line in lines if line["change"] != "unchanged" or line["why"]],
        }
    )
    return 0


def _count(plan: EditionPlan, kind: ChangeKind) -> Iterator[int]:
    for part in plan.parts:
        if part.weighed:
            yield part.weighed.comparison.counts().get(kind, 0)


def print_lines(lines: Sequence[dict[str, Any]], limit: int, output: Output) -> None:
    """What changed, line by line; what was only added is in the counts."""
    shown = [line for line in lines if line["change"] not in ("unchanged", "added")]
    for line in shown[:limit]:
        output.line(f"  {_told(line)}")
    if len(shown) > limit:
        output.line(_("  … and {count} more").format(count=len(shown) - limit))


def lines_of(
    comparison: Comparison[Any, Any],
    effects: Sequence[tuple[Effect, ...]] = (),
    *,
    system: str = "",
) -> Iterator[dict[str, Any]]:
    """A comparison as rows of `COLUMNS`: one per entry and local code concerned."""
    for row in compared_rows(comparison, effects):
        for effect in row.effects or (None,):
            yield _line(system, row, effect)


def _lines(plan: EditionPlan) -> Iterator[dict[str, Any]]:
    for part in plan.parts:
        if part.weighed is not None:
            system = part.system.value if part.system else ""
            yield from lines_of(part.weighed.comparison, part.weighed.effects, system=system)


def _line(system: str, row: ComparedRow, effect: Effect | None) -> dict[str, Any]:
    told: dict[str, Any] = dict.fromkeys(COLUMNS, "")
    told |= {
        "change": row.kind.value,
        "evidence": row.evidence.value if row.evidence else "",
        "system": system,
    }
    for side, entry in (("old", row.old), ("new", row.new)):
        if entry is not None:
            frequency = getattr(entry, "frequency", None)
            told |= {f"{side}_code": entry.code, f"{side}_name": entry.name}
            told[f"{side}_frequency"] = "" if frequency is None else frequency
    if effect is not None:
        told |= {
            "local_code": effect.local.code,
            "local_name": effect.local.name,
            "state": effect.before.state.value,
            "outcome": effect.outcome.value,
            "why": effect.why.value if effect.why else "",
            "successors": "; ".join(f"{code} {name}" for code, name in effect.successors),
        }
    return told


def _told(line: dict[str, Any]) -> str:
    old = f"{line['old_code']} {line['old_name']}".strip()
    new = f"{line['new_code']} {line['new_name']}".strip()
    parts = [change_word(line["change"]), " → ".join(filter(None, (old, new)))]
    if line["evidence"]:
        parts.append(evidence_word(line["evidence"]))
    if line["outcome"]:
        state = state_word(line["state"])
        outcome = f"{line['local_code']} ({state}): {outcome_word(line['outcome'])}"
        parts.append(" · ".join(filter(None, (outcome, why_word(line["why"])))))
    if line["successors"]:
        parts.append(_("can take its place: {codes}").format(codes=line["successors"]))
    return " · ".join(parts)


def write(file: Path, lines: list[dict[str, Any]]) -> None:
    """The whole comparison as CSV, for people's spreadsheets (UTF-8 with byte-order mark)."""
    try:
        with file.open("x", encoding="utf-8-sig", newline="") as stream:
            writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)
    except FileExistsError:
        raise RefusedError(
            _("{folder} exists already; choose another place.").format(folder=file)
        ) from None
    except OSError as error:
        raise IcdMapperError(
            _("{folder} cannot be written to: {reason}").format(
                folder=file, reason=error.strerror or type(error).__name__
            )
        ) from error
