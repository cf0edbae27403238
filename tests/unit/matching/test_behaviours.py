"""The behaviour digit of a morphology code is a witness of its own."""

from __future__ import annotations

import pytest

from icdmapper.matching.engine import Matcher
from icdmapper.matching.knowledge import Knowledge, load_knowledge
from icdmapper.matching.questions import Query
from icdmapper.model.codes import CodeKind, ReferenceCode
from icdmapper.model.mapping import Relation
from icdmapper.model.proposals import Proposal, Reason, ReasonKind
from icdmapper.paths import shipped


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge(shipped("resources"))


def asked(knowledge: Knowledge, code: str, entry: str, name: str) -> Proposal:
    reference = ReferenceCode(1, entry, entry, name, CodeKind.MORPHOLOGY)
    query = Query(1, code, f"{name} NOS", CodeKind.MORPHOLOGY)
    return Matcher.of([reference], knowledge).propose(query)


def test_another_behaviour_under_the_same_name_is_a_contradiction(knowledge: Knowledge) -> None:
    """ICD-O-3 made 骨髓增生异常综合征 malignant: /1 before, /3 since."""
    proposal = asked(knowledge, "M99890/1", "M998900/3", "骨髓增生异常综合征")
    first = proposal.candidates[0]
    assert first.contradictions == ("肿瘤性质",)
    assert first.relation is Relation.OVERLAP
    assert Reason(ReasonKind.CONTRADICTION, "肿瘤性质", "/1", "/3") in first.reasons
    assert not proposal.safe


def test_the_same_behaviour_says_nothing(knowledge: Knowledge) -> None:
    proposal = asked(knowledge, "M99890/3", "M998900/3", "骨髓增生异常综合征")
    assert proposal.candidates[0].contradictions == ()
    assert proposal.candidates[0].relation is Relation.EQUIVALENT
    assert proposal.safe


def test_a_local_code_of_another_shape_is_no_witness(knowledge: Knowledge) -> None:
    assert (
        asked(knowledge, "自定1", "M998900/3", "骨髓增生异常综合征").candidates[0].contradictions
        == ()
    )


def test_the_equal_name_stays_first_though_its_behaviour_contradicts(knowledge: Knowledge) -> None:
    entries = [("M820000/3", "圆柱瘤"), ("M820100/0", "圆柱瘤病"), ("M820200/0", "圆柱型瘤")]
    reference = [
        ReferenceCode(at, code, code, name, CodeKind.MORPHOLOGY)
        for at, (code, name) in enumerate(entries, start=1)
    ]
    query = Query(1, "M82000/0", "圆柱瘤", CodeKind.MORPHOLOGY)
    proposal = Matcher.of(reference, knowledge).propose(query)
    assert proposal.candidates[0].name == "圆柱瘤"
    assert not proposal.safe
