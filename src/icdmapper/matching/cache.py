"""Keeping a measured reference set on disk, so that the next start need not measure it again.

A cache file is named by the content it was made from; a file that cannot be read is made again.
It holds plain arrays and text only, never anything that runs when it is read. Its arrays are
mapped into memory, not read: all processes that use the same set share one copy.
"""

from __future__ import annotations

import hashlib
import json
import logging
import mmap
import os
import struct
import tempfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from icdmapper.matching.lexicon import Texts
from icdmapper.matching.sparse import SparseRows

logger = logging.getLogger(__name__)

Parts = Mapping[str, Any]
"""By name: an array, sparse rows, or texts."""

_FORMAT = "9"
_KEPT_FILES = 12
_HEAD = struct.Struct("<8sQI")
"""Mark, length of the description, check sum of all that follows."""
_MARK = b"icdshelf"
_ALIGNED = 64
_READ_AT_ONCE = 1 << 18
_ARRAY, _MATRIX, _TEXTS = "array", "matrix", "texts"


def file_for(folder: Path, kind: str, *made_from: str) -> Path:
    """The cache file of what was made from exactly this."""
    digest = hashlib.sha256("|".join((_FORMAT, *made_from)).encode())
    return folder / f"{kind}-{digest.hexdigest()[:32]}.index"


def load(file: Path) -> Parts | None:
    """What was kept, or None when there is nothing usable."""
    if not file.is_file():
        return None
    try:
        with file.open("rb") as stream:
            length = _checked(stream)
            return _unpacked(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ), length)
    except (OSError, ValueError, KeyError, TypeError, IndexError, struct.error):
        logger.warning("the matching index %s cannot be read and is made again", file.name)
        return None


def save(file: Path, parts: Parts) -> None:
    """Keep it, written aside and then renamed; a full disk only costs the next start."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=file.parent, suffix=".part")
        try:
            with os.fdopen(handle, "w+b") as stream:
                _write(stream, parts)
            Path(aside).replace(file)
        except OSError:
            Path(aside).unlink(missing_ok=True)
            raise
        _forget_old(file.parent)
    except OSError:
        logger.warning("the matching index could not be kept in %s", file.parent)


def _forget_old(folder: Path) -> None:
    files = sorted(folder.glob("*.index"), key=lambda one: -one.stat().st_mtime)
    for file in files[_KEPT_FILES:]:
        with suppress(OSError):
            file.unlink()


def _write(stream: IO[bytes], parts: Parts) -> None:
    described: dict[str, Any] = {}
    arrays: list[np.ndarray[Any, Any]] = []
    place = 0
    for name, part in parts.items():
        kind, pieces = _pieces(part)
        lying = []
        for piece in pieces:
            lying.append([piece.dtype.str, list(piece.shape), place])
            arrays.append(piece)
            place += -(-piece.nbytes // _ALIGNED) * _ALIGNED
        whole = list(part.shape) if kind == _MATRIX else [len(part)]
        described[name] = [kind, whole, lying]
    description = json.dumps(described).encode()
    description += b" " * (-(_HEAD.size + len(description)) % _ALIGNED)
    check = zlib.crc32(description)
    stream.write(_HEAD.pack(_MARK, len(description), 0) + description)
    for one in arrays:
        content = one.tobytes()
        content += bytes(-len(content) % _ALIGNED)
        check = zlib.crc32(content, check)
        stream.write(content)
    stream.seek(0)
    stream.write(_HEAD.pack(_MARK, len(description), check))


def _pieces(part: Any) -> tuple[str, list[np.ndarray[Any, Any]]]:
    if isinstance(part, SparseRows):
        return _MATRIX, [part.values, part.columns, part.starts]
    if isinstance(part, Texts):
        return _TEXTS, [part.content, part.starts]
    return _ARRAY, [np.ascontiguousarray(part)]


def _checked(stream: IO[bytes]) -> int:
    """The length of the description, once every byte is known to be what was written.

    Read and not mapped: pages of the map that matching never looks at take no memory.
    """
    mark, length, check = _HEAD.unpack(stream.read(_HEAD.size))
    found = 0
    while content := stream.read(_READ_AT_ONCE):
        found = zlib.crc32(content, found)
    if mark != _MARK or found != check:
        raise ValueError("not what was written")
    return int(length)


def _unpacked(kept: mmap.mmap, length: int) -> Parts:
    body = _HEAD.size + length
    parts: dict[str, Any] = {}
    for name, (kind, whole, lying) in json.loads(kept[_HEAD.size : body]).items():
        pieces = [
            np.frombuffer(
                kept, np.dtype(dtype), int(np.prod(shape, dtype=np.int64)), body + place
            ).reshape(shape)
            for dtype, shape, place in lying
        ]
        if kind == _MATRIX:
            values, columns, starts = pieces
            parts[name] = SparseRows(values, columns, starts, whole[1])
        elif kind == _TEXTS:
            parts[name] = Texts(*pieces)
        else:
            parts[name] = pieces[0]
    return parts
