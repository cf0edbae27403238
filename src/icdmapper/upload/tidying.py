"""Small repairs of texts and values before validation; each one is told, none is silent."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from icdmapper.upload.columns import Column, Table
from icdmapper.upload.layouts import Kind, canonical_fields, code_slots, domain_values

FIX_COLUMNS = ("row", "field", "rule")
_FULL = "".join(
    chr(ord(one) + 0xFEE0)
    for one in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)
_TABLE = str.maketrans(
    {one: chr(ord(one) - 0xFEE0) for one in _FULL} | dict.fromkeys("\r\n\t", " ")
)
_WIDE = re.compile("[０-９Ａ-Ｚａ-ｚ\r\t]")
_OUTER = (" ", "\u3000")
_OUTCOMES, _OLD_OTHER, _OTHER = "RC005", "5", "9"


def needs_tidying(text: str) -> bool:
    """Whether rule HQ-007 would change a text."""
    return tidied(text) != text


def is_clean(column: Column) -> bool:
    """Whether no text of a column can need tidying: one look at all of them together."""
    joined = column.joined
    outer = any(
        f"\n{one}" in joined
        or f"{one}\n" in joined
        or joined.startswith(one)
        or joined.endswith(one)
        for one in _OUTER
    )
    if outer or not column.lines:
        return False
    if joined.isascii():
        return "\r" not in joined and "\t" not in joined
    return _WIDE.search(joined) is None


def tidied(text: str) -> str:
    """Without line breaks, tabs and outer spaces; digits and letters half width (HQ-007)."""
    return text.translate(_TABLE).strip()


def current_value(value: str, table: str) -> str:
    """An old variant of a coded value as the reference table has it now (HQ-022).

    A leading zero goes where only the value without it is known; outcome 5, the old "other", is
    9. The nationalities 66 and 99 mean two things and are left as they are.
    """
    known = domain_values(table)
    if not known or value in known:
        return value
    if table == _OUTCOMES and value == _OLD_OTHER:
        return _OTHER
    bare = value.lstrip("0")
    return bare if bare in known else value


def tidy(records: pd.DataFrame | Table) -> tuple[Table, pd.DataFrame]:
    """Canonical records with their texts tidied, and what was changed (FIX_COLUMNS).

    Codes and their names are left alone: before translation they are the hospital's own, after
    it the dictionary's.
    """
    table = Table.of(records)
    kept = {name for slot in code_slots() for name in (slot.code, slot.name)}
    changed: dict[str, Column] = {}
    fixes: list[tuple[int, str, str]] = []
    for name in table.names:
        field, column = canonical_fields().get(name), table[name]
        if field is None or name in kept or column.blank:
            continue
        texts = column.texts
        clean = texts
        if not is_clean(column):
            textual = field.kind in (Kind.CHAR, Kind.LIST)
            clean = [tidied(one) if textual else one.strip() for one in texts]
        known = domain_values(field.domain[:5])
        fresh = clean
        if known and not known.issuperset(clean):
            fresh = [current_value(one, field.domain[:5]) if one else one for one in clean]
        for rule, before, after in (("HQ-007", texts, clean), ("HQ-022", clean, fresh)):
            if before != after:
                differs = np.array([one != other for one, other in zip(before, after, strict=True)])
                fixes += [(int(row), name, rule) for row in np.flatnonzero(differs[column.which])]
                changed[name] = Column.of(column.which, fresh)
    return table.replaced(changed), pd.DataFrame(fixes, columns=list(FIX_COLUMNS))
