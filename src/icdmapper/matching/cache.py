"""Keeping a measured reference set on disk, so that the next start need not measure it again.

A cache file is named by the content it was made from; a file that cannot be read is made again.
It holds plain arrays and text only, never anything that runs when it is read.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from icdmapper.matching import index
from icdmapper.matching.features import Grams, Spaces
from icdmapper.matching.index import GramSpace
from icdmapper.matching.wording import Wording
from icdmapper.model.codes import ReferenceCode

logger = logging.getLogger(__name__)

_FORMAT = "3"
_KEPT_FILES = 8
_CUTS: dict[str, Callable[[str], list[str]]] = {
    "core": index.characters,
    "standard": index.characters,
    "pairs": index.character_pairs,
}
_FORMS = ("plain", "core", "standard", "strict")


@dataclass(frozen=True)
class Prepared:
    """What takes long to make from the names of a reference set."""

    wordings: Sequence[Wording]
    spaces: Spaces
    grams: Grams
    slot_places: Sequence[Sequence[int]]


def file_for(
    folder: Path, references: Sequence[ReferenceCode], knowledge: str, family: str
) -> Path:
    """The cache file of exactly these entries and this knowledge."""
    digest = hashlib.sha256(f"{_FORMAT}|{knowledge}|{family}".encode())
    for one in references:
        digest.update(f"{one.code}\t{one.name}\n".encode())
    return folder / f"shelf-{digest.hexdigest()[:32]}.npz"


def load(file: Path) -> Prepared | None:
    """What was kept, or None when there is nothing usable."""
    if not file.is_file():
        return None
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            return _unpacked({name: kept[name] for name in kept.files})
    except (OSError, EOFError, ValueError, KeyError, IndexError, zipfile.BadZipFile):
        logger.warning("the matching index %s cannot be read and is made again", file.name)
        return None


def save(file: Path, prepared: Prepared) -> None:
    """Keep it, written aside and then renamed; a full disk only costs the next start."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=file.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as stream:
                np.savez(stream, **_packed(prepared))
            Path(aside).replace(file)
        except OSError:
            Path(aside).unlink(missing_ok=True)
            raise
        _forget_old(file.parent)
    except OSError:
        logger.warning("the matching index could not be kept in %s", file.parent)


def _forget_old(folder: Path) -> None:
    files = sorted(folder.glob("shelf-*.npz"), key=lambda one: -one.stat().st_mtime)
    for file in files[_KEPT_FILES:]:
        with suppress(OSError):
            file.unlink()


def _packed(prepared: Prepared) -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    for form in _FORMS:
        arrays[f"text_{form}"] = _lines([getattr(one, form) for one in prepared.wordings])
    for name in _CUTS:
        space: GramSpace = getattr(prepared.spaces, name)
        grams: sp.csr_matrix = getattr(prepared.grams, name)
        arrays[f"{name}_known"] = _lines(list(space.columns))
        arrays[f"{name}_weights"] = space.weights
        arrays[f"{name}_indices"], arrays[f"{name}_indptr"] = grams.indices, grams.indptr
    arrays["slot_counts"] = np.asarray([len(one) for one in prepared.slot_places], dtype=np.int32)
    flat = [place for one in prepared.slot_places for place in one]
    arrays["slot_places"] = np.asarray(flat, dtype=np.int32)
    return arrays


def _unpacked(arrays: dict[str, Any]) -> Prepared:
    forms = [_read_lines(arrays[f"text_{form}"]) for form in _FORMS]
    wordings = [Wording(*texts) for texts in zip(*forms, strict=True)]
    spaces: dict[str, GramSpace] = {}
    grams: dict[str, sp.csr_matrix] = {}
    for name, cut in _CUTS.items():
        known = _read_lines(arrays[f"{name}_known"])
        weights = arrays[f"{name}_weights"]
        spaces[name] = GramSpace({gram: at for at, gram in enumerate(known)}, weights, cut)
        indices, pointers = arrays[f"{name}_indices"], arrays[f"{name}_indptr"]
        shape = (len(wordings), max(1, len(known)))
        grams[name] = sp.csr_matrix((weights[indices], indices, pointers), shape=shape)
    ends = np.cumsum(arrays["slot_counts"])
    flat = arrays["slot_places"].tolist()
    places = [
        flat[end - count : end] for end, count in zip(ends, arrays["slot_counts"], strict=True)
    ]
    return Prepared(wordings, Spaces(**spaces), Grams(**grams), places)


def _lines(texts: Sequence[str]) -> Any:
    """Texts as bytes; normalised names hold no line breaks."""
    return np.frombuffer("\n".join(texts).encode(), dtype=np.uint8)


def _read_lines(packed: Any) -> list[str]:
    text: str = packed.tobytes().decode()
    return text.split("\n")
