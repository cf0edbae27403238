"""What the two import commands share: their arguments, and how a problem list is printed."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from icdmapper import bootstrap
from icdmapper.cli import comparing
from icdmapper.cli.output import Output
from icdmapper.cli.project import acting, add_project_argument, opened
from icdmapper.importing.columns import ColumnRole
from icdmapper.importing.reading import Preview
from icdmapper.importing.service import ImportSummary
from icdmapper.importing.sources import Source
from icdmapper.model.codes import CodeKind, Side
from icdmapper.model.errors import NotFoundError, UnreadableSourceError
from icdmapper.model.problems import Problem, Severity
from icdmapper.settings import Settings
from icdmapper.texts import _
from icdmapper.texts.problems import problem_sentence
from icdmapper.texts.words import kind_word, severity_word

WITH_PROBLEMS = 1
UNREADABLE = UnreadableSourceError.exit_code


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Everything that can be said about a source."""
    add_project_argument(parser)
    parser.add_argument("file", type=Path, nargs="?", help=_("xlsx, xls, csv, tsv, txt or dbf"))
    parser.add_argument("--url", help=_("database address instead of a file (SQLAlchemy URL)"))
    parser.add_argument("--query", help=_("SELECT to run on the database"))
    parser.add_argument("--sheet", help=_("sheet of a workbook; default: the first with rows"))
    parser.add_argument("--encoding", help=_("utf-8, gb18030, utf-16 …; default: detected"))
    parser.add_argument("--delimiter", help=_("column separator; default: detected"))
    parser.add_argument(
        "--header",
        choices=("yes", "no"),
        help=_("whether the first row holds titles; default: detected"),
    )
    parser.add_argument(
        "--columns",
        metavar="ROLE,ROLE,…",
        help=_("roles in order: {roles}").format(
            roles=", ".join(role.name.lower() for role in ColumnRole)
        ),
    )
    parser.add_argument(
        "--kind",
        choices=[kind.value for kind in CodeKind],
        help=_("what the codes are, when their shape does not say"),
    )
    parser.add_argument("--name", help=_("name of the code set"))
    parser.add_argument("--edition", help=_("edition of the code set"))
    parser.add_argument("--dry-run", action="store_true", help=_("check only, store nothing"))
    comparing.add_arguments(parser)
    parser.add_argument(
        "--problems", type=int, default=20, metavar="N", help=_("how many problems to print")
    )


def run(side: Side, arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Check a source, print what was found and store it."""
    source, roles = _source(arguments), _roles(arguments.columns)
    if arguments.dry_run:
        reader = bootstrap.source_reader(settings)
        preview = reader.preview(source, side=side, roles=roles, progress=output.progress)
        _print_preview(preview, None, arguments.problems, output)
        return _exit_code(preview)
    with opened(arguments, settings) as services:
        preview = services.importing.preview(
            source, side=side, roles=roles, progress=output.progress
        )
        if not preview.checked.codes:
            _print_preview(preview, None, arguments.problems, output)
            return UNREADABLE
        if arguments.compare is not None:
            return comparing.run(services, preview, arguments, output)
        summary = services.importing.store(
            preview,
            name=arguments.name or preview.suggested_name,
            edition=arguments.edition or preview.suggested_edition,
            by=acting(services),
            signature=comparing.signature(services, preview, arguments),
        )
    _print_preview(preview, summary, arguments.problems, output)
    return _exit_code(preview)


def _source(arguments: argparse.Namespace) -> Source:
    if (arguments.file is None) == (arguments.url is None):
        raise NotFoundError(_("Name a file, or a database with --url and --query."))
    return Source(
        path=arguments.file,
        sheet=arguments.sheet,
        encoding=arguments.encoding,
        delimiter="\t" if arguments.delimiter == "\\t" else arguments.delimiter,
        has_header=None if arguments.header is None else arguments.header == "yes",
        url=arguments.url,
        query=arguments.query,
        kind=CodeKind(arguments.kind) if arguments.kind else None,
    )


def _roles(text: str | None) -> tuple[ColumnRole, ...] | None:
    if not text:
        return None
    try:
        return tuple(ColumnRole[part.strip().upper()] for part in text.split(","))
    except KeyError as error:
        raise NotFoundError(_("There is no column role {role}.").format(role=error)) from None


def _exit_code(preview: Preview) -> int:
    return WITH_PROBLEMS if preview.checked.skipped else 0


def _print_preview(
    preview: Preview, summary: ImportSummary | None, limit: int, output: Output
) -> None:
    checked, table = preview.checked, preview.table
    output.line(
        _("{file}: {rows} rows, encoding {encoding}").format(
            file=table.file, rows=checked.total, encoding=table.encoding or "-"
        )
    )
    for kind, count in checked.counts.items():
        output.line(f"  {kind_word(kind.value)}: {count}")
    for code_set in summary.code_sets if summary else ():
        system = code_set.system.value if code_set.system else _("local list")
        output.line(
            _("stored {system} “{name}” {edition}: {size} codes").format(
                system=system, name=code_set.name, edition=code_set.edition, size=code_set.size
            )
        )
    output.line(_("rows left out: {count}").format(count=checked.skipped))
    counts = Counter(problem.severity for problem in checked.problems)
    for severity in Severity:
        if counts[severity]:
            output.line(f"  {severity_word(severity.value)}: {counts[severity]}")
    order = list(Severity)
    ranked = sorted(checked.problems, key=lambda one: order.index(one.severity))
    for problem in ranked[:limit]:
        output.line(f"  {_placed(problem)}")
    if len(ranked) > limit:
        output.line(_("  … and {count} more (--problems N)").format(count=len(ranked) - limit))
    output.answer(_as_json(preview, summary))


def _placed(problem: Problem) -> str:
    place = problem.place
    parts = [severity_word(problem.severity.value), place.file, place.sheet]
    if place.row is not None:
        parts.append(_("row {row}").format(row=place.row))
    if place.column:
        parts.append(place.column)
    return " · ".join(part for part in parts if part) + ": " + problem_sentence(problem)


def _as_json(preview: Preview, summary: ImportSummary | None) -> dict[str, Any]:
    return {
        "file": preview.table.file,
        "sheet": preview.table.sheet,
        "encoding": preview.table.encoding,
        "rows": preview.checked.total,
        "skipped": preview.checked.skipped,
        "counts": {kind.value: count for kind, count in preview.checked.counts.items()},
        "code_sets": [
            {
                "id": code_set.id,
                "system": code_set.system.value if code_set.system else None,
                "name": code_set.name,
                "edition": code_set.edition,
                "size": code_set.size,
            }
            for code_set in (summary.code_sets if summary else ())
        ],
        "problems": [
            {
                "code": problem.code.value,
                "severity": problem.severity.value,
                "file": problem.place.file,
                "sheet": problem.place.sheet,
                "row": problem.place.row,
                "column": problem.place.column,
                "value": problem.value,
                "sentence": problem_sentence(problem),
            }
            for problem in preview.checked.problems
        ],
    }
