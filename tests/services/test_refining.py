"""Case 1 of the official rule, through a project file: plan, edit, sign, undo, tell the HIS."""

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from helpers.builders import Clock, fill
from helpers.projects import local_list
from icdmapper.export.his_changes import ChangeKind, HisChangeService
from icdmapper.importing.reading import Limits, SourceReader
from icdmapper.importing.service import ImportingService
from icdmapper.importing.sources import Source
from icdmapper.importing.succession import Signature
from icdmapper.model.codes import CodeKind, LocalCode, ReferenceCode, Side
from icdmapper.model.errors import ConflictError, RefusedError
from icdmapper.model.events import Act
from icdmapper.model.mapping import Choice, Relation, State, Target
from icdmapper.model.people import Person, Role
from icdmapper.model.refinement import Refinement
from icdmapper.resolution.drafting import DraftingService, RefineStage
from icdmapper.resolution.judging import JudgingService
from icdmapper.resolution.overtaking import Overtaking
from icdmapper.resolution.people import PeopleService
from icdmapper.resolution.refinement import Adoption, AdoptionProgress, PlanProblem
from icdmapper.resolution.refining import RefiningService
from icdmapper.resolution.retiring import RetiringService
from icdmapper.resolution.rule_pack import shipped_judge
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage

Sets = tuple[dict[str, ReferenceCode], dict[str, LocalCode]]
CODER, CHECKER = Person("编码员甲"), Person("核对员乙", Role.CHECKER)
APRIL = date(2026, 4, 1)
REFERENCES = (
    ("D38", "中耳、呼吸和胸腔内器官动态未定或动态未知的肿瘤"),
    ("D38.2", "胸膜动态未定或动态未知的肿瘤"),
    ("D38.201", "胸膜交界恶性肿瘤"),
    ("C38.401", "胸膜恶性肿瘤"),
    ("D19.001", "胸膜良性肿瘤"),
    ("D48.9003", "性质未特指的肿瘤"),
    ("I63.902", "脑梗死"),
)
LOCALS = (
    ("D38.201", "胸膜肿瘤", 640),
    ("I63.951", "脑梗塞", 3812),
    ("C34.151", "左肺上叶癌", 1377),
    ("C64.X51", "左肾癌", 86),
    ("C38.451", "纵隔癌", 3),
)
MEANINGS = ("胸膜交界恶性肿瘤", "胸膜恶性肿瘤", "胸膜良性肿瘤")


@pytest.fixture
def sets(storage: Storage) -> Sets:
    return fill(storage, REFERENCES, LOCALS)


@pytest.fixture
def refining(storage: Storage) -> RefiningService:
    return RefiningService(storage, Clock(), shipped_judge, initials=lambda name: name[:1])


def started(refining: RefiningService, sets: Sets, *names: str, **kw: object) -> Refinement:
    ids = [sets[0][name].id for name in names or MEANINGS]
    parent = sets[1]["胸膜肿瘤"].id
    return refining.start(parent, ids, seen_version=0, by=CODER, effective=APRIL, **kw)  # type: ignore[arg-type]


def local_codes(storage: Storage) -> dict[str, LocalCode]:
    with storage.reading() as work:
        return {local.code: local for local in work.code_sets.local_codes()}


def test_case_1_the_coarse_pleural_code_is_refined_until_each_child_has_a_counterpart(
    refining: RefiningService, resolution: ResolutionService, storage: Storage, sets: Sets
) -> None:
    """Official example: local D38.201 means any 胸膜肿瘤, the reference D38.201 only 交界恶性."""
    parent = sets[1]["胸膜肿瘤"]
    plan = started(refining, sets)
    assert resolution.work_row(parent.id).mapping.state is State.REFINING
    assert refining.problems(plan.id) == ()
    signed = refining.sign(plan.id, seen_revision=1, by=CHECKER)
    made = local_codes(storage)
    answers = {
        child.code: resolution.work_row(made[child.code].id).mapping for child in signed.children
    }
    assert {code: one.targets[0].code for code, one in answers.items()} == {
        "D38.251": "D38.201",
        "C38.452": "C38.401",
        "D19.051": "D19.001",
    }
    for answer in answers.values():
        assert (answer.state, answer.relation) == (State.DECIDED, Relation.EQUIVALENT)
        assert (answer.decided_by, answer.checked_by) == ("编码员甲", "")
    assert resolution.work_row(parent.id).mapping.state is State.RETIRED
    assert made["D38.251"].name == "胸膜交界恶性肿瘤"
    assert made["D38.251"].initials == "胸"
    assert resolution.history(parent.id)[-1].act is Act.REFINED


