"""Reading a code list from a database by a query."""

import sqlite3
from pathlib import Path

import pytest

from icdmapper.model.errors import UnreadableSourceError
from icdmapper.storage.queries import read_query


@pytest.fixture
def his(tmp_path: Path) -> str:
    file = tmp_path / "his.db"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE icd (code TEXT, name TEXT, uses INTEGER)")
    connection.executemany(
        "INSERT INTO icd VALUES (?, ?, ?)",
        [("A00.051", "古典型霍乱", 3), ("A01.001", "伤寒", None)],
    )
    connection.commit()
    connection.close()
    return f"sqlite:///{file}"


def test_a_query_gives_titles_and_text_cells(his: str) -> None:
    header, rows = read_query(his, "SELECT code, name, uses FROM icd ORDER BY code")
    assert header == ("code", "name", "uses")
    assert rows == [("A00.051", "古典型霍乱", "3"), ("A01.001", "伤寒", "")]


@pytest.mark.parametrize(
    "query", ["DELETE FROM icd", "  update icd set code = 1", "drop table icd", ""]
)
def test_only_a_select_is_run(his: str, query: str) -> None:
    with pytest.raises(UnreadableSourceError, match="one SELECT"):
        read_query(his, query)
    assert len(read_query(his, "SELECT * FROM icd")[1]) == 2


def test_a_wrong_query_is_refused_without_repeating_the_server(his: str) -> None:
    with pytest.raises(UnreadableSourceError, match="refused the query") as caught:
        read_query(his, "SELECT geheim FROM icd")
    assert "geheim" not in str(caught.value)


def test_too_many_rows_are_refused(his: str) -> None:
    with pytest.raises(UnreadableSourceError, match="more than 1 rows"):
        read_query(his, "SELECT * FROM icd", limit=1)


@pytest.mark.parametrize("url", ["nonsense", "nodriver://host/db"])
def test_an_address_that_is_not_understood_is_refused(url: str) -> None:
    with pytest.raises(UnreadableSourceError, match="not understood"):
        read_query(url, "SELECT 1")
