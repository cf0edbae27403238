"""DBF files (dBase III, code page 936), written and read whole columns at a time.

Dates are text (yyyy-MM-dd in C10, with time in C19), as one uploader was seen to send them;
numbers are N with the decimals of the layout.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd

from icdmapper.model.errors import UnreadableSourceError
from icdmapper.texts import _
from icdmapper.upload.columns import Table, Texts
from icdmapper.upload.fitting import FittedColumn, fit, view
from icdmapper.upload.layouts import Field, Kind

ENCODING = "gbk"
_DBASE3, _CODE_PAGE_936 = 0x03, 0x4D
_END_OF_HEADER, _END_OF_FILE, _SPACE = b"\x0d", b"\x1a", 0x20
_HEAD = struct.Struct("<BBBBIHH20x")
_COLUMN = struct.Struct("<11sc4xBB14x")
_CODE_PAGE_AT = 29
_ROWS_AT_ONCE = 400
"""Rows that are put together before they are written: 400 of 9 kB stay near the processor."""

Bytes = np.ndarray[Any, np.dtype[np.uint8]]


def write_dbf(records: pd.DataFrame | Table, fields: Sequence[Field], *, written_on: date) -> bytes:
    """Canonical records as a DBF of these fields. `written_on` goes into the file's head.

    Raises:
        UnfitNumberError: a number field holds no number, or one too long for it.
    """
    table = Table.of(records)
    return dbf_bytes(fit(view(table, fields), fields, ENCODING), len(table), written_on)


def dbf_bytes(columns: Sequence[FittedColumn], records: int, written_on: date) -> bytes:
    """Fitted columns as a DBF."""
    width = 1 + sum(one.field.width for one in columns)
    head = bytearray(
        _HEAD.pack(
            _DBASE3, written_on.year - 1900, written_on.month, written_on.day, records,
            _HEAD.size + _COLUMN.size * len(columns) + 1, width,
        )
    )  # fmt: skip
    head[_CODE_PAGE_AT] = _CODE_PAGE_936
    for one in columns:
        numeric = one.field.kind is Kind.NUMBER
        head += _COLUMN.pack(
            one.field.code.encode("ascii"), b"N" if numeric else b"C", one.field.width,
            one.field.decimals if numeric else 0,
        )  # fmt: skip
    head += _END_OF_HEADER
    stream = io.BytesIO()
    stream.write(head)
    for rows in _blocks(columns, records, width):
        stream.write(rows.data)
    stream.write(_END_OF_FILE)
    return stream.getvalue()


def read_dbf(content: bytes) -> pd.DataFrame:
    """The columns of a DBF as text without padding.

    Raises:
        UnreadableSourceError: it is no DBF, or shorter than its head says.
    """
    try:
        _version, _year, _month, _day, records, start, width = _HEAD.unpack_from(content)
        places = [
            _COLUMN.unpack_from(content, at) for at in range(_HEAD.size, start - 1, _COLUMN.size)
        ]
        body: Bytes = np.frombuffer(content, dtype=np.uint8, count=records * width, offset=start)
    except (struct.error, ValueError):
        raise UnreadableSourceError(_("This is no complete DBF file.")) from None
    if content[start - 1 : start] != _END_OF_HEADER or width != 1 + sum(p[2] for p in places):
        raise UnreadableSourceError(_("This is no complete DBF file."))
    table = body.reshape(records, width)
    columns, at = {}, 1
    for name, kind, length, _decimals in places:
        bare = str.strip if kind == b"N" else str.rstrip
        columns[name.rstrip(b"\0").decode("ascii")] = _texts(table[:, at : at + length], bare)
        at += length
    return pd.DataFrame(columns, index=pd.RangeIndex(records), dtype=object)


def _blocks(columns: Sequence[FittedColumn], records: int, width: int) -> Iterator[Bytes]:
    """The rows of the file, some hundreds at a time in one piece of memory that is used again."""
    cells, at = [], 1
    for one in columns:
        if any(one.raw):
            cells.append((at, at + one.field.width, _padded(one), one.which))
        at += one.field.width
    block = np.full((min(records, _ROWS_AT_ONCE), width), _SPACE, dtype=np.uint8)
    for start in range(0, records, _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        written = block[: min(records - start, _ROWS_AT_ONCE)]
        for begin, end, padded, which in cells:
            written[:, begin:end] = padded.take(which[rows], axis=0)
        yield written


def _padded(column: FittedColumn) -> Bytes:
    width = column.field.width
    fill = bytes.rjust if column.field.kind is Kind.NUMBER else bytes.ljust
    joined = b"".join(map(fill, column.raw, repeat(width)))
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, width)


def _texts(cells: Bytes, bare: Callable[[str], str]) -> Texts:
    if not len(cells) or (cells == _SPACE).all():
        return np.full(len(cells), "", dtype=object)
    raw = np.ascontiguousarray(cells).view(f"S{cells.shape[1]}").ravel().astype(object)
    which, different = pd.factorize(raw)
    texts = [bare(one.decode(ENCODING, "replace")) for one in different]
    found: Texts = np.array(texts, dtype=object)[which]
    return found
