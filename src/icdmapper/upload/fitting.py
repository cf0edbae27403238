"""Values of a layout's columns as the bytes that fit: every cut and replacement is counted."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np

from icdmapper.model.errors import RefusedError
from icdmapper.texts import _
from icdmapper.upload.columns import Column, Numbers, Table, Texts
from icdmapper.upload.layouts import ADMITTED, Field, Kind
from icdmapper.upload.translation import is_blank

INFANT_MONTHS = "P66"
"""Infant age: canonical records have days, as the CSV layout; the DBF layout of 2012 has months."""
REPLACEMENT = "？"
"""Stands for a character the encoding cannot hold; full width, so that it looks like none."""
_BIRTH, _DAYS_OF_A_MONTH = "P6", 30
_NUMBER = re.compile(r"-?\d+(?:\.(\d+))?", re.ASCII)


class UnfitNumberError(RefusedError):
    """A number field holds what no number is, or one too long for it."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What a field lost: bytes cut off its end, or characters replaced. `row` is a position."""

    row: int
    field: str
    amount: int


@dataclass(frozen=True, slots=True)
class FittedColumn:
    """One column as it is written: its different values, and which of them each row has."""

    field: Field
    which: Numbers
    texts: tuple[str, ...]
    raw: tuple[bytes, ...]
    cuts: tuple[Loss, ...] = ()
    replaced: tuple[Loss, ...] = ()

    @property
    def values(self) -> Texts:
        """The text of every row."""
        return Column.of(self.which, self.texts).rows


def view(table: Table, fields: Iterable[Field]) -> dict[str, Column]:
    """The columns of a layout, from canonical records; absent fields are empty.

    Of several sources the first that says something counts. A date column takes the day of a
    source that has the time too.
    """
    found: dict[str, Column] = {}
    for field in fields:
        column = table[field.sources[0]]
        for name in field.sources[1:]:
            other = table[name]
            if not other.blank:
                rows = column.rows
                column = Column(np.where(rows.astype(bool), rows, other.rows))
        if field.kind is Kind.DATE and not column.blank:
            column = column.mapped(_day)
        found[field.code] = _months(table, column) if field.code == INFANT_MONTHS else column
    return found


def left_out(table: Table, fields: Iterable[Field]) -> tuple[tuple[str, int], ...]:
    """Canonical fields that say something but have no place in the layout, with record counts."""
    placed = {name for field in fields for name in field.sources}
    counts = {
        name: int(table[name].where(bool).sum())
        for name in table.names
        if name not in placed and not table[name].blank
    }
    return tuple(counts.items())


def fit(
    columns: Mapping[str, Column],
    fields: Iterable[Field],
    encoding: str,
    *,
    keep_dash: bool = False,
) -> list[FittedColumn]:
    """Every column as bytes of its width.

    `keep_dash` writes the dash for "no value" into number fields too, as the CSV layout takes it.

    Raises:
        UnfitNumberError: a number would have to be changed to fit; text may be cut, numbers not.
    """
    fitted = []
    unfit: list[str] = []
    for field in fields:
        column = columns[field.code]
        which, texts = column.which, column.texts
        if field.kind is not Kind.NUMBER:
            fitted.append(_fit_text(field, column, encoding))
            continue
        if not are_numbers(column, field):
            written = [number_text(text, field, dash="-" if keep_dash else "") for text in texts]
            wrong = [at for at, text in enumerate(written) if text is None]
            rows = np.flatnonzero(np.isin(which, wrong)) if wrong else which[:0]
            if len(rows):
                unfit.append(f"{field.code} ({', '.join(str(row + 1) for row in rows[:5])})")
            texts = [text or "" for text in written]
        raw = "\n".join(texts).encode("ascii").split(b"\n")
        fitted.append(FittedColumn(field, which, tuple(texts), tuple(raw)))
    if unfit:
        raise UnfitNumberError(
            _("Number fields hold values that are no numbers or too long: {fields}. Mend the"
              " records at these positions or hold them back.").format(fields="; ".join(unfit))
        )  # fmt: skip
    return fitted


