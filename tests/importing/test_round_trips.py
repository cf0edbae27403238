"""A table written in any format and encoding comes back cell for cell."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.tabular import HEADER, ROWS, dbf, delimited, write, xls, xlsx
from icdmapper.importing.child import read_in_child
from icdmapper.importing.readers import RawTable, read_table
from icdmapper.importing.sources import Source

_HANZI = "急慢性左右侧肺肝肾胃肠骨折恶良肿瘤炎症出血梗阻综合征高血压糖尿病术后伴有先天未特指其他"
_SIGNS = "AZaz019.+*/-()（）[]，、；：“”'\"=@ ,;|\t\u3000°ⅡαéØ≥"
_CODES = st.from_regex(r"[A-TV-Z][0-9]{2}\.[0-9]{1,4}", fullmatch=True)

ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be")
DELIMITERS = (",", "\t", ";", "|")


def _cells(alphabet: str) -> st.SearchStrategy[str]:
    # A blank cell is read as an empty one at the end of a row, so none is made here.
    return st.text(alphabet, max_size=20).map(lambda text: text if text.strip() else "")


def _tables(alphabet: str) -> st.SearchStrategy[list[tuple[str, ...]]]:
    name = st.text(_HANZI, min_size=2, max_size=12)
    row = st.tuples(_CODES, name, _cells(alphabet), _cells(alphabet))
    return st.lists(row, min_size=4, max_size=30)


def _read(name: str, content: bytes, **options: str) -> RawTable:
    with tempfile.TemporaryDirectory() as folder:
        return read_table(Source(path=write(Path(folder), name, content), **options))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    encoding=st.sampled_from(ENCODINGS),
    delimiter=st.sampled_from(DELIMITERS),
    rows=_tables(_HANZI + _SIGNS + "\n\r"),
)
def test_text_comes_back(encoding: str, delimiter: str, rows: list[tuple[str, ...]]) -> None:
    header = ("编码", "名称", "附加编码", "备注")
    content = delimited([header, *rows], encoding=encoding, delimiter=delimiter)
    table = _read("list.txt", content)
    assert table.header == header
    assert table.rows == rows
    assert table.delimiter == delimiter
    assert table.encoding == encoding
    assert table.first_row == 2


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=_tables(_HANZI + _SIGNS + "\n"))
def test_xlsx_comes_back(rows: list[tuple[str, ...]]) -> None:
    table = _read("list.xlsx", xlsx([("编码", "名称", "附加编码", "备注"), *rows]))
    assert table.rows == rows
    assert table.number_columns == frozenset()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=_tables(_HANZI + _SIGNS + "\n"))
def test_xls_comes_back(rows: list[tuple[str, ...]]) -> None:
    assert _read("list.xls", xls([("编码", "名称", "附加编码", "备注"), *rows])).rows == rows


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    written=st.sampled_from([("gb18030", 0x7A), ("gb18030", 0x03), ("gb18030", 0), ("utf-8", 0)]),
    rows=_tables(_HANZI + _SIGNS.replace(" ", "").replace("\u3000", "").replace("\t", "")),
)
def test_dbf_comes_back(written: tuple[str, int], rows: list[tuple[str, ...]]) -> None:
    encoding, language = written
    table = _read(
        "list.dbf", dbf(("BM", "MC", "FJBM", "BZ"), rows, encoding=encoding, language=language)
    )
    assert table.header == ("BM", "MC", "FJBM", "BZ")
    assert table.rows == rows


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.csv", delimited([HEADER, *ROWS])),
        ("list.tsv", delimited([HEADER, *ROWS], delimiter="\t", encoding="gb18030")),
        ("list.txt", delimited([HEADER, *ROWS], delimiter="\t", encoding="utf-16")),
        ("list.xlsx", xlsx([HEADER, *ROWS])),
        ("list.xls", xls([HEADER, *ROWS])),
        ("list.dbf", dbf(HEADER, ROWS)),
    ],
)
def test_the_child_reads_what_this_process_reads(name: str, content: bytes, tmp_path: Path) -> None:
    path = write(tmp_path, name, content)
    table = read_in_child(Source(path=path))
    assert table == read_table(Source(path=path))
    assert table.rows == [tuple(row) for row in ROWS]
    assert table.size_bytes == len(content)
