"""The workbench without a window: cursor, filter, pending choice."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icdmapper.model.codes import CodeKind, CodeSystem, LocalCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.mapping import Mapping, Relation, State, Target
from icdmapper.model.proposals import Candidate, Proposal
from icdmapper.resolution.service import WorkRow
from icdmapper.resolution.session import ReviewSession
from icdmapper.resolution.worklist import Order, WorkFilter

NAMES = ("脑梗塞", "脑出血", "左肺癌", "右肺癌", "阑尾切除术")


def rows() -> list[WorkRow]:
    made = []
    for number, name in enumerate(NAMES, start=1):
        kind = CodeKind.PROCEDURE if name.endswith("术") else CodeKind.DIAGNOSIS
        local = LocalCode(
            number, f"I6{number}.951", f"I6{number}.951", name, kind, "ng", frequency=100 - number
        )
        made.append(
            WorkRow(
                local, Mapping(number), best_score=number / 10,
                safe=number == 1, contradiction=number == 3,
            )
        )  # fmt: skip
    return made


def proposal(local_id: int, *relations: Relation) -> Proposal:
    candidates = tuple(
        Candidate(100 + n, f"X{n}", f"名{n}", 0.9, relation) for n, relation in enumerate(relations)
    )
    return Proposal(local_id, candidates)


@pytest.fixture
def session() -> ReviewSession:
    made = ReviewSession(rows())
    made.set_order(Order.FREQUENCY)
    made.move(-len(NAMES))
    return made


def shown(session: ReviewSession) -> list[str]:
    return [row.local.name for row in session.visible]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (WorkFilter(), list(NAMES)),
        (WorkFilter(text="肺"), ["左肺癌", "右肺癌"]),
        (WorkFilter(text="癌 右"), ["右肺癌"]),
        (WorkFilter(text="I61"), ["脑梗塞"]),
        (WorkFilter(text="ng"), list(NAMES)),
        (WorkFilter(system=CodeSystem.RC022), ["阑尾切除术"]),
        (WorkFilter(only_safe=True), ["脑梗塞"]),
        (WorkFilter(only_contradiction=True), ["左肺癌"]),
        (WorkFilter(state=State.DECIDED), []),
    ],
)
def test_a_filter_shows_what_passes(
    session: ReviewSession, wanted: WorkFilter, names: list[str]
) -> None:
    session.set_filter(wanted)
    assert shown(session) == names


def test_the_cursor_stops_at_both_ends_and_keeps_its_row_through_filter_and_order(
    session: ReviewSession,
) -> None:
    assert session.move(-1) is session.visible[0]
    assert session.move(3) is session.visible[3]
    assert session.move(99) is session.visible[-1]
    session.go_to(4)
    session.set_filter(WorkFilter(text="肺"))
    assert session.current is not None
    assert (session.current.local.name, session.cursor) == ("右肺癌", 1)
    session.set_order(Order.SCORE)
    assert (session.current.local.name, session.cursor) == ("右肺癌", 0)


def test_the_relation_is_that_of_the_row_and_is_never_carried_over(session: ReviewSession) -> None:
    session.set_proposal(proposal(1, Relation.EQUIVALENT, Relation.LOCAL_FINER))
    session.pick(1)
    assert session.pending_choice().relation is Relation.LOCAL_FINER
    assert session.pending_choice(Relation.OVERLAP).relation is Relation.OVERLAP
    session.move(1)
    session.set_proposal(proposal(2, Relation.EQUIVALENT))
    assert session.picked == 0
    assert session.pending_choice().relation is Relation.EQUIVALENT


def test_a_choice_carries_the_version_that_was_shown(session: ReviewSession) -> None:
    seen = [row._replace(mapping=replace(row.mapping, version=7)) for row in rows()]
    session.set_rows(seen)
    session.set_proposal(proposal(1, Relation.EQUIVALENT))
    choice = session.pending_choice(note="按说明")
    assert (choice.local_id, choice.seen_version, choice.note) == (1, 7, "按说明")
    assert choice.targets[0].code == "X0"
    none = session.pending_choice(Relation.NO_COUNTERPART)
    assert none.targets == ()


def test_a_proposal_for_another_row_is_not_shown(session: ReviewSession) -> None:
    assert not session.set_proposal(proposal(2, Relation.EQUIVALENT))
    assert session.candidates == ()
    with pytest.raises(RefusedError, match="no candidate"):
        session.pending_choice()


def test_what_was_found_by_hand_stands_before_what_was_proposed(session: ReviewSession) -> None:
    session.set_proposal(proposal(1, Relation.EQUIVALENT))
    session.offer([Candidate(500, "Y1", "手工", 0.0, Relation.OVERLAP)])
    assert [one.code for one in session.candidates] == ["Y1", "X0"]
    assert session.pick(9) is None


def test_a_decided_row_makes_way_for_the_next_and_comes_back_when_taken_back(
    session: ReviewSession,
) -> None:
    session.go_to(2)
    decided = Mapping(2, State.DECIDED, version=1)
    after = session.replace_mapping(decided)
    assert after is not None
    assert (after.local.name, shown(session)) == ("左肺癌", [NAMES[0], *NAMES[2:]])
    session.replace_mapping(Mapping(2, version=2))
    assert shown(session) == list(NAMES)
    assert session.current is not None
    assert session.current.local.name == "左肺癌"


def test_the_last_row_decided_leaves_the_cursor_on_the_new_last_one(
    session: ReviewSession,
) -> None:
    session.go_to(5)
    session.replace_mapping(Mapping(5, State.DECIDED, version=1))
    assert session.current is not None
    assert session.current.local.name == "右肺癌"


def test_an_empty_worklist_refuses_instead_of_failing() -> None:
    session = ReviewSession()
    assert session.current is None
    assert session.move(1) is None
    with pytest.raises(RefusedError, match="no code in focus"):
        session.pending_choice()


@given(
    st.lists(
        st.one_of(
            st.integers(-3, 3).map(lambda n: ("move", n)),
            st.sampled_from(["", "肺", "脑", "没有"]).map(lambda t: ("filter", t)),
            st.tuples(st.just("decide"), st.integers(1, 5)),
            st.tuples(st.just("open"), st.integers(1, 5)),
        ),
        max_size=30,
    )
)
def test_whatever_happens_the_cursor_is_on_a_visible_row(
    acts: list[tuple[str, int | str]],
) -> None:
    session = ReviewSession(rows())
    for act, value in acts:
        match act:
            case "move":
                session.move(int(value))
            case "filter":
                session.set_filter(WorkFilter(text=str(value)))
            case "decide":
                session.replace_mapping(Mapping(int(value), State.DECIDED, version=1))
            case _:
                session.replace_mapping(Mapping(int(value), version=2))
        assert (session.current is None) == (not session.visible)
        assert all(row.mapping.state is State.OPEN for row in session.visible)
        wanted = session.filter.text
        assert all(wanted in row.local.name for row in session.visible)


def decided_by(local_id: int, person: str) -> Mapping:
    return Mapping(local_id, State.DECIDED, Relation.EQUIVALENT, decided_by=person, version=1)


def test_others_work_appears_and_nobody_loses_their_place(session: ReviewSession) -> None:
    session.set_filter(WorkFilter(state=State.OPEN))
    session.move(2)
    assert session.see(decided_by(1, "编码员乙"))
    assert session.current is not None
    assert session.current.local.name == "左肺癌"
    assert shown(session) == ["脑出血", "左肺癌", "右肺癌", "阑尾切除术"]
    assert session.coverage().decided == 1


def test_the_row_in_focus_is_never_changed_under_the_eyes(session: ReviewSession) -> None:
    session.set_filter(WorkFilter(state=None))
    assert not session.see(decided_by(1, "编码员乙"))
    assert session.current is not None
    assert session.current.mapping.version == 0  # a save made now is refused, and says so
    session.move(1)
    assert session.visible[0].mapping.decided_by == "编码员乙"
    assert session.coverage().decided == 1


def test_it_opens_with_the_riskiest_and_most_frequent(session: ReviewSession) -> None:
    opened = ReviewSession(rows())
    assert opened.order is Order.URGENCY
    # A contradiction counts most, a safe row least: 388 for 左肺癌, 99 for 脑梗塞.
    assert (shown(opened)[0], shown(opened)[-1]) == ("左肺癌", "脑梗塞")


def test_jumping_shows_a_hidden_row_and_the_way_back_keeps_filter_and_place(
    session: ReviewSession,
) -> None:
    session.set_filter(WorkFilter(text="脑"))
    session.move(1)
    jumped = session.go_to(5)
    assert jumped is not None
    assert jumped.local.name == "阑尾切除术"
    assert session.filter == WorkFilter(text="脑")
    back = session.go_back()
    assert back is not None
    assert back.local.name == "脑出血"
    assert session.go_back() is None
    session.set_filter(WorkFilter(text="脑梗"))
    assert shown(session) == ["脑梗塞"]


def test_after_deciding_one_can_go_back_to_the_row_just_decided(session: ReviewSession) -> None:
    session.replace_mapping(Mapping(1, State.DECIDED, version=1))
    assert "脑梗塞" not in shown(session)
    back = session.go_back()
    assert back is not None
    assert (back.local.name, back.mapping.state) == ("脑梗塞", State.DECIDED)


def test_only_ones_own_rows(session: ReviewSession) -> None:
    first, *others = rows()
    session.set_rows([first._replace(assigned_to="甲"), *others])
    assert session.shares_rows
    session.set_filter(WorkFilter(assigned_to="甲"))
    assert shown(session) == [first.local.name]


def answered(local_id: int, relation: Relation, *targets: Target) -> Mapping:
    none = relation is Relation.NO_COUNTERPART
    state = State.NO_COUNTERPART if none else State.DECIDED
    return Mapping(local_id, state=state, relation=relation, targets=targets, version=1)


def begun(mapping: Mapping) -> ReviewSession:
    """A session on a row that has this answer, with three candidates."""
    first, *others = rows()
    session = ReviewSession([first._replace(mapping=mapping), *others])
    session.set_filter(WorkFilter(state=None))
    session.go_to(first.local.id)
    session.set_proposal(
        proposal(first.local.id, Relation.OVERLAP, Relation.EQUIVALENT, Relation.OVERLAP)
    )
    return session


def test_a_row_begins_with_the_answer_it_has() -> None:
    """Enter on a decided row keeps what it says instead of taking the first candidate."""
    target = Target(102, "X2", "名2")
    session = begun(answered(1, Relation.LOCAL_FINER, target))
    choice = session.pending_choice()
    assert (choice.targets, choice.relation) == ((target,), Relation.LOCAL_FINER)
    session.pick(0)
    assert session.pending_choice().relation is Relation.OVERLAP


def test_an_answer_that_nobody_proposed_is_shown_before_the_candidates() -> None:
    target = Target(7, "X7", "手找的")
    session = begun(answered(1, Relation.LOCAL_COARSER, target))
    assert session.candidates[0].name == "手找的"
    choice = session.pending_choice()
    assert (choice.targets, choice.relation) == ((target,), Relation.LOCAL_COARSER)


def test_no_counterpart_stays_the_answer_until_something_else_is_picked() -> None:
    session = begun(answered(1, Relation.NO_COUNTERPART))
    assert session.pending_choice().relation is Relation.NO_COUNTERPART
    assert session.pending_choice().targets == ()
    session.pick(1)
    assert session.pending_choice().relation is Relation.EQUIVALENT


def test_what_was_taken_back_is_no_answer() -> None:
    mapping = replace(answered(1, Relation.LOCAL_FINER, Target(102, "X2", "名2")), state=State.OPEN)
    assert begun(mapping).pending_choice().relation is Relation.OVERLAP


def test_an_answer_is_not_carried_to_the_next_row() -> None:
    session = begun(answered(1, Relation.LOCAL_FINER, Target(102, "X2", "名2")))
    row = session.move(-1)
    assert row is not None
    session.set_proposal(proposal(row.local.id, Relation.EQUIVALENT))
    assert session.pending_choice().relation is Relation.EQUIVALENT
