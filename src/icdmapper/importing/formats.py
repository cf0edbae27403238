"""What a file really is, told by its first bytes and never by its name."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path

from icdmapper.importing.refusals import RefusedSourceError, UnreadableKind
from icdmapper.model.problems import Place
from icdmapper.texts import N_


class FileFormat(Enum):
    """The families of files that can be read."""

    XLSX = "xlsx"
    XLS = "xls"
    DBF = "dbf"
    DELIMITED = "text"


_EXTENSIONS = {
    ".xlsx": FileFormat.XLSX,
    ".xls": FileFormat.XLS,
    ".dbf": FileFormat.DBF,
    ".csv": FileFormat.DELIMITED,
    ".tsv": FileFormat.DELIMITED,
    ".txt": FileFormat.DELIMITED,
}

_FOREIGN = (
    (b"%PDF", N_("a PDF document")),
    (b"Rar!", N_("a RAR archive")),
    (b"7z\xbc\xaf", N_("a 7-Zip archive")),
    (b"\x1f\x8b", N_("a gzip archive")),
    (b"BZh", N_("a bzip2 archive")),
    (b"\xfd7zXZ", N_("an xz archive")),
    (b"\x89PNG", N_("a picture")),
    (b"\xff\xd8\xff", N_("a picture")),
    (b"GIF8", N_("a picture")),
    (b"MZ", N_("a Windows program")),
    (b"\x7fELF", N_("a program")),
    (b"SQLite format 3", N_("a SQLite database")),
    (b"{\\rtf", N_("a rich-text document")),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
# Excel before 1995 wrote its records without a container around them.
_BARE_BIFF = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x08\x00")
_MARKUP = re.compile(rb"^(\xef\xbb\xbf)?\s*<(!doctype|html|head|table|\?xml|meta|style)", re.I)
_DBF_VERSIONS = frozenset(
    b"\x02\x03\x04\x05\x07\x30\x31\x32\x43\x63\x83\x87\x8b\x8c\x8e\xcb\xe5\xf5\xfb"
)
_START = 1 << 12


def recognise(path: Path) -> FileFormat:
    """The true format of a file.

    Raises:
        RefusedSourceError: the file is of a kind that is not read at all.
    """
    with path.open("rb") as file:
        start = file.read(_START)
    for magic, name in _FOREIGN:
        # Two letters may also begin a list: a program has zero bytes soon after.
        if start.startswith(magic) and (len(magic) > 2 or b"\0" in start[:64] or magic[0] > 127):
            raise _wrong(path, name)
    if start.startswith(_OLE):
        return FileFormat.XLS
    if start.startswith(_ZIP):
        return FileFormat.XLSX
    if start.startswith(_BARE_BIFF):
        raise _wrong(path, N_("a workbook of a very old Excel"))
    if _MARKUP.match(start):
        raise _wrong(path, N_("a web page or XML file, whatever it is called"))
    if looks_like_dbf(start, path.stat().st_size):
        return FileFormat.DBF
    if path.suffix.lower() == ".dbf":
        raise RefusedSourceError(
            UnreadableKind.DAMAGED, Place(path.name), reason=N_("its header makes no sense")
        )
    return FileFormat.DELIMITED


def expected(path: Path) -> FileFormat | None:
    """The format that the file's name promises, None when it promises nothing."""
    return _EXTENSIONS.get(path.suffix.lower())


def looks_like_dbf(start: bytes, size: int) -> bool:
    """Whether the bytes begin a dBASE or FoxPro table: there is no magic, only a sane header."""
    if len(start) < 33 or start[0] not in _DBF_VERSIONS:
        return False
    header_bytes = int.from_bytes(start[8:10], "little")
    record_bytes = int.from_bytes(start[10:12], "little")
    return start[2] <= 12 and start[3] <= 31 and 33 <= header_bytes <= size and record_bytes > 1


def _wrong(path: Path, name: str) -> RefusedSourceError:
    return RefusedSourceError(UnreadableKind.WRONG_FORMAT, Place(path.name), reason=name)
