"""Validation: every rule of the table is asked or explained, passes and fails where it must."""

import csv
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.discharges import frame, mapping, release
from helpers.front_page import CASES, CSV_ONLY, DBF_ONLY, GOOD, TUMOUR
from icdmapper.model.codes import CodeKind
from icdmapper.model.errors import IcdMapperError
from icdmapper.texts import choose_language
from icdmapper.upload.checks.mapping_table import TABLE_RULES
from icdmapper.upload.checks.neoplasms import BEHAVIOUR
from icdmapper.upload.checks.persons import FEMALE_ONLY, MALE_ONLY
from icdmapper.upload.checks.registry import RULES
from icdmapper.upload.checks.shapes import is_morphology, within
from icdmapper.upload.checks.stages import STAGED
from icdmapper.upload.dictionary import Dictionary
from icdmapper.upload.tidying import tidy
from icdmapper.upload.validation import (
    Findings,
    Severity,
    rule_sentence,
    severities_of,
    validate,
)

TODAY = date(2026, 3, 6)
LAYOUTS = ("DBF346", "CSV811")
RULE_TABLE = Path(__file__).parents[3] / "resources" / "hqms" / "rules.csv"
KNOWN = Dictionary.of([
    release([
        mapping("1", "", ("I63.900", "脑梗死")),
        mapping("2", "", ("I10.x00", "高血压")),
        mapping("3", "", ("C34.900", "肺恶性肿瘤")),
        mapping("4", "", ("M80000/3", "恶性肿瘤"), kind=CodeKind.MORPHOLOGY),
        mapping("5", "", ("39.7400", "取栓术"), kind=CodeKind.PROCEDURE, operation_kind="手术"),
    ])
])  # fmt: skip


def record(layout_name: str, changes: dict[str, str]) -> dict[str, str]:
    return GOOD | (DBF_ONLY if layout_name == "DBF346" else CSV_ONLY) | changes


def checked(layout_name: str, *changes: dict[str, str]) -> Findings:
    rows = [record(layout_name, one) for one in changes]
    return validate(frame(*rows), layout_name, today=TODAY, dictionary=KNOWN)


def rule_rows() -> dict[str, dict[str, str]]:
    with RULE_TABLE.open(encoding="utf-8-sig", newline="") as stream:
        return {row["id"]: row for row in csv.DictReader(stream)}


def test_every_rule_of_the_table_is_asked_somewhere() -> None:
    asked = [*(one for one in RULES if one.startswith("HQ-")), *TABLE_RULES, *STAGED]
    assert len(asked) == len(set(asked)) == 87
    assert set(asked) == set(rule_rows())


def test_every_asked_rule_has_a_case() -> None:
    apart = {"HQ-014", "HQ-062"}
    assert {case[0] for case in CASES} | apart == set(RULES)


def test_every_sentence_and_every_reason_is_chinese() -> None:
    choose_language("zh_CN")
    sentences = [rule_sentence(one) for one in RULES]
    assert all(any("一" <= letter <= "鿿" for letter in one) for one in sentences)
    assert len(set(sentences)) == len(sentences)


@pytest.mark.parametrize("layout_name", LAYOUTS)
def test_a_good_record_breaks_no_rule(layout_name: str) -> None:
    assert checked(layout_name, {}).table.to_dict("records") == []


@cache
def all_cases(layout_name: str) -> pd.DataFrame:
    """The findings of every case: its good record at 2n, its bad one at 2n + 1."""
    changes = [one for case in CASES for one in case[2:4]]
    return checked(layout_name, *(one | {"P3": f"{at:06}"} for at, one in enumerate(changes))).table


@pytest.mark.parametrize(
    ("at", "layout_name"),
    [
        pytest.param(at, name, id=f"{case[0]}-{name}-{at}")
        for at, case in enumerate(CASES)
        for name in LAYOUTS
        if case[1] in ("", name)
    ],
)
def test_a_rule_passes_and_fails(at: int, layout_name: str) -> None:
    rule, _only, _good, _bad, field = CASES[at]
    table = all_cases(layout_name)
    table = table[table["rule"] == rule]
    assert not (table["row"] == 2 * at).any()
    here = table[(table["row"] == 2 * at + 1) & (table["field"] == field)]
    assert len(here) == 1
    assert here["severity"].item() is severities_of(layout_name)[rule]
    assert here["department"].item() == "0304"


