"""Groups of a record after translation: duplicates dropped, extra targets placed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import pandas as pd

from icdmapper.model.mapping import TargetRole
from icdmapper.model.releases import ReleasedTarget
from icdmapper.texts import N_
from icdmapper.upload.columns import Column, Mask, Numbers, Table, Texts, together
from icdmapper.upload.layouts import CodeSlot, Purpose


class NoteKind(Enum):
    """What translation changed in a record beside codes and names; the value is its sentence."""

    DUPLICATE_DROPPED = N_("another diagnosis with the same target was dropped with its group")
    EXTRA_ADDED = N_("a further target of the mapping was written into a free field")
    NO_FREE_SLOT = N_("a further target of the mapping found no free field")


@dataclass(frozen=True, slots=True)
class Extra:
    """A further target of a mapped code. `carried` are the values of the source's companions."""

    row: int
    source: CodeSlot
    target: ReleasedTarget
    carried: tuple[str, ...]


_MAIN_COMPANIONS = ("P805", "P323")
_PLACES = {
    TargetRole.MORPHOLOGY: Purpose.MORPHOLOGY,
    TargetRole.EXTERNAL_CAUSE: Purpose.EXTERNAL_CAUSE,
    TargetRole.MANIFESTATION: Purpose.OTHER,
}
_NO_CODE = frozenset({"", "-", "－", "—"})
_ALONE = frozenset({Purpose.OUTPATIENT, Purpose.ADMISSION})


def companions(slot: CodeSlot) -> tuple[str, ...]:
    """The fields that say more about a slot's code: condition and outcome, date, surgeon, …"""
    return _MAIN_COMPANIONS if slot.purpose is Purpose.MAIN else slot.members[2:]


def tidy(
    table: Table, slots: Sequence[CodeSlot], extras: Iterable[Extra]
) -> tuple[Table, pd.DataFrame]:
    """Drop doubled other diagnoses, then place extra targets.

    Returns the records, every field of their groups among them, and the notes: row, slot, note,
    code.
    """
    notes: list[tuple[int, str, NoteKind, str]] = []
    by_purpose: dict[Purpose, list[CodeSlot]] = defaultdict(list)
    for slot in slots:
        by_purpose[slot.purpose].append(slot)
    columns = _Written(table)
    _drop_doubled(columns, by_purpose[Purpose.MAIN], by_purpose[Purpose.OTHER], notes)
    for purpose, wanted in _by_place(extras, notes).items():
        seen = by_purpose[Purpose.MAIN] if purpose is Purpose.OTHER else []
        _place(columns, by_purpose[purpose], seen, wanted, notes)
    whole = {name: table[name] for slot in slots for name in slot.members}
    done = table.replaced(whole | {name: Column(rows) for name, rows in columns.items()})
    return done, pd.DataFrame(notes, columns=["row", "slot", "note", "code"])


