"""The daily records: translate, validate and write DBF; speed, memory, and a plain Python peer.

`python -m benchmarks.upload_speed [--records N] [--json]`. Records are invented block by block,
outside the measured time; memory is the peak of this process, the inventing included.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pandas as pd

from benchmarks.lists import ROOT
from icdmapper.model.codes import CodeKind
from icdmapper.model.mapping import Relation, State
from icdmapper.model.releases import ReleasedMapping, ReleasedTarget
from icdmapper.upload import synthetic
from icdmapper.upload.dbf import write_dbf
from icdmapper.upload.dictionary import Dictionary
from icdmapper.upload.invented.lists import ListedCode
from icdmapper.upload.layouts import DBF, code_slots, layout
from icdmapper.upload.packages import VerifiedRelease, release_for
from icdmapper.upload.tidying import tidy
from icdmapper.upload.translation import KIND_OF, translate
from icdmapper.upload.validation import validate

STEPS = ("translate", "tidy", "validate", "write")
CHUNK, DETAILED = 2_000, 7
LOCAL_CODES = 30_000
PEER_RECORDS = 5_000
TODAY = date(2026, 4, 1)
LIMITS = {"speed": 5_000, "memory": 300}


def release() -> VerifiedRelease:
    """A release as long as a hospital's list: the demonstration sets, numbered on."""
    mappings = []
    for system, kinds in _KINDS.items():
        for row in _demonstration(system):
            kind = CodeKind.EXTERNAL_CAUSE if row["code"][0] in "VWXY" else kinds
            target = ReleasedTarget(row["code"], row["name"], system=system)
            mappings.append(_mapping(row["code"], f"{row['name']}（院内）", kind, target))
    for at in range(LOCAL_CODES - len(mappings)):
        like = mappings[at]
        mappings.append(_mapping(f"{like.code}#{at}", like.name, like.kind, like.targets[0]))
    return VerifiedRelease(
        1, "TEST0000000", date(2020, 1, 1), date(2030, 1, 1), False, "", tuple(mappings)
    )


def blocks(source: VerifiedRelease, records: int) -> Iterator[pd.DataFrame]:
    """Invented records in frames of at most CHUNK."""
    listed = [
        ListedCode(one.code, one.name, one.kind, 1.0)
        for one in source.mappings
        if "#" not in one.code and len(one.code) >= DETAILED
    ]
    # Inventing must not need more memory than what is measured.
    synthetic.BLOCK_RECORDS = CHUNK
    yield from synthetic.blocks(listed, synthetic.Wanted(date(2026, 3, 1), 31, records, seed=6))


def figures(records: int) -> dict[str, float]:
    """Seconds of every step, records, bytes, and the peak of memory in MB."""
    source = release()
    dictionary = Dictionary.of([source])
    fields = layout(DBF).fields
    spent = dict.fromkeys((*STEPS, "cpu"), 0.0)
    done = {"records": 0, "held": 0, "bytes": 0}
    for chunk in blocks(source, records):
        translated = _timed(spent, "translate", lambda: translate(chunk, [source]))  # noqa: B023
        clean, _fixes = _timed(spent, "tidy", lambda: tidy(translated.table))  # noqa: B023
        _timed(
            spent, "validate",
            lambda: validate(clean, DBF, today=TODAY, dictionary=dictionary),  # noqa: B023
        )  # fmt: skip
        content = _timed(spent, "write", lambda: write_dbf(clean, fields, written_on=TODAY))  # noqa: B023
        done["records"] += len(chunk)
        done["held"] += translated.held_records
        done["bytes"] += len(content)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**spent, **done, "memory": peak, **_peer(source)}


