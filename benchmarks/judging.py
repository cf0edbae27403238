"""How long the judgement rules take: `python -m benchmarks.judging`.

One answer after another, a whole province's list at once, and the same list read from a project.
The answers are paired from the demonstration sets: some sound, some shifted by a few rows so that
many rules fire. Times are those of the processor, so that a busy machine does not change them.
"""

from __future__ import annotations

import csv
import json
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from icdmapper.model.codes import CodeSet, CodeSystem, LocalCode, NewCode, ReferenceCode, Side
from icdmapper.model.icd import parse
from icdmapper.model.mapping import Mapping, Relation, State, Target
from icdmapper.resolution.cases import Case, Chosen, text_of
from icdmapper.resolution.judging import JudgingService
from icdmapper.resolution.rule_pack import load, shipped_judge
from icdmapper.storage.unit_of_work import Storage, UnitOfWork

ROOT = Path(__file__).parents[1]
MAPPINGS = 27_155
ONE_LIMIT_MS, ALL_LIMIT_S = 5.0, 5.0


def main() -> int:
    started = time.process_time()
    rules = load(ROOT / "resources" / "rules")
    reading = time.process_time() - started
    judge = shipped_judge()
    cases = _cases()
    text_of.cache_clear()
    started = time.process_time()
    findings = sum(len(judge.findings(case)) for case in cases)
    everything = time.process_time() - started
    single = []
    for case in cases[::13]:
        text_of.cache_clear()
        started = time.process_time()
        judge.findings(case)
        single.append((time.process_time() - started) * 1000)
    entries = [
        _entry("read and compile the rules", reading, "s", None),
        _entry("judge one answer, median", statistics.median(single), "ms", None),
        _entry("judge one answer, slowest", max(single), "ms", ONE_LIMIT_MS),
        _entry(f"judge {len(cases)} answers", everything, "s", ALL_LIMIT_S),
        _entry(f"read a project of {len(cases)} mappings and judge it", _stored(cases), "s", None),
    ]
    print(f"{len(rules)} rules, {findings} findings")
    for entry in entries:
        limit = "" if entry["limit"] is None else f"limit {entry['limit']} {entry['unit']}"
        print(f"{entry['name']:<50} {entry['value']:>10} {entry['unit']:<3} {limit}".rstrip())
    out = ROOT / "build" / "bench-judging.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(entries, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return int(max(single) > ONE_LIMIT_MS or everything > ALL_LIMIT_S)


def _stored(cases: list[Case]) -> float:
    """Seconds to judge the same answers out of a project file."""
    now = datetime(2026, 3, 2, tzinfo=UTC)
    with tempfile.TemporaryDirectory() as folder:
        storage = Storage.open(Path(folder) / "bench.icdm")
        with storage.writing() as work:
            _fill(work, cases, now)
            work.commit()
        service = JudgingService(storage, lambda: now, shipped_judge)
        started = time.process_time()
        service.findings_all()
        took = time.process_time() - started
        storage.close()
    return took


def _fill(work: UnitOfWork, cases: list[Case], now: datetime) -> None:
    references = {one.targets[0].reference.code: one.targets[0].reference for one in cases}
    for system in CodeSystem:
        codes = [
            NewCode(code.code, code.canonical, code.name, code.kind, 0)
            for code in references.values()
            if code.kind.system is system
        ]
        made = CodeSet(0, Side.REFERENCE, system, "bench", "1", "", "0" * 64, 0, now, "bench")
        work.code_sets.add(made, codes, initials=[""] * len(codes))
    local = [NewCode(c.local.code, c.local.canonical, c.local.name, c.local.kind, 0) for c in cases]
    made = CodeSet(0, Side.LOCAL, None, "bench", "1", "", "0" * 64, 0, now, "bench")
    work.code_sets.add(made, local, initials=[""] * len(local))
    ids = {code.code: code.id for code in work.code_sets.reference_codes()}
    mappings = []
    for stored, case in zip(work.code_sets.local_codes(), cases, strict=True):
        entry = case.targets[0].reference
        target = Target(ids[entry.code], entry.code, entry.name)
        mappings.append(
            Mapping(stored.id, State.DECIDED, case.relation, (target,), "", "bench", now, 1)
        )
    work.mappings.save_many(mappings)


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
