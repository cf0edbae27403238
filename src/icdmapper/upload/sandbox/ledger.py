"""What the receiver keeps: every upload and every record it stored, appended and synchronised.

Two files of JSON lines that a test, or a person, can count without this program. Records are
named by hashes salted per ledger.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from icdmapper.model.sending import Stage

UPLOADS, RECORDS, SALT = "uploads.jsonl", "records.jsonl", "salt.hex"


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload as the receiver keeps it; `stage` is the one it ends in."""

    id: str
    at: str
    sha256: str
    size: int
    rc020: str
    rc021: str
    stage: int
    grades: tuple[int, int, int, int] = (0, 0, 0, 0)
    grade: int = 0
    stocked: int = 0
    total: int = 0
    error: str = ""
    files: tuple[str, ...] = ()
    repeat_of: str = ""
    problems: tuple[tuple[str, str, int], ...] = field(default=())
    """(kind, field, how often)."""


class Ledger:
    """The receiver's memory in a folder; read back when the sandbox is started again."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        salt = folder / SALT
        if not salt.exists():
            salt.write_text(secrets.token_hex(16), encoding="ascii")
        self.salt = bytes.fromhex(salt.read_text(encoding="ascii"))
        self.uploads = [_upload(line) for line in _lines(folder / UPLOADS)]
        self._first = {one.sha256: one for one in self.uploads if one.stage == Stage.DONE}

    def next_id(self) -> str:
        """The id of the next upload, counting from 1."""
        return str(len(self.uploads) + 1)

    def stored(self, sha256: str) -> Upload | None:
        """The upload that brought these bytes first and was stored; None when they are new."""
        return self._first.get(sha256)

    def add(self, upload: Upload, records: Iterable[tuple[str, str]]) -> None:
        """Keep an upload and what was stored of it, records first."""
        _append(
            self._folder / RECORDS,
            "".join(f'["{upload.id}","{key}","{content}"]\n' for key, content in records),
        )
        _append(self._folder / UPLOADS, json.dumps(asdict(upload), ensure_ascii=False) + "\n")
        self.uploads.append(upload)
        if upload.stage == Stage.DONE:
            self._first.setdefault(upload.sha256, upload)


def stored_records(folder: Path) -> Iterator[tuple[str, str, str]]:
    """(upload, key hash, content hash) of every record a ledger holds."""
    return ((upload, key, content) for upload, key, content in _lines(folder / RECORDS))


def _append(file: Path, text: str) -> None:
    with file.open("a", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def _lines(file: Path) -> Iterator[Any]:
    if file.exists():
        with file.open(encoding="utf-8") as stream:
            for line in stream:
                yield json.loads(line)


def _upload(data: dict[str, Any]) -> Upload:
    return Upload(
        **{
            **data,
            "grades": tuple(data["grades"]),
            "files": tuple(data["files"]),
            "problems": tuple(tuple(one) for one in data["problems"]),
        }
    )
