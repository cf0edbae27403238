"""Invented fees that add up (rules HQ-069 to HQ-076), in yuan with two decimals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from icdmapper.upload.invented.lists import Flags, Numbers, Texts
from icdmapper.upload.invented.patients import Columns

Amounts = npt.NDArray[np.int64]

_SHARES = {
    "P752": 6, "P754": 4, "P755": 4, "P756": 1, "P757": 1.5, "P758": 12, "P759": 10, "P760": 4,
    "P761": 5, "P763": 12, "P767": 1, "P768": 0.5, "P769": 22, "P771": 2, "P772": 0.5, "P773": 1,
    "P774": 0.5, "P775": 0.3, "P776": 0.3, "P777": 0.3, "P778": 2, "P779": 6, "P780": 12,
    "P781": 1,
}  # fmt: skip
"""The items that make up the total, with an invented usual share each."""
_OF_OPERATIONS = ("P763", "P780")


@dataclass(frozen=True, slots=True, eq=False)
class Treated:
    """What the fees must agree with."""

    stay_days: Numbers
    operations: Numbers
    transfused: Flags


def columns(rng: np.random.Generator, treated: Treated) -> Columns:
    """Every fee field; items add up to the total, parts stay within their item."""
    count = len(treated.stay_days)
    level = 90_000 * treated.stay_days**0.85 + 500_000 * treated.operations**0.7
    target = level * rng.lognormal(0.0, 0.35, count)
    shares = np.array(list(_SHARES.values()))
    weights = rng.gamma(2.0, 1.0, (count, len(shares))) * shares
    codes = list(_SHARES)
    for code in _OF_OPERATIONS:
        weights[treated.operations == 0, codes.index(code)] = 0
    weights[~treated.transfused, codes.index("P773")] = 0
    items = (weights / weights.sum(axis=1, keepdims=True) * target[:, None]).astype(np.int64)
    items[treated.transfused, codes.index("P773")] += 100
    for code in _OF_OPERATIONS:
        items[treated.operations > 0, codes.index(code)] += 1_000
    cents = {code: items[:, at] for at, code in enumerate(codes)}
    total = items.sum(axis=1)
    cents["P782"] = total
    cents["P751"] = _part(rng, total, 0.1, 0.9)
    cents["P762"] = np.where(rng.random(count) < 0.2, _part(rng, cents["P761"], 0.1, 0.6), 0)
    cents["P764"] = _part(rng, cents["P763"], 0.1, 0.2)
    cents["P765"] = _part(rng, cents["P763"], 0.5, 0.75)
    cents["P770"] = _part(rng, cents["P769"], 0.0, 0.4)
    return {code: _money(values) for code, values in cents.items()}


def _part(rng: np.random.Generator, whole: Amounts, least: float, most: float) -> Amounts:
    return (whole * rng.uniform(least, most, len(whole))).astype(np.int64)


def _money(cents: Amounts) -> Texts:
    made = np.empty(len(cents), dtype=object)
    made[:] = [f"{one // 100}.{one % 100:02d}" for one in cents.tolist()]
    return made
