"""Whatever a person did, as many undos bring all of it back, as many redos bring it forth again.

Acts beside the mappings are taken back from the log alone: every step here opens the project anew.
"""

import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.builders import REFERENCES, Clock, fill
from helpers.empty import empty_file
from icdmapper.model.errors import ConflictError, RefusedError
from icdmapper.model.events import Act, EventFilter
from icdmapper.model.mapping import Choice, Relation, Target
from icdmapper.model.people import Person, Role
from icdmapper.resolution.assigning import AssigningService
from icdmapper.resolution.audit import AuditService
from icdmapper.resolution.beside import spanned, spans
from icdmapper.resolution.checking import CheckingService
from icdmapper.resolution.disputes import DisputeService
from icdmapper.resolution.judging import JudgingService
from icdmapper.resolution.people import PeopleService
from icdmapper.resolution.plan_writing import put_back
from icdmapper.resolution.refining import RefiningService
from icdmapper.resolution.replaying import Replayed
from icdmapper.resolution.rule_pack import shipped_judge
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage

ME, OTHER, FIRST, SECOND = Person("我"), Person("别人"), Person("编码员甲"), Person("编码员乙")
APRIL = date(2026, 4, 1)
UNEXPLAINED = "specificity.no_counterpart_without_note"
ENTRIES = (*REFERENCES, ("C38.401", "胸膜恶性肿瘤"))
PLANNED, SIGNED = "脑梗塞", "胸膜肿瘤"
CHILDREN = ("胸膜交界恶性肿瘤", "胸膜恶性肿瘤")


@dataclass
class Life:
    """A project with a signed refinement, a planned one, and one person who works in it."""

    file: Path
    clock: Clock

    def __post_init__(self) -> None:
        with closing(Storage.open(empty_file(self.file))) as storage:
            self.entries, self.codes = fill(storage, ENTRIES)
            refining = self.refining(storage)
            local = self.codes[SIGNED]
            ids = [self.entries[name].id for name in CHILDREN]
            plan = refining.start(local.id, ids, seen_version=0, by=OTHER, effective=APRIL)
            self.signed = refining.sign(plan.id, seen_revision=1, by=OTHER, accept_style=True)
            entry = self.entries["脑梗死"].id
            self.planned = refining.start(
                self.codes[PLANNED].id, [entry], seen_version=0, by=OTHER,
                effective=APRIL, residual_id=entry,
            )  # fmt: skip
        self.rows = [one.id for one in self.codes.values()]

    def refining(self, storage: Storage) -> RefiningService:
        return RefiningService(storage, self.clock, shipped_judge, initials=lambda name: name[:1])

    def do(self, act: Callable[["Life", Storage], object]) -> int:
        """One act in a window of its own; how many gestures it was."""
        with closing(Storage.open(self.file)) as storage:
            before = AuditService(storage).head().last_id
            with suppress(RefusedError, ConflictError):
                act(self, storage)
            wanted = EventFilter(after=before)
            return len({one.batch for one in AuditService(storage).found(wanted)})

    def replayed(self, act: Act) -> Replayed:
        with closing(Storage.open(self.file)) as storage:
            resolution = ResolutionService(storage, self.clock)
            return (resolution.undo if act is Act.UNDONE else resolution.redo)(by=ME)

    def all_of_it(self) -> object:
        """Everything that stands, without what only grows: versions, revisions, numbers, times."""
        with closing(Storage.open(self.file)) as storage, storage.reading() as work:
            plan = work.checks.plan()
            given = work.waivers.all()
            return (
                {one: held.person for one, held in work.assignments.all().items()},
                sorted((one.local_id, one.rule_id, one.reason, one.by) for one in given),
                (plan.seed, plan.sample, plan.at) if plan else None,
                [
                    replace(one, revision=0, signed_at=None, signed_by="")
                    for one in work.refinements.all()
                ],
                {one.id: (one.name, one.initials) for one in work.code_sets.local_codes()},
                {
                    one: replace(mapping, version=0)
                    for one, mapping in work.mappings.get_many(self.rows).items()
                },
            )


def assign(rows: list[int], to: Person) -> Callable[[Life, Storage], object]:
    def act(life: Life, storage: Storage) -> object:
        ids = [life.rows[at] for at in rows]
        return AssigningService(storage, life.clock).assign(ids, to=to.name, by=ME)

    return act


def take_back(rows: list[int]) -> Callable[[Life, Storage], object]:
    def act(life: Life, storage: Storage) -> object:
        ids = [life.rows[at] for at in rows]
        return AssigningService(storage, life.clock).take_back(ids, by=ME)

    return act


def hand_over(_life: Life, storage: Storage) -> object:
    return AssigningService(storage, _life.clock).hand_over(of=FIRST.name, to=SECOND.name, by=ME)