def test_the_style_is_learned_from_the_hospitals_own_codes(
    refining: RefiningService, sets: Sets
) -> None:
    learned = refining.style(CodeKind.DIAGNOSIS)
    assert (learned.lead, learned.width, learned.first) == ("", 2, 51)
    assert "I63.951" in learned.examples


def test_the_entries_a_code_can_mean_are_offered(refining: RefiningService, sets: Sets) -> None:
    offered = refining.offers(sets[1]["胸膜肿瘤"].id)
    assert [one.code for one in offered] == ["D38.201"]


def test_names_and_codes_can_be_edited_until_signed(
    refining: RefiningService, storage: Storage, sets: Sets
) -> None:
    plan = started(refining, sets)
    first, *others = plan.children
    renamed = replace(first, name="胸膜交界性肿瘤", code="D38.261")
    edited = refining.edit(plan.id, [renamed, *others], seen_revision=1, by=CODER)
    with pytest.raises(ConflictError):
        refining.edit(plan.id, plan.children, seen_revision=1, by=CODER)
    with pytest.raises(ConflictError):
        refining.sign(plan.id, seen_revision=1, by=CHECKER)
    refining.sign(plan.id, seen_revision=edited.revision, by=CHECKER)
    assert local_codes(storage)["D38.261"].name == "胸膜交界性肿瘤"
    with pytest.raises(RefusedError, match="cannot be changed"):
        refining.edit(plan.id, plan.children, seen_revision=3, by=CODER)


def test_a_plan_with_problems_is_not_signed_and_nothing_is_made(
    refining: RefiningService, storage: Storage, sets: Sets
) -> None:
    plan = started(refining, sets)
    first, second, third = plan.children
    bad = [replace(first, code="I63.951"), replace(second, name="胸膜肿瘤"), third]
    edited = refining.edit(plan.id, bad, seen_revision=1, by=CODER)
    assert {one.problem for one in refining.problems(plan.id)} == {
        PlanProblem.CODE_TAKEN,
        PlanProblem.NAME_OF_PARENT,
    }
    with pytest.raises(RefusedError, match=r"I63\.951 is in use"):
        refining.sign(plan.id, seen_revision=edited.revision, by=CHECKER)
    assert len(local_codes(storage)) == len(LOCALS)


def test_another_style_is_signed_only_on_purpose(refining: RefiningService, sets: Sets) -> None:
    plan = started(refining, sets)
    odd = [replace(plan.children[0], code="D38.200x001"), *plan.children[1:]]
    edited = refining.edit(plan.id, odd, seen_revision=1, by=CODER)
    with pytest.raises(RefusedError, match="way this hospital writes"):
        refining.sign(plan.id, seen_revision=edited.revision, by=CHECKER)
    refining.sign(plan.id, seen_revision=edited.revision, by=CHECKER, accept_style=True)


