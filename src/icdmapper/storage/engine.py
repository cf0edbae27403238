"""Opening a project: SQLite by default, PostgreSQL by URL, each made safe before first use.

SQLite rules come from the project's reliability design: rollback journal (no write-ahead log,
whose checkpoint fault was only mended in 3.51.3), full synchronisation, one writer at a time with
BEGIN IMMEDIATE, local disk only, an integrity check after an unclean end.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from functools import partial
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DatabaseError, DisconnectionError, SQLAlchemyError

from icdmapper.model.errors import ProjectError, SourceUnavailableError
from icdmapper.texts import _

logger = logging.getLogger(__name__)

_NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "ncpfs"}
)
_DECODER = json.JSONDecoder()
_BUSY_MILLISECONDS = 15_000
_RESTS_SINCE, _REST_SECONDS = "rests_since", 5.0
ALONE = {"isolation_level": "AUTOCOMMIT"}
"""Execution options: on a server every statement is a transaction of its own."""
WRITES = "icdmapper_writes"
"""Execution option: this connection is going to write, so take the write lock at once."""


def open_engine(location: str | Path) -> Engine:
    """An engine on a project file or a PostgreSQL URL; the file is made when absent.

    Raises:
        ProjectError: the file is damaged, not a project, or on a network drive.
        SourceUnavailableError: the database server cannot be reached.
    """
    place = str(location)
    if "://" in place:
        return _open_server(place)
    return _open_file(Path(place).expanduser().absolute())


def _open_server(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if not parsed.drivername.startswith("postgresql"):
        raise ProjectError(
            _("A project lives in a file or in PostgreSQL, not in {kind}.").format(
                kind=parsed.get_backend_name()
            )
        )
    try:
        engine = create_engine(parsed, hide_parameters=True, json_deserializer=_from_json)
        event.listen(engine, "checkin", _note_rest)
        event.listen(engine, "checkout", partial(_ping_after_rest, engine))
        event.listen(engine, "before_execute", _refuse_lone_writing)
        with engine.connect():
            pass
    except (SQLAlchemyError, ImportError) as error:
        # The driver's own text may repeat the password or row values; only its kind is told.
        raise SourceUnavailableError(
            _("PostgreSQL at {place} cannot be reached ({kind}).").format(
                place=parsed.render_as_string(hide_password=True), kind=type(error).__name__
            )
        ) from None
    return engine


def _from_json(data: bytes | str) -> Any:
    """JSON as the driver hands it over; a server says it in UTF-8, which need not be guessed."""
    return _DECODER.decode(data if isinstance(data, str) else data.decode())


def _note_rest(_connection: Any, record: Any) -> None:
    record.info[_RESTS_SINCE] = time.monotonic()


def _ping_after_rest(engine: Engine, connection: Any, record: Any, _proxy: Any) -> None:
    """A connection that rested may have been cut; one used a moment ago is not asked each time."""
    since = record.info.get(_RESTS_SINCE)
    if since is None or time.monotonic() - since < _REST_SECONDS:
        return
    try:
        engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error as error:
        # The pool throws it away and makes another.
        raise DisconnectionError from error


def _refuse_lone_writing(connection: Any, statement: Any, *_rest: Any) -> None:
    """Where statements stand alone nothing is written: no commit would be asked for it."""
    if (
        getattr(statement, "is_dml", False)
        and ALONE.items() <= connection.get_execution_options().items()
    ):
        raise RuntimeError("a write outside of a transaction")


def _open_file(file: Path) -> Engine:
    _refuse_network_drive(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    unclean = Path(f"{file}-journal").exists()
    engine = create_engine(
        f"sqlite:///{file}",
        hide_parameters=True,
        connect_args={"timeout": _BUSY_MILLISECONDS / 1000, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_connection)
    event.listen(engine, "begin", _begin)
    try:
        with engine.connect() as connection:
            if unclean:
                _check_integrity(
                    connection.exec_driver_sql("PRAGMA integrity_check").scalar(), file
                )
            connection.execute(text("SELECT count(*) FROM sqlite_master"))
    except DatabaseError as error:
        engine.dispose()
        raise ProjectError(
            _("{file} is damaged or is not a project file.").format(file=file)
        ) from error
    return engine


def _prepare_connection(connection: sqlite3.Connection, _record: Any) -> None:
    # Transactions are begun by `_begin`; the driver must not begin its own.
    connection.isolation_level = None
    for pragma in (
        "foreign_keys = ON",
        "journal_mode = DELETE",
        # EXTRA is FULL plus a sync of the folder after the journal is removed: without it a power
        # loss can bring the journal back and take an acknowledged decision away.
        "synchronous = EXTRA",
        f"busy_timeout = {_BUSY_MILLISECONDS}",
        "trusted_schema = OFF",
        # 8 MB for each connection; the pages of a large project lie in the system's own cache.
        "cache_size = -8192",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Any) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _check_integrity(verdict: object, file: Path) -> None:
    logger.warning("project was not closed cleanly; integrity check says %s", verdict)
    if verdict != "ok":
        raise ProjectError(
            _("{file} is damaged. Restore the last backup; nothing was changed.").format(file=file)
        )


def _refuse_network_drive(file: Path) -> None:
    text_path = str(file)
    network = text_path.startswith(("\\\\", "//"))
    best = ""
    for partition in psutil.disk_partitions(all=True):
        mount = partition.mountpoint
        if text_path.startswith(mount) and len(mount) > len(best):
            best = mount
            network = partition.fstype.lower() in _NETWORK_FILE_SYSTEMS or (
                "remote" in partition.opts.split(",")
            )
    if network:
        raise ProjectError(
            _(
                "{file} is on a network drive, where a project file is not safe. "
                "Keep it on a local disk, or use PostgreSQL for a work group."
            ).format(file=file)
        )
