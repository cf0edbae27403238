"""Findings of the feed: one row for each code, name and reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from icdmapper.model.codes import CodeKind
from icdmapper.model.feed import FeedFinding
from icdmapper.storage.tables import feed_finding


class Feed:
    """Findings of the feed inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> tuple[FeedFinding, ...]:
        """Every finding of the last taking, those with the most records first."""
        query = select(feed_finding).order_by(feed_finding.c.records.desc(), feed_finding.c.id)
        return tuple(_finding(row) for row in self._connection.execute(query))

    def replace(self, findings: Iterable[FeedFinding]) -> None:
        """What holds records now; what no longer does is gone."""
        self._connection.execute(delete(feed_finding))
        rows = [
            {
                "kind": one.kind.value,
                "code": one.code,
                "name": one.name,
                "reason": one.reason,
                "records": one.records,
                "first_seen": one.first_seen,
                "last_seen": one.last_seen,
                "local_id": one.local_id,
            }
            for one in findings
        ]
        if rows:
            self._connection.execute(insert(feed_finding), rows)


def _finding(row: Row[*tuple[Any, ...]]) -> FeedFinding:
    return FeedFinding(
        CodeKind(row.kind), row.code, row.name, row.reason, row.records, row.first_seen,
        row.last_seen, row.local_id,
    )  # fmt: skip
