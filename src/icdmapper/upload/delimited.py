"""The 811-column CSV: a row of column codes, then one row per record, ended by CR LF."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pandas as pd

from icdmapper.model.errors import UnreadableSourceError
from icdmapper.texts import _
from icdmapper.upload.fitting import FittedColumn

_END = "\r\n"
_NEEDS_QUOTES = frozenset('",\r\n')


def csv_bytes(columns: Sequence[FittedColumn], encoding: str) -> bytes:
    """Fitted columns as CSV."""
    head = ",".join(one.field.code for one in columns)
    cells = [_quoted(one).tolist() for one in columns]
    rows = (",".join(row) for row in zip(*cells, strict=True))
    return (_END.join((head, *rows)) + _END).encode(encoding)


def read_csv(content: bytes, encoding: str) -> pd.DataFrame:
    """The columns of a CSV as text.

    Raises:
        UnreadableSourceError: it cannot be decoded, or its rows differ in length.
    """
    try:
        head, *rows = csv.reader(io.StringIO(content.decode(encoding), newline=""), strict=True)
    except (UnicodeDecodeError, csv.Error, ValueError):
        raise UnreadableSourceError(_("This is no readable CSV file.")) from None
    if any(len(row) != len(head) for row in rows):
        raise UnreadableSourceError(_("This is no readable CSV file."))
    return pd.DataFrame(rows, columns=head, dtype=object)


def _quoted(column: FittedColumn) -> pd.Series:
    texts = [
        '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES & set(text) else text
        for text in (*column.texts, "")
    ]
    return pd.Series(texts, dtype=object).take(column.which)
