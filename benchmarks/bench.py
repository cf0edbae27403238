"""Speed and memory: `make bench` prints a table and writes build/bench.json.

Every line of the product's goals about speed or memory has one entry with its limit; figures
without a limit show how cost grows from 1x to 4x the rows. What got worse since the saved figures
in benchmarks/baselines/bench.json is said at the end; `--save` makes these the saved ones.
"""

from __future__ import annotations

import argparse
import compileall
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.lists import EVALUATION, ROOT
from benchmarks.peers import milliseconds_per_query

OUT = ROOT / "build" / "bench.json"
BASELINE = ROOT / "benchmarks" / "baselines" / "bench.json"
TOLERANCE = 1.25
"""What takes this many times as long as before got worse; less than that is the machine's mood."""
_YARDSTICK = "yardstick: the same work for any version of the program"
_TIMES = ("s", "ms")
# name of the figure: (what it is, unit, limit at 1x)
LINES: dict[str, tuple[str, str, float | None]] = {
    "import.reference": ("import one reference file, check and store", "s", 10),
    "import.local": ("import the local list, check and store", "s", 10),
    "edition.compare": ("compare a new edition and weigh what it re-opens", "s", 5),
    "edition.store": ("store it: compared again, re-opened, old edition kept", "s", 10),
    "edition.reopened": ("answers that the new edition re-opens", "", None),
    "index.cold": ("matching index, made anew", "s", 6),
    "index.cached": ("matching index, from the cache, reading the project included", "s", 1.5),
    "propose.all": ("propose for every local code and store it", "s", 120),
    "propose.matching": ("of that, matching with reasons for the top 10", "s", 15),
    "propose.first_rows": ("first proposals usable", "s", 1),
    "ask.p50": ("propose for one name, median", "ms", None),
    "ask.p95": ("propose for one name, 95th percentile", "ms", 15),
    "worklist.open": ("open the project and read the worklist", "s", 2),
    "worklist.filter": ("filter the worklist", "ms", 100),
    "search.p95": ("search as you type, 95th percentile", "ms", 30),
    "bulk.preview": ("weigh every row for the preview of bulk acceptance", "s", None),
    "decide.p50": ("save a decision durably, median", "ms", None),
    "decide.p95": ("save a decision durably, 95th percentile", "ms", 50),
    "undo": ("undo one decision", "ms", None),
    "export": ("export csv, xlsx and manifest", "s", None),
    "desktop.first_paint": ("window: start of the process to the first paint", "ms", 2000),
    "desktop.start": ("window: start of the process to a usable worklist", "ms", 2000),
    "desktop.filter": ("window: filter the worklist, slowest of seven", "ms", 100),
    "desktop.sort": ("window: sort the worklist, slowest of four", "ms", 100),
    "desktop.enter.p50": ("window: Enter to the next row, decision durable, median", "ms", None),
    "desktop.enter.p95": ("window: Enter to the next row, decision durable, 95th", "ms", 50),
    "desktop.stall": ("window: longest stall while proposing for all", "ms", 100),
    "desktop.import_stall": ("window: longest stall while importing the lists", "ms", 100),
    "desktop.memory_mb": (
        "window and its processes after 100 decisions (PSS)",
        "MB",
        500,
    ),
    "desktop.memory_each": ("the same, shared pages counted for each (RSS)", "MB", 500),
    "desktop.peak_mb": ("window and its processes, peak while proposing (PSS)", "MB", 500),
    "desktop.peak_each": ("the same, shared pages counted for each (RSS)", "MB", 500),
    "desktop.first_peak_mb": ("window, peak of a first proposing, index made too (PSS)", "MB", 500),
    "memory.propose": ("all processes, peak while proposing (PSS)", "MB", 400),
    "memory.propose_each": ("the same, shared pages counted for each (RSS)", "MB", 400),
    "memory.peak": ("peak memory of the console's process in the whole run", "MB", None),
    "memory.import_child": ("peak memory of the reading process", "MB", None),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scales", default="1,4", help="how many times the rows")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--save", action="store_true", help="keep the figures as the baseline")
    arguments = parser.parse_args()
    # As installing the wheel does; where Python may keep nothing every start would compile it all.
    compileall.compile_dir(str(ROOT / "src"), quiet=1)
    scales = [int(scale) for scale in arguments.scales.split(",")]
    entries: list[dict[str, Any]] = [_entry(_YARDSTICK, _yardstick(), "ms")]
    measured = {}
    for scale in scales:
        measured[scale] = _figures(scale)
        entries += _entries(measured[scale], scale, measured[scales[0]])
    entries += _uploading()
    if not arguments.no_peers:
        _add_peer(entries, measured[scales[0]])
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(entries, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    _print(entries)
    if arguments.save:
        kept = {entry["name"]: [entry["value"], entry["unit"]] for entry in entries}
        BASELINE.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", "utf-8")
        print(f"saved to {BASELINE.relative_to(ROOT)}")
    elif BASELINE.is_file():
        print(*compared(entries, json.loads(BASELINE.read_text("utf-8"))), sep="\n")
    return 0


def compared(entries: list[dict[str, Any]], before: dict[str, tuple[float, str]]) -> list[str]:
    """What got worse against the saved figures, a line each.

    Times are measured against the yardstick of their own run, so that a slower or a busier machine
    is not taken for a slower program.
    """
    now = {entry["name"]: entry for entry in entries}
    pace = now[_YARDSTICK]["value"] / before[_YARDSTICK][0]
    lines = []
    for name, entry in now.items():
        if name not in before or name == _YARDSTICK:
            continue
        was, unit = before[name]
        was *= pace if unit in _TIMES else 1
        more, less = (
            (entry["value"], was) if entry["direction"] == "lower" else (was, entry["value"])
        )
        if more > less * TOLERANCE:
            lines.append(f"WORSE: {name} {was:.3g} -> {entry['value']:.3g} {unit}")
    return lines or [
        f"nothing is {TOLERANCE:g} times worse than the saved figures (pace {pace:.2f})"
    ]


def _yardstick() -> float:
    """Milliseconds for texts, numbers and memory handled as everywhere here, the best of five."""
    best = float("inf")
    for _turn in range(5):
        started = time.perf_counter()
        words = [f"{number * 7919 % 10007:05d}肿瘤" for number in range(200_000)]
        counted = Counter(word[3:6] for word in words)
        sorted(words, key=lambda word: counted[word[3:6]])
        best = min(best, time.perf_counter() - started)
    return best * 1000


def _entry(name: str, value: float, unit: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "limit": None,
        "direction": "lower",
        "peer": None,
        "ratio": None,
    }


def _figures(scale: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.scenario", str(scale)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise SystemExit(answer.stderr)
    return json.loads(answer.stdout.splitlines()[-1])


def _uploading() -> list[dict[str, Any]]:
    """The daily records, in a process of their own."""
    command = [sys.executable, "-m", "benchmarks.upload_speed", "--json"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise SystemExit(answer.stderr)
    found: list[dict[str, Any]] = json.loads(answer.stdout.splitlines()[-1])
    return found


def _entries(
    figures: dict[str, float], scale: int, base: dict[str, float]
) -> Iterator[dict[str, Any]]:
    for name, value in figures.items():
        known = next((line for line in LINES if name == line or name.startswith(f"{line}.")), None)
        if known is None:
            continue
        title, unit, limit = LINES[known]
        detail = name.removeprefix(known).lstrip(".")
        same = name if name in base else next((n for n in base if n.startswith(known)), name)
        yield {
            "name": f"{title}{f' ({detail})' if detail else ''}, {scale}x",
            "value": round(value, 3),
            "unit": unit,
            "limit": limit if scale == 1 else None,
            "direction": "lower",
            "peer": None if scale == 1 else "the same at 1x",
            "ratio": None if scale == 1 or not base.get(same) else round(value / base[same], 2),
        }


def _add_peer(entries: list[dict[str, Any]], figures: dict[str, float]) -> None:
    """The usual first choice, rapidfuzz WRatio, asked for the same lists in the same run."""
    per_query = milliseconds_per_query()
    ours = figures["propose.all"] / figures["propose.rows"] * 1000
    entries.append(
        _entry("propose, per local code, 1x", ours, "ms")
        | {
            "peer": f"rapidfuzz WRatio, best 10 of all names: {per_query:.1f} ms",
            "ratio": round(ours / per_query, 3),
        }
    )


def _print(entries: list[dict[str, Any]]) -> None:
    print(f"lists: {'real' if EVALUATION.is_dir() else 'enlarged demonstration sets'}")
    for entry in entries:
        limit = "" if entry["limit"] is None else f"limit {entry['limit']:g} {entry['unit']}"
        sign = 1 if entry["direction"] == "lower" else -1
        over = entry["limit"] is not None and sign * entry["value"] > sign * entry["limit"]
        verdict = "" if entry["limit"] is None else "MISSED" if over else "reached"
        ratio = "" if entry["ratio"] is None else f"{entry['ratio']}x of {entry['peer']}"
        print(
            f"{entry['name']:<78} {entry['value']:>10} {entry['unit']:<3} {limit:<14} "
            f"{verdict:<8}{ratio}".rstrip()
        )
    print(f"written to {OUT.relative_to(Path.cwd()) if OUT.is_relative_to(Path.cwd()) else OUT}")


if __name__ == "__main__":
    raise SystemExit(main())
