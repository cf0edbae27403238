"""Rows are given to people, counted per person, and handed over when somebody leaves."""

import pytest

from helpers.builders import Clock
from icdmapper.model.codes import CodeKind, LocalCode, ReferenceCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.mapping import Choice, Relation, Target
from icdmapper.model.people import Person, Role
from icdmapper.resolution.assigning import AssigningService, RowFilter
from icdmapper.resolution.people import PeopleService
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage

Sets = tuple[dict[str, ReferenceCode], dict[str, LocalCode]]
HEAD, FIRST, SECOND = Person("协调员丁", Role.COORDINATOR), Person("编码员甲"), Person("编码员乙")


@pytest.fixture
def assigning(storage: Storage, sets: Sets) -> AssigningService:
    people = PeopleService(storage, Clock())
    people.add(HEAD.name, HEAD.role, by=HEAD, account="head")
    for one in (FIRST, SECOND):
        people.add(one.name, one.role, by=HEAD)
    return AssigningService(storage, Clock())


def test_a_filter_takes_the_most_frequent_first(assigning: AssigningService, sets: Sets) -> None:
    local = sets[1]
    assert assigning.matching(RowFilter(count=2)) == (local["脑梗塞"].id, local["左肺上叶癌"].id)
    assert assigning.matching(RowFilter(chapter="D")) == (local["胸膜肿瘤"].id,)
    assert assigning.matching(RowFilter(kind=CodeKind.PROCEDURE)) == (
        local["胸腔镜下左脓胸引流术"].id,
    )
    assert assigning.matching(RowFilter(text="癌", kind=CodeKind.MORPHOLOGY)) == (
        local["癌 NOS"].id,
    )


def test_given_rows_are_not_offered_again(assigning: AssigningService, sets: Sets) -> None:
    rows = assigning.matching(RowFilter(count=3))
    assert len(assigning.assign(rows, to=FIRST.name, by=HEAD)) == 3
    assert len(assigning.assign(rows, to=FIRST.name, by=HEAD)) == 0
    assert not set(rows) & set(assigning.matching(RowFilter()))
    assert set(rows) <= set(assigning.matching(RowFilter(free=False)))
    assert len(assigning.take_back(rows[:1], by=HEAD)) == 1
    assert set(assigning.assignments()) == set(rows[1:])


def test_progress_per_person_and_hand_over(
    assigning: AssigningService, resolution: ResolutionService, sets: Sets
) -> None:
    references, local = sets
    entry = references["脑梗死"]
    target = (Target(entry.id, entry.code, entry.name),)
    rows = (local["脑梗塞"].id, local["胸膜肿瘤"].id)
    assigning.assign(rows, to=FIRST.name, by=HEAD)
    resolution.decide(Choice(rows[0], 0, Relation.EQUIVALENT, target), by=FIRST)
    (share,) = assigning.shares()
    assert (share.given, share.done, share.discharges, share.discharges_done) == (2, 1, 4452, 3812)
    assert share.last_act is not None
    assert len(assigning.hand_over(of=FIRST.name, to=SECOND.name, by=HEAD)) == 1
    assert {one.person: one.given for one in assigning.shares()} == {FIRST.name: 1, SECOND.name: 1}


def test_only_a_coordinator_and_only_to_people_there_are(
    assigning: AssigningService, sets: Sets
) -> None:
    rows = assigning.matching(RowFilter())
    for by, to in ((FIRST, SECOND.name), (HEAD, "没有这个人"), (HEAD, "")):
        with pytest.raises(RefusedError):
            assigning.assign(rows, to=to, by=by)
    assert assigning.assignments() == {}


def test_a_batch_is_counted_before_it_is_given(assigning: AssigningService, sets: Sets) -> None:
    batch = assigning.batch(RowFilter(chapter="C"))
    assert batch.local_ids == (sets[1]["左肺上叶癌"].id,)
    assert [one.code for one in batch.first] == ["C34.151"]
    assert (batch.discharges, batch.all_discharges, batch.taken) == (1377, 5846, 0)
    assigning.assign(batch.local_ids, to=FIRST.name, by=HEAD)
    assert assigning.batch(RowFilter(chapter="C")).local_ids == ()
    assert assigning.batch(RowFilter(chapter="C", free=False)).taken == 1


def test_the_team_is_everybody_with_rows_or_without(
    assigning: AssigningService, sets: Sets
) -> None:
    assigning.assign([sets[1]["脑梗塞"].id], to=FIRST.name, by=HEAD)
    given = {one.person: one.given for one in assigning.team()}
    assert given == {HEAD.name: 0, FIRST.name: 1, SECOND.name: 0}


def test_an_assignment_that_moves_nothing_is_not_told(
    assigning: AssigningService, storage: Storage
) -> None:
    with storage.reading() as work:
        before = work.events.head().count
    assert len(assigning.assign((), to=FIRST.name, by=HEAD)) == 0
    assert len(assigning.take_back((), by=HEAD)) == 0
    assert len(assigning.hand_over(of=FIRST.name, to=SECOND.name, by=HEAD)) == 0
    with storage.reading() as work:
        assert work.events.head().count == before
