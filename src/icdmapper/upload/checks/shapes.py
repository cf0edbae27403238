"""The shape of reference codes as the rules speak of them: ranges, morphology, asterisks."""

from __future__ import annotations

import re
from collections.abc import Callable

_MORPHOLOGY = re.compile(r"M[89]\d{4,5}/\d", re.ASCII)
_MUSCULOSKELETAL = re.compile(r"M\d\d(?:[.x]|$)", re.ASCII)


def within(ranges: str) -> Callable[[str], bool]:
    """Whether a code lies in one of some ranges such as "B26.0, C60-C63, M80.0-M80.1".

    A code in two halves (`A01.001+K77.0*`) lies there when either half does.
    """
    bounds = [
        (low, high or low)
        for low, _dash, high in (one.strip().partition("-") for one in ranges.split(","))
    ]

    def inside(code: str) -> bool:
        return any(
            low <= half[: len(low)] and half[: len(high)] <= high
            for half in code.split("+")
            for low, high in bounds
            if half and not is_morphology(half)
        )

    return inside


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
    return within("V01-Y98")(code)


def first_half(code: str) -> str:
    """The aetiology of a pair, or the code itself without the asterisk."""
    return code.partition("+")[0].rstrip("*")
