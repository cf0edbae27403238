"""Translate whole frames of records with the release of each record's discharge date.

Works on columns, never row by row: a column is reduced to its different codes, each is looked up
once. A code without a usable target holds its whole record; nothing passes through unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd

from icdmapper.model.codes import CodeKind
from icdmapper.upload import groups
from icdmapper.upload.columns import Column, Numbers, Table
from icdmapper.upload.groups import Extra, NoteKind
from icdmapper.upload.layouts import DISCHARGED, CodeSlot, Purpose, code_slots
from icdmapper.upload.lookup import Answer, HoldReason, Lookup
from icdmapper.upload.packages import VerifiedRelease, release_for

__all__ = ["HoldReason", "NoteKind", "Translated", "is_blank", "translate"]

HELD_COLUMNS = ("row", "slot", "kind", "code", "text", "reason", "release")
NOTE_COLUMNS = ("row", "slot", "note", "code")
EXPLICITLY_EMPTY = frozenset({"-", "－", "—"})
"""What stands for "no value" in the CSV layout (rule HQ-002)."""
_NOTHING = EXPLICITLY_EMPTY | {""}
_NO_ANSWER = Answer()
KIND_OF = {
    Purpose.MORPHOLOGY: CodeKind.MORPHOLOGY,
    Purpose.EXTERNAL_CAUSE: CodeKind.EXTERNAL_CAUSE,
    Purpose.OPERATION: CodeKind.PROCEDURE,
}
"""The kind of local code a field takes; every other field takes diagnoses."""


@dataclass(frozen=True, slots=True)
class Translated:
    """Translated records, and what keeps the others back.

    `table` has the records that may go on; `rows` are their positions in what came in and
    `versions` the release each was translated with. `held` has one row per code that holds a
    record (columns HELD_COLUMNS, `reason` is a HoldReason, `release` 0 for none). `notes` has what
    was changed beside codes and names (NOTE_COLUMNS, `note` is a NoteKind).
    """

    table: Table
    rows: Numbers
    versions: Numbers
    held: pd.DataFrame
    notes: pd.DataFrame

    @property
    def frame(self) -> pd.DataFrame:
        """The records that may go on, as a frame."""
        return self.table.frame()

    @property
    def held_records(self) -> int:
        """How many records are held."""
        return int(self.held["row"].nunique())


def translate(records: pd.DataFrame | Table, releases: Sequence[VerifiedRelease]) -> Translated:
    """Replace every local code and name by the target of the release valid at discharge.

    The records are canonical (see `layouts`). Code fields they do not have are left alone.
    """
    table = Table.of(records)
    slots = [slot for slot in code_slots() if slot.code in table]
    work = _Work(table)
    by_version = {one.version: one for one in releases}
    versions = work.choose(releases)
    for version in np.unique(versions[versions > 0]):
        rows = np.flatnonzero(versions == version)
        lookup = _lookup(_Same(by_version[int(version)]))
        for slot in slots:
            work.fill(slot, rows, lookup, int(version))
    held = pd.DataFrame(work.held, columns=list(HELD_COLUMNS))
    kept = np.ones(len(table), dtype=bool)
    kept[held["row"].to_numpy(dtype=np.intp)] = False
    rows = np.flatnonzero(kept)
    sent, notes = groups.tidy(work.done().taken(rows), slots, work.extras_of(rows))
    notes["row"] = rows[notes["row"].to_numpy(dtype=np.intp)]
    return Translated(sent, rows, versions[rows], held, notes)


def is_blank(text: str) -> bool:
    """Whether a field says nothing: empty, spaces, or the dash that stands for "no value"."""
    return not (bare := text.strip()) or bare in EXPLICITLY_EMPTY


class _Same:
    """A release as a key of the cache: the same object, for comparing all its rows takes long."""

    def __init__(self, release: VerifiedRelease) -> None:
        self.release = release

    def __hash__(self) -> int:
        return id(self.release)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.release is self.release


@lru_cache(maxsize=8)
def _lookup(same: _Same) -> Lookup:
    return Lookup(same.release.mappings)


@dataclass(slots=True)
class _Work:
    """The columns under translation and what was found on the way."""

    table: Table
    changed: dict[str, Column] = field(default_factory=dict)
    held: list[tuple[object, ...]] = field(default_factory=list)
    extras: list[Extra] = field(default_factory=list)

    def choose(self, releases: Sequence[VerifiedRelease]) -> Numbers:
        """The release version of each record; 0 where the record is held for want of one."""
        dates = self.table[DISCHARGED]
        chosen = []
        for text in dates.texts:
            discharged = _day(text)
            release = release_for(releases, discharged) if discharged else None
            chosen.append(release.version if release else 0 if discharged else -1)
        versions = np.array(chosen, dtype=np.intp)[dates.which]
        for wrong, reason in ((-1, HoldReason.BAD_DATE), (0, HoldReason.NO_RELEASE)):
            for row in np.flatnonzero(versions == wrong):
                self.held.append((int(row), DISCHARGED, "", "", "", reason, 0))
        chosen_or_none: Numbers = np.maximum(versions, 0)
        return chosen_or_none

    def fill(self, slot: CodeSlot, rows: Numbers, lookup: Lookup, version: int) -> None:
        """Replace code and name of one slot in some rows."""
        codes, names = self.table[slot.code], self.table[slot.name]
        if codes.blank and names.blank:
            return
        if len(rows) < len(codes):
            codes, names = codes.taken(rows), names.taken(rows)
        kind = KIND_OF.get(slot.purpose, CodeKind.DIAGNOSIS)
        answers, which = _answers(codes, names, kind, lookup)
        self._write(slot.code, rows, Column.of(which, [one.code for one in answers]))
        self._write(slot.name, rows, Column.of(which, [one.name for one in answers]))
        stopping = np.array([one.reason is not None for one in answers], dtype=bool)[which]
        for at in np.flatnonzero(stopping):
            reason = answers[which[at]].reason
            found = (codes.rows[at].strip(), names.rows[at].strip())
            self.held.append((int(rows[at]), slot.code, kind.value, *found, reason, version))
        extra = np.array([bool(one.extras) for one in answers], dtype=bool)[which] & ~stopping
        for at in np.flatnonzero(extra):
            self._want(slot, int(rows[at]), answers[which[at]])

    def done(self) -> Table:
        """The records as they are now; every name field is there."""
        return self.table.replaced(self.changed)

    def _write(self, name: str, rows: Numbers, column: Column) -> None:
        self.changed[name] = self.changed.get(name, self.table[name]).put(rows, column)

    def _want(self, slot: CodeSlot, row: int, answer: Answer) -> None:
        carried = tuple(self.table[name].rows[row] for name in groups.companions(slot))
        for target in answer.extras:
            self.extras.append(Extra(row, slot, target, carried))

    def extras_of(self, rows: Numbers) -> list[Extra]:
        """The extra targets of these rows, counted from 0 among them."""
        place = {int(row): at for at, row in enumerate(rows)}
        return [
            Extra(place[one.row], one.source, one.target, one.carried)
            for one in self.extras
            if one.row in place
        ]


def _answers(
    codes: Column, names: Column, kind: CodeKind, lookup: Lookup
) -> tuple[list[Answer], Numbers]:
    """The different answers of a column, and which of them each row takes."""
    which = codes.which
    plain = lookup.plain(kind)
    answers: list[Answer] = []
    undecided: list[int] = []
    for at, text in enumerate(codes.texts):
        bare = text.strip()
        answer = None if bare in _NOTHING else plain[bare]
        if answer is None:
            undecided.append(at)
        answers.append(answer or _NO_ANSWER)
    if undecided:
        which = which.copy()
    # The few that the name decides: the refined, the doubled, and names without a code.
    for at in undecided:
        rows = np.flatnonzero(codes.which == at)
        spoken = names.taken(rows)
        which[rows] = len(answers) + spoken.which
        answers.extend(_by_name(codes.texts[at], name, kind, lookup) for name in spoken.texts)
    return answers, which


def _by_name(text: str, name: str, kind: CodeKind, lookup: Lookup) -> Answer:
    if not is_blank(text):
        return lookup.named(kind, text.strip(), name)
    if not is_blank(name):
        return Answer(reason=HoldReason.NO_CODE)
    return Answer(text.strip(), name.strip())


def _day(text: str) -> date | None:
    bare = text.strip()
    if len(bare) > 10 and bare[10] != " ":
        return None
    try:
        return date.fromisoformat(bare[:10]) if len(bare) >= 10 else None
    except ValueError:
        return None
