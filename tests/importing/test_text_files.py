"""Text tables as hospitals send them: encodings, separators, quotes, headings, ragged rows."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from helpers.tabular import HEADER, ROWS, delimited, write
from icdmapper.importing import sources
from icdmapper.importing.readers import RawTable, read_table, table_of_query
from icdmapper.importing.refusals import RefusedSourceError, UnreadableKind
from icdmapper.importing.sources import Source
from icdmapper.model.errors import UnreadableSourceError
from icdmapper.model.problems import ProblemCode

TABLE = [HEADER, *ROWS]


def read(folder: Path, content: bytes | str, name: str = "本院.csv", **options: Any) -> RawTable:
    data = content.encode() if isinstance(content, str) else content
    return read_table(Source(path=write(folder, name, data), **options))


def refused(folder: Path, content: bytes | str, **options: Any) -> RefusedSourceError:
    with pytest.raises(RefusedSourceError) as caught:
        read(folder, content, **options)
    assert "本院.csv" in str(caught.value)
    return caught.value


def codes(table: RawTable) -> list[ProblemCode]:
    return [problem.code for problem in table.problems]


def test_table_says_where_it_comes_from(tmp_path: Path) -> None:
    content = delimited(TABLE)
    table = read(tmp_path, content)
    assert (table.file, table.sheet, table.sheets) == ("本院.csv", "", ())
    assert table.sha256 == hashlib.sha256(content).hexdigest()
    assert (table.size_bytes, table.file_format) == (len(content), "csv")
    assert table.has_header
    assert table.place(0, 1).row == 2
    assert table.place(0, 1).column == "名称"


@pytest.mark.parametrize("encoding", ["gbk", "GB2312", "cp936", "gb18030"])
def test_older_chinese_encodings_are_read_as_gb18030(encoding: str, tmp_path: Path) -> None:
    table = read(tmp_path, delimited(TABLE, encoding="gb18030"), encoding=encoding)
    assert table.encoding == "gb18030"
    assert table.rows[0][1] == "古典生物型霍乱"


@pytest.mark.parametrize(
    ("written", "chosen"),
    [("utf-8-sig", "utf-8"), ("utf-16", "utf-16-le"), ("utf-16-be", "utf-16-be"),
     ("utf-16-le", "utf-16-le"), ("utf-8", "utf-8")],
)  # fmt: skip
def test_chosen_encoding_is_obeyed(written: str, chosen: str, tmp_path: Path) -> None:
    table = read(tmp_path, delimited(TABLE, encoding=written), encoding=chosen)
    assert table.header == HEADER
    assert table.rows == [tuple(row) for row in ROWS]


@pytest.mark.parametrize(
    ("written", "chosen"),
    [("gb18030", "utf-8"), ("utf-8", "utf-16-le"), ("utf-8", "utf-16-be"), ("utf-8", "latin-1"),
     ("utf-8", "gb18030"), ("gb18030", "cp1252"), ("gb18030", "latin-1"), ("utf-16-le", "utf-8"),
     ("utf-8", "utf-99"), ("utf-8", "base64")],
)  # fmt: skip
def test_wrong_choice_of_encoding_is_refused(written: str, chosen: str, tmp_path: Path) -> None:
    rows = [(f"A{n:02}.001", "急性阑尾炎伴穿孔") for n in range(20)]
    refusal = refused(tmp_path, delimited(rows, encoding=written), encoding=chosen)
    assert refusal.kind in {
        UnreadableKind.BAD_ENCODING,
        UnreadableKind.IMPLAUSIBLE_TEXT,
        UnreadableKind.WRONG_FORMAT,
        UnreadableKind.TOO_MANY_COLUMNS,
        UnreadableKind.DAMAGED,
    }


def test_text_that_was_spoilt_before_is_refused(tmp_path: Path) -> None:
    spoilt = delimited(TABLE).decode("utf-8").encode("utf-8").decode("gb18030", "replace")
    assert refused(tmp_path, spoilt).kind is UnreadableKind.IMPLAUSIBLE_TEXT
    western = delimited(TABLE, encoding="gb18030").decode("latin-1")
    assert refused(tmp_path, western).kind is UnreadableKind.IMPLAUSIBLE_TEXT


def test_row_of_a_broken_byte_is_named(tmp_path: Path) -> None:
    content = bytearray(delimited([(f"A{n:02}", "霍乱") for n in range(50)]))
    content[content.index(b"A30") + 4] = 0xFF
    refusal = refused(tmp_path, bytes(content))
    assert refusal.kind is UnreadableKind.BAD_ENCODING
    assert refusal.place.row == 31
    assert "row 31" in str(refusal)


def test_names_with_commas_do_not_make_a_separator(tmp_path: Path) -> None:
    rows = ["名称", "霍乱,古典型", "伤寒", "胃炎, 慢性, 浅表性", "肺炎", "其他"]
    table = read(tmp_path, "\n".join(rows))
    assert table.header == ("名称",)
    assert table.rows[0] == ("霍乱,古典型",)


def test_most_regular_separator_wins(tmp_path: Path) -> None:
    lines = ["编码\t名称", *(f"A{n:02}\t霍乱,型{n}" for n in range(9))]
    assert read(tmp_path, "\n".join(lines)).delimiter == "\t"
    assert read(tmp_path, "\n".join(lines), delimiter=",").delimiter == ","


@pytest.mark.parametrize("delimiter", ["", ",,", '"', "\n"])
def test_impossible_separator_is_refused(delimiter: str, tmp_path: Path) -> None:
    if delimiter:
        with pytest.raises(UnreadableSourceError, match="single character"):
            read(tmp_path, delimited(TABLE), delimiter=delimiter)
    else:
        assert read(tmp_path, delimited(TABLE), delimiter=delimiter).delimiter == ","


def test_list_without_titles_gets_letters(tmp_path: Path) -> None:
    table = read(tmp_path, delimited(ROWS))
    assert (table.header, table.has_header, table.first_row) == (("A", "B", "C"), False, 1)
    assert len(table.rows) == len(ROWS)


def test_person_decides_about_titles(tmp_path: Path) -> None:
    assert read(tmp_path, delimited(TABLE), has_header=False).rows[0] == HEADER
    table = read(tmp_path, delimited(ROWS), has_header=True)
    assert table.header == tuple(ROWS[0])
    assert len(table.rows) == len(ROWS) - 1


def test_heading_above_the_titles_is_passed_over_and_said(tmp_path: Path) -> None:
    table = read(tmp_path, delimited([("某医院疾病编码库", "", ""), ("", "", ""), *TABLE]))
    assert (table.header, table.first_row) == (HEADER, 4)
    assert codes(table) == [ProblemCode.HEADING_SKIPPED]


def test_blank_rows_keep_the_row_numbers_right(tmp_path: Path) -> None:
    table = read(tmp_path, "编码,名称\nA00,霍乱\n\n,\nA01,伤寒\n\n\n")
    assert table.rows == [("A00", "霍乱"), ("", ""), ("", ""), ("A01", "伤寒")]
    assert table.row_number(3) == 5


def test_rows_longer_than_the_titles_widen_the_table_and_are_reported(tmp_path: Path) -> None:
    table = read(tmp_path, "编码,名称\nA00,霍乱\nA01,伤寒,未特指\nA02\nA03,志贺,,\n")
    assert table.header == ("编码", "名称", "C")
    assert table.rows == [
        ("A00", "霍乱", ""), ("A01", "伤寒", "未特指"), ("A02", "", ""), ("A03", "志贺", ""),
    ]  # fmt: skip
    (problem,) = table.problems
    assert problem.code is ProblemCode.ODD_COLUMN_COUNT
    assert (problem.place.row, problem.detail["count"]) == (3, "1")


def test_stray_quotation_mark_is_kept_as_text(tmp_path: Path) -> None:
    lines = ["编码\t名称", *(f"A{n:02}\t霍乱{n}" for n in range(30))]
    lines[9] = 'A08\t"A"型血友病'
    lines[20] = 'A19\t"未特指'
    table = read(tmp_path, "\n".join(lines))
    assert len(table.rows) == 30
    assert table.rows[8] == ("A08", '"A"型血友病')
    assert table.rows[19] == ("A19", '"未特指')
    (problem,) = table.problems
    assert (problem.code, problem.place.row) == (ProblemCode.STRAY_QUOTE, 10)


def test_quotation_marks_do_not_swallow_rows(tmp_path: Path) -> None:
    lines = ["编码,名称", *(f"A{n:02},霍乱{n}" for n in range(30))]
    lines[5] = 'A04,"未特指'
    lines[15] = 'A14,特指"'
    table = read(tmp_path, "\n".join(lines))
    assert len(table.rows) == 30
    assert codes(table) == [ProblemCode.STRAY_QUOTE]


def test_missing_quotation_mark_in_a_quoted_file_is_refused(tmp_path: Path) -> None:
    lines = [f'"A{n:02}","霍乱{n}"' for n in range(30)]
    lines[4] = '"A04","霍乱'
    refusal = refused(tmp_path, "\n".join(lines))
    assert refusal.kind is UnreadableKind.DAMAGED
    assert refusal.place.row == 5


def test_zero_bytes_in_a_cell_are_read(tmp_path: Path) -> None:
    lines = ["编码,名称", *(f"A{n:02},霍乱{n}" for n in range(30)), "A30,霍\0乱"]
    assert read(tmp_path, "\n".join(lines)).rows[-1] == ("A30", "霍\0乱")


def test_old_macintosh_line_ends_are_line_ends(tmp_path: Path) -> None:
    assert len(read(tmp_path, delimited(TABLE[:8], line_end="\r")).rows) == 7


@pytest.mark.parametrize("content", ["\n\n\n", ",,\n,,\n", "编码,名称\n", "  \n \n"])
def test_file_without_rows_is_refused(content: str, tmp_path: Path) -> None:
    assert refused(tmp_path, content).kind is UnreadableKind.NO_TABLE


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = ",".join(["霍乱"] * 257)
    assert refused(tmp_path, f"A00,{wide}").kind is UnreadableKind.TOO_MANY_COLUMNS
    monkeypatch.setattr("icdmapper.importing.assembly.MAX_ROWS", 10)
    assert refused(tmp_path, "A00,霍乱\n" * 11).kind is UnreadableKind.TOO_MANY_ROWS
    assert refused(tmp_path, "A00,霍乱\n" + "\n" * 11).kind is UnreadableKind.TOO_MANY_ROWS
    assert len(read(tmp_path, "A00,霍乱\n" * 10).rows) == 10
    monkeypatch.setattr("icdmapper.importing.readers.MAX_FILE_BYTES", 1 << 20)
    refusal = refused(tmp_path, b"A00,x\n" * 400_000)
    assert refusal.kind is UnreadableKind.TOO_LARGE
    assert "2 MB; at most 1 MB" in str(refusal)


def test_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "本院.csv", delimited(TABLE))
    source = Source(path=path)
    from icdmapper.importing import readers  # noqa: PLC0415 - the module is patched

    opened = readers.open_delimited

    def open_and_change(*arguments: Any) -> Any:
        cells = opened(*arguments)
        path.write_bytes(delimited([*TABLE, ("A99", "新", "1")]))
        return cells

    monkeypatch.setattr(readers, "open_delimited", open_and_change)
    with pytest.raises(RefusedSourceError) as caught:
        read_table(source)
    assert caught.value.kind is UnreadableKind.CHANGED


def test_query_becomes_a_table() -> None:
    table = table_of_query(("编码", "名称"), [("A00", "霍乱")], name="his")
    again = table_of_query(("编码", "名称"), [("A00", "霍乱")], name="his")
    assert table == again
    assert (table.file, table.first_row, table.has_header) == ("his", 1, True)
    assert table.sha256 != table_of_query(("编码", "名称"), [("A01", "霍乱")]).sha256
    with pytest.raises(RefusedSourceError):
        table_of_query(("编码",), [])


@pytest.mark.parametrize(
    "url",
    ["mssql+pymssql://user:secret@his.local:1433/db", "oracle://u:secret@h/x", "not://[a:secret",
     "mysql://u:sec%40ret:secret@h/db?password=secret"],
)  # fmt: skip
def test_password_of_a_source_is_never_shown(url: str) -> None:
    source = sources.Source(url=url, query="SELECT 1")
    assert "secret" not in source.shown + repr(source) + str(source)
    with pytest.raises(RefusedSourceError) as caught:
        read_table(source)
    assert "secret" not in str(caught.value)
