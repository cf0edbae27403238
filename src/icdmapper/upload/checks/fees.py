"""Fees: the total, its items, and the parts of items. All in yuan, compared to the cent."""

from __future__ import annotations

import numpy as np

from icdmapper.texts import N_
from icdmapper.upload.checks.records import Floats, Records
from icdmapper.upload.checks.registry import Hits, rule
from icdmapper.upload.layouts import CSV, DBF

TOTAL, _OWN, _DAYS = "P782", "P751", "P27"
ITEMS = tuple(
    f"P{number}"
    for number in (752, *range(754, 762), 763, *range(767, 770), *range(771, 782))
)  # fmt: skip
"""The main items; physiotherapy, anaesthesia, surgery and antibacterials are parts of others."""
_PARTS = {"P762": "P761", "P764": "P763", "P765": "P763", "P770": "P769"}
_HALF_A_CENT = 0.005


@rule("HQ-069", N_("The total differs from the sum of its items."), layouts=(DBF,))
def total_is_the_sum(records: Records) -> Hits:
    """The standard of 2012."""
    yield TOTAL, np.abs(records.number(TOTAL) - _sum(records)) > _HALF_A_CENT


@rule("HQ-070", N_("The total is 0 or less than the sum of its items."), layouts=(CSV,))
def total_covers_the_sum(records: Records) -> Hits:
    """The standard of 2019."""
    total = records.number(TOTAL)
    yield TOTAL, (total <= 0) | (total < _sum(records) - _HALF_A_CENT)


@rule("HQ-071", N_("A fee is below 0."))
def no_negative_fees(records: Records) -> Hits:
    """Every fee field."""
    for field in (TOTAL, _OWN, *ITEMS, *_PARTS):
        yield field, records.number(field) < 0


@rule("HQ-072", N_("The patient's own payment is more than the total."))
def own_payment(records: Records) -> Hits:
    """The part the patient paid."""
    yield _OWN, records.number(_OWN) > records.number(TOTAL) + _HALF_A_CENT


@rule("HQ-073", N_("Physiotherapy costs more than non-surgical treatment as a whole."))
def physiotherapy(records: Records) -> Hits:
    """A part of it."""
    yield from _part(records, "P761", "P762")


@rule("HQ-074", N_("Anaesthesia and surgery cost more than surgical treatment as a whole."))
def surgery(records: Records) -> Hits:
    """Parts of it."""
    yield from _part(records, "P763", "P764", "P765")


@rule("HQ-075", N_("Antibacterials cost more than western drugs as a whole."))
def antibacterials(records: Records) -> Hits:
    """A part of them."""
    yield from _part(records, "P769", "P770")


@rule("HQ-076", N_("A stay of more than one day without fees."))
def stays_cost(records: Records) -> Hits:
    """The total is 0."""
    yield TOTAL, (records.number(_DAYS) > 1) & (records.number(TOTAL) == 0)


def _sum(records: Records) -> Floats:
    found: Floats = np.sum([np.nan_to_num(records.number(field)) for field in ITEMS], axis=0)
    return found


def _part(records: Records, whole: str, *parts: str) -> Hits:
    together = sum(np.nan_to_num(records.number(part)) for part in parts)
    yield whole, together > np.nan_to_num(records.number(whole)) + _HALF_A_CENT
