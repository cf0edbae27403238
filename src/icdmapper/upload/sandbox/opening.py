"""An upload opened: which layout it is, whether its columns are that layout's, record by record."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from icdmapper.texts import N_
from icdmapper.upload.layouts import CSV, DBF, layout
from icdmapper.upload.sandbox.reading import DbfFile, UnfitUploadError, read_dbf, unzip

_REPEATED = frozenset({"P3", "P22"})
"""A second part repeats these as keys (HQMS.md 2.2)."""
_ZIP_MARK = b"PK"
_BARE_NAME = "hqmsts.csv"
"""A CSV comes without a name: only bytes are posted."""


class Record(Protocol):
    """One record; its values stay bytes until they are asked for."""

    def value(self, column: str) -> bytes:
        """What a column holds, without the blanks around it."""

    @property
    def content(self) -> bytes:
        """The whole record."""


class Opened(Protocol):
    """An upload whose columns are those of its layout."""

    layout: str
    files: tuple[str, ...]

    def records(self) -> Iterator[Record]:
        """Every record in file order."""


def open_upload(content: bytes) -> Opened:
    """Open a ZIP with DBF files, or an 811-column CSV, bare or in a ZIP.

    Raises:
        UnfitUploadError: it cannot be read, or its columns are not the layout's.
    """
    if not content.startswith(_ZIP_MARK) and b"," in content.split(b"\n", 1)[0]:
        return _opened_csv(_BARE_NAME, content)
    files = unzip(content)
    parts = [read_dbf(name, data) for name, data in files if name.lower().endswith(".dbf")]
    if parts:
        return _opened_dbf(parts)
    tables = [(name, data) for name, data in files if name.lower().endswith(".csv")]
    if len(tables) != 1:
        raise UnfitUploadError(N_("there is neither a DBF file nor one CSV file in the ZIP"))
    return _opened_csv(*tables[0])


@dataclass(frozen=True, slots=True)
class _DbfRecord:
    parts: tuple[bytes, ...]
    columns: Mapping[str, tuple[int, int, int]]
    """Column name to (part, start, end)."""

    def value(self, column: str) -> bytes:
        part, start, end = self.columns[column]
        return self.parts[part][start:end].strip()

    @property
    def content(self) -> bytes:
        return b"".join(self.parts)


@dataclass(slots=True)
class _Dbf:
    files: tuple[str, ...]
    columns: Mapping[str, tuple[int, int, int]]
    parts: list[list[bytes]]
    layout: str = DBF

    def records(self) -> Iterator[Record]:
        for parts in zip(*self.parts, strict=True):
            yield _DbfRecord(parts, self.columns)


@dataclass(frozen=True, slots=True)
class _CsvRecord:
    cells: Sequence[str]
    columns: Mapping[str, int]

    def value(self, column: str) -> bytes:
        return self.cells[self.columns[column]].strip(" ").encode("latin-1")

    @property
    def content(self) -> bytes:
        return "\x1f".join(self.cells).encode("latin-1")


@dataclass(slots=True)
class _Csv:
    files: tuple[str, ...]
    columns: Mapping[str, int]
    rows: list[list[str]]
    layout: str = CSV

    def records(self) -> Iterator[Record]:
        for cells in self.rows:
            yield _CsvRecord(cells, self.columns)


def _opened_dbf(files: Sequence[DbfFile]) -> _Dbf:
    columns: dict[str, tuple[int, int, int]] = {}
    for part, one in enumerate(files):
        for column in one.columns:
            if column.name in columns and column.name not in _REPEATED:
                raise UnfitUploadError(N_("a column stands twice"))
            columns.setdefault(column.name, (part, column.start, column.start + column.width))
    _refuse_other_columns(DBF, columns)
    parts = [list(one.records()) for one in files]
    if len({len(part) for part in parts}) != 1:
        raise UnfitUploadError(N_("the parts hold different numbers of records"))
    return _Dbf(tuple(one.name for one in files), columns, parts)


def _opened_csv(name: str, content: bytes) -> _Csv:
    # No byte of a GB18030 character is a comma, a quote or a line end (their second and fourth
    # bytes begin at 0x30), so cells are cut as bytes and decoded, one by one, where it matters.
    try:
        rows = csv.reader(io.StringIO(content.decode("latin-1"), newline=""), strict=True)
        head, *records = list(rows)
    except (csv.Error, ValueError):
        raise UnfitUploadError(N_("the CSV file is damaged or empty")) from None
    columns = {column: at for at, column in enumerate(head)}
    if len(columns) != len(head):
        raise UnfitUploadError(N_("a column stands twice"))
    _refuse_other_columns(CSV, columns)
    if any(len(cells) != len(head) for cells in records):
        raise UnfitUploadError(N_("a row of the CSV file has more or fewer cells than its head"))
    return _Csv((name,), columns, records)


def _refuse_other_columns(layout_name: str, found: Mapping[str, object]) -> None:
    wanted = {one.code for one in layout(layout_name).fields}
    if wanted - set(found):
        raise UnfitUploadError(N_("columns of the layout are missing"))
    if set(found) - wanted:
        raise UnfitUploadError(N_("there are columns the layout does not have"))
