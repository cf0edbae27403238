"""The official rule's two cases and its warning, on the demonstration sets, through services.

附件三 编码对应原则: refine where the reference is finer, assign where it is coarser, and settle by
medical judgement where neither fits.
"""

import csv
from datetime import date
from pathlib import Path

import pytest

from helpers.builders import Clock, fill
from icdmapper.export.his_changes import ChangeKind, HisChangeService
from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.mapping import Choice, Relation, State, Target
from icdmapper.model.people import Person, Role
from icdmapper.resolution.judging import JudgingService
from icdmapper.resolution.people import PeopleService
from icdmapper.resolution.refinement import PlanProblem
from icdmapper.resolution.refining import RefiningService
from icdmapper.resolution.rule_pack import shipped_judge
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage

ROOT = Path(__file__).parents[2]
Sets = tuple[dict[str, ReferenceCode], dict[str, LocalCode]]
CODER = Person("编码员甲", Role.CODER)
CHECKER = Person("核对员乙", Role.CHECKER)
CLINICIAN = Person("泌尿外科张医师", Role.CLINICIAN)
HEAD = Person("医务科长", Role.COORDINATOR)


@pytest.fixture
def demo(storage: Storage) -> Sets:
    """The demonstration sets by code, and the people of the invented hospital."""
    references = [
        (row["code"], row["name"])
        for system in ("RC020", "RC022")
        for row in _rows(ROOT / "reference_codes" / system / "demo-2026" / "codes.csv")
    ]
    locals_ = [
        (row["院内编码"], row["名称"], int(row["年例数"] or 0))
        for row in _rows(ROOT / "resources" / "samples" / "local_codes_demo.csv")
    ]
    fill(storage, references, locals_)
    people = PeopleService(storage, Clock())
    for one in (HEAD, CODER, CHECKER, CLINICIAN):
        people.add(one.name, one.role, by=HEAD, pin="739142")
    with storage.reading() as work:
        return (
            {one.code: one for one in work.code_sets.reference_codes()},
            {one.code: one for one in work.code_sets.local_codes()},
        )


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def judging(storage: Storage) -> JudgingService:
    return JudgingService(storage, Clock(), shipped_judge)


@pytest.fixture
def refining(storage: Storage) -> RefiningService:
    return RefiningService(storage, Clock(), shipped_judge)


def choice(demo: Sets, local: str, reference: str, relation: Relation, note: str = "") -> Choice:
    entry = demo[0][reference]
    target = Target(entry.id, entry.code, entry.name)
    return Choice(demo[1][local].id, 0, relation, (target,), note)


def test_case_1_pleural_tumour(
    judging: JudgingService,
    refining: RefiningService,
    resolution: ResolutionService,
    storage: Storage,
    demo: Sets,
) -> None:
    """Local D38.201 is any 胸膜肿瘤, the reference D38.201 only 胸膜交界恶性肿瘤: refine."""
    references, locals_ = demo
    parent = locals_["D38.201"]
    assert (parent.name, references["D38.201"].name) == ("胸膜肿瘤", "胸膜交界恶性肿瘤")
    with pytest.raises(RefusedError, match="Refine the local code"):
        judging.refuse(choice(demo, "D38.201", "D38.201", Relation.EQUIVALENT))
    offered = refining.offers(parent.id)
    assert offered[0].code == "D38.201"
    meanings = [references[code].id for code in ("D38.201", "C38.401", "C78.201", "D19.001")]
    plan = refining.start(parent.id, meanings, seen_version=0, by=CODER, effective=date(2026, 4, 1))
    assert [(child.code, child.name) for child in plan.children] == [
        ("D38.251", "胸膜交界恶性肿瘤"),
        ("C38.452", "胸膜恶性肿瘤"),
        ("C78.251", "胸膜继发恶性肿瘤"),
        ("D19.051", "胸膜良性肿瘤"),
    ]
    # The hospital has a code for the malignant one already, so no second one is made.
    (taken,) = refining.problems(plan.id)
    assert (taken.problem, taken.value) == (PlanProblem.NAME_TAKEN, "C38.451")
    kept = [child for child in plan.children if child.code != "C38.452"]
    plan = refining.edit(plan.id, kept, seen_revision=plan.revision, by=CODER)
    assert refining.problems(plan.id) == ()
    signed = refining.sign(plan.id, seen_revision=plan.revision, by=CHECKER)
    assert resolution.work_row(parent.id).mapping.state is State.RETIRED
    for child in signed.children:
        assert child.local_id is not None
        row = resolution.work_row(child.local_id)
        assert (row.mapping.state, row.mapping.relation) == (State.DECIDED, Relation.EQUIVALENT)
        assert row.mapping.targets[0].name == child.name
        assert not [one for one in judging.findings(child.local_id) if one.stands_open]
    changes = HisChangeService(storage).changes()
    assert [one.kind for one in changes] == [
        ChangeKind.SPLIT,
        *[ChangeKind.ADD] * 3,
        ChangeKind.STOP,
    ]
    assert {one.yearly_volume for one in changes} == {12}


def test_case_2_left_thoracoscopic_empyema(
    judging: JudgingService, resolution: ResolutionService, demo: Sets
) -> None:
    """Local 胸腔镜下左脓胸引流术 has only 34.09010 胸腔镜下脓胸清除术: assign, losing the side."""
    wanted = choice(demo, "34.0951", "34.09010", Relation.LOCAL_FINER)
    assert (demo[1]["34.0951"].name, demo[0]["34.09010"].name) == (
        "胸腔镜下左脓胸引流术",
        "胸腔镜下脓胸清除术",
    )
    judging.refuse(wanted)
    decided = resolution.decide(wanted, by=CODER)
    assert (decided.state, decided.relation) == (State.DECIDED, Relation.LOCAL_FINER)
    # 引流 and 清除 are not the same act: somebody else has to look, nobody has to waive.
    assert "procedure.verb" in {one.finding.rule_id for one in judging.findings(decided.local_id)}


def test_judgement_renal_tumour_of_uncertain_behaviour(
    judging: JudgingService, resolution: ResolutionService, demo: Sets
) -> None:
    """Local 肾性质未定的肿瘤 without its own entry: D48.9003, by a clinician, with a reason."""
    rule = "neoplasm.uncertain_residual"
    assert demo[1]["D41.001"].name == "肾性质未定的肿瘤"
    assert not [one for one in demo[0].values() if one.name == "肾性质未定的肿瘤"]
    wanted = choice(demo, "D41.001", "D48.9003", Relation.LOCAL_FINER, "无病理报告")
    with pytest.raises(RefusedError, match="a clinician must settle"):
        judging.refuse(wanted)
    for other in (CODER, CHECKER, HEAD):
        with pytest.raises(RefusedError):
            judging.waive(wanted.local_id, rule, "照惯例", by=other, choice=wanted)
    judging.waive(wanted.local_id, rule, "无病理报告，不能判断良恶性", by=CLINICIAN, choice=wanted)
    judging.refuse(wanted)
    decided = resolution.decide(wanted, by=CODER)
    assert decided.targets[0].code == "D48.9003"
    judged = {one.finding.rule_id: one for one in judging.findings(wanted.local_id)}
    waiver = judged[rule].waiver
    assert waiver is not None
    assert (waiver.by, waiver.role) == ("泌尿外科张医师", Role.CLINICIAN)
