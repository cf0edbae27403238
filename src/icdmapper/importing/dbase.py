"""dBASE and FoxPro tables (.dbf), which older HIS still export."""

from __future__ import annotations

import codecs
import contextlib
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbfread import DBF, DBFNotFound, FieldParser
from dbfread.codepages import guess_encoding

from icdmapper.importing.cells import SheetCells
from icdmapper.importing.charsets import canonical_name, known_encoding, shown_name
from icdmapper.importing.plausibility import TextEvidence
from icdmapper.importing.refusals import RefusedSourceError, UnreadableKind
from icdmapper.importing.sources import MAX_COLUMNS, MAX_ROWS, Source
from icdmapper.model.problems import Place, Problem, ProblemCode, Severity
from icdmapper.texts import N_

_ERRORS = (ValueError, KeyError, TypeError, OverflowError, struct.error, DBFNotFound, OSError)
_LIVE, _DELETED = 0x20, 0x2A
# Column titles take row 1 when a spreadsheet opens the table, so the first record is row 2.
_FIRST_ROW = 2
_TEXT_TYPES = frozenset("CNFDLV")
_MEMO_TYPES = frozenset("MGP")
_HIDDEN_TYPES = frozenset("0")
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class _Layout:
    """The header of a table: where its records are and how they are cut into fields."""

    fields: tuple[Any, ...]
    slices: tuple[slice, ...]
    first_byte: int
    record_bytes: int
    records: int
    parser: FieldParser
    declared: str | None


def open_dbase(path: Path, source: Source) -> SheetCells:
    """Open a table; its encoding is the chosen one, else the one its own text obeys."""
    layout = _layout(path)
    _check_size(path, layout)
    encoding = _settle_encoding(path, layout, source.encoding)
    sheet = SheetCells(
        path=path,
        file_format="dbf",
        rows=iter(()),
        encoding=canonical_name(encoding),
        header=tuple(_title(field, encoding) for field in layout.fields),
        first_row=_FIRST_ROW,
        total=layout.records,
        row_numbers=[],
    )
    sheet.problems.extend(_remarks(path, layout))
    sheet.rows = _rows(sheet, layout, encoding)
    return sheet


def _layout(path: Path) -> _Layout:
    try:
        table = DBF(path, encoding="latin-1", ignorecase=False, ignore_missing_memofile=True)
        if table.header.encryption_flag not in {0, None} and table.header.dbversion == 0x04:
            raise RefusedSourceError(UnreadableKind.ENCRYPTED, Place(path.name))
    except _ERRORS:
        raise _damaged(path, N_("its header makes no sense")) from None
    fields, slices, offset = [], [], 1
    for field in table.fields:
        end = offset + field.length
        if field.type not in _HIDDEN_TYPES and field.type not in _MEMO_TYPES:
            fields.append(field)
            slices.append(slice(offset, end))
        offset = end
    if offset != table.header.recordlen or not fields or table.header.headerlen < 33:
        raise _damaged(path, N_("its header makes no sense"))
    if len(fields) > MAX_COLUMNS:
        raise RefusedSourceError(
            UnreadableKind.TOO_MANY_COLUMNS, Place(path.name), limit=f"{MAX_COLUMNS:,}"
        )
    return _Layout(
        fields=tuple(fields),
        slices=tuple(slices),
        first_byte=table.header.headerlen,
        record_bytes=table.header.recordlen,
        records=table.header.numrecords,
        parser=FieldParser(table),
        declared=_declared_encoding(path, table.header.language_driver),
    )


def _check_size(path: Path, layout: _Layout) -> None:
    held = (path.stat().st_size - layout.first_byte) // layout.record_bytes
    if layout.records > held:
        raise RefusedSourceError(
            UnreadableKind.DAMAGED,
            Place(path.name, row=max(held, 0) + _FIRST_ROW),
            reason=N_("it ends before its last record"),
        )
    if layout.records > MAX_ROWS:
        raise RefusedSourceError(
            UnreadableKind.TOO_MANY_ROWS, Place(path.name), limit=f"{MAX_ROWS:,}"
        )


def _declared_encoding(path: Path, language_byte: int) -> str | None:
    """What the table says of itself: a .cpg file beside it, else the language byte."""
    beside = path.with_suffix(".cpg")
    if beside.is_file():
        stated = beside.read_bytes()[:40].decode("ascii", "ignore").strip().lower()
        number = "".join(filter(str.isdigit, stated))
        name = {"65001": "utf-8", "8": "utf-8", "936": "gb18030"}.get(number, stated)
    else:
        try:
            name = guess_encoding(language_byte)
        except LookupError:
            return None
    try:
        return canonical_name(name)
    except LookupError:
        return None


