"""The queue of the second check as a screen holds it: filter, cursor, masking."""

from dataclasses import replace

import pytest

from icdmapper.model.codes import CodeKind, LocalCode
from icdmapper.model.mapping import Choice, Mapping, Relation, State, Target
from icdmapper.model.proposals import Candidate, Proposal, Reason, ReasonKind
from icdmapper.resolution.check_session import (
    CheckFilter,
    CheckSession,
    masked,
    masked_proposal,
    same_answer,
    searchable,
)
from icdmapper.resolution.checking import CheckRow, Queue
from icdmapper.resolution.risk import Risk, RiskReason
from icdmapper.resolution.service import WorkRow

TARGET = Target(7, "I63.902", "脑梗死")


def row(number: int, *reasons: RiskReason, sample: bool = False) -> CheckRow:
    local = LocalCode(
        number, f"I63.{number}", f"I63.{number}", f"脑梗死{number}", CodeKind.DIAGNOSIS, "ngs"
    )
    mapping = Mapping(
        number, State.DECIDED, Relation.EQUIVALENT, (TARGET,), "note", "甲", version=3
    )
    return CheckRow(WorkRow(local, mapping), Risk(float(len(reasons)), reasons), sample)


@pytest.fixture
def session() -> CheckSession:
    rows = (row(1, RiskReason.FREQUENT), row(2, sample=True), row(3, RiskReason.LOW_SCORE), row(4))
    queue = Queue(rows, left_out=5, own=6)
    made = CheckSession()
    made.set_queue(queue, searchable(queue))
    return made


def shown(session: CheckSession) -> list[int]:
    return [one.row.local.id for one in session.visible]


def test_a_done_row_makes_way_for_the_next(session: CheckSession) -> None:
    session.move_to(1)
    after = session.remove(2)
    assert after is not None
    assert after.row.local.id == 3
    assert shown(session) == [1, 3, 4]
    session.remove(1)
    assert session.current is after
    session.go_to(4)
    assert session.remove(4) is after
    assert session.remove(3) is None
    assert session.total == 0


def test_a_row_taken_back_stands_where_it_stood(session: CheckSession) -> None:
    session.remove(3)
    mapping = replace(row(3).row.mapping, version=5)
    assert session.put_back([mapping])
    assert sorted(shown(session)) == [1, 2, 3, 4]
    assert session.current is not None
    assert session.current.row.mapping is mapping
    assert not session.put_back([mapping])
    session.remove(3)
    assert not session.put_back([replace(mapping, state=State.OPEN)])


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (CheckFilter(), [1, 2, 3, 4]),
        (CheckFilter(reason=RiskReason.FREQUENT), [1]),
        (CheckFilter(only_sample=True), [2]),
        (CheckFilter(text="脑梗 ngs"), [1, 2, 3, 4]),
        (CheckFilter(text="i63.3"), [3]),
        (CheckFilter(text="i63.3", only_sample=True), []),
    ],
)
def test_a_filter_shows_what_passes(
    session: CheckSession, wanted: CheckFilter, ids: list[int]
) -> None:
    session.set_filter(wanted)
    assert shown(session) == ids


def test_the_row_in_focus_stays_when_it_passes(session: CheckSession) -> None:
    session.go_to(3)
    session.set_filter(CheckFilter(reason=RiskReason.LOW_SCORE))
    assert session.cursor == 0
    session.set_filter(CheckFilter())
    assert session.cursor == 2
    assert session.upcoming(5) == (4,)


def test_a_blind_checker_gets_nothing_of_the_decision_but_its_version() -> None:
    seen = masked(row(1).row).mapping
    assert (seen.version, seen.state) == (3, State.DECIDED)
    assert (seen.relation, seen.targets, seen.note, seen.decided_by) == (None, (), "", "")
    assert seen.decided_at is None
    none = replace(row(1).row.mapping, state=State.NO_COUNTERPART)
    assert masked(row(1).row._replace(mapping=none)).mapping == seen


def test_memory_is_kept_from_a_blind_checker() -> None:
    reasons = (Reason(ReasonKind.MEMORY, "", "3", "x"), Reason(ReasonKind.SAME_NAME))
    candidate = Candidate(7, "I63.902", "脑梗死", 0.9, Relation.EQUIVALENT, reasons)
    (only,) = masked_proposal(Proposal(1, (candidate,))).candidates
    assert [one.kind for one in only.reasons] == [ReasonKind.SAME_NAME]


@pytest.mark.parametrize(
    ("relation", "targets", "same"),
    [
        (Relation.EQUIVALENT, (TARGET,), True),
        (Relation.LOCAL_FINER, (TARGET,), False),
        (Relation.EQUIVALENT, (Target(8, "x", "x"),), False),
        (Relation.NO_COUNTERPART, (), False),
    ],
)
def test_the_same_answer_is_the_same_entry_in_the_same_relation(
    relation: Relation, targets: tuple[Target, ...], same: bool
) -> None:
    assert same_answer(row(1).row.mapping, Choice(1, 3, relation, targets)) is same
