"""What may be exported, and what is still open. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from icdmapper.model.codes import CodeSet
from icdmapper.model.mapping import ANSWERED, State


@dataclass(frozen=True, slots=True)
class Readiness:
    """How complete the mapping is, by codes and by yearly discharges."""

    total: int
    decided: int
    no_counterpart: int
    open: int
    disputed: int
    refining: int
    frequency_total: int
    frequency_decided: int


def readiness(rows: Iterable[tuple[State, int]]) -> Readiness:
    """Count states, each with its yearly discharges."""
    counts: dict[State, int] = dict.fromkeys(State, 0)
    frequency_total = frequency_decided = 0
    for state, frequency in rows:
        counts[state] += 1
        frequency_total += frequency
        frequency_decided += frequency if state in ANSWERED else 0
    return Readiness(
        total=sum(counts.values()),
        decided=sum(counts[state] for state in ANSWERED),
        no_counterpart=counts[State.NO_COUNTERPART],
        open=counts[State.OPEN],
        disputed=counts[State.DISPUTED],
        refining=counts[State.REFINING],
        frequency_total=frequency_total,
        frequency_decided=frequency_decided,
    )


def notices(code_sets: Iterable[CodeSet]) -> tuple[str, ...]:
    """What a reader of the export must know before using it, as stable identifiers."""
    return ("demonstration-not-official",) if any(map(is_demonstration, code_sets)) else ()


def is_demonstration(code_set: CodeSet) -> bool:
    """Whether a code set is one of the shipped demonstration sets, never to be uploaded with."""
    return code_set.edition.startswith("demo")
