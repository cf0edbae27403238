"""Look into an .xlsx before it is unpacked: is it a workbook, and is it safe to read?"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import NoReturn

from icdmapper.importing.refusals import RefusedSourceError, UnreadableKind
from icdmapper.importing.sources import MAX_ROWS
from icdmapper.model.problems import Place, Problem, ProblemCode, Severity
from icdmapper.texts import N_

_MAX_MEMBERS = 10_000
_MAX_UNPACKED = 1 << 30
# Very repetitive sheets reach 20 to 1; a part of blanks made to fill a disk 200 to 1,000 to 1.
_MAX_RATIO = 100
_RATIO_MATTERS_FROM = 20 << 20
_PROLOGUE = 1 << 16
_COUNT_FROM = 32 << 20
_BLOCK = 1 << 20
# Spelled in UTF-16 a declaration would pass a search for ASCII, so zero bytes are dropped first.
_DECLARATION = re.compile(rb"<!(DOCTYPE|ENTITY)", re.I)
_READ_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    UnicodeError,
)


def inspect_workbook(path: Path) -> list[Problem]:
    """Refuse what is not a plain workbook or not safe; otherwise what is worth a word.

    Raises:
        RefusedSourceError: encrypted, oversized, with macros or entities, or not a workbook.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check_sizes(path, members)
            _check_names(path, members)
            _check_prologues(path, archive, members)
            _check_rows(path, archive, members)
    except _READ_ERRORS:
        _refuse(path, UnreadableKind.DAMAGED, N_("the workbook's archive is broken"))
    if any(member.filename.lower().startswith("xl/externallinks/") for member in members):
        return [Problem(ProblemCode.EXTERNAL_LINKS, Severity.WARNING, Place(path.name))]
    return []


def _check_sizes(path: Path, members: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(member.file_size for member in members)
    if len(members) > _MAX_MEMBERS or unpacked > _MAX_UNPACKED:
        _refuse(path, UnreadableKind.UNSAFE, N_("it unpacks to far more than a code list needs"))
    for member in members:
        if member.flag_bits & 1:
            _refuse(path, UnreadableKind.ENCRYPTED, "")
        if member.file_size > _RATIO_MATTERS_FROM and member.file_size > _MAX_RATIO * max(
            member.compress_size, 1
        ):
            _refuse(path, UnreadableKind.UNSAFE, N_("it is made to unpack without end"))
    end = 0
    for member in sorted(members, key=lambda one: one.header_offset):
        if member.header_offset < end:
            _refuse(path, UnreadableKind.DAMAGED, N_("its parts overlap"))
        end = member.header_offset + member.compress_size


def _check_names(path: Path, members: list[zipfile.ZipInfo]) -> None:
    names = [member.filename for member in members]
    lower = {name.lower() for name in names}
    if len(set(names)) < len(names):
        _refuse(path, UnreadableKind.UNSAFE, N_("two of its parts have the same name"))
    for name in names:
        parts = PurePosixPath(name.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or ":" in name:
            _refuse(path, UnreadableKind.UNSAFE, N_("a part wants to be placed outside of it"))
    if any(name.endswith(("vbaproject.bin", "vbadata.xml")) for name in lower) or any(
        name.startswith("xl/macrosheets/") for name in lower
    ):
        _refuse(path, UnreadableKind.UNSAFE, N_("it holds macros; save it as .xlsx without macros"))
    if "xl/workbook.xml" not in lower:
        _refuse(path, UnreadableKind.WRONG_FORMAT, _other_package(lower))


def _other_package(names: set[str]) -> str:
    if any(name.startswith("word/") for name in names):
        return N_("a Word document")
    if any(name.startswith("ppt/") for name in names):
        return N_("a presentation")
    if "xl/workbook.bin" in names:
        return N_("a binary workbook (.xlsb)")
    if "content.xml" in names:
        return N_("an OpenDocument file")
    return N_("a ZIP archive")


def _check_prologues(path: Path, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
    """No workbook program declares entities; the tricks with them all begin before the root."""
    for member in members:
        if not member.filename.lower().endswith((".xml", ".rels")):
            continue
        with archive.open(member) as part:
            prologue = part.read(_PROLOGUE).replace(b"\0", b"")
        if _DECLARATION.search(prologue):
            _refuse(path, UnreadableKind.UNSAFE, N_("it declares XML entities"))


def _check_rows(path: Path, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
    """Count the rows of a huge sheet before a parser spends its time and memory on them."""
    for member in members:
        if member.file_size < _COUNT_FROM or "worksheets/" not in member.filename.lower():
            continue
        rows = 0
        with archive.open(member) as sheet:
            while block := sheet.read(_BLOCK):
                rows += block.count(b"<row")
                if rows > MAX_ROWS:
                    raise RefusedSourceError(
                        UnreadableKind.TOO_MANY_ROWS, Place(path.name), limit=f"{MAX_ROWS:,}"
                    )


def _refuse(path: Path, kind: UnreadableKind, reason: str) -> NoReturn:
    raise RefusedSourceError(kind, Place(path.name), reason=reason)
