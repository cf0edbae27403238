"""Findings, waivers and the D48.9 case, through a project file."""

import pytest

from helpers.builders import Clock, fill
from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act
from icdmapper.model.mapping import Choice, Relation, State, Target
from icdmapper.model.people import Person, Role
from icdmapper.model.proposals import Candidate, Proposal
from icdmapper.resolution.judging import JudgingService
from icdmapper.resolution.people import PeopleService
from icdmapper.resolution.rule_pack import shipped_judge
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage

Sets = tuple[dict[str, ReferenceCode], dict[str, LocalCode]]
CODER = Person("编码员甲")
REFERENCES = (
    ("N20.001", "右肾结石"),
    ("N20.002", "肾结石"),
    ("D48.9003", "性质未特指的肿瘤"),
    ("D41.001", "肾交界恶性肿瘤"),
    ("34.09010", "胸腔镜下脓胸清除术"),
    ("I63.902", "脑梗死"),
)
LOCALS = (
    ("N20.051", "左肾结石", 418),
    ("D41.001", "肾性质未定的肿瘤", 23),
    ("34.0951", "胸腔镜下左脓胸引流术", 9),
    ("I63.951", "脑梗塞", 3812),
    ("Z99.951", "住院等待床位", 1),
)


@pytest.fixture
def sets(storage: Storage) -> Sets:
    return fill(storage, REFERENCES, LOCALS)


@pytest.fixture
def judging(storage: Storage) -> JudgingService:
    return JudgingService(storage, Clock(), shipped_judge)


def choice(
    sets: Sets, local: str, reference: str, relation: Relation, *, version: int = 0, note: str = ""
) -> Choice:
    entry = sets[0][reference]
    target = Target(entry.id, entry.code, entry.name)
    return Choice(sets[1][local].id, version, relation, (target,), note)


def people(storage: Storage) -> dict[Role, Person]:
    service = PeopleService(storage, Clock())
    first = Person("科长", Role.COORDINATOR)
    service.add(first.name, first.role, by=first, pin="739142")
    for name, role in (
        ("编码员甲", Role.CODER),
        ("核对员乙", Role.CHECKER),
        ("泌尿外科张医师", Role.CLINICIAN),
    ):
        service.add(name, role, by=first, pin="739142")
    return {member.role: member.person for member in service.members()}


def test_an_undecided_code_has_no_findings(judging: JudgingService, sets: Sets) -> None:
    assert judging.findings(sets[1]["左肾结石"].id) == ()
    assert judging.findings_all() == {}


def test_nobody_can_waive_what_the_receiver_refuses(storage: Storage) -> None:
    headed = ("N20.0", "肾和输尿管结石"), *REFERENCES
    sets = fill(storage, headed, LOCALS)
    people_of_project = people(storage)
    service = JudgingService(storage, Clock(), shipped_judge)
    entry = next(one for one in sets[0].values() if one.heading)
    wanted = choice(sets, "左肾结石", entry.name, Relation.LOCAL_FINER, note="别无他选")
    with pytest.raises(RefusedError, match="nobody can waive"):
        service.refuse(wanted)
    for role in (Role.CHECKER, Role.CLINICIAN, Role.COORDINATOR):
        with pytest.raises(RefusedError, match="Nobody can waive"):
            service.waive(
                wanted.local_id,
                "specificity.heading",
                "别无他选",
                by=people_of_project[role],
                choice=wanted,
            )


def test_a_choice_is_judged_before_it_is_made(judging: JudgingService, sets: Sets) -> None:
    wanted = choice(sets, "左肾结石", "右肾结石", Relation.LOCAL_FINER)
    found = {one.finding.rule_id: one for one in judging.findings_of(wanted)}
    assert "opposite sides" in found["contradiction.side"].finding.sentence
    with pytest.raises(RefusedError, match="opposite sides"):
        judging.refuse(wanted)
    judging.refuse(choice(sets, "左肾结石", "肾结石", Relation.LOCAL_FINER))


