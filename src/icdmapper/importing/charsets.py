"""Which encoding a text file is in: decided by strict decoding of the whole file, never by luck."""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from icdmapper.importing.refusals import RefusedSourceError, UnreadableKind
from icdmapper.model.problems import Place

ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
"""What a person may choose from; a mark at the start of the file is recognised with each."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# GB18030 holds every character of the older two at the same bytes.
_ALIASES = {"gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030"}
_BLOCK = 1 << 20
_SAMPLE = 1 << 16


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The SHA-256 and size of the bytes that were read."""

    sha256: str
    size_bytes: int


def fingerprint(path: Path) -> Fingerprint:
    """The hash and size of a file, read once from end to end."""
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return Fingerprint(digest.hexdigest(), size)


def settle_encoding(path: Path, chosen: str | None) -> str:
    """The encoding to read `path` with: the chosen one if the file obeys it, else the detected.

    Raises:
        RefusedSourceError: the bytes are not text in the chosen or in any known encoding.
    """
    with path.open("rb") as file:
        start = file.read(_SAMPLE)
        marked = next((name for mark, name in _MARKS if start.startswith(mark)), None)
        if chosen is not None:
            candidates = [_with_mark(known_encoding(chosen, path), start)]
        elif marked:
            candidates = [marked]
        elif unmarked := _utf16_by_zero_bytes(start):
            candidates = [unmarked]
        else:
            candidates = ["utf-8", "gb18030"]
        return _first_that_decodes(file, candidates, path)


def canonical_name(encoding: str) -> str:
    """The name under which an encoding is shown and stored."""
    name = codecs.lookup(encoding).name
    return _ALIASES.get(name, name)


def known_encoding(encoding: str, path: Path) -> str:
    """The canonical name of an encoding a person chose; refused when there is no such encoding."""
    try:
        found = codecs.lookup(encoding)
        "a".encode(encoding)
    except (LookupError, ValueError, UnicodeError):
        raise RefusedSourceError(
            UnreadableKind.BAD_ENCODING, Place(path.name), encoding=encoding
        ) from None
    return _ALIASES.get(found.name, found.name)


def _with_mark(encoding: str, start: bytes) -> str:
    """The variant of a chosen encoding that swallows the mark the file begins with."""
    if encoding == "utf-8" and start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if (encoding == "utf-16-le" and start.startswith(codecs.BOM_UTF16_LE)) or (
        encoding == "utf-16-be" and start.startswith(codecs.BOM_UTF16_BE)
    ):
        return "utf-16"
    return encoding


def _utf16_by_zero_bytes(start: bytes) -> str | None:
    """Codes, separators and line ends are ASCII, so one half of their code units is zero."""
    units = len(start) // 2
    if units < 2:
        return None
    low_first = start[1::2].count(0)
    high_first = start[0::2].count(0)
    for name, zeros, others in (
        ("utf-16-le", low_first, high_first),
        ("utf-16-be", high_first, low_first),
    ):
        if zeros * 20 >= units and others * 4 <= zeros:
            return name
    return None


def _first_that_decodes(file: BinaryIO, candidates: list[str], path: Path) -> str:
    """The first candidate the whole file obeys; the furthest failure is the one reported."""
    failures: list[tuple[int, str]] = []
    for name in candidates:
        file.seek(0)
        bad_line = _line_of_failure(file, name)
        if bad_line is None:
            return name
        failures.append((bad_line, name))
    row = max(line for line, _ in failures)
    names = " / ".join(shown_name(name) for _, name in failures)
    raise RefusedSourceError(UnreadableKind.BAD_ENCODING, Place(path.name, row=row), encoding=names)


def _line_of_failure(file: BinaryIO, encoding: str) -> int | None:
    """The 1-based line at which strict decoding fails, None when it does not."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    line = 1
    block = b"?"
    while block:
        block = file.read(_BLOCK)
        try:
            line += decoder.decode(block, final=not block).count("\n")
        except UnicodeError as error:
            good = getattr(error, "object", b"")[: getattr(error, "start", 0)]
            return line + good.count(b"\n")
    return None


def shown_name(name: str) -> str:
    """An encoding as people write it."""
    return {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "gb18030": "GB18030"}.get(name, name.upper())
