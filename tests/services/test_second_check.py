"""The second check: a checker is never the decider, agreement confirms, difference disputes."""

import pytest

from helpers.builders import Clock
from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.errors import ConflictError, RefusedError
from icdmapper.model.mapping import Choice, Relation, State, Target
from icdmapper.model.people import Person, Role
from icdmapper.resolution import sampling
from icdmapper.resolution.checking import CheckingService
from icdmapper.resolution.disputes import DisputeService
from icdmapper.resolution.people import PeopleService
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage

Sets = tuple[dict[str, ReferenceCode], dict[str, LocalCode]]
HEAD = Person("协调员丁", Role.COORDINATOR)
CODER, CHECKER = Person("编码员甲"), Person("复核员乙", Role.CHECKER)
DOCTOR = Person("临床医师丙", Role.CLINICIAN)


@pytest.fixture
def people(storage: Storage) -> PeopleService:
    """A project with one person of each role."""
    service = PeopleService(storage, Clock())
    service.add(HEAD.name, HEAD.role, by=HEAD, pin="428571")
    for one in (CODER, CHECKER, DOCTOR):
        service.add(one.name, one.role, by=HEAD)
    return service


@pytest.fixture
def checking(
    storage: Storage, resolution: ResolutionService, people: PeopleService
) -> CheckingService:
    return CheckingService(storage, resolution, Clock())


@pytest.fixture
def disputes(storage: Storage, people: PeopleService) -> DisputeService:
    return DisputeService(storage, Clock())


def choice(
    sets: Sets, local: str, entry: str, relation: Relation, version: int = 0, note: str = ""
) -> Choice:
    reference = sets[0][entry]
    target = Target(reference.id, reference.code, reference.name)
    return Choice(sets[1][local].id, version, relation, (target,), note)


def test_agreement_confirms_and_names_the_checker(
    checking: CheckingService, resolution: ResolutionService, sets: Sets
) -> None:
    same = choice(sets, "脑梗塞", "脑梗死", Relation.EQUIVALENT)
    resolution.decide(same, by=CODER)
    checked = checking.check(
        choice(sets, "脑梗塞", "脑梗死", Relation.EQUIVALENT, 1), by=CHECKER, blind=True
    )
    assert (checked.state, checked.decided_by, checked.checked_by) == (
        State.CHECKED, CODER.name, CHECKER.name,
    )  # fmt: skip
    assert checking.figures().blind.share == 1.0
    resolution.undo(by=CHECKER)
    assert resolution.work_row(checked.local_id).mapping.state is State.DECIDED
    assert checking.figures().all.pairs == 0


def test_a_difference_becomes_a_dispute_with_both_answers(
    checking: CheckingService, disputes: DisputeService, resolution: ResolutionService, sets: Sets
) -> None:
    resolution.decide(
        choice(sets, "胸膜肿瘤", "胸膜交界恶性肿瘤", Relation.LOCAL_COARSER), by=CODER
    )
    other = choice(sets, "胸膜肿瘤", "肺上叶恶性肿瘤", Relation.LOCAL_COARSER, 1, "名称未说交界")
    after = checking.check(other, by=CHECKER, blind=True)
    assert after.state is State.DISPUTED
    (dispute,) = disputes.open_disputes()
    assert [option.by for option in dispute.options] == [(CODER.name,), (CHECKER.name,)]
    assert [one.opinion.targets[0].code for one in dispute.options] == ["D38.201", "C34.101"]


@pytest.mark.parametrize("name", [CODER.name, f" {CODER.name} "])
def test_a_checker_is_never_the_decider(
    checking: CheckingService,
    people: PeopleService,
    resolution: ResolutionService,
    sets: Sets,
    name: str,
) -> None:
    resolution.decide(choice(sets, "脑梗塞", "脑梗死", Relation.EQUIVALENT), by=CODER)
    people.change(CODER.name, by=HEAD, role=Role.CHECKER)
    with pytest.raises(RefusedError):
        checking.agree(sets[1]["脑梗塞"].id, seen_version=1, by=Person(name, Role.CHECKER))


