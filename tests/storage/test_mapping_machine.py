"""A random life of a project: whatever people do, the log alone rebuilds what is stored."""

import shutil
import tempfile
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from helpers.builders import REFERENCES as SMALL_SET
from helpers.builders import Clock, fill
from helpers.empty import empty_file
from icdmapper.model.errors import ConflictError, RefusedError
from icdmapper.model.events import EventFilter
from icdmapper.model.mapping import Choice, Mapping, Relation, State, Target
from icdmapper.model.people import Person, Role
from icdmapper.resolution.audit import AuditService
from icdmapper.resolution.checking import CheckingService
from icdmapper.resolution.disputes import DisputeService
from icdmapper.resolution.judging import JudgingService
from icdmapper.resolution.people import PeopleService
from icdmapper.resolution.refining import RefiningService
from icdmapper.resolution.retiring import RetiringService
from icdmapper.resolution.rule_pack import shipped_judge
from icdmapper.resolution.service import ResolutionService
from icdmapper.resolution.states import STEPS, acts_for
from icdmapper.storage.unit_of_work import Storage

HEAD = Person("协调员丁", Role.COORDINATOR)
STAFF = (
    Person("编码员甲"),
    Person("复核员乙", Role.CHECKER),
    Person("复核员己", Role.CHECKER),
    Person("临床医师丙", Role.CLINICIAN),
    HEAD,
)
REFERENCES = (*SMALL_SET, ("C38.401", "胸膜恶性肿瘤"))
MEANINGS = ("胸膜交界恶性肿瘤", "胸膜恶性肿瘤")
UNEXPLAINED = "specificity.no_counterpart_without_note"
LOCALS = ("脑梗塞", "胸膜肿瘤", "左肺上叶癌")
ENTRIES = ("脑梗死", "胸膜交界恶性肿瘤", "肺上叶恶性肿瘤")
RELATIONS = (Relation.EQUIVALENT, Relation.LOCAL_FINER, Relation.LOCAL_COARSER)

somebody = st.sampled_from(STAFF)
some_local = st.sampled_from(LOCALS)
some_entry = st.sampled_from(ENTRIES)
some_relation = st.sampled_from(RELATIONS)
lag = st.sampled_from((0, 0, 0, 1))
"""How many versions old the screen is; now and then one."""


