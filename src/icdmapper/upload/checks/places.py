"""Which codes may stand where: letters, the main diagnosis, doubles, pairs."""

from __future__ import annotations

import numpy as np

from icdmapper.texts import N_
from icdmapper.upload.checks.records import Grid, Records, slots_with
from icdmapper.upload.checks.registry import Hits, rule
from icdmapper.upload.checks.shapes import (
    is_asterisk,
    is_dagger,
    is_external_cause,
    is_morphology,
    is_odd_m_code,
    within,
)
from icdmapper.upload.columns import Mask
from icdmapper.upload.layouts import Purpose

MAIN_CODE = "P321"
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUZ")
_NEVER_MAIN = within("B95-B97, T31, Z37, Z38, Z85-Z92")
_FAILURE = within("I50.9")
_CAUSES_OF_FAILURE = within("I05-I09, I11, I13, I20-I25, I34-I43")
"""Rheumatic, hypertensive, ischaemic heart disease, valves, myocardium; our reading of the rule."""


@rule("HQ-023", N_("Such a code may not stand in a diagnosis field."))
def letters_of_diagnoses(records: Records) -> Hits:
    """A to U and Z; external causes and morphology have fields of their own."""
    grid = records.diagnoses
    yield from slots_with(
        grid, grid.where(lambda code: code[0] not in _LETTERS or is_morphology(code))
    )


@rule("HQ-024", N_("This is neither a musculoskeletal code M00-M99 nor a morphology code."))
def m_codes(records: Records) -> Hits:
    """M80.000 is a diagnosis, M80000/3 morphology; anything between is damaged."""
    grid = records.diagnoses
    yield from slots_with(grid, grid.where(is_odd_m_code))


@rule("HQ-025", N_("Only V01-Y98 may stand in the field of external causes."))
def external_causes(records: Records) -> Hits:
    """V, W, X and Y up to Y98."""
    grid = records.grid(Purpose.EXTERNAL_CAUSE)
    yield from slots_with(grid, grid.where(lambda code: not is_external_cause(code)))


@rule("HQ-026", N_("This code should not be the main diagnosis."))
def not_as_main(records: Records) -> Hits:
    """B95-B97, T31, Z37, Z38, Z85-Z92; no official list is public."""
    yield MAIN_CODE, records.main(_NEVER_MAIN)


@rule("HQ-027", N_("A manifestation, external cause or morphology is never the main diagnosis."))
def never_main(records: Records) -> Hits:
    """The asterisk code alone; in a pair the aetiology comes first."""
    yield (
        MAIN_CODE,
        records.main(
            lambda code: is_asterisk(code) or is_external_cause(code) or is_morphology(code)
        ),
    )


@rule("HQ-028", N_("Heart failure is the main diagnosis although its cause is coded."))
def heart_failure(records: Records) -> Hits:
    """I50.9 with a heart disease among the other diagnoses."""
    cause = records.grid(Purpose.OTHER).any(_CAUSES_OF_FAILURE)
    yield MAIN_CODE, records.main(_FAILURE) & cause


@rule("HQ-029", N_("The main diagnosis was absent on admission."))
def main_absent_on_admission(records: Records) -> Hits:
    """RC027 4."""
    yield "P805", records.is_one_of("P805", "4")


@rule("HQ-030", N_("The same code stands twice in the record."))
def no_doubles(records: Records) -> Hits:
    """Among main and other diagnoses, and among operations."""
    for grid in (records.discharge, records.operations):
        yield from slots_with(grid, _doubled(grid))


@rule("HQ-085", N_("A manifestation stands without its aetiology."))
def pairs_whole(records: Records) -> Hits:
    """An asterisk code among the other diagnoses needs a dagger code in the record."""
    grid = records.grid(Purpose.OTHER)
    alone = ~records.discharge.any(is_dagger)
    yield from slots_with(grid, grid.where(is_asterisk) & alone)


def _doubled(grid: Grid) -> Mask:
    coded = grid.where(lambda _code: True)
    found = np.zeros_like(coded)
    for at in np.flatnonzero(coded.any(axis=1))[1:]:
        found[at] = coded[at] & (grid.ids[:at] == grid.ids[at]).any(axis=0)
    return found
