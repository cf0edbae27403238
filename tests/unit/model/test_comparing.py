"""What became of every entry between two editions: nothing lost, twice, or preferred by side."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from helpers.builders import new_code
from icdmapper.model.codes import NewCode
from icdmapper.model.comparing import compare
from icdmapper.model.editions import Change, ChangeKind, Evidence

OTHER_SIDE = {
    ChangeKind.ADDED: ChangeKind.REMOVED,
    ChangeKind.REMOVED: ChangeKind.ADDED,
    ChangeKind.SPLIT: ChangeKind.MERGED,
    ChangeKind.MERGED: ChangeKind.SPLIT,
}

_WORDS = ("胸膜", "肿瘤", "良性", "恶性", "左", "急性", "阑尾炎", " NOS", "（", "）", "Ａ", "a")
_codes = st.sampled_from(
    ("D38", "D38.2", "D38.201", "D38.202", "D38.20201", "D38.2x3", "K35.8", "K35.801")
) | st.sampled_from(("K35.802", "M80100/3", "34.0", "34.09010", "34.09011", "D38.201+G01*", "自1"))
_names = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=4).map("".join)
_editions = st.lists(st.builds(new_code, _codes, _names), max_size=14)


def entries(*codes: tuple[str, str]) -> list[NewCode]:
    return [new_code(code, name, row=row) for row, (code, name) in enumerate(codes, start=2)]


def told(old: Sequence[NewCode], new: Sequence[NewCode]) -> list[tuple[ChangeKind, str, str]]:
    """The changes as kind, old codes and new codes."""
    return [
        (one.kind, " ".join(e.code for e in one.old), " ".join(e.code for e in one.new))
        for one in compare(old, new).changes
    ]


@given(_editions, _editions)
def test_every_entry_stands_in_exactly_one_change(old: list[NewCode], new: list[NewCode]) -> None:
    changes = compare(old, new).changes
    assert Counter(id(e) for one in changes for e in one.old) == Counter(map(id, old))
    assert Counter(id(e) for one in changes for e in one.new) == Counter(map(id, new))
    for one in changes:
        assert (len(one.old), len(one.new)) != (0, 0)
        match one.kind:
            case ChangeKind.ADDED:
                assert (one.old, len(one.new)) == ((), 1)
            case ChangeKind.REMOVED:
                assert (len(one.old), one.new) == (1, ())
            case ChangeKind.SPLIT:
                assert len(one.old) == 1 < len(one.new)
                assert one.evidence
            case ChangeKind.MERGED:
                assert len(one.new) == 1 < len(one.old)
                assert one.evidence
            case _:
                assert len(one.old) == len(one.new) == 1


@given(_editions)
def test_an_edition_compared_with_itself_is_unchanged(edition: list[NewCode]) -> None:
    copy = [new_code(one.code, one.name, row=one.row) for one in edition]
    for other in (edition, copy):
        compared = compare(edition, other)
        assert {one.kind for one in compared.changes} <= {ChangeKind.UNCHANGED}
        assert len(compared.went_on) == len(edition)


@given(_editions, _editions)
def test_swapping_the_sides_swaps_what_came_and_what_went(
    old: list[NewCode], new: list[NewCode]
) -> None:
    def shape(one: Change[NewCode, NewCode], *, swapped: bool) -> tuple[object, ...]:
        kind = OTHER_SIDE.get(one.kind, one.kind) if swapped else one.kind
        sides = [sorted((e.code, e.name) for e in side) for side in (one.old, one.new)]
        return (kind.value, one.evidence, *(sides[::-1] if swapped else sides))

    there = Counter(repr(shape(one, swapped=False)) for one in compare(old, new).changes)
    back = Counter(repr(shape(one, swapped=True)) for one in compare(new, old).changes)
    assert there == back


def test_spelling_is_told_from_another_name() -> None:
    old = entries(("I63.902", "脑梗死 NOS"), ("A01.001", "伤寒（A型）"), ("K35.801", "阑尾炎"))
    new = entries(("I63.902", "脑梗死"), ("A01.001", "伤寒(a型)"), ("K35.801", "化脓性阑尾炎"))
    assert [kind for kind, _old, _new in told(old, new)] == [
        ChangeKind.RESPELLED, ChangeKind.RESPELLED, ChangeKind.RENAMED,
    ]  # fmt: skip


def test_another_spelling_of_a_code_is_the_same_code() -> None:
    assert told(entries(("A52  01", "梅毒")), entries(("A52.x01", "梅毒"))) == [
        (ChangeKind.UNCHANGED, "A52  01", "A52.x01")
    ]


def test_names_that_changed_places_are_two_renamed_codes_that_know_where_the_name_is() -> None:
    old = entries(("A16.501", "干性胸膜炎"), ("A16.502", "结核性脓胸"))
    new = entries(("A16.501", "结核性脓胸"), ("A16.502", "干性胸膜炎"))
    changes = compare(old, new).changes
    assert [one.kind for one in changes] == [ChangeKind.RENAMED] * 2
    assert [[e.code for e in one.successors] for one in changes] == [
        ["A16.502", "A16.501"], ["A16.501", "A16.502"],
    ]  # fmt: skip


def test_the_same_name_under_another_code_is_recoded() -> None:
    old = entries(("A00.905", "霍乱暴发型"), ("B01.001", "水痘"))
    new = entries(("A00.900x005", "霍乱暴发型"), ("B01.001", "水痘"))
    assert told(old, new)[0] == (ChangeKind.RECODED, "A00.905", "A00.900x005")


def test_a_heading_and_its_only_entry_of_one_name_are_told_apart() -> None:
    old = entries(("H10.9", "结膜炎"), ("H10.901", "结膜炎"))
    new = entries(("H10.900", "结膜炎"))
    assert told(old, new) == [
        (ChangeKind.REMOVED, "H10.9", ""), (ChangeKind.RECODED, "H10.901", "H10.900"),
    ]  # fmt: skip


def test_a_coarse_entry_given_up_for_finer_names_is_a_suspected_split() -> None:
    old = entries(("D38.201", "胸膜肿瘤"))
    new = entries(("D38.211", "胸膜良性肿瘤"), ("D38.212", "胸膜恶性肿瘤"), ("D38.901", "别的"))
    split, added = compare(old, new).changes
    assert (split.kind, split.evidence) == (ChangeKind.SPLIT, Evidence.NAMES_EXTEND)
    assert [one.code for one in split.new] == ["D38.211", "D38.212"]
    assert added.kind is ChangeKind.ADDED


def test_codes_below_a_code_that_is_gone_are_a_split_whatever_their_names() -> None:
    old = entries(("K35.801", "阑尾炎"))
    new = entries(("K35.80101", "坏疽"), ("K35.80102", "穿孔"))
    assert [(one.kind, one.evidence) for one in compare(old, new).changes] == [
        (ChangeKind.SPLIT, Evidence.CODES_BELOW)
    ]


def test_a_leaf_that_became_a_heading_is_split_and_goes_on() -> None:
    old = entries(("A46.x", "丹毒"))
    new = entries(
        ("A46", "丹毒"), ("A46.x", "丹毒"), ("A46.x01", "面部丹毒"), ("A46.x02", "腿丹毒")
    )
    compared = compare(
        entries(("K35.8", "阑尾炎")), entries(("K35.8", "阑尾炎"), ("K35.801", "穿孔"))
    )
    assert [(one.kind, len(one.new)) for one in compared.changes] == [(ChangeKind.SPLIT, 2)]
    assert [(before.code, after.code) for before, after in compared.went_on] == [("K35.8", "K35.8")]
    assert ("A46.x", "A46.x") in [(a.code, b.code) for a, b in compare(old, new).went_on]


def test_a_code_used_for_two_names_is_paired_by_the_name() -> None:
    old = entries(("K35.801", "甲"), ("K35.801", "乙"))
    new = entries(("K35.801", "乙"), ("K35.801", "甲"), ("K35.801", "丙"))
    assert told(old, new) == [
        (ChangeKind.UNCHANGED, "K35.801", "K35.801"),
        (ChangeKind.UNCHANGED, "K35.801", "K35.801"),
        (ChangeKind.ADDED, "", "K35.801"),
    ]


def test_a_diagnosis_and_a_morphology_are_never_the_same_entry() -> None:
    old, new = entries(("M80.000", "骨质疏松")), entries(("M80000/3", "骨质疏松"))
    assert {kind for kind, _old, _new in told(old, new)} == {ChangeKind.REMOVED, ChangeKind.ADDED}
