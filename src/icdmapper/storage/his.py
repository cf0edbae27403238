"""Discharges straight from the HIS: one SELECT the hospital writes, read-only, in chunks.

The HIS belongs to the hospital: nothing is written there, whatever the query says. Where the
server knows read-only transactions the server refuses to write; everywhere a query that is not a
single SELECT is refused and the transaction is rolled back. Rows arrive by a server-side cursor,
so a year takes no more memory than a chunk.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    URL,
    Connection,
    CursorResult,
    DateTime,
    Engine,
    NullPool,
    bindparam,
    create_engine,
    make_url,
    text,
)
from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)

from icdmapper.model.errors import RefusedError, SourceUnavailableError
from icdmapper.texts import _

FROM, TO, CHANGED_SINCE = "from", "to", "changed_since"
CHUNK_ROWS = 2_000
_CONNECT_SECONDS = 15
_TIMEOUT_NAMES = {
    "postgresql": "connect_timeout",
    "mysql": "connect_timeout",
    "mariadb": "connect_timeout",
    "mssql": "login_timeout",
    "oracle": "tcp_connect_timeout",
}
_READ_ONLY = {
    "postgresql": "SET TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
}
_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "oracle": "oracle+oracledb",
    "mssql": "mssql+pymssql",
    "mysql": "mysql+pymysql",
}
_NOT_CODE = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]\n]*\]|--[^\n]*|/\*.*?\*/""", re.DOTALL
)
_WRITING = re.compile(
    r"\b(insert|update|delete|merge|into|drop|alter|create|truncate|grant|revoke|exec|execute|call"
    r"|replace\s+into|attach|pragma|vacuum|copy|lock|for\s+update)\b",
    re.IGNORECASE,
)
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
    bare = _NOT_CODE.sub(" ", select).strip().rstrip(";").strip()
    words = _WRITING.search(bare)
    hidden = "/*!" in select
    if not re.match(r"(select|with)\b", bare, re.IGNORECASE) or ";" in bare or words or hidden:
        raise RefusedError(
            _("The query for the HIS must be one SELECT and nothing else; it was not run.")
        )
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
        columns = _titles(result)
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
        columns = _titles(result)
        rows = result.fetchmany(query.chunk_rows)
    kinds = tuple(
        next((type(row[at]).__name__ for row in rows if row[at] is not None), "")
        for at in range(len(columns))
    )
    dialect = source.get_backend_name()
    return SourceDescription(
        _place(source),
        dialect,
        columns,
        kinds,
        len(rows),
        query.knows_changes,
        dialect in _READ_ONLY or dialect == "sqlite",
    )


def as_text(cell: object) -> str:
    """A cell as the uploader writes it: NULL as "", dates as yyyy-MM-dd (HH:mm:ss)."""
    written = str(cell)
    match cell:
        case None:
            written = ""
        case bool():
            written = str(int(cell))
        case datetime():
            written = cell.strftime("%Y-%m-%d %H:%M:%S")
        case time():
            written = cell.strftime("%H:%M:%S")
        case Decimal():
            written = format(cell, "f")
        case float():
            written = format(Decimal(repr(cell)), "f").removesuffix(".0")
        case bytes() | memoryview():
            written = bytes(cell).decode("gb18030", errors="replace")
    return written


def _parameters(select: str) -> set[str]:
    return set(_PARAMETER.findall(_NOT_CODE.sub(" ", select)))


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.drivername in _DRIVERS:
            parsed = parsed.set(drivername=_DRIVERS[parsed.drivername])
        if parsed.get_backend_name() == "sqlite":
            return _file_engine(parsed)
        timeout = _TIMEOUT_NAMES.get(parsed.get_backend_name())
        return create_engine(
            parsed,
            hide_parameters=True,
            poolclass=NullPool,
            connect_args={timeout: _CONNECT_SECONDS} if timeout else {},
        )
    except (SQLAlchemyError, ImportError, ValueError) as error:
        kind = NoSuchModuleError if isinstance(error, ImportError) else type(error)
        raise RefusedError(
            _(
                "The address of the HIS is not understood, or its driver is missing ({kind})."
            ).format(kind=kind.__name__)
        ) from None


