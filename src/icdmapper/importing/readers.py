"""Any file that can be read becomes a raw table. Runs in the reading process (see `child`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from icdmapper.importing.assembly import Row, TableAssembly, widened
from icdmapper.importing.cells import SheetCells
from icdmapper.importing.charsets import fingerprint
from icdmapper.importing.delimited import open_delimited
from icdmapper.importing.formats import FileFormat, expected, recognise
from icdmapper.importing.refusals import RefusedSourceError, UnreadableKind
from icdmapper.importing.sources import MAX_FILE_BYTES, Source
from icdmapper.importing.tables import RawTable
from icdmapper.model.problems import Place, Problem, ProblemCode, Severity

__all__ = ["RawTable", "check_size", "read_batches", "read_table", "table_of_query"]

Report = Callable[[int, int], None]


def read_table(source: Source) -> RawTable:
    """Read a file in this process; for files that are trusted, and for tests.

    Raises:
        RefusedSourceError: the file cannot be read as a table.
    """
    rows: list[Row] = []
    table: RawTable | None = None
    for part in read_batches(source):
        if isinstance(part, RawTable):
            table = part
        else:
            rows.extend(part)
    assert table is not None
    return replace(table, rows=widened(rows, len(table.header)))


def read_batches(source: Source, report: Report | None = None) -> Iterator[list[Row] | RawTable]:
    """The rows of a file in batches, and at the end the table they belong to, without rows.

    Raises:
        RefusedSourceError: the file cannot be read as a table.
    """
    path = check_size(source)
    try:
        seen = fingerprint(path)
        sheet = _open(path, source)
        assembly = TableAssembly(sheet, has_header=source.has_header)
        for batch in assembly.batches():
            if report:
                report(min(sheet.done, sheet.total), sheet.total)
            yield batch
        if fingerprint(path) != seen:
            raise RefusedSourceError(UnreadableKind.CHANGED, Place(path.name))
    except OSError:
        raise RefusedSourceError(UnreadableKind.NOT_FOUND, Place(path.name)) from None
    yield assembly.table([], seen)


def check_size(source: Source) -> Path:
    """The path of a source, if it is a file of a size that is read at all."""
    path = source.path
    if path is None:
        raise RefusedSourceError(UnreadableKind.NOT_FOUND, Place(source.shown))
    try:
        # A pipe or a device would be waited for without end.
        size = path.stat().st_size if path.is_file() else None
    except (OSError, ValueError):
        size = None
    if size is None:
        raise RefusedSourceError(UnreadableKind.NOT_FOUND, Place(path.name))
    if size == 0:
        raise RefusedSourceError(UnreadableKind.EMPTY, Place(path.name))
    if size > MAX_FILE_BYTES:
        raise RefusedSourceError(
            UnreadableKind.TOO_LARGE,
            Place(path.name),
            size=f"{size >> 20:,} MB",
            limit=f"{MAX_FILE_BYTES >> 20:,} MB",
        )
    return path


def table_of_query(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, name: str = "SQL"
) -> RawTable:
    """The rows of a database query as a raw table; its hash is that of their content."""
    if not rows:
        raise RefusedSourceError(UnreadableKind.NO_TABLE, Place(name))
    content = json.dumps([list(header), [list(row) for row in rows]], ensure_ascii=False)
    data = content.encode("utf-8", "surrogatepass")
    return RawTable(
        file=name,
        sheet="",
        sheets=(),
        encoding="",
        header=tuple(header),
        rows=[tuple(row) for row in rows],
        first_row=1,
        has_header=True,
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        file_format="sql",
    )


def _open(path: Path, source: Source) -> SheetCells:
    actual = recognise(path)
    match actual:
        case FileFormat.XLSX | FileFormat.XLS:
            # Loaded for their files only: who reads in a child process never needs them here.
            from icdmapper.importing.workbooks import open_workbook  # noqa: PLC0415

            sheet = open_workbook(path, actual, source)
        case FileFormat.DBF:
            from icdmapper.importing.dbase import open_dbase  # noqa: PLC0415

            sheet = open_dbase(path, source)
        case FileFormat.DELIMITED:
            sheet = open_delimited(path, source)
    promised = expected(path)
    if promised not in {None, actual}:
        sheet.problems.append(
            Problem(
                ProblemCode.WRONG_EXTENSION,
                Severity.NOTE,
                Place(path.name),
                value=path.suffix,
                detail={"format": sheet.file_format},
            )
        )
    return sheet
