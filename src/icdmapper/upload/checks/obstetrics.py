"""Deliveries and newborns."""

from __future__ import annotations

import numpy as np

from icdmapper.texts import N_
from icdmapper.upload.checks.places import MAIN_CODE
from icdmapper.upload.checks.records import INFANT_AGE, Records, slots_with
from icdmapper.upload.checks.registry import Hits, rule
from icdmapper.upload.checks.shapes import within
from icdmapper.upload.layouts import Purpose

_BIRTH_WEIGHTS = ("P681", "P682", "P683", "P684", "P685")
_ADMISSION_WEIGHT = "P67"
_DELIVERY, _ABORTION, _OUTCOME = within("O80-O84"), within("O00-O08"), within("Z37")
_LIVE_BIRTH = within("Z37.0, Z37.2, Z37.3, Z37.5, Z37.6")
_SINGLE_DELIVERY, _OTHER_OBSTETRIC = within("O80"), within("O10-O99")
_PERINATAL = within("P10-P15")
_LIGHTEST, _HEAVIEST, _STEP = 100, 9999, 10
_LAST_DAY = 364


@rule("HQ-035", N_("A delivery needs its outcome (Z37) among the other diagnoses."))
def delivery_outcome(records: Records) -> Hits:
    """O80-O84 without O00-O08."""
    delivered = records.discharge.any(_DELIVERY) & ~records.discharge.any(_ABORTION)
    yield MAIN_CODE, delivered & ~records.grid(Purpose.OTHER).any(_OUTCOME)


@rule("HQ-036", N_("A spontaneous delivery as main diagnosis excludes other codes O10-O99."))
def spontaneous_delivery(records: Records) -> Hits:
    """O80 says that nothing else was the matter."""
    grid = records.grid(Purpose.OTHER)
    yield from slots_with(grid, grid.where(_OTHER_OBSTETRIC) & records.main(_SINGLE_DELIVERY))


@rule("HQ-037", N_("A live birth or a newborn needs the birth weight."))
def birth_weight(records: Records) -> Hits:
    """Outcome of a live birth, or at most 28 days old."""
    born = records.discharge.any(_LIVE_BIRTH) | records.newborn
    yield "P681", born & ~records.filled("P681")


@rule("HQ-038", N_("The weight must lie between 100 and 9999 g, rounded to 10 g."))
def weights(records: Records) -> Hits:
    """Birth weights and the weight on admission, in grams."""
    for field in (*_BIRTH_WEIGHTS, _ADMISSION_WEIGHT):
        grams = records.number(field)
        outside = (grams < _LIGHTEST) | (grams > _HEAVIEST)
        yield field, outside | (~np.isnan(grams) & (grams % _STEP != 0))


@rule("HQ-039", N_("The weight on admission is for newborns up to 28 days, and needed there."))
def admission_weight(records: Records) -> Hits:
    """Required for them, and given for nobody older."""
    older = ~np.isnan(records.age_days) & ~records.newborn
    given = records.filled(_ADMISSION_WEIGHT)
    yield _ADMISSION_WEIGHT, (records.newborn & ~given) | (older & given)


@rule("HQ-040", N_("A patient under one year needs the age in days, 0 to 364."))
def infant_age(records: Records) -> Hits:
    """Canonical records have days; the DBF layout is given months of them (see `fitting`)."""
    infant = (records.number("P7") == 0) | (records.age_years == 0)
    yield INFANT_AGE, infant & ~records.filled(INFANT_AGE)
    age = records.number(INFANT_AGE)
    yield INFANT_AGE, (age < 0) | (age > _LAST_DAY) | (~np.isnan(age) & (age % 1 != 0))


@rule("HQ-041", N_("A birth injury (P10-P15) needs an age of at most 28 days, and the infant age."))
def birth_injuries(records: Records) -> Hits:
    """In any diagnosis field."""
    injured = records.diagnoses.any(_PERINATAL)
    older = ~np.isnan(records.age_days) & ~records.newborn
    yield "P6", injured & older
    yield INFANT_AGE, injured & ~records.filled(INFANT_AGE)
