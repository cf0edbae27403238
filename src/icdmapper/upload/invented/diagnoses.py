"""Invented diagnoses: a main one, others that go with it, morphology, external cause."""

from __future__ import annotations

import numpy as np

from icdmapper.upload.invented.lists import ANY, CodeLists, Flags, Numbers, Pool, Stage, Texts
from icdmapper.upload.invented.patients import Columns, People, labelled
from icdmapper.upload.layouts import CodeSlot, Purpose, code_slots

MOST_OTHERS = 10
_DRAWN = 16
"""Others drawn for each record before the repeated ones are dropped."""


def slots(purpose: Purpose) -> tuple[CodeSlot, ...]:
    """The code fields of one purpose, in the order of the record."""
    return tuple(one for one in code_slots() if one.purpose is purpose)


def columns(
    rng: np.random.Generator, lists: CodeLists, main: Numbers, who: People, dead: Flags
) -> Columns:
    """Every diagnosis field of the records."""
    others = _others(rng, lists, main, who)
    outcome = _outcomes(rng, dead)
    made: Columns = {"P805": _presence(rng, len(main)), "P323": outcome}
    made["P321"], made["P322"] = _written(lists.diagnoses, main)
    swapped = (rng.random(len(main)) < 0.2) & (others[:, 0] >= 0)
    swapped &= (lists.stage[main] != Stage.MOTHER) & (lists.stage[main] != Stage.NEWBORN)
    made["P28"], made["P281"] = _written(lists.diagnoses, np.where(swapped, others[:, 0], main))
    made["P30"], made["P301"] = made["P321"], made["P322"]
    for at, slot in enumerate(slots(Purpose.OTHER)[:MOST_OTHERS]):
        made[slot.code], made[slot.name] = _written(lists.diagnoses, others[:, at])
        there = others[:, at] >= 0
        _code, _name, presence, result = slot.members
        made[presence] = np.where(there, _presence(rng, len(main)), "").astype(object)
        made[result] = np.where(there, _outcomes(rng, dead), "").astype(object)
    made.update(_morphology(rng, lists, main))
    made.update(_causes(rng, lists, main))
    return made


def _others(rng: np.random.Generator, lists: CodeLists, main: Numbers, who: People) -> Numbers:
    """Up to ten others per record, none twice, none equal to the main one, filled from the left."""
    drawn = np.full((len(main), _DRAWN), -1, dtype=np.int64)
    group = who.sex * 8 + _group(lists, main, who)
    for one in np.unique(group).tolist():
        rows = np.flatnonzero(group == one)
        fitting = _fitting(lists, sex=one // 8, group=one % 8)
        drawn[rows] = lists.diagnoses.draw(rng, fitting, (len(rows), _DRAWN))
    delivered = lists.delivery[main]
    drawn[delivered, 0] = lists.diagnoses.draw(rng, lists.outcome, (int(delivered.sum()),))
    kept = drawn != main[:, None]
    for at in range(1, _DRAWN):
        kept[:, at] &= (drawn[:, :at] != drawn[:, at : at + 1]).all(axis=1)
    kept &= drawn >= 0
    order = np.argsort(~kept, axis=1, kind="stable")
    drawn = np.take_along_axis(np.where(kept, drawn, -1), order, axis=1)
    wanted = np.minimum(rng.geometric(0.28, len(main)) - 1, MOST_OTHERS)
    wanted = np.maximum(wanted, delivered)
    return np.where(np.arange(_DRAWN) < wanted[:, None], drawn, -1)[:, :MOST_OTHERS]


_CHILD, _GROWN, _NEWBORN, _MOTHER, _AFTER_BIRTH = range(5)


def _group(lists: CodeLists, main: Numbers, who: People) -> Numbers:
    group = np.where(who.child, _CHILD, _GROWN)
    group = np.where(who.newborn, _NEWBORN, group)
    mother = lists.stage[main] == Stage.MOTHER
    # A normal delivery is not written beside another diagnosis of pregnancy (rule HQ-036).
    return np.where(mother, np.where(lists.spontaneous[main], _AFTER_BIRTH, _MOTHER), group)


def _fitting(lists: CodeLists, *, sex: int, group: int) -> Flags:
    general, adult = lists.stage == Stage.GENERAL, lists.stage == Stage.ADULT
    by_group = {
        _NEWBORN: lists.stage == Stage.NEWBORN,
        _CHILD: general & lists.childish,
        _MOTHER: lists.stage == Stage.MOTHER,
        _AFTER_BIRTH: general,
        _GROWN: general | adult,
    }
    fitting: Flags = by_group[group] & lists.other & ((lists.sex == ANY) | (lists.sex == sex))
    return fitting


def _morphology(rng: np.random.Generator, lists: CodeLists, main: Numbers) -> Columns:
    found = np.full(len(main), -1, dtype=np.int64)
    asked = lists.behaviour[main]
    for behaviour in np.unique(asked[asked >= 0]).tolist():
        rows = np.flatnonzero(asked == behaviour)
        fitting = lists.morphology_behaviour == behaviour
        found[rows] = lists.morphology.draw(rng, fitting, (len(rows),))
    slot = slots(Purpose.MORPHOLOGY)[0]
    code, name = _written(lists.morphology, found)
    specimens = labelled("TEST-BL-", rng.integers(0, 10**6, len(main)), 6)
    numbers = np.where(found >= 0, specimens, "").astype(object)
    return {slot.code: code, slot.name: name, "P816": numbers}


def _causes(rng: np.random.Generator, lists: CodeLists, main: Numbers) -> Columns:
    every = np.ones(len(lists.causes.codes), dtype=bool)
    drawn = lists.causes.draw(rng, every, (len(main),))
    slot = slots(Purpose.EXTERNAL_CAUSE)[0]
    code, name = _written(lists.causes, np.where(lists.injury[main], drawn, -1))
    return {slot.code: code, slot.name: name}


def _written(pool: Pool, at: Numbers) -> tuple[Texts, Texts]:
    if not len(pool.codes):
        nothing = np.full(len(at), "", dtype=object)
        return nothing, nothing
    there = at >= 0
    safe = np.where(there, at, 0)
    return (
        np.where(there, pool.codes[safe], "").astype(object),
        np.where(there, pool.names[safe], "").astype(object),
    )


def _outcomes(rng: np.random.Generator, dead: Flags) -> Texts:
    usual = np.array(["1", "2", "3", "9"], dtype=object)
    drawn = usual[rng.choice(4, size=len(dead), p=(0.35, 0.58, 0.04, 0.03))]
    return np.where(dead, "4", drawn).astype(object)


def _presence(rng: np.random.Generator, count: int) -> Texts:
    return np.where(rng.random(count) < 0.9, "1", "2").astype(object)
