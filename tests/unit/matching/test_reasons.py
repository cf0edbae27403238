"""What a coder reads beside a candidate: each aspect of both names, and how they stand to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from icdmapper.matching.engine import Matcher
from icdmapper.matching.knowledge import Alias, Direction, Knowledge, load_knowledge
from icdmapper.matching.questions import Query, Taught
from icdmapper.model.codes import CodeKind, ReferenceCode
from icdmapper.model.proposals import Candidate, Reason, ReasonKind
from icdmapper.paths import shipped


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge(shipped("resources"))


def asked(knowledge: Knowledge, local: str, entry: str) -> Candidate:
    reference = ReferenceCode(1, "N48.803", "N48.803", entry, CodeKind.DIAGNOSIS)
    query = Query(1, "", local, CodeKind.DIAGNOSIS)
    return Matcher.of([reference], knowledge).propose(query).candidates[0]


@pytest.mark.parametrize(
    ("local", "entry", "reason"),
    [
        ("包皮水肿", "包皮血肿", Reason(ReasonKind.DIFFERENT, "病变", "水肿", "血肿")),
        ("包皮水肿", "阴茎水肿", Reason(ReasonKind.SLOT_SAME, "病变", "水肿", "水肿")),
        # A haematoma is a kind of bleeding: the entry leaves out which.
        ("包皮血肿", "包皮出血", Reason(ReasonKind.MISSING_REFERENCE, "病变", "血肿", "出血")),
        ("左手脓肿", "右手脓肿", Reason(ReasonKind.CONTRADICTION, "侧别", "左", "右")),
    ],
)
def test_how_both_names_stand_to_one_aspect_is_said(
    knowledge: Knowledge, local: str, entry: str, reason: Reason
) -> None:
    assert reason in asked(knowledge, local, entry).reasons


@pytest.mark.parametrize(
    ("local", "entry", "said"),
    [
        ("脑梗死", "脑梗塞", [Reason(ReasonKind.ALIAS, "", "梗死", "梗塞")]),
        # Written twice in one name, said once.
        (
            "二尖瓣闭锁不全伴主动脉瓣闭锁不全",
            "二尖瓣伴主动脉瓣关闭不全",
            [Reason(ReasonKind.ALIAS, "", "闭锁不全", "关闭不全")],
        ),
        ("抑郁症", "抑郁发作", [Reason(ReasonKind.KIND_OF, "", "抑郁症", "抑郁发作")]),
        ("抑郁发作", "抑郁症", [Reason(ReasonKind.HAS_KIND, "", "抑郁发作", "抑郁症")]),
        # The names are only alike, yet one word of them is the same in both.
        ("右侧脑梗塞", "脑梗死", [Reason(ReasonKind.ALIAS, "", "梗塞", "梗死")]),
        ("左手脓肿", "右手脓肿", []),
    ],
)
def test_what_is_written_otherwise_is_said_the_same_or_a_kind_of_it(
    knowledge: Knowledge, local: str, entry: str, said: list[Reason]
) -> None:
    kinds = (ReasonKind.ALIAS, ReasonKind.KIND_OF, ReasonKind.HAS_KIND)
    assert [one for one in asked(knowledge, local, entry).reasons if one.kind in kinds] == said


def test_two_kinds_of_one_thing_are_not_called_the_same(knowledge: Knowledge) -> None:
    aliases = (
        Alias("囊肿切除", "病损切除", Direction.IMPLIES, ""),
        Alias("肿瘤切除", "病损切除", Direction.IMPLIES, ""),
    )
    taught = replace(knowledge, aliases=aliases, version="two kinds")
    found = asked(taught, "囊肿切除", "肿瘤切除")
    assert found.relation.name == "OVERLAP"
    assert Reason(ReasonKind.KIND_OF, "", "囊肿切除", "病损切除") in found.reasons
    assert Reason(ReasonKind.HAS_KIND, "", "病损切除", "肿瘤切除") in found.reasons


def test_what_means_the_same_stands_before_a_neighbour_that_contradicts(
    knowledge: Knowledge,
) -> None:
    """The code draws the neighbour, the name says otherwise: the code is what is doubted."""
    neighbour = ReferenceCode(1, "B00.801", "B00.801", "EB病毒性肝炎", CodeKind.DIAGNOSIS)
    meant = ReferenceCode(2, "A08.302", "A08.302", "EB病毒性肠炎", CodeKind.DIAGNOSIS)
    query = Query(1, "B00.801", "EB病毒肠炎", CodeKind.DIAGNOSIS)
    proposal = Matcher.of([neighbour, meant], knowledge).propose(query)
    assert [one.code for one in proposal.candidates] == ["A08.302", "B00.801"]
    assert proposal.candidates[1].contradictions
    assert not proposal.safe


def test_what_people_decided_stays_first_and_what_they_refused_stays_behind(
    knowledge: Knowledge,
) -> None:
    entries = [
        ReferenceCode(1, "B00.801", "B00.801", "疱疹病毒性肝炎", CodeKind.DIAGNOSIS),
        ReferenceCode(2, "A08.302", "A08.302", "EB病毒性肠炎", CodeKind.DIAGNOSIS),
        ReferenceCode(3, "I10.x01", "I10.x01", "高血压", CodeKind.DIAGNOSIS),
    ]
    query = Query(1, "B00.8", "EB病毒肠炎", CodeKind.DIAGNOSIS)
    refused = Taught("EB病毒肠炎", 2, accepted=False)
    accepted = Taught("EB病毒肠炎", 1)

    def first(*taught: Taught) -> str:
        return Matcher.of(entries, knowledge, taught=taught).propose(query).candidates[0].code

    assert first() == "A08.302"
    assert first(refused, accepted) == "B00.801"
    assert first(refused) != "A08.302"


def test_another_lesion_is_no_contradiction_and_no_match(knowledge: Knowledge) -> None:
    """Both may be true of one patient, so it is shown; the two names are not the same thing."""
    found = asked(knowledge, "包皮水肿", "包皮血肿")
    assert not found.contradictions
    assert found.relation.name == "OVERLAP"


def test_a_decision_on_something_else_suggests_nothing(knowledge: Knowledge) -> None:
    """After the first decisions of a project the nearest of them is hardly ever like the name."""
    names = {1: "风湿性舞蹈症伴有心脏受累", 2: "猫抓热", 3: "鼠咬热"}
    entries = [
        ReferenceCode(number, f"A28.10{number}", f"A28.10{number}", name, CodeKind.DIAGNOSIS)
        for number, name in names.items()
    ]
    lesson = Taught("风湿性舞蹈病伴二尖瓣的心内膜炎", 1)
    matcher = Matcher.of(entries, knowledge, taught=[lesson])
    proposal = matcher.propose(Query(9, "", "猫抓病", CodeKind.DIAGNOSIS))
    assert [one.reference_id for one in proposal.candidates] == [2]
    again = matcher.propose(Query(9, "", "舞蹈病伴心内膜炎", CodeKind.DIAGNOSIS))
    assert again.candidates[0].reference_id == 1
