"""Setting a source up: from an unknown table to canonical records."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from helpers.invented_months import discharges
from icdmapper.model.errors import NotFoundError, RefusedError, UnreadableSourceError
from icdmapper.storage.his import HisQuery, read_discharges
from icdmapper.upload import source_setup
from icdmapper.upload.column_guess import proposed
from icdmapper.upload.drops import MANIFEST, DropFolder, manifest_for
from icdmapper.upload.extract import gather, next_window, salted
from icdmapper.upload.layouts import DBF, layout
from icdmapper.upload.mapping_file import FieldSource, MappingFile, apply, load

SELECT = 'SELECT * FROM 首页 WHERE "出院日期" >= :from AND "出院日期" < :to'
SINCE, UNTIL = datetime(2026, 3, 1), datetime(2026, 4, 1)  # noqa: DTZ001 - the HIS's local time


def delivered(month: pd.DataFrame) -> pd.DataFrame:
    """The month as a hospital writes it: its own titles, words instead of values."""
    titles = {one.code: one.title for one in layout(DBF).fields}
    own = month[list(titles)].rename(columns=titles)
    own["性别"] = own["性别"].map({"1": "男", "2": "女"})
    return own


@pytest.fixture(scope="module")
def month() -> pd.DataFrame:
    return discharges(80)


@pytest.fixture
def query(tmp_path: Path, month: pd.DataFrame) -> HisQuery:
    own = delivered(month)
    connection = sqlite3.connect(tmp_path / "his.db")
    names = ", ".join(f'"{title}"' for title in own.columns)
    connection.execute(f"CREATE TABLE 首页 ({names})")
    marks = ", ".join("?" * own.shape[1])
    connection.executemany(f"INSERT INTO 首页 VALUES ({marks})", own.to_numpy().tolist())
    connection.commit()
    connection.close()
    return HisQuery(f"sqlite:///{tmp_path}/his.db", SELECT, chunk_rows=30)


def test_a_wizard_ends_in_the_hospitals_records(
    tmp_path: Path, query: HisQuery, month: pd.DataFrame
) -> None:
    look = source_setup.look_at_his(query, SINCE, UNTIL)
    assert "测试患者" not in repr(look)
    mapping = proposed(source_setup.proposal(look))
    examined = source_setup.examine(look, mapping)
    assert examined.usable, examined.sentences
    file = tmp_path / "columns.toml"
    source_setup.save_mapping(file, mapping)
    asked = next_window(None, UNTIL.date(), first=SINCE.date())
    read = source_setup.open_mapping(file)
    frames = (
        apply(read, pd.DataFrame(list(one.rows), columns=list(one.columns), dtype=object))
        for one in read_discharges(query, asked.since, asked.until)
    )
    found = gather(frames, salted(b"2" * 32), lambda _keys: {})
    fields = [one.code for one in layout(DBF).fields]
    key = ["P3", "P2"]
    assert len(found.records) == len(month)
    assert found.records.sort_values(key)[fields].to_numpy().tolist() == (
        month.sort_values(key)[fields].to_numpy().tolist()
    )


def test_a_delivery_gives_the_same_records(tmp_path: Path, month: pd.DataFrame) -> None:
    content = delivered(month).to_csv(index=False, lineterminator="\r\n").encode("gb18030")
    (tmp_path / "首页.csv").write_bytes(content)
    said = manifest_for("首页.csv", content, sequence=1, rows=len(month))
    (tmp_path / f"首页.csv{MANIFEST}").write_text(said, encoding="utf-8")
    folder = DropFolder(tmp_path, lambda: datetime.now(UTC))
    (delivery,) = folder.scan().ready
    look = source_setup.look_at_delivery(folder, delivery)
    made = apply(proposed(source_setup.proposal(look)), folder.read(delivery))
    fields = [one.code for one in layout(DBF).fields]
    assert made[fields].to_numpy().tolist() == month[fields].to_numpy().tolist()


def test_an_examination_says_why_a_mapping_cannot_be_used(query: HisQuery) -> None:
    look = source_setup.look_at_his(query, SINCE, UNTIL)
    examined = source_setup.examine(look, load('[fields.P5]\ncolumn = "absent"'))
    assert not examined.usable
    assert len(examined.sentences) == len(examined.findings) > 30


def test_a_source_is_described_for_the_console(query: HisQuery) -> None:
    described = source_setup.describe_source(query.url, SELECT, SINCE, UNTIL)
    assert described.sampled_rows == 80
    assert "病案号" in described.columns


def test_a_mapping_file_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="does not exist"):
        source_setup.open_mapping(tmp_path / "absent.toml")
    wrong = tmp_path / "wrong.toml"
    wrong.write_bytes(b"\xff\xfe")
    with pytest.raises(UnreadableSourceError, match="no mapping"):
        source_setup.open_mapping(wrong)
    with pytest.raises(RefusedError, match="cannot be written"):
        source_setup.save_mapping(tmp_path / "no folder" / "x.toml", MappingFile(()))


def test_a_saved_mapping_replaces_the_old_one_whole(tmp_path: Path) -> None:
    file = tmp_path / "columns.toml"
    for column in ("旧列", "新列"):
        source_setup.save_mapping(file, MappingFile((FieldSource("P3", column),)))
    assert source_setup.open_mapping(file).fields == (FieldSource("P3", "新列"),)
    assert [one.name for one in tmp_path.iterdir()] == ["columns.toml"]
