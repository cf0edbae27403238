"""Rules of the mapping itself: each with a row that keeps it and a row that breaks it."""

from dataclasses import replace

import pytest

from helpers.discharges import release
from icdmapper.model.codes import CodeKind
from icdmapper.model.mapping import Relation, State, TargetRole
from icdmapper.model.releases import ReleasedMapping, ReleasedTarget
from icdmapper.upload.checks.mapping_table import TABLE_RULES, Asked, TableFinding, check_table
from icdmapper.upload.checks.severities import Severity, severities_of

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
    by: str = "张三",
) -> ReleasedMapping:
    equal = Relation.EQUIVALENT
    return ReleasedMapping(code, name, kind, state, equal, targets, decided_by=by)


def findings(
    rows: tuple[ReleasedMapping, ...], *, editions: dict[str, str] | None = None
) -> tuple[TableFinding, ...]:
    known = {"RC020": "v6.01", "RC021": "v2", "RC022": "v3.0", "local": "2026"}
    made = replace(release(rows), editions=known if editions is None else editions)
    return check_table(Asked(made, frozenset({"Z99.900"})), severities_of("DBF346"))


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
    "HQ-084": (
        row("K29.556", GASTRITIS, by=""),
        row("K29.557", GASTRITIS, state=State.OPEN),
    ),
    "HQ-086": (
        row("A33.951", ReleasedTarget("A33.x00", "新生儿破伤风", MAIN, "RC020"), name="破伤风"),
        row("A33.952", ReleasedTarget("A33.X00", "新生儿破伤风", MAIN, "RC020"), name="脐风"),
    ),
    "HQ-087": (
        row("Z99.951", ReleasedTarget("Z99.900", "依赖机器", MAIN, "RC020"), name="依赖机器"),
    ),
}


def test_a_sound_release_breaks_nothing() -> None:
    assert findings(SOUND) == ()


@pytest.mark.parametrize("rule", BROKEN)
def test_each_rule_finds_its_fault_alone(rule: str) -> None:
    found = findings((*SOUND, *BROKEN[rule]))
    assert [one.rule.id for one in found] == [rule]
    wrong = {one.code for one in BROKEN[rule]}
    assert wrong <= set(found[0].codes)
    assert rule in found[0].words


def test_each_set_that_is_used_has_an_edition_of_its_own() -> None:
    (found,) = findings(SOUND, editions={"RC020": "v6.01", "RC022": "", "local": "2026"})
    assert (found.rule.id, found.codes, found.stops) == ("HQ-083", ("RC021", "RC022"), True)
    # Equal numbers are no fault, and a set that nothing is mapped to needs none.
    alike = {"RC020": "3.0", "RC022": "3.0", "local": "3.0"}
    assert findings((SOUND[0], SOUND[4]), editions=alike) == ()
    (found,) = findings((SOUND[0],), editions={"RC020": "v6.01"})
    assert found.codes == ("local",)


def test_every_rule_of_the_table_is_broken_by_some_release() -> None:
    assert {*BROKEN, "HQ-083"} == set(TABLE_RULES)


def test_severities_decide_what_stops() -> None:
    asked = Asked(replace(release(BROKEN["HQ-084"]), editions={"RC020": "1", "local": "1"}))
    recommended = severities_of("DBF346")
    assert [one.stops for one in check_table(asked, recommended)] == [True]
    softer = {**recommended, "HQ-084": Severity.WARN}
    assert [one.stops for one in check_table(asked, softer)] == [False]


def test_a_jump_that_two_people_have_seen_is_none() -> None:
    seen = row("J18.951", GASTRITIS, name="肺炎", state=State.CHECKED)
    assert findings((*SOUND, seen)) == ()
