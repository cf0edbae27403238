"""A lock of the operating system on a file: one instance at a time, free again when it dies."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from icdmapper.model.errors import ConflictError
from icdmapper.texts import _


class FileLock:
    """Held inside a `with`; the file stays behind empty, the lock does not."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._handle = -1

    @property
    def held(self) -> bool:
        """Whether this object holds the lock now."""
        return self._handle >= 0

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            ConflictError: another process, or another part of this one, holds it.
        """
        self._file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _take(handle)
        except OSError:
            os.close(handle)
            raise ConflictError(
                _("Another run of the uploader is active; this one did nothing.")
            ) from None
        self._handle = handle
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give the lock back; closing the file is enough."""
        os.close(self._handle)
        self._handle = -1


if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
