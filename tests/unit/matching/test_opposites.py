"""Words that turn a name into its opposite."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icdmapper.matching.engine import Matcher
from icdmapper.matching.knowledge import load_knowledge
from icdmapper.matching.opposites import opposite
from icdmapper.matching.questions import Query
from icdmapper.matching.reasons import OPPOSITE
from icdmapper.model.codes import CodeKind, ReferenceCode
from icdmapper.model.mapping import Relation
from icdmapper.paths import shipped
from icdmapper.texts.slots import slot_word

NAMES = st.text(st.sampled_from("内外上下大小肺叶脑膜炎切除开术12型级动静脉"), max_size=12)


@pytest.mark.parametrize(
    ("local", "reference", "found"),
    [
        ("硬膜内脂肪瘤", "硬膜外脂肪瘤", ("内", "外")),
        ("大脑良性肿瘤", "小脑良性肿瘤", ("大", "小")),
        ("羊水过少", "妊娠合并羊水过多", ("过少", "过多")),
        ("椎板切除减压术", "椎板切开减压术", ("切除", "切开")),
        ("视网膜中央动脉阻塞", "视网膜中央静脉阻塞", ("动脉", "静脉")),
        ("killipii级", "killipiii级", ("ii级", "iii级")),
        ("孕39+2周", "孕38周", ("39周", "38周")),
        # The way in is not the place, and both words in one name say nothing.
        ("右上肺楔形切除术", "胸腔镜下肺楔形切除术", None),
        ("硬膜外血肿清除术", "颅内血肿清除术", None),
        ("上颌前突下颌后缩", "下颌后缩", None),
        ("动静脉瘘", "动脉瘘", None),
        # Another place: the cells lie above, the tract below.
        ("上皮内瘤变", "下生殖道肿瘤", None),
        ("孕33+5周", "孕33周", None),
        ("术后高血糖", "术后低胰岛素血症", None),
        ("2型糖尿病", "糖尿病", None),
    ],
)
def test_opposites_in_the_same_place(
    local: str, reference: str, found: tuple[str, str] | None
) -> None:
    assert opposite(local, reference) == found


@given(NAMES, NAMES)
def test_it_is_so_both_ways_and_never_of_a_name_itself(one: str, other: str) -> None:
    assert opposite(one, one) is None
    assert (opposite(one, other) is None) is (opposite(other, one) is None)


def test_a_candidate_that_says_the_opposite_contradicts() -> None:
    entry = ReferenceCode(1, "D33.101", "D33.101", "小脑良性肿瘤", CodeKind.DIAGNOSIS)
    matcher = Matcher.of([entry], load_knowledge(shipped("resources")))
    proposal = matcher.propose(Query(1, "", "大脑良性肿瘤", CodeKind.DIAGNOSIS))
    first = proposal.candidates[0]
    assert first.contradictions == (OPPOSITE,)
    assert slot_word(OPPOSITE) != OPPOSITE, "it has a word in every language"
    assert first.relation is Relation.OVERLAP
    assert not proposal.safe
