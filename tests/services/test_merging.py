"""A copy that went its own way comes home: taken, the same, or asked."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.builders import Clock
from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.mapping import Choice, Relation, State, Target
from icdmapper.model.people import Person
from icdmapper.resolution.audit import AuditService
from icdmapper.resolution.disputes import DisputeService
from icdmapper.resolution.merging import MergeKind, MergingService
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
    again = merging.merge(copy, by=HERE)
    assert not again.of_kind(MergeKind.TAKEN)


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
