"""Targets beside the main one: roles after the code, never carried over, never the main twice."""

import pytest

from icdmapper.model.mapping import Mapping, Relation, State, Target, TargetRole
from icdmapper.model.proposals import Candidate, Proposal
from icdmapper.resolution.companions import ROLES, Companions, role_beside

MAIN = Target(1, "C34.101", "肺上叶恶性肿瘤")
CANCER = Candidate(9, "M80100/3", "癌", 0.9, Relation.EQUIVALENT)


@pytest.mark.parametrize(
    ("code", "role"),
    [
        ("M80100/3", TargetRole.MORPHOLOGY),
        ("G01.x01*", TargetRole.MANIFESTATION),
        ("V01.001", TargetRole.EXTERNAL_CAUSE),
        ("I63.902", TargetRole.ADDITIONAL),
        ("甲乙", TargetRole.ADDITIONAL),
    ],
)
def test_the_code_says_what_an_entry_stands_for(code: str, role: TargetRole) -> None:
    assert role_beside(code) is role


def test_what_is_offered_leaves_the_offer_when_it_is_taken() -> None:
    beside = Companions()
    beside.begin(Mapping(1), Proposal(1, (), companions=(CANCER,)))
    assert beside.suggested == (CANCER,)
    beside.add(9, "M80100/3", "癌")
    beside.add(9, "M80100/3", "癌")
    assert [one.role for one in beside.targets] == [TargetRole.MORPHOLOGY]
    assert beside.suggested == ()
    beside.remove(0)
    assert beside.suggested == (CANCER,)


def test_a_decided_row_keeps_its_own_and_the_next_row_gets_nothing_of_it() -> None:
    beside = Companions()
    other = Target(9, "M80100/3", "癌", TargetRole.MORPHOLOGY)
    beside.begin(Mapping(1, State.DECIDED, Relation.EQUIVALENT, (MAIN, other)))
    assert beside.targets == (other,)
    beside.begin(Mapping(2))
    assert beside.targets == ()


def test_the_role_turns_through_all_and_comes_back() -> None:
    beside = Companions()
    beside.begin()
    beside.add(9, "M80100/3", "癌")
    seen = []
    for _turn in ROLES:
        seen.append(beside.targets[0].role)
        beside.turn(0)
    assert tuple(seen) == ROLES
    assert beside.targets[0].role is ROLES[0]


def test_the_main_entry_never_stands_beside_itself() -> None:
    beside = Companions()
    beside.begin()
    beside.add(1, "C34.101", "肺上叶恶性肿瘤")
    assert beside.beside(MAIN) == []