def test_findings_of_one_code_and_of_all_agree(
    judging: JudgingService, resolution: ResolutionService, sets: Sets
) -> None:
    resolution.decide(choice(sets, "脑梗塞", "脑梗死", Relation.EQUIVALENT), by=CODER)
    resolution.decide(
        choice(sets, "胸腔镜下左脓胸引流术", "胸腔镜下脓胸清除术", Relation.EQUIVALENT), by=CODER
    )
    everything = judging.findings_all()
    wrong = sets[1]["胸腔镜下左脓胸引流术"].id
    assert set(everything) == {wrong}
    assert everything[wrong] == judging.findings(wrong)
    assert judging.counts()[wrong] >= 1
    assert judging.findings(sets[1]["脑梗塞"].id) == ()


def test_no_counterpart_needs_a_word(judging: JudgingService, sets: Sets) -> None:
    local = sets[1]["住院等待床位"]
    with pytest.raises(RefusedError, match="no counterpart"):
        judging.refuse(Choice(local.id, 0, Relation.NO_COUNTERPART, ()))
    judging.refuse(Choice(local.id, 0, Relation.NO_COUNTERPART, (), "不是诊断"))


def test_a_waiver_is_kept_with_reason_and_person_and_logged(
    judging: JudgingService, storage: Storage, resolution: ResolutionService, sets: Sets
) -> None:
    wanted = choice(sets, "左肾结石", "右肾结石", Relation.LOCAL_FINER)
    with pytest.raises(RefusedError, match="reason"):
        judging.waive(wanted.local_id, "contradiction.side", "  ", by=CODER, choice=wanted)
    waiver = judging.waive(
        wanted.local_id, "contradiction.side", "院内编码写错侧", by=CODER, choice=wanted
    )
    assert (waiver.by, waiver.reason, waiver.version) == ("编码员甲", "院内编码写错侧", 0)
    judging.refuse(wanted)
    resolution.decide(wanted, by=CODER)
    judged = {one.finding.rule_id: one for one in judging.findings(wanted.local_id)}
    assert judged["contradiction.side"].waiver == waiver
    assert not judged["contradiction.side"].stands_open
    acts = [event.act for event in resolution.history(wanted.local_id)]
    assert acts == [Act.WAIVED, Act.DECIDED]


def test_a_waiver_holds_for_its_answer_only(judging: JudgingService, sets: Sets) -> None:
    wanted = choice(sets, "左肾结石", "右肾结石", Relation.LOCAL_FINER)
    judging.waive(wanted.local_id, "contradiction.side", "写错侧", by=CODER, choice=wanted)
    with pytest.raises(RefusedError, match="opposite sides"):
        judging.refuse(choice(sets, "左肾结石", "右肾结石", Relation.OVERLAP, note="交叉"))
    judging.withdraw(wanted.local_id, "contradiction.side", by=CODER)
    with pytest.raises(RefusedError, match="opposite sides"):
        judging.refuse(wanted)
    assert judging.waivers() == ()


def test_what_is_not_broken_cannot_be_waived(judging: JudgingService, sets: Sets) -> None:
    wanted = choice(sets, "左肾结石", "肾结石", Relation.LOCAL_FINER)
    with pytest.raises(RefusedError, match="nothing to waive"):
        judging.waive(wanted.local_id, "contradiction.side", "理由", by=CODER, choice=wanted)
    with pytest.raises(RefusedError, match="not waived"):
        judging.withdraw(wanted.local_id, "contradiction.side", by=CODER)


