"""What a plan proposes, what keeps it from being signed, what the HIS has adopted."""

from dataclasses import replace
from datetime import date

import pytest

from helpers.builders import MOMENT
from icdmapper.model.codes import CodeKind, LocalCode, ReferenceCode
from icdmapper.model.mapping import Relation, Target
from icdmapper.model.names import normalise
from icdmapper.model.refinement import Child, Refinement
from icdmapper.resolution.code_style import CodeStyle
from icdmapper.resolution.refinement import (
    Found,
    PlanProblem,
    Surroundings,
    adoption,
    check,
    offers,
    problem_sentence,
    propose,
)

KIND = CodeKind.DIAGNOSIS
PARENT = LocalCode(1, "D38.201", "D38.201", "胸膜肿瘤", KIND, frequency=12)
STYLE = CodeStyle(KIND, "", 2, 51, on_base=False)


def entry(number: int, code: str, name: str, *, heading: bool = False) -> ReferenceCode:
    return ReferenceCode(number, code, code, name, KIND, heading=heading)


BORDERLINE = entry(10, "D38.201", "胸膜交界恶性肿瘤")
MALIGNANT = entry(11, "C38.401", "胸膜恶性肿瘤")
BENIGN = entry(12, "D19.001", "胸膜良性肿瘤")
CHILDREN = propose(
    PARENT, (BORDERLINE, MALIGNANT, BENIGN), style=STYLE, taken={"D38.201"}, residual_id=10
)
PLAN = Refinement(1, 1, 1, "编码员甲", MOMENT, date(2026, 4, 1), CHILDREN)
AROUND = Surroundings(frozenset({"D38.151"}), {normalise("肺肿瘤"): "D38.151"}, STYLE)


def test_a_child_for_each_meaning_in_the_family_it_belongs_to() -> None:
    assert [(child.code, child.name) for child in CHILDREN] == [
        ("D38.251", "胸膜交界恶性肿瘤"),
        ("C38.451", "胸膜恶性肿瘤"),
        ("D19.051", "胸膜良性肿瘤"),
    ]
    assert [child.residual for child in CHILDREN] == [True, False, False]
    assert all(child.relation is Relation.EQUIVALENT for child in CHILDREN)
    assert check(PARENT, PLAN, AROUND) == ()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"code": "胸膜"}, PlanProblem.CODE_MALFORMED),
        ({"code": "34.0951"}, PlanProblem.CODE_MALFORMED),
        ({"code": "D38.151"}, PlanProblem.CODE_TAKEN),
        ({"code": "D38.201"}, PlanProblem.CODE_TAKEN),
        ({"code": "D38.251"}, PlanProblem.CODE_TWICE),
        ({"code": "C38.400x001"}, PlanProblem.STYLE_DIFFERS),
        ({"name": "  "}, PlanProblem.NAME_EMPTY),
        ({"name": "胸膜 交界恶性肿瘤"}, PlanProblem.NAME_TWICE),
        ({"name": "胸膜肿瘤"}, PlanProblem.NAME_OF_PARENT),
        ({"name": "肺肿瘤"}, PlanProblem.NAME_TAKEN),
        ({"targets": ()}, PlanProblem.NOT_MAPPED),
        ({"relation": Relation.NO_COUNTERPART}, PlanProblem.NOT_MAPPED),
        ({"residual": True}, PlanProblem.TWO_RESIDUALS),
    ],
)
def test_what_keeps_a_plan_from_being_signed(
    change: dict[str, object], problem: PlanProblem
) -> None:
    children = (CHILDREN[0], replace(CHILDREN[1], **change), CHILDREN[2])  # type: ignore[arg-type]
    found = check(PARENT, replace(PLAN, children=children), AROUND)
    assert problem in {one.problem for one in found}
    assert all(problem_sentence(one) for one in found)


def test_one_child_or_no_date_is_no_refinement() -> None:
    found = check(PARENT, replace(PLAN, children=CHILDREN[:1], effective=None), AROUND)
    assert found == (Found(PlanProblem.TOO_FEW), Found(PlanProblem.NO_DATE))


def test_every_problem_has_its_sentence() -> None:
    assert len({problem_sentence(Found(one, 0, "D38.251")) for one in PlanProblem}) == len(
        PlanProblem
    )


def test_adoption_tells_what_the_his_has_done() -> None:
    listed = [
        ("D38.251", "胸膜交界恶性肿瘤"),
        ("C38.451", "胸膜癌"),
        ("D19.099", "胸膜良性肿瘤"),
        ("D38.201", "胸膜肿瘤"),
    ]
    extra = Child("D38.252", "胸膜继发性肿瘤", Relation.EQUIVALENT, (Target(13, "C78.201", "x"),))
    plan = replace(PLAN, children=(*CHILDREN, extra))
    told = adoption(plan, PARENT, listed)
    assert [child.code for child in told.adopted] == ["D38.251"]
    assert [(child.code, name) for child, name in told.renamed] == [("C38.451", "胸膜癌")]
    assert [(child.code, code) for child, code in told.recoded] == [("D19.051", "D19.099")]
    assert [child.code for child in told.missing] == ["D38.252"]
    assert told.parent_still_used
    assert not told.complete
    done = adoption(PLAN, PARENT, [(child.code, child.name) for child in CHILDREN])
    assert done.complete


def test_what_a_code_can_mean_is_offered_from_near_to_far() -> None:
    references = (
        entry(1, "D38.2", "胸膜动态未定的肿瘤", heading=True),
        entry(2, "D38.101", "肺交界恶性肿瘤"),
        BORDERLINE,
        MALIGNANT,
        BENIGN,
        entry(5, "A00.001", "古典生物型霍乱"),
    )
    found = offers(PARENT, references, near=[12, 11, 10])
    assert [reference.id for reference in found] == [10, 2, 12, 11]
