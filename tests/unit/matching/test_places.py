"""The second witness: what a code's own extension says, and how two codes stand together."""

from __future__ import annotations

import numpy as np
import pytest

from icdmapper.matching.places import (
    PLACE_FEATURES,
    Extension,
    PlaceBook,
    agreement,
    entry_facts,
    extension_of,
)
from icdmapper.model import icd


@pytest.mark.parametrize(
    ("code", "extension"),
    [
        ("K35", Extension.NONE),
        ("K35.9", Extension.NONE),
        ("K35.900", Extension.NONE),
        ("I10.x00", Extension.NONE),
        ("K35.901", Extension.NUMBERED),
        ("I10.x02", Extension.NUMBERED),
        ("L08.918", Extension.NUMBERED),
        ("K35.991", Extension.RESIDUAL),
        ("K35.900x005", Extension.WITH_X),
        ("I10.x00x002", Extension.WITH_X),
        ("E14.600x001+N08.3*", Extension.WITH_X),
        ("00.4600", Extension.NONE),
        ("46.5204", Extension.NUMBERED),
        ("00.6800x001", Extension.WITH_X),
    ],
)
def test_an_extension_is_told_by_its_spelling(code: str, extension: Extension) -> None:
    shape = icd.parse(code)
    assert shape is not None
    assert extension_of(shape) is extension


def test_a_pair_says_how_its_codes_agree_and_what_their_extensions_are() -> None:
    shapes = [icd.parse(code) for code in ("K35.900", "K35.901", "K35.900x005")]
    book, reference = PlaceBook.learn(shapes)
    local = book.look_up(["K35.900x011", "K35.901"])
    rows, targets = np.array([0, 1], dtype=np.int32), np.array([1, 1], dtype=np.int32)
    facts = entry_facts(shapes, ["阑尾炎"] * 3, reference)[targets]
    columns = np.hstack([agreement(local, reference, rows, targets), facts])
    first, second = (dict(zip(PLACE_FEATURES, line, strict=True)) for line in columns)
    assert (first["same_subcategory"], first["same_code"], first["code_listed"]) == (1, 0, 0)
    assert (second["same_subcategory"], second["same_code"], second["code_listed"]) == (1, 1, 1)
    assert first["code_extension"] == Extension.WITH_X
    assert second["code_extension"] == first["extension"] == Extension.NUMBERED
    assert first["numbered"] == pytest.approx(np.log1p(1))
    assert first["numbered_with_x"] == pytest.approx(np.log1p(1))