def _settle_encoding(path: Path, layout: _Layout, chosen: str | None) -> str:
    """The chosen encoding, else the first of the likely ones that the whole table obeys."""
    if chosen is not None:
        candidates = [known_encoding(chosen, path)]
    else:
        # A Western language byte is what exporting libraries write for want of a better one.
        likely = [layout.declared] if layout.declared in {"gb18030", "big5", "utf-8"} else []
        candidates = list(dict.fromkeys([*likely, "utf-8", "gb18030"]))
    failed_row = _FIRST_ROW
    for encoding in candidates:
        evidence = TextEvidence()
        row = _row_of_failure(path, layout, encoding, evidence)
        if row is None and (evidence.verdict() is None or encoding == candidates[-1]):
            return encoding
        failed_row = max(failed_row, row or 0)
    raise RefusedSourceError(
        UnreadableKind.BAD_ENCODING,
        Place(path.name, row=failed_row),
        encoding=" / ".join(map(shown_name, candidates)),
    )


def _row_of_failure(
    path: Path, layout: _Layout, encoding: str, evidence: TextEvidence
) -> int | None:
    text_slices = [
        cut for field, cut in zip(layout.fields, layout.slices, strict=True) if field.type == "C"
    ]
    for number, record in enumerate(_records(path, layout), start=_FIRST_ROW):
        for cut in text_slices:
            text = _decode(record[cut], encoding)
            if text is None:
                return number
            evidence.feed(text)
    return None


def _rows(sheet: SheetCells, layout: _Layout, encoding: str) -> Iterator[Sequence[str]]:
    numbers = sheet.row_numbers
    assert numbers is not None
    deleted = 0
    pairs = tuple(zip(layout.fields, layout.slices, strict=True))
    for number, record in enumerate(_records(sheet.path, layout), start=_FIRST_ROW):
        sheet.done += 1
        if record[0] == _DELETED:
            deleted += 1
            continue
        if record[0] != _LIVE:
            raise sheet.refuse(
                UnreadableKind.DAMAGED, row=number, reason=N_("a record begins in a wrong place")
            )
        numbers.append(number)
        yield [
            _cell(sheet, number, layout.parser, (field, record[cut], encoding))
            for field, cut in pairs
        ]
    if deleted:
        sheet.problems.append(
            Problem(
                ProblemCode.DELETED_RECORDS,
                Severity.NOTE,
                Place(sheet.path.name),
                detail={"count": str(deleted)},
            )
        )


def _records(path: Path, layout: _Layout) -> Iterator[bytes]:
    size = layout.record_bytes
    left = layout.records
    at_once = max(_BLOCK_BYTES // size, 1)
    with path.open("rb") as file:
        file.seek(layout.first_byte)
        while left:
            block = file.read(min(left, at_once) * size)
            if len(block) < size:
                raise RefusedSourceError(UnreadableKind.CHANGED, Place(path.name))
            for start in range(0, len(block) - size + 1, size):
                left -= 1
                yield block[start : start + size]


def _cell(sheet: SheetCells, row: int, parser: FieldParser, raw: tuple[Any, bytes, str]) -> str:
    """A cell as the text it holds: a code typed into a number field keeps its zeros."""
    field, data, encoding = raw
    if field.type in _TEXT_TYPES:
        text = _decode(data, encoding)
        if text is None:
            raise sheet.refuse(UnreadableKind.CHANGED, row=row)
        return text
    try:
        value = parser.parse(field, data)
    except _ERRORS:
        raise sheet.refuse(
            UnreadableKind.DAMAGED, row=row, reason=N_("a value does not fit its column")
        ) from None
    return "" if value is None else str(value)


def _decode(data: bytes, encoding: str) -> str | None:
    """The text of a fixed-width cell, None when it is not in the encoding.

    A name longer than its column is cut at a byte, often in the middle of a character; the half
    character goes, the name stays.
    """
    data = data.strip(b"\0 ")
    with contextlib.suppress(UnicodeError):
        return data.decode(encoding)
    with contextlib.suppress(UnicodeError):
        # Told that more may follow, a decoder waits at half a character and fails at a wrong one.
        return codecs.getincrementaldecoder(encoding)().decode(data, final=False)
    return None


def _title(field: Any, encoding: str) -> str:
    return str(field.name).encode("latin-1").decode(encoding, "ignore").strip()


def _remarks(path: Path, layout: _Layout) -> Iterator[Problem]:
    rest = path.stat().st_size - layout.first_byte - layout.records * layout.record_bytes
    if rest >= layout.record_bytes:
        yield Problem(
            ProblemCode.ROW_COUNT_DIFFERS,
            Severity.WARNING,
            Place(path.name),
            detail={"stated": str(layout.records), "more": str(rest // layout.record_bytes)},
        )


def _damaged(path: Path, reason: str) -> RefusedSourceError:
    return RefusedSourceError(UnreadableKind.DAMAGED, Place(path.name), reason=reason)