@pytest.mark.parametrize("layout_name", LAYOUTS)
def test_the_key_is_unique(layout_name: str) -> None:
    same = checked(layout_name, {}, {}, {"P2": "2", "P22": "2026-03-06 08:00:00"})
    assert list(same.table[same.table["rule"] == "HQ-014"]["row"]) == [0, 1]
    join = checked(layout_name, {}, {"P2": "2"})
    assert len(join.table[join.table["rule"] == "HQ-014"]) == (2 if layout_name == "DBF346" else 0)


@pytest.mark.parametrize("layout_name", LAYOUTS)
def test_a_stay_does_not_begin_before_the_last_one_ended(layout_name: str) -> None:
    found = checked(
        layout_name,
        {"P2": "2", "P22": "2026-03-05 10:29:59"},
        {},
        {"P2": "3", "P22": "2026-03-05 10:30:00"},
    )
    assert list(found.table[found.table["rule"] == "HQ-062"]["row"]) == [0]


def test_severities_are_those_of_the_table_and_can_be_overridden() -> None:
    dbf, csv_ = severities_of("DBF346"), severities_of("CSV811")
    assert set(dbf) >= set(rule_rows())
    assert (dbf["HQ-011"], csv_["HQ-011"]) == (Severity.WARN, Severity.BLOCK)
    assert (dbf["HQ-032"], csv_["HQ-032"]) == (Severity.WARN, Severity.BLOCK)
    assert dbf["HQ-036"] is dbf["HQ-069"] is Severity.BLOCK
    assert dbf["HQ-026"] is dbf["HQ-034"] is dbf["HQ-006"] is Severity.WARN
    assert (dbf["HQ-007"], dbf["HQ-028"]) == (Severity.FIXED, Severity.QUALITY)
    rows = frame(record("DBF346", {"P805": "4"}))
    assert not validate(rows, "DBF346", today=TODAY, dictionary=KNOWN).blocked[0]
    stricter = {"HQ-029": Severity.BLOCK}
    strict = validate(rows, "DBF346", today=TODAY, dictionary=KNOWN, severities=stricter)
    assert strict.blocked[0]
    with pytest.raises(IcdMapperError, match="HQ-999"):
        validate(rows, "DBF346", today=TODAY, severities={"HQ-999": Severity.WARN})
    for rule in STAGED:
        with pytest.raises(IcdMapperError, match=rule):
            validate(rows, "DBF346", today=TODAY, severities={rule: Severity.WARN})


def test_without_a_dictionary_its_rules_are_told_as_unasked() -> None:
    found = validate(frame(record("CSV811", {"P324": "I10.x99"})), "CSV811", today=TODAY)
    assert found.table.empty
    assert {"HQ-017", "HQ-018", "HQ-020", "HQ-050", "HQ-051"} <= set(found.unchecked)
    assert not {"HQ-017", "HQ-050"} & set(checked("CSV811", {}).unchecked)


def test_findings_are_counted_by_record_field_and_department() -> None:
    found = checked("DBF346", {"P5": "3", "P47": "2027-01-01 00:00:00"}, {"P5": "3", "P26": "0305"})
    assert list(found.blocked) == [True, True]
    fields = found.by_field().set_index(["rule", "field"])["count"]
    assert fields["HQ-016", "P5"] == 2
    departments = found.by_department().set_index(["department", "rule"])["count"]
    assert departments["0305", "HQ-016"] == 1
    rows = found.by_record().set_index(["row", "severity"])["count"]
    assert rows[0, "warn"] >= 1


@pytest.mark.parametrize("layout_name", LAYOUTS)
def test_no_records_have_no_findings(layout_name: str) -> None:
    assert validate(frame(), layout_name, today=TODAY, dictionary=KNOWN).table.empty


