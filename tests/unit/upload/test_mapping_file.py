"""The hospital's columns made canonical: the file, the proposal, the check."""

import string

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.invented_months import discharges
from icdmapper.model.errors import RefusedError, UnreadableSourceError
from icdmapper.texts import choose_language
from icdmapper.upload import dates
from icdmapper.upload.column_guess import Evidence, guess, proposed
from icdmapper.upload.layouts import CSV, DBF, canonical_fields, layout
from icdmapper.upload.mapping_check import BLOCKING, Fault, check, sentence
from icdmapper.upload.mapping_file import FieldSource, MappingFile, apply, dump, load

FILE = """
[fields.P5]
column = "XB"
values = { "男" = "1", "女" = "2" }

[fields.P900]
constant = "TEST0000000"

[fields.P6]
column = "csrq"
date = "yyyyMMdd"
"""
text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
sources = st.builds(
    lambda field, word, is_column, values, date: FieldSource(
        field,
        column=word if is_column else "",
        constant="" if is_column else word,
        values=tuple(values.items()),
        date=date,
    ),
    text,
    text,
    st.booleans(),
    st.dictionaries(text | st.just(""), text | st.just(""), max_size=3),
    text | st.just(""),
)


def rows(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype=object)


def faults(mapping: MappingFile, sample: pd.DataFrame) -> dict[tuple[Fault, str], int]:
    found = check(mapping, list(sample.columns), sample)
    return {(one.fault, one.field or one.column): one.count for one in found}


@given(st.lists(sources, max_size=5, unique_by=lambda one: one.field))
def test_what_is_written_is_read_back(fields: list[FieldSource]) -> None:
    assert load(dump(MappingFile(tuple(fields)))) == MappingFile(tuple(fields))


def test_the_file_says_what_the_fields_are() -> None:
    written = dump(load(FILE))
    assert "# 性别" in written
    assert load(written) == load(FILE)


@pytest.mark.parametrize(
    "content",
    [
        "[fields.P5", "other = 1", "fields = 3", "[fields]\nP5 = 1", "[fields.P5]\nvalues = {}",
        '[fields.P5]\ncolumn = "a"\nconstant = "b"', "[fields.P5]\ncolumn = 3",
        '[fields.P5]\ncolumn = "a"\nvalues = { x = 1 }', '[fields.P5]\ncolum = "a"',
        '[fields.P5]\ncolumn = "a"\nvalues = ["x"]',
    ],
)  # fmt: skip
def test_a_file_of_another_shape_is_refused(content: str) -> None:
    with pytest.raises(UnreadableSourceError, match="mapping of columns"):
        load(content)


def test_rows_become_canonical() -> None:
    made = apply(
        load(FILE), rows(xb=["男", " 女　", None, "不详"], CSRQ=["20260301", "", "x", "NULL"])
    )
    assert list(made.columns) == list(canonical_fields())
    assert made["P5"].tolist() == ["1", "2", "", "不详"]
    assert made["P6"].tolist() == ["2026-03-01", "", "x", ""]
    assert made["P900"].tolist() == ["TEST0000000"] * 4
    assert (made["P3"] == "").all()


def test_numbers_and_dates_are_tidied_only_where_the_field_is_one() -> None:
    mapping = MappingFile(
        tuple(FieldSource(field, field) for field in ("P3", "P7", "P782", "P22", "P6"))
    )
    made = apply(
        mapping,
        rows(
            P3=["007.0"], P7=["45.0"], P782=["1,234.50"], P22=["2026/3/1"],
            P6=["2026-03-01 08:00:00.0"],
        ),
    )  # fmt: skip
    record = made.loc[0, ["P3", "P7", "P782", "P22", "P6"]].tolist()
    assert record == ["007.0", "45", "1234.50", "2026-03-01 00:00:00", "2026-03-01"]


def test_canonical_records_pass_unchanged() -> None:
    """A HIS that already writes every field as the platform wants is not altered in a byte."""
    month = discharges(60)
    same = MappingFile(tuple(FieldSource(field, field) for field in canonical_fields()))
    assert apply(load(dump(same)), month).equals(month)


