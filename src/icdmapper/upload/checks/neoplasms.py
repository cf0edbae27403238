"""Injuries and neoplasms: what the main diagnosis asks of the fields beside it."""

from __future__ import annotations

from icdmapper.texts import N_
from icdmapper.upload.checks.records import Records
from icdmapper.upload.checks.registry import Hits, rule
from icdmapper.upload.checks.shapes import is_morphology, within
from icdmapper.upload.layouts import Purpose

_INJURY = within("S00-T98")
_NEOPLASM = within("C00-C97, D00-D48")
BEHAVIOUR = (
    ("C77-C79", "6"),
    ("C00-C76", "3"),
    ("C80-C97", "3"),
    ("D00-D09", "2"),
    ("D10-D36", "0"),
    ("D37-D48", "1"),
)
"""The behaviour digit that a site asks for: secondary 6, primary 3, in situ 2, benign 0,
uncertain 1. Secondary sites take 6 only, which the rule leaves open."""


@rule("HQ-031", N_("An injury as main diagnosis needs code and name of the external cause."))
def injuries(records: Records) -> Hits:
    """Chapters S and T."""
    injured = records.main(_INJURY)
    for field in ("P361", "P362"):
        yield field, injured & ~records.filled(field)


@rule("HQ-032", N_("A neoplasm as main diagnosis needs code and name of its morphology."))
def neoplasms(records: Records) -> Hits:
    """C00-C97 and D00-D48."""
    tumour = records.main(_NEOPLASM)
    for field in ("P351", "P352"):
        yield field, tumour & ~records.filled(field)


@rule("HQ-033", N_("A morphology code needs the pathology number."))
def pathology_number(records: Records) -> Hits:
    """Of the first group."""
    yield "P816", records.filled("P351") & ~records.filled("P816")


@rule("HQ-034", N_("The behaviour digit of the morphology does not agree with the main diagnosis."))
def behaviour(records: Records) -> Hits:
    """The digit after the slash, by the range of the main diagnosis; see BEHAVIOUR."""
    grid = records.grid(Purpose.MORPHOLOGY)
    wrong = records.nowhere()
    for ranges, digit in BEHAVIOUR:
        other = grid.where(lambda code: is_morphology(code) and code[-1] != digit)[0]  # noqa: B023
        wrong |= records.main(within(ranges)) & other
    yield "P351", wrong
