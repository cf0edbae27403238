"""Which rows to check, and what a checked sample says of the rest. Pure; randomness is seeded."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

# The quantile of the normal distribution for 95 % between both ends.
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a sample says: `errors` of `checked`, the rate, and a 95 % interval around it."""

    checked: int
    errors: int
    rate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often two people agreed: plain share, and Cohen's kappa, which takes chance away.

    `kappa` is None when it says nothing: no pair, or both always gave the same one answer.
    """

    pairs: int
    agreed: int
    share: float
    kappa: float | None


def draw(ids: Sequence[int], size: int, *, seed: int) -> tuple[int, ...]:
    """A simple random sample without repeats, in the order of the ids; the same for a seed."""
    ordered = sorted(ids)
    # Not for secrets: anybody who audits the sample must be able to draw it again.
    chosen = random.Random(seed).sample(ordered, min(size, len(ordered)))
    return tuple(sorted(chosen))


def estimate(checked: int, errors: int) -> Estimate:
    """The error rate with Wilson's score interval at 95 %.

    Wilson, J. Am. Stat. Assoc. 22 (1927) 209; it keeps its promise for small samples and for rates
    near 0, where the usual interval shrinks to a point.
    """
    if not checked:
        return Estimate(0, 0, 0.0, 0.0, 1.0)
    rate = errors / checked
    weight = _Z * _Z / checked
    middle = (rate + weight / 2) / (1 + weight)
    half = _Z / (1 + weight) * math.sqrt(rate * (1 - rate) / checked + weight / (4 * checked))
    low = 0.0 if errors == 0 else max(0.0, middle - half)
    high = 1.0 if errors == checked else min(1.0, middle + half)
    return Estimate(checked, errors, rate, low, high)


def agreement(pairs: Sequence[tuple[Hashable, Hashable]]) -> Agreement:
    """Percent agreement and Cohen's kappa over pairs of answers.

    Cohen, Educ. Psychol. Meas. 20 (1960) 37: (observed - by chance) / (1 - by chance).
    """
    if not pairs:
        return Agreement(0, 0, 0.0, None)
    total = len(pairs)
    agreed = sum(one == other for one, other in pairs)
    first, second = (Counter(column) for column in zip(*pairs, strict=True))
    chance = sum(count * second[answer] for answer, count in first.items()) / (total * total)
    observed = agreed / total
    kappa = None if chance == 1.0 else (observed - chance) / (1 - chance)
    return Agreement(total, agreed, observed, kappa)
