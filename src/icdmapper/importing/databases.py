"""A database as a source: its address without the password, and whether it answers."""

from __future__ import annotations

from icdmapper.importing.sources import Source
from icdmapper.storage.queries import join_address, split_address, try_query


def database_source(address: str, password: str, query: str) -> Source:
    """What to read; the password is nowhere but in the source, and in no repr of it."""
    return Source(url=join_address(address, password), query=query.strip())


def apart(address: str) -> tuple[str, str]:
    """An address as it may be shown and remembered, and the password that stood in it."""
    return split_address(address)


def try_source(source: Source) -> tuple[str, ...]:
    """Ask once: the columns the query answers with, none when there is no query yet.

    Raises:
        UnreadableSourceError: the address or the query is not understood.
        SourceUnavailableError: the database cannot be reached.
    """
    return try_query(source.url or "", source.query or "")
