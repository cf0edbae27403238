"""Names that join conditions: where they are cut, and what is offered for each part."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.matchers import matcher_of
from icdmapper.matching import parting
from icdmapper.matching.engine import Matcher
from icdmapper.matching.questions import Query
from icdmapper.model.codes import CodeKind
from icdmapper.model.mapping import Relation
from icdmapper.model.proposals import Candidate, Proposal
from icdmapper.storage.values import proposal_from_text, proposal_to_text

ENTRIES = [
    ("E14.901", "糖尿病"),
    ("E14.201", "糖尿病性肾病"),
    ("I10.x01", "高血压"),
    ("K52.901", "急性胃肠炎"),
    ("E87.801", "电解质紊乱"),
    ("S72.001", "股骨颈骨折"),
    ("S22.301", "肋骨骨折"),
    ("S72.901", "股骨骨折"),
    ("S82.201", "胫骨骨折"),
    ("K74.601", "肝硬化"),
    ("D73.101", "脾功能亢进"),
    ("K80.201", "胆囊结石"),
    ("K82.801", "胆囊息肉"),
    ("I86.401", "食管和胃底静脉曲张"),
    ("74.1x01", "剖宫产术"),
    ("66.3201", "双侧输卵管结扎术"),
]
KNOWN = frozenset(name for _, name in ENTRIES)


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return matcher_of(ENTRIES)


def parts(name: str) -> tuple[str, ...]:
    return parting.parts_of(name, KNOWN.__contains__)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("糖尿病伴高血压", ("糖尿病", "高血压")),
        ("糖尿病合并高血压", ("糖尿病", "高血压")),
        ("急性胃肠炎 电解质紊乱", ("急性胃肠炎", "电解质紊乱")),
        ("右股骨颈骨折＋肋骨骨折", ("右股骨颈骨折", "肋骨骨折")),
        ("1.肝硬化2.脾功能亢进", ("肝硬化", "脾功能亢进")),
        ("左侧股骨、胫骨骨折", ("左侧股骨骨折", "胫骨骨折")),
        ("胆囊息肉胆囊结石", ("胆囊息肉", "胆囊结石")),
        ("肝硬化、食管和胃底静脉曲张", ("肝硬化", "食管和胃底静脉曲张")),
        ("剖宫产术+双侧输卵管结扎术", ("剖宫产术", "双侧输卵管结扎术")),
        ("无痛性甲状腺炎、高血压", ("无痛性甲状腺炎", "高血压")),
        ("重症肌无力和高血压", ("重症肌无力", "高血压")),
        ("高血压伴不稳定性心绞痛", ("高血压", "不稳定性心绞痛")),
        ("急性胃肠炎和左肾的囊肿", ("急性胃肠炎", "左肾的囊肿")),
        ("糖尿病伴未分化结缔组织病", ("糖尿病", "未分化结缔组织病")),
        ("剖宫产术+经皮肾镜取石术", ("剖宫产术", "经皮肾镜取石术")),
    ],
)
def test_what_is_joined_is_cut(name: str, expected: tuple[str, ...]) -> None:
    assert parts(name) == expected


@pytest.mark.parametrize(
    "name",
    [
        "糖尿病不伴并发症",
        "糖尿病",
        "并指畸形",
        "食管和胃底静脉曲张",
        "糖尿病(伴高血压)",
        "肩和上臂",
        "病变波及胸膜",
        "纵隔淋巴结结核病，经细菌学和组织学所证实",
        "扁桃体结核，未提及细菌学或组织学的证实",
        "双侧股疝不伴梗阻和坏疽",
        "肾上腺皮质功能亢进，与库欣综合征无关",
        "髋和大腿水平的股神经损伤",
        "髋和大腿的浅表损伤",
    ],
)
def test_what_joins_nothing_stays_whole(name: str) -> None:
    assert parts(name) == ()


SIGNS = ["伴", "合并", "、", "，", "；", "+", "/", " ", "　", "及", "和", "并发"]


@given(
    st.lists(st.sampled_from(sorted(KNOWN)), min_size=2, max_size=4, unique=True),
    st.sampled_from(SIGNS),
)
def test_every_sign_cuts_known_names_apart(names: list[str], sign: str) -> None:
    assert parts(sign.join(names)) == tuple(names)


@given(st.text(alphabet="糖尿病伴和及并高血压、 +/()（）1.?骨折", max_size=20))
def test_no_text_breaks_the_cutting_and_parts_are_said_once(text: str) -> None:
    found = parts(text)
    assert len(found) != 1
    assert len(set(found)) == len(found)


def offered(matcher: Matcher, name: str, kind: CodeKind = CodeKind.DIAGNOSIS) -> Proposal:
    return matcher.propose(Query(1, "", name, kind))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("糖尿病伴高血压", {"糖尿病", "高血压"}),
        ("急性胃肠炎 电解质紊乱", {"急性胃肠炎", "电解质紊乱"}),
        ("右股骨颈骨折+肋骨骨折", {"股骨颈骨折", "肋骨骨折"}),
        ("左侧股骨、胫骨骨折", {"股骨骨折", "胫骨骨折"}),
    ],
)
def test_first_candidate_and_companions_are_the_set(
    matcher: Matcher, name: str, wanted: set[str]
) -> None:
    proposal = offered(matcher, name)
    found = [proposal.candidates[0].name, *(one.name for one in proposal.companions)]
    assert wanted <= set(found)
    assert len(found) == len(set(found))
    assert not proposal.safe


def test_joined_procedures_are_cut_too(matcher: Matcher) -> None:
    proposal = offered(matcher, "剖宫产术+双侧输卵管结扎术", CodeKind.PROCEDURE)
    found = {proposal.candidates[0].name, *(one.name for one in proposal.companions)}
    assert found == {"剖宫产术", "双侧输卵管结扎术"}


@pytest.mark.parametrize("name", ["糖尿病伴肾病", "食管和胃底静脉曲张", "糖尿病"])
def test_an_entry_that_covers_all_stands_alone(matcher: Matcher, name: str) -> None:
    assert offered(matcher, name).companions == ()


def test_a_companion_says_its_part_and_is_stored_with_it(matcher: Matcher) -> None:
    proposal = offered(matcher, "糖尿病伴高血压病")
    parts = {proposal.candidates[0].name} | {one.part for one in proposal.companions}
    assert len(proposal.companions) == 1
    assert parts & {"糖尿病", "高血压病"}
    assert proposal.companions[0].part in ("糖尿病", "高血压病")
    stored = proposal_from_text(1, proposal.safe, proposal_to_text(proposal))
    assert stored.companions[0].part == proposal.companions[0].part


def test_an_official_combination_where_the_code_points_stands_alone(matcher: Matcher) -> None:
    name = "食管静脉曲张伴高血压"
    assert matcher.propose(Query(1, "", name, CodeKind.DIAGNOSIS)).companions != ()
    first = matcher.propose(Query(1, "I86.451", name, CodeKind.DIAGNOSIS))
    assert first.candidates[0].name == "食管和胃底静脉曲张"
    assert first.companions == ()
    more = matcher.propose(Query(1, "I86.451", f"{name}、糖尿病", CodeKind.DIAGNOSIS))
    assert {one.name for one in more.companions} == {"高血压", "糖尿病"}


def test_a_part_that_is_no_condition_of_its_own_adds_nothing() -> None:
    first = Candidate(1, "E14.901", "糖尿病", 0.6, Relation.LOCAL_FINER)
    weak = Candidate(2, "I10.x01", "高血压", 0.4, Relation.EQUIVALENT)
    whole = Proposal(1, (first,))
    answers = [whole, Proposal(0, (weak,))]
    assert parting.with_parts(whole, ("糖尿病", "高血压"), answers, str) == whole


def test_what_an_entry_is_called_denies_nothing() -> None:
    known = (KNOWN | {"心肌无灌注"}).__contains__
    assert parting.parts_of("心肌无灌注和高血压", known) == ("心肌无灌注", "高血压")
    assert parting.parts_of("心肌无灌注和高血压", KNOWN.__contains__) == ()
