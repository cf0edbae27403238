"""Values of a layout's columns as the bytes that fit: every cut and replacement is counted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from icdmapper.model.errors import RefusedError
from icdmapper.texts import _
from icdmapper.upload.layouts import Field, Kind
from icdmapper.upload.translation import is_blank

Texts = np.ndarray[Any, np.dtype[np.object_]]
Numbers = np.ndarray[Any, np.dtype[np.intp]]

REPLACEMENT = "？"
"""Stands for a character the encoding cannot hold; full width, so that it looks like none."""
_NUMBER = re.compile(r"-?\d+(?:\.(\d+))?", re.ASCII)


class UnfitNumberError(RefusedError):
    """A number field holds what no number is, or one too long for it."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What a field lost: bytes cut off its end, or characters replaced. `row` is a position."""

    row: int
    field: str
    amount: int


@dataclass(frozen=True, slots=True)
class FittedColumn:
    """One column as it is written: its different values, and which of them each row has."""

    field: Field
    which: Numbers
    texts: tuple[str, ...]
    raw: tuple[bytes, ...]
    cuts: tuple[Loss, ...] = ()
    replaced: tuple[Loss, ...] = ()

    @property
    def values(self) -> Texts:
        """The text of every row."""
        return np.array([*self.texts, ""], dtype=object)[self.which]


def view(frame: pd.DataFrame, fields: Iterable[Field]) -> dict[str, Texts]:
    """The columns of a layout, from the canonical frame; absent fields are empty.

    Of several sources the first that says something counts. A date column takes the day of a
    source that has the time too.
    """
    found: dict[str, Texts] = {}
    for field in fields:
        values = _source(frame, field.sources[0])
        for name in field.sources[1:]:
            other = _source(frame, name)
            values = np.where(values.astype(bool), values, other)
        if field.kind is Kind.DATE:
            which, texts = pd.factorize(values)
            values = np.array([_day(text) for text in texts] + [""], dtype=object)[which]
        found[field.code] = values
    return found


def left_out(frame: pd.DataFrame, fields: Iterable[Field]) -> tuple[tuple[str, int], ...]:
    """Canonical fields that say something but have no place in the layout, with record counts."""
    placed = {name for field in fields for name in field.sources}
    counts = {
        name: int(_source(frame, name).astype(bool).sum())
        for name in frame.columns
        if name not in placed
    }
    return tuple((name, count) for name, count in counts.items() if count)


def fit(
    columns: Mapping[str, Texts],
    fields: Iterable[Field],
    encoding: str,
    *,
    keep_dash: bool = False,
) -> list[FittedColumn]:
    """Every column as bytes of its width.

    `keep_dash` writes the dash for "no value" into number fields too, as the CSV layout takes it.

    Raises:
        UnfitNumberError: a number would have to be changed to fit; text may be cut, numbers not.
    """
    fitted = []
    unfit: list[str] = []
    for field in fields:
        which, texts = pd.factorize(columns[field.code])
        if field.kind is Kind.NUMBER:
            written = [number_text(text, field, dash="-" if keep_dash else "") for text in texts]
            wrong = [at for at, text in enumerate(written) if text is None]
            if wrong:
                rows = np.flatnonzero(np.isin(which, wrong))
                unfit.append(f"{field.code} ({', '.join(str(row + 1) for row in rows[:5])})")
            bare = tuple(text or "" for text in written)
            raw = tuple(text.encode("ascii") for text in bare)
            fitted.append(FittedColumn(field, which, bare, raw))
        else:
            fitted.append(_fit_text(field, which, texts, encoding))
    if unfit:
        raise UnfitNumberError(
            _("Number fields hold values that are no numbers or too long: {fields}. Mend the"
              " records at these positions or hold them back.").format(fields="; ".join(unfit))
        )  # fmt: skip
    return fitted


def number_text(text: str, field: Field, *, dash: str = "") -> str | None:
    """A number with the decimals of its column; None when it is none or does not fit.

    Columns without known decimals take the number as it is; `dash` is written for the dash.
    """
    bare = text.strip()
    if is_blank(bare):
        return dash if bare else ""
    match = _NUMBER.fullmatch(bare)
    if match is None:
        return None
    fraction = match[1] or ""
    if field.decimals:
        if fraction[field.decimals :].strip("0"):
            return None
        whole = bare.partition(".")[0]
        bare = f"{whole}.{fraction[: field.decimals]:0<{field.decimals}}"
    return bare if len(bare) <= field.width else None


def _fit_text(field: Field, which: Numbers, texts: Texts, encoding: str) -> FittedColumn:
    shown, raw = [], []
    cut: dict[int, int] = {}
    replaced: dict[int, int] = {}
    for at, text in enumerate(texts):
        bare = text.rstrip()
        try:
            encoded = bare.encode(encoding)
        except UnicodeEncodeError:
            known = "".join(one if _holds(encoding, one) else REPLACEMENT for one in bare)
            replaced[at] = sum(one != other for one, other in zip(bare, known, strict=True))
            bare, encoded = known, known.encode(encoding)
        if len(encoded) > field.width:
            kept = encoded[: field.width].decode(encoding, "ignore").rstrip()
            cut[at] = len(encoded) - len(kept.encode(encoding))
            bare, encoded = kept, kept.encode(encoding)
        shown.append(bare)
        raw.append(encoded)
    return FittedColumn(
        field, which, tuple(shown), tuple(raw),
        _losses(field, which, cut), _losses(field, which, replaced),
    )  # fmt: skip


def _losses(field: Field, which: Numbers, amounts: dict[int, int]) -> tuple[Loss, ...]:
    if not amounts:
        return ()
    rows = np.flatnonzero(np.isin(which, list(amounts)))
    return tuple(Loss(int(row), field.code, amounts[int(which[row])]) for row in rows)


def _holds(encoding: str, character: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _source(frame: pd.DataFrame, name: str) -> Texts:
    if name not in frame.columns:
        return np.full(len(frame), "", dtype=object)
    values: Texts = frame[name].to_numpy(dtype=object)
    return values


def _day(text: str) -> str:
    return text[:10] if text[10:11] == " " else text