@given(st.lists(st.sampled_from(["男", "女", "1", "", "其他"]), max_size=20))
def test_a_table_turns_every_row_and_keeps_their_order(cells: list[str]) -> None:
    made = apply(load(FILE), rows(XB=list(cells), csrq=[""] * len(cells)))
    assert made["P5"].tolist() == [{"男": "1", "女": "2"}.get(one, one) for one in cells]


def test_a_column_that_is_gone_is_named() -> None:
    with pytest.raises(RefusedError, match="column csrq"):
        apply(load(FILE), rows(XB=["男"]))


def test_columns_that_differ_only_in_case_are_not_confused() -> None:
    frame = pd.DataFrame([["女", "男", ""]], columns=["xb", "Xb", "csrq"])
    with pytest.raises(RefusedError, match="column XB"):
        apply(load(FILE), frame)
    exact = pd.DataFrame([["女", "男", ""]], columns=["xb", "XB", "csrq"])
    assert apply(load(FILE), exact)["P5"].tolist() == ["1"]


@pytest.mark.parametrize(
    ("pattern", "cell", "read"),
    [
        ("", "2026-03-01", "2026-03-01"),
        ("", "2026/3/1 8:05", "2026-03-01 08:05:00"),
        ("", "2026年3月1日 8时5分", "2026-03-01 08:05:00"),
        ("", "2026-03-01T08:05:09.123", "2026-03-01 08:05:09"),
        ("", "20260301080509", "2026-03-01 08:05:09"),
        ("", "20260301", "2026-03-01"),
        ("", "2026-02-29", ""),
        ("", "1/3/2026", ""),
        ("", "2026031", ""),
        ("", "0001-01-01", ""),
        ("d/M/yyyy", "1/3/2026", "2026-03-01"),
        ("yyyyMMdd HHmmss", "20260301 080509", "2026-03-01 08:05:09"),
        ("yyyy-MM-dd", "2026-03-01 08:05", ""),
    ],
)
def test_dates_are_read_or_left(pattern: str, cell: str, read: str) -> None:
    assert dates.reader(pattern)(cell) == read


@pytest.mark.parametrize(
    "pattern", ["yyyy-mm-dd", "YYYY-MM-DD", "yyyy-MM", "yyyy-MM-dd hh24:mi", "x"]
)
def test_a_date_format_that_is_not_understood_is_refused(pattern: str) -> None:
    """`mm` is the minute: a mask with two of them puts the month into the time."""
    with pytest.raises(RefusedError, match="date format"):
        dates.reader(pattern)


@pytest.mark.parametrize("name", [DBF, CSV])
def test_a_layouts_own_titles_and_codes_are_guessed(name: str) -> None:
    fields = layout(name).fields
    by_code = guess([one.code for one in fields], pd.DataFrame())
    assert [one.source and one.source.field for one in by_code] == [
        one.sources[0] for one in fields
    ]
    titled = guess([one.title for one in fields], pd.DataFrame())
    right = sum(
        found.source is not None and found.source.field == one.sources[0]
        for found, one in zip(titled, fields, strict=True)
    )
    assert right / len(fields) > 0.98


def test_hospital_titles_are_guessed() -> None:
    titles = {
        "病历号": "P3", "患者姓名": "P4", "XB": "P5", "CSRQ": "P6", "入院时间": "P22",
        "CYSJ": "P25", "出院科室": "P26", "出院主要诊断代码": "P321", "出院其他诊断编码3": "P3291",
        "手术操作名称2": "P4913", "P13 身份证号码": "P13", "总费用": "P782", "A46C(付款)": "P1",
    }  # fmt: skip
    found = {one.column: one.source and one.source.field for one in guess(list(titles), rows())}
    assert found == titles


def test_a_group_number_that_no_layout_has_is_not_taken_for_another() -> None:
    (found,) = guess(["其他诊断编码99"], rows())
    assert found.source is None


