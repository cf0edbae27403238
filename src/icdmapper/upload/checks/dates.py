"""The order of days in a stay, and what is counted from them."""

from __future__ import annotations

import numpy as np

from icdmapper.texts import N_
from icdmapper.upload.checks.records import Records
from icdmapper.upload.checks.registry import Hits, rule
from icdmapper.upload.layouts import ADMITTED, DISCHARGED, Purpose

_DAYS, _CONFIRMED, _CONTROLLED = "P27", "P31", "P47"
_NURSING = ("P561", "P562", "P563", "P564")
_ICU = tuple((f"P69{at}", f"P69{at + 1}", f"P69{at + 2}") for at in range(11, 26, 3))
_ONE_DAY = np.timedelta64(1, "D")


@rule("HQ-054", N_("The admission is after the discharge."))
def admission_first(records: Records) -> Hits:
    """To the second."""
    yield ADMITTED, records.moment(ADMITTED) > records.moment(DISCHARGED)


@rule("HQ-055", N_("The diagnosis was confirmed outside the stay."))
def confirmed_in_the_stay(records: Records) -> Hits:
    """Compared by day, for one layout has no time."""
    day = records.day(_CONFIRMED)
    yield _CONFIRMED, (day < records.day(ADMITTED)) | (day > records.day(DISCHARGED))


@rule("HQ-056", N_("The operation lies outside the stay."))
def operations_in_the_stay(records: Records) -> Hits:
    """The day before admission is taken too, for what the emergency room began."""
    first, last = records.day(ADMITTED) - _ONE_DAY, records.day(DISCHARGED)
    for slot in records.grid(Purpose.OPERATION).slots:
        day = records.day(slot.members[2])
        yield slot.members[2], (day < first) | (day > last)


@rule("HQ-057", N_("The stay in intensive care is incomplete or outside the stay."))
def intensive_care(records: Records) -> Hits:
    """In and out with the name; in before out, both within the stay."""
    first, last = records.moment(ADMITTED), records.moment(DISCHARGED)
    for name, entered, left in _ICU:
        named = records.filled(name)
        begin, end = records.moment(entered), records.moment(left)
        yield entered, (named & ~records.filled(entered)) | (begin < first) | (begin >= end)
        yield left, (named & ~records.filled(left)) | (end > last)


@rule("HQ-058", N_("The length of stay differs from the days between admission and discharge."))
def length_of_stay(records: Records) -> Hits:
    """Calendar days; admission and discharge on one day count 1."""
    days = records.day(DISCHARGED) - records.day(ADMITTED)
    known = ~np.isnat(days) & ~np.isnan(records.number(_DAYS))
    counted = np.maximum(np.where(known, days.astype("int64"), 1), 1)
    yield _DAYS, known & (records.number(_DAYS) != counted)


@rule("HQ-059", N_("The days of nursing are more than the days of the stay."))
def nursing_days(records: Records) -> Hits:
    """The four levels together."""
    nursed = sum(np.nan_to_num(records.number(field)) for field in _NURSING)
    yield _DAYS, nursed > records.number(_DAYS)


@rule("HQ-061", N_("The quality control lies before the admission or in the future."))
def quality_control(records: Records) -> Hits:
    """Between admission and today."""
    day = records.day(_CONTROLLED)
    yield _CONTROLLED, (day < records.day(ADMITTED)) | (day > records.today)
