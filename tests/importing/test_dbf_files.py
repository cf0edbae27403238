"""dBASE tables as older HIS export them: encodings untold, names cut, records deleted."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from helpers.tabular import dbf, write
from icdmapper.importing.readers import RawTable, read_table
from icdmapper.importing.refusals import RefusedSourceError, UnreadableKind
from icdmapper.importing.sources import Source
from icdmapper.model.problems import ProblemCode

HEADER = ("编码", "名称")
ROWS = [(f"A{number:02}.001", "急性阑尾炎伴穿孔") for number in range(20)]


def read(folder: Path, content: bytes, **options: Any) -> RawTable:
    return read_table(Source(path=write(folder, "本院.dbf", content), **options))


def refused(folder: Path, content: bytes, **options: Any) -> RefusedSourceError:
    with pytest.raises(RefusedSourceError) as caught:
        read(folder, content, **options)
    return caught.value


@pytest.mark.parametrize("language", [0x00, 0x03, 0x7A, 0x4D, 0xC9])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_the_text_itself_tells_the_encoding(encoding: str, language: int, tmp_path: Path) -> None:
    table = read(tmp_path, dbf(HEADER, ROWS, encoding=encoding, language=language))
    assert (table.encoding, table.header, table.rows) == (encoding, HEADER, ROWS)
    assert (table.first_row, table.has_header) == (2, True)


def test_chosen_encoding_is_obeyed_or_refused(tmp_path: Path) -> None:
    content = dbf(HEADER, ROWS, encoding="gb18030")
    assert read(tmp_path, content, encoding="gbk").encoding == "gb18030"
    assert refused(tmp_path, content, encoding="utf-8").kind is UnreadableKind.BAD_ENCODING
    assert refused(tmp_path, content, encoding="latin-1").kind is UnreadableKind.IMPLAUSIBLE_TEXT


def test_encoding_file_beside_the_table_is_believed_first(tmp_path: Path) -> None:
    write(tmp_path, "本院.cpg", b"BIG5")
    rows = [(f"A{number:02}.001", "急性闌尾炎") for number in range(20)]
    assert read(tmp_path, dbf(("BM", "MC"), rows, encoding="big5")).rows == rows
    write(tmp_path, "本院.cpg", b"UTF-8\n")
    assert read(tmp_path, dbf(HEADER, ROWS, encoding="utf-8")).encoding == "utf-8"
    write(tmp_path, "本院.cpg", b"nonsense")
    assert read(tmp_path, dbf(HEADER, ROWS, encoding="gb18030")).encoding == "gb18030"


@pytest.mark.parametrize(("encoding", "width"), [("gb18030", 5), ("utf-8", 7), ("utf-8", 8)])
def test_name_cut_in_the_middle_of_a_character_loses_only_that(
    encoding: str, width: int, tmp_path: Path
) -> None:
    table = read(tmp_path, dbf(HEADER, ROWS, encoding=encoding, widths=(7, width)))
    assert {row[1] for row in table.rows} == {"急性"}


def test_deleted_records_are_left_out_counted_and_keep_their_numbers(tmp_path: Path) -> None:
    table = read(tmp_path, dbf(HEADER, ROWS, deleted=frozenset({1, 2, 19})))
    assert len(table.rows) == 17
    assert [table.row_number(index) for index in range(3)] == [2, 5, 6]
    (problem,) = table.problems
    assert (problem.code, problem.detail["count"]) == (ProblemCode.DELETED_RECORDS, "3")


def test_codes_in_a_number_column_keep_their_zeros(tmp_path: Path) -> None:
    content = bytearray(dbf(HEADER, [("01.0100", "穿刺"), ("34.0900", "引流")]))
    content[32 + 11] = ord("N")
    assert [row[0] for row in read(tmp_path, bytes(content)).rows] == ["01.0100", "34.0900"]


def test_cut_off_table_is_refused_with_the_last_row(tmp_path: Path) -> None:
    refusal = refused(tmp_path, dbf(HEADER, ROWS)[:-100])
    assert refusal.kind is UnreadableKind.DAMAGED
    assert refusal.place.row == 17
    assert "it ends before its last record" in str(refusal)


def test_more_records_than_stated_are_reported(tmp_path: Path) -> None:
    content = bytearray(dbf(HEADER, ROWS))
    struct.pack_into("<L", content, 4, 15)
    table = read(tmp_path, bytes(content))
    assert len(table.rows) == 15
    (problem,) = table.problems
    assert problem.code is ProblemCode.ROW_COUNT_DIFFERS
    assert problem.detail == {"stated": "15", "more": "5"}


def test_shifted_records_are_refused(tmp_path: Path) -> None:
    content = dbf(HEADER, ROWS)
    at = content.index(b"A07")
    refusal = refused(tmp_path, content[:at] + b"xx" + content[at:-2])
    assert refusal.kind in {UnreadableKind.DAMAGED, UnreadableKind.BAD_ENCODING}
    assert refusal.place.row in {9, 10}


def test_column_types_with_binary_values(tmp_path: Path) -> None:
    content = bytearray(dbf(("BM", "N"), [("A00", "abcd"), ("A01", "efgh")]))
    content[64 + 11] = ord("I")
    assert read(tmp_path, bytes(content)).rows[0] == ("A00", "1684234849")
    content[64 + 11] = ord("L")
    content[64 + 16] = 4
    assert refused(tmp_path, bytes(content)).kind is UnreadableKind.DAMAGED


def test_table_without_records_is_no_table(tmp_path: Path) -> None:
    content = bytearray(dbf(HEADER, ROWS))
    struct.pack_into("<L", content, 4, 0)
    assert refused(tmp_path, bytes(content)).kind is UnreadableKind.NO_TABLE
    assert refused(tmp_path, b"\x03nonsense" * 9).kind is UnreadableKind.DAMAGED
