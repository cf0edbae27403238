"""Columns by their different texts say the same as their rows, whichever side they came from."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from icdmapper.upload.columns import Column, Table, together

TEXTS = st.lists(st.sampled_from(["", "-", "a", "b", " b", "肝\n囊肿", "１"]), max_size=12)


def whole(texts: list[str]) -> Column:
    return Column(np.array(texts, dtype=object))


@settings(deadline=None)
@given(TEXTS)
def test_both_sides_are_the_same_column(texts: list[str]) -> None:
    for one in (whole(texts), Column.of(np.arange(len(texts)), texts)):
        assert len(one) == len(texts)
        assert len(set(one.texts)) == len(one.texts)
        assert [one.texts[at] for at in one.which] == texts == one.rows.tolist()
        assert one.blank is (not any(texts))
        assert one.where(lambda text: text > "a").tolist() == [text > "a" for text in texts]
        assert one.mapped(str.strip).rows.tolist() == [text.strip() for text in texts]


@settings(deadline=None)
@given(TEXTS, st.data())
def test_records_are_taken_and_put_back(texts: list[str], data: st.DataObject) -> None:
    marked = data.draw(st.lists(st.booleans(), min_size=len(texts), max_size=len(texts)))
    positions = np.flatnonzero(np.array(marked, dtype=bool))
    for reduced in (False, True):
        column = whole(texts)
        if reduced:
            assert column.texts is not None
        taken = column.taken(positions)
        assert taken.rows.tolist() == [texts[at] for at in positions]
        changed = column.put(positions, taken.mapped(lambda text: text + "!"))
        expected = [text + "!" if mark else text for text, mark in zip(texts, marked, strict=True)]
        assert changed.rows.tolist() == expected
        assert column.rows.tolist() == texts


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_two_columns_share_one_list_of_texts(one: list[str], other: list[str]) -> None:
    size = min(len(one), len(other))
    ids, texts = together([whole(one[:size]), whole(other[:size])])
    assert len(set(texts)) == len(texts)
    assert [[texts[at] for at in row] for row in ids] == [one[:size], other[:size]]


def test_what_a_database_has_no_value_for_says_nothing() -> None:
    frame = pd.DataFrame({"P3": ["1", None, float("nan")], "P4": ["", "", ""]}, dtype=object)
    table = Table.of(frame)
    assert (table["P3"].texts, table["P3"].rows.tolist()) == (["1", ""], ["1", "", ""])
    assert table["P4"].blank
    assert (table["P99"].rows.tolist(), "P99" in table) == (["", "", ""], False)
    assert table.frame().to_dict("list") == {"P3": ["1", "", ""], "P4": ["", "", ""]}
