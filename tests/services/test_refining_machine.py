"""Refinements under any order of acts: nothing is lost, doubled or left half done."""

import tempfile
from contextlib import suppress
from datetime import date
from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from helpers.builders import Clock, fill
from helpers.empty import empty_storage
from icdmapper.export.his_changes import HisChangeService
from icdmapper.model.errors import ConflictError, RefusedError
from icdmapper.model.mapping import Mapping, State
from icdmapper.model.people import Person, Role
from icdmapper.resolution.refining import RefiningService
from icdmapper.resolution.rule_pack import shipped_judge
from icdmapper.resolution.service import ResolutionService

ONE = Person("编码员甲", Role.CODER)
REFERENCES = (
    ("D38.201", "胸膜交界恶性肿瘤"),
    ("D38.301", "纵隔交界恶性肿瘤"),
    ("C38.401", "胸膜恶性肿瘤"),
    ("C38.301", "纵隔恶性肿瘤"),
)
LOCALS = (("D38.251", "胸膜肿瘤", 12), ("D38.351", "纵隔占位", 57), ("I63.951", "脑梗塞", 3))
MEANINGS = {
    "D38.251": ("胸膜交界恶性肿瘤", "胸膜恶性肿瘤"),
    "D38.351": ("纵隔交界恶性肿瘤", "纵隔恶性肿瘤"),
}


class Refining(RuleBasedStateMachine):
    """Starts, edits, drops, signs, undoes, redoes and reopens in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.storage = empty_storage(Path(self.folder.name) / "项目.icdm")
        self.references, locals_ = fill(self.storage, REFERENCES, LOCALS)
        self.parents = {one.code: one for one in locals_.values()}
        clock = Clock()
        self.resolution = ResolutionService(self.storage, clock)
        self.refining = RefiningService(self.storage, clock, shipped_judge)
        self.his = HisChangeService(self.storage)

    def teardown(self) -> None:
        self.storage.close()
        self.folder.cleanup()

    @rule(parent=st.sampled_from(sorted(MEANINGS)))
    def start(self, parent: str) -> None:
        local = self.parents[parent]
        version = self.resolution.work_row(local.id).mapping.version
        entries = [self.references[name].id for name in MEANINGS[parent]]
        self.attempt(
            lambda: self.refining.start(
                local.id, entries, seen_version=version, by=ONE, effective=date(2026, 4, 1)
            )
        )

    @rule(parent=st.sampled_from(sorted(MEANINGS)))
    def sign(self, parent: str) -> None:
        plan = self.refining.of(self.parents[parent].id)
        if plan is not None:
            self.attempt(lambda: self.refining.sign(plan.id, seen_revision=plan.revision, by=ONE))

    @rule(parent=st.sampled_from(sorted(MEANINGS)))
    def edit(self, parent: str) -> None:
        plan = self.refining.of(self.parents[parent].id)
        if plan is not None and not plan.signed:
            self.refining.edit(plan.id, plan.children[::-1], seen_revision=plan.revision, by=ONE)

    @rule(parent=st.sampled_from(sorted(MEANINGS)))
    def drop(self, parent: str) -> None:
        plan = self.refining.of(self.parents[parent].id)
        if plan is not None:
            self.attempt(lambda: self.refining.drop(plan.id, by=ONE))

    @rule(parent=st.sampled_from(sorted(MEANINGS)))
    def reopen(self, parent: str) -> None:
        local = self.parents[parent]
        version = self.resolution.work_row(local.id).mapping.version
        self.attempt(lambda: self.resolution.reopen(local.id, seen_version=version, by=ONE))

    @rule()
    def undo(self) -> None:
        self.attempt(lambda: self.resolution.undo(by=ONE))

    @rule()
    def redo(self) -> None:
        self.attempt(lambda: self.resolution.redo(by=ONE))

    def attempt(self, act) -> None:  # type: ignore[no-untyped-def]
        """A refusal leaves everything as it was; that is what the invariants look at."""
        with suppress(RefusedError, ConflictError):
            act()

    @invariant()
    def a_parent_and_its_children_are_never_both_in_use(self) -> None:
        for plan in self.refining.all():
            parent = self.resolution.work_row(plan.local_id).mapping
            assert parent.state is (State.RETIRED if plan.signed else State.REFINING)
            if plan.signed:
                states = {
                    self.resolution.work_row(child.local_id).mapping.state
                    for child in plan.children
                    if child.local_id
                }
                assert State.REFINING not in states

    @invariant()
    def whoever_is_being_refined_has_a_plan(self) -> None:
        for local in self.parents.values():
            if self.resolution.work_row(local.id).mapping.state is State.REFINING:
                plan = self.refining.of(local.id)
                assert plan is not None
                assert not plan.signed

    @invariant()
    def no_code_is_given_twice(self) -> None:
        with self.storage.reading() as work:
            codes = [local.canonical for local in work.code_sets.local_codes()]
        assert len(codes) == len(set(codes))

    @invariant()
    def the_his_hears_of_what_is_done_and_of_nothing_else(self) -> None:
        signed = {plan.local_id for plan in self.refining.all() if plan.signed}
        stopped = {one.old_code for one in self.his.changes() if one.kind.value == "stop"}
        assert stopped == {code for code, local in self.parents.items() if local.id in signed}

    @invariant()
    def the_log_tells_how_it_came_to_this(self) -> None:
        with self.storage.reading() as work:
            for local in work.code_sets.local_codes():
                events = work.events.of_local_code(local.id)
                last = events[-1].after if events else Mapping(local.id)
                assert work.mappings.get(local.id) == last
                for one, following in pairwise(events):
                    assert following.before == one.after


Refining.TestCase.settings = settings(
    max_examples=5,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestRefining = Refining.TestCase
