"""How soon an open row deserves a person: risk by volume. Pure; the weights are a sentence each."""

from __future__ import annotations

from icdmapper.resolution.service import WorkRow

_CONTRADICTED = 4.0
"""Names that contradict each other: accepting the first candidate would be a mistake."""
_NOTHING_NEAR = 3.0
"""No proposal: somebody has to search."""
_UNSURE = 2.0
"""A person has to choose."""
_SAFE = 1.0
"""Accepted with many others at once."""


def urgency(row: WorkRow) -> float:
    """The weight of its risk times its discharges a year; a row without any counts as one."""
    return _risk(row) * max(row.local.frequency or 0, 1)


def _risk(row: WorkRow) -> float:
    if row.contradiction:
        return _CONTRADICTED
    if row.safe:
        return _SAFE
    return _UNSURE if row.proposed else _NOTHING_NEAR
