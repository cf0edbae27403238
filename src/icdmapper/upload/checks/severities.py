"""How hard each rule of the table is: from `rules.csv`, and as a hospital's settings change it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from enum import Enum
from functools import cache

from icdmapper.model.errors import IcdMapperError
from icdmapper.paths import shipped
from icdmapper.texts import N_, _
from icdmapper.upload.checks.registry import RULES
from icdmapper.upload.checks.stages import STAGED
from icdmapper.upload.layouts import DBF


class Severity(Enum):
    """What a finding does: stop the record, warn, note for quality control, or tell of a repair."""

    BLOCK = "block"
    WARN = "warn"
    QUALITY = "qc"
    FIXED = "auto-fix"


SEVERITY_WORDS = {
    Severity.BLOCK: N_("stops"),
    Severity.WARN: N_("warns"),
    Severity.QUALITY: N_("for quality control"),
    Severity.FIXED: N_("is mended"),
}


def severities_of(layout_name: str) -> Mapping[str, Severity]:
    """The severity of every rule in a layout, from `rules.csv`.

    The DBF layout is of 2012, the CSV layout of 2019 and later: "block (2019+)" warns in the DBF
    layout. "block or warn" warns: what nobody is sure of does not stop a record.
    """
    own = {one: Severity.BLOCK for one in RULES if one.startswith("NUM-")}
    return {**_recommended(layout_name), **own}


def effective(layout_name: str, overrides: Mapping[str, Severity]) -> dict[str, Severity]:
    """The severities a hospital works with.

    Raises:
        IcdMapperError: a rule does not exist, or is one that always stops.
    """
    known = severities_of(layout_name)
    unknown = sorted(set(overrides) - set(known))
    if unknown:
        raise IcdMapperError(
            _("There is no rule {rule}; the rules are those of the table of rules.").format(
                rule=", ".join(unknown)
            )
        )
    fixed = sorted(one for one in set(overrides) & set(STAGED) if overrides[one] != known[one])
    if fixed:
        raise IcdMapperError(
            _("Rule {rule} always stops; its severity cannot be changed.").format(
                rule=", ".join(fixed)
            )
        )
    return {**known, **overrides}


@cache
def _recommended(layout_name: str) -> Mapping[str, Severity]:
    text = shipped("resources", "hqms", "rules.csv").read_text(encoding="utf-8-sig")
    rows = csv.DictReader(io.StringIO(text))
    return {row["id"]: _severity(row["severity"], layout_name) for row in rows}


def _severity(words: str, layout_name: str) -> Severity:
    later, earlier = "(2019+)" in words or "(2020+)" in words, "(2012)" in words
    if later and layout_name == DBF:
        return Severity.WARN
    if "warn" in words and not (later or earlier):
        return Severity.WARN
    return next(one for one in Severity if words.startswith(one.value))
