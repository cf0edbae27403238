"""What the judge says of an answer, and which stops are refused."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.builders import MOMENT
from icdmapper.model.codes import CodeKind, LocalCode, ReferenceCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.icd import parse
from icdmapper.model.judgement import Finding, Severity, Waiver
from icdmapper.model.mapping import Relation
from icdmapper.model.people import Role
from icdmapper.resolution.cases import Case, Chosen
from icdmapper.resolution.judgement import refuse_stops
from icdmapper.resolution.rule_pack import shipped_judge


def case(
    local: tuple[str, str], target: tuple[str, str], relation: Relation = Relation.EQUIVALENT
) -> Case:
    return Case(
        LocalCode(7, local[0], canonical(local[0]), local[1], kind(local[0])),
        (Chosen(ReferenceCode(1, target[0], canonical(target[0]), target[1], kind(target[0]))),),
        relation,
        answer=f"{relation.value}; main {target[0]}",
    )


def canonical(code: str) -> str:
    shape = parse(code)
    assert shape
    return shape.canonical


def kind(code: str) -> CodeKind:
    shape = parse(code)
    assert shape
    return shape.kind


RESIDUAL = case(
    ("D41.001", "肾性质未定的肿瘤"), ("D48.9003", "性质未特指的肿瘤"), Relation.LOCAL_FINER
)
SIDES = case(("N20.051", "左肾结石"), ("N20.001", "右肾结石"), Relation.LOCAL_FINER)


def finding(of: Case, rule_id: str) -> Finding:
    (found,) = [one for one in shipped_judge().findings(of) if one.rule_id == rule_id]
    return found


def waiver(of: Finding, role: Role | None) -> Waiver:
    return Waiver(of.local_id, of.rule_id, "术中冰冻未定性", "某人", role, MOMENT, 0, of.answer)


def test_a_finding_names_what_made_it_fire() -> None:
    found = finding(SIDES, "contradiction.side")
    assert "“左”" in found.sentence
    assert "“右”" in found.sentence
    assert "N20.001" in found.sentence
    assert (found.local_id, found.severity) == (7, Severity.STOP)


def test_a_sound_answer_is_left_alone() -> None:
    sound = case(("I63.951", "脑梗塞"), ("I63.902", "脑梗死"))
    assert shipped_judge().findings(sound) == ()


def test_the_gravest_comes_first() -> None:
    order = [Severity.STOP, Severity.WARN, Severity.NOTE]
    bad = case(("C34.151", "左肺上叶腺癌"), ("D14.301", "右肺良性肿瘤"))
    grades = [order.index(one.severity) for one in shipped_judge().findings(bad)]
    assert grades == sorted(grades)
    assert grades[0] == 0


def test_a_stop_is_refused_until_it_is_waived_for_this_answer() -> None:
    found = shipped_judge().findings(SIDES)
    side = finding(SIDES, "contradiction.side")
    with pytest.raises(RefusedError, match="Left against right"):
        refuse_stops(found, ())
    refuse_stops(found, (waiver(side, Role.CHECKER),))
    for useless in (
        replace(waiver(side, Role.CHECKER), withdrawn=True),
        replace(waiver(side, Role.CHECKER), answer="equivalent; main N20.001"),
        replace(waiver(side, Role.CHECKER), local_id=8),
        replace(waiver(side, Role.CHECKER), rule_id="contradiction.organ"),
    ):
        with pytest.raises(RefusedError):
            refuse_stops(found, (useless,))


def test_the_uncertain_residual_takes_a_clinicians_word() -> None:
    found = shipped_judge().findings(RESIDUAL)
    residual = finding(RESIDUAL, "neoplasm.uncertain_residual")
    for role in (Role.CHECKER, Role.COORDINATOR):
        with pytest.raises(RefusedError, match="clinician"):
            refuse_stops(found, (waiver(residual, role),))
    refuse_stops(found, (waiver(residual, Role.CLINICIAN),))
    refuse_stops(found, (waiver(residual, None),))
    refuse_stops(found, (), clinician_settles=True)


def test_a_settlement_does_not_excuse_a_slip() -> None:
    with pytest.raises(RefusedError, match="Left against right"):
        refuse_stops(shipped_judge().findings(SIDES), (), clinician_settles=True)


_NAMES = st.text(alphabet="左右急慢性肺肝肾癌瘤恶良交界未特指其他伴(+Ⅱ型2期NOS{}“", max_size=14)


@given(_NAMES, _NAMES, st.sampled_from(list(Relation)))
def test_any_name_is_judged_without_a_crash_and_the_same_each_time(
    local: str, reference: str, relation: Relation
) -> None:
    asked = case(("C34.951", local), ("D38.101", reference), relation)
    found = shipped_judge().findings(asked)
    assert found == shipped_judge().findings(asked)
    assert all(one.sentence for one in found)
