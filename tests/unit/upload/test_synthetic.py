"""Invented months: visibly artificial, in order, and the same for the same seed."""

import csv
import io
import re
from datetime import date

import numpy as np
import pandas as pd
import pytest

from helpers.invented_months import demonstration_list, discharges
from icdmapper.model.codes import CodeKind
from icdmapper.model.errors import RefusedError
from icdmapper.paths import shipped
from icdmapper.upload import synthetic
from icdmapper.upload.invented.history import Entry, Shares, edits
from icdmapper.upload.invented.lists import ListedCode
from icdmapper.upload.layouts import (
    CSV,
    DBF,
    Kind,
    Purpose,
    canonical_fields,
    code_slots,
    domain_values,
    layout,
)
from icdmapper.upload.validation import validate


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    return discharges(3300)


def numbers(records: pd.DataFrame, field: str) -> pd.Series:
    return pd.to_numeric(records[field].replace("", "0"))


def moments(records: pd.DataFrame, field: str) -> pd.Series:
    return pd.to_datetime(records[field], format="%Y-%m-%d %H:%M:%S")


def category(code: str) -> str:
    """Written again here, so that a fault in the generator's own reading shows."""
    plain = "".join(chr(ord(one) - 0xFEE0) if 0xFF01 <= ord(one) <= 0xFF5E else one for one in code)
    return plain.upper()[:3]


def test_the_frame_is_canonical(records: pd.DataFrame) -> None:
    assert list(records.columns) == list(canonical_fields())
    assert all(isinstance(cell, str) for cell in records.to_numpy().ravel()[:200_000])


def test_required_fields_of_the_dbf_layout_are_filled(records: pd.DataFrame) -> None:
    """The list of rule HQ-001, read from the rule and not from the layout."""
    text = shipped("resources", "hqms", "rules.csv").read_text(encoding="utf-8-sig")
    rule = next(row for row in csv.DictReader(io.StringIO(text)) if row["id"] == "HQ-001")
    for field in rule["fields"].split(","):
        assert (records[field] != "").all(), field


def test_every_value_fits_its_width_and_its_domain(records: pd.DataFrame) -> None:
    listed = {field for slot in code_slots() for field in (slot.code, slot.name)}
    for field in layout(DBF).fields:
        if field.code in listed:
            continue
        values = set(records[field.code]) - {""}
        if field.kind is Kind.CHAR:
            assert max((len(one.encode("gbk")) for one in values), default=0) <= field.width, field
        allowed = domain_values(field.domain)
        if allowed:
            assert values <= allowed, field.code


def test_keys_and_identity_numbers_are_in_order(records: pd.DataFrame) -> None:
    assert not records.duplicated(["P3", "P2"]).any()
    known = records[records["P13"] != "-"]
    assert len(known) > 3000
    for text, born, sex in zip(known["P13"], known["P6"], known["P5"], strict=True):
        total = sum(int(digit) * (2 ** (17 - at) % 11) for at, digit in enumerate(text[:17]))
        assert (total + (10 if text[17] == "X" else int(text[17]))) % 11 == 1
        assert text[:6] == "999999"
        assert text[6:14] == born.replace("-", "")
        assert int(text[16]) % 2 == (1 if sex == "1" else 0)


def test_dates_follow_each_other(records: pd.DataFrame) -> None:
    came, left = moments(records, "P22"), moments(records, "P25")
    assert (came < left).all()
    assert (left.dt.year == 2026).all()
    assert (left.dt.month == 3).all()
    assert left.dt.day.nunique() == 31
    confirmed = moments(records, "P31")
    assert ((came <= confirmed) & (confirmed <= left)).all()
    stay = (left.dt.normalize() - came.dt.normalize()).dt.days.clip(lower=1)
    assert (stay == numbers(records, "P27")).all()
    nursing = sum(numbers(records, field) for field in ("P561", "P562", "P563", "P564"))
    assert (nursing <= stay).all()
    for slot in code_slots():
        if slot.purpose is Purpose.OPERATION and slot.code.startswith("P"):
            rows = records[~records[slot.code].isin(["", "-"])]
            at = moments(rows, slot.members[2])
            assert ((came[rows.index] <= at) & (at <= left[rows.index])).all()
    inside = records[records["P6911"] != ""]
    assert len(inside)
    assert (moments(inside, "P6912") < moments(inside, "P6913")).all()
    assert (moments(inside, "P6913") <= left[inside.index]).all()


def test_age_is_that_of_the_birth_date(records: pd.DataFrame) -> None:
    for born, came, years, days in zip(
        records["P6"], records["P22"], records["P7"], records["P66"], strict=True
    ):
        first, then = date.fromisoformat(born), date.fromisoformat(came[:10])
        whole = then.year - first.year - ((then.month, then.day) < (first.month, first.day))
        assert str(whole) == years
        assert days == (str((then - first).days) if whole == 0 else "")
    young = numbers(records, "P66").where(records["P66"] != "", 999) <= 28
    assert young.any()
    assert ((records["P67"] != "") == young).all()


def test_fees_add_up(records: pd.DataFrame) -> None:
    items = [f"P{number}" for number in (752, *range(754, 762), 763, *range(767, 782))]
    items.remove("P770")
    cents = {field: (numbers(records, field) * 100).round() for field in [*items, "P782"]}
    assert (sum(cents[field] for field in items) == cents["P782"]).all()
    assert (cents["P782"] > 0).all()
    assert (numbers(records, "P751") <= numbers(records, "P782")).all()
    assert (numbers(records, "P762") <= numbers(records, "P761")).all()
    parts = (numbers(records, "P764") + numbers(records, "P765")).round(2)
    assert (parts <= numbers(records, "P763")).all()
    assert (numbers(records, "P770") <= numbers(records, "P769")).all()


