"""Propose for a whole list, keep it, ask anything, learn from decisions."""

from pathlib import Path

import pytest

from helpers.builders import Clock, fill
from icdmapper import paths
from icdmapper.matching.knowledge import Knowledge, load_knowledge
from icdmapper.matching.service import MatchingService
from icdmapper.model.codes import CodeKind, LocalCode, ReferenceCode
from icdmapper.model.errors import CancelledError
from icdmapper.model.mapping import Choice, Relation, Target
from icdmapper.model.people import Person
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage

CODER = Person("编码员甲")
Sets = tuple[dict[str, ReferenceCode], dict[str, LocalCode]]


def service(storage: Storage) -> MatchingService:
    return MatchingService(storage, lambda: load_knowledge(paths.shipped("resources")), limit=10)


@pytest.fixture
def matching(storage: Storage) -> MatchingService:
    return service(storage)


def test_proposals_outlive_the_program(
    file: Path, matching: MatchingService, storage: Storage, sets: Sets
) -> None:
    steps: list[tuple[int, int]] = []
    summary = matching.propose_all(progress=lambda done, total: steps.append((done, total)))
    assert (summary.total, summary.proposed) == (6, 6)
    assert steps[-1] == (6, 6)
    local = sets[1]["脑梗塞"]
    stored = matching.proposal(local.id)
    storage.close()
    reopened = Storage.open(file)
    with reopened.reading() as work:
        assert work.proposals.get(local.id) == stored
    reopened.close()


def test_a_code_is_only_matched_inside_its_own_set(matching: MatchingService, sets: Sets) -> None:
    matching.propose_all()
    for name, prefix in (("胸腔镜下左脓胸引流术", "34"), ("癌 NOS", "M80")):
        candidates = matching.proposal(sets[1][name].id).candidates
        assert candidates
        assert all(one.code.startswith(prefix) for one in candidates)


def test_any_name_may_be_asked_and_nothing_of_it_is_kept(
    matching: MatchingService, storage: Storage, sets: Sets
) -> None:
    best = matching.ask("脑梗死", kind=CodeKind.DIAGNOSIS).candidates[0]
    assert best.name == "脑梗死"
    with storage.reading() as work:
        assert work.proposals.count() == 0


def test_what_was_proposed_before_cancelling_stays(
    matching: MatchingService, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from icdmapper.matching import service as module  # noqa: PLC0415

    monkeypatch.setattr(module, "_STORED_FIRST", 2)
    fill(storage)

    def cancel(done: int, _total: int) -> None:
        if done >= 2:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        matching.propose_all(progress=cancel)
    with storage.reading() as work:
        assert work.proposals.count() == 2
    assert matching.propose_all().proposed == 6


def test_decisions_change_the_proposals_they_bear_on_and_taking_them_back_undoes_that(
    storage: Storage,
) -> None:
    references, local_codes = fill(
        storage,
        [("I63.902", "脑梗死"), ("I63.905", "出血性脑梗死"), ("A00.901", "霍乱")],
        [("I63.951", "院内土话甲病", 9), ("I63.952", "院内土话甲病", 8), ("A00.951", "霍乱", 7)],
    )
    matching, resolution = service(storage), ResolutionService(storage, Clock())
    matching.propose_all()
    wanted = references["出血性脑梗死"]
    first, second = sorted(
        (row.local for row in resolution.worklist() if row.local.name == "院内土话甲病"),
        key=lambda local: local.code,
    )
    target = Target(wanted.id, wanted.code, wanted.name)
    resolution.decide(Choice(first.id, 0, Relation.EQUIVALENT, (target,)), by=CODER)
    learned = matching.learn()
    assert learned.local_ids == (second.id,)
    assert matching.proposal(second.id).candidates[0].code == "I63.905"
    assert not matching.learn().local_ids
    resolution.undo(by=CODER)
    assert set(matching.learn().local_ids) == {first.id, second.id}
    assert local_codes["霍乱"].id not in learned.local_ids


def test_a_decision_never_waits_while_the_matcher_is_made(storage: Storage, sets: Sets) -> None:
    local = sets[1]["脑梗塞"]
    entry = next(one for one in sets[0].values() if one.kind is local.kind and not one.heading)
    resolution = ResolutionService(storage, Clock())
    saved = []

    def slow_knowledge() -> Knowledge:
        """Somebody decides in the middle of it; a reader still at work would lock them out."""
        target = Target(entry.id, entry.code, entry.name)
        choice = Choice(local.id, 0, Relation.EQUIVALENT, (target,))
        saved.append(resolution.decide(choice, by=CODER))
        return load_knowledge(paths.shipped("resources"))

    MatchingService(storage, slow_knowledge, limit=10).prepare()
    assert saved
