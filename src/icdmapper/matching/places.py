"""The second witness: where a local code and a reference entry stand in the classification.

The WHO part of a code (category and subcategory) is shared by all editions; what follows is each
edition's own numbering and means nothing to another edition.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from icdmapper.matching.index import Floats, Ints
from icdmapper.matching.lexicon import Lexicon
from icdmapper.matching.sparse import SparseRows
from icdmapper.model import icd
from icdmapper.model.icd import CodeShape, Level

PLACE_FEATURES = (
    "code_known", "same_category", "same_subcategory", "same_code", "same_chapter",
    "code_listed", "code_extension", "extension",
    "is_entry", "is_heading", "is_other", "is_unspecified", "is_morphology", "twins",
    "numbered", "numbered_with_x",
)  # fmt: skip

_HEADING = re.compile(r"[A-Z]\d\d(?:\.[\dx]00|\.x00)?|\d\d(?:\.\d[\dx]00?)?")
_OTHER = "其他"
_UNSPECIFIED = re.compile("未特指|未指明|未明示")
_NOWHERE = -1
_WITH_X = re.compile(r"x\d{3}")


class Extension(IntEnum):
    """What an edition put behind the WHO part of a code.

    Editions re-spell each other's extensions, but not at random: `x` and three digits are the
    national edition's own, `9` and a digit the Beijing one's, and `00` repeats the heading.
    """

    NONE = 0
    RESIDUAL = 1
    NUMBERED = 2
    WITH_X = 3


@dataclass(frozen=True)
class Places:
    """The places of a list of codes as numbers; equal number means equal place, -1 unknown."""

    chapter: Ints
    category: Ints
    subcategory: Ints
    code: Ints
    extension: Ints
    """An `Extension` for each code."""


class PlaceBook:
    """Gives every place a number, the same for the reference side and for later queries."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon

    @classmethod
    def learn(cls, shapes: Sequence[CodeShape | None]) -> tuple[PlaceBook, Places]:
        """A number for every place of the reference codes, and where they stand."""
        numbers: dict[str, int] = {}
        places = _places(
            shapes, lambda keys: [numbers.setdefault(key, len(numbers)) for key in keys]
        )
        return cls(Lexicon.of(list(numbers))), places

    def look_up(self, codes: Sequence[str]) -> Places:
        """The places of local codes; a place no reference entry has is unknown."""
        return _places([_parsed(code) if code else None for code in codes], self.lexicon.find)

    def knows_chapters(self, codes: Sequence[str]) -> NDArray[np.bool_]:
        """Whether each local code stands in a chapter of the reference codes."""
        shapes = [_parsed(code) if code else None for code in codes]
        chapters = [_keys(shape)[0] if shape else "" for shape in shapes]
        wanted = list(dict.fromkeys(chapters))
        known = dict(zip(wanted, (self.lexicon.find(wanted) >= 0).tolist(), strict=True))
        return np.asarray([known[chapter] for chapter in chapters], dtype=np.bool_)

    def columns(self, places: Places, weight: float) -> SparseRows:
        """Category and subcategory as columns, so that one product also counts agreement."""
        both = np.column_stack([places.category, places.subcategory])
        known = both != _NOWHERE
        starts = np.zeros(len(both) + 1, dtype=np.int32)
        np.cumsum(known.sum(axis=1), out=starts[1:])
        columns = both[known]
        values = np.full(len(columns), weight, dtype=np.float32)
        return SparseRows(values, columns, starts, max(1, len(self.lexicon.texts)))


def _places(
    shapes: Sequence[CodeShape | None], number: Callable[[Sequence[str]], Sequence[int] | Ints]
) -> Places:
    """The places of codes; `number` gives each place its number."""
    table = np.full((5, len(shapes)), _NOWHERE, dtype=np.int32)
    known = [shape for shape in shapes if shape is not None]
    at = [place for place, shape in enumerate(shapes) if shape is not None]
    keys = [key for shape in known for key in _keys(shape)]
    table[:4, at] = np.asarray(number(keys), dtype=np.int32).reshape(len(known), 4).T
    table[4, at] = [extension_of(shape) for shape in known]
    return Places(*table)


@lru_cache(maxsize=2048)
def _parsed(code: str) -> CodeShape | None:
    """The shape of a local code; one block of codes is looked up on several shelves."""
    return icd.parse(code)


def _keys(shape: CodeShape) -> tuple[str, str, str, str]:
    kind = shape.kind.system.value
    chapter = shape.category[:1] if kind == "RC020" else shape.category[:2]
    return (
        f"{kind}1{chapter}",
        f"{kind}2{shape.category}",
        f"{kind}3{shape.subcategory}",
        f"{kind}4{shape.canonical}",
    )


def extension_of(shape: CodeShape) -> Extension:
    """What kind of extension a code has."""
    own = shape.canonical.partition("+")[0].rstrip("*").removeprefix(shape.subcategory).lstrip(".")
    if not own.strip("x0"):
        return Extension.NONE
    if _WITH_X.search(own):
        return Extension.WITH_X
    return Extension.RESIDUAL if own.startswith("9") else Extension.NUMBERED


def entry_facts(shapes: Sequence[CodeShape | None], names: Sequence[str], places: Places) -> Floats:
    """What each reference entry is by itself: the last columns of `PLACE_FEATURES`.

    `places` are those of the shapes. Of a code of unknown shape there are no facts.
    """
    known = np.flatnonzero(places.subcategory != _NOWHERE)
    said = [
        (
            shape.level is Level.ENTRY,
            _HEADING.fullmatch(shape.canonical.partition("+")[0].rstrip("*")) is not None,
            _OTHER in name,
            _UNSPECIFIED.search(name) is not None,
            shape.behaviour != "",
        )
        for shape, name in zip(shapes, names, strict=True)
        if shape is not None
    ]
    subcategory, extension = places.subcategory[known], places.extension[known]
    crowds = [
        np.bincount(subcategory[among], minlength=1 + int(subcategory.max(initial=0)))[subcategory]
        for among in (
            slice(None), extension == Extension.NUMBERED, extension == Extension.WITH_X,
        )
    ]  # fmt: skip
    facts = np.zeros((len(shapes), len(PLACE_FEATURES) - PLACE_FEATURES.index("is_entry")))
    facts[known] = np.column_stack([np.asarray(said).reshape(len(known), -1), *np.log1p(crowds)])
    return facts.astype(np.float32)


def agreement(local: Places, reference: Places, rows: Ints, targets: Ints) -> Floats:
    """How far the codes of each pair agree: the first columns of `PLACE_FEATURES`."""
    columns = [local.chapter[rows] != _NOWHERE]
    for name in ("category", "subcategory", "code", "chapter"):
        mine: Ints = getattr(local, name)[rows]
        theirs: Ints = getattr(reference, name)[targets]
        columns.append((mine == theirs) & (mine != _NOWHERE))
    columns.append(local.code[rows] != _NOWHERE)
    columns += [local.extension[rows], reference.extension[targets]]
    return np.stack(columns, axis=1).astype(np.float32)
