"""Codes that fit one sex or one age only."""

from __future__ import annotations

from icdmapper.texts import N_
from icdmapper.upload.checks.records import Records, slots_with
from icdmapper.upload.checks.registry import Hits, rule
from icdmapper.upload.checks.shapes import within

MALE_ONLY = (
    "B26.0, C60-C63, D07.4-D07.6, D17.6, D29, D40, E29, E89.5, F52.4, I86.1, L29.1, N40-N51, "
    "Q53-Q55, R86, S31.2-S31.3, Z12.5"
)
FEMALE_ONLY = (
    "A34, B37.3, C51-C58, C79.6, D06, D07.0-D07.3, D25-D28, D39, E28, E89.4, F52.5, F53, I86.3, "
    "L29.2, M80.0-M80.1, M81.0-M81.1, M83.0, N70-N98, N99.2-N99.3, O00-O99, P54.6, Q50-Q52, R87, "
    "S31.4, S37.4-S37.6, T19.2-T19.3, T83.3, Z01.4, Z12.4, Z30.1, Z30.3, Z30.5, Z31.1-Z31.2, "
    "Z32-Z37, Z39, Z87.5, Z97.5"
)
MALE_OPERATIONS = "60-64, 87.9, 98.24, 99.94"
FEMALE_OPERATIONS = (
    "65-75, 87.8, 88.46, 88.78, 89.26, 92.17, 96.14-96.18, 97.7, 98.16-98.17"
)  # fmt: skip
UNLIKELY_IN_CHILDREN = "C50-C63, D24-D29"
_CHILD = 12


@rule("HQ-064", N_("This diagnosis is for men only."))
def male_diagnoses(records: Records) -> Hits:
    """In any diagnosis field of a woman."""
    grid = records.diagnoses
    yield from slots_with(grid, grid.where(within(MALE_ONLY)) & records.female)


@rule("HQ-065", N_("This diagnosis is for women only."))
def female_diagnoses(records: Records) -> Hits:
    """In any diagnosis field of a man."""
    grid = records.diagnoses
    yield from slots_with(grid, grid.where(within(FEMALE_ONLY)) & records.male)


@rule("HQ-066", N_("This operation is for the other sex."))
def operations_of_one_sex(records: Records) -> Hits:
    """By ICD-9-CM-3 chapter and code."""
    grid = records.operations
    male = grid.where(within(MALE_OPERATIONS)) & records.female
    female = grid.where(within(FEMALE_OPERATIONS)) & records.male
    yield from slots_with(grid, male | female)


@rule("HQ-067", N_("This neoplasm is unlikely in a child."))
def neoplasms_of_children(records: Records) -> Hits:
    """Breast and genital organs under 12 years."""
    grid = records.diagnoses
    child = records.number("P7") < _CHILD
    yield from slots_with(grid, grid.where(within(UNLIKELY_IN_CHILDREN)) & child)
