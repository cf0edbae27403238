"""The uploader's own SQLite file, one per environment: outbox, sent records, holdings, runs.

Opened as safely as a project (`engine.py`): full synchronisation, BEGIN IMMEDIATE, local disk,
integrity check after an unclean end. It holds patient data in its packages, so only its owner
may read it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, inspect, select
from sqlalchemy.exc import OperationalError

from icdmapper.model.errors import ProjectError
from icdmapper.model.sending import Environment
from icdmapper.storage.engine import WRITES, open_engine
from icdmapper.storage.file_lock import FileLock
from icdmapper.storage.outbox import Forgetting, Outbox
from icdmapper.storage.upload_records import Holdings, Runs, SentRecords, Watermarks
from icdmapper.storage.upload_tables import (
    VERSION,
    about,
    forgotten_content,
    upload_metadata,
)
from icdmapper.texts import _

_SALT_BYTES = 32
_SEPARATOR = "\x1f"


class UploadWork:
    """What the uploader reads and writes inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.outbox = Outbox(connection)
        self.forgetting = Forgetting(connection)
        self.records = SentRecords(connection)
        self.holdings = Holdings(connection)
        self.watermarks = Watermarks(connection)
        self.runs = Runs(connection)

    def commit(self) -> None:
        """Keep everything done in this unit of work."""
        self._connection.commit()


class UploadState:
    """One environment's state file."""

    def __init__(self, engine: Engine, environment: Environment, salt: bytes, file: Path) -> None:
        self._engine = engine
        self._salt = salt
        self.environment = environment
        self.file = file

    @classmethod
    def open(
        cls,
        file: Path,
        environment: Environment,
        *,
        new_salt: Callable[[int], bytes] = secrets.token_bytes,
    ) -> UploadState:
        """Open the file, made when absent.

        Raises:
            ProjectError: it is damaged, newer than the program, of another environment, or on a
                network drive.
        """
        _keep_private(file)
        engine = open_engine(file)
        try:
            with _understood(), engine.connect().execution_options(**{WRITES: True}) as connection:
                salt = _prepare(connection, environment, new_salt)
                connection.commit()
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, environment, salt, file)

    @contextmanager
    def reading(self) -> Iterator[UploadWork]:
        """A consistent view; nothing can be kept."""
        with _understood(), self._engine.connect() as connection:
            yield UploadWork(connection)

    @contextmanager
    def writing(self) -> Iterator[UploadWork]:
        """A transaction that holds the write lock from its first step; undone unless committed."""
        with _understood(), self._engine.connect() as plain:
            yield UploadWork(plain.execution_options(**{WRITES: True}))

    def hash_of(self, values: Sequence[str]) -> str:
        """The salted hash that stands for a record's key or content in this file."""
        text = _SEPARATOR.join(values).encode("utf-8", "surrogatepass")
        return hmac.new(self._salt, text, hashlib.sha256).hexdigest()

    def one_instance(self) -> FileLock:
        """The lock that a run holds from its first step to its last."""
        return FileLock(self.file.with_name(f"{self.file.name}.lock"))

    def close(self) -> None:
        """Release every connection."""
        self._engine.dispose()


def _keep_private(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if sys.platform != "win32" and not file.exists():
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))


def _prepare(
    connection: Connection, environment: Environment, new_salt: Callable[[int], bytes]
) -> bytes:
    if not inspect(connection).has_table("about"):
        upload_metadata.create_all(connection)
        salt = new_salt(_SALT_BYTES)
        connection.execute(
            insert(about).values(version=VERSION, environment=environment.value, salt=salt)
        )
        return salt
    row = connection.execute(select(about)).one()
    if row.version > VERSION:
        raise ProjectError(
            _("The upload state was made by a newer version of the program; nothing was changed.")
        )
    if row.environment != environment.value:
        raise ProjectError(
            _("This upload state belongs to the environment “{other}”, not “{wanted}”.").format(
                other=row.environment, wanted=environment.value
            )
        )
    # One table more is no new version of the file: an older program never looks at it.
    forgotten_content.create(connection, checkfirst=True)
    return bytes(row.salt)


@contextmanager
def _understood() -> Iterator[None]:
    """Turn the driver's error into ours; its text may hold values and is dropped."""
    try:
        yield
    except OperationalError as error:
        raise ProjectError(_sentence(str(error.orig))) from None


def _sentence(text: str) -> str:
    if "locked" in text or "busy" in text:
        return _("Another program is writing to the upload state; try again in a moment.")
    if "full" in text:
        return _("The disk is full; nothing of this step was saved. Free some space and try again.")
    if "readonly" in text or "read-only" in text:
        return _("The upload state may not be written to; nothing was saved.")
    return _("The upload state refused the step; nothing of it was saved.")
