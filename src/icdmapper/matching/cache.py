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
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
import scipy.sparse as sp

from icdmapper.matching.lexicon import Texts
from icdmapper.model.codes import ReferenceCode

logger = logging.getLogger(__name__)

Parts = Mapping[str, Any]
"""By name: an array, a sparse matrix, or texts without line breaks."""

_FORMAT = "5"
_KEPT_FILES = 8
_HEAD = struct.Struct("<8sQI")
"""Mark, length of the description, check sum of all that follows."""
_MARK = b"icdshelf"
_ALIGNED = 64
_ARRAY, _MATRIX, _LINES = "array", "matrix", "lines"


def file_for(
    folder: Path, references: Sequence[ReferenceCode], knowledge: str, family: str
) -> Path:
    """The cache file of exactly these entries in this order, and this knowledge."""
    digest = hashlib.sha256(f"{_FORMAT}|{knowledge}|{family}|{np.__version__}".encode())
    digest.update("\n".join(f"{one.code}\t{one.name}" for one in references).encode())
    return folder / f"shelf-{digest.hexdigest()[:32]}.index"


def load(file: Path) -> Parts | None:
    """What was kept, or None when there is nothing usable."""
    if not file.is_file():
        return None
    try:
        with file.open("rb") as stream:
            kept = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        return _unpacked(kept)
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
    files = sorted(folder.glob("shelf-*"), key=lambda one: -one.stat().st_mtime)
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
    if sp.issparse(part):
        return _MATRIX, [part.data, part.indices, part.indptr]
    if isinstance(part, Texts):
        return _LINES, [np.frombuffer(part.joined.encode(), dtype=np.uint8)]
    return _ARRAY, [np.ascontiguousarray(part)]


def _unpacked(kept: mmap.mmap) -> Parts:
    mark, length, check = _HEAD.unpack_from(kept)
    with memoryview(kept) as content:
        if mark != _MARK or zlib.crc32(content[_HEAD.size :]) != check:
            raise ValueError("not what was written")
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
            parts[name] = sp.csr_matrix(tuple(pieces), shape=tuple(whole), copy=False)
        elif kind == _LINES:
            parts[name] = Texts(pieces[0].tobytes().decode(), whole[0])
        else:
            parts[name] = pieces[0]
    return parts
