"""Discharges straight from the HIS: one SELECT the hospital writes, read-only, in chunks.

Rows arrive by a server-side cursor, so a year takes no more memory than a chunk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import URL, CursorResult

from icdmapper.model.errors import RefusedError
from icdmapper.storage.reading_only import (
    READ_ONLY,
    answer,
    as_text,
    check_single,
    place_of,
    titles_of,
    without_texts,
)
from icdmapper.texts import _

FROM, TO, CHANGED_SINCE = "from", "to", "changed_since"
CHUNK_ROWS = 2_000
_PARAMETER = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")


@dataclass(frozen=True, slots=True)
class HisQuery:
    """Where the HIS is and what to ask it.

    `select` names `:from` and `:to` (discharged from, inclusive, to, exclusive) and may name
    `:changed_since`, which finds records entered or changed later whatever their discharge date.
    """

    url: str = field(repr=False)
    select: str
    chunk_rows: int = CHUNK_ROWS

    @property
    def knows_changes(self) -> bool:
        """Whether the query asks for records changed since a moment."""
        return CHANGED_SINCE in _parameters(self.select)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of the answer, every cell as text, NULL as "". Holds patient values."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """What a query answers with, for the person who sets it up; no patient values."""

    place: str
    """The address without its password."""
    dialect: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    """The Python type of the first value of each column, "" where all of them were empty."""
    sampled_rows: int
    knows_changes: bool
    read_only_by_server: bool


def check_select(select: str) -> None:
    """Refuse a query that could write, or that does not say which discharges it wants.

    Raises:
        RefusedError: it is not one SELECT, or lacks `:from` or `:to`.
    """
    check_single(select)
    found = _parameters(select)
    for name in (FROM, TO):
        if name not in found:
            raise RefusedError(
                _(
                    "The query for the HIS does not use :{name}. "
                    "Let it choose discharges from :from up to, not including, :to."
                ).format(name=name)
            )
    for name in sorted(found - {FROM, TO, CHANGED_SINCE}):
        raise RefusedError(
            _("The query for the HIS uses :{name}, which has no meaning here.").format(name=name)
        )


def read_discharges(
    query: HisQuery, since: datetime, until: datetime, *, changed_since: datetime | None = None
) -> Iterator[Chunk]:
    """The rows discharged from `since` up to `until`, chunk by chunk; one chunk when none.

    `changed_since` is given to a query that asks for it; without it such a query gets `since`.

    Raises:
        RefusedError: the query is not a SELECT with `:from` and `:to`, or the HIS refuses it.
        SourceUnavailableError: the HIS cannot be reached, or the connection broke; try later.
    """
    with _answer(query, since, until, changed_since or since) as (result, _source):
        columns = titles_of(result)
        sent = False
        for rows in result.partitions(query.chunk_rows):
            yield Chunk(columns, tuple(tuple(map(as_text, row)) for row in rows))
            sent = True
        if not sent:
            yield Chunk(columns, ())


def describe_source(query: HisQuery, since: datetime, until: datetime) -> SourceDescription:
    """Ask once and look at the first rows: do the address, the query and its columns work?

    Raises:
        RefusedError: the query is not a SELECT with `:from` and `:to`, or the HIS refuses it.
        SourceUnavailableError: the HIS cannot be reached.
    """
    with _answer(query, since, until, since) as (result, source):
        columns = titles_of(result)
        rows = result.fetchmany(query.chunk_rows)
    kinds = tuple(
        next((type(row[at]).__name__ for row in rows if row[at] is not None), "")
        for at in range(len(columns))
    )
    dialect = source.get_backend_name()
    return SourceDescription(
        place_of(source),
        dialect,
        columns,
        kinds,
        len(rows),
        query.knows_changes,
        dialect in READ_ONLY or dialect == "sqlite",
    )


def _parameters(select: str) -> set[str]:
    return set(_PARAMETER.findall(without_texts(select)))


@contextmanager
def _answer(
    query: HisQuery, since: datetime, until: datetime, changed_since: datetime
) -> Iterator[tuple[CursorResult[Any], URL]]:
    """The open answer to a query, with the address that gave it."""
    check_select(query.select)
    values = {FROM: since, TO: until}
    if query.knows_changes:
        values[CHANGED_SINCE] = changed_since
    with answer(query.url, query.select, values) as found:
        yield found
