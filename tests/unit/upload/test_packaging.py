"""Packages: golden files of both layouts, widths in bytes, reading back, a second reader."""

import csv
import hashlib
import io
import zipfile
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import dbfread
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.discharges import field_rows, frame
from icdmapper.model.errors import RefusedError, UnreadableSourceError
from icdmapper.upload import packaging
from icdmapper.upload.dbf import read_dbf, write_dbf
from icdmapper.upload.fitting import UnfitNumberError
from icdmapper.upload.layouts import layout
from icdmapper.upload.packaging import Names, Package, PackagingError, build, read_package

STAMP = datetime(2026, 3, 6, 7, 8, 9)  # noqa: DTZ001 - a name's time, not a moment
KEY = {"P3": "100001", "P2": "1", "P22": "2026-03-01 08:00:00", "P25": "2026-03-05 09:30:00"}


def packed(records: pd.DataFrame, name: str = "DBF346", **options: object) -> Package:
    return build(records, name, stamp=STAMP, hospital_id="330100A1", **options)  # type: ignore[arg-type]


def full_record(layout_name: str) -> tuple[dict[str, str], dict[str, str]]:
    """A canonical record with every field different and full, and what the file must hold."""
    canonical = {one.code: one.sources[0] for one in layout(layout_name).fields}
    record, expected = {}, {}
    for at, row in enumerate(field_rows(layout_name)):
        digits, _comma, places = row["length"].partition(",")
        width = int(digits) if digits.isdigit() else {"char": 60, "list": 60}.get(row["type"], 10)
        if row["type"] == "number":
            decimals = int(places or 0)
            whole = str(at % 10 ** min(width - decimals, 6))
            value = f"{whole}.{at % 10**decimals:0{decimals}}" if decimals else whole
        elif row["type"] == "date":
            value = f"2026-01-{at % 28 + 1:02}"
        elif row["type"] == "datetime":
            value = f"2026-02-{at % 28 + 1:02} {at % 24:02}:{at % 60:02}:{at * 7 % 60:02}"
        else:
            value = (f"{at}" + "测" * (width // 2))[: max(1, (width - len(str(at))) // 2)]
            while len(value.encode("gbk")) > width:
                value = value[:-1]
        record[canonical[row["code"]]] = expected[row["code"]] = value
    return record, expected


def parts(package: Package) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("split", [False, True])
def test_the_dbf_holds_every_field_where_the_list_of_fields_says(
    split: bool, tmp_path: Path
) -> None:
    record, expected = full_record("DBF346")
    package = packed(frame(record), split=split)
    assert not package.cuts
    assert not package.replaced
    read: dict[str, str] = {}
    order: list[str] = []
    for name, content in parts(package).items():
        (tmp_path / name).write_bytes(content)
        table = dbfread.DBF(tmp_path / name, encoding="gbk", raw=True, load=True)
        (row,) = table.records
        order += [one for one in table.field_names if one not in order]
        for one in table.fields:
            read[one.name] = row[one.name].decode("gbk").strip()
            source = next(row for row in field_rows("DBF346") if row["code"] == one.name)
            assert one.type == ("N" if source["type"] == "number" else "C")
            widths = {"date": 10, "datetime": 19}
            if one.type == "C":
                assert one.length == (widths.get(source["type"]) or int(source["length"]))
            assert one.decimal_count == int((source["length"].partition(",")[2]) or 0)
    assert order == [row["code"] for row in field_rows("DBF346")]
    assert read == expected


def test_a_split_has_254_and_94_columns_and_repeats_the_keys() -> None:
    package = packed(frame(KEY, KEY | {"P3": "100002"}))
    assert [one.columns for one in package.files] == [254, 94]
    assert [one.name for one in package.files] == [
        "hqms_20260306070809_part1.dbf", "hqms_20260306070809_part2.dbf",
    ]  # fmt: skip
    second = read_dbf(parts(package)[package.files[1].name])
    assert list(second.columns[:2]) == ["P3", "P22"]
    assert list(second["P3"]) == ["100001", "100002"]
    assert len(read_package(package.content, "DBF346").columns) == 346


def test_the_csv_holds_every_field_where_the_list_of_fields_says() -> None:
    record, expected = full_record("CSV811")
    package = packed(frame(record), "CSV811")
    assert package.name == "hqmsts_330100A1_20260306070809M.csv"
    rows = list(csv.reader(io.StringIO(package.content.decode("gb18030"), newline="")))
    assert rows[0] == [row["code"] for row in field_rows("CSV811")]
    assert dict(zip(rows[0], rows[1], strict=True)) == expected


def test_numbers_read_by_a_second_reader_are_numbers(tmp_path: Path) -> None:
    file = tmp_path / "a.dbf"
    record = KEY | {"P782": "1234.5", "P751": "0", "P27": "4", "P651": "1.5", "P752": ""}
    file.write_bytes(write_dbf(frame(record), layout("DBF346").fields, written_on=date(2026, 3, 6)))
    (row,) = dbfread.DBF(file, encoding="gbk", load=True).records
    assert (row["P782"], row["P751"], row["P27"], row["P651"], row["P752"]) == (
        1234.5, 0, 4, 1.5, None,
    )  # fmt: skip


def test_long_text_is_cut_between_characters_and_counted() -> None:
    long = KEY | {"P4": "阿" * 19 + "a" + "不都", "P3": "1"}
    package = packed(frame(KEY, long))
    assert [(one.row, one.field, one.amount) for one in package.cuts] == [(1, "P4", 4)]
    assert read_package(package.content, "DBF346")["P4"][1] == "阿" * 19 + "a"


def test_a_character_gbk_cannot_hold_is_replaced_and_counted() -> None:
    package = packed(frame(KEY | {"P4": "王𠮷𠮷€"}))
    assert [(one.row, one.field, one.amount) for one in package.replaced] == [(0, "P4", 3)]
    assert read_package(package.content, "DBF346")["P4"][0] == "王？？？"
    rare = packed(frame(KEY | {"P4": "王𠮷€"}), "CSV811")
    assert not rare.replaced
    assert read_package(rare.content, "CSV811")["A11"][0] == "王𠮷€"


@pytest.mark.parametrize("value", ["一百", "1e3", "12.345", "1,200.00", "123456789.00", "nan", "٣"])
def test_a_number_that_does_not_fit_is_refused_not_changed(value: str) -> None:
    with pytest.raises(UnfitNumberError, match="P782") as refused:
        packed(frame(KEY, KEY | {"P782": value}))
    assert value not in str(refused.value)
    assert "(2)" in str(refused.value)


def test_the_dash_is_no_number_in_a_dbf_and_stays_in_the_csv() -> None:
    records = frame(KEY | {"P731": "-"})
    assert read_package(packed(records).content, "DBF346")["P731"][0] == ""
    assert read_package(packed(records, "CSV811").content, "CSV811")["C29"][0] == "-"


def test_a_date_column_takes_the_day_of_a_moment() -> None:
    records = frame(KEY | {"P31": "2026-03-02 10:00:00"})
    assert read_package(packed(records).content, "DBF346")["P31"][0] == "2026-03-02 10:00:00"
    assert read_package(packed(records, "CSV811").content, "CSV811")["F04"][0] == "2026-03-02"


@pytest.mark.parametrize(
    ("born", "days", "months"),
    [
        ("2026-02-25", "4", 0.13),
        ("2026-01-31", "29", 1.03),
        ("2025-12-15", "76", 2.47),
        ("2025-03-02", "364", 11.9),
        ("", "60", 2.0),
        ("2025-12-15", "60", 2.0),
    ],
)
def test_the_age_of_infants_is_days_in_the_csv_and_months_in_the_dbf(
    born: str, days: str, months: float
) -> None:
    records = frame(KEY | {"P6": born, "P66": days})
    read = read_package(packed(records).content, "DBF346")["P66"][0]
    assert float(read) == pytest.approx(months, abs=0.01)
    assert read_package(packed(records, "CSV811").content, "CSV811")["A16"][0] == days


def test_fields_without_a_place_in_the_layout_are_told() -> None:
    package = packed(frame(KEY | {"C06x11C": "A00.000", "C07x11N": "霍乱"}, KEY))
    assert package.left_out == (("C06x11C", 1), ("C07x11N", 1))


def test_the_name_of_the_receiving_place_is_taken_from_whichever_field_has_it() -> None:
    records = frame(KEY | {"P742": "甲医院"}, KEY | {"P743": "乙社区"})
    assert list(read_package(packed(records, "CSV811").content, "CSV811")["B35"]) == [
        "甲医院", "乙社区",
    ]  # fmt: skip


def test_the_same_records_give_the_same_bytes() -> None:
    first, second = packed(frame(KEY)), packed(frame(KEY))
    assert first == second
    assert first.sha256 == hashlib.sha256(first.content).hexdigest()
    assert first.records == 1
    assert first.name == "202603_20260306070809_330100A1.zip"


def test_no_records_and_impossible_names_are_refused() -> None:
    with pytest.raises(RefusedError):
        packed(frame())
    for template in ("{patient}.zip", "{stamp}/../x.zip", "", "{stamp"):
        with pytest.raises(RefusedError):
            packed(frame(KEY), names=Names(package=template))


@pytest.mark.parametrize("damage", [b"\x20", b"9"])
def test_a_package_that_reads_back_differently_is_never_returned(
    damage: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = packaging.dbf_bytes

    def damaged(*arguments: object) -> bytes:
        content = whole(*arguments)  # type: ignore[arg-type]
        at = content.rindex(b"100001")
        return content[:at] + damage + content[at + 1 :]

    monkeypatch.setattr(packaging, "dbf_bytes", damaged)
    for split in (False, True):
        with pytest.raises(PackagingError):
            packed(frame(KEY), split=split)


def test_a_file_that_is_no_dbf_is_refused() -> None:
    good = write_dbf(frame(KEY), layout("DBF346").fields, written_on=date(2026, 3, 6))
    for bad in (b"", b"x" * 40, good[:5000], good[:-2000], good[:11104] + b"x" + good[11105:]):
        with pytest.raises(UnreadableSourceError):
            read_dbf(bad)


TEXT = st.text(st.characters(codec="gbk", exclude_categories=["Cc", "Cs", "Zs"]), max_size=45)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT, st.decimals(0, 9_999_999, places=2)), min_size=1, max_size=5))
def test_what_was_written_is_read(rows: list[tuple[str, str, object]]) -> None:
    records = frame(*(KEY | {"P4": a, "P325": b, "P782": str(c)} for a, b, c in rows))
    fields = tuple(one for one in layout("DBF346").fields if one.code in {"P4", "P325", "P782"})
    wide = tuple(replace(one, width=200 if one.code != "P782" else one.width) for one in fields)
    found = read_dbf(write_dbf(records, wide, written_on=date(2026, 3, 6)))
    assert list(found["P4"]) == [a for a, _b, _c in rows]
    assert list(found["P325"]) == [b for _a, b, _c in rows]
    assert list(found["P782"]) == [str(c) for _a, _b, c in rows]
