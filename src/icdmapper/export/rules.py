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
        if state is State.RETIRED:
            # Its children, or nobody, stand in its place.
            continue
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


@dataclass(frozen=True, slots=True)
class GateItem:
    """One thing the gate found. `code` names it, `stops` says whether a release may not be made."""

    code: str
    stops: bool
    count: int
    of: int = 0


def gate(
    ready: Readiness, code_sets: Iterable[CodeSet], *, coverage: float, rehearsal: bool
) -> tuple[GateItem, ...]:
    """What stops a release and what its signer should know; stops first.

    `coverage` is the least share of yearly discharges (of codes, where no frequencies are known)
    that must have an answer. A rehearsal may use the demonstration sets and be incomplete.
    """
    by_discharges = ready.frequency_total > 0
    total = ready.frequency_total if by_discharges else ready.total
    done = ready.frequency_decided if by_discharges else ready.decided
    demonstration = sum(map(is_demonstration, code_sets))
    short = "coverage_low" if by_discharges else "codes_low"
    low = total == 0 or done < coverage * total
    found = [
        GateItem("no_local_list", True, 1) if not ready.total else None,
        GateItem("demonstration_sets", not rehearsal, demonstration) if demonstration else None,
        GateItem(short, not rehearsal, done, total) if low and ready.total else None,
        GateItem("disputed", True, ready.disputed) if ready.disputed else None,
        GateItem("refining", False, ready.refining) if ready.refining else None,
        GateItem("open", False, ready.open, ready.total) if ready.open else None,
        GateItem("no_counterpart", False, ready.no_counterpart) if ready.no_counterpart else None,
        GateItem("rehearsal", False, 1) if rehearsal else None,
    ]
    items = [item for item in found if item is not None]
    return tuple(sorted(items, key=lambda item: not item.stops))


def notices(code_sets: Iterable[CodeSet]) -> tuple[str, ...]:
    """What a reader of the export must know before using it, as stable identifiers."""
    return ("demonstration-not-official",) if any(map(is_demonstration, code_sets)) else ()


def is_demonstration(code_set: CodeSet) -> bool:
    """Whether a code set is one of the shipped demonstration sets, never to be uploaded with."""
    return code_set.edition.startswith("demo")
