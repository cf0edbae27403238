"""What stands beside the main target."""

from __future__ import annotations

import pytest

from helpers.matchers import matcher_of
from icdmapper.matching import companions
from icdmapper.matching.engine import Matcher
from icdmapper.matching.questions import Query
from icdmapper.model.codes import CodeKind

ENTRIES = [
    ("C34.101", "肺上叶恶性肿瘤"),
    ("D14.301", "肺良性肿瘤"),
    ("E14.901", "糖尿病"),
    ("I10.x01", "高血压"),
    ("A01.003+G01*", "伤寒性脑膜炎"),
    ("G01.x01*", "细菌性疾病引起的脑膜炎"),
    ("M81400/3", "腺癌"),
    ("M81400/0", "腺瘤"),
    ("C64.x01", "肾恶性肿瘤"),
    ("M896000/3", "肾母细胞瘤"),
    ("D38.101", "肺交界性肿瘤"),
    ("M800000/1", "良性或恶性未肯定肿瘤"),
    ("M824000/1", "潜在的动态未肯定的类癌瘤"),
    ("D17.901", "脂肪瘤"),
    ("M885000/0", "脂肪瘤"),
    ("M885100/0", "纤维脂肪瘤"),
]


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return matcher_of(ENTRIES)


def beside(matcher: Matcher, name: str, attached: str = "") -> list[str]:
    proposal = matcher.propose(Query(1, "", name, CodeKind.DIAGNOSIS, attached))
    return [companion.name for companion in proposal.companions]


def test_a_tumour_gets_the_morphology_of_its_behaviour(matcher: Matcher) -> None:
    assert beside(matcher, "肺上叶恶性肿瘤(腺癌)") == ["腺癌"]


def test_a_tissue_that_the_name_does_not_speak_of_is_not_suggested(matcher: Matcher) -> None:
    assert beside(matcher, "肾恶性肿瘤") == []
    assert beside(matcher, "肺交界性肿瘤") == ["良性或恶性未肯定肿瘤"]


def test_the_code_that_a_name_carries_says_which_tissue_it_is(matcher: Matcher) -> None:
    assert beside(matcher, "肾恶性肿瘤（M89600/3）") == ["肾母细胞瘤"]
    assert beside(matcher, "脂肪瘤 (M88510/0)") == ["脂肪瘤", "纤维脂肪瘤"], "both are shown"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("肺动态未定的肿瘤 (M80000/1)", "M80000/1"),
        ("弹力纤维瘤（Ｍ88200/0）", "M88200/0"),
        ("m8140/3 腺癌", "M8140/3"),
        ("腺癌", ""),
    ],
)
def test_a_code_in_a_name_is_read_however_it_is_written(name: str, code: str) -> None:
    assert companions.stated(name) == code


def test_a_disease_that_is_no_tumour_gets_no_morphology(matcher: Matcher) -> None:
    assert beside(matcher, "高血压") == []


def test_joined_conditions_are_shown_part_by_part(matcher: Matcher) -> None:
    proposal = matcher.propose(Query(1, "", "糖尿病伴高血压", CodeKind.DIAGNOSIS))
    names = {proposal.candidates[0].name, *(one.name for one in proposal.companions)}
    assert {"糖尿病", "高血压"} <= names


def test_the_other_half_of_an_attached_code_is_shown(matcher: Matcher) -> None:
    assert "细菌性疾病引起的脑膜炎" in beside(matcher, "伤寒性脑膜炎", "G01.x01*")


@pytest.mark.parametrize(
    ("code", "digit"),
    [("C34.101", "3"), ("C78.001", "6"), ("D03.901", "2"), ("D14.301", "0"), ("D38.201", "1"),
     ("I10.x01", ""), ("M80.000", "")],
)  # fmt: skip
def test_the_place_of_a_neoplasm_demands_a_behaviour(code: str, digit: str) -> None:
    assert companions.behaviour_of(code) == digit
