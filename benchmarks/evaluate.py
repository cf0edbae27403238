"""Matching quality, side by side with the usual ways on the same rows.

    make eval                 the team's own sets in benchmarks/sets/
    make eval DATA=folder     the tasks of the evaluation data as well, on their test parts

Prints recall at 1, 5 and 10, cold (no decisions yet) and warm (the tune part as the hospital's
decisions), the danger rate, the relation accuracy, time and memory; compares with the saved
baseline in benchmarks/baselines/eval.json and ends with 1 when a figure fell by more than a row
or two would explain. `--save` makes the figures the new baseline.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from benchmarks import eval_peers, eval_sets, several
from benchmarks.tasks import Row, Task, load_tasks
from icdmapper.matching.engine import Matcher
from icdmapper.matching.knowledge import Knowledge, load_knowledge
from icdmapper.matching.questions import Query, Taught
from icdmapper.model import icd
from icdmapper.paths import shipped

BASELINE = Path(__file__).parent / "baselines" / "eval.json"
TOLERANCE = 0.01
MARKS = {
    "cdn cold": (0.45, 0.75),
    "cdn warm": (0.55, 0.84),
    "n7k cold": (0.65, 0.90),
    "n7k warm": (0.88, 0.98),
    "dx_edition cold": (0.75, 0.95),
    "dx_edition warm": (0.80, 0.96),
}
DANGER_MARK = 0.0
RELATION_MARK = 0.90
_BAD = ("danger", "unasked")
"""Of these figures less is better."""
_DEPTH = 50
_PEER_SAMPLE = 200

Figures = dict[str, float]


def main() -> int:
    """Measure, print, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of evaluation data")
    parser.add_argument("--save", action="store_true", help="keep the figures as the baseline")
    parser.add_argument("--no-peers", action="store_true", help="leave the slow peers out")
    options = parser.parse_args()
    knowledge = load_knowledge(shipped("resources"))
    figures: Figures = {}
    if options.data and not options.data.is_dir():
        print(f"{options.data} is not there; only the team's own sets are measured.")
    elif options.data:
        for task in load_tasks(options.data):
            figures |= measure_task(task, knowledge, peers=not options.no_peers)
            if task.name == several.TASK:
                figures |= several.measure(options.data, task, knowledge)
    figures |= eval_sets.measure(knowledge)
    megabytes = psutil.Process(os.getpid()).memory_info().rss / 1e6
    print(f"\nmemory of this process, data and peers included: {megabytes:.0f} MB")
    worse = compared(figures)
    if options.save:
        kept = _baseline() | figures
        BASELINE.parent.mkdir(exist_ok=True)
        BASELINE.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", "utf-8")
        print(f"saved to {BASELINE}")
        return 0
    return 1 if worse else 0


def measure_task(task: Task, knowledge: Knowledge, *, peers: bool) -> Figures:
    """Recall on the test part of one task, cold and warm, with the peers beside it."""
    rows = task.held_out()
    print(
        f"\n{task.name}: {len(rows)} test rows ({len(task.tune())} tune rows teach warm), "
        f"{len(task.id_of())} names"
    )
    print(f"  {'':34}{'R@1':>7}{'R@5':>7}{'R@10':>7}{'ms/query':>10}")
    figures: Figures = {}
    ids = task.id_of()
    taught = [Taught(row.name, ids[row.gold]) for row in task.tune()]
    for state, decisions in (("cold", []), ("warm", taught)):
        matcher = Matcher.of(task.references, knowledge, taught=decisions)
        _asking(matcher)(rows[:1])
        figures |= _shown(f"{task.name} {state}", rows, _asking(matcher))
    if peers:
        names = sorted(ids)
        for peer in eval_peers.PEERS:
            sample = rows[:: max(1, len(rows) // _PEER_SAMPLE)] if peer.slow else rows
            title = f"{peer.name} ({len(sample)} rows)" if peer.slow else peer.name
            _shown(title, sample, peer.asking(names))
    return figures


def _asking(matcher: Matcher) -> Callable[[Sequence[Row]], list[list[str]]]:
    def ask(rows: Sequence[Row]) -> list[list[str]]:
        queries = []
        for number, row in enumerate(rows):
            shape = icd.parse(row.code) if row.code else None
            queries.append(Query(number, row.code, row.name, shape.kind if shape else None))
        return [
            [candidate.name for candidate in proposal.candidates]
            for proposal in matcher.propose_many(queries, limit=_DEPTH)
        ]

    return ask


def _shown(
    title: str, rows: Sequence[Row], ask: Callable[[Sequence[Row]], list[list[str]]]
) -> Figures:
    started = time.perf_counter()
    answers = ask(rows)
    milliseconds = (time.perf_counter() - started) / max(1, len(rows)) * 1000
    recall = {
        depth: sum(row.gold in found[:depth] for row, found in zip(rows, answers, strict=True))
        / max(1, len(rows))
        for depth in (1, 5, 10)
    }
    mark = MARKS.get(title)
    verdict = ""
    if mark:
        reached = recall[1] >= mark[0] and recall[10] >= mark[1]
        verdict = f"  must {mark[0]:.2f} / {mark[1]:.2f} {'reached' if reached else 'MISSED'}"
    shown = "".join(f"{value:7.3f}" for value in recall.values())
    print(f"  {title:34}{shown}{milliseconds:10.2f}{verdict}", flush=True)
    return {f"{title} R@{depth}": round(value, 4) for depth, value in recall.items()}


def compared(figures: Figures) -> bool:
    """Print what changed against the baseline; whether anything got worse."""
    baseline = _baseline()
    worse = False
    for name, value in figures.items():
        before = baseline.get(name)
        if before is None or abs(value - before) <= TOLERANCE:
            continue
        fell = value > before if any(one in name for one in _BAD) else value < before
        worse |= fell
        print(f"{'WORSE' if fell else 'better'}: {name} {before:.3f} -> {value:.3f}")
    if not worse:
        print("nothing is worse than the saved baseline")
    return worse


def _baseline() -> Figures:
    if not BASELINE.is_file():
        return {}
    kept: Figures = json.loads(BASELINE.read_text("utf-8"))
    return kept


if __name__ == "__main__":
    sys.exit(main())
