"""How values are written: width, characters, dates, numbers, postcodes."""

from __future__ import annotations

import re

import numpy as np

from icdmapper.texts import N_
from icdmapper.upload.checks.records import Records
from icdmapper.upload.checks.registry import Hits, rule
from icdmapper.upload.fitting import INFANT_MONTHS, are_numbers, number_text
from icdmapper.upload.layouts import Kind, code_slots
from icdmapper.upload.tidying import is_clean, needs_tidying

_POSTCODE = re.compile(r"\d{6}", re.ASCII)
_POSTCODES = ("P803", "P16", "P171")
_INFANT_DAYS = 1000
_TEXTUAL = frozenset({Kind.CHAR, Kind.LIST})
_EITHER_FORM = frozenset({"P31", "P47"})
"""A date in one layout, a moment in the other; both forms are taken."""


@rule("HQ-006", N_("The text is longer than the field; its end is cut off."))
def fits_its_width(records: Records) -> Hits:
    """Widths count bytes: two for a Chinese character."""
    encoding = _encoding(records)
    most = 2 if records.is_dbf else 4
    for name, field in records.fields.items():
        if field.kind in _TEXTUAL:
            column = records.column(name)
            each = 1 if column.joined.isascii() else most
            # Only what could be too long if every character took the most bytes is encoded.
            if max(map(len, column.texts), default=0) * each > field.width:
                yield (
                    name,
                    records.each(
                        name,
                        lambda text, width=field.width: (  # type: ignore[misc]
                            len(text) * most > width
                            and len(text.rstrip().encode(encoding, "replace")) > width
                        ),
                    ),
                )


@rule("HQ-007", N_("Line breaks, tabs, outer spaces or full-width letters were put right."))
def tidy_text(records: Records) -> Hits:
    """What `tidying` would change."""
    kept = {name for slot in code_slots() for name in (slot.code, slot.name)}
    for name, field in records.fields.items():
        plain = field.kind in _TEXTUAL and name not in kept
        if plain and not is_clean(records.column(name)):
            yield name, records.each(name, needs_tidying)


@rule("HQ-008", N_("A character cannot be written; it is replaced by a full-width question mark."))
def representable(records: Records) -> Hits:
    """Characters outside GBK, of rare names most of all; GB18030 has them all."""
    encoding = _encoding(records)
    for name, field in records.fields.items():
        if field.kind in _TEXTUAL:
            joined = records.column(name).joined
            if not joined.isascii() and not _holds(encoding, joined):
                strange = {one for one in set(joined) if not _holds(encoding, one)}
                yield name, records.each(name, lambda text: not strange.isdisjoint(text))  # noqa: B023


@rule("HQ-009", N_("The date must be written yyyy-MM-dd, with time yyyy-MM-dd HH:mm:ss."))
def dates_written_right(records: Records) -> Hits:
    """Days and moments that exist; a dash is no date in the DBF layout."""
    lengths = {Kind.DATE: 10, Kind.DATETIME: 19}
    for name, field in records.fields.items():
        if field.kind not in lengths:
            continue
        given = records.given(name) if records.is_dbf else records.filled(name)
        if not given.any():
            continue
        wrong = given & np.isnat(records.moment(name))
        length = lengths[field.kind]
        other_form = any(len(one) not in (0, length) for one in records.column(name).shapes)
        if other_form and name not in _EITHER_FORM:
            wrong |= given & ~records.each(name, lambda text, n=length: len(text) == n)  # type: ignore[misc]
        yield name, wrong


@rule("HQ-010", N_("A postcode has six digits."))
def postcodes(records: Records) -> Hits:
    """Of the home, the work place and the registered residence."""
    for name in _POSTCODES:
        right = records.each(name, lambda text: _POSTCODE.fullmatch(text) is not None)
        yield name, records.filled(name) & ~right


@rule("NUM-001", N_("This is no number, or it does not fit its field."))
def numbers_fit(records: Records) -> Hits:
    """Our own rule: a number is never cut or rounded, so one that does not fit is stopped."""
    for name, field in records.fields.items():
        if name == INFANT_MONTHS and records.is_dbf:
            yield name, records.filled(name) & ~(records.number(name) < _INFANT_DAYS)
        elif field.kind is Kind.NUMBER and not are_numbers(records.column(name), field):
            yield (
                name,
                records.each(
                    name,
                    lambda text, one=field: number_text(text, one) is None,  # type: ignore[misc]
                ),
            )


def _encoding(records: Records) -> str:
    return "gbk" if records.is_dbf else "gb18030"


def _holds(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