def number_text(text: str, field: Field, *, dash: str = "") -> str | None:
    """A number with the decimals of its column; None when it is none or does not fit.

    Columns without known decimals take the number as it is; `dash` is written for the dash.
    """
    bare = text.strip()
    if is_blank(bare):
        return dash if bare else ""
    match = _NUMBER.fullmatch(bare)
    if match is None:
        return None
    fraction = match[1] or ""
    if field.decimals:
        if fraction[field.decimals :].strip("0"):
            return None
        whole = bare.partition(".")[0]
        bare = f"{whole}.{fraction[: field.decimals]:0<{field.decimals}}"
    return bare if len(bare) <= field.width else None


@cache
def _written_numbers(whole: int, decimals: int) -> re.Pattern[str]:
    return re.compile(rf"(?:0{{1,{whole}}}" + (rf"\.0{{{decimals}}}" if decimals else "") + ")?")


def are_numbers(column: Column, field: Field) -> bool:
    """Whether all are written as the field wants them, without signs; asked of shapes only."""
    whole = field.width - (field.decimals + 1 if field.decimals else 0)
    written = _written_numbers(whole, field.decimals)
    return all(written.fullmatch(shape) for shape in column.shapes)


def _fit_text(field: Field, column: Column, encoding: str) -> FittedColumn:
    which, texts = column.which, column.texts
    raw = _encoded_at_once(column, encoding)
    if raw is not None and max(map(len, raw), default=0) <= field.width:
        return FittedColumn(field, which, tuple(texts), tuple(raw))
    return _fit_one_by_one(field, which, texts, encoding)


def _encoded_at_once(column: Column, encoding: str) -> list[bytes] | None:
    """The bytes of a column that needs no care; None when some text does."""
    joined = column.joined
    if joined.endswith(" ") or any(one + "\n" in joined for one in " \t\u3000\r"):
        return None
    try:
        raw = joined.encode(encoding).split(b"\n")
    except UnicodeEncodeError:
        return None
    # A line break within a text would shift all that follow.
    return raw if len(raw) == len(column.texts) else None


def _fit_one_by_one(
    field: Field, which: Numbers, texts: Sequence[str], encoding: str
) -> FittedColumn:
    shown, raw = [], []
    cut: dict[int, int] = {}
    replaced: dict[int, int] = {}
    for at, text in enumerate(texts):
        bare = text.rstrip()
        try:
            encoded = bare.encode(encoding)
        except UnicodeEncodeError:
            known = "".join(one if _holds(encoding, one) else REPLACEMENT for one in bare)
            replaced[at] = sum(one != other for one, other in zip(bare, known, strict=True))
            bare, encoded = known, known.encode(encoding)
        if len(encoded) > field.width:
            kept = encoded[: field.width].decode(encoding, "ignore").rstrip()
            cut[at] = len(encoded) - len(kept.encode(encoding))
            bare, encoded = kept, kept.encode(encoding)
        shown.append(bare)
        raw.append(encoded)
    return FittedColumn(
        field, which, tuple(shown), tuple(raw),
        _losses(field, which, cut), _losses(field, which, replaced),
    )  # fmt: skip


def _losses(field: Field, which: Numbers, amounts: dict[int, int]) -> tuple[Loss, ...]:
    if not amounts:
        return ()
    rows = np.flatnonzero(np.isin(which, list(amounts)))
    return tuple(Loss(int(row), field.code, amounts[int(which[row])]) for row in rows)


def _holds(encoding: str, character: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _day(text: str) -> str:
    return text[:10] if text[10:11] == " " else text


def _months(table: Table, days: Column) -> Column:
    """Days of age as completed months and thirtieths, as the front page has them."""
    whole = np.flatnonzero(days.where(lambda one: one.isascii() and one.isdigit()))
    if not len(whole):
        return days
    found = days.rows.copy()
    born, admitted = (table[name].rows[whole] for name in (_BIRTH, ADMITTED))
    for row, first, last in zip(whole, born, admitted, strict=True):
        found[row] = f"{_infant_months(int(found[row]), first, last):.2f}"
    return Column(found)


def _infant_months(days: int, born: str, admitted: str) -> float:
    try:
        first, last = date.fromisoformat(born[:10]), date.fromisoformat(admitted[:10])
    except ValueError:
        return days / _DAYS_OF_A_MONTH
    if (last - first).days != days:
        return days / _DAYS_OF_A_MONTH
    months = (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    # The day the running month began; the 31st begins a shorter month on its last day.
    begun = date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))
    return months + (last - begun).days / _DAYS_OF_A_MONTH