def row_by_row(frame: pd.DataFrame, releases: list[VerifiedRelease]) -> list[dict[str, str]]:
    """The usual first choice: every record a dictionary, every code looked up one after another."""
    tables = {
        one.version: {(m.kind, m.code): m.targets[0] for m in one.mappings} for one in releases
    }
    sent = []
    for row in frame.to_dict("records"):
        used = release_for(releases, date.fromisoformat(row["P25"][:10]))
        if used is None:
            continue
        for slot in code_slots():
            code = row[slot.code].strip()
            if not code:
                continue
            kind = KIND_OF.get(slot.purpose, CodeKind.DIAGNOSIS)
            target = tables[used.version].get((kind, code))
            if target is None:
                break
            row[slot.code], row[slot.name] = target.code, target.name
        else:
            seen = {row["P321"]}
            groups = [one for one in code_slots() if one.purpose.value == "dx_other"]
            kept = []
            for slot in groups:
                if row[slot.code] and row[slot.code] not in seen:
                    seen.add(row[slot.code])
                    kept.append([row[name] for name in slot.members])
            kept += [[""] * 4] * (len(groups) - len(kept))
            for slot, values in zip(groups, kept, strict=True):
                row.update(zip(slot.members, values, strict=True))
            sent.append(row)
    return sent


def entries(measured: dict[str, float]) -> list[dict[str, Any]]:
    """The figures as lines of the benchmark report."""
    whole = sum(measured[step] for step in STEPS)
    speed = measured["records"] / whole
    peer = measured["peer"]
    lines: list[tuple[str, float, str, float | None, str]] = [
        ("upload: translate, validate and write DBF", speed, "/s", LIMITS["speed"], "higher"),
        (
            "upload: the same per second of one processor",
            measured["records"] / measured["cpu"],
            "/s",
            None,
            "higher",
        ),
        ("upload: peak memory", measured["memory"], "MB", LIMITS["memory"], "lower"),
    ]
    for step in STEPS:
        lines.append(
            (f"upload: {step}", measured["records"] / measured[step], "/s", None, "higher")
        )
    made = [
        {"name": f"{name}, {measured['records']:,.0f} records", "value": round(value, 1),
         "unit": unit, "limit": limit, "direction": direction, "peer": None, "ratio": None}
        for name, value, unit, limit, direction in lines
    ]  # fmt: skip
    made.append(
        {"name": "upload: translate, the same records as the peer",
         "value": round(measured["ours"]), "unit": "/s", "limit": None, "direction": "higher",
         "peer": f"plain Python, row by row: {peer:,.0f}/s",
         "ratio": round(measured["ours"] / peer, 2)}
    )  # fmt: skip
    return made


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    measured = figures(arguments.records)
    found = entries(measured)
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    for one in found:
        sign = 1 if one["direction"] == "lower" else -1
        over = one["limit"] is not None and sign * one["value"] > sign * one["limit"]
        ratio = f"{one['ratio']}x of {one['peer']}" if one["ratio"] else ""
        limit = "" if one["limit"] is None else f"limit {one['limit']:g}"
        print(
            f"{one['name']:<66} {one['value']:>10,} {one['unit']:<3} {limit:<12}"
            f"{'OVER ' if over else ''}{ratio}".rstrip()
        )
    print(f"held {measured['held']:,.0f}, DBF {measured['bytes'] / 2**20:,.0f} MB")
    return 0


_KINDS = {
    "RC020": CodeKind.DIAGNOSIS, "RC021": CodeKind.MORPHOLOGY, "RC022": CodeKind.PROCEDURE,
}  # fmt: skip


def _peer(source: VerifiedRelease) -> dict[str, float]:
    """Both ways over the same records, which must agree."""
    frame = pd.concat(list(blocks(source, PEER_RECORDS)), ignore_index=True)
    started = time.perf_counter()
    plain = row_by_row(frame, [source])
    between = time.perf_counter()
    ours = translate(frame, [source]).frame
    ended = time.perf_counter()
    if ours.to_dict("records") != plain:
        raise SystemExit("the two translations differ")
    return {
        "peer": len(frame) / (between - started),
        "ours": len(frame) / (ended - between),
    }


def _timed(spent: dict[str, float], step: str, work: Callable[[], Any]) -> Any:
    started, busy = time.perf_counter(), time.process_time()
    found = work()
    spent[step] += time.perf_counter() - started
    spent["cpu"] += time.process_time() - busy
    return found


def _mapping(code: str, name: str, kind: CodeKind, target: ReleasedTarget) -> ReleasedMapping:
    return ReleasedMapping(code, name, kind, State.CHECKED, Relation.EQUIVALENT, (target,))


def _demonstration(system: str) -> list[dict[str, str]]:
    file = next((ROOT / "reference_codes" / system).glob("*/codes.csv"))
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


if __name__ == "__main__":
    sys.exit(main())
