"""`match`: try the matcher on any two lists, without a project."""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from icdmapper import bootstrap, paths
from icdmapper.cli.output import Output
from icdmapper.importing.columns import ColumnRole, guess_roles
from icdmapper.importing.readers import RawTable
from icdmapper.importing.reading import SourceReader
from icdmapper.importing.sources import Source
from icdmapper.matching.engine import Matcher
from icdmapper.matching.questions import Query, Taught
from icdmapper.model.codes import ReferenceCode, Side
from icdmapper.model.errors import IcdMapperError, UnreadableSourceError
from icdmapper.model.icd import parse
from icdmapper.model.names import normalise
from icdmapper.model.proposals import Candidate
from icdmapper.settings import Settings
from icdmapper.texts import _

COLUMNS = (
    "query_row",
    "query_code",
    "query_name",
    "rank",
    "code",
    "name",
    "score",
    "relation",
    "contradictions",
    "companions",
)
_LOCAL_NAME = ("local_name", "院内名称")
_REFERENCE_NAME = ("reference_name", "标准名称")
_REFERENCE_CODE = ("reference_code", "标准编码")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Lists in, one CSV out."""
    parser.add_argument("reference", nargs="+", type=Path, help=_("reference lists: code, name"))
    parser.add_argument("queries", type=Path, help=_("list to match: name, code if known"))
    parser.add_argument("--out", type=Path, required=True, help=_("CSV to write"))
    parser.add_argument("--top", type=int, default=50, help=_("how many candidates each"))
    parser.add_argument(
        "--taught",
        type=Path,
        help=_("accepted decisions: local_name and reference_name or reference_code"),
    )


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Read the lists, match, write."""
    reader = bootstrap.source_reader(settings)
    references = _read_references(reader, arguments.reference)
    queries = _read_queries(reader.table(Source(path=arguments.queries)), references)
    taught = _read_taught(reader, arguments.taught, references) if arguments.taught else []
    started = time.monotonic()
    matcher = Matcher.of(
        references,
        bootstrap.knowledge(settings.aliases_file),
        taught=taught,
        cache_folder=paths.cache_folder(),
    )
    ready = time.monotonic()
    with _written_aside(arguments.out) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        # The same name may stand on a category and on its entry; ask for more, keep the best.
        proposals = matcher.propose_many(
            queries, limit=arguments.top + arguments.top // 2 + 10, progress=output.progress
        )
        for query, proposal in zip(queries, proposals, strict=True):
            for rank, one in enumerate(_distinct(proposal.candidates, arguments.top), start=1):
                beside = proposal.companions if rank == 1 else ()
                writer.writerow((*_row(query, rank, one), ";".join(map(_beside, beside))))
    seconds = time.monotonic() - ready
    output.line(
        _(
            "{queries} names against {references} entries: index {index:.2f} s, "
            "matching {seconds:.2f} s; written to {file}"
        ).format(
            queries=len(queries),
            references=len(references),
            index=ready - started,
            seconds=seconds,
            file=arguments.out,
        )
    )
    output.answer(
        {
            "queries": len(queries),
            "references": len(references),
            "taught": len(taught),
            "index_seconds": round(ready - started, 3),
            "match_seconds": round(seconds, 3),
            "out": str(arguments.out),
        }
    )
    return 0


def _read_references(reader: SourceReader, files: Sequence[Path]) -> tuple[ReferenceCode, ...]:
    references: list[ReferenceCode] = []
    for file in files:
        # Read as a local list: a tried-out reference may repeat codes, and each name counts.
        preview = reader.preview(Source(path=file), side=Side.LOCAL)
        references.extend(
            ReferenceCode(number, code.code, code.canonical, code.name, code.kind)
            for number, code in enumerate(preview.checked.codes, start=len(references) + 1)
        )
    if not references:
        raise UnreadableSourceError(_("The reference lists hold no usable row."))
    return tuple(references)


def _read_queries(table: RawTable, references: Sequence[ReferenceCode]) -> list[Query]:
    roles = guess_roles(table.header, table.rows[:500])
    names, codes = _column(roles, ColumnRole.NAME), _column(roles, ColumnRole.CODE)
    attached = _column(roles, ColumnRole.ATTACHED_CODE)
    if names is None:
        if len(table.header) != 1:
            raise UnreadableSourceError(
                _("{file}: no column of names was found.").format(file=table.file)
            )
        names = 0
    systems = {reference.kind.system for reference in references}
    queries = []
    for number, row in enumerate(table.rows, start=1):
        code = _cell(row, codes)
        shape = parse(code) if code else None
        kind = shape.kind if shape and shape.kind.system in systems else None
        queries.append(Query(number, code, _cell(row, names), kind, _cell(row, attached)))
    return queries


def _read_taught(
    reader: SourceReader, file: Path, references: Sequence[ReferenceCode]
) -> list[Taught]:
    table = reader.table(Source(path=file, has_header=True))
    titles = [title.strip().lower() for title in table.header]
    local = _titled(titles, _LOCAL_NAME)
    name, code = _titled(titles, _REFERENCE_NAME), _titled(titles, _REFERENCE_CODE)
    if local is None or (name is None and code is None):
        raise UnreadableSourceError(
            _(
                "{file}: columns local_name and reference_name (or reference_code) are needed."
            ).format(file=table.file)
        )
    by_code = {reference.code: reference.id for reference in references}
    by_name: dict[str, int] = {}
    for reference in references:
        by_name.setdefault(normalise(reference.name), reference.id)
    taught = []
    for row in table.rows:
        found = by_code.get(_cell(row, code)) or by_name.get(normalise(_cell(row, name)))
        if found is not None and _cell(row, local):
            taught.append(Taught(_cell(row, local), found))
    return taught


def _column(roles: Sequence[ColumnRole], role: ColumnRole) -> int | None:
    return roles.index(role) if role in roles else None


def _titled(titles: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((number for number, title in enumerate(titles) if title in wanted), None)


def _cell(row: Sequence[str], column: int | None) -> str:
    return row[column].strip() if column is not None and column < len(row) else ""


def _distinct(candidates: Sequence[Candidate], top: int) -> Iterator[Candidate]:
    seen: set[str] = set()
    for candidate in candidates:
        if candidate.name not in seen and len(seen) < top:
            seen.add(candidate.name)
            yield candidate


def _row(query: Query, rank: int, candidate: Candidate) -> tuple[object, ...]:
    return (
        query.local_id,
        query.code,
        query.name,
        rank,
        candidate.code,
        candidate.name,
        f"{candidate.score:.4f}",
        candidate.relation.value,
        ";".join(candidate.contradictions),
    )


def _beside(companion: Candidate) -> str:
    """A companion with its score, and before it the part of the name it is for."""
    part = f"{companion.part}=" if companion.part else ""
    return f"{part}{companion.code} {companion.name} {companion.score:.4f}"


@contextmanager
def _written_aside(file: Path) -> Iterator[TextIO]:
    aside = file.with_name(f".{file.name}.partial")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        aside.replace(file)
    except OSError as error:
        raise IcdMapperError(
            _("{file} cannot be written: {reason}").format(file=file, reason=error.strerror)
        ) from error
    finally:
        aside.unlink(missing_ok=True)
