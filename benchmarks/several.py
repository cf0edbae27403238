"""Texts with several right answers: how much of the set they ask for is offered together.

The set is the first candidate with its companions. Single-answer rows say what is offered beside
an answer that was complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.tasks import Row, Task, free_texts
from icdmapper.matching.engine import Matcher
from icdmapper.matching.knowledge import Knowledge
from icdmapper.matching.questions import Query
from icdmapper.model.codes import CodeKind
from icdmapper.model.proposals import Proposal

TASK = "cdn"
_TOGETHER = "##"

Figures = dict[str, float]


@dataclass(frozen=True)
class Several:
    """One text and the names of all the entries wanted for it."""

    row: Row
    wanted: frozenset[str]


def load(data: Path, task: Task) -> list[Several]:
    """The texts that ask for several entries, all of them in the list."""
    known = task.id_of()
    found = []
    for row in free_texts(data, "chip_cdn_train", several=True):
        wanted = frozenset(name.strip('" ') for name in row.gold.split(_TOGETHER))
        if len(wanted) > 1 and all(name in known for name in wanted):
            found.append(Several(row, wanted))
    return found


def measure(data: Path, task: Task, knowledge: Knowledge) -> Figures:
    """The figures of the test part, printed."""
    matcher = Matcher.of(task.references, knowledge)
    several = [one for one in load(data, task) if one.row.test]
    figures = of_sets(matcher, several)
    figures |= of_singles(matcher, task.held_out())
    print(f"\nseveral answers: {len(several)} test rows")
    for name, value in figures.items():
        print(f"  {name:50}{value:7.3f}")
    return figures


def of_sets(matcher: Matcher, rows: Sequence[Several]) -> Figures:
    """How many of the wanted entries are offered together, and how many offered are wanted."""
    wanted = offered = right = parts = right_parts = 0
    for one, proposal in zip(rows, _asked(matcher, [each.row for each in rows]), strict=True):
        found = {each.name for each in (*proposal.candidates[:1], *proposal.companions)}
        wanted += len(one.wanted)
        offered += len(found)
        right += len(found & one.wanted)
        mine = _parts(proposal)
        parts += len(mine)
        right_parts += len(mine & one.wanted)
    return {
        "several answers set recall": round(right / max(1, wanted), 4),
        "several answers set precision": round(right / max(1, offered), 4),
        "several answers part precision": round(right_parts / max(1, parts), 4),
    }


def of_singles(matcher: Matcher, rows: Sequence[Row]) -> Figures:
    """How many rows with one answer get a companion all the same."""
    proposals = _asked(matcher, rows)
    beside = sum(bool(one.companions) for one in proposals)
    parts = sum(bool(_parts(one)) for one in proposals)
    return {
        "one answer companions unasked": round(beside / max(1, len(rows)), 4),
        "one answer parts unasked": round(parts / max(1, len(rows)), 4),
    }


def _asked(matcher: Matcher, rows: Sequence[Row]) -> list[Proposal]:
    queries = [Query(number, "", row.name, CodeKind.DIAGNOSIS) for number, row in enumerate(rows)]
    return list(matcher.propose_many(queries))


def _parts(proposal: Proposal) -> set[str]:
    return {one.name for one in proposal.companions if one.part}