def test_a_child_that_breaks_a_rule_is_refused_until_waived(
    refining: RefiningService, storage: Storage, sets: Sets
) -> None:
    """A residual on D48.9003 is a clinician's call even when it hides in a refinement."""
    plan = started(refining, sets, "胸膜交界恶性肿瘤", "性质未特指的肿瘤")
    child = replace(plan.children[1], name="胸膜肿瘤性质未特指", residual=True, note="无病理")
    child = replace(child, relation=Relation.LOCAL_FINER)
    edited = refining.edit(plan.id, [plan.children[0], child], seen_revision=1, by=CODER)
    with pytest.raises(RefusedError, match="clinician"):
        refining.sign(plan.id, seen_revision=edited.revision, by=CHECKER)
    # Waived for that very answer, while the child does not exist yet.
    judging = JudgingService(storage, Clock(), shipped_judge)
    parent = sets[1]["胸膜肿瘤"].id
    rule = "neoplasm.uncertain_residual"
    assert rule in {one.finding.rule_id for one in judging.findings_of_child(parent, child)}
    judging.waive(parent, rule, "病理科意见：无法定性", by=CODER, child=child)
    signed = refining.sign(plan.id, seen_revision=edited.revision, by=CHECKER)
    made = signed.children[1].local_id
    assert made is not None
    (judged,) = [one for one in judging.findings(made) if one.finding.rule_id == rule]
    assert judged.waiver is not None
    assert judged.waiver.reason == "病理科意见：无法定性"


def test_undo_takes_back_children_and_parent_and_it_can_be_signed_again(
    refining: RefiningService, resolution: ResolutionService, storage: Storage, sets: Sets
) -> None:
    parent = sets[1]["胸膜肿瘤"]
    plan = started(refining, sets)
    signed = refining.sign(plan.id, seen_revision=1, by=CHECKER)
    resolution.undo(by=CHECKER)
    assert resolution.work_row(parent.id).mapping.state is State.REFINING
    children = [child.local_id for child in signed.children if child.local_id]
    assert {resolution.work_row(one).mapping.state for one in children} == {State.RETIRED}
    assert HisChangeService(storage).changes() == ()
    first, *others = signed.children
    edited = refining.edit(
        plan.id, [replace(first, name="胸膜交界性肿瘤"), *others], seen_revision=2, by=CODER
    )
    again = refining.sign(plan.id, seen_revision=edited.revision, by=CHECKER)
    assert [child.local_id for child in again.children] == children
    assert {resolution.work_row(one).mapping.state for one in children} == {State.DECIDED}
    assert local_codes(storage)["D38.251"].name == "胸膜交界性肿瘤"
    assert len(local_codes(storage)) == len(LOCALS) + 3
    resolution.undo(by=CHECKER)
    resolution.redo(by=CHECKER)
    assert resolution.work_row(parent.id).mapping.state is State.RETIRED


def test_a_plan_can_be_given_up(
    refining: RefiningService, resolution: ResolutionService, sets: Sets
) -> None:
    parent = sets[1]["胸膜肿瘤"]
    plan = started(refining, sets)
    refining.drop(plan.id, by=CODER)
    assert resolution.work_row(parent.id).mapping.state is State.OPEN
    assert refining.of(parent.id) is None
    with pytest.raises(RefusedError, match="cannot be changed"):
        refining.drop(plan.id, by=CODER)
    resolution.undo(by=CODER)
    assert refining.of(parent.id) == plan
    resolution.redo(by=CODER)
    again = refining.start(
        parent.id, [sets[0]["胸膜恶性肿瘤"].id], seen_version=4, by=CODER, effective=APRIL
    )
    assert refining.of(parent.id) == again


def test_roles_plan_sign_and_allow(refining: RefiningService, storage: Storage, sets: Sets) -> None:
    people = PeopleService(storage, Clock())
    head = Person("科长", Role.COORDINATOR)
    people.add(head.name, head.role, by=head, pin="739142")
    doctor = Person("胸外科李医师", Role.CLINICIAN)
    for one in (Person("编码员甲", Role.CODER), CHECKER, doctor):
        people.add(one.name, one.role, by=head, pin="739142")
    plan = started(refining, sets, residual_id=sets[0]["胸膜交界恶性肿瘤"].id)
    for nobody in (CODER, doctor):
        with pytest.raises(RefusedError, match="sign a refinement"):
            refining.sign(plan.id, seen_revision=1, by=nobody)
    with pytest.raises(RefusedError):
        refining.allow_residual(plan.id, by=CHECKER)
    allowed = refining.allow_residual(plan.id, by=doctor)
    assert allowed.residual_allowed_by == "胸外科李医师"
    signed = refining.sign(plan.id, seen_revision=allowed.revision, by=CHECKER)
    assert signed.residual is not None
    assert signed.residual.code == "D38.251"


