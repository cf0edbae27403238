"""The matcher as the rooms and entrances see it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from icdmapper.matching.engine import Matcher
from icdmapper.matching.knowledge import Knowledge, load_knowledge
from icdmapper.matching.questions import Query, Taught
from icdmapper.model import icd
from icdmapper.model.codes import CodeKind, ReferenceCode
from icdmapper.model.mapping import Relation
from icdmapper.model.proposals import Proposal, ReasonKind
from icdmapper.paths import shipped

ENTRIES = [
    ("Q52.1", "双阴道"),
    ("Q52.101", "双阴道"),
    ("I63.901", "脑梗死"),
    ("I63.902", "多发性脑梗死"),
    ("C34.101", "左肺上叶恶性肿瘤"),
    ("C34.102", "右肺上叶恶性肿瘤"),
    ("K35.901", "急性阑尾炎"),
    ("K36.x01", "慢性阑尾炎"),
    ("34.0901", "胸腔闭式引流术"),
    ("47.0901", "阑尾切除术"),
    ("M80100/3", "癌"),
]


def references(rows: list[tuple[str, str]]) -> list[ReferenceCode]:
    found = []
    for number, (code, name) in enumerate(rows, start=1):
        shape = icd.parse(code)
        assert shape is not None
        found.append(ReferenceCode(number, code, shape.canonical, name, shape.kind))
    return found


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge(shipped("resources"))


@pytest.fixture(scope="module")
def matcher(knowledge: Knowledge) -> Matcher:
    return Matcher.of(references(ENTRIES), knowledge)


def ask(matcher: Matcher, name: str, code: str = "", **rest: object) -> Proposal:
    return matcher.propose(Query(7, code, name, rest.get("kind")))  # type: ignore[arg-type]


def test_headings_are_shown_after_the_entries_and_never_safe(knowledge: Knowledge) -> None:
    rows = [("K35", "急性阑尾炎"), ("K35.901", "急性阑尾炎"), ("K35.902", "急性单纯性阑尾炎")]
    found = [
        replace(one, heading=one.code == "K35") for one in references([*rows, ("K36.x", "丹毒")])
    ]
    asked = ask(Matcher.of(found, knowledge), "急性阑尾炎", "K35")
    assert [one.heading for one in asked.candidates] == sorted(
        one.heading for one in asked.candidates
    )
    alone = ask(Matcher.of(found, knowledge), "丹毒", "K36.x01")
    assert (alone.candidates[0].code, alone.safe) == ("K36.x", True)


@pytest.mark.parametrize(
    ("heading", "entry", "written"),
    [
        # The heading is nearer than the entry, then farther away.
        ("截断术残端坏死的", "截断术残端坏死", "截断术残端的坏死"),
        ("急性肾衰竭伴有肾小管坏死", "急性肾衰竭伴肾小管坏死", "急性肾衰竭伴有肾小管的坏死"),
    ],
)
def test_a_heading_of_the_same_meaning_does_not_stand_in_the_way_of_its_entry(
    knowledge: Knowledge, heading: str, entry: str, written: str
) -> None:
    rows = [("N17.0", heading), ("N17.002", entry), ("N17.201", "急性肾衰竭伴肾髓质坏死")]
    found = [replace(one, heading=one.code == "N17.0") for one in references(rows)]
    asked = ask(Matcher.of(found, knowledge), written, "N17.051")
    first = asked.candidates[0]
    assert (first.name, first.relation) == (entry, Relation.EQUIVALENT)
    assert first.score >= 0.9
    assert asked.safe
    twice = [*found, replace(found[1], id=9, code="N17.003", name=f"{entry} NOS")]
    assert not ask(Matcher.of(twice, knowledge), written, "N17.051").safe


CAUSES = [("T40.401", "杜冷丁中毒"), ("X62.991", "杜冷丁自杀"), ("X42.991", "杜冷丁意外中毒")]


def test_the_entry_of_exactly_this_name_comes_before_one_that_says_no_more(
    knowledge: Knowledge,
) -> None:
    rows = [("A16.200", "肺结核,未提及细菌学或组织学的证实"), ("A16.200x002", "肺结核")]
    matcher = Matcher.of(references(rows), knowledge)
    for code, name in rows:
        first = ask(matcher, name, code, kind=CodeKind.DIAGNOSIS).candidates[0]
        assert first.name == name
    alone = Matcher.of(references(rows[1:]), knowledge)
    found = ask(alone, rows[0][1], "A16.251", kind=CodeKind.DIAGNOSIS)
    assert (found.candidates[0].relation, found.safe) == (Relation.EQUIVALENT, True)


def test_what_was_refused_is_not_safe_behind_a_heading(knowledge: Knowledge) -> None:
    rows = [("N17.0", "急性肾衰竭"), ("N17.002", "急性肾衰竭伴肾小管坏死")]
    found = [replace(one, heading=one.code == "N17.0") for one in references(rows)]
    refused = [Taught(rows[1][1], found[1].id, accepted=False)]
    matcher = Matcher.of(found, knowledge, taught=refused)
    assert not ask(matcher, rows[1][1], "N17.051", kind=CodeKind.DIAGNOSIS).safe


@pytest.mark.parametrize(
    ("code", "name", "first", "beside"),
    [
        # An external cause cannot be a diagnosis; what its name says belongs beside it.
        ("T40.402", "杜冷丁自杀", "T40.401", ["X62.991"]),
        ("T40.403", "杜冷丁中毒", "T40.401", []),
        ("X62.952", "杜冷丁自杀", "X62.991", []),
        ("x62.952", "杜冷丁自杀", "X62.991", []),
        ("X49.951", "杜冷丁中毒", "X42.991", []),
        # Without a code either may be meant.
        ("", "杜冷丁自杀", "X62.991", []),
    ],
)
def test_a_diagnosis_and_an_external_cause_are_no_answer_to_each_other(
    knowledge: Knowledge, code: str, name: str, first: str, beside: list[str]
) -> None:
    matcher = Matcher.of(references(CAUSES), knowledge)
    kind = CodeKind.EXTERNAL_CAUSE if code.upper() > "V" else CodeKind.DIAGNOSIS
    found = ask(matcher, name, code, kind=kind)
    assert found.candidates[0].code == first
    assert [one.code for one in found.companions] == beside


def test_equal_name_is_first_whatever_the_code_says(matcher: Matcher) -> None:
    first = ask(matcher, "脑梗死", "I64.x01").candidates[0]
    assert first.name == "脑梗死"
    assert first.reasons[0].kind is ReasonKind.SAME_NAME
    assert first.relation is Relation.EQUIVALENT


MYOMAS = [
    ("D25.9", "未特指的子宫平滑肌瘤"),
    ("D25.901", "子宫多发性平滑肌瘤"),
    ("D25.902", "子宫平滑肌瘤"),
    ("D25.903", "子宫颈平滑肌瘤"),
]


@pytest.mark.parametrize(
    "name", ["子宫多发性平滑肌瘤 (M88900/0)", "1、子宫多发性平滑肌瘤", "子宫（多发性）平滑肌瘤"]
)
def test_what_writers_add_around_a_name_takes_nothing_from_it(
    knowledge: Knowledge, name: str
) -> None:
    entries = references([*ENTRIES, *MYOMAS])
    proposal = ask(Matcher.of(entries, knowledge), name, "D25.901")
    assert proposal.candidates[0].code == "D25.901"
    assert proposal.candidates[0].score >= 0.9
    assert proposal.safe
    decided = [Taught(name, next(one.id for one in entries if one.code == "D25.902"))]
    taught = ask(Matcher.of(entries, knowledge, taught=decided), name, "D25.901")
    assert taught.candidates[0].code == "D25.902", "people decided otherwise before"


def test_another_word_for_the_same_is_believed(knowledge: Knowledge) -> None:
    entries = references([*ENTRIES, ("I63.903", "腔隙性脑梗死"), ("I66.901", "脑动脉狭窄")])
    matcher = Matcher.of(entries, knowledge)
    assert ask(matcher, "脑梗塞").candidates[0].score >= 0.93
    assert ask(matcher, "脑梗塞", "K35.902").candidates[0].score < 0.93
    refused = Taught("脑梗塞", 3, accepted=False)
    taught = Matcher.of(entries, knowledge, taught=[refused])
    assert all(one.score < 0.93 for one in ask(taught, "脑梗塞").candidates)


def test_entry_is_preferred_to_its_category_row_of_the_same_name(matcher: Matcher) -> None:
    assert ask(matcher, "双阴道").candidates[0].code == "Q52.101"
    assert [candidate.name for candidate in ask(matcher, "双阴道").candidates].count("双阴道") == 1


def test_a_code_is_matched_only_inside_its_own_set(matcher: Matcher) -> None:
    proposal = ask(matcher, "阑尾切除术", kind=CodeKind.DIAGNOSIS)
    assert all(not candidate.code[0].isdigit() for candidate in proposal.candidates)
    assert ask(matcher, "阑尾切除术", kind=CodeKind.PROCEDURE).candidates[0].code == "47.0901"


def test_unknown_kind_searches_every_set(matcher: Matcher) -> None:
    assert ask(matcher, "阑尾切除术").candidates[0].code == "47.0901"
    assert ask(matcher, "癌").candidates[0].code == "M80100/3"


def test_proposals_come_in_the_order_of_the_queries(matcher: Matcher) -> None:
    queries = [Query(number, "", ENTRIES[number % 11][1], None) for number in range(100)]
    proposals = list(matcher.propose_many(queries))
    assert [proposal.local_id for proposal in proposals] == list(range(100))
    assert proposals[13].candidates[0].name == ENTRIES[2][1]


def test_one_and_many_give_the_same_answer(matcher: Matcher) -> None:
    queries = [Query(number, "K35.901", name, None) for number, (_, name) in enumerate(ENTRIES)]
    assert list(matcher.propose_many(queries)) == [matcher.propose(query) for query in queries]


def test_progress_may_stop_the_work(matcher: Matcher) -> None:
    class StoppedError(Exception):
        pass

    seen: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        seen.append((done, total))
        raise StoppedError

    proposals: Iterator[Proposal] = matcher.propose_many(
        [Query(number, "", "脑梗死", None) for number in range(5000)], progress=stop
    )
    with pytest.raises(StoppedError):
        list(proposals)
    assert seen[0][0] < 100
    assert seen[0][1] == 5000


def test_names_without_any_known_character_get_an_empty_proposal(matcher: Matcher) -> None:
    for name in ("", "   ", "☃☃", "%%%"):
        proposal = ask(matcher, name)
        assert not proposal.safe
        assert all(candidate.score < 0.5 for candidate in proposal.candidates)


def test_an_empty_reference_set_proposes_nothing(knowledge: Knowledge) -> None:
    assert Matcher.of([], knowledge).propose(Query(1, "", "脑梗死", None)).candidates == ()


def test_an_accepted_decision_comes_first_the_next_time(knowledge: Knowledge) -> None:
    entries = references(ENTRIES)
    chosen = next(one for one in entries if one.code == "I63.902")
    before = Matcher.of(entries, knowledge)
    after = Matcher.of(entries, knowledge, taught=[Taught("腔隙灶多处", chosen.id)])
    assert ask(before, "腔隙灶多处").candidates[:1] != (chosen,)
    first = ask(after, "腔隙灶多处").candidates[0]
    assert first.code == "I63.902"
    assert ReasonKind.MEMORY in {reason.kind for reason in first.reasons}


def test_a_refused_decision_does_not_come_back_first(knowledge: Knowledge) -> None:
    entries = references(ENTRIES)
    refused = next(one for one in entries if one.code == "K35.901")
    matcher = Matcher.of(
        entries, knowledge, taught=[Taught("阑尾炎发作", refused.id, accepted=False)]
    )
    kind = CodeKind.DIAGNOSIS
    before = ask(Matcher.of(entries, knowledge), "阑尾炎发作", kind=kind).candidates
    after = ask(matcher, "阑尾炎发作", kind=kind).candidates
    assert before[0].code == "K35.901"
    assert after[0].code != "K35.901"
    assert "K35.901" in [candidate.code for candidate in after]


def test_taught_entries_of_another_edition_are_left_out(knowledge: Knowledge) -> None:
    matcher = Matcher.of(references(ENTRIES), knowledge, taught=[Taught("脑梗死", 99_999)])
    assert ask(matcher, "脑梗死").candidates[0].name == "脑梗死"