def test_findings_do_not_depend_on_the_company_of_other_records() -> None:
    together = all_cases("DBF346")
    for at in range(0, len(CASES), 9):
        alone = checked("DBF346", CASES[at][3]).table
        same = together[together["row"] == 2 * at + 1].assign(row=0).reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, same)


SITES = st.builds(
    lambda letter, number, rest: f"{letter}{number:02}.{rest}",
    st.sampled_from("CD"), st.integers(0, 97), st.sampled_from(["000", "900", "x01"]),
)  # fmt: skip


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(SITES, st.integers(0, 9)), min_size=150, max_size=200))
def test_the_behaviour_digit_follows_the_site(drawn: list[tuple[str, int]]) -> None:
    found = checked(
        "CSV811", *(TUMOUR | {"P321": site, "P351": f"M80000/{digit}"} for site, digit in drawn)
    ).table
    wrong = set(found[found["rule"] == "HQ-034"]["row"])
    for at, (site, digit) in enumerate(drawn):
        number = int(site[1:3])
        if site[0] == "C":
            expected: int | None = 6 if 77 <= number <= 79 else 3
        else:
            expected = 2 if number < 10 else 0 if number < 37 else 1 if number < 49 else None
        assert (at in wrong) == (expected not in (None, digit)), (site, digit)
    assert len(BEHAVIOUR) == 6


def spelled_out(ranges: str) -> list[tuple[str, str]]:
    return [(low, high or low) for low, _dash, high in
            (one.strip().partition("-") for one in ranges.split(","))]  # fmt: skip


@given(
    st.sampled_from([MALE_ONLY, FEMALE_ONLY]),
    st.sampled_from("ABCDEFILMNOPQRSTZ"),
    st.integers(0, 999),
)
def test_a_code_of_one_sex_is_found_by_its_number(ranges: str, letter: str, number: int) -> None:
    code = f"{letter}{number // 10:02}.{number % 10}00"

    def inside(low: str, high: str) -> bool:
        first = int(low[1:3]) * 10 + int(low[4:] or 0)
        last = int(high[1:3]) * 10 + (int(high[4:]) if high[4:] else 9)
        return low[0] == letter and first <= number <= last

    expected = any(inside(low, high) for low, high in spelled_out(ranges))
    assert within(ranges)(code) == expected
    assert within(ranges)(f"A00.000+{code}*") == expected
    assert not is_morphology(code)


@settings(max_examples=5, deadline=None)
@given(st.lists(st.dates(date(1900, 1, 1), date(2026, 3, 1)), min_size=100, max_size=150))
def test_the_age_is_that_of_the_calendar(births: list[date]) -> None:
    births += [date(2000, 2, 29), date(2025, 2, 28), date(2025, 3, 1), date(2025, 3, 2)]
    ages = [2026 - one.year - ((one.month, one.day) > (3, 1)) for one in births]
    rows = [
        {"P6": born.isoformat(), "P7": str(age + off)}
        for born, age in zip(births, ages, strict=True)
        for off in (0, 1)
    ]
    found = checked("CSV811", *rows).table
    wrong = found[found["rule"] == "HQ-060"]["row"]
    assert list(wrong) == list(range(1, len(rows), 2))


def test_tidying_repairs_and_tells_and_leaves_codes_alone() -> None:
    rows = frame({"P801": " 演示\r\n路１号Ａ座 ", "P321": "Ｋ1 ", "P323": "5", "P11": "01",
                  "P26": "0304", "P4": "演示", "P22": "2026-03-01 08:15:00 "})  # fmt: skip
    clean, fixes = tidy(rows)
    row = clean.frame().iloc[0]
    assert row["P801"] == "演示  路1号A座"
    assert (row["P321"], row["P323"], row["P11"], row["P26"]) == ("Ｋ1 ", "9", "1", "0304")
    assert row["P22"] == "2026-03-01 08:15:00"
    assert sorted(map(tuple, fixes.to_numpy())) == [
        (0, "P11", "HQ-022"), (0, "P22", "HQ-007"), (0, "P323", "HQ-022"), (0, "P801", "HQ-007"),
    ]  # fmt: skip
    again, more = tidy(clean)
    assert again.frame().equals(clean.frame())
    assert more.empty
