"""The state machine of a mapping as data: which act leads from which state where, and by whom."""

from __future__ import annotations

from dataclasses import dataclass

from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act
from icdmapper.model.mapping import State
from icdmapper.model.people import Right, Role, may
from icdmapper.texts import N_, _
from icdmapper.texts.words import person_role_word, state_word

_ANSWER = frozenset({State.DECIDED, State.NO_COUNTERPART})
_NOT_ENDED = frozenset(State) - {State.REFINING, State.RETIRED}


@dataclass(frozen=True, slots=True)
class Step:
    """One transition: the states it may lead to, and the rights that each allow it."""

    after: frozenset[State]
    rights: frozenset[Right]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an act is not possible: the English message of the sentence, for `sentence`."""

    reason: str
    state: State
    role: Role | None = None

    def sentence(self) -> str:
        """The reason for people."""
        return _(self.reason).format(
            state=state_word(self.state.value),
            role=person_role_word(self.role.value) if self.role else "",
        )


def _one(after: State, *rights: Right) -> Step:
    return Step(frozenset({after}), frozenset(rights))


def _table() -> dict[tuple[State, Act], Step]:
    table: dict[tuple[State, Act], Step] = {}
    for state in (State.OPEN, State.DECIDED, State.NO_COUNTERPART, State.DISPUTED):
        table[state, Act.DECIDED] = Step(_ANSWER, frozenset({Right.DECIDE}))
    for state in _ANSWER:
        table[state, Act.CHECKED] = _one(State.CHECKED, Right.CHECK)
        table[state, Act.REOPENED] = _one(State.OPEN, Right.REOPEN)
    for state in (State.OPEN, State.DECIDED, State.NO_COUNTERPART, State.CHECKED):
        table[state, Act.DISPUTED] = _one(State.DISPUTED, Right.DISPUTE)
    table[State.SETTLED, Act.DISPUTED] = _one(State.DISPUTED, Right.REOPEN_SETTLED)
    for state in frozenset(State) - {State.RETIRED}:
        table[state, Act.COMMENTED] = _one(state, Right.COMMENT)
    table[State.DISPUTED, Act.SETTLED] = _one(State.SETTLED, Right.SETTLE, Right.RECORD_SETTLEMENT)
    for state in (State.CHECKED, State.DISPUTED):
        table[state, Act.REOPENED] = _one(State.OPEN, Right.REOPEN_CHECKED)
    for state in (State.SETTLED, State.RETIRED):
        table[state, Act.REOPENED] = _one(State.OPEN, Right.REOPEN_SETTLED)
    for state in _NOT_ENDED:
        table[state, Act.REFINE_STARTED] = _one(State.REFINING, Right.REFINE)
    table[State.REFINING, Act.REFINE_DROPPED] = _one(State.OPEN, Right.REFINE)
    table[State.REFINING, Act.REFINED] = _one(State.RETIRED, Right.SIGN_REFINEMENT)
    for state in frozenset(State) - {State.RETIRED}:
        table[state, Act.RETIRED] = _one(State.RETIRED, Right.RETIRE)
    for state in State:
        # A new edition opens, retires, or only has something to say.
        after = frozenset({State.OPEN, State.RETIRED, state})
        table[state, Act.EDITION_CHANGED] = Step(after, frozenset({Right.TAKE_EDITION}))
    return table


STEPS = _table()
"""Every transition there is. What is not here is refused, with a sentence of `_REASONS`."""

STATE_ACTS = frozenset(act for _state, act in STEPS)
"""The acts that are steps of the machine; undo and redo replay them."""

_WRONG_STATE = {
    Act.DECIDED: N_("This code is {state}; reopen it before deciding again."),
    Act.CHECKED: N_("Only a decided code can be checked; this one is {state}."),
    Act.DISPUTED: N_("This code is {state}; it cannot be disputed."),
    Act.COMMENTED: N_("This code is {state}; nothing can be said about it any more."),
    Act.SETTLED: N_("Only a disputed code can be settled; this one is {state}."),
    Act.REOPENED: N_("This code is {state}; there is nothing to reopen."),
    Act.REFINE_STARTED: N_("This code is {state}; its refinement cannot be started."),
    Act.REFINE_DROPPED: N_("This code is {state}; no refinement is under way."),
    Act.REFINED: N_("This code is {state}; no refinement is under way."),
    Act.RETIRED: N_("This code is retired already."),
}
_WRONG_ROLE = N_("A {role} may not do this to a code that is {state}.")
_NO_STEP = N_("This act is no step of a mapping.")


def answer(state: State, act: Act, role: Role | None) -> Step | Refusal:
    """What an act would do to a mapping in `state`; role None means nobody is asked for one."""
    if act not in STATE_ACTS:
        return Refusal(_NO_STEP, state, role)
    step = STEPS.get((state, act))
    if step is None:
        return Refusal(_WRONG_STATE[act], state, role)
    if role is not None and not any(may(role, right) for right in step.rights):
        return Refusal(_WRONG_ROLE, state, role)
    return step


def check_step(state: State, act: Act, after: State, role: Role | None = None) -> None:
    """Refuse a change that is no transition of the machine.

    Raises:
        RefusedError: the sentence says why.
    """
    found = answer(state, act, role)
    if isinstance(found, Refusal):
        raise RefusedError(found.sentence())
    assert after in found.after, (state, act, after)


def acts_for(state: State, role: Role | None) -> frozenset[Act]:
    """What a person may do with a mapping now; for the buttons of a screen."""
    return frozenset(act for act in STATE_ACTS if isinstance(answer(state, act, role), Step))
