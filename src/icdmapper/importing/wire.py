"""Tables and refusals as JSON, for the border between the reading process and its caller.

JSON, because what comes from a process that parses hostile files is data and must stay data.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from icdmapper.importing.refusals import RefusedSourceError, UnreadableKind
from icdmapper.importing.sources import Source
from icdmapper.importing.tables import RawTable
from icdmapper.model.problems import Place, Problem, ProblemCode, Severity

Json = dict[str, Any]


def pack_source(source: Source) -> Json:
    """A file source as JSON."""
    return {
        "path": str(source.path),
        "sheet": source.sheet,
        "encoding": source.encoding,
        "delimiter": source.delimiter,
        "has_header": source.has_header,
    }


def unpack_source(data: Json) -> Source:
    """The source that was packed."""
    return Source(**(data | {"path": Path(data["path"])}))


def pack_table(table: RawTable) -> Json:
    """Everything of a table but its rows."""
    return {
        "file": table.file,
        "sheet": table.sheet,
        "sheets": table.sheets,
        "encoding": table.encoding,
        "header": table.header,
        "first_row": table.first_row,
        "has_header": table.has_header,
        "sha256": table.sha256,
        "size_bytes": table.size_bytes,
        "row_numbers": table.row_numbers,
        "file_format": table.file_format,
        "delimiter": table.delimiter,
        "number_columns": sorted(table.number_columns),
        "problems": [
            {
                "code": problem.code.value,
                "severity": problem.severity.value,
                "place": asdict(problem.place),
                "value": problem.value,
                "detail": problem.detail,
            }
            for problem in table.problems
        ],
    }


def unpack_table(data: Json, rows: list[tuple[str, ...]]) -> RawTable:
    """The table that was packed, with its rows."""
    numbers = data["row_numbers"]
    problems = tuple(
        Problem(
            ProblemCode(one["code"]),
            Severity(one["severity"]),
            Place(**one["place"]),
            one["value"],
            one["detail"],
        )
        for one in data["problems"]
    )
    changed = {
        "sheets": tuple(data["sheets"]),
        "header": tuple(data["header"]),
        "row_numbers": None if numbers is None else tuple(numbers),
        "number_columns": frozenset(data["number_columns"]),
        "problems": problems,
        "rows": rows,
    }
    return RawTable(**(data | changed))


def pack_refusal(refusal: RefusedSourceError) -> Json:
    """A refusal as JSON: kind, place and values, without any sentence."""
    return {
        "kind": refusal.kind.value,
        "place": asdict(refusal.place),
        "detail": dict(refusal.detail),
    }


def unpack_refusal(data: Json) -> RefusedSourceError:
    """The refusal that was packed."""
    return RefusedSourceError(
        UnreadableKind(data["kind"]), Place(**data["place"]), **data["detail"]
    )
