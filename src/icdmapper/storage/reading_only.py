"""A database of the hospital opened to be read: nothing is written there, whatever is asked.

Where the server knows read-only transactions the server refuses to write; everywhere a query that
is not a single SELECT is refused and the transaction is rolled back. Neither a password nor a value
of the database reaches an error.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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

_CONNECT_SECONDS = 15
_TIMEOUT_NAMES = {
    "postgresql": "connect_timeout",
    "mysql": "connect_timeout",
    "mariadb": "connect_timeout",
    "mssql": "login_timeout",
    "oracle": "tcp_connect_timeout",
}
READ_ONLY = {
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


def check_single(select: str) -> None:
    """Refuse a query that could write.

    Raises:
        RefusedError: it is not one SELECT.
    """
    bare = without_texts(select).strip().rstrip(";").strip()
    words = _WRITING.search(bare)
    hidden = "/*!" in select
    if not re.match(r"(select|with)\b", bare, re.IGNORECASE) or ";" in bare or words or hidden:
        raise RefusedError(
            _("The query for the HIS must be one SELECT and nothing else; it was not run.")
        )


def without_texts(select: str) -> str:
    """A query without its literals, quoted names and comments."""
    return _NOT_CODE.sub(" ", select)


def as_text(cell: object) -> str:
    """A cell as the uploader writes it: NULL as "", dates as yyyy-MM-dd (HH:mm:ss)."""
    if type(cell) is str:
        # Nearly every cell of a HIS is a text already.
        return cell
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


def engine_of(url: str) -> Engine:
    """An engine for an address as people write it, with the driver we ship.

    Raises:
        RefusedError: the address is not understood, or its driver is missing.
    """
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
def answer(
    url: str, select: str, values: Mapping[str, datetime]
) -> Iterator[tuple[CursorResult[Any], URL]]:
    """The open answer to a query that was looked at, with the address that gave it.

    Raises:
        RefusedError: the address is not understood, or the server refuses the query.
        SourceUnavailableError: the server cannot be reached, or the connection broke.
    """
    engine = engine_of(url)
    address = make_url(url)
    place = place_of(address)
    try:
        with (
            reading(engine, place) as connection,
            _asked(connection, select, values) as result,
        ):
            yield result, address
    except SQLAlchemyError as error:
        raise _told(error, place) from None
    finally:
        engine.dispose()


@contextmanager
def reading(engine: Engine, place: str) -> Iterator[Connection]:
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
        statement = READ_ONLY.get(engine.dialect.name)
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


def titles_of(result: CursorResult[Any]) -> tuple[str, ...]:
    """The names of the columns of an answer.

    Raises:
        RefusedError: two columns have one name.
    """
    titles = tuple(map(str, result.keys()))
    repeated = sorted({one for one in titles if titles.count(one) > 1})
    if repeated:
        raise RefusedError(
            _("The query for the HIS has two columns named {name}; give each its own name.").format(
                name=repeated[0]
            )
        )
    return titles


def place_of(url: URL) -> str:
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
