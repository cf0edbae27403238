"""A code list straight from a HIS database, by a query the hospital writes; see `reading_only`."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from icdmapper.model.errors import RefusedError, UnreadableSourceError
from icdmapper.storage.reading_only import (
    answer,
    as_text,
    check_single,
    engine_of,
    place_of,
    reading,
    titles_of,
)
from icdmapper.texts import _

_AT_ONCE = 5_000


def read_query(
    url: str,
    query: str,
    *,
    limit: int = 2_000_000,
    report: Callable[[int], None] | None = None,
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The column titles and rows of a SELECT, every cell as text, NULL as "".

    `report` hears how many rows there are so far; it may raise to stop.

    Raises:
        UnreadableSourceError: the URL or the query is not understood, or returns too many rows.
        SourceUnavailableError: the database cannot be reached.
    """
    rows: list[tuple[str, ...]] = []
    try:
        check_single(query)
        with answer(url, query, {}) as (result, _address):
            header = titles_of(result)
            for part in result.partitions(_AT_ONCE):
                rows += [tuple(map(as_text, row)) for row in part]
                if len(rows) > limit:
                    break
                if report:
                    report(len(rows))
    except RefusedError as refusal:
        raise UnreadableSourceError(str(refusal)) from None
    if len(rows) > limit:
        raise UnreadableSourceError(
            _("The query returns more than {limit} rows.").format(limit=limit)
        )
    return header, rows


def try_query(url: str, query: str) -> tuple[str, ...]:
    """The columns a query answers with; none without a query, the server is reached all the same.

    Raises:
        UnreadableSourceError: the URL or the query is not understood.
        SourceUnavailableError: the database cannot be reached.
    """
    try:
        if query.strip():
            check_single(query)
            with answer(url, query, {}) as (result, _address):
                return titles_of(result)
        engine = engine_of(url)
        with reading(engine, place_of(engine.url)):
            return ()
    except RefusedError as refusal:
        raise UnreadableSourceError(str(refusal)) from None


def split_address(address: str) -> tuple[str, str]:
    """An address as it may be shown and remembered, and the password that stood in it."""
    try:
        parsed = make_url(address.strip())
    except (ArgumentError, ValueError):
        return address.strip(), ""
    open_part = parsed._replace(password=None).render_as_string()
    return open_part, parsed.password or ""


def join_address(address: str, password: str) -> str:
    """The address with a password in its place; as it is when it is not understood."""
    try:
        parsed = make_url(address.strip())
    except (ArgumentError, ValueError):
        return address.strip()
    return parsed.set(password=password or parsed.password).render_as_string(hide_password=False)
