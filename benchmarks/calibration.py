"""Whether a score keeps its word: `python -m benchmarks.calibration --data folder`.

A score of 0.9 means that nine of ten first candidates scored so are right. The bands are counted on
the test parts, with the tune parts taught. Below them stand the first candidates that are the local
name but for two-way aliases, counted cold on the tune parts: what `matching.candidates` lifts their
score to rests on that count.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from benchmarks.errors import query_of
from benchmarks.tasks import Row, Task, load_tasks
from icdmapper.matching.engine import Matcher
from icdmapper.matching.knowledge import Knowledge, load_knowledge
from icdmapper.matching.questions import Taught
from icdmapper.matching.wording import AliasBook
from icdmapper.model.names import normalise
from icdmapper.model.proposals import Candidate
from icdmapper.paths import shipped

BANDS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99, 1.01)
Answered = tuple[Row, Candidate]


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of evaluation data")
    options = parser.parse_args()
    knowledge = load_knowledge(shipped("resources"))
    tasks = load_tasks(options.data)
    for task in tasks:
        found = list(_answered(task, task.held_out(), knowledge, warm=True))
        print(f"\n{task.name}: {len(found)} first candidates of the test part")
        for low, high in pairwise(BANDS):
            here = [one for one in found if low <= one[1].score < high]
            if here:
                said = sum(candidate.score for _row, candidate in here) / len(here)
                band = f"{low:4.2f} to {min(high, 1):4.2f}"
                print(f"  {band}  said {said:.3f}  right {_right(here):.3f}  of {len(here)}")
    same: list[Answered] = []
    for task in tasks:
        aliases = AliasBook(knowledge.aliases_of(task.family))
        found = list(_answered(task, task.tune(), knowledge, warm=False))
        same += [one for one in found if _is_same_meaning(aliases, *one)]
    print(f"\nthe same but for two-way aliases: right {_right(same):.3f} of {len(same)}")


def _answered(
    task: Task, rows: list[Row], knowledge: Knowledge, *, warm: bool
) -> Iterator[Answered]:
    ids = task.id_of()
    taught = [Taught(row.name, ids[row.gold]) for row in task.tune()] if warm else []
    matcher = Matcher.of(task.references, knowledge, taught=taught)
    queries = [query_of(number, row) for number, row in enumerate(rows)]
    for row, proposal in zip(rows, matcher.propose_many(queries), strict=True):
        if proposal.candidates:
            yield row, proposal.candidates[0]


def _right(answered: list[Answered]) -> float:
    right = sum(candidate.name.strip() == row.gold for row, candidate in answered)
    return right / max(1, len(answered))


def _is_same_meaning(aliases: AliasBook, row: Row, candidate: Candidate) -> bool:
    """As `matching.candidates` asks, but for the code's place."""
    alike = aliases.read(row.name).strict == aliases.read(candidate.name).strict
    written_so = normalise(row.name) == normalise(candidate.name)
    return alike and not written_so and not candidate.contradictions


if __name__ == "__main__":
    main()