def test_diagnoses_go_with_the_patient(records: pd.DataFrame) -> None:
    main = records["P321"].map(category)
    tumour = main.str.match(r"C|D[0-3]|D4[0-8]")
    assert tumour.sum() > 100
    assert ((records["P351"] != "") == tumour).all()
    assert ((records["P816"] != "") == tumour).all()
    secondary = main.isin(["C77", "C78", "C79"])
    digit = records["P351"].str[-1]
    assert (digit[main.str.startswith("C") & ~secondary] == "3").all()
    assert (digit[secondary] == "6").all()
    injury = main.str.match("[ST]")
    assert injury.sum() > 20
    assert ((records["P361"] != "") == injury).all()
    delivery = main.str.match("O8[0-4]")
    assert delivery.any()
    assert (records["P324"][delivery].map(category) == "Z37").all()
    assert (records["P681"][delivery] != "").all()
    assert (records["P5"][main.str.startswith("O")] == "2").all()
    assert (records["P5"][main.isin(["N40", "C61"])] == "1").all()
    assert (numbers(records, "P66")[main.str.startswith("P")] <= 28).all()


def test_groups_have_no_gaps_and_no_repeats(records: pd.DataFrame) -> None:
    for purpose in (Purpose.OTHER, Purpose.OPERATION):
        slots = [one for one in code_slots() if one.purpose is purpose][:10]
        filled = np.array([~records[slot.code].isin(["", "-"]) for slot in slots])
        assert (filled[:-1] >= filled[1:]).all()
        assert filled[0].sum() > 1000
        assert filled[-1].any()
        for slot in slots:
            assert ((records[slot.code] == "") == (records[slot.name] == "")).all()
    codes = records[[one.code for one in code_slots() if one.purpose is Purpose.OTHER]]
    for row, main in zip(codes.to_numpy().tolist(), records["P321"], strict=True):
        used = [main, *filter(None, row)]
        assert len(set(used)) == len(used)


def test_the_same_seed_gives_the_same_records_and_another_gives_others() -> None:
    assert discharges(50, seed=1).equals(discharges(50, seed=1))
    assert not discharges(50, seed=1).equals(discharges(50, seed=2))


def test_blocks_give_the_records_of_the_month() -> None:
    wanted = synthetic.Wanted(date(2026, 2, 1), 28, synthetic.BLOCK_RECORDS + 10, 3)
    parts = list(synthetic.blocks(demonstration_list(), wanted))
    assert [len(part) for part in parts] == [synthetic.BLOCK_RECORDS, 10]
    whole = pd.concat(parts, ignore_index=True)
    assert not whole.duplicated(["P3"]).any()


def test_any_list_will_do_even_of_codes_without_shape() -> None:
    own = [
        ListedCode("1001", "测试病一", CodeKind.DIAGNOSIS, 5),
        ListedCode("1002", "测试病二", CodeKind.DIAGNOSIS, 1),
        ListedCode("S1", "测试操作", CodeKind.PROCEDURE, 1),
    ]
    made = synthetic.month(own, synthetic.Wanted(date(2026, 1, 1), 3, 40, 1))
    assert set(made["P321"]) == {"1001", "1002"}
    assert set(made["P490"]) == {"", "S1"}
    assert (made["P351"] == "").all()


def test_a_list_without_a_main_diagnosis_is_refused() -> None:
    own = [ListedCode("Z37.0", "单胎活产", CodeKind.DIAGNOSIS, 5)]
    with pytest.raises(RefusedError, match="main diagnosis"):
        synthetic.month(own, synthetic.Wanted(date(2026, 1, 1), 3, 40, 1))


def test_nothing_wanted_gives_an_empty_frame() -> None:
    made = synthetic.month(demonstration_list(), synthetic.Wanted(date(2026, 1, 1), 3, 0, 1))
    assert made.empty
    assert list(made.columns) == list(canonical_fields())


def test_edits_bring_late_back_dated_and_changed_records(records: pd.DataFrame) -> None:
    history = edits(records, seed=5, shares=Shares(late=0.1, back_dated=0.05, edited=0.1))
    kinds = pd.Series(history.entries).value_counts()
    assert all(kinds[entry] > 50 for entry in Entry)
    assert (history.entered[: len(records)] > moments(records, "P25").to_numpy()).all()
    first = history.standing(np.datetime64("2026-03-15T00:00:00"))
    last = history.standing(np.datetime64("2027-01-01T00:00:00"))
    assert len(first) < len(last) == len(records)
    both = last.merge(records, how="left", indicator=True)
    assert (both["_merge"] == "left_only").sum() == kinds[Entry.EDITED]


CLEAN = re.compile(r"[A-Z]\d\d\.\d{3}|M\d{5}/\d|\d\d\.\d{4}")


@pytest.mark.parametrize("name", [DBF, CSV])
def test_validation_lets_a_month_of_clean_codes_pass(name: str) -> None:
    """Codes without the dirt of the demonstration list: then no rule stops a single record."""
    clean = [one for one in demonstration_list() if CLEAN.fullmatch(one.code)]
    wanted = synthetic.Wanted(date(2026, 3, 1), 31, 1500, 4, dashes=name == CSV)
    made = synthetic.month(clean, wanted)
    found = validate(made, name, today=date(2026, 5, 1))
    stopping = found.by_field().query("severity == 'block'")
    assert stopping.empty, stopping.to_string()
