"""Which of the delivered records are new, changed or the same; which window to ask for next.

A discharge is finished late, entered with an old date, corrected after it was sent. So every run
asks again for the days before the last one, and every record is known by two hashes: one of its
key (P3, P2), one of its content. Only hashes are compared and kept. This module only thinks:
what is known comes in, what to send goes out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import pandas as pd

from icdmapper.upload.layouts import RECORD_KEY

Hasher = Callable[[Sequence[str]], str]
"""Texts to one salted hash, such as `UploadState.hash_of`; must never mix two sequences up."""

_BETWEEN, _AFTER_NAME, _ESCAPE = "\x1f", "\x1e", "\x1b"


@dataclass(frozen=True, slots=True)
class Rescan:
    """How far back a run asks again. Days.

    `overlap_days` before the last run every time; every `deep_every_days` days `deep_days`, for
    what was entered with a date older than the overlap; `delay_days` leaves the youngest
    discharges out until their front pages are finished (hospitals wait 1 to 30, HQMS 2.3);
    `margin_hours` before the last run for `:changed_since`, for changes committed late.
    """

    overlap_days: int = 30
    deep_every_days: int = 7
    deep_days: int = 120
    delay_days: int = 0
    margin_hours: int = 24


@dataclass(frozen=True, slots=True)
class LastRead:
    """How far the source was read: kept by the caller once what was read is stored safely."""

    until: date
    """Every discharge before this day was asked for."""
    at: datetime
    """When that run began, by the HIS's clock."""
    deep: date
    """The end of the window of the last deep run."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The window of one run: discharges from `since` up to, not including, `until`."""

    since: datetime
    until: datetime
    changed_since: datetime
    deep: bool

    def read(self, last: LastRead | None, began: datetime) -> LastRead:
        """What to keep once everything of this window is stored safely."""
        deep = self.until.date() if self.deep or last is None else last.deep
        until = self.until.date() if last is None else max(self.until.date(), last.until)
        return LastRead(until, began, deep)


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprints:
    """The hash of every record's key and content, row by row."""

    keys: tuple[str, ...]
    """"" for a record without its key."""
    contents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sorted:
    """Where every delivered row belongs: positions in the delivery, each in exactly one place."""

    new: tuple[int, ...]
    changed: tuple[int, ...]
    unchanged: tuple[int, ...]
    repeated: tuple[int, ...]
    """Exact copies of a row of the same delivery, left out."""
    conflicting: tuple[tuple[int, ...], ...]
    """Rows of one key that differ: none of them is sent until the HIS says which is right."""
    unkeyed: tuple[int, ...]
    """Rows without record number or number of the stay."""
    gone: tuple[str, ...]
    """Hashes of keys that were known in this window and did not come any more."""

    @property
    def to_send(self) -> tuple[int, ...]:
        """New and changed rows, in the order of the delivery."""
        return tuple(sorted((*self.new, *self.changed)))

    @property
    def rows(self) -> int:
        """All rows that were sorted; must be the number of rows delivered."""
        single = (self.new, self.changed, self.unchanged, self.repeated, self.unkeyed)
        return sum(map(len, single)) + sum(map(len, self.conflicting))


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """What to send of one delivery, with the hashes to keep; and where every row went."""

    records: pd.DataFrame
    """New and changed records, in the order of the delivery."""
    prints: Fingerprints
    """Of `records`, row by row."""
    changed: tuple[bool, ...]
    """For each of `records`, whether it was sent before with another content."""
    sorted: Sorted


def next_window(
    last: LastRead | None, today: date, *, first: date, rescan: Rescan | None = None
) -> Asked:
    """The window to ask for today: up to yesterday's discharges, back over the overlap.

    `first` is the first discharge date that concerns the platform at all; a first run begins
    there. Nothing between the last run and today is left out, however long it was.
    """
    rescan = rescan or Rescan()
    until = today - timedelta(days=rescan.delay_days)
    if last is None:
        since, deep, changed = first, True, _midnight(first)
    else:
        deep = until - last.deep >= timedelta(days=rescan.deep_every_days)
        back = rescan.deep_days if deep else rescan.overlap_days
        since = min(last.until, until) - timedelta(days=max(back, rescan.overlap_days))
        changed = last.at - timedelta(hours=rescan.margin_hours)
    since = min(max(since, first), until)
    return Asked(_midnight(since), _midnight(until), changed, deep)


def salted(salt: bytes) -> Hasher:
    """A hasher of its own, for a source without a state file; 32 bytes of salt or more."""

    def hashed(texts: Sequence[str]) -> str:
        made = hashlib.blake2b(key=salt[:64], digest_size=32)
        for text in texts:
            content = text.encode("utf-8", "surrogatepass")
            made.update(len(content).to_bytes(8, "big"))
            made.update(content)
        return made.hexdigest()

    return hashed