def waive(life: Life, storage: Storage) -> object:
    row = ResolutionService(storage, life.clock).work_row(life.codes["左肺上叶癌"].id)
    bare = Choice(row.local.id, row.mapping.version, Relation.NO_COUNTERPART, ())
    judging = JudgingService(storage, life.clock, shipped_judge)
    return judging.waive(row.local.id, UNEXPLAINED, "理由", by=ME, choice=bare)


def draw(seed: int) -> Callable[[Life, Storage], object]:
    def act(life: Life, storage: Storage) -> object:
        resolution = ResolutionService(storage, life.clock)
        return CheckingService(storage, resolution, life.clock).make_plan(by=ME, size=2, seed=seed)

    return act


def rename(name: str) -> Callable[[Life, Storage], object]:
    def act(life: Life, storage: Storage) -> object:
        child = life.signed.children[0]
        return life.refining(storage).rename(life.signed.id, child.code, name, by=ME)

    return act


def allow(life: Life, storage: Storage) -> object:
    return life.refining(storage).allow_residual(life.planned.id, by=ME)


def decide(name: str) -> Callable[[Life, Storage], object]:
    def act(life: Life, storage: Storage) -> object:
        resolution, entry = ResolutionService(storage, life.clock), life.entries[name]
        row = resolution.work_row(life.codes["左肺上叶癌"].id)
        target = (Target(entry.id, entry.code, entry.name),)
        choice = Choice(row.local.id, row.mapping.version, Relation.EQUIVALENT, target, "理由")
        return resolution.decide(choice, by=ME)

    return act


some_rows = st.lists(st.integers(0, 5), min_size=1, max_size=6, unique=True)
some_act = st.one_of(
    st.builds(assign, some_rows, st.sampled_from((FIRST, SECOND))),
    st.builds(take_back, some_rows),
    st.just(hand_over),
    st.just(waive),
    st.builds(draw, st.integers(1, 9)),
    st.builds(rename, st.sampled_from(("胸膜肿瘤甲", "胸膜肿瘤乙", CHILDREN[0]))),
    st.just(allow),
    st.builds(decide, st.sampled_from(("肺上叶恶性肿瘤", "脑梗死"))),
)


@given(acts=st.lists(some_act, max_size=7))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_all_of_it_goes_back_and_comes_again_in_another_window(
    acts: list[Callable[[Life, Storage], object]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder) / "项目.icdm", Clock())
        stages = [life.all_of_it()]
        for act in acts:
            if life.do(act):
                stages.append(life.all_of_it())
        for before in reversed(stages[:-1]):
            assert life.replayed(Act.UNDONE).of is not None
            assert life.all_of_it() == before
        assert life.replayed(Act.UNDONE).of is None
        for after in stages[1:]:
            assert life.replayed(Act.REDONE).of is not None
            assert life.all_of_it() == after
        assert life.replayed(Act.REDONE).of is None


@pytest.fixture
def life(tmp_path: Path) -> Life:
    return Life(tmp_path / "项目.icdm", Clock())


@given(ids=st.sets(st.integers(1, 300)))
def test_many_numbers_are_written_in_few_letters(ids: set[int]) -> None:
    assert set(spanned(spans(ids))) == ids
    assert spans(range(1, 17_000)) == "1-16999"


def test_rows_that_somebody_else_has_given_since_stay_with_whoever_has_them(life: Life) -> None:
    life.do(assign([0, 1], FIRST))
    with closing(Storage.open(life.file)) as storage:
        AssigningService(storage, life.clock).assign(life.rows[:1], to=SECOND.name, by=OTHER)
    before = life.all_of_it()
    with pytest.raises(ConflictError, match=SECOND.name):
        life.replayed(Act.UNDONE)
    assert life.all_of_it() == before


def test_a_plan_that_somebody_else_has_drawn_since_stays_in_force(life: Life) -> None:
    life.do(draw(1))
    with closing(Storage.open(life.file)) as storage:
        resolution = ResolutionService(storage, life.clock)
        CheckingService(storage, resolution, life.clock).make_plan(by=OTHER, size=1, seed=2)
    with pytest.raises(ConflictError, match="Another sampling plan"):
        life.replayed(Act.UNDONE)


def test_a_name_that_somebody_else_has_given_since_stays(life: Life) -> None:
    life.do(rename("胸膜肿瘤甲"))
    with closing(Storage.open(life.file)) as storage:
        code = life.signed.children[0].code
        life.refining(storage).rename(life.signed.id, code, "胸膜肿瘤乙", by=OTHER)
    with pytest.raises(ConflictError, match="another name"):
        life.replayed(Act.UNDONE)


