"""An outgoing folder instead of a connection, for servers behind a network gap (网闸).

A package is written aside, renamed, and only then marked ready by a file `.ok` with its SHA-256
and record count. A note of what was marked is kept in `.given`, so that after a kill it is
certain whether the carrier may have taken the package. Answers come back as files of the same
shape as the platform's result in the folder `answers`.
"""

from __future__ import annotations

import contextlib
import json
import os
from datetime import datetime
from pathlib import Path

from icdmapper.model.errors import RefusedError
from icdmapper.model.sending import Outcome, StoredPackage, Trouble
from icdmapper.texts import _
from icdmapper.upload.gateway import Result, Sent, UnreachableError, checked_name, read_feedback

ANSWERS, GIVEN = "answers", ".given"
READY, ASIDE = ".ok", ".part"
_LARGEST_ANSWER = 1 << 20


class FolderGateway:
    """Packages into a folder, answers out of its subfolder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.receiver_time: datetime | None = None

    def token(self) -> None:
        """No account is needed; the folders must be there to write into.

        Raises:
            RefusedError: they cannot be made.
        """
        try:
            for place in (self._folder, self._folder / ANSWERS, self._folder / GIVEN):
                place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RefusedError(
                _("The outgoing folder {folder} cannot be used: {reason}.").format(
                    folder=self._folder, reason=error.strerror
                )
            ) from None

    def send(self, content: bytes, one: StoredPackage) -> Sent:
        """Write, rename, mark ready; the same package again changes nothing."""
        name = checked_name(one.name)
        marker = json.dumps({"file": name, "sha256": one.sha256, "records": one.records}).encode()
        try:
            if not self._marked(name):
                self._write(self._folder / name, content)
                self._write(self._folder / GIVEN / name, marker)
            if (self._folder / name).exists():
                self._write(self._folder / f"{name}{READY}", marker)
        except OSError:
            return Sent(Outcome.RETRY_LATER, Trouble.SERVER_ERROR)
        return Sent(Outcome.RECEIVED)

    def result(self, one: StoredPackage) -> Result:
        """The answer to this package; absent while it was never marked ready."""
        name = checked_name(one.name)
        file = self._folder / ANSWERS / f"{name}.json"
        try:
            if file.exists():
                with file.open("rb") as stream:
                    content = json.loads(stream.read(_LARGEST_ANSWER))
                inner = content.get("result", content) if isinstance(content, dict) else None
                return Result(read_feedback(inner), name)
            waiting = (self._folder / name).exists() and not (
                self._folder / f"{name}{READY}"
            ).exists()
            return Result(name=name, absent=waiting or not self._marked(name))
        except (OSError, ValueError):
            # A half-written answer is whole the next time.
            raise UnreachableError(Trouble.UNREADABLE_ANSWER) from None

    def withdraw(self, one: StoredPackage) -> bool:
        """Remove an accepted package that the carrier left behind; False when that fails.

        Its note in `.given` and its answer stay: it can never look as if it was not given.
        """
        name = checked_name(one.name)
        if not self._folder.is_dir():
            # A share that is not there now has its files all the same.
            return False
        try:
            for left in (name, f"{name}{ASIDE}", f"{name}{READY}"):
                (self._folder / left).unlink(missing_ok=True)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Nothing is held open."""

    def _marked(self, name: str) -> bool:
        return (self._folder / GIVEN / name).exists()

    @staticmethod
    def _write(file: Path, content: bytes) -> None:
        aside = file.with_name(f"{file.name}{ASIDE}")
        with aside.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(file)
        # Not every system lets a folder be synchronised; the rename is atomic all the same.
        with contextlib.suppress(OSError):
            handle = os.open(file.parent, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
