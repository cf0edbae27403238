"""Where every check is known by the id of its rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from icdmapper.upload.checks.records import Records
from icdmapper.upload.columns import Mask
from icdmapper.upload.layouts import CSV, DBF

Hits = Iterator[tuple[str, Mask]]
"""Canonical fields, each with the records in which it breaks the rule."""
Check = Callable[[Records], Hits]

BOTH = (DBF, CSV)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its sentence, the layouts it is for, and its check.

    `needs_dictionary`: it cannot be checked without the entries of the reference sets.
    """

    id: str
    sentence: str
    layouts: tuple[str, ...]
    check: Check
    needs_dictionary: bool = False


RULES: dict[str, Rule] = {}


def rule(
    rule_id: str,
    sentence: str,
    *,
    layouts: Iterable[str] = BOTH,
    needs_dictionary: bool = False,
) -> Callable[[Check], Check]:
    """Register a check under the id of its rule; `sentence` is marked with N_()."""

    def registered(check: Check) -> Check:
        RULES[rule_id] = Rule(rule_id, sentence, tuple(layouts), check, needs_dictionary)
        return check

    return registered