class MappingLife(RuleBasedStateMachine):
    """People with roles act on three codes; every refusal must leave all as it was."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = Clock()

    @initialize()
    def begin(self) -> None:
        empty_file(self.folder / "项目.icdm")
        self.open()
        self.references, self.local_codes = fill(self.storage, REFERENCES)
        self.listed = {one.id for one in self.local_codes.values()}
        self.people.add(HEAD.name, HEAD.role, by=HEAD, account="head")
        for one in STAFF[:-1]:
            self.people.add(one.name, one.role, by=HEAD)

    def open(self) -> None:
        self.storage = Storage.open(self.folder / "项目.icdm")
        self.resolution = ResolutionService(self.storage, self.clock)
        self.checking = CheckingService(self.storage, self.resolution, self.clock)
        self.disputes = DisputeService(self.storage, self.clock)
        self.judging = JudgingService(self.storage, self.clock, shipped_judge)
        self.refining = RefiningService(self.storage, self.clock, shipped_judge)
        self.retiring = RetiringService(self.storage, self.clock)
        self.people = PeopleService(self.storage, self.clock)
        self.audit = AuditService(self.storage)

    def mapping(self, local: str) -> Mapping:
        return self.resolution.work_row(self.local_codes[local].id).mapping

    def choice(self, local: str, entry: str, relation: Relation, behind: int) -> Choice:
        reference = self.references[entry]
        return Choice(
            self.local_codes[local].id,
            self.mapping(local).version - behind,
            relation,
            (Target(reference.id, reference.code, reference.name),),
            "理由",
        )

    @rule(local=some_local, entry=some_entry, relation=some_relation, by=somebody, behind=lag)
    def decide(self, local: str, entry: str, relation: Relation, by: Person, behind: int) -> None:
        self.attempt(
            local,
            lambda: self.resolution.decide(self.choice(local, entry, relation, behind), by=by),
            {State.DECIDED, State.NO_COUNTERPART},
        )

    @rule(local=some_local, entry=some_entry, relation=some_relation, by=somebody, behind=lag)
    def check(self, local: str, entry: str, relation: Relation, by: Person, behind: int) -> None:
        self.attempt(
            local,
            lambda: self.checking.check(
                self.choice(local, entry, relation, behind), by=by, blind=True
            ),
            {State.CHECKED, State.DISPUTED},
        )

    @rule(local=some_local, by=somebody, behind=lag)
    def agree(self, local: str, by: Person, behind: int) -> None:
        seen = self.mapping(local).version - behind
        self.attempt(
            local,
            lambda: self.checking.agree(self.local_codes[local].id, seen_version=seen, by=by),
            {State.CHECKED},
        )

    @rule(local=some_local, by=somebody, behind=lag)
    def dispute(self, local: str, by: Person, behind: int) -> None:
        seen = self.mapping(local).version - behind
        self.attempt(
            local,
            lambda: self.disputes.open(
                self.local_codes[local].id, seen_version=seen, reason="为什么", by=by
            ),
            {State.DISPUTED},
        )

    @rule(local=some_local, entry=some_entry, relation=some_relation, by=somebody, behind=lag)
    def settle(self, local: str, entry: str, relation: Relation, by: Person, behind: int) -> None:
        self.attempt(
            local,
            lambda: self.disputes.settle(self.choice(local, entry, relation, behind), by=by),
            {State.SETTLED},
        )

    @rule(local=some_local, by=somebody, behind=lag)
    def reopen(self, local: str, by: Person, behind: int) -> None:
        seen = self.mapping(local).version - behind
        self.attempt(
            local,
            lambda: self.resolution.reopen(self.local_codes[local].id, seen_version=seen, by=by),
            {State.OPEN},
        )

    @rule(local=some_local, by=somebody, behind=lag)
    def retire(self, local: str, by: Person, behind: int) -> None:
        seen = {self.local_codes[local].id: self.mapping(local).version - behind}
        self.attempt(
            local,
            lambda: self.retiring.retire(seen, reason="停用", by=by)[0],
            {State.RETIRED},
        )

    @rule(local=some_local, by=somebody, behind=lag)
    def waive(self, local: str, by: Person, behind: int) -> None:
        before = self.mapping(local)
        bare = Choice(before.local_id, before.version - behind, Relation.NO_COUNTERPART, ())
        with suppress(RefusedError, ConflictError):
            self.judging.waive(before.local_id, UNEXPLAINED, "理由", by=by, choice=bare)
        assert self.mapping(local) == before

    @rule(local=some_local, by=somebody, behind=lag)
    def begin_refining(self, local: str, by: Person, behind: int) -> None:
        before = self.mapping(local)
        entries = [self.references[name].id for name in MEANINGS]
        self.attempt(
            local,
            lambda: self.refining.start(
                before.local_id, entries, seen_version=before.version - behind, by=by,
                effective=date(2026, 4, 1),
            ),
            {State.REFINING},
        )  # fmt: skip

    @rule(local=some_local, by=somebody, giving_up=st.booleans())
    def end_refining(self, local: str, by: Person, giving_up: bool) -> None:
        plan = self.refining.of(self.local_codes[local].id)
        if plan is None:
            return
        if giving_up:
            self.attempt(local, lambda: self.refining.drop(plan.id, by=by), {State.OPEN})
        else:
            self.attempt(
                local,
                lambda: self.refining.sign(plan.id, seen_revision=plan.revision, by=by),
                {State.RETIRED},
            )

    @rule(by=somebody, again=st.booleans())
    def undo(self, by: Person, again: bool) -> None:
        with suppress(RefusedError, ConflictError):
            (self.resolution.redo if again else self.resolution.undo)(by=by)

    @rule()
    def crash_and_reopen(self) -> None:
        self.storage.close()
        # What a crash leaves: a transaction begun and never committed.
        leftover = Storage.open(self.folder / "项目.icdm")
        with leftover.writing() as work:
            stored = work.mappings.get(self.local_codes[LOCALS[0]].id)
            work.mappings.save_many([stored.next_version()])
        leftover.close()
        self.open()

    def attempt(self, local: str, act: object, reached: set[State]) -> None:
        before = self.mapping(local)
        try:
            after = act()  # type: ignore[operator]
        except (RefusedError, ConflictError):
            assert self.mapping(local) == before
            return
        stored = self.mapping(local)
        assert stored.state in reached
        assert stored.version == before.version + 1
        assert not isinstance(after, Mapping) or stored == after

    @invariant()
    def the_log_rebuilds_what_is_stored(self) -> None:
        if not hasattr(self, "local_codes"):
            return
        rebuilt: dict[int, Mapping] = {}
        for event in reversed(self.audit.found(EventFilter())):
            if event.local_id is None or event.after is None:
                continue
            # A child of a refinement is born retired; every other code begins open.
            born = State.RETIRED if event.local_id not in self.listed else State.OPEN
            first = Mapping(event.local_id, born)
            assert event.before == rebuilt.get(event.local_id, first)
            rebuilt[event.local_id] = event.after
        with self.storage.reading() as work:
            stored_codes = work.code_sets.local_codes()
        for local in stored_codes:
            stored = self.resolution.work_row(local.id).mapping
            assert stored == rebuilt.get(local.id, Mapping(local.id))
            assert not stored.checked_by or stored.checked_by != stored.decided_by
            assert acts_for(stored.state, None), STEPS

    @invariant()
    def a_refined_code_never_lives_beside_its_children(self) -> None:
        if not hasattr(self, "local_codes"):
            return
        with self.storage.reading() as work:
            for plan in work.refinements.all():
                states = work.mappings.get_many(plan.codes_touched)
                alive = {one for one, now in states.items() if now.state is not State.RETIRED}
                assert plan.local_id not in alive or len(alive) == 1

    @invariant()
    def the_chain_is_sound(self) -> None:
        if hasattr(self, "local_codes"):
            assert self.audit.verify().sound

    def teardown(self) -> None:
        if hasattr(self, "storage"):
            self.storage.close()
        shutil.rmtree(self.folder)


def _life(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        MappingLife,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_log_rebuilds_the_project_after_any_life() -> None:
    _life(12, 30)


@pytest.mark.nightly
def test_the_log_rebuilds_the_project_after_many_lives() -> None:
    _life(200, 60)
