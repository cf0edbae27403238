"""Validate translated records: every rule that applies, with its severity, by record and field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from icdmapper.texts import N_, _
from icdmapper.upload.checks import (  # noqa: F401 - importing them registers their rules
    completeness,
    conditions,
    dates,
    fees,
    identity,
    neoplasms,
    obstetrics,
    persons,
    places,
    values,
    writing,
)
from icdmapper.upload.checks.mapping_table import ASKED_OF_THE_RELEASE, TABLE_RULES
from icdmapper.upload.checks.records import Records
from icdmapper.upload.checks.registry import RULES, Rule
from icdmapper.upload.checks.severities import Severity, effective, severities_of
from icdmapper.upload.checks.stages import STAGED
from icdmapper.upload.columns import Table
from icdmapper.upload.dictionary import Dictionary
from icdmapper.upload.layouts import DEPARTMENT

__all__ = ["Findings", "Severity", "rule_sentence", "severities_of", "validate"]

COLUMNS = ("row", "rule", "field", "severity", "department")
NO_DICTIONARY = N_("Without a release its dictionary entries are unknown.")
OTHER_LAYOUT = N_("The rule is for the other layout.")


@dataclass(frozen=True, slots=True)
class Findings:
    """What validation found in a frame.

    `table` has COLUMNS: position of the record, rule, canonical field, Severity, and department
    of discharge. `unchecked` are the rules that were not asked, each with the reason as a message
    to translate.
    """

    table: pd.DataFrame
    records: int
    unchecked: Mapping[str, str]

    @property
    def blocked(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which records must not be sent, by position."""
        found = np.zeros(self.records, dtype=bool)
        stopping = self.table["severity"].to_numpy(dtype=object) == Severity.BLOCK
        found[self.table["row"].to_numpy(dtype=np.intp)[stopping]] = True
        return found

    def by_record(self) -> pd.DataFrame:
        """Counts per record and severity."""
        return self._counted(["row", "severity"])

    def by_field(self) -> pd.DataFrame:
        """Counts per rule and field: what to mend first."""
        return self._counted(["rule", "field", "severity"])

    def by_department(self) -> pd.DataFrame:
        """Counts per department and rule: whom to ask."""
        return self._counted(["department", "rule", "severity"])

    def _counted(self, keys: list[str]) -> pd.DataFrame:
        plain = self.table.assign(severity=[one.value for one in self.table["severity"]])
        return plain.groupby(keys, sort=True).size().reset_index(name="count")


def validate(
    given: pd.DataFrame | Table,
    layout_name: str,
    *,
    today: date,
    dictionary: Dictionary | None = None,
    severities: Mapping[str, Severity] | None = None,
) -> Findings:
    """Ask every rule that applies to a layout of every record.

    `today` bounds dates that cannot lie in the future. `severities` override those of the rule
    table by rule id.

    Raises:
        IcdMapperError: `severities` name a rule that does not exist or always stops.
    """
    levels = effective(layout_name, severities or {})
    records = Records(Table.of(given), layout_name, today, dictionary)
    unchecked = {
        **{one: staged.effect for one, staged in STAGED.items()},
        **dict.fromkeys(TABLE_RULES, ASKED_OF_THE_RELEASE),
    }
    found: list[tuple[np.ndarray[tuple[int], np.dtype[np.intp]], str, str]] = []
    for rule in RULES.values():
        reason = _not_now(rule, records)
        if reason:
            unchecked[rule.id] = reason
            continue
        for field, mask in rule.check(records):
            if records.has(field) and mask.any():
                found.append((np.flatnonzero(mask), rule.id, field))
    return Findings(_table(records, found, levels), len(records), unchecked)


def rule_sentence(rule_id: str) -> str:
    """What a finding of this rule says, in the language of the screen."""
    return _(RULES[rule_id].sentence)


def _not_now(rule: Rule, records: Records) -> str:
    if records.layout_name not in rule.layouts:
        return OTHER_LAYOUT
    return NO_DICTIONARY if rule.needs_dictionary and records.dictionary is None else ""


def _table(
    records: Records,
    found: list[tuple[np.ndarray[tuple[int], np.dtype[np.intp]], str, str]],
    levels: Mapping[str, Severity],
) -> pd.DataFrame:
    sizes = [len(rows) for rows, _rule, _field in found]
    rows = np.concatenate([rows for rows, _rule, _field in found] or [np.zeros(0, dtype=np.intp)])

    def spread(facts: list[object]) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
        each = np.empty(len(facts), dtype=object)
        each[:] = facts
        return np.repeat(each, sizes)

    columns = {
        "row": rows,
        "rule": spread([rule for _rows, rule, _field in found]),
        "field": spread([field for _rows, _rule, field in found]),
        "severity": spread([levels[rule] for _rows, rule, _field in found]),
        "department": records.text(DEPARTMENT)[rows],
    }
    table = pd.DataFrame(
        {name: pd.Series(cells, dtype=cells.dtype) for name, cells in columns.items()}
    )
    # One finding may come from two sides of a rule; it is told once.
    table = table.drop_duplicates(["row", "rule", "field"])
    return table.sort_values(["row", "rule", "field"], kind="stable", ignore_index=True)
