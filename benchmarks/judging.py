"""How long the judgement rules take: `python -m benchmarks.judging`.

One answer after another, and a whole province's list of mappings at once. The answers are paired
from the demonstration sets: some sound, some shifted by a few rows so that many rules fire.
"""

from __future__ import annotations

import csv
import json
import statistics
import time
from pathlib import Path

from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.icd import parse
from icdmapper.model.mapping import Relation
from icdmapper.resolution.cases import Case, Chosen, text_of
from icdmapper.resolution.rule_pack import load, shipped_judge

ROOT = Path(__file__).parents[1]
MAPPINGS = 27_155
ONE_LIMIT_MS, ALL_LIMIT_S = 5.0, 5.0


def main() -> int:
    started = time.perf_counter()
    rules = load(ROOT / "resources" / "rules")
    reading = time.perf_counter() - started
    judge = shipped_judge()
    cases = _cases()
    text_of.cache_clear()
    started = time.perf_counter()
    findings = sum(len(judge.findings(case)) for case in cases)
    everything = time.perf_counter() - started
    single = []
    for case in cases[::13]:
        text_of.cache_clear()
        started = time.perf_counter()
        judge.findings(case)
        single.append((time.perf_counter() - started) * 1000)
    entries = [
        _entry("read and compile the rules", reading, "s", None),
        _entry("judge one answer, median", statistics.median(single), "ms", None),
        _entry("judge one answer, slowest", max(single), "ms", ONE_LIMIT_MS),
        _entry(f"judge {len(cases)} answers", everything, "s", ALL_LIMIT_S),
    ]
    print(f"{len(rules)} rules, {findings} findings")
    for entry in entries:
        limit = "" if entry["limit"] is None else f"limit {entry['limit']} {entry['unit']}"
        print(f"{entry['name']:<40} {entry['value']:>10} {entry['unit']:<3} {limit}".rstrip())
    out = ROOT / "build" / "bench-judging.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(entries, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return int(max(single) > ONE_LIMIT_MS or everything > ALL_LIMIT_S)


def _entry(name: str, value: float, unit: str, limit: float | None) -> dict[str, object]:
    return {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "limit": limit,
        "direction": "lower",
        "peer": None,
        "ratio": None,
    }


def _cases() -> list[Case]:
    references = []
    for system in ("RC020", "RC021", "RC022"):
        file = ROOT / "reference_codes" / system / "demo-2026" / "codes.csv"
        with file.open(encoding="utf-8", newline="") as stream:
            references += [(row["code"], row["name"]) for row in csv.DictReader(stream)]
    cases: list[Case] = []
    shift = 0
    while len(cases) < MAPPINGS:
        for number, (code, name) in enumerate(references):
            other_code, other_name = references[(number + shift) % len(references)]
            shape, other = parse(code), parse(other_code)
            if shape is None or other is None or len(cases) == MAPPINGS:
                continue
            # Every pass writes the names a little differently, so that no cache helps.
            local = LocalCode(
                len(cases), code, shape.canonical, f"左侧{name}{shift or ''}", shape.kind
            )
            reference = ReferenceCode(number, other_code, other.canonical, other_name, other.kind)
            cases.append(Case(local, (Chosen(reference),), Relation.EQUIVALENT))
        shift += 1
    return cases


if __name__ == "__main__":
    raise SystemExit(main())
