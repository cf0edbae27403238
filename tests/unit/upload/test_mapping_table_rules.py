"""Rules of the mapping itself: each with a row that keeps it and a row that breaks it."""

import pytest

from icdmapper.model.codes import CodeKind
from icdmapper.model.mapping import Relation, State, TargetRole
from icdmapper.model.releases import ReleasedMapping, ReleasedTarget
from icdmapper.upload.checks.mapping_table import TABLE_RULES, check_table

MAIN, MORPHOLOGY = TargetRole.MAIN, TargetRole.MORPHOLOGY
GASTRITIS = ReleasedTarget("K29.500", "慢性胃炎", MAIN, "RC020")
ADENOMA = ReleasedTarget("M81400/0", "腺瘤", MORPHOLOGY, "RC021")
POLYP = ReleasedTarget("D12.600", "结肠良性肿瘤", MAIN, "RC020")


def row(
    code: str,
    *targets: ReleasedTarget,
    name: str = "慢性胃炎",
    kind: CodeKind = CodeKind.DIAGNOSIS,
    state: State = State.DECIDED,
) -> ReleasedMapping:
    return ReleasedMapping(code, name, kind, state, Relation.EQUIVALENT, targets)


SOUND = (
    row("K29.551", GASTRITIS),
    row("K29.552", GASTRITIS, name="胃炎，慢性"),
    row("D12.651", POLYP, ADENOMA, name="结肠腺瘤"),
    row("K29.599", name="未定", state=State.OPEN),
    row("12", ReleasedTarget("47.0100", "阑尾切除术", MAIN, "RC022"), kind=CodeKind.PROCEDURE),
)
BROKEN = {
    "HQ-079": (row("K29.551", ReleasedTarget("K29.700", "胃炎", MAIN, "RC020")),),
    "HQ-080": (row("K29.553", ReleasedTarget("K29.500", "慢性胃炎（手写）", MAIN, "RC020")),),
    "HQ-081": (row("J18.951", GASTRITIS, name="肺炎"),),
    "HQ-082": (
        row("M81451", ReleasedTarget("M81400/3", "腺癌", MAIN, "RC021"), name="腺癌"),
        row("K29.555", GASTRITIS, ReleasedTarget("K29.700", "胃炎", MORPHOLOGY, "RC021")),
        row("W19.951", GASTRITIS, name="跌倒", kind=CodeKind.EXTERNAL_CAUSE, state=State.CHECKED),
        row("99", ReleasedTarget("K29.500", "慢性胃炎", MAIN, "RC022"), kind=CodeKind.PROCEDURE),
    ),
    "HQ-086": (
        row("A33.951", ReleasedTarget("A33.x00", "新生儿破伤风", MAIN, "RC020"), name="破伤风"),
        row("A33.952", ReleasedTarget("A33.X00", "新生儿破伤风", MAIN, "RC020"), name="脐风"),
    ),
}


def test_a_sound_release_breaks_nothing() -> None:
    assert check_table(SOUND) == ()


@pytest.mark.parametrize("rule", TABLE_RULES)
def test_each_rule_finds_its_fault_alone(rule: str) -> None:
    found = check_table((*SOUND, *BROKEN[rule]))
    assert [one.rule.id for one in found] == [rule]
    wrong = {one.code for one in BROKEN[rule]}
    assert wrong <= set(found[0].codes)
    assert rule in found[0].words


def test_a_jump_that_two_people_have_seen_is_none() -> None:
    seen = row("J18.951", GASTRITIS, name="肺炎", state=State.CHECKED)
    assert check_table((*SOUND, seen)) == ()
