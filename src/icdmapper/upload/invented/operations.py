"""Invented operations, each with its date inside the stay, its people and its anaesthesia."""

from __future__ import annotations

import numpy as np

from icdmapper.upload.invented.diagnoses import slots
from icdmapper.upload.invented.lists import ANY, CodeLists, Flags, Numbers, Stage, Texts
from icdmapper.upload.invented.patients import Columns, Days, People, labelled, moment_texts, texts
from icdmapper.upload.layouts import Purpose

MOST_OPERATIONS = 10
_MINUTE = np.timedelta64(1, "m")
_ANAESTHESIA = ("01", "0102", "0201", "0302", "02")
_STAFF = 400


def counts(
    rng: np.random.Generator, lists: CodeLists, main: Numbers, who: People
) -> tuple[Numbers, Numbers]:
    """How many operations each record has, and which: positions in the list, -1 for none."""
    share = np.where(who.newborn, 0.0, np.where(who.child, 0.25, 0.5))
    wanted = np.minimum(rng.geometric(0.45, len(main)), MOST_OPERATIONS)
    wanted = np.where(rng.random(len(main)) < share, wanted, 0)
    drawn = np.full((len(main), MOST_OPERATIONS + 4), -1, dtype=np.int64)
    group = who.sex * 2 + (lists.stage[main] == Stage.MOTHER)
    for one in np.unique(group).tolist():
        rows = np.flatnonzero(group == one)
        fitting = _fitting(lists, sex=one // 2, mother=bool(one % 2))
        drawn[rows] = lists.operations.draw(rng, fitting, (len(rows), drawn.shape[1]))
    kept = drawn >= 0
    for at in range(1, drawn.shape[1]):
        kept[:, at] &= (drawn[:, :at] != drawn[:, at : at + 1]).all(axis=1)
    order = np.argsort(~kept, axis=1, kind="stable")
    drawn = np.take_along_axis(np.where(kept, drawn, -1), order, axis=1)[:, :MOST_OPERATIONS]
    drawn = np.where(np.arange(MOST_OPERATIONS) < wanted[:, None], drawn, -1)
    return (drawn >= 0).sum(axis=1), drawn


def columns(
    rng: np.random.Generator, lists: CodeLists, drawn: Numbers, admitted: Days, discharged: Days
) -> Columns:
    """Every field of the operation groups."""
    made: Columns = {}
    minutes = (discharged - admitted) // _MINUTE
    for at, slot in enumerate(slots(Purpose.OPERATION)[:MOST_OPERATIONS]):
        rows = np.flatnonzero(drawn[:, at] >= 0)
        if not len(rows):
            continue
        at_minute = (minutes[rows] * rng.random(len(rows))).astype(np.int64)
        moments = admitted[rows] + at_minute.astype("timedelta64[m]")
        filled = (
            lists.operations.codes[drawn[rows, at]],
            lists.operations.names[drawn[rows, at]],
            moment_texts(moments),
            *_circumstances(rng, len(rows)),
        )
        for field, values in zip(slot.members, filled, strict=True):
            made[field] = _placed(values, rows, len(drawn))
    return made


def dashed(made: Columns, drawn: Numbers) -> Columns:
    """Code, name and date of the first operation as a dash where there was none."""
    nothing = np.full(len(drawn), "", dtype=object)
    return {
        field: np.where(drawn[:, 0] < 0, "-", made.get(field, nothing)).astype(object)
        for field in slots(Purpose.OPERATION)[0].members[:3]
    }


def staff(rng: np.random.Generator, role: str, count: int) -> Texts:
    """Invented names of people who sign."""
    return labelled(f"测试{role}", rng.integers(1, _STAFF, count), 3)


def _fitting(lists: CodeLists, *, sex: int, mother: bool) -> Flags:
    if mother and (lists.labour & (lists.operations.chances > 0)).any():
        return lists.labour
    fitting: Flags = (lists.operation_sex == ANY) | (lists.operation_sex == sex)
    return fitting & ~lists.labour


def _circumstances(rng: np.random.Generator, count: int) -> tuple[Texts, ...]:
    """The members of a group after code, name and date, in the order of the layout."""
    kinds = np.array(_ANAESTHESIA, dtype=object)
    nothing = np.full(count, "", dtype=object)
    return (
        texts(rng.integers(1, 5, count)),
        nothing,
        texts(rng.integers(1, 7, count)),
        staff(rng, "术者", count),
        staff(rng, "一助", count),
        staff(rng, "二助", count),
        kinds[rng.integers(0, len(kinds), count)],
        texts(rng.integers(1, 4, count)),
        texts(rng.choice((1, 1, 1, 4, 7), count)),
        staff(rng, "麻醉", count),
    )


def _placed(values: Texts, rows: Numbers, count: int) -> Texts:
    placed = np.full(count, "", dtype=object)
    placed[rows] = values
    return placed
