"""Does a mapping of columns fit what the HIS delivers? Findings with counts, never with values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

import pandas as pd

from icdmapper.model.errors import RefusedError
from icdmapper.texts import N_, _
from icdmapper.upload import dates
from icdmapper.upload.layouts import (
    DBF,
    RECORD_KEY,
    Field,
    Kind,
    canonical_fields,
    code_slots,
    domain_values,
    layout,
)
from icdmapper.upload.mapping_file import (
    FieldSource,
    MappingFile,
    as_cell,
    converter,
    resolved,
)


class Fault(Enum):
    """What is wrong; one sentence for each in `sentence`."""

    UNKNOWN_FIELD = "unknown_field"
    MISSING_COLUMN = "missing_column"
    REPEATED_COLUMN = "repeated_column"
    REQUIRED_ABSENT = "required_absent"
    BAD_DATE_FORMAT = "bad_date_format"
    BAD_TABLE_VALUE = "bad_table_value"
    NAME_ABSENT = "name_absent"
    REPEATED_KEY = "repeated_key"
    REQUIRED_EMPTY = "required_empty"
    UNREAD_DATE = "unread_date"
    NOT_A_NUMBER = "not_a_number"
    OUTSIDE_DOMAIN = "outside_domain"
    TOO_LONG = "too_long"
    UNUSED_COLUMN = "unused_column"


BLOCKING = frozenset(
    {
        Fault.UNKNOWN_FIELD,
        Fault.MISSING_COLUMN,
        Fault.REPEATED_COLUMN,
        Fault.REQUIRED_ABSENT,
        Fault.BAD_DATE_FORMAT,
        Fault.BAD_TABLE_VALUE,
    }
)
"""With one of these the file cannot be used; the others are for the person to judge."""
_SENTENCES = {
    Fault.UNKNOWN_FIELD: N_("{field}: no layout has this field."),
    Fault.MISSING_COLUMN: N_("{field} {title}: the column {column} is not in the delivery."),
    Fault.REPEATED_COLUMN: N_("The column {column} is in the delivery more than once."),
    Fault.REQUIRED_ABSENT: N_("{field} {title} is required and no column or constant gives it."),
    Fault.BAD_DATE_FORMAT: N_("{field} {title}: the date format is not understood."),
    Fault.BAD_TABLE_VALUE: N_(
        "{field} {title}: {count} entries of its value table are not values of the platform."
    ),
    Fault.NAME_ABSENT: N_("{field} {title}: the code has a column, the name beside it has none."),
    Fault.REPEATED_KEY: N_(
        "Record number and number of the stay are the same in {count} rows of the sample."
    ),
    Fault.REQUIRED_EMPTY: N_("{field} {title}: required, but empty in {count} rows of the sample."),
    Fault.UNREAD_DATE: N_("{field} {title}: {count} cells of {column} cannot be read as dates."),
    Fault.NOT_A_NUMBER: N_("{field} {title}: {count} cells of {column} are not numbers."),
    Fault.OUTSIDE_DOMAIN: N_(
        "{field} {title}: {count} cells of {column} are not values of the platform; "
        "add them to the value table."
    ),
    Fault.TOO_LONG: N_("{field} {title}: {count} cells of {column} are longer than {width} bytes."),
    Fault.UNUSED_COLUMN: N_("The column {column} is not used."),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault at one field or column. `count` is in rows of the sample, or table entries."""

    fault: Fault
    field: str = ""
    column: str = ""
    count: int = 0

    @property
    def blocks(self) -> bool:
        """Whether the file cannot be used as it is."""
        return self.fault in BLOCKING


def sentence(finding: Finding) -> str:
    """The finding for a person."""
    known = canonical_fields().get(finding.field)
    return _(_SENTENCES[finding.fault]).format(
        field=finding.field,
        title=known.title if known else "",
        width=known.width if known else 0,
        column=finding.column,
        count=finding.count,
    )


def check(
    mapping: MappingFile, columns: Sequence[str], sample: pd.DataFrame, *, layout_name: str = DBF
) -> tuple[Finding, ...]:
    """Everything wrong at once: what blocks first, then what the sample shows.

    `sample` holds some rows under `columns`; an empty one leaves out what only cells can show.
    """
    places = resolved(mapping, columns)
    found = [*_of_file(mapping, places), *_of_columns(mapping, columns, places)]
    found += _required(mapping, layout_name)
    for one in mapping.fields:
        field = canonical_fields().get(one.field)
        at = places.get(one.column)
        if field is None or not one.column or at is None or at >= sample.shape[1]:
            continue
        cells = [as_cell(cell) for cell in sample.iloc[:, at].to_list()]
        found += _of_cells(one, field, cells, required=one.field in _asked(layout_name))
    found += _keys(mapping, places, sample)
    return tuple(sorted(found, key=lambda one: not one.blocks))


