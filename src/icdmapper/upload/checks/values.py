"""Coded values and codes against the tables they are taken from."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from icdmapper.model.codes import CodeSystem
from icdmapper.texts import N_
from icdmapper.upload.checks.records import Records, slots_with
from icdmapper.upload.checks.registry import Hits, rule
from icdmapper.upload.checks.shapes import first_half, is_morphology
from icdmapper.upload.layouts import Field, Kind, Purpose, domain_values
from icdmapper.upload.tidying import current_value

_INCOMPLETE = frozenset({"RC008"})
"""Of these tables only some values are known publicly (HQMS.md section 4)."""
_SHORTEST = 7
_LIST = re.compile(r"[,，]")
_DIAGNOSES = (
    Purpose.OUTPATIENT, Purpose.ADMISSION, Purpose.MAIN, Purpose.OTHER, Purpose.EXTERNAL_CAUSE,
)  # fmt: skip


@rule("HQ-016", N_("The value is not in its reference table."))
def in_its_table(records: Records) -> Hits:
    """Where the values of the table are known, and fit the field as the layout has it."""
    for name, field in records.fields.items():
        known = _known(field)
        if not known or not records.given(name).any():
            continue
        if field.kind is Kind.LIST:
            right = records.each(name, lambda text: set(_LIST.split(text)) <= known)  # noqa: B023
        else:
            right = records.each(name, known.__contains__)
        yield name, records.filled(name) & ~right


@rule("HQ-022", N_("The value is an old variant of a coded value."))
def old_variants(records: Records) -> Hits:
    """Leading zeros, and outcome 5 for "other"; `tidying` puts them right."""
    for name, field in records.fields.items():
        if _known(field) and field.kind is not Kind.LIST and records.filled(name).any():
            table = field.domain[:5]
            yield name, records.each(name, lambda text: current_value(text, table) != text)  # noqa: B023


@rule("HQ-017", N_("The code is not in the diagnosis dictionary."), needs_dictionary=True)
def diagnoses_known(records: Records) -> Hits:
    """RC020, external causes included."""
    yield from _unknown(records, CodeSystem.RC020, *_DIAGNOSES)


@rule("HQ-018", N_("The name is not that of the code in the dictionary."), needs_dictionary=True)
def names_of_the_dictionary(records: Records) -> Hits:
    """Diagnoses, external causes and morphology; operations have a rule of their own."""
    yield from _misnamed(records, CodeSystem.RC020, *_DIAGNOSES)
    yield from _misnamed(records, CodeSystem.RC021, Purpose.MORPHOLOGY)


@rule("HQ-019", N_("The morphology code is not in the dictionary or not of the form M80000/3."))
def morphology_known(records: Records) -> Hits:
    """The form always; the dictionary where there is one."""
    grid = records.grid(Purpose.MORPHOLOGY)
    yield from slots_with(grid, grid.where(lambda code: not is_morphology(code)))
    if records.dictionary is not None:
        yield from _unknown(records, CodeSystem.RC021, Purpose.MORPHOLOGY)


@rule(
    "HQ-020", N_("Code or name of the operation are not in the dictionary."), needs_dictionary=True
)
def operations_known(records: Records) -> Hits:
    """RC022, code and name."""
    yield from _unknown(records, CodeSystem.RC022, Purpose.OPERATION)
    yield from _misnamed(records, CodeSystem.RC022, Purpose.OPERATION)


@rule("HQ-021", N_("The diagnosis code is a category; the most detailed level is needed."))
def detailed(records: Records) -> Hits:
    """The shortest detailed form is A00.000; see HQMS.md 6.1."""
    grid = records.grid(*_DIAGNOSES)
    yield from slots_with(grid, grid.where(lambda code: len(first_half(code)) < _SHORTEST))


def _known(field: Field) -> frozenset[str]:
    """The values of a field's table; none where they are of another edition than the field."""
    table = field.domain[:5]
    known = domain_values(table) if table not in _INCOMPLETE else frozenset()
    if field.kind is not Kind.LIST and any(len(value) > field.width for value in known):
        return frozenset()
    return known


def _unknown(records: Records, system: CodeSystem, *purposes: Purpose) -> Hits:
    if records.dictionary is not None:
        known = records.dictionary.names[system]
        grid = records.grid(*purposes)
        yield from slots_with(grid, grid.where(lambda code: code not in known))


def _misnamed(records: Records, system: CodeSystem, *purposes: Purpose) -> Hits:
    if records.dictionary is None:
        return
    known = records.dictionary.names[system]
    grid = records.grid(*purposes)
    allowed = [known.get(code) for code in grid.codes]
    for slot, ids in zip(grid.slots, grid.ids, strict=True):
        column = records.column(slot.name)
        names = column.texts
        pair, pairs = pd.factorize(ids * len(names) + column.which)
        codes, spoken = (part.tolist() for part in np.divmod(pairs, len(names)))
        wrong = [
            (right := allowed[code]) is not None and names[name] not in right
            for code, name in zip(codes, spoken, strict=True)
        ]
        yield slot.name, np.array(wrong, dtype=bool)[pair] if wrong else records.nowhere()
