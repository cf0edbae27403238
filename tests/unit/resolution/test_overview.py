"""Figures of the overview: they add up, whatever the rows."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from icdmapper.model.codes import CodeKind, LocalCode
from icdmapper.model.events import Step
from icdmapper.model.mapping import ANSWERED, Mapping, Relation, State, Target
from icdmapper.resolution.overview import NextKind, chapter_of, summarise
from icdmapper.resolution.service import WorkRow

NOW = datetime(2026, 3, 20, 18, tzinfo=UTC)
CODES = ("A00.051", "C34.151", "D62.x51", "V01.051", "34.0951", "M80100/3", "甲乙")


def row(number: int, code: str = "A00.051", state: State = State.OPEN, **more: object) -> WorkRow:
    kind = CodeKind.MORPHOLOGY if code.startswith("M") else CodeKind.DIAGNOSIS
    kind = CodeKind.PROCEDURE if code[0].isdigit() else kind
    frequency = more.pop("frequency", 10)
    relation = Relation.EQUIVALENT if state in ANSWERED else None
    local = LocalCode(number, code, code, f"名{number}", kind, frequency=frequency)  # type: ignore[arg-type]
    targets = (Target(1, "A00.000", "霍乱"),) if state is State.DECIDED else ()
    by = "甲" if state in ANSWERED else ""
    mapping = Mapping(number, state, relation, targets, decided_by=by)
    return WorkRow(local, mapping, proposed=True, **more)  # type: ignore[arg-type]


rows_of_any_kind = st.lists(
    st.tuples(st.sampled_from(CODES), st.sampled_from(State), st.integers(0, 500)), max_size=30
).map(
    lambda many: [
        row(number, code, state, frequency=count)
        for number, (code, state, count) in enumerate(many)
    ]
)


@given(rows_of_any_kind)
def test_code_sets_and_chapters_add_up_to_the_whole(rows: list[WorkRow]) -> None:
    found = summarise(rows, (), now=NOW)
    in_use = [one for one in rows if one.mapping.state is not State.RETIRED]
    sets = [part.coverage for part in found.parts if not part.chapter]
    assert sum(one.total for one in sets) == found.coverage.total == len(in_use)
    assert sum(one.frequency_decided for one in sets) == found.coverage.frequency_decided
    for one in (part for part in found.parts if not part.chapter):
        inside = [p.coverage for p in found.parts if p.chapter and p.system is one.system]
        if inside:
            assert sum(part.decided for part in inside) == one.coverage.decided


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(State), st.sampled_from(State))))
def test_the_burn_down_ends_with_what_is_open_now(steps: list[tuple[int, State, State]]) -> None:
    made = [Step(NOW - timedelta(days=ago), "甲", was, now) for ago, was, now in steps]
    days = summarise([row(1), row(2)], made, now=NOW).days
    assert days[-1].day == NOW.date()
    assert days[-1].left == 2
    for earlier, later in pairwise(days):
        assert earlier.left - later.answered == later.left


def test_the_end_is_foretold_from_the_pace_of_the_days_since_work_began() -> None:
    steps = [
        Step(NOW - timedelta(days=ago), "甲", State.OPEN, State.DECIDED) for ago in (0, 1, 1, 3)
    ]
    rows = [row(number) for number in range(6)]
    assert summarise(rows, steps, now=NOW).done_on == (NOW + timedelta(days=6)).date()
    assert summarise(rows, (), now=NOW).done_on is None


def test_disputes_come_before_everything_else_and_the_release_last() -> None:
    rows = [
        row(1, state=State.DISPUTED),
        row(2, safe=True, best_score=0.99),
        row(3, contradiction=True, frequency=0),
        row(4, frequency=5000),
    ]
    kinds = [action.kind for action in summarise(rows, (), now=NOW).actions]
    assert kinds == [NextKind.SETTLE, NextKind.FREQUENT, NextKind.BULK, NextKind.CONTRADICTIONS]
    many = [row(number, safe=True) for number in range(10, 40)]
    kinds = [action.kind for action in summarise([*rows, *many], (), now=NOW).actions]
    assert kinds[:3] == [NextKind.SETTLE, NextKind.BULK, NextKind.FREQUENT]
    done = [row(1, state=State.CHECKED)]
    assert [one.kind for one in summarise(done, (), now=NOW).actions] == [NextKind.RELEASE]
    assert [one.kind for one in summarise((), (), now=NOW).actions] == [NextKind.IMPORT]


def test_risky_answers_are_ordered_by_risk_times_discharges() -> None:
    often = row(1, state=State.DECIDED, frequency=900, best_code="A00.000", best_score=0.9)
    unlike = row(2, state=State.DECIDED, frequency=9, best_code="B00.000", best_score=0.2)
    calm = row(3, state=State.DECIDED, frequency=0, best_code="A00.000", best_score=0.99)
    found = summarise([calm, unlike, often], (), now=NOW)
    assert [one.row.local.id for one in found.risky] == [1, 2]
    assert found.to_check == 3


def test_a_code_of_unknown_shape_stands_in_no_chapter() -> None:
    assert chapter_of(row(1, "甲乙")) == "~"
    assert chapter_of(row(1, "C34.151")) == "第二章 肿瘤"


def test_people_are_counted_by_what_stands_and_by_their_last_week() -> None:
    steps = [
        Step(NOW - timedelta(days=1), "甲", State.OPEN, State.DECIDED),
        Step(NOW - timedelta(days=9), "乙", State.OPEN, State.DECIDED),
    ]
    found = summarise([row(1, state=State.DECIDED)], steps, now=NOW).people
    assert [(one.name, one.decided, one.this_week) for one in found] == [("甲", 1, 1), ("乙", 0, 0)]
    assert found[1].last_act == NOW - timedelta(days=9)
