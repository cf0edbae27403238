"""The shape of reference codes as the rules speak of them: ranges, morphology, asterisks."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache

_MORPHOLOGY = re.compile(r"M[89]\d{4,5}/\d", re.ASCII)
_MUSCULOSKELETAL = re.compile(r"M\d\d(?:[.x]|$)", re.ASCII)


@cache
def within(ranges: str) -> Callable[[str], bool]:
    """Whether a code lies in one of some ranges such as "B26.0, C60-C63, M80.0-M80.1".

    A code in two halves (`A01.001+K77.0*`) lies there when either half does.
    """
    whole: set[str] = set()
    finer: dict[str, list[tuple[str, str]]] = {}
    for one in ranges.split(","):
        low, _dash, high = one.strip().partition("-")
        if "." in low:
            finer.setdefault(low.partition(".")[0], []).append((low, high or low))
        else:
            whole.update(_categories(low, high or low))
    size = len(next(iter(whole or finer)))

    def half_inside(half: str) -> bool:
        category = half[:size]
        if category in whole:
            return not is_morphology(half)
        return any(
            low <= half[: len(low)] and half[: len(high)] <= high
            for low, high in finer.get(category, ())
        )

    # Every record asks some twenty ranges; a hospital uses some thousand codes.
    @lru_cache(maxsize=1 << 15)
    def inside(code: str) -> bool:
        return half_inside(code) or ("+" in code and half_inside(code.partition("+")[2]))

    return inside


def _categories(low: str, high: str) -> list[str]:
    """Every category from `low` to `high`: C60 to C63, V01 to Y98, 60 to 64."""
    if low.isdigit():
        return [f"{number:02}" for number in range(int(low), int(high) + 1)]
    every = [f"{chr(letter)}{number:02}" for letter in range(ord(low[0]), ord(high[0]) + 1)
             for number in range(100)]  # fmt: skip
    return [one for one in every if low <= one <= high]


def is_morphology(code: str) -> bool:
    """Whether it is an ICD-O morphology code, M80000/3: five or six digits, slash, behaviour."""
    return _MORPHOLOGY.fullmatch(code) is not None


def is_odd_m_code(code: str) -> bool:
    """Whether it starts with M but is neither musculoskeletal (M80.000) nor morphology."""
    return code.startswith("M") and not is_morphology(code) and not _MUSCULOSKELETAL.match(code)


def is_asterisk(code: str) -> bool:
    """Whether it is a manifestation alone; in a pair the aetiology comes first."""
    return code.endswith("*") and "+" not in code


def is_dagger(code: str) -> bool:
    """Whether it carries the mark of an aetiology."""
    return "+" in code


def is_external_cause(code: str) -> bool:
    """Whether it lies in V01-Y98."""
    return _EXTERNAL(code)


def first_half(code: str) -> str:
    """The aetiology of a pair, or the code itself without the asterisk."""
    return code.partition("+")[0].rstrip("*")


_EXTERNAL = within("V01-Y98")
