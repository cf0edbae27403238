"""What matching still gets wrong: the misses of the test parts, counted by cause.

    python -m benchmarks.errors --data folder           warm, as docs/matching-errors.md has it
    python -m benchmarks.errors --data folder --cold

A row counts once, under the first cause of `CAUSES` that applies.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.tasks import Row, Task, load_tasks
from icdmapper.matching.engine import Matcher
from icdmapper.matching.knowledge import Knowledge, load_knowledge
from icdmapper.matching.questions import Query, Taught
from icdmapper.model import icd
from icdmapper.model.names import normalise
from icdmapper.model.proposals import Candidate, Proposal
from icdmapper.paths import shipped

DEPTH = 50
_JOINED = re.compile(r"[,;，；、+]|伴|合并|并发|及|和")
_RESIDUAL = re.compile("其他|未特指|未指明|不可归类")
_MUCH_LESS = 0.5


@dataclass(frozen=True)
class Miss:
    """A row whose right entry is not first, with what was proposed instead."""

    row: Row
    first: Candidate
    right: Candidate | None
    """None when the right entry is not among the first `DEPTH`."""
    code: str
    """The code of the right entry."""


def _subcategory(code: str) -> str:
    shape = icd.parse(code)
    return shape.subcategory if shape else code


def _heads(code: str) -> bool:
    shape = icd.parse(code)
    return shape is None or not shape.canonical.removeprefix(shape.subcategory).strip(".x0")


CAUSES: tuple[tuple[str, Callable[[Miss], bool]], ...] = (
    (
        "an entry of exactly this name exists, but another one is wanted",
        lambda miss: normalise(miss.first.name) == normalise(miss.row.name),
    ),
    (
        "no character in common",
        lambda miss: not set(normalise(miss.row.name)) & set(normalise(miss.row.gold)),
    ),
    ("the right entry is not among the first 50", lambda miss: miss.right is None),
    (
        "the right entry contradicts a slot of the text",
        lambda miss: miss.right is not None and bool(miss.right.contradictions),
    ),
    (
        "several things in one text, one of them wanted",
        lambda miss: bool(_JOINED.search(miss.row.name)) and not _JOINED.search(miss.row.gold),
    ),
    (
        "the right entry says much less than the text",
        lambda miss: len(miss.row.gold) < _MUCH_LESS * len(miss.row.name),
    ),
    (
        "a heading or residual (其他, 未特指) is wanted, a specific neighbour was first",
        lambda miss: (
            (_heads(miss.code) or bool(_RESIDUAL.search(miss.row.gold)))
            and _subcategory(miss.code) == _subcategory(miss.first.code)
        ),
    ),
    (
        "a neighbour of the same subcategory was first",
        lambda miss: _subcategory(miss.code) == _subcategory(miss.first.code),
    ),
    ("another place was first", lambda _: True),
)


def main() -> None:
    """Count and print, task by task."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of evaluation data")
    parser.add_argument("--cold", action="store_true", help="without any decisions")
    options = parser.parse_args()
    knowledge = load_knowledge(shipped("resources"))
    for task in load_tasks(options.data):
        rows = task.held_out()
        missed = misses(task, rows, knowledge, warm=not options.cold)
        print(f"\n{task.name}: {len(missed)} of {len(rows)} rows")
        counts = Counter(cause_of(miss) for miss in missed)
        for name, _ in CAUSES:
            print(f"  {counts[name]:5}  {name}")


def misses(task: Task, rows: list[Row], knowledge: Knowledge, *, warm: bool) -> list[Miss]:
    """The rows of a task whose right entry is not first."""
    ids = task.id_of()
    codes = {one.id: one.code for one in task.references}
    taught = [Taught(row.name, ids[row.gold]) for row in task.tune()] if warm else []
    matcher = Matcher.of(task.references, knowledge, taught=taught)
    queries = [query_of(number, row) for number, row in enumerate(rows)]
    found = [
        _miss(row, proposal, codes[ids[row.gold]])
        for row, proposal in zip(rows, matcher.propose_many(queries, limit=DEPTH), strict=True)
    ]
    return [miss for miss in found if miss is not None]


def cause_of(miss: Miss) -> str:
    """The first cause that applies."""
    return next(name for name, applies in CAUSES if applies(miss))


def query_of(number: int, row: Row) -> Query:
    """The question a row asks: its name, its code and what kind of code that is."""
    shape = icd.parse(row.code) if row.code else None
    return Query(number, row.code, row.name, shape.kind if shape else None)


def _miss(row: Row, proposal: Proposal, code: str) -> Miss | None:
    first = proposal.candidates[0]
    if first.name.strip() == row.gold:
        return None
    right = next((one for one in proposal.candidates if one.name.strip() == row.gold), None)
    return Miss(row, first, right, code)


if __name__ == "__main__":
    main()
