"""Thirty days of a hospital: nothing late, back-dated or corrected is missed.

The HIS is a real database; what it holds is changed every night as an invented history says. The
ledger of this test compares whole rows and knows nothing of hashes, windows or watermarks.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy

from helpers.invented_months import discharges
from icdmapper.storage.his import HisQuery, read_discharges
from icdmapper.upload.extract import (
    LastRead,
    Rescan,
    fingerprints,
    next_window,
    rows_at,
    salted,
    sort_out,
)
from icdmapper.upload.invented.history import Entry, History, Shares, edits
from icdmapper.upload.mapping_file import FieldSource, MappingFile, apply

FIELDS = ("P3", "P2", "P4", "P13", "P25", "P321", "P322", "P324", "P438", "P781", "P782", "P801")
TITLES = {field: f"c_{field.lower()}" for field in FIELDS}
MAPPING = MappingFile(tuple(FieldSource(field, title) for field, title in TITLES.items()))
PAGES = f"SELECT {', '.join(TITLES.values())} FROM pages WHERE c_p25 < :to"
PLAIN = f"{PAGES} AND c_p25 >= :from"
CHANGES = f"{PAGES} AND (c_p25 >= :from OR entered >= :changed_since)"
FIRST, RECORDS = date(2026, 3, 1), 240
HASHER = salted(b"1" * 32)
Row = tuple[str, ...]


class Hospital:
    """A HIS whose content follows a history, night by night."""

    def __init__(self, url: str, history: History) -> None:
        self.url = url
        self._history = history
        self._engine = sqlalchemy.create_engine(url)
        moment = "timestamp" if url.startswith("postgresql") else "text"
        columns = ", ".join(
            f"{title} {moment if field == 'P25' else 'text'}" for field, title in TITLES.items()
        )
        with self._engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS pages")
            connection.exec_driver_sql(f"CREATE TABLE pages ({columns}, entered {moment})")
        self._order = np.argsort(history.entered, kind="stable")
        self._done = 0

    def live_until(self, at: datetime) -> None:
        """Take in every version entered before that moment; a new one replaces the old."""
        names = [*TITLES.values(), "entered"]
        insert = sqlalchemy.text(
            f"INSERT INTO pages VALUES ({', '.join(f':{name}' for name in names)})"
        )
        remove = sqlalchemy.text("DELETE FROM pages WHERE c_p3 = :c_p3 AND c_p2 = :c_p2")
        with self._engine.begin() as connection:
            while self._done < len(self._order):
                row = int(self._order[self._done])
                entered = self._history.entered[row].astype(datetime)
                if entered > at:
                    break
                record = self._history.records.iloc[row]
                values = {title: record[field] for field, title in TITLES.items()}
                values["entered"] = entered.strftime("%Y-%m-%d %H:%M:%S")
                connection.execute(remove, {"c_p3": values["c_p3"], "c_p2": values["c_p2"]})
                connection.execute(insert, values)
                self._done += 1

    def close(self) -> None:
        with self._engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE pages")
        self._engine.dispose()


class Uploader:
    """Reads the HIS every night and keeps what a run must keep; `sent` is the ledger."""

    def __init__(self, url: str, select: str, rescan: Rescan) -> None:
        self._query = HisQuery(url, select, chunk_rows=50)
        self._rescan = rescan
        self._last: LastRead | None = None
        self._known: dict[str, str] = {}
        self.sent: dict[Row, Row] = {}
        self.counts = {"new": 0, "changed": 0}

    def run(self, at: datetime) -> None:
        asked = next_window(self._last, at.date(), first=FIRST, rescan=self._rescan)
        chunks = list(
            read_discharges(
                self._query, asked.since, asked.until, changed_since=asked.changed_since
            )
        )
        rows = [row for chunk in chunks for row in chunk.rows]
        frame = apply(MAPPING, pd.DataFrame(rows, columns=list(chunks[0].columns), dtype=object))
        frame = frame[list(FIELDS)]
        prints = fingerprints(frame, HASHER)
        found = sort_out(prints, self._known)
        assert found.rows == len(rows)
        assert not found.conflicting
        for row in found.to_send:
            self._known[prints.keys[row]] = prints.contents[row]
        sent = rows_at(frame, found.to_send).to_numpy().tolist()
        self.sent |= {(row[0], row[1]): tuple(row) for row in sent}
        self.counts["new"] += len(found.new)
        self.counts["changed"] += len(found.changed)
        self._last = asked.read(self._last, at)


@pytest.fixture(scope="module")
def history() -> History:
    shares = Shares(late=0.1, back_dated=0.05, edited=0.15)
    made = edits(discharges(RECORDS, first_day=FIRST, days=30), seed=3, shares=shares)
    return History(made.records[list(FIELDS)], made.entered, made.entries)


@pytest.fixture(params=["sqlite", "postgresql"])
def hospital(
    request: pytest.FixtureRequest, tmp_path: Path, history: History
) -> Iterator[Hospital]:
    if request.param == "sqlite":
        made = Hospital(f"sqlite:///{tmp_path}/his.db", history)
    else:
        url = sqlalchemy.make_url(request.getfixturevalue("server"))
        made = Hospital(
            url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False), history
        )
    yield made
    made.close()


def standing(history: History, at: datetime, until: date) -> dict[Row, Row]:
    """What should have been sent by then, from the history alone."""
    records = history.standing(np.datetime64(at))
    rows = records.loc[records["P25"] < until.isoformat(), list(FIELDS)].to_numpy().tolist()
    return {(row[0], row[1]): tuple(row) for row in rows}


def nights(hospital: Hospital, uploader: Uploader, days: int) -> Iterator[datetime]:
    for day in range(1, days + 1):
        at = datetime(2026, 3, 1, 2) + timedelta(days=day)  # noqa: DTZ001 - local time of the HIS
        hospital.live_until(at)
        uploader.run(at)
        yield at


def test_with_a_column_of_changes_nothing_is_missed_any_night(
    hospital: Hospital, history: History
) -> None:
    uploader = Uploader(hospital.url, CHANGES, Rescan(overlap_days=3, deep_every_days=1000))
    for at in nights(hospital, uploader, 85):
        assert uploader.sent == standing(history, at, at.date())
    assert uploader.counts["new"] == RECORDS
    edited = int((history.entries == Entry.EDITED).sum())
    assert edited / 2 < uploader.counts["changed"] <= edited


def test_without_it_the_overlap_finds_late_ones_at_once_and_the_deep_scan_the_rest(
    hospital: Hospital, history: History
) -> None:
    rescan = Rescan(overlap_days=12, deep_every_days=7)
    uploader = Uploader(hospital.url, PLAIN, rescan)
    unseen: dict[Row, int] = {}
    for at in nights(hospital, uploader, 92):
        wanted = standing(history, at, at.date())
        behind = {key for key, row in wanted.items() if uploader.sent.get(key) != row}
        unseen = {key: unseen.get(key, 0) + 1 for key in behind}
        assert all(nights < rescan.deep_every_days for nights in unseen.values())
        oldest = (at.date() - timedelta(days=rescan.overlap_days)).isoformat()
        assert all(wanted[key][FIELDS.index("P25")] < oldest for key in behind)
    assert not unseen
    assert uploader.sent == standing(history, at, at.date())


@pytest.mark.parametrize(
    "select", [PLAIN, CHANGES.replace("OR entered", "OR c_p2 <> '1' AND entered")]
)
def test_this_test_would_see_a_hole(tmp_path: Path, history: History, select: str) -> None:
    """Without any overlap, or with only some of the changes, records are missed and it shows."""
    made = Hospital(f"sqlite:///{tmp_path}/his.db", history)
    uploader = Uploader(made.url, select, Rescan(overlap_days=0, deep_every_days=1000))
    *_nights, last = nights(made, uploader, 40)
    made.close()
    assert standing(history, last, last.date()).keys() - uploader.sent.keys()
