"""The records under validation as columns, each read once: text, number, day, codes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from icdmapper.upload.columns import Column, Mask, Numbers, Table, Texts, together
from icdmapper.upload.dictionary import Dictionary
from icdmapper.upload.layouts import DBF, CodeSlot, Field, Purpose, code_slots, layout
from icdmapper.upload.translation import is_blank

Floats = np.ndarray[Any, np.dtype[np.float64]]
Moments = np.ndarray[Any, np.dtype[np.datetime64]]

BIRTH, SEX, AGE, INFANT_AGE = "P6", "P5", "P7", "P66"
NEWBORN_DAYS = 28
_MALE, _FEMALE = "1", "2"
_BLANK_STARTS = frozenset({"", *" \t\r\n\u3000-－—"})
_FORMATS = {10: "%Y-%m-%d", 19: "%Y-%m-%d %H:%M:%S"}
_PLAIN_NUMBER = re.compile(r"(?:0+(?:\.0+)?)?")
_WRITTEN = frozenset({"", "0000-00-00", "0000-00-00 00:00:00"})
_EARLIEST = np.datetime64("1700-01-01", "s")
"""What lies before is no date of a patient; both ways of reading agree on that."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Several code columns with one list of their different codes; `ids` is slots x records.

    A dash for "no value" is no code and stands as "" among them.
    """

    slots: tuple[CodeSlot, ...]
    ids: np.ndarray[Any, np.dtype[np.intp]]
    codes: tuple[str, ...]
    coded: Numbers
    """Positions of what is not ""."""

    def where(self, fits: Callable[[str], bool]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which cells hold a code that fits; cells without a code never do."""
        known = np.zeros(len(self.codes) + 1, dtype=bool)
        codes = filter(None, self.codes)
        known[self.coded] = np.fromiter(map(fits, codes), bool, len(self.coded))
        found: Mask = known[self.ids]
        return found

    def any(self, fits: Callable[[str], bool]) -> Mask:
        """Which records hold a code that fits in any of the columns."""
        return np.asarray(self.where(fits).any(axis=0), dtype=bool)


class Records:
    """Canonical records seen through one layout; fields the layout lacks are empty."""

    def __init__(
        self, table: Table, layout_name: str, today: date, dictionary: Dictionary | None
    ) -> None:
        self.table = table
        self.layout_name = layout_name
        self.today = np.datetime64(today)
        self.dictionary = dictionary
        self.fields: dict[str, Field] = {
            source: field for field in layout(layout_name).fields for source in field.sources
        }
        self.canonical = {field.code: field.sources[0] for field in layout(layout_name).fields}
        self._empty = Column.empty(len(table))
        self._filled: dict[str, Mask] = {}
        self._numbers: dict[str, Floats] = {}
        self._moments: dict[str, Moments] = {}
        self._grids: dict[tuple[Purpose, ...], Grid] = {}
        self._given: dict[str, Mask] = {}
        self._once: dict[str, Mask] = {}

    def __len__(self) -> int:
        return len(self.table)

    @property
    def is_dbf(self) -> bool:
        """Whether the layout is that of the daily channel, with its rules of 2012."""
        return self.layout_name == DBF

    def has(self, field: str) -> bool:
        """Whether the layout has a column for a canonical field."""
        return field in self.fields

    def column(self, field: str) -> Column:
        """A field as a column, with its different texts."""
        column = self.table[field] if self.has(field) else self._empty
        return self._empty if column.blank else column

    def text(self, field: str) -> Texts:
        """The values of a field."""
        return self.column(field).rows

    def given(self, field: str) -> Mask:
        """Where a field is not empty; the dash for "no value" counts as given."""
        if field not in self._given:
            self._given[field] = self.each(field, bool)
        return self._given[field]

    def filled(self, field: str) -> Mask:
        """Where a field says something; the dash does not."""
        if field not in self._filled:
            self._filled[field] = _filled(self.column(field))
        return self._filled[field]

    def is_one_of(self, field: str, *values: str) -> Mask:
        """Where a field has one of some values."""
        return self.each(field, values.__contains__)

    def each(self, field: str, fits: Callable[[str], bool]) -> Mask:
        """Where the value of a field fits; every different value is asked once."""
        column = self.column(field)
        if column is self._empty:
            return np.full(len(self), fits(""), dtype=bool)
        return column.where(fits)

    def number(self, field: str) -> Floats:
        """The numbers of a field; NaN where there is none."""
        if field not in self._numbers:
            column = self.column(field)
            self._numbers[field] = _numbers(column)[column.which]
        return self._numbers[field]

    def once(self, name: str, make: Callable[[], Mask]) -> Mask:
        """What several rules want to know of these records, found when the first asks."""
        if name not in self._once:
            self._once[name] = make()
        return self._once[name]

    def moment(self, field: str) -> Moments:
        """The moments of a date field; NaT where it is empty or not written as it must be."""
        if field not in self._moments:
            column = self.column(field)
            self._moments[field] = _moments(column)[column.which]
        return self._moments[field]

    def day(self, field: str) -> Moments:
        """The days of a date field; NaT where there is none."""
        found: Moments = self.moment(field).astype("datetime64[D]")
        return found

    def grid(self, *purposes: Purpose) -> Grid:
        """The code columns of some purposes that the layout has, in the order of the record."""
        if purposes not in self._grids:
            slots = tuple(
                one for one in code_slots() if one.purpose in purposes and self.has(one.code)
            )
            ids, codes = together([self.column(one.code) for one in slots])
            for at in _blanks(codes):
                codes[at] = ""
            coded = np.flatnonzero(np.fromiter(map(bool, codes), bool, len(codes)))
            self._grids[purposes] = Grid(slots, ids, tuple(codes), coded)
        return self._grids[purposes]

    @property
    def discharge(self) -> Grid:
        """Main and other diagnoses."""
        return self.grid(Purpose.MAIN, Purpose.OTHER)

    @property
    def diagnoses(self) -> Grid:
        """Every diagnosis, that of the outpatient visit and of admission included."""
        return self.grid(Purpose.OUTPATIENT, Purpose.ADMISSION, Purpose.MAIN, Purpose.OTHER)

    @property
    def operations(self) -> Grid:
        """Every operation."""
        return self.grid(Purpose.OPERATION)

    def main(self, fits: Callable[[str], bool]) -> Mask:
        """Where the main diagnosis fits."""
        found: Mask = self.grid(Purpose.MAIN).where(fits)[0]
        return found

    @cached_property
    def age_days(self) -> Floats:
        """Days from birth to admission; NaN where a date is missing."""
        days = self.day("P22") - self.day(BIRTH)
        return np.where(np.isnat(days), np.nan, days.astype("int64").astype(float))

    @cached_property
    def age_years(self) -> Floats:
        """Completed years at admission; NaN where a date is missing."""
        admitted, born = self.day("P22"), self.day(BIRTH)
        missing = np.isnat(admitted) | np.isnat(born)
        years = _part(admitted, "Y", 0) - _part(born, "Y", 0)
        before = _in_year(admitted) < _in_year(born)
        return np.where(missing, np.nan, (years - before).astype(float))

    @property
    def newborn(self) -> Mask:
        """Where the patient was at most 28 days old at admission."""
        return (self.age_days >= 0) & (self.age_days <= NEWBORN_DAYS)

    @property
    def male(self) -> Mask:
        """Where the sex is male."""
        return self.is_one_of(SEX, _MALE)

    @property
    def female(self) -> Mask:
        """Where the sex is female."""
        return self.is_one_of(SEX, _FEMALE)

    def nowhere(self) -> Mask:
        """No record."""
        return np.zeros(len(self), dtype=bool)


