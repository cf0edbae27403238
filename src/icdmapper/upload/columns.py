"""Columns of text by their different values: what makes whole frames cheap to work on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

Texts = np.ndarray[Any, np.dtype[np.object_]]
Numbers = np.ndarray[Any, np.dtype[np.intp]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]


def column(frame: pd.DataFrame, name: str) -> Texts:
    """A column of a canonical frame; empty texts when the frame does not have it."""
    if name not in frame.columns:
        return np.full(len(frame), "", dtype=object)
    values: Texts = frame[name].to_numpy(dtype=object)
    return values


def says_something(values: Texts) -> bool:
    """Whether any text of a column is not empty."""
    return any(values.tolist())


def distinct(values: Texts) -> tuple[Numbers, list[str]]:
    """Which of the different texts each row has, and those texts."""
    if not says_something(values):
        return np.zeros(len(values), dtype=np.intp), [""]
    which, texts = pd.factorize(values)
    return which, texts.tolist()


def spread(texts: list[str], which: Numbers) -> Texts:
    """The rows again, from the different texts."""
    found: Texts = np.array([*texts, ""], dtype=object)[which]
    return found
