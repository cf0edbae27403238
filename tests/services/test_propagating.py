"""One answer passed on to rows like it: previewed, one undo, each row revocable, with brakes."""

import json

import pytest

from helpers.builders import Clock, fill
from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.errors import ConflictError, RefusedError
from icdmapper.model.mapping import Choice, Mapping, Relation, State, Target
from icdmapper.model.people import Person
from icdmapper.model.proposals import Candidate, Proposal
from icdmapper.resolution import propagating as module
from icdmapper.resolution.propagating import PropagatingService
from icdmapper.resolution.rules import LeftOut
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage

Sets = tuple[dict[str, ReferenceCode], dict[str, LocalCode]]
CODER = Person("编码员甲")
ENTRY, OTHER = "大脑动脉血栓形成引起的脑梗死", "脑出血"
SOURCE = "大脑动脉血栓性脑梗死"
REFERENCES = (("I63.301", ENTRY), ("I61.901", OTHER))
LOCALS = (
    ("I63.351", SOURCE, 90),
    ("I63.352", "大脑前动脉血栓性脑梗死", 40),
    ("I63.353", "大脑后动脉血栓性脑梗死", 30),
    ("I63.354", "左大脑动脉血栓性脑梗死", 20),
    ("I63.355", "大脑动脉血栓性脑梗死复发", 10),
    ("I63.356", "大脑动脉血栓性脑梗死待查", 5),
    ("K35.851", "急性阑尾炎", 900),
)
CONTRADICTING, FOREIGN, UNASKED = (
    "左大脑动脉血栓性脑梗死",
    "大脑动脉血栓性脑梗死复发",
    "大脑动脉血栓性脑梗死待查",
)


@pytest.fixture
def sets(storage: Storage) -> Sets:
    references, locals_ = fill(storage, REFERENCES, LOCALS)
    entry, other = references[ENTRY], references[OTHER]
    proposals = []
    for name, local in locals_.items():
        if name == UNASKED:
            continue
        found = other if name == FOREIGN else entry
        against = ("laterality",) if name == CONTRADICTING else ()
        candidate = Candidate(
            found.id, found.code, found.name, 0.8, Relation.LOCAL_FINER, (), against
        )
        proposals.append(Proposal(local.id, (candidate,), safe=False))
    with storage.writing() as work:
        work.proposals.save_many(proposals)
        work.commit()
    return references, locals_


@pytest.fixture
def propagating(storage: Storage) -> PropagatingService:
    return PropagatingService(storage, Clock())


def decided(resolution: ResolutionService, sets: Sets, name: str = SOURCE) -> Mapping:
    entry = sets[0][ENTRY]
    target = Target(entry.id, entry.code, entry.name)
    version = resolution.work_row(sets[1][name].id).mapping.version
    choice = Choice(sets[1][name].id, version, Relation.EQUIVALENT, (target,), "同义")
    return resolution.decide(choice, by=CODER)


def passed_on(propagating: PropagatingService, source: Mapping) -> tuple[Mapping, ...]:
    found = propagating.preview(source.local_id, by=CODER)
    rows = {row.local.id: row.mapping.version for row in found.plan.accepted}
    return propagating.propagate(source.local_id, seen_version=source.version, rows=rows, by=CODER)


def test_the_preview_says_who_takes_it_and_why_the_others_do_not(
    propagating: PropagatingService, resolution: ResolutionService, sets: Sets
) -> None:
    found = propagating.preview(decided(resolution, sets).local_id, by=CODER)
    assert {row.local.code for row in found.plan.accepted} == {"I63.352", "I63.353"}
    assert all(0.5 <= found.likeness[row.local.id] < 1 for row in found.plan.accepted)
    left_out = {why: [row.local.name for row in rows] for why, rows in found.plan.left_out.items()}
    assert left_out == {
        LeftOut.CONTRADICTION: [CONTRADICTING],
        LeftOut.NOT_A_CANDIDATE: [FOREIGN],
        LeftOut.NO_PROPOSAL: [UNASKED],
    }
    assert resolution.work_row(sets[1]["大脑前动脉血栓性脑梗死"].id).mapping.state is State.OPEN


def test_it_is_one_gesture_in_each_rows_own_relation(
    propagating: PropagatingService, resolution: ResolutionService, sets: Sets
) -> None:
    source = decided(resolution, sets)
    made = passed_on(propagating, source)
    assert {one.relation for one in made} == {Relation.LOCAL_FINER}
    assert {one.state for one in made} == {State.DECIDED}
    event = resolution.history(made[0].local_id)[-1]
    assert json.loads(event.detail)["like"] == source.local_id
    assert len(propagating.passed_on(source.local_id)) == 2
    assert len(resolution.undo(by=CODER).mappings) == 2
    assert propagating.passed_on(source.local_id) == ()
    assert resolution.work_row(source.local_id).mapping == source
    # An undo is no refusal: the same rows are offered again.
    assert len(propagating.preview(source.local_id, by=CODER).plan.accepted) == 2


def test_each_row_is_revoked_on_its_own_and_not_offered_again(
    propagating: PropagatingService, resolution: ResolutionService, sets: Sets
) -> None:
    source = decided(resolution, sets)
    one, other = passed_on(propagating, source)
    resolution.reopen(one.local_id, seen_version=1, by=CODER)
    assert [row.local_id for row in propagating.passed_on(source.local_id)] == [other.local_id]
    found = propagating.preview(source.local_id, by=CODER)
    assert found.plan.accepted == ()
    assert [row.local.id for row in found.plan.left_out[LeftOut.REFUSED_BEFORE]] == [one.local_id]


def test_what_was_passed_on_is_not_passed_on_before_somebody_checked_it(
    propagating: PropagatingService,
    resolution: ResolutionService,
    sets: Sets,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = decided(resolution, sets)
    monkeypatch.setattr(module, "MOST", 1)
    found = propagating.preview(source.local_id, by=CODER)
    assert (len(found.plan.accepted), len(found.plan.left_out[LeftOut.ENOUGH])) == (1, 1)
    (made,) = passed_on(propagating, source)
    assert propagating.preview(source.local_id, by=CODER).plan.accepted == ()
    with pytest.raises(RefusedError, match="check it first"):
        propagating.preview(made.local_id, by=CODER)
    # Decided by a person's own hand it is an answer like any other.
    own = decided(resolution, sets, "大脑前动脉血栓性脑梗死")
    assert propagating.preview(own.local_id, by=CODER).source.mapping == own


def test_what_changed_since_the_preview_is_never_written_over(
    propagating: PropagatingService, resolution: ResolutionService, sets: Sets
) -> None:
    source = decided(resolution, sets)
    rows = {sets[1][name].id: 0 for name in ("大脑前动脉血栓性脑梗死", "大脑后动脉血栓性脑梗死")}
    other = decided(resolution, sets, "大脑后动脉血栓性脑梗死")
    with pytest.raises(ConflictError):
        propagating.propagate(source.local_id, seen_version=1, rows=rows, by=CODER)
    assert resolution.work_row(other.local_id).mapping == other
    assert resolution.work_row(min(rows)).mapping.state is State.OPEN
    with pytest.raises(ConflictError):
        propagating.propagate(source.local_id, seen_version=0, rows={min(rows): 0}, by=CODER)
    with pytest.raises(RefusedError, match="no longer take it"):
        propagating.propagate(
            source.local_id, seen_version=1, rows={sets[1]["急性阑尾炎"].id: 0}, by=CODER
        )
    with pytest.raises(RefusedError, match="reference entry"):
        propagating.preview(sets[1]["急性阑尾炎"].id, by=CODER)