def test_medical_judgement_the_renal_tumour_of_uncertain_behaviour(
    judging: JudgingService, storage: Storage, resolution: ResolutionService, sets: Sets
) -> None:
    """Official example: without its own entry, 肾性质未定的肿瘤 can only become D48.9003.

    That is a clinician's word with a reason on record; no coder, checker or coordinator may do it.
    """
    person = people(storage)
    rule = "neoplasm.uncertain_residual"
    wanted = choice(sets, "肾性质未定的肿瘤", "性质未特指的肿瘤", Relation.LOCAL_FINER)
    with pytest.raises(RefusedError, match="clinician"):
        judging.refuse(wanted)
    for role in (Role.CODER, Role.CHECKER, Role.COORDINATOR):
        with pytest.raises(RefusedError):
            judging.waive(wanted.local_id, rule, "没有病理", by=person[role], choice=wanted)
    reason = "无病理报告，标准中没有肾性质未定的肿瘤"
    judging.waive(wanted.local_id, rule, reason, by=person[Role.CLINICIAN], choice=wanted)
    judging.refuse(wanted)
    decided = resolution.decide(wanted, by=person[Role.CODER])
    assert (decided.state, decided.targets[0].code) == (State.DECIDED, "D48.9003")
    (waiver,) = judging.waivers(wanted.local_id)
    assert (waiver.by, waiver.role, waiver.reason) == ("泌尿外科张医师", Role.CLINICIAN, reason)


def test_case_2_keeps_what_is_lost_on_record(
    judging: JudgingService, resolution: ResolutionService, sets: Sets
) -> None:
    """Official example: 胸腔镜下左脓胸引流术 is assigned to the coarser 34.09010; 左 is lost."""
    equal = choice(sets, "胸腔镜下左脓胸引流术", "胸腔镜下脓胸清除术", Relation.EQUIVALENT)
    said = {one.finding.rule_id: one.finding.sentence for one in judging.findings_of(equal)}
    assert "“左” is lost" in said["specificity.equivalent_with_side"]
    finer = choice(sets, "胸腔镜下左脓胸引流术", "胸腔镜下脓胸清除术", Relation.LOCAL_FINER)
    judging.refuse(finer)
    assert "specificity.equivalent_with_side" not in {
        one.finding.rule_id for one in judging.findings_of(finer)
    }
    decided = resolution.decide(finer, by=CODER)
    assert (decided.targets[0].code, decided.relation) == ("34.09010", Relation.LOCAL_FINER)


def test_codes_on_one_entry_are_counted(
    judging: JudgingService, resolution: ResolutionService, storage: Storage
) -> None:
    many = tuple((f"I63.9{number}", f"脑梗死之{number}", 1) for number in range(51, 58))
    sets = fill(storage, REFERENCES, many)
    for _code, name, _count in many:
        resolution.decide(choice(sets, name, "脑梗死", Relation.EQUIVALENT), by=CODER)
    everything = judging.findings_all()
    for local in sets[1].values():
        assert everything[local.id] == judging.findings(local.id)
        said = {one.finding.rule_id: one.finding.sentence for one in judging.findings(local.id)}
        assert "has 7 local codes already" in said["specificity.many_to_one"]
    again = choice(sets, "脑梗死之51", "脑梗死", Relation.EQUIVALENT, version=1)
    said = {one.finding.rule_id: one.finding.sentence for one in judging.findings_of(again)}
    assert "has 7 local codes already" in said["specificity.many_to_one"]


def test_what_a_rule_warns_of_is_not_taken_in_bulk(storage: Storage) -> None:
    """A warning is for a person to read: 女性绝育术 says no side, the entry says 双侧."""
    entries = (("66.3900", "双侧输卵管结扎术"), ("66.3201", "输卵管结扎和切断术"))
    rows = (("66.392", "女性绝育术", 8), ("66.321", "输卵管结扎和切断术", 5))
    references, locals_ = fill(storage, entries, rows)
    pairs = {"女性绝育术": "双侧输卵管结扎术", "输卵管结扎和切断术": "输卵管结扎和切断术"}
    with storage.writing() as work:
        for local, entry in pairs.items():
            one = references[entry]
            first = Candidate(one.id, one.code, one.name, 0.99, Relation.EQUIVALENT)
            work.proposals.save_many([Proposal(locals_[local].id, (first,), safe=True)])
        work.commit()
    service = ResolutionService(storage, Clock(), judge=shipped_judge)
    result = service.accept_safe(by=CODER)
    assert (result.accepted, result.left_out) == (1, {"judgement": 1})
