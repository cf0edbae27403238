"""The hospital's columns made canonical: a TOML file that says which column is which field.

    [fields.P5]
    column = "XB"
    values = { "男" = "1", "女" = "2" }

    [fields.P900]
    constant = "TEST0000000"

    [fields.P6]
    column = "CSRQ"
    date = "yyyyMMdd"

Nothing is filled in that the hospital did not say: a value that the file cannot turn into the
platform's stays as it is, so that validation names it, and an empty cell stays empty.
"""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from icdmapper.model.errors import RefusedError, UnreadableSourceError
from icdmapper.texts import _
from icdmapper.upload import dates
from icdmapper.upload.layouts import Field, Kind, canonical_fields

_HASHED_BY_WORDING = frozenset({str, type(None)})
_BLANKS = frozenset({"", "null", "none", "nan", "nat", "<na>", "\\n"})
_WHOLE = re.compile(r"(-?\d+)\.0+")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_KEYS = {"column", "constant", "values", "date"}
Convert = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class FieldSource:
    """Where one canonical field comes from: a column, or the same text for every record.

    `values` turns the hospital's own values into the platform's; `date` is the format of a date
    column, "" for the usual ones.
    """

    field: str
    column: str = ""
    constant: str = ""
    values: tuple[tuple[str, str], ...] = ()
    date: str = ""


@dataclass(frozen=True, slots=True)
class MappingFile:
    """The whole file, one source for each field it names, in the order of the file."""

    fields: tuple[FieldSource, ...]


def load(text: str) -> MappingFile:
    """Read the file. Fields that no layout knows are kept, so that a check can name them.

    Raises:
        UnreadableSourceError: it is not TOML, or an entry is not of the shape above.
    """
    try:
        content = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise UnreadableSourceError(
            _("The mapping of columns is not a valid TOML file: {reason}").format(reason=error)
        ) from None
    entries = content.pop("fields", {})
    if content or not isinstance(entries, dict):
        raise _misshapen(next(iter(content), "fields"))
    return MappingFile(tuple(_entry(name, entry) for name, entry in entries.items()))


def dump(mapping: MappingFile) -> str:
    """The file as text, with the title of every field as a comment; `load` reads it back."""
    lines: list[str] = []
    for one in mapping.fields:
        known = canonical_fields().get(one.field)
        if known is not None:
            lines.append(f"# {known.title}")
        bare = _BARE.fullmatch(one.field)
        lines.append(f"[fields.{one.field if bare else _quoted(one.field)}]")
        for key in ("column", "constant", "date"):
            if getattr(one, key):
                lines.append(f"{key} = {_quoted(getattr(one, key))}")
        if one.values:
            pairs = ", ".join(f"{_quoted(own)} = {_quoted(theirs)}" for own, theirs in one.values)
            lines.append(f"values = {{ {pairs} }}")
        lines.append("")
    return "\n".join(lines)


def apply(mapping: MappingFile, frame: pd.DataFrame) -> pd.DataFrame:
    """The hospital's rows as canonical records: text, "" for empty, every canonical field.

    A date field keeps the day alone; a date-time field without a time gets 00:00:00.

    Raises:
        RefusedError: a column is missing, a field is unknown, or a date format is not understood.
    """
    fields = canonical_fields()
    places = {field: at for at, field in enumerate(fields)}
    cells = np.full((len(frame), len(fields)), "", dtype=object)
    columns = resolved(mapping, frame.columns)
    delivered = frame.to_numpy(dtype=object)
    for one in mapping.fields:
        if one.field not in fields:
            raise RefusedError(
                _("The mapping of columns names the field {field}, which no layout has.").format(
                    field=one.field
                )
            )
        if not one.column:
            cells[:, places[one.field]] = one.constant
            continue
        at = columns[one.column]
        if at is None:
            raise RefusedError(
                _(
                    "The column {column} is not in what the HIS delivered. "
                    "Correct the query or the mapping of columns."
                ).format(column=one.column)
            )
        convert = converter(one, fields[one.field])
        own = delivered[:, at].tolist()
        if not set(map(type, own)) <= _HASHED_BY_WORDING:
            # 1, 1.0 and True are one key of a dictionary, but three texts.
            own = list(map(as_cell, own))
        table = {cell: convert(as_cell(cell)) for cell in set(own)}
        cells[:, places[one.field]] = list(map(table.__getitem__, own))
    return pd.DataFrame(cells, columns=list(fields), dtype=object)


def resolved(mapping: MappingFile, columns: Iterable[str]) -> dict[str, int | None]:
    """The position of each column the file names: exactly, else but for upper and lower case.

    Databases change the case of titles; two columns that differ in case only are never confused.
    """
    exact: dict[str, int] = {}
    folded: dict[str, list[int]] = {}
    for at, column in enumerate(columns):
        exact.setdefault(column, at)
        folded.setdefault(column.casefold(), []).append(at)
    found: dict[str, int | None] = {}
    for one in mapping.fields:
        alike = folded.get(one.column.casefold(), [])
        if one.column:
            found[one.column] = exact.get(one.column, alike[0] if len(alike) == 1 else None)
    return found


def converter(source: FieldSource, field: Field) -> Convert:
    """What turns one of the hospital's cells into the canonical text; unreadable stays as it is.

    Raises:
        RefusedError: the date format is not understood.
    """
    values = {_plain(own): theirs for own, theirs in source.values}
    if field.kind in (Kind.DATE, Kind.DATETIME):
        shape = _date_shape(dates.reader(source.date), field.kind)
    elif field.kind is Kind.NUMBER:
        shape = _amount_shape if field.decimals else _number_shape
    else:
        shape = str
    return lambda cell: values[cell] if cell in values else shape(cell) if cell else ""


def as_cell(cell: object) -> str:
    """A delivered cell as text without surrounding blanks; the words for nothing are empty."""
    if cell is None or cell != cell:  # noqa: PLR0124 - not equal to itself: not a number
        return ""
    text = _plain(str(cell))
    return "" if text.lower() in _BLANKS else text


def _plain(text: str) -> str:
    return text.strip(" \t\r\n\u3000\xa0\0")


def _date_shape(read: dates.DateReader, kind: Kind) -> Convert:
    def shape(cell: str) -> str:
        moment = read(cell)
        if not moment:
            return cell
        if kind is Kind.DATE:
            return moment[:10]
        return moment if len(moment) > 10 else f"{moment} 00:00:00"

    return shape


def _amount_shape(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell).replace(",", "")


def _number_shape(cell: str) -> str:
    text = _amount_shape(cell)
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def _entry(name: str, entry: object) -> FieldSource:
    if not isinstance(entry, dict) or not entry.keys() <= _KEYS:
        raise _misshapen(name)
    column, constant, date = (entry.get(key, "") for key in ("column", "constant", "date"))
    values: Any = entry.get("values", {})
    if not isinstance(values, dict):
        raise _misshapen(name)
    texts = (column, constant, date, *values.values())
    if not all(isinstance(one, str) for one in texts) or bool(column) == bool(constant):
        raise _misshapen(name)
    return FieldSource(name, column, constant, tuple(values.items()), date)


def _misshapen(name: str) -> UnreadableSourceError:
    return UnreadableSourceError(
        _(
            "The entry {name} in the mapping of columns is not understood. An entry has either a "
            "column or a constant, and may have values and a date format, all of them texts."
        ).format(name=name)
    )


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string but for U+007F, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