def _file_engine(url: URL) -> Engine:
    """SQLite opened read-only: plainly opening a file that is not there would make one."""
    address = f"file:{quote(str(Path(url.database or '').absolute()))}?mode=ro"

    def connect() -> sqlite3.Connection:
        opened = sqlite3.connect(address, uri=True, timeout=_CONNECT_SECONDS)
        opened.execute("PRAGMA query_only = ON")
        return opened

    return create_engine("sqlite://", creator=connect, hide_parameters=True, poolclass=NullPool)


@contextmanager
def _answer(
    query: HisQuery, since: datetime, until: datetime, changed_since: datetime
) -> Iterator[tuple[CursorResult[Any], URL]]:
    """The open answer to a query, with the address that gave it."""
    check_select(query.select)
    engine = _engine(query.url)
    values = {FROM: since, TO: until}
    if query.knows_changes:
        values[CHANGED_SINCE] = changed_since
    address = make_url(query.url)
    place = _place(address)
    try:
        with (
            _reading(engine, place) as connection,
            _asked(connection, query.select, values) as result,
        ):
            yield result, address
    except SQLAlchemyError as error:
        raise _told(error, place) from None
    finally:
        engine.dispose()


@contextmanager
def _reading(engine: Engine, place: str) -> Iterator[Connection]:
    """A connection inside a read-only transaction that is always rolled back."""
    try:
        connection = engine.connect()
    except SQLAlchemyError as error:
        # The driver's own text may repeat the password; only the kind of the fault is told.
        raise SourceUnavailableError(
            _("The HIS at {place} cannot be reached ({kind}).").format(
                place=place, kind=type(error).__name__
            )
        ) from None
    try:
        statement = _READ_ONLY.get(engine.dialect.name)
        if statement:
            connection.exec_driver_sql(statement)
        # Only now: a server-side cursor takes no statement but a query.
        yield connection.execution_options(stream_results=True)
    finally:
        try:
            connection.rollback()
        except DBAPIError:
            connection.invalidate()
        connection.close()


def _asked(
    connection: Connection, select: str, values: Mapping[str, datetime]
) -> CursorResult[Any]:
    # A colon inside a literal such as 'hh24:mi' is no parameter.
    bare = _NOT_CODE.sub(lambda found: found[0].replace(":", r"\:"), select).strip().rstrip(";")
    if connection.dialect.name == "sqlite":
        # SQLite keeps dates as text; its adapter would write microseconds, which sort after.
        return connection.execute(
            text(bare), {name: as_text(value) for name, value in values.items()}
        )
    typed = [bindparam(name, type_=DateTime()) for name in values]
    return connection.execute(text(bare).bindparams(*typed), dict(values))


def _titles(result: CursorResult[Any]) -> tuple[str, ...]:
    titles = tuple(map(str, result.keys()))
    repeated = sorted({one for one in titles if titles.count(one) > 1})
    if repeated:
        raise RefusedError(
            _("The query for the HIS has two columns named {name}; give each its own name.").format(
                name=repeated[0]
            )
        )
    return titles


def _place(url: URL) -> str:
    """The address as people see it: options such as `?password=` are left out too."""
    return url.set(query={}).render_as_string(hide_password=True)


_MYSQL_REFUSALS = frozenset({1044, 1045, 1054, 1142, 1143, 1370, 1792})
"""Denied, unknown column, no right, read only: operational errors too for MySQL's drivers."""


def _told(error: SQLAlchemyError, place: str) -> RefusedError | SourceUnavailableError:
    """What a fault after connecting means; the server's own text may repeat patient values."""
    cause = getattr(error, "orig", None)
    kind = type(cause or error).__name__
    broken = isinstance(error, DBAPIError) and error.connection_invalidated
    if isinstance(cause, sqlite3.Error):
        broken = "locked" in str(cause) or "busy" in str(cause)
    elif isinstance(error, OperationalError | InterfaceError):
        broken = next(iter(getattr(cause, "args", ())), None) not in _MYSQL_REFUSALS
    if broken:
        return SourceUnavailableError(
            _("The HIS at {place} broke off the answer ({kind}); a later run may succeed.").format(
                place=place, kind=kind
            )
        )
    return RefusedError(
        _("The HIS at {place} refused the query ({kind}).").format(place=place, kind=kind)
    )
