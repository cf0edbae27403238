"""Decide what kind a code is: by its shape, by the source's category, by its neighbours; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

from icdmapper.model import icd
from icdmapper.model.codes import CodeKind


class Category(Enum):
    """What a category column says of a row."""

    DIAGNOSIS = CodeKind.DIAGNOSIS
    EXTERNAL_CAUSE = CodeKind.EXTERNAL_CAUSE
    MORPHOLOGY = CodeKind.MORPHOLOGY
    PROCEDURE = CodeKind.PROCEDURE
    CHINESE_MEDICINE = None
    """Diseases and syndromes of Chinese medicine, which none of the three sets holds."""


# The letters of a widely used HIS; a column is read so only if it holds nothing else.
_LETTERS = {
    "D": Category.DIAGNOSIS,
    "Y": Category.EXTERNAL_CAUSE,
    "M": Category.MORPHOLOGY,
    "S": Category.PROCEDURE,
    "B": Category.CHINESE_MEDICINE,
    "Z": Category.CHINESE_MEDICINE,
}
# The first that is found decides: 肿瘤形态学 is no diagnosis, 中医诊断 none of these.
_WORDS = (
    ("中医", Category.CHINESE_MEDICINE),
    ("证候", Category.CHINESE_MEDICINE),
    ("形态", Category.MORPHOLOGY),
    ("外部原因", Category.EXTERNAL_CAUSE),
    ("外因", Category.EXTERNAL_CAUSE),
    ("损伤中毒", Category.EXTERNAL_CAUSE),
    ("损伤和中毒", Category.EXTERNAL_CAUSE),
    ("损伤、中毒", Category.EXTERNAL_CAUSE),
    ("手术", Category.PROCEDURE),
    ("操作", Category.PROCEDURE),
    ("诊断", Category.DIAGNOSIS),
    ("疾病", Category.DIAGNOSIS),
)
_BETWEEN = re.compile(r"[;；,，、|\\\s]+|(?<=\d)/(?=[A-Z])")


def categories_of(cells: Sequence[str]) -> list[Category | None]:
    """What each cell of a category column says; None where it says nothing that is known."""
    tidy = [cell.strip().upper() for cell in cells]
    if {cell for cell in tidy if cell} <= _LETTERS.keys():
        return [_LETTERS.get(cell) for cell in tidy]
    known = {cell: _by_word(cell) for cell in set(tidy)}
    return [known[cell] for cell in tidy]


def glued_codes(code: str) -> tuple[str, ...]:
    """The codes in a cell that holds several, as `C50.9；C77.3`; empty when it does not."""
    parts = tuple(part for part in _BETWEEN.split(code.strip().upper()) if part)
    return parts if len(parts) > 1 and all(icd.parse(part) for part in parts) else ()


def settle_kinds(
    shapes: Sequence[CodeKind | None], only: CodeKind | None = None
) -> list[CodeKind | None]:
    """Give the codes whose kind nothing tells the kind of their neighbours.

    Lists are sorted by kind, so a stray row such as the single letter of a chapter belongs with
    what stands before it, and the first rows with what follows. `only` is the kind the person
    said the whole list is. None remains only when no code of the list has a kind.
    """
    settled: list[CodeKind | None] = list(shapes)
    first = next((kind for kind in shapes if kind is not None), None)
    before = only or first
    for index, kind in enumerate(shapes):
        if kind is None:
            settled[index] = only or before
        else:
            before = kind
    return settled


def _by_word(cell: str) -> Category | None:
    return next((category for word, category in _WORDS if word in cell), None)