def test_what_was_allowed_is_not_taken_back_from_another_residual(life: Life) -> None:
    life.do(allow)
    with closing(Storage.open(life.file)) as storage:
        refining = life.refining(storage)
        plan = refining.get(life.planned.id)
        assert plan.residual_allowed_by == ME.name
        plain = [replace(one, residual=False) for one in plan.children]
        refining.edit(plan.id, plain, seen_revision=plan.revision, by=OTHER)
    with pytest.raises(ConflictError, match="written into this plan"):
        life.replayed(Act.UNDONE)


def test_allowing_twice_is_one_act(life: Life) -> None:
    assert [life.do(allow), life.do(allow)] == [1, 0]


def test_a_role_goes_back_and_the_last_coordinator_never(life: Life) -> None:
    head = Person(ME.name, Role.COORDINATOR)
    with closing(Storage.open(life.file)) as storage:
        people = PeopleService(storage, life.clock)
        people.add(head.name, head.role, by=head, account="head")
        people.add(FIRST.name, Role.CODER, by=head)
        people.change(FIRST.name, by=head, role=Role.CHECKER, account="first")
        assert people.change(FIRST.name, by=head, role=Role.CHECKER).role is Role.CHECKER
        resolution = ResolutionService(storage, life.clock)
        assert resolution.undo(by=head).text == "= 编码员甲 checker active first"
        (me, first) = sorted(people.members(), key=lambda one: one.name != head.name)
        assert (first.role, first.account, me.role) == (Role.CODER, "", Role.COORDINATOR)
        resolution.redo(by=head)
        other = people.add(OTHER.name, Role.COORDINATOR, by=head, account="other").person
        people.change(FIRST.name, by=head, role=Role.CODER)
        people.change(FIRST.name, by=other, role=Role.CLINICIAN)
        with pytest.raises(ConflictError, match="Somebody changed 编码员甲 since"):
            resolution.undo(by=head)


def test_a_new_person_goes_back_until_they_have_worked(life: Life) -> None:
    head = Person(ME.name, Role.COORDINATOR)
    with closing(Storage.open(life.file)) as storage:
        people, resolution = (
            PeopleService(storage, life.clock),
            ResolutionService(storage, life.clock),
        )
        # What was said under that name before it was somebody's does not count.
        DisputeService(storage, life.clock).say(life.rows[0], "从前的一句", by=FIRST)
        people.add(head.name, head.role, by=head, account="head")
        people.add(FIRST.name, Role.CODER, by=head, pin="482915")
        assert resolution.undo(by=head).text == "+ 编码员甲 coder"
        with pytest.raises(RefusedError, match="Name or PIN is wrong"):
            people.sign_in(FIRST.name, "482915")
        resolution.redo(by=head)
        first = people.sign_in(FIRST.name, "482915")
        DisputeService(storage, life.clock).say(life.rows[0], "影像支持", by=first)
        with pytest.raises(ConflictError, match="编码员甲 has worked here since"):
            resolution.undo(by=head)
        assert people.sign_in(FIRST.name, "482915") == first


def test_an_opinion_goes_back_until_the_dispute_has_ended(life: Life) -> None:
    entry, local = life.entries["脑梗死"], life.codes["左肺上叶癌"].id
    target = (Target(entry.id, entry.code, entry.name),)
    with closing(Storage.open(life.file)) as storage:
        disputes = DisputeService(storage, life.clock)
        resolution = ResolutionService(storage, life.clock)
        disputes.open(local, seen_version=0, reason="请确认", by=OTHER)
        held = Choice(local, 1, Relation.EQUIVALENT, target)
        disputes.say(local, "", by=ME, opinion=held)
        assert [len(one.by) for one in disputes.dispute(local).options] == [1]
        assert resolution.undo(by=ME).of is Act.COMMENTED
        assert disputes.dispute(local).options == ()
        resolution.redo(by=ME)
        disputes.settle(replace(held, note="定"), by=OTHER)
        with pytest.raises(ConflictError, match="opinions in it stay"):
            resolution.undo(by=ME)
        disputes.say(local, "另有一句", by=ME)
        assert resolution.undo(by=ME).text == "另有一句"  # A mere remark goes at any time.
        assert "另有一句" not in [one.text for one in disputes.dispute(local).thread]


def test_what_was_written_into_a_plan_goes_back_unless_somebody_wrote_on(life: Life) -> None:
    with closing(Storage.open(life.file)) as storage:
        refining = life.refining(storage)
        before = refining.get(life.planned.id)
        named = [replace(one, name="别的名称") for one in before.children]
        after = refining.edit(before.id, named, seen_revision=before.revision, by=ME)
        put_back(refining, before, seen=after, by=ME)
        assert refining.get(before.id).children == before.children
        put_back(refining, after, seen=before, by=ME)
        now = refining.get(before.id)
        assert now.children == after.children
        refining.edit(now.id, before.children, seen_revision=now.revision, by=OTHER)
        with pytest.raises(ConflictError, match="written into this plan"):
            put_back(refining, before, seen=after, by=ME)
