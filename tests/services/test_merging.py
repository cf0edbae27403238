"""A copy that went its own way comes home: taken, the same, or asked."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from helpers.builders import Clock
from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.errors import ConflictError, RefusedError
from icdmapper.model.events import Act
from icdmapper.model.mapping import Choice, Relation, State, Target
from icdmapper.model.people import Person
from icdmapper.resolution.audit import AuditService
from icdmapper.resolution.disputes import DisputeService
from icdmapper.resolution.merging import MergeChoice, MergeKind, MergingService
from icdmapper.resolution.refining import RefiningService
from icdmapper.resolution.retiring import RetiringService
from icdmapper.resolution.rule_pack import shipped_judge
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage

Sets = tuple[dict[str, ReferenceCode], dict[str, LocalCode]]
HERE, THERE = Person("编码员甲"), Person("编码员乙")


@pytest.fixture
def copy(
    storage: Storage, sets: Sets, resolution: ResolutionService, file: Path
) -> Iterator[Storage]:
    """A copy taken after one common decision."""
    resolution.decide(choice(sets, "癌 NOS", "癌"), by=HERE)
    twin = file.with_name("副本.icdm")
    shutil.copy(file, twin)
    opened = Storage.open(twin)
    yield opened
    opened.close()


def choice(sets: Sets, local: str, entry: str, version: int = 0) -> Choice:
    reference = sets[0][entry]
    target = Target(reference.id, reference.code, reference.name)
    return Choice(sets[1][local].id, version, Relation.LOCAL_FINER, (target,))


def test_each_row_goes_its_way(
    storage: Storage, copy: Storage, sets: Sets, resolution: ResolutionService
) -> None:
    there = ResolutionService(copy, Clock())
    there.decide(choice(sets, "脑梗塞", "脑梗死"), by=THERE)
    for service, person in ((resolution, HERE), (there, THERE)):
        service.decide(choice(sets, "左肺上叶癌", "肺上叶恶性肿瘤"), by=person)
    resolution.decide(choice(sets, "胸膜肿瘤", "胸膜交界恶性肿瘤"), by=HERE)
    there.decide(choice(sets, "胸膜肿瘤", "肺上叶恶性肿瘤"), by=THERE)
    merging = MergingService(storage, Clock())
    plan = merging.plan(copy)
    by_name = {one.id: name for name, one in sets[1].items()}
    assert {by_name[row.local_id]: row.kind for row in plan.rows} == {
        "脑梗塞": MergeKind.TAKEN,
        "左肺上叶癌": MergeKind.SAME,
        "胸膜肿瘤": MergeKind.CONFLICT,
    }
    assert resolution.work_row(sets[1]["脑梗塞"].id).mapping.state is State.OPEN
    merging.merge(copy, by=HERE)
    taken = resolution.work_row(sets[1]["脑梗塞"].id).mapping
    assert (taken.state, taken.decided_by) == (State.DECIDED, THERE.name)
    (dispute,) = DisputeService(storage, Clock()).open_disputes()
    assert [one.opinion.targets[0].code for one in dispute.options] == ["D38.201", "C34.101"]
    assert AuditService(storage).verify().sound
    # What was asked once is not asked again; one undo takes all of it back.
    again = merging.merge(copy, by=HERE)
    assert not again.of_kind(MergeKind.TAKEN) + again.of_kind(MergeKind.CONFLICT)
    assert [by_name[one.local_id] for one in again.of_kind(MergeKind.ANSWERED)] == ["胸膜肿瘤"]
    assert len(resolution.undo(by=HERE).mappings) == 2
    assert not DisputeService(storage, Clock()).open_disputes()
    assert [row.kind for row in merging.plan(copy).rows] == [row.kind for row in plan.rows]


def test_a_person_chooses_about_a_conflict(
    storage: Storage, copy: Storage, sets: Sets, resolution: ResolutionService
) -> None:
    there = ResolutionService(copy, Clock())
    for local, here_says, there_says in (
        ("脑梗塞", "脑梗死", "肺上叶恶性肿瘤"),
        ("左肺上叶癌", "脑梗死", "肺上叶恶性肿瘤"),
    ):
        resolution.decide(choice(sets, local, here_says), by=HERE)
        there.decide(choice(sets, local, there_says), by=THERE)
    merging = MergingService(storage, Clock())
    ours, theirs = merging.plan(copy).of_kind(MergeKind.CONFLICT)
    chosen = [ours.chosen(MergeChoice.OURS), theirs.chosen(MergeChoice.THEIRS)]
    resolution.decide(choice(sets, ours.name, "胸膜交界恶性肿瘤", 1), by=HERE)
    with pytest.raises(ConflictError):
        merging.merge(copy, by=HERE, chosen=chosen)
    merging.merge(copy, by=HERE, chosen=[replace(chosen[0], seen_version=2), chosen[1]])
    kept, taken = (resolution.work_row(one.local_id).mapping for one in (ours, theirs))
    assert (kept.decided_by, kept.version) == (HERE.name, 2)
    assert (taken.decided_by, taken.targets[0].name) == (THERE.name, "肺上叶恶性肿瘤")
    assert resolution.history(ours.local_id)[-1].act is Act.MERGED
    assert not merging.plan(copy).of_kind(MergeKind.CONFLICT)
    with pytest.raises(RefusedError, match="no longer a conflict"):
        merging.merge(copy, by=HERE, chosen=chosen)


def test_children_that_only_the_copy_made_are_left_for_a_person(
    storage: Storage, copy: Storage, sets: Sets, resolution: ResolutionService
) -> None:
    refining = RefiningService(copy, Clock(), shipped_judge)
    parent = sets[1]["左肺上叶癌"]
    plan = refining.start(
        parent.id, [sets[0]["肺上叶恶性肿瘤"].id, sets[0]["胸膜交界恶性肿瘤"].id],
        seen_version=0, by=THERE, effective=date(2026, 4, 1),
    )  # fmt: skip
    refining.sign(plan.id, seen_revision=1, by=THERE)
    RetiringService(copy, Clock()).retire({sets[1]["脑梗塞"].id: 0}, reason="停用", by=THERE)
    merged = MergingService(storage, Clock()).merge(copy, by=HERE)
    assert {row.kind for row in merged.rows if row.name != "脑梗塞"} == {MergeKind.LEFT}
    assert resolution.work_row(sets[1]["脑梗塞"].id).mapping.state is State.RETIRED
    assert resolution.work_row(parent.id).mapping.state is State.OPEN


def test_a_stranger_and_another_list_are_refused(
    storage: Storage, copy: Storage, tmp_path: Path
) -> None:
    merging = MergingService(storage, Clock())
    stranger = Storage.open(tmp_path / "别的.icdm")
    with pytest.raises(RefusedError, match="no copy"):
        merging.plan(stranger)
    stranger.close()
    with copy.writing() as work:
        for one in work.code_sets.in_use():
            work.code_sets.add(one, [], initials=[])
        work.commit()
    with pytest.raises(RefusedError, match="different code sets"):
        merging.plan(copy)