class _Written(dict[str, Texts]):
    """The rows of columns that are looked at closely, each copied when it is first asked for."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self.table = table

    def __missing__(self, name: str) -> Texts:
        rows = self[name] = self.table[name].rows.copy()
        return rows


def _drop_doubled(
    columns: _Written,
    main: Sequence[CodeSlot],
    others: Sequence[CodeSlot],
    notes: list[tuple[int, str, NoteKind, str]],
) -> None:
    """The later of two equal diagnoses goes with its whole group (HQMS.md 6.2, point 13)."""
    table = columns.table
    used = [slot for slot in others if not table[slot.code].blank]
    if not used:
        return
    ids = _ids([table[slot.code] for slot in (*main, *used)])
    doubled = np.zeros((len(used), ids.shape[1]), dtype=bool)
    for at in range(len(used)):
        later = at + len(main)
        doubled[at] = (ids[:later] == ids[later]).any(axis=0) & (ids[later] >= 0)
    rows = np.flatnonzero(doubled.any(axis=0))
    for at, row in zip(*np.nonzero(doubled), strict=True):
        code = table[used[at].code].rows[row]
        notes.append((int(row), used[at].code, NoteKind.DUPLICATE_DROPPED, code))
    if len(rows):
        _close_up(columns, used, rows, doubled[:, rows])


def _close_up(columns: _Written, slots: Sequence[CodeSlot], rows: Numbers, gone: Mask) -> None:
    """Move the groups that stay upwards, in their order."""
    filled = np.array([_filled(columns, slot, rows) for slot in slots])
    stays = filled & ~gone
    order = np.argsort(~stays, axis=0, kind="stable")
    empty = np.arange(len(slots))[:, None] >= stays.sum(axis=0)
    for names in zip(*(slot.members for slot in slots), strict=True):
        values = np.array([columns[name][rows] for name in names], dtype=object)
        moved = np.take_along_axis(values, order, axis=0)
        moved[empty] = ""
        for name, column in zip(names, moved, strict=True):
            columns[name][rows] = column


def _by_place(
    extras: Iterable[Extra], notes: list[tuple[int, str, NoteKind, str]]
) -> dict[Purpose, list[Extra]]:
    found: dict[Purpose, list[Extra]] = defaultdict(list)
    for extra in extras:
        source = extra.source.purpose
        if source in _ALONE:
            # What was thought at the door has one field; nothing further is reported of it.
            notes.append(_note(extra, extra.source.code, NoteKind.NO_FREE_SLOT))
            continue
        same = Purpose.OTHER if source is Purpose.MAIN else source
        found[_PLACES.get(extra.target.role, same)].append(extra)
    return found


def _place(
    columns: _Written,
    slots: Sequence[CodeSlot],
    seen: Sequence[CodeSlot],
    wanted: list[Extra],
    notes: list[tuple[int, str, NoteKind, str]],
) -> None:
    """Write extra targets into the first free slots, one per record and round."""
    while wanted:
        rows_seen: set[int] = set()
        now: list[Extra] = []
        later: list[Extra] = []
        for extra in wanted:
            (later if extra.row in rows_seen else now).append(extra)
            rows_seen.add(extra.row)
        _place_round(columns, slots, seen, now, notes)
        wanted = later


def _place_round(
    columns: _Written,
    slots: Sequence[CodeSlot],
    seen: Sequence[CodeSlot],
    extras: list[Extra],
    notes: list[tuple[int, str, NoteKind, str]],
) -> None:
    rows = np.array([one.row for one in extras], dtype=np.intp)
    codes = np.array([one.target.code for one in extras], dtype=object)
    open_ = np.ones(len(extras), dtype=bool)
    for slot in (*seen, *slots):
        open_ &= columns[slot.code][rows] != codes
    for slot in slots:
        for at in np.flatnonzero(open_ & ~_filled(columns, slot, rows)):
            extra = extras[at]
            if not _same_shape(extra.source, slot):
                continue
            open_[at] = False
            columns[slot.code][extra.row] = extra.target.code
            columns[slot.name][extra.row] = extra.target.name
            if _shares_companions(extra.source, slot):
                for name, value in zip(companions(slot), extra.carried, strict=True):
                    columns[name][extra.row] = value
            notes.append(_note(extra, slot.code, NoteKind.EXTRA_ADDED))
    for at in np.flatnonzero(open_):
        notes.append(_note(extras[at], extras[at].source.code, NoteKind.NO_FREE_SLOT))


def _same_shape(source: CodeSlot, slot: CodeSlot) -> bool:
    """Operations of the two layouts have different columns; one cannot stand in for the other."""
    return slot.purpose is not Purpose.OPERATION or len(source.members) == len(slot.members)


def _shares_companions(source: CodeSlot, slot: CodeSlot) -> bool:
    """Both halves of one diagnosis were there at admission and ended alike; so with operations."""
    discharge = {Purpose.MAIN, Purpose.OTHER}
    return source.purpose is slot.purpose or {source.purpose, slot.purpose} <= discharge


def _filled(columns: _Written, slot: CodeSlot, rows: Numbers) -> Mask:
    filled = np.zeros(len(rows), dtype=bool)
    for name in slot.members:
        filled |= columns[name][rows].astype(bool)
    return filled


def _ids(columns: Sequence[Column]) -> Numbers:
    ids, texts = together(columns)
    nothing = np.array([one in _NO_CODE for one in texts], dtype=bool)
    found: Numbers = np.where(nothing[ids], -1, ids)
    return found


def _note(extra: Extra, slot: str, kind: NoteKind) -> tuple[int, str, NoteKind, str]:
    return extra.row, slot, kind, extra.target.code
