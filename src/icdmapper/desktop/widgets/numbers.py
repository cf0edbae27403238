"""Fields for numbers and dates that stand in line with the other fields."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QAbstractSpinBox, QDateEdit

Field = TypeVar("Field", bound=QAbstractSpinBox)
_LEFT, _BESIDE = 8, 58
"""The padding of the other fields; the style sheet's own does not reach into these."""


def in_line(field: Field) -> Field:
    """The field, its text as far from the edge as that of any other."""
    field.lineEdit().setTextMargins(_LEFT, 0, 0, 0)
    if isinstance(field, QDateEdit):
        # Its hint knows neither the padding nor the arrow: the last figure was cut off.
        field.setMinimumWidth(field.fontMetrics().horizontalAdvance("2026-12-30") + _BESIDE)
    return field