def test_the_his_change_list_says_all_that_is_to_do(
    refining: RefiningService, storage: Storage, sets: Sets, tmp_path: Path
) -> None:
    service = HisChangeService(storage)
    with pytest.raises(RefusedError, match="nothing to change"):
        service.export(tmp_path / "空")
    plan = started(refining, sets, residual_id=sets[0]["胸膜交界恶性肿瘤"].id)
    refining.allow_residual(plan.id, by=CODER)
    refining.sign(plan.id, seen_revision=2, by=CHECKER)
    refining.rename(plan.id, "D19.051", "=胸膜良性瘤", by=CHECKER)
    for name, why in (("胸膜恶性肿瘤", "same name"), (" ", "no name")):
        with pytest.raises(RefusedError, match=why):
            refining.rename(plan.id, "D19.051", name, by=CHECKER)
    with pytest.raises(RefusedError, match="no child"):
        refining.rename(plan.id, "D19.099", "别名", by=CHECKER)
    kinds = [change.kind for change in service.changes()]
    assert kinds == [
        ChangeKind.SPLIT,
        ChangeKind.ADD,
        ChangeKind.ADD,
        ChangeKind.ADD,
        ChangeKind.RENAME,
        ChangeKind.STOP,
    ]
    files = service.export(tmp_path / "his")
    assert [file.name for file in files] == ["his_changes.csv", "his_changes.xlsx"]
    with (tmp_path / "his" / "his_changes.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    split, add = rows[0], rows[1]
    assert (split["old_code"], split["new_code"], split["default"]) == ("D38.201", "D38.251", "yes")
    assert split["default_allowed_by"] == "编码员甲"
    assert (split["effective"], split["signed_by"]) == ("2026-04-01", "核对员乙")
    assert split["yearly_volume"] == "640"
    assert (add["new_name"], add["target_code"]) == ("胸膜交界恶性肿瘤", "D38.201")
    assert rows[4]["new_name"] == "=胸膜良性瘤"
    sheet = openpyxl.load_workbook(tmp_path / "his" / "his_changes.xlsx").active
    assert sheet is not None
    assert sheet.cell(6, 5).data_type == "s"
    assert sheet.max_row == len(rows) + 1
    with pytest.raises(RefusedError, match="exists already"):
        service.export(tmp_path / "his")


def test_adoption_is_read_from_the_next_local_list(
    refining: RefiningService, storage: Storage, sets: Sets, tmp_path: Path
) -> None:
    plan = started(refining, sets)
    assert refining.adoptions() == ()
    signed = refining.sign(plan.id, seen_revision=1, by=CHECKER)
    importing = ImportingService(
        storage, SourceReader(Limits(seconds=60, memory_mb=512)), Clock(), Overtaking()
    )

    def after_importing(*codes: tuple[str, str]) -> Adoption:
        listed = [(code, name, 1, "") for code, name in codes]
        preview = importing.preview(
            Source(path=local_list(tmp_path / "院内.csv", listed)), side=Side.LOCAL
        )
        signature = Signature(CHECKER.name, importing.compare(preview))
        importing.store(preview, name="院内", edition="", by=CHECKER, signature=signature)
        ((refinement, adoption),) = refining.adoptions()
        assert refinement == signed
        return adoption

    listed = [(code, name) for code, name, _count in LOCALS]
    ((_plan, before),) = refining.adoptions()
    assert before.progress is AdoptionProgress.NOT_YET
    assert (len(before.missing), before.parent_still_used) == (3, True)
    first, second, third = [(child.code, child.name) for child in plan.children]
    partly = after_importing(*listed, first, (second[0], "别的名称"))
    assert partly.progress is AdoptionProgress.PARTLY
    assert [child.code for child in partly.adopted] == [first[0]]
    assert [name for _child, name in partly.renamed] == ["别的名称"]
    assert [child.code for child in partly.missing] == [third[0]]
    with storage.reading() as work:
        states = {one.code: work.mappings.get(one.id).state for one in work.code_sets.local_codes()}
    # Adopted and awaited children keep their answers; the one under another name is open again.
    assert [states[code] for code, _name in (first, second, third)] == [
        State.DECIDED, State.OPEN, State.DECIDED,
    ]  # fmt: skip
    without_parent = [one for one in listed if one[0] != "D38.201"]
    whole = after_importing(*without_parent, first, second, third)
    assert whole.progress is AdoptionProgress.ADOPTED
    with storage.reading() as work:
        parent = next(one for one in work.code_sets.local_codes() if one.code == "D38.201")
        assert (work.mappings.get(parent.id).state, parent.row) == (State.RETIRED, 0)


def test_a_parent_reopened_after_the_split_asks_nothing_of_the_his(
    refining: RefiningService, resolution: ResolutionService, storage: Storage, sets: Sets
) -> None:
    parent = sets[1]["胸膜肿瘤"]
    plan = started(refining, sets)
    refining.sign(plan.id, seen_revision=1, by=CHECKER)
    assert refining.all() == (refining.get(plan.id),)
    children = {child.local_id: 1 for child in refining.get(plan.id).children if child.local_id}
    RetiringService(storage, Clock()).retire(children, reason="HIS 未采用", by=CODER)
    resolution.reopen(parent.id, seen_version=2, by=CHECKER)
    assert refining.of(parent.id) is None
    assert refining.all() == ()
    assert HisChangeService(storage).changes() == ()
    with pytest.raises(RefusedError, match="not been signed"):
        refining.rename(plan.id, "D38.251", "别名", by=CHECKER)


def test_an_undone_start_leaves_no_plan(
    refining: RefiningService, resolution: ResolutionService, sets: Sets
) -> None:
    parent = sets[1]["胸膜肿瘤"]
    plan = started(refining, sets)
    resolution.undo(by=CODER)
    assert refining.of(parent.id) is None
    with pytest.raises(RefusedError, match="cannot be changed"):
        refining.sign(plan.id, seen_revision=1, by=CHECKER)
    resolution.redo(by=CODER)
    assert refining.of(parent.id) == plan


def test_two_signers_at_once_make_the_children_once(
    refining: RefiningService, storage: Storage, sets: Sets
) -> None:
    plan = started(refining, sets)
    refining.sign(plan.id, seen_revision=1, by=CHECKER)
    with pytest.raises(RefusedError, match="cannot be changed"):
        refining.sign(plan.id, seen_revision=1, by=CODER)
    assert len(local_codes(storage)) == len(LOCALS) + 3


def test_what_waits_is_counted_as_the_page_counts_it(
    storage: Storage, resolution: ResolutionService, refining: RefiningService, sets: Sets
) -> None:
    drafting = DraftingService(storage)

    def waiting() -> int:
        stages = [one.stage for one in drafting.rows()]
        return stages.count(RefineStage.COARSE) + stages.count(RefineStage.PLANNED)

    assert drafting.count_waiting() == waiting() == 0
    entry, local = sets[0]["脑梗死"], sets[1]["脑梗塞"]
    target = (Target(entry.id, entry.code, entry.name),)
    resolution.decide(Choice(local.id, 0, Relation.LOCAL_COARSER, target, "较粗"), by=CODER)
    assert drafting.count_waiting() == waiting() == 1
    plan = started(refining, sets)
    assert drafting.count_waiting() == waiting() == 2
    refining.sign(plan.id, seen_revision=plan.revision, by=CHECKER, accept_style=True)
    assert drafting.count_waiting() == waiting() == 1
