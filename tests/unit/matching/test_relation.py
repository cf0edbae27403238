"""Which way a one-way alias reads, and what round brackets add to an entry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icdmapper.matching import relation
from icdmapper.matching.engine import Matcher
from icdmapper.matching.knowledge import Knowledge, load_knowledge
from icdmapper.matching.questions import Query
from icdmapper.matching.relation import same_words
from icdmapper.matching.wording import Wording
from icdmapper.model.codes import CodeKind, ReferenceCode
from icdmapper.model.mapping import Relation
from icdmapper.model.proposals import Proposal, ReasonKind
from icdmapper.paths import shipped


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge(shipped("resources"))


def asked(knowledge: Knowledge, local: str, entry: str) -> Proposal:
    code = "49.3901"
    reference = ReferenceCode(1, code, code, entry, CodeKind.PROCEDURE)
    return Matcher.of([reference], knowledge).propose(Query(1, "", local, CodeKind.PROCEDURE))


@pytest.mark.parametrize(
    ("local", "entry", "relation", "safe"),
    [
        ("舌囊肿切除术", "舌病损切除术", Relation.LOCAL_FINER, True),
        # A cyst is one kind of lesion: what is written for any lesion may be something else.
        ("舌病损切除术", "舌囊肿切除术", Relation.LOCAL_COARSER, False),
        # Two kinds of one thing are not each other, though both lead to the same wording.
        ("腭肿瘤切除术", "腭囊肿切除术", Relation.OVERLAP, False),
    ],
)
def test_one_way_aliases_are_read_one_way(
    knowledge: Knowledge, local: str, entry: str, relation: Relation, safe: bool
) -> None:
    proposal = asked(knowledge, local, entry)
    assert (proposal.candidates[0].relation, proposal.safe) == (relation, safe)


def test_a_condition_in_round_brackets_is_part_of_the_entry(knowledge: Knowledge) -> None:
    """Without a device is another procedure than with one (ICD-9-CM-3 70.77 and 70.78)."""
    proposal = asked(knowledge, "阴道固定术", "阴道固定术(使用移植物或假体)")
    first = proposal.candidates[0]
    assert (first.relation, proposal.safe) == (Relation.LOCAL_COARSER, False)
    assert ReasonKind.MISSING_LOCAL in {reason.kind for reason in first.reasons}


@pytest.mark.parametrize("local", ["肱骨和尺骨骨折", "肱骨及尺骨骨折"])
def test_a_condition_in_brackets_stays_when_the_names_join_otherwise(
    knowledge: Knowledge, local: str
) -> None:
    entry = ReferenceCode(1, "T10.x01", "T10.x01", "肱骨和尺骨骨折(开放性)", CodeKind.DIAGNOSIS)
    query = Query(1, "", local, CodeKind.DIAGNOSIS)
    proposal = Matcher.of([entry], knowledge).propose(query)
    assert (proposal.candidates[0].relation, proposal.safe) == (Relation.LOCAL_COARSER, False)


def test_two_different_letters_are_two_kinds(knowledge: Knowledge) -> None:
    proposal = asked(knowledge, "血友病(A)", "血友病(B)")
    assert (proposal.candidates[0].relation, proposal.safe) == (Relation.OVERLAP, False)


@pytest.mark.parametrize("entry", ["心电向量图(ECG)", "心电向量图[心电矢量图]"])
def test_a_bracket_that_only_names_again_changes_nothing(knowledge: Knowledge, entry: str) -> None:
    proposal = asked(knowledge, "心电向量图", entry)
    assert (proposal.candidates[0].relation, proposal.safe) == (Relation.EQUIVALENT, True)


@pytest.mark.parametrize(
    ("local", "entry", "relation"),
    [
        ("麻疹肺炎", "麻疹并发肺炎", Relation.EQUIVALENT),
        ("麻疹性肺炎", "麻疹并发肺炎", Relation.EQUIVALENT),
        ("髋伴有大腿挤压伤", "髋和大腿挤压伤", Relation.EQUIVALENT),
        # 高血压性 names the cause, 伴 only a companion.
        ("高血压性心力衰竭", "高血压伴心力衰竭", Relation.OVERLAP),
        ("糖尿病肾病", "糖尿病伴肾病", Relation.LOCAL_COARSER),
        ("妊娠糖尿病", "妊娠合并糖尿病", Relation.OVERLAP),
        ("肺炎伴胸腔积液", "肺炎不伴胸腔积液", Relation.OVERLAP),
        # A second name in brackets says nothing new, a condition does.
        ("传染性红斑[第五病]", "传染性红斑", Relation.EQUIVALENT),
        ("全部胃肠外营养(TPN)", "全部胃肠外营养", Relation.EQUIVALENT),
        ("阑尾炎[急性]", "阑尾炎[慢性]", Relation.LOCAL_FINER),
        ("肺恶性肿瘤[小细胞]", "肺恶性肿瘤", Relation.LOCAL_FINER),
        ("星形细胞瘤 NOS (C71.-)", "星形细胞瘤", Relation.EQUIVALENT),
        ("耳烧伤", "耳部烧伤", Relation.EQUIVALENT),
        # "Not otherwise specified" is "unspecified"; "other and unspecified" takes in more.
        ("雅司病 NOS", "未特指的雅司病", Relation.EQUIVALENT),
        ("视网膜疾患", "视网膜未特指的疾患", Relation.EQUIVALENT),
        ("雅司病 NOS", "其他和未特指的雅司病", Relation.LOCAL_FINER),
        ("左肺结核", "未特指的肺结核", Relation.LOCAL_FINER),
    ],
)
def test_what_joins_or_names_again_is_no_difference(
    knowledge: Knowledge, local: str, entry: str, relation: Relation
) -> None:
    reference = ReferenceCode(1, "A00.001", "A00.001", entry, CodeKind.DIAGNOSIS)
    query = Query(1, "", local, CodeKind.DIAGNOSIS)
    assert Matcher.of([reference], knowledge).propose(query).candidates[0].relation is relation


@pytest.mark.parametrize(
    ("local", "entry", "safe"),
    [
        ("耳烧伤", "耳部烧伤", True),
        ("胃造口维护", "胃造口术维护", True),
        ("凝血因子Ⅶ缺乏症", "凝血因子Ⅶ缺乏", True),
        ("唇交界恶性肿瘤", "唇交界性肿瘤", True),
        ("雅司病 NOS", "未特指的雅司病", True),
        # Where the same sign means something it stays.
        ("子宫全部切除", "子宫全切除", False),
        ("手术后腹痛", "手腹痛", False),
        ("阑尾炎术后", "阑尾炎后", False),
        ("抑郁症", "抑郁", False),
        ("髂动脉栓塞术", "髂动脉栓塞", False),
        ("食管扩张术", "食管扩张", False),
        ("术口出血", "口出血", False),
        ("眼部动脉瘤", "眼动脉瘤", False),
        ("舌部神经损伤", "舌神经损伤", False),
        ("胃上部溃疡", "胃上溃疡", False),
        ("雅司病", "其他和未特指的雅司病", False),
        ("交通事故中乘客的损伤", "非交通事故中乘客的损伤", False),
    ],
)
def test_what_is_left_out_by_habit_may_be_left_out_and_nothing_else(
    knowledge: Knowledge, local: str, entry: str, safe: bool
) -> None:
    reference = ReferenceCode(1, "A00.001", "A00.001", entry, CodeKind.DIAGNOSIS)
    query = Query(1, "A00.051", local, CodeKind.DIAGNOSIS)
    proposal = Matcher.of([reference], knowledge).propose(query)
    assert proposal.safe is safe
    assert not safe or proposal.candidates[0].score > 0.9


@pytest.mark.parametrize(
    ("code", "local", "safe"),
    [
        ("H33.251", "视网膜剥离", True),
        ("", "视网膜剥离", True),
        # Under H33.0 it has a break, which H33.2 has not: the two witnesses do not agree.
        ("H33.052", "视网膜剥离", False),
        ("H33.052", "视网膜脱离", True),
        ("H40.052", "视网膜脱离", False),
    ],
)
def test_the_subcategory_is_a_witness_where_the_name_is_another(
    knowledge: Knowledge, code: str, local: str, safe: bool
) -> None:
    entries = [
        ReferenceCode(1, "H33.202", "H33.202", "视网膜脱离", CodeKind.DIAGNOSIS),
        ReferenceCode(2, "H33.001", "H33.001", "孔源性视网膜脱离", CodeKind.DIAGNOSIS),
        ReferenceCode(3, "H40.001", "H40.001", "可疑青光眼", CodeKind.DIAGNOSIS),
    ]
    query = Query(1, code, local, CodeKind.DIAGNOSIS)
    assert Matcher.of(entries, knowledge).propose(query).safe is safe


@pytest.mark.parametrize("local", ["左心室造影", "阴茎切开"])
def test_the_word_for_an_operation_may_be_left_out(knowledge: Knowledge, local: str) -> None:
    assert asked(knowledge, local, f"{local}术").safe


def test_a_bare_name_is_the_unspecified_entry_only_in_its_own_place(knowledge: Knowledge) -> None:
    """Several categories call their last entry by one name."""
    name = "未特指的骑脚踏车人员在交通事故中的损伤"
    entries = [
        ReferenceCode(at, code, code, name, CodeKind.EXTERNAL_CAUSE)
        for at, code in enumerate(("V10.9", "V11.9", "V12.9"), start=1)
    ]
    matcher = Matcher.of(entries, knowledge)
    bare = name.removeprefix("未特指的")
    for code, safe in (("", False), ("V11.951", True)):
        proposal = matcher.propose(Query(1, code, bare, CodeKind.EXTERNAL_CAUSE))
        assert proposal.safe is safe


def test_an_accident_in_traffic_is_none_outside_of_it(knowledge: Knowledge) -> None:
    """ICD-10 codes them apart in every category of V01 to V99."""
    entry = ReferenceCode(1, "V48.6", "V48.6", "交通事故中乘客的损伤", CodeKind.EXTERNAL_CAUSE)
    query = Query(1, "V48.151", "非交通事故中乘客的损伤", CodeKind.EXTERNAL_CAUSE)
    first = Matcher.of([entry], knowledge).propose(query).candidates[0]
    assert (first.relation, first.contradictions) == (
        Relation.OVERLAP,
        ("交通事故或非交通事故",),
    )


@pytest.mark.parametrize(
    ("local", "entry"),
    [
        ("晚期先天性神经梅毒[幼年型神经梅毒]", "晚期先天性神经梅毒[幼年型神经梅毒]"),
        ("乳糜泻(脂泻病)", "乳糜泻[脂泻病]"),
    ],
)
def test_the_same_words_in_brackets_are_the_same_name(
    knowledge: Knowledge, local: str, entry: str
) -> None:
    """The entry is also found by what is left of it without brackets, which says less."""
    reference = ReferenceCode(1, "A50.451", "A50.451", entry, CodeKind.DIAGNOSIS)
    query = Query(1, "A50.451", local, CodeKind.DIAGNOSIS)
    proposal = Matcher.of([reference], knowledge).propose(query)
    first = proposal.candidates[0]
    assert (first.relation, proposal.safe) == (Relation.EQUIVALENT, True)
    assert first.reasons[0].kind is ReasonKind.SAME_NAME


@pytest.mark.parametrize(
    ("local", "entry", "same"),
    [
        ("类库欣综合征", "库欣综合征", False),
        ("肝血管瘤病", "肝血管瘤", False),
        ("结肠息肉病", "结肠息肉", False),
        ("青霉素中毒", "青霉素类中毒", True),
        ("肺炎病", "肺炎", True),
    ],
)
def test_what_is_like_something_or_many_of_it_is_not_it(
    knowledge: Knowledge, local: str, entry: str, same: bool
) -> None:
    reference = ReferenceCode(1, "E24.901", "E24.901", entry, CodeKind.DIAGNOSIS)
    query = Query(1, "", local, CodeKind.DIAGNOSIS)
    first = Matcher.of([reference], knowledge).propose(query).candidates[0]
    assert (first.relation is Relation.EQUIVALENT) is same


_WRITTEN = st.text(st.sampled_from("肺炎病的性伴有和合并发所致引起导"), max_size=10)


def wording(strict: str) -> Wording:
    return Wording(strict, strict, strict, strict)


@given(_WRITTEN)
def test_where_a_name_begins_and_ends_nothing_is_taken_out(name: str) -> None:
    """So names with other ends are other words, which is how most are told apart."""
    joined = relation._joined(name)
    assert (joined[:1], joined[-1:]) == (name[:1], name[-1:])


@given(_WRITTEN)
def test_a_word_that_joins_is_not_counted(name: str) -> None:
    assert same_words(wording(f"肾{name}伴癌"), wording(f"肾{name}合并癌"))
    assert not same_words(wording(f"肾{name}伴癌"), wording(f"肺{name}伴癌"))
