"""What counts as the same name, and what is not part of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icdmapper.model import names
from icdmapper.model.hanzi import SIMPLIFIED


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("急性阑尾炎 NOS", "急性阑尾炎"),
        ("（左）肾囊肿", "(左)肾囊肿"),
        ("Ⅱ型糖尿病", "II型糖尿病"),
        ("腦梗塞", "脑梗塞"),
        ("黏膜下肌瘤", "粘膜下肌瘤"),
        ("肺 结 核", "肺结核"),
        ("心房颤动［心房纤颤］", "心房颤动[心房纤颤]"),
    ],
)
def test_two_spellings_of_one_name_are_equal(one: str, other: str) -> None:
    assert names.normalise(one) == names.normalise(other)


@pytest.mark.parametrize(
    ("one", "other"), [("左肾囊肿", "右肾囊肿"), ("脑梗塞", "脑梗死"), ("Ⅰ型", "Ⅱ型")]
)
def test_words_that_mean_something_are_kept_apart(one: str, other: str) -> None:
    assert names.normalise(one) != names.normalise(other)


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("1.肺炎", "肺炎"),
        ("(2)肺炎", "肺炎"),
        ("46,XX男", "46xx男"),
        ("肠系膜脂肪瘤 (M88500/0)", "肠系膜脂肪瘤"),
        ("手术后出血(T81.001)", "手术后出血"),
        ("小管周围的纤维腺瘤 (D24)", "小管周围的纤维腺瘤"),
        ("椎体骨折(T12)", "椎体骨折t12"),
        ("维生素缺乏(B12)", "维生素缺乏b12"),
        ("脊髓松解术（手术代码;03.6002)", "脊髓松解术"),
        ("直肠癌5cm", "直肠癌"),
        ("右乳肿物待查", "右乳肿物"),
        ("肺癌?", "肺癌"),
        ("脾大病理号2581517", "脾大"),
        ("二型糖尿病", "2型糖尿病"),
        ("ⅡB期", "2b期"),
        ("第三趾骨骨折", "第3趾骨骨折"),
        ("十二指肠溃疡", "十二指肠溃疡"),
        ("X综合征", "x综合征"),
        ("腰4-5椎间盘突出", "腰4/5椎间盘突出"),
        ("?", "?"),
    ],
)
def test_what_writers_add_around_a_name_is_taken_away(written: str, left: str) -> None:
    assert names.core(names.normalise(written)) == (left if left != "?" else "")


def test_a_note_in_brackets_can_be_left_out() -> None:
    assert names.without_notes("心房颤动[心房纤颤]") == "心房颤动"
    assert names.without_notes("a(b(c))d") == "ad"
    assert names.without_notes("(左)") == "(左)"


def test_square_brackets_hold_another_name() -> None:
    assert names.bracketed("心房颤动[心房纤颤](阵发性)") == ("心房纤颤",)


@pytest.mark.parametrize("name", ["肺癌待查", "疑似肺结核", "肺癌?", "胆囊炎(可能)"])
def test_a_doubt_is_recognised(name: str) -> None:
    assert names.doubtful(names.normalise(name))


@pytest.mark.parametrize("name", ["肺癌", "可逆性脑病", "查体异常"])
def test_what_is_certain_is_not_doubted(name: str) -> None:
    assert not names.doubtful(names.normalise(name))


def test_no_simplified_character_is_simplified_again() -> None:
    assert len(SIMPLIFIED) > 1000
    assert not {chr(key) for key in SIMPLIFIED} & set(SIMPLIFIED.values())


_SIGNS = "左肺癌第一型二度代码编待查胆囊黏瘺體腫1()[].-+;"


@given(st.text(_SIGNS, max_size=12))
def test_plain_names_are_normalised_as_all_others_are(name: str) -> None:
    # The blank in front leads round the short cut, and goes.
    assert names.normalise(name) == names.normalise(f" {name}")


@given(st.text("左肺癌第一型二度代码编待查胆囊", max_size=12))
def test_the_core_of_a_plain_name_is_that_of_the_same_name_with_a_mark_in_it(name: str) -> None:
    assert names.core(name) == names.core(f'{name}"')
