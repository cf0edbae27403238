"""Every state with every act and every role: allowed as the table says, refused with a sentence."""

from itertools import product

import pytest

from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act
from icdmapper.model.mapping import State
from icdmapper.model.people import WHO_MAY, Right, Role, may
from icdmapper.resolution.states import STATE_ACTS, STEPS, Refusal, acts_for, answer, check_step

# Written down a second time, by hand, from the product's description; the table must agree.
ALLOWED = {
    State.OPEN: {Act.DECIDED, Act.COMMENTED, Act.DISPUTED, Act.REFINE_STARTED, Act.RETIRED},
    State.DECIDED: {
        Act.DECIDED, Act.COMMENTED, Act.CHECKED, Act.REOPENED, Act.DISPUTED, Act.REFINE_STARTED,
        Act.RETIRED,
    },
    State.NO_COUNTERPART: {
        Act.DECIDED, Act.COMMENTED, Act.CHECKED, Act.REOPENED, Act.DISPUTED, Act.REFINE_STARTED,
        Act.RETIRED,
    },
    State.CHECKED: {Act.COMMENTED, Act.REOPENED, Act.DISPUTED, Act.REFINE_STARTED, Act.RETIRED},
    State.DISPUTED: {
        Act.DECIDED, Act.COMMENTED, Act.SETTLED, Act.REOPENED, Act.REFINE_STARTED, Act.RETIRED,
    },
    State.SETTLED: {Act.COMMENTED, Act.REOPENED, Act.DISPUTED, Act.REFINE_STARTED, Act.RETIRED},
    State.REFINING: {Act.COMMENTED, Act.REFINE_DROPPED, Act.REFINED, Act.RETIRED},
    State.RETIRED: {Act.REOPENED},
}  # fmt: skip
for acts in ALLOWED.values():
    acts.add(Act.EDITION_CHANGED)  # a new edition asks no state


@pytest.mark.parametrize("state", State)
def test_each_state_allows_the_acts_of_the_description(state: State) -> None:
    assert acts_for(state, None) == ALLOWED[state]


@pytest.mark.parametrize(("state", "act"), list(product(State, Act)))
def test_what_is_not_allowed_is_refused_with_a_sentence(state: State, act: Act) -> None:
    found = answer(state, act, None)
    if act in ALLOWED[state]:
        assert not isinstance(found, Refusal)
        return
    assert isinstance(found, Refusal)
    assert found.sentence().endswith(".")
    assert "{" not in found.sentence()
    with pytest.raises(RefusedError):
        check_step(state, act, state)


@pytest.mark.parametrize(
    ("state", "act", "role"), [(*step, role) for step in STEPS for role in Role]
)
def test_a_role_does_what_its_rights_allow(state: State, act: Act, role: Role) -> None:
    allowed = any(may(role, right) for right in STEPS[state, act].rights)
    found = answer(state, act, role)
    assert isinstance(found, Refusal) is not allowed
    if isinstance(found, Refusal):
        assert "{" not in found.sentence()


def test_every_state_can_be_reached_and_left() -> None:
    reached = {after for step in STEPS.values() for after in step.after}
    assert reached == set(State)
    assert {state for state, _act in STEPS} == set(State)


def test_who_may_settle_check_and_decide() -> None:
    assert WHO_MAY[Right.SETTLE] == {Role.CLINICIAN}
    assert WHO_MAY[Right.CHECK] == {Role.CHECKER}
    assert Role.CLINICIAN not in WHO_MAY[Right.DECIDE]
    assert Role.IT not in WHO_MAY[Right.DECIDE]
    assert set(WHO_MAY) == set(Right)


def test_the_acts_of_the_machine_are_all_in_the_table() -> None:
    assert {act for _state, act in STEPS} == STATE_ACTS
