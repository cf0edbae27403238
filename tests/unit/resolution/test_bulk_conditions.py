"""Bulk acceptance never takes what a condition, a contradiction or a rule keeps out."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from icdmapper.model.codes import CodeKind, LocalCode, ReferenceCode
from icdmapper.model.mapping import Mapping, Relation, State
from icdmapper.model.people import Person
from icdmapper.model.proposals import Candidate, Proposal
from icdmapper.resolution.bulk import BulkConditions, BulkRow, sort_out, weigh
from icdmapper.resolution.rules import LeftOut

AT = datetime(2026, 3, 2, tzinfo=UTC)
BY = Person("编码员甲")


def entry(*, heading: bool = False) -> ReferenceCode:
    return ReferenceCode(7, "I63.902", "I63.902", "脑梗死", CodeKind.DIAGNOSIS, heading=heading)


@st.composite
def weighed(draw: st.DrawFn) -> BulkRow:
    number = draw(st.integers(1, 10_000))
    kind = draw(st.sampled_from(CodeKind))
    against = draw(st.sampled_from(((), ("侧别",))))
    score, relation = draw(st.floats(0, 1)), draw(st.sampled_from(list(Relation)[:4]))
    best = Candidate(7, "I63.902", "脑梗死", score, relation, contradictions=against)
    candidates = draw(st.sampled_from(((best,), ())))
    proposal = draw(st.sampled_from((Proposal(number, candidates, draw(st.booleans())), None)))
    mapping = Mapping(number, draw(st.sampled_from((State.OPEN, State.OPEN, State.CHECKED))))
    reference = draw(st.sampled_from((entry(), entry(heading=True), None)))
    local = LocalCode(number, "I63.951", "I63.951", "脑梗塞", kind)
    return weigh(local, mapping, proposal, reference, by=BY, at=AT)


conditions = st.builds(
    BulkConditions,
    only_safe=st.booleans(),
    only_equivalent=st.booleans(),
    least_score=st.sampled_from((0.0, 0.8, 0.95)),
    kinds=st.frozensets(st.sampled_from(CodeKind)),
)


@given(st.lists(weighed(), max_size=20), conditions)
def test_every_row_is_either_taken_or_left_out_with_one_reason(
    rows: list[BulkRow], wanted: BulkConditions
) -> None:
    plan = sort_out(rows, wanted)
    assert len(plan.accepted) + sum(map(len, plan.left_out.values())) == len(rows)
    for row in plan.accepted:
        assert row.best is not None
        assert row.decided is not None
        assert row.mapping.state is State.OPEN
        assert not row.best.contradictions
        assert row.local.kind in wanted.kinds
        assert row.safe or not wanted.only_safe
        assert row.best.score >= wanted.least_score
        assert row.best.relation is Relation.EQUIVALENT or not wanted.only_equivalent
        assert row.decided.decided_by == BY.name


@given(weighed())
def test_looser_conditions_never_take_fewer(row: BulkRow) -> None:
    strict = sort_out([row], BulkConditions(only_equivalent=True, least_score=0.95))
    loose = sort_out([row], BulkConditions(only_safe=False))
    assert len(strict.accepted) <= len(loose.accepted)


def test_a_heading_is_left_out_by_the_rule_that_forbids_it() -> None:
    local = LocalCode(1, "I63.951", "I63.951", "脑梗塞", CodeKind.DIAGNOSIS)
    best = Candidate(7, "I63.902", "脑梗死", 1.0, Relation.EQUIVALENT)
    proposal = Proposal(1, (best,), safe=True)
    row = weigh(local, Mapping(1), proposal, entry(heading=True), by=BY, at=AT)
    assert list(sort_out([row], BulkConditions()).left_out) == [LeftOut.RULE_FORBIDS]
