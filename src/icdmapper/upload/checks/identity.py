"""Who the record is of: keys, identity number, age, contact."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from icdmapper.texts import N_
from icdmapper.upload.checks.records import AGE, BIRTH, SEX, Records
from icdmapper.upload.checks.registry import Hits, rule
from icdmapper.upload.columns import Mask
from icdmapper.upload.layouts import RECORD_KEY

_ID, _DOCUMENT, _RESIDENT_ID = "P13", "A20N", "1"
_OLD_ID, _NEW_ID = re.compile(r"\d{15}", re.ASCII), re.compile(r"\d{17}[\dXx]", re.ASCII)
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECK_DIGITS = "10X98765432"
"""Weights and check digits of GB 11643 (ISO 7064 MOD 11-2)."""
_WHOLE = re.compile(r"\d+", re.ASCII)


@rule("HQ-011", N_("The identity number is not valid."))
def identity_number(records: Records) -> Hits:
    """15 digits, or 18 with the right check digit, where the document is a resident's card."""
    asked = records.filled(_ID)
    if not records.is_dbf:
        asked &= records.is_one_of(_DOCUMENT, _RESIDENT_ID)
    yield _ID, asked & ~_valid(records)


@rule("HQ-012", N_("Birth date or sex differ from the identity number."))
def identity_agrees(records: Records) -> Hits:
    """Digits 7 to 14 are the birth date, the one before the last is odd for men."""
    rows = np.flatnonzero(_valid(records))
    born, odd = _inside(records, rows)
    given = records.day(BIRTH)[rows]
    wrong = records.nowhere()
    wrong[rows] = ~np.isnat(given) & (born != given)
    yield BIRTH, wrong
    differs = records.nowhere()
    differs[rows] = np.where(odd, records.female[rows], records.male[rows])
    yield SEX, differs


@rule("HQ-013", N_("The number of the stay must be a whole number from 1 on."))
def number_of_the_stay(records: Records) -> Hits:
    """P2 counts this patient's stays."""
    stay = RECORD_KEY[1]
    right = records.each(stay, lambda text: bool(_WHOLE.fullmatch(text)) and int(text) > 0)
    yield stay, records.filled(stay) & ~right


@rule("HQ-014", N_("Two records have the same record number and number of the stay."))
def unique_key(records: Records) -> Hits:
    """Within what is sent together; the parts of a split are joined by number and admission."""
    joins = [RECORD_KEY, ("P3", "P22")] if records.is_dbf else [RECORD_KEY]
    doubled = records.nowhere()
    for names in joins:
        keys = pd.DataFrame({name: records.text(name) for name in names}, dtype=object)
        doubled |= keys.duplicated(keep=False).to_numpy()
    yield RECORD_KEY[0], doubled


@rule("HQ-060", N_("The age differs from the completed years between birth and admission."))
def age(records: Records) -> Hits:
    """Completed years at admission."""
    stated = records.number(AGE)
    both = ~np.isnan(stated) & ~np.isnan(records.age_years)
    yield AGE, both & (stated != records.age_years)


@rule("HQ-062", N_("The admission is before the discharge from the stay before."))
def stays_in_order(records: Records) -> Hits:
    """Only stays that are sent together can be compared."""
    stays = pd.DataFrame(
        {"patient": records.text("P3"), "stay": records.number("P2"),
         "in": records.moment("P22"), "out": records.moment("P25")}
    )  # fmt: skip
    ordered = stays[records.filled("P3")].sort_values(["patient", "stay"], kind="stable")
    before = ordered.shift(1)
    early = (before["patient"] == ordered["patient"]) & (ordered["in"] < before["out"])
    wrong = records.nowhere()
    wrong[early[early].index.to_numpy(dtype=np.intp)] = True
    yield "P22", wrong


@rule("HQ-068", N_("The contact is the spouse, but the patient is unmarried."))
def spouse_of_the_unmarried(records: Records) -> Hits:
    """RC033 1 is the spouse, RC002 1 is unmarried."""
    yield "P19", records.is_one_of("P19", "1") & records.is_one_of("P8", "1")


def _valid(records: Records) -> Mask:
    return records.once("valid identity numbers", lambda: _check(records))


def _check(records: Records) -> Mask:
    texts = records.text(_ID)
    found = records.each(_ID, lambda text: _OLD_ID.fullmatch(text) is not None)
    new = np.flatnonzero(records.each(_ID, lambda text: _NEW_ID.fullmatch(text) is not None))
    if len(new):
        digits = _digits(texts[new])
        right = np.array([ord(one) for one in _CHECK_DIGITS])[(digits[:, :17] @ _WEIGHTS) % 11]
        last = np.array([ord(text[17].upper()) for text in texts[new]])
        found[new] = right == last
    return found


def _inside(
    records: Records, rows: np.ndarray[Any, np.dtype[np.intp]]
) -> tuple[np.ndarray[Any, np.dtype[np.datetime64]], Mask]:
    """Birth dates and whether the number of the person is odd."""
    texts = [one if len(one) == 18 else f"{one[:6]}19{one[6:]}0" for one in records.text(_ID)[rows]]
    days = pd.Series([one[6:14] for one in texts], dtype=object)
    born = pd.to_datetime(days, format="%Y%m%d", errors="coerce").to_numpy()
    odd = np.array([one[16] in "13579" for one in texts], dtype=bool)
    return born.astype("datetime64[D]"), odd


def _digits(texts: np.ndarray[Any, np.dtype[np.object_]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    letters = np.array([text[:17] for text in texts], dtype="S17")
    return letters.view(np.uint8).reshape(-1, 17).astype(np.int64) - ord("0")
