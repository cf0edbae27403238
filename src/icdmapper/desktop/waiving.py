"""Letting an answer stand although rules object, and taking just that back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from icdmapper.desktop.undo import Opposite

if TYPE_CHECKING:
    from icdmapper.model.judgement import Waiver
    from icdmapper.model.people import Person
    from icdmapper.resolution.judging import JudgingService

Waive = Callable[[str], "Waiver"]
"""Waives one rule, by its id."""


def waiving(
    judging: JudgingService, waive: Waive, rules: Sequence[str], *, by: Person, what: str, page: str
) -> Opposite:
    """Waive these rules with `again`; `back` withdraws the waivers it wrote and no others."""
    written: list[Waiver] = []

    def again() -> None:
        written[:] = map(waive, rules)

    def back() -> None:
        for one in written:
            judging.withdraw(one.local_id, one.rule_id, by=by, only=(one.id,))

    return Opposite(what, back, again, page)