def test_only_a_checker_checks(
    checking: CheckingService, resolution: ResolutionService, sets: Sets
) -> None:
    resolution.decide(choice(sets, "脑梗塞", "脑梗死", Relation.EQUIVALENT), by=CODER)
    for somebody in (CODER, DOCTOR, HEAD, Person("陌生人", Role.CHECKER)):
        with pytest.raises(RefusedError):
            checking.agree(sets[1]["脑梗塞"].id, seen_version=1, by=somebody)


def test_a_clinician_settles_with_a_reason(
    checking: CheckingService, disputes: DisputeService, resolution: ResolutionService, sets: Sets
) -> None:
    resolution.decide(
        choice(sets, "胸膜肿瘤", "胸膜交界恶性肿瘤", Relation.LOCAL_COARSER), by=CODER
    )
    local = sets[1]["胸膜肿瘤"].id
    contested = disputes.open(local, seen_version=1, reason="交界还是恶性？", by=CHECKER)
    answer = choice(
        sets,
        "胸膜肿瘤",
        "胸膜交界恶性肿瘤",
        Relation.LOCAL_COARSER,
        contested.version,
        "病理为交界性",
    )
    for somebody in (CODER, CHECKER, HEAD):
        with pytest.raises(RefusedError):
            disputes.settle(answer, by=somebody)
    bare = choice(sets, "胸膜肿瘤", "胸膜交界恶性肿瘤", Relation.LOCAL_COARSER, contested.version)
    with pytest.raises(RefusedError, match="reason"):
        disputes.settle(bare, by=DOCTOR)
    with pytest.raises(ConflictError):
        disputes.settle(
            choice(sets, "胸膜肿瘤", "胸膜交界恶性肿瘤", Relation.LOCAL_COARSER, 1, "旧"), by=DOCTOR
        )
    settled = disputes.settle(answer, by=DOCTOR)
    assert (settled.state, settled.decided_by, settled.note) == (
        State.SETTLED, DOCTOR.name, "病理为交界性",
    )  # fmt: skip


def test_paper_settlements_keep_both_names(
    disputes: DisputeService, resolution: ResolutionService, sets: Sets
) -> None:
    local = sets[1]["脑梗塞"].id
    disputes.open(local, seen_version=0, reason="部位？", by=CODER)
    answer = choice(sets, "脑梗塞", "脑梗死", Relation.EQUIVALENT, 1, "会议纪要第 3 条")
    with pytest.raises(RefusedError, match="clinician"):
        disputes.settle(answer, by=HEAD, on_behalf_of=CODER.name)
    assert disputes.settle(answer, by=HEAD, on_behalf_of=DOCTOR.name).decided_by == DOCTOR.name
    last = resolution.history(local)[-1]
    assert last.by == HEAD.name
    assert DOCTOR.name in last.detail


def test_a_plan_checks_the_risky_and_a_sample_of_the_rest(
    checking: CheckingService, resolution: ResolutionService, sets: Sets
) -> None:
    for local, entry in (("脑梗塞", "脑梗死"), ("胸膜肿瘤", "胸膜交界恶性肿瘤")):
        resolution.decide(choice(sets, local, entry, Relation.EQUIVALENT), by=CODER)
    everything = checking.queue(by=CHECKER)
    assert (len(everything.rows), everything.left_out) == (2, 0)
    assert checking.queue(by=CODER).own == 2
    with pytest.raises(RefusedError):
        checking.make_plan(by=CODER, size=1, seed=1)
    plan = checking.make_plan(by=HEAD, size=1, seed=1)
    assert set(plan.risky) | set(plan.sample) <= {sets[1]["脑梗塞"].id, sets[1]["胸膜肿瘤"].id}
    assert checking.figures().sample_open == len(plan.sample)


def test_the_estimate_is_wilsons_interval() -> None:
    """Five errors in a hundred: 0.0215 to 0.1118 by the published formula."""
    found = sampling.estimate(100, 5)
    assert (found.rate, round(found.low, 4), round(found.high, 4)) == (0.05, 0.0215, 0.1118)
    assert (sampling.estimate(0, 0).low, sampling.estimate(0, 0).high) == (0.0, 1.0)


def test_kappa_takes_chance_away() -> None:
    """The textbook table 20, 5, 10, 15: agreement 0.7, kappa 0.4."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    found = sampling.agreement(pairs)
    assert (found.share, found.kappa and round(found.kappa, 4)) == (0.7, 0.4)
