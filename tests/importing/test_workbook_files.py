"""Workbooks: the right sheet, text as typed, numbers told from text."""

from __future__ import annotations

import datetime
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from helpers.tabular import HEADER, ROWS, write, xlsx
from icdmapper.importing.readers import RawTable, read_table
from icdmapper.importing.refusals import RefusedSourceError, UnreadableKind
from icdmapper.importing.sources import Source
from icdmapper.model.problems import ProblemCode


def read(folder: Path, book: openpyxl.Workbook, **options: Any) -> RawTable:
    out = io.BytesIO()
    book.save(out)
    return read_table(Source(path=write(folder, "本院.xlsx", out.getvalue()), **options))


@pytest.fixture
def book() -> openpyxl.Workbook:
    """An empty sheet, a hidden one, then two with lists."""
    made = openpyxl.Workbook()
    made.worksheets[0].title = "封面"
    hidden = made.create_sheet("旧")
    hidden.append(["编码", "名称"])
    hidden.append(["A09", "旧名"])
    hidden.sheet_state = "hidden"
    for name, code in (("诊断", "A00"), ("手术", "34.09")):
        sheet = made.create_sheet(name)
        sheet.append(["编码", "名称"])
        sheet.append([code, "某"])
    return made


def test_first_visible_sheet_with_rows_is_read(book: openpyxl.Workbook, tmp_path: Path) -> None:
    table = read(tmp_path, book)
    assert (table.sheet, table.sheets) == ("诊断", ("封面", "旧", "诊断", "手术"))
    assert table.rows == [("A00", "某")]


def test_named_sheet_is_read_even_if_hidden(book: openpyxl.Workbook, tmp_path: Path) -> None:
    assert read(tmp_path, book, sheet="手术").rows == [("34.09", "某")]
    assert read(tmp_path, book, sheet="旧").rows == [("A09", "旧名")]


def test_sheet_that_is_not_there(book: openpyxl.Workbook, tmp_path: Path) -> None:
    with pytest.raises(
        RefusedSourceError, match="no sheet named 形态; it has: 封面, 旧, 诊断"
    ) as caught:
        read(tmp_path, book, sheet="形态")
    assert caught.value.kind is UnreadableKind.NO_SUCH_SHEET


def test_empty_sheets_are_no_table(book: openpyxl.Workbook, tmp_path: Path) -> None:
    with pytest.raises(RefusedSourceError) as caught:
        read(tmp_path, book, sheet="封面")
    assert caught.value.kind is UnreadableKind.NO_TABLE
    assert "封面" in str(caught.value)


def test_list_may_stand_anywhere_in_the_sheet(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    sheet["C4"], sheet["D4"] = "A00", "霍乱"
    sheet["C6"], sheet["D6"] = "A01", "伤寒"
    table = read(tmp_path, made)
    assert table.header == ("C", "D")
    assert [table.row_number(index) for index, row in enumerate(table.rows) if any(row)] == [4, 6]


def test_values_that_are_no_text_are_written_plainly(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    moment = datetime.datetime.combine(datetime.date(2020, 1, 2), datetime.time(3, 4))
    sheet.append(["编码", "名称", "例数", "启用", "停用"])
    sheet.append([34.09, "引流", 12, True, datetime.date(2020, 1, 2)])
    sheet.append(["34.04", "引流", 12.5, False, moment])
    sheet.append([7, "引流", 1e20, None, datetime.time(3, 4)])
    table = read(tmp_path, made)
    assert table.rows == [
        ("34.09", "引流", "12", "TRUE", "2020-01-02"),
        ("34.04", "引流", "12.5", "FALSE", "2020-01-02 03:04:00"),
        ("7", "引流", "1e+20", "", "03:04:00"),
    ]
    assert table.number_columns == {0, 2}


def test_workbook_under_another_name_is_read_and_said(tmp_path: Path) -> None:
    table = read_table(Source(path=write(tmp_path, "本院.xls", xlsx([HEADER, *ROWS]))))
    assert table.file_format == "xlsx"
    (problem,) = table.problems
    assert (problem.code, problem.value) == (ProblemCode.WRONG_EXTENSION, ".xls")


def test_spoilt_text_in_a_workbook_is_refused(tmp_path: Path) -> None:
    rows = [(f"A{n:02}", "急性阑尾炎穿孔".encode().decode("gb18030", "replace")) for n in range(9)]
    with pytest.raises(RefusedSourceError) as caught:
        read_table(Source(path=write(tmp_path, "本院.xlsx", xlsx(rows))))
    assert caught.value.kind is UnreadableKind.IMPLAUSIBLE_TEXT