def slots_with(grid: Grid, cells: Mask) -> Sequence[tuple[str, Mask]]:
    """The code fields of a grid with the records whose cell is marked."""
    return [(slot.code, row) for slot, row in zip(grid.slots, cells, strict=True)]


def _blanks(texts: Sequence[str]) -> list[int]:
    """The positions of texts that say nothing; most are told by their first character."""
    return [at for at, one in enumerate(texts) if one[:1] in _BLANK_STARTS and is_blank(one)]


def _filled(column: Column) -> Mask:
    found = np.ones(len(column.texts), dtype=bool)
    found[_blanks(column.texts)] = False
    filled: Mask = found[column.which]
    return filled


def _numbers(column: Column) -> Floats:
    texts = column.texts
    if all(map(_PLAIN_NUMBER.fullmatch, column.shapes)):
        return np.array([float(text or "nan") for text in texts])
    bare = pd.Series([None if is_blank(text) else text for text in texts], dtype=object)
    found: Floats = pd.to_numeric(bare, errors="coerce").to_numpy(dtype=float)
    return found


def _moments(column: Column) -> Moments:
    texts = column.texts
    if column.shapes <= _WRITTEN:
        with suppress(ValueError):
            read = np.array(texts, dtype="datetime64[s]")
            if not (read < _EARLIEST).any():
                return read
    # Something among them is no date: each form is read apart, what is wrong becomes NaT.
    moments = np.full(len(texts), np.datetime64("NaT"), dtype="datetime64[s]")
    lengths = np.array([len(one) if one.isascii() else 0 for one in texts])
    for length, form in _FORMATS.items():
        here = np.flatnonzero(lengths == length)
        if len(here):
            written = pd.Series([texts[int(at)] for at in here], dtype=object)
            found = pd.to_datetime(written, format=form, errors="coerce")
            moments[here] = found.to_numpy().astype("datetime64[s]")
    return moments


def _part(days: Moments, unit: str, start: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    found: np.ndarray[Any, np.dtype[np.int64]] = (
        days.astype(f"datetime64[{unit}]").astype("int64") + start
    )
    return found


def _in_year(days: Moments) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Month and day as one number that grows through the year."""
    months = days.astype("datetime64[M]")
    month = months.astype("int64") % 12
    day = (days - months.astype("datetime64[D]")).astype("int64")
    found: np.ndarray[Any, np.dtype[np.int64]] = month * 31 + day
    return found
