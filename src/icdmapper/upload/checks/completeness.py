"""What must be there: required fields, whole groups, groups without gaps."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from icdmapper.texts import N_
from icdmapper.upload.checks.records import Records
from icdmapper.upload.checks.registry import Hits, rule
from icdmapper.upload.layouts import CSV, DBF, CodeSlot, Kind, Purpose, code_slots, layout

_DASH_REFUSED = (
    "A01", "A02", "A48", "A49", "B12", "B15", "A12C", "B11C", "B20", "B34C", "D01",
)  # fmt: skip


@rule("HQ-001", N_("A required field is empty."), layouts=(DBF,))
def required_in_the_dbf(records: Records) -> Hits:
    """The 33 fields that one uploader checks; a dash is no code, no number and no date."""
    codes = {slot.code for slot in code_slots()}
    for field in layout(DBF).fields:
        if field.always_required:
            name = field.sources[0]
            plain = field.kind in (Kind.CHAR, Kind.LIST) and name not in codes
            yield name, ~(records.given(name) if plain else records.filled(name))


@rule(
    "HQ-002", N_("A required field is empty; write a dash where there is no value."), layouts=(CSV,)
)
def required_in_the_csv(records: Records) -> Hits:
    """The fields the CSV layout requires; a dash is an explicit "no value"."""
    for field in layout(CSV).fields:
        if field.always_required:
            yield field.sources[0], ~records.given(field.sources[0])


@rule("HQ-003", N_("A dash is not accepted here; a value is needed."), layouts=(CSV,))
def no_dash_in_the_core(records: Records) -> Hits:
    """Identity, stay and outcome must say something."""
    for code in _DASH_REFUSED:
        name = records.canonical[code]
        yield name, records.given(name) & ~records.filled(name)


@rule("HQ-004", N_("Code and name must both be given, or neither."))
def code_and_name_together(records: Records) -> Hits:
    """A name without a code, or a code without a name."""
    for slot in _slots(records):
        yield slot.code, records.filled(slot.code) != records.filled(slot.name)


@rule("HQ-005", N_("There is a gap: this group is filled, the one before it is empty."))
def no_gaps(records: Records) -> Hits:
    """Repeated groups are filled from the first on."""
    by_purpose: dict[Purpose, list[CodeSlot]] = defaultdict(list)
    for slot in _slots(records):
        by_purpose[slot.purpose].append(slot)
    for slots in by_purpose.values():
        for before, slot in pairwise(slots):
            yield slot.code, records.filled(slot.code) & ~records.filled(before.code)


@rule("HQ-049", N_("An operation needs code, name and date."))
def operations_whole(records: Records) -> Hits:
    """Whichever of the three is given, the others are too."""
    for slot in _slots(records):
        if slot.purpose is Purpose.OPERATION:
            parts = [records.filled(name) for name in slot.members[:3]]
            some = parts[0] | parts[1] | parts[2]
            for name, part in zip(slot.members, parts, strict=False):
                yield name, some & ~part


def _slots(records: Records) -> list[CodeSlot]:
    return [slot for slot in code_slots() if records.has(slot.code)]
