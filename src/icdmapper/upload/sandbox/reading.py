"""The receiver's own eyes: opens a ZIP within limits and reads DBF files without our writer's code.

Written from the published description of dBase III files, so that a mistake of the uploader's
writer is not repeated here.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from icdmapper.texts import N_

LARGEST_UPLOAD = 64 << 20
"""Bytes of one request."""
_LARGEST_CONTENT = 2 << 30
_LARGEST_RATIO = 2000
"""A year of mostly blank front pages packs about 1:300."""
_MOST_FILES = 8
_HEAD, _COLUMN, _END = 32, 32, 0x0D
_DELETED = 0x2A


class UnfitUploadError(Exception):
    """The upload cannot be read; `reason` is a message for people, without values."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class DbfColumn:
    """One column: where it lies in a record, in bytes."""

    name: str
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class DbfFile:
    """A DBF file; records stay bytes until they are asked for."""

    name: str
    columns: tuple[DbfColumn, ...]
    _content: bytes
    _first: int
    _width: int
    _count: int

    def records(self) -> Iterator[bytes]:
        """Every record that is not marked deleted, without its mark."""
        content, width = memoryview(self._content), self._width
        for at in range(self._first, self._first + self._width * self._count, width):
            if content[at] != _DELETED:
                yield bytes(content[at + 1 : at + width])


def unzip(content: bytes) -> list[tuple[str, bytes]]:
    """The files of a ZIP.

    Raises:
        UnfitUploadError: it is no ZIP, damaged, encrypted, or larger than any month.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if not entries or len(entries) > _MOST_FILES:
                raise UnfitUploadError(N_("the ZIP is empty or holds too many files"))
            size = sum(entry.file_size for entry in entries)
            if size > min(_LARGEST_CONTENT, _LARGEST_RATIO * max(len(content), 1024)):
                raise UnfitUploadError(N_("the ZIP would unpack to more than is plausible"))
            if any(entry.flag_bits & 1 for entry in entries):
                raise UnfitUploadError(N_("the ZIP is encrypted"))
            return [(entry.filename, _unpacked(archive, entry)) for entry in entries]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError):
        raise UnfitUploadError(N_("this is no ZIP, or it is damaged")) from None


def read_dbf(name: str, content: bytes) -> DbfFile:
    """A DBF file by its header.

    Raises:
        UnfitUploadError: header and content do not fit together.
    """
    if len(content) < _HEAD + 1:
        raise UnfitUploadError(N_("a DBF file is shorter than its header"))
    count = int.from_bytes(content[4:8], "little")
    first = int.from_bytes(content[8:10], "little")
    width = int.from_bytes(content[10:12], "little")
    columns: list[DbfColumn] = []
    at, start = _HEAD, 0
    while at + _COLUMN <= min(first, len(content)) and content[at] != _END:
        title = content[at : at + 11].split(b"\0", 1)[0].decode("ascii", "replace")
        columns.append(DbfColumn(title, start, content[at + 16]))
        start += content[at + 16]
        at += _COLUMN
    if not columns or start + 1 != width:
        raise UnfitUploadError(N_("a DBF file's columns do not add up to its records"))
    if len(content) < first + width * count:
        raise UnfitUploadError(N_("a DBF file holds fewer records than its header says"))
    return DbfFile(name, tuple(columns), content, first, width, count)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as stream:
        # The directory's size may lie; one byte more than it says is enough to know.
        content = stream.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise UnfitUploadError(N_("this is no ZIP, or it is damaged"))
    return content
