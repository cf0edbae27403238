"""When each invented record appears in the HIS, and which of them change afterwards.

Front pages are finished late, entered weeks later with an old date, and corrected after they
were sent (HQMS 2.3); an extraction that misses one of these loses a discharge without a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import pandas as pd

from icdmapper.upload.invented.lists import Numbers, Texts
from icdmapper.upload.invented.patients import Days
from icdmapper.upload.layouts import DISCHARGED

_HOUR, _DAY = 3_600, 86_400


class Entry(Enum):
    """How a version of a record came into the HIS."""

    PROMPT = "prompt"
    """Within a day and a half of the discharge."""
    LATE = "late"
    """Two to nine days after it."""
    BACK_DATED = "back_dated"
    """Twenty to forty days after it, with its old date."""
    EDITED = "edited"
    """A second version, one to twelve days after the first."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Which part of the records is late, back-dated, edited."""

    late: float = 0.05
    back_dated: float = 0.01
    edited: float = 0.04


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Versions of records with the moment the HIS took each in; a later one replaces an earlier."""

    records: pd.DataFrame
    entered: Days
    entries: Texts
    """An `Entry` for every version."""

    def standing(self, at: np.datetime64) -> pd.DataFrame:
        """What the HIS holds at a moment: the last version of each record."""
        seen = np.flatnonzero(self.entered <= at)
        order = seen[np.argsort(self.entered[seen], kind="stable")]
        found = self.records.iloc[order].drop_duplicates(["P3", "P2"], keep="last")
        return found.reset_index(drop=True)


def edits(month: pd.DataFrame, *, seed: int, shares: Shares | None = None) -> History:
    """The month as it comes into the HIS: prompt, late, back-dated, and edited later.

    Edited versions still keep the rules of dates and fees.
    """
    shares = shares or Shares()
    rng = np.random.default_rng([seed, 2])
    count = len(month)
    drawn = rng.random(count)
    back = drawn < shares.back_dated
    late = ~back & (drawn < shares.back_dated + shares.late)
    delay = np.where(late, rng.integers(2 * _DAY, 9 * _DAY, count), 0)
    delay = np.where(back, rng.integers(20 * _DAY, 40 * _DAY, count), delay)
    delay = np.where(late | back, delay, rng.integers(_HOUR, 36 * _HOUR, count))
    left = np.array(month[DISCHARGED].to_list(), dtype="datetime64[s]")
    entered = left + delay.astype("timedelta64[s]")
    changed = np.flatnonzero(rng.random(count) < shares.edited)
    after = rng.integers(_DAY, 12 * _DAY, len(changed)).astype("timedelta64[s]")
    entries = np.full(count, Entry.PROMPT, dtype=object)
    entries[late], entries[back] = Entry.LATE, Entry.BACK_DATED
    return History(
        pd.concat([month, _edited(rng, month.iloc[changed], changed)], ignore_index=True),
        np.concatenate([entered, entered[changed] + after]),
        np.concatenate([entries, np.full(len(changed), Entry.EDITED, dtype=object)]),
    )


def _edited(rng: np.random.Generator, records: pd.DataFrame, positions: Numbers) -> pd.DataFrame:
    made = records.copy()
    which = rng.integers(0, 3, len(made))
    for field, kind, text in (("P801", 0, "示例省示例市更正路"), ("P438", 1, "测试编码员更正")):
        new = [f"{text}{one}" for one in positions.tolist()]
        made[field] = np.where(which == kind, new, made[field].to_numpy(dtype=object))
    for field in ("P781", "P782"):
        raised = [f"{float(text) + 12.5:.2f}" for text in made[field]]
        made[field] = np.where(which == 2, raised, made[field].to_numpy(dtype=object))
    return made
