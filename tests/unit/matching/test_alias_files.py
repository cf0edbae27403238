"""The hospital's own aliases: what is written is read, and what does nothing is told."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icdmapper.matching.alias_check import AliasFault, AliasRow, check_aliases
from icdmapper.matching.alias_file import read_alias_rows, write_alias_rows
from icdmapper.matching.knowledge import Alias, Direction
from icdmapper.model.errors import UnreadableSourceError

SHIPPED = (Alias("肺癌", "肺恶性肿瘤", Direction.SAME, ""),)


def faults(*pairs: tuple[str, str]) -> list[AliasFault | None]:
    found = check_aliases([AliasRow(*pair) for pair in pairs], SHIPPED)
    return [found.get(at) for at in range(len(pairs))]


def test_a_good_row_has_no_fault() -> None:
    assert faults(("脑梗", "脑梗死")) == [None]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("", "脑梗死")], [AliasFault.EMPTY]),
        ([("脑梗死", " 脑梗死 ")], [AliasFault.NO_EFFECT]),
        ([("ＴＢ", "tb")], [AliasFault.NO_EFFECT]),
        ([("肺癌", "肺恶性肿瘤")], [AliasFault.SHIPPED]),
        ([("甲", "乙"), ("乙", "甲")], [AliasFault.CIRCLE, AliasFault.CIRCLE]),
        ([("肺恶性肿瘤", "肺癌")], [AliasFault.CIRCLE]),
        ([("甲", "乙"), ("甲", "丙")], [AliasFault.REPEATED, None]),
    ],
)
def test_each_fault_is_found(pairs: list[tuple[str, str]], expected: list[AliasFault]) -> None:
    assert faults(*pairs) == expected


def test_an_unknown_direction_is_told() -> None:
    found = check_aliases([AliasRow("甲", "乙", "both")], ())
    assert found == {0: AliasFault.DIRECTION}


_WORDS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1).filter(
    lambda text: not text.startswith("#") and text != "written"
)


@given(rows=st.lists(st.builds(AliasRow, _WORDS, _WORDS, st.just("same"), _WORDS)))
def test_what_is_written_is_read_again(rows: list[AliasRow], tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path_factory.mktemp("aliases") / "own.tsv"
    write_alias_rows(file, rows)
    assert read_alias_rows(file) == tuple(rows)


def test_another_encoding_is_told_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "别名.tsv"
    file.write_bytes("脑梗\t脑梗死".encode("gb18030"))
    with pytest.raises(UnreadableSourceError, match=file.stem):
        read_alias_rows(file)
    assert read_alias_rows(tmp_path / "none.tsv") == ()
