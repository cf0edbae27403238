"""Discharges by a query on the HIS: read-only, in chunks, and silent about what it saw."""

import sqlite3
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy

from icdmapper.model.errors import RefusedError, SourceUnavailableError
from icdmapper.storage import his
from icdmapper.storage.his import HisQuery, check_select, describe_source, read_discharges

FROM, TO = datetime(2026, 3, 1), datetime(2026, 3, 2)  # noqa: DTZ001 - the HIS keeps local time
SELECT = (
    "SELECT bah, xm, fee, left_at FROM page WHERE left_at >= :from AND left_at < :to ORDER BY 1"
)
ROWS = [
    ("A1", "测试患者一", "12.50", "2026-03-01 00:00:00"),
    ("A2", None, "7.00", "2026-03-01 23:59:59"),
    ("A3", "测试患者三", None, "2026-03-02 00:00:00"),
    ("A4", "测试患者四", "1.00", "2026-02-28 23:59:59"),
]


@pytest.fixture(params=["sqlite", "postgresql", pytest.param("mariadb", marks=pytest.mark.nightly)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A HIS with four front pages: a file, and the servers that can be had for a test."""
    if request.param == "sqlite":
        file = tmp_path / "院内 his#1.db"
        connection = sqlite3.connect(file)
        connection.execute("CREATE TABLE page (bah TEXT, xm TEXT, fee TEXT, left_at TEXT)")
        connection.executemany("INSERT INTO page VALUES (?, ?, ?, ?)", ROWS)
        connection.commit()
        connection.close()
        yield f"sqlite:///{file}"
        return
    if request.param == "mariadb":
        url = sqlalchemy.make_url(request.getfixturevalue("mariadb"))
        kinds = ("varchar(20)", "varchar(40) CHARACTER SET gbk", "decimal(10, 2)", "datetime")
    else:
        url = sqlalchemy.make_url(request.getfixturevalue("server"))
        url = url.set(drivername="postgresql+psycopg")
        kinds = ("text", "text", "numeric(10, 2)", "timestamp")
    engine = sqlalchemy.create_engine(url)
    columns = ", ".join(map(" ".join, zip(("bah", "xm", "fee", "left_at"), kinds, strict=True)))
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS page")
        connection.exec_driver_sql(f"CREATE TABLE page ({columns})")
        for row in ROWS:
            connection.exec_driver_sql("INSERT INTO page VALUES (%s, %s, %s, %s)", row)
    yield url.render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE page")
    engine.dispose()


def test_rows_of_the_window_arrive_as_text(address: str) -> None:
    """The first moment is inside, the last one outside; NULL is empty."""
    chunks = list(read_discharges(HisQuery(address, SELECT), FROM, TO))
    assert [chunk.columns for chunk in chunks] == [("bah", "xm", "fee", "left_at")]
    assert chunks[0].rows == (
        ("A1", "测试患者一", "12.50", "2026-03-01 00:00:00"),
        ("A2", "", "7.00", "2026-03-01 23:59:59"),
    )


def test_an_answer_comes_in_chunks(address: str) -> None:
    query = HisQuery(address, SELECT, chunk_rows=1)
    assert [len(one.rows) for one in read_discharges(query, FROM, TO)] == [1, 1]


def test_a_day_without_discharges_still_names_the_columns(address: str) -> None:
    later = datetime(2027, 1, 1)  # noqa: DTZ001
    (chunk,) = read_discharges(HisQuery(address, SELECT), later, later)
    assert chunk.columns[0] == "bah"
    assert chunk.rows == ()


def test_a_literal_with_a_colon_is_no_parameter(address: str) -> None:
    select = f"SELECT 'hh24:mi' AS mask, p.* FROM ({SELECT.replace(' ORDER BY 1', '')}) p;"
    (chunk,) = read_discharges(HisQuery(address, select), FROM, TO)
    assert {row[0] for row in chunk.rows} == {"hh24:mi"}


def test_a_query_may_ask_for_what_changed(address: str) -> None:
    select = (
        "SELECT bah FROM page WHERE left_at >= :changed_since OR left_at < :from AND left_at > :to"
    )
    query = HisQuery(address, select)
    assert query.knows_changes
    assert not HisQuery(address, SELECT).knows_changes
    (chunk,) = read_discharges(query, FROM, TO, changed_since=TO)
    assert chunk.rows == (("A3",),)
    (chunk,) = read_discharges(query, FROM, TO)
    assert len(chunk.rows) == 3


@pytest.mark.parametrize(
    "select",
    [
        "DELETE FROM page WHERE left_at >= :from AND left_at < :to",
        "SELECT 1; DROP TABLE page",
        "SELECT bah INTO copied FROM page WHERE left_at >= :from AND left_at < :to",
        "WITH gone AS (DELETE FROM page RETURNING *) SELECT * FROM gone WHERE :from < :to",
        "SELECT 1 /*! INTO OUTFILE 'x' */ WHERE :from < :to",
        "-- SELECT\nUPDATE page SET xm = ''",
        "EXEC read_pages :from, :to",
        "",
    ],
)
def test_only_one_select_is_run(address: str, select: str) -> None:
    with pytest.raises(RefusedError, match="one SELECT"):
        list(read_discharges(HisQuery(address, select), FROM, TO))
    count = "SELECT count(*) AS n FROM page WHERE :from < :to"
    (chunk,) = read_discharges(HisQuery(address, count), FROM, TO)
    assert chunk.rows == (("4",),)


def test_the_database_itself_refuses_to_write(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even a write that the look at the query's words would let through."""
    monkeypatch.setattr(his, "check_select", lambda _select: None)
    write = "DELETE FROM page WHERE left_at >= :from AND left_at < :to RETURNING bah"
    with pytest.raises(RefusedError, match="refused the query"):
        list(read_discharges(HisQuery(address, write), FROM, TO))


@pytest.mark.parametrize(
    ("select", "match"),
    [
        ("SELECT 1 WHERE '2026' >= :from", "does not use :to"),
        ("SELECT 1 -- :from :to", "does not use :from"),
        ("SELECT 1 WHERE :from < :to AND 1 = :ward", "uses :ward"),
    ],
)
def test_the_query_must_name_its_window(select: str, match: str) -> None:
    with pytest.raises(RefusedError, match=match):
        check_select(select)


@pytest.mark.parametrize(
    "select",
    [
        'select last_update, "insert", x::date from t where d >= :from and d < :to',
        "/* update me */ WITH a AS (SELECT 1) SELECT * FROM a WHERE :from < :to;",
        "SELECT 'delete; drop' FROM t WHERE :from < :to",
    ],
)
def test_words_that_only_look_like_writing_are_let_through(select: str) -> None:
    check_select(select)


def test_a_refused_query_repeats_nothing_of_the_server(address: str) -> None:
    select = "SELECT geheim FROM page WHERE left_at >= :from AND left_at < :to"
    with pytest.raises(RefusedError, match="refused the query") as caught:
        list(read_discharges(HisQuery(address, select), FROM, TO))
    assert "geheim" not in str(caught.value)


def test_two_columns_of_one_name_are_refused(address: str) -> None:
    select = "SELECT bah, xm AS bah FROM page WHERE left_at >= :from AND left_at < :to"
    with pytest.raises(RefusedError, match="two columns named bah"):
        list(read_discharges(HisQuery(address, select), FROM, TO))


def test_a_value_that_breaks_the_query_is_not_repeated(server: str) -> None:
    """The server answers `invalid input syntax for type integer: "测试患者"`."""
    select = "SELECT CAST('测试患者' || :from AS integer) AS n WHERE :from < :to"
    with pytest.raises((RefusedError, SourceUnavailableError)) as caught:
        list(read_discharges(HisQuery(server, select), FROM, TO))
    assert "测试患者" not in str(caught.value)


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    query = HisQuery(f"sqlite:///{tmp_path}/absent.db", SELECT)
    with pytest.raises(SourceUnavailableError, match="cannot be reached"):
        list(read_discharges(query, FROM, TO))
    assert not list(tmp_path.iterdir())


def test_an_unreachable_server_is_said_without_its_password() -> None:
    query = HisQuery("postgresql://his:geheim@127.0.0.1:1/his?password=geheim", SELECT)
    with pytest.raises(SourceUnavailableError, match="cannot be reached") as caught:
        list(read_discharges(query, FROM, TO))
    assert "geheim" not in str(caught.value) + repr(query)


@pytest.mark.parametrize("url", ["nonsense", "nodriver://host/db"])
def test_an_address_that_is_not_understood_is_refused(url: str) -> None:
    with pytest.raises(RefusedError, match="not understood"):
        list(read_discharges(HisQuery(url, SELECT), FROM, TO))


def test_a_source_is_described_without_its_values(address: str) -> None:
    described = describe_source(HisQuery(address, SELECT), FROM, TO)
    assert described.columns == ("bah", "xm", "fee", "left_at")
    assert described.sampled_rows == 2
    assert described.read_only_by_server
    assert described.kinds[0] == "str"
    assert "测试患者" not in repr(described)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""), (Decimal("5.00"), "5.00"), (3.0, "3"), (1e-7, "0.0000001"), (True, "1"),
        (date(2026, 3, 1), "2026-03-01"), (b"\xb2\xe2", "测"), (12, "12"),
    ],
)  # fmt: skip
def test_cells_are_written_as_the_uploader_writes_them(cell: object, text: str) -> None:
    assert his.as_text(cell) == text