def fingerprints(frame: pd.DataFrame, hasher: Hasher) -> Fingerprints:
    """Two hashes for every canonical record, by position.

    The content is every field that is not empty, with its name; so a field that a newer layout
    adds, empty for all, changes no record.
    """
    columns: list[list[str]] = []
    for field in sorted(frame.columns):
        cells: list[str] = frame[field].to_list()
        if any(cells):
            label = f"{_BETWEEN}{field}{_AFTER_NAME}"
            safe = cells if _is_safe("".join(cells)) else map(_escaped, cells)
            columns.append([label + cell if cell else "" for cell in safe])
    records = zip(*columns, strict=True) if columns else (("",) for _row in range(len(frame)))
    contents = tuple(hasher(("".join(record),)) for record in records)
    keys = tuple(
        hasher([_escaped(part) for part in key]) if all(key) else ""
        for key in zip(*(frame[field].to_list() for field in RECORD_KEY), strict=True)
    )
    return Fingerprints(keys, contents)


def sort_out(
    prints: Fingerprints, known: Mapping[str, str], *, expected: Collection[str] = ()
) -> Sorted:
    """Put every row in its place.

    `known` is the content hash each key was last sent with. `expected` are the keys known to be
    discharged inside the window that was asked for; those that did not come are `gone`.
    """
    by_key: dict[str, list[int]] = {}
    for at, key in enumerate(prints.keys):
        by_key.setdefault(key, []).append(at)
    unkeyed = by_key.pop("", [])
    new, changed, unchanged, repeated = [], [], [], []
    conflicting: list[tuple[int, ...]] = []
    for key, rows in by_key.items():
        content = prints.contents[rows[0]]
        if any(prints.contents[row] != content for row in rows):
            conflicting.append(tuple(rows))
            continue
        repeated += rows[1:]
        if key not in known:
            new.append(rows[0])
        elif known[key] != content:
            changed.append(rows[0])
        else:
            unchanged.append(rows[0])
    gone = tuple(sorted(set(expected) - by_key.keys()))
    return Sorted(
        tuple(new), tuple(changed), tuple(unchanged), tuple(sorted(repeated)),
        tuple(conflicting), tuple(unkeyed), gone,
    )  # fmt: skip


def gather(
    frames: Iterable[pd.DataFrame],
    hasher: Hasher,
    latest: Callable[[Sequence[str]], Mapping[str, str]],
    *,
    expected: Collection[str] = (),
) -> Gathered:
    """Take canonical frames as they arrive, and keep only what must be sent.

    `latest` gives the content hash each of some keys was last sent with, such as
    `SentRecords.latest`. Records that did not change are let go frame by frame, so that a year
    read again needs the memory of its changes.
    """
    keys: list[str] = []
    contents: list[str] = []
    known: dict[str, str] = {}
    kept: list[pd.DataFrame] = []
    places: list[int] = []
    for frame in frames:
        prints = fingerprints(frame, hasher)
        known |= latest([key for key in prints.keys if key])
        fresh = [
            at
            for at, (key, content) in enumerate(zip(prints.keys, prints.contents, strict=True))
            if key and known.get(key) != content
        ]
        places += [len(keys) + at for at in fresh]
        kept.append(rows_at(frame, fresh))
        keys += prints.keys
        contents += prints.contents
    sorted_out = sort_out(Fingerprints(tuple(keys), tuple(contents)), known, expected=expected)
    wanted = sorted_out.to_send
    at_place = {place: at for at, place in enumerate(places)}
    whole = pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(dtype=object)
    changed = set(sorted_out.changed)
    return Gathered(
        rows_at(whole, [at_place[row] for row in wanted]),
        Fingerprints(tuple(keys[row] for row in wanted), tuple(contents[row] for row in wanted)),
        tuple(row in changed for row in wanted),
        sorted_out,
    )


def rows_at(frame: pd.DataFrame, positions: Sequence[int]) -> pd.DataFrame:
    """Those rows of a delivery, numbered anew."""
    return frame.iloc[np.asarray(positions, dtype=np.int64)].reset_index(drop=True)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _is_safe(text: str) -> bool:
    return _BETWEEN not in text and _AFTER_NAME not in text and _ESCAPE not in text


def _escaped(text: str) -> str:
    """The text without the signs that part fields, so that no two records read alike."""
    if _is_safe(text):
        return text
    text = text.replace(_ESCAPE, f"{_ESCAPE}e")
    return text.replace(_BETWEEN, f"{_ESCAPE}b").replace(_AFTER_NAME, f"{_ESCAPE}n")