def test_the_sample_proposes_a_value_table_and_lowers_confidence() -> None:
    columns = ["XB", "CSRQ", "NL"]
    good = rows(XB=["男", "女", "1", "?"], CSRQ=["1970-01-01"] * 4, NL=["1", "2", "3", "4"])
    sex, born, _years = guess(columns, good)
    assert sex.source == FieldSource("P5", "XB", values=(("女", "2"), ("男", "1")))
    assert sex.unread_values == 1
    bad = rows(XB=["x"] * 4, CSRQ=["测试"] * 4, NL=["?"] * 4)
    worse = guess(columns, bad)
    assert worse[1].confidence < born.confidence
    assert born.evidence is Evidence.INITIALS


def test_only_sure_guesses_are_taken_over_unseen() -> None:
    found = guess(["病案号", "XM"], rows())
    assert proposed(found).fields == (FieldSource("P3", "病案号"),)
    assert len(proposed(found, least=0.7).fields) == 2


def test_a_month_with_the_titles_of_the_layout_needs_no_hand() -> None:
    """From titles to records: guessed, checked, applied, and nothing is lost on the way."""
    month = discharges(120)
    titles = {one.code: one.title for one in layout(DBF).fields}
    delivered = month[list(titles)].rename(columns=titles)
    mapping = proposed(guess(list(delivered.columns), delivered))
    assert not [one for one in check(mapping, list(delivered.columns), delivered) if one.blocks]
    made = apply(load(dump(mapping)), delivered)
    assert made[list(titles)].equals(month[list(titles)])


def test_every_fault_is_found_at_once() -> None:
    mapping = load(
        """
        [fields.P3]
        column = "BAH"
        [fields.P2]
        column = "CS"
        [fields.P5]
        column = "XB"
        values = { "男" = "M" }
        [fields.P6]
        column = "CSRQ"
        [fields.P7]
        column = "NL"
        [fields.P321]
        column = "ZD"
        [fields.P47]
        column = "ZK"
        date = "yyyy-mm-dd"
        [fields.X1]
        column = "BAH"
        [fields.P8]
        column = "HY"
        [fields.P803]
        column = "YB"
        """
    )
    sample = rows(
        BAH=["1", "1", ""], CS=["1", "1", "1"], XB=["男", "x", "1"], CSRQ=["x", "2026-03-01", "-"],
        NL=["a", "1", "-"], ZD=["A", "B", "C"], ZK=["", "", ""], YB=["1234567", "310000", ""],
        OTHER=["", "", ""],
    )  # fmt: skip
    found = faults(mapping, sample)
    expected = {
        (Fault.UNKNOWN_FIELD, "X1"): 0, (Fault.MISSING_COLUMN, "P8"): 0,
        (Fault.REQUIRED_ABSENT, "P25"): 0, (Fault.BAD_DATE_FORMAT, "P47"): 0,
        (Fault.BAD_TABLE_VALUE, "P5"): 1, (Fault.NAME_ABSENT, "P321"): 0,
        (Fault.REPEATED_KEY, "P3"): 2, (Fault.REQUIRED_EMPTY, "P3"): 1,
        (Fault.UNREAD_DATE, "P6"): 1, (Fault.NOT_A_NUMBER, "P7"): 1,
        (Fault.OUTSIDE_DOMAIN, "P5"): 2, (Fault.TOO_LONG, "P803"): 1,
        (Fault.UNUSED_COLUMN, "OTHER"): 0,
    }  # fmt: skip
    assert expected.items() <= found.items()
    assert {fault for fault, _place in expected} | {Fault.REPEATED_COLUMN} == set(Fault)


def test_findings_block_first_and_speak_without_values() -> None:
    choose_language("en")
    sample = pd.DataFrame([["测试患者", "x"]], columns=["XB", "XB"])
    found = check(load('[fields.P5]\ncolumn = "XB"'), list(sample.columns), sample)
    assert (Fault.REPEATED_COLUMN, "XB") in {(one.fault, one.column) for one in found}
    blocking = [one.fault in BLOCKING for one in found]
    assert blocking == sorted(blocking, reverse=True)
    said = " ".join(map(sentence, found))
    assert "测试患者" not in said
    assert all(one in string.printable or ord(one) > 127 for one in said)
    assert "P5 性别: 1 cells of XB are not values of the platform" in said
