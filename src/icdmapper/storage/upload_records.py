"""What the uploader remembers of records, sources and runs; records by salted hash only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from icdmapper.model.sending import Holding, PackageState, Run
from icdmapper.storage.upload_tables import holding, package, run, sent_record, watermark
from icdmapper.storage.values import moment, stored_moment

_CHUNK = 500
_HELD = ("key_hash", "reason", "field", "local_code", "local_name", "discharged")


class SentRecords:
    """Which records were packaged, with which content."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def latest(self, key_hashes: Iterable[str]) -> dict[str, str]:
        """The content hash each record was last packaged with; rejected packages do not count."""
        wanted = list(key_hashes)
        found: dict[str, str] = {}
        for start in range(0, len(wanted), _CHUNK):
            query = (
                select(sent_record.c.key_hash, sent_record.c.content_hash)
                .join(package, package.c.id == sent_record.c.package_id)
                .where(
                    sent_record.c.key_hash.in_(wanted[start : start + _CHUNK]),
                    package.c.state != PackageState.REJECTED.value,
                )
                .order_by(sent_record.c.package_id)
            )
            found.update(
                (row.key_hash, row.content_hash) for row in self._connection.execute(query)
            )
        return found

    def count(self) -> int:
        """How many different records stand in packages that were not rejected."""
        query = (
            select(func.count(sent_record.c.key_hash.distinct()))
            .join(package, package.c.id == sent_record.c.package_id)
            .where(package.c.state != PackageState.REJECTED.value)
        )
        return int(self._connection.execute(query).scalar_one())

    def by_discharge(self, first: date, last: date) -> dict[date, dict[int, int]]:
        """Records per discharge date and package, both days included.

        A record that was sent again after a correction stands once, in its newest package.
        """
        spoken_of = select(sent_record.c.key_hash).where(
            sent_record.c.discharged.between(first, last)
        )
        newest = (
            select(sent_record.c.key_hash, func.max(sent_record.c.package_id).label("package_id"))
            .where(sent_record.c.key_hash.in_(spoken_of))
            .group_by(sent_record.c.key_hash)
            .subquery()
        )
        query = (
            select(sent_record.c.discharged, sent_record.c.package_id, func.count())
            .join(
                newest,
                (newest.c.key_hash == sent_record.c.key_hash)
                & (newest.c.package_id == sent_record.c.package_id),
            )
            .where(sent_record.c.discharged.between(first, last))
            .group_by(sent_record.c.discharged, sent_record.c.package_id)
        )
        found: dict[date, dict[int, int]] = {}
        for day, number, count in self._connection.execute(query):
            found.setdefault(day, {})[int(number)] = int(count)
        return found


class Holdings:
    """Records held back, by reason, field and local code."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self, found: Iterable[tuple[str, str, str, str, str, date | None]], *, at: datetime
    ) -> None:
        """Count held records: key hash, reason, field, local code and name, discharge date."""
        seen = stored_moment(at)
        rows = [
            dict(
                zip(_HELD, one, strict=True),
                first_seen=seen,
                last_seen=seen,
                times=1,
            )
            for one in found
        ]
        if not rows:
            return
        statement = upsert(holding)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["key_hash", "reason", "field", "local_code", "local_name"],
                set_={
                    "last_seen": statement.excluded.last_seen,
                    "times": holding.c.times + 1,
                },
            ),
            rows,
        )

    def release(self, key_hashes: Iterable[str]) -> None:
        """Records that are no longer held: what held them is forgotten."""
        wanted = list(key_hashes)
        for start in range(0, len(wanted), _CHUNK):
            self._connection.execute(
                delete(holding).where(holding.c.key_hash.in_(wanted[start : start + _CHUNK]))
            )

    def forget_older(self, key_hashes: Iterable[str], *, at: datetime) -> None:
        """Of records held still, forget the reasons that were not met at `at` any more."""
        wanted = list(key_hashes)
        for start in range(0, len(wanted), _CHUNK):
            self._connection.execute(
                delete(holding).where(
                    holding.c.key_hash.in_(wanted[start : start + _CHUNK]),
                    holding.c.last_seen < stored_moment(at),
                )
            )

    def oldest_discharge(self) -> date | None:
        """The earliest discharge date of a held record; None when nothing is held."""
        return self._connection.execute(select(func.min(holding.c.discharged))).scalar()

    def all(self) -> tuple[Holding, ...]:
        """Every holding, longest held first."""
        query = select(holding).order_by(holding.c.first_seen, holding.c.id)
        return tuple(
            Holding(
                row.key_hash,
                row.reason,
                row.field,
                row.local_code,
                row.local_name,
                _sure(row.first_seen),
                _sure(row.last_seen),
                row.times,
                row.discharged,
            )
            for row in self._connection.execute(query)
        )


class Watermarks:
    """How far each source was read."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, source: str) -> str | None:
        """The position of a source; None before its first reading."""
        query = select(watermark.c.position).where(watermark.c.source == source)
        return self._connection.execute(query).scalar()

    def move(self, source: str, position: str, *, at: datetime) -> None:
        """Remember a position; belongs into the transaction that keeps what was read."""
        values = {"position": position, "moved_at": stored_moment(at)}
        self._connection.execute(
            upsert(watermark)
            .values(source=source, **values)
            .on_conflict_do_update(index_elements=["source"], set_=values)
        )


class Runs:
    """The uploader's runs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def start(self, *, at: datetime) -> int:
        """A new run; returns its number."""
        added = self._connection.execute(insert(run).values(started=stored_moment(at), counts={}))
        assert added.inserted_primary_key is not None
        return int(added.inserted_primary_key[0])

    def end(self, number: int, counts: Mapping[str, int], *, exit_code: int, at: datetime) -> None:
        """Close a run with its counts and exit code."""
        self._connection.execute(
            update(run)
            .where(run.c.id == number)
            .values(ended=stored_moment(at), counts=dict(counts), exit_code=exit_code)
        )

    def newest(self, limit: int) -> tuple[Run, ...]:
        """The latest runs, newest first."""
        query = select(run).order_by(run.c.id.desc()).limit(limit)
        return tuple(map(_run, self._connection.execute(query)))

    def first(self) -> Run | None:
        """The very first run; None before it."""
        row = self._connection.execute(select(run).order_by(run.c.id).limit(1)).first()
        return _run(row) if row else None

    def between(self, first: datetime, last: datetime) -> tuple[Run, ...]:
        """Runs that started between two moments, both included, oldest first."""
        query = (
            select(run)
            .where(run.c.started.between(stored_moment(first), stored_moment(last)))
            .order_by(run.c.id)
        )
        return tuple(map(_run, self._connection.execute(query)))


def _run(row: Row[*tuple[Any, ...]]) -> Run:
    return Run(row.id, _sure(row.started), moment(row.ended), row.counts, row.exit_code)


def _sure(value: Any) -> datetime:
    found = moment(value)
    assert found is not None
    return found