def _asked(layout_name: str) -> frozenset[str]:
    return frozenset(one.sources[0] for one in layout(layout_name).fields if one.always_required)


def _of_file(mapping: MappingFile, places: dict[str, int | None]) -> list[Finding]:
    found = []
    for one in mapping.fields:
        field = canonical_fields().get(one.field)
        if field is None:
            found.append(Finding(Fault.UNKNOWN_FIELD, one.field))
            continue
        if one.column and places[one.column] is None:
            found.append(Finding(Fault.MISSING_COLUMN, one.field, one.column))
        if not _readable(one):
            found.append(Finding(Fault.BAD_DATE_FORMAT, one.field, one.column))
        allowed = domain_values(field.domain)
        targets = [theirs for _own, theirs in one.values] + ([one.constant] * bool(one.constant))
        wrong = sum(bool(theirs) and theirs not in allowed for theirs in targets)
        if allowed and wrong:
            found.append(Finding(Fault.BAD_TABLE_VALUE, one.field, one.column, wrong))
    return found


def _of_columns(
    mapping: MappingFile, columns: Sequence[str], places: dict[str, int | None]
) -> list[Finding]:
    named = {one.column for one in mapping.fields if one.column}
    repeated = sorted({one for one in columns if columns.count(one) > 1} & named)
    used = set(places.values())
    return [
        *(Finding(Fault.REPEATED_COLUMN, "", column) for column in repeated),
        *(
            Finding(Fault.UNUSED_COLUMN, "", column)
            for at, column in enumerate(columns)
            if at not in used
        ),
    ]


def _required(mapping: MappingFile, layout_name: str) -> list[Finding]:
    given = {one.field for one in mapping.fields}
    found = [
        Finding(Fault.REQUIRED_ABSENT, one.sources[0])
        for one in layout(layout_name).fields
        if one.always_required and one.sources[0] not in given
    ]
    found += [
        Finding(Fault.NAME_ABSENT, slot.code)
        for slot in code_slots()
        if slot.code in given and slot.name not in given
    ]
    return found


def _of_cells(
    source: FieldSource, field: Field, cells: Sequence[str], *, required: bool
) -> list[Finding]:
    if not _readable(source):
        return []
    convert = converter(source, field)
    made = [convert(cell) for cell in cells]

    def finding(fault: Fault, wrong: Callable[[str], bool]) -> list[Finding]:
        count = sum(map(wrong, made))
        return [Finding(fault, source.field, source.column, count)] if count else []

    found = finding(Fault.REQUIRED_EMPTY, lambda cell: not cell) if required else []
    allowed = domain_values(field.domain)
    if field.kind in (Kind.DATE, Kind.DATETIME):
        read = dates.reader("")
        found += finding(Fault.UNREAD_DATE, lambda cell: bool(cell.strip("-")) and not read(cell))
    elif allowed:
        found += finding(Fault.OUTSIDE_DOMAIN, lambda cell: _told(cell) and cell not in allowed)
    elif field.kind is Kind.NUMBER:
        found += finding(Fault.NOT_A_NUMBER, lambda cell: _told(cell) and not _is_number(cell))
    else:
        found += finding(
            Fault.TOO_LONG, lambda cell: len(cell.encode("gb18030", "replace")) > field.width
        )
    return found


def _told(cell: str) -> bool:
    """Not empty, and not the dash that says so in the layouts (rule HQ-002)."""
    return cell not in ("", "-")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _readable(source: FieldSource) -> bool:
    try:
        dates.reader(source.date)
    except RefusedError:
        return False
    return True


def _keys(
    mapping: MappingFile, places: dict[str, int | None], sample: pd.DataFrame
) -> list[Finding]:
    sources = {one.field: one.column for one in mapping.fields if one.column}
    ats = [places.get(sources.get(field, "")) for field in RECORD_KEY]
    if None in ats or sample.empty:
        return []
    keys = zip(*(sample.iloc[:, at].map(as_cell) for at in ats), strict=True)
    count = int(pd.Series(list(keys)).duplicated(keep=False).sum())
    return [Finding(Fault.REPEATED_KEY, RECORD_KEY[0], count=count)] if count else []
