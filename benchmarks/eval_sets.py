"""The team's own sets: near misses that must never be accepted in bulk, relations, queries."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from icdmapper.matching.engine import Matcher
from icdmapper.matching.knowledge import Knowledge
from icdmapper.matching.questions import Query
from icdmapper.model import icd
from icdmapper.model.codes import CodeKind, ReferenceCode

SETS = Path(__file__).parent / "sets"
DEMONSTRATION = Path(__file__).parents[1] / "reference_codes"
_CODE = {
    CodeKind.DIAGNOSIS: "A00.0",
    CodeKind.MORPHOLOGY: "M80000/3",
    CodeKind.PROCEDURE: "00.0101",
}

Figures = dict[str, float]


def measure(knowledge: Knowledge) -> Figures:
    """Every set that is there."""
    figures: Figures = {}
    for name, ask in (("near_miss", near_misses), ("relations", relations), ("queries", queries)):
        file = SETS / f"{name}.csv"
        if file.is_file():
            figures |= ask(_lines(file), knowledge)
    return figures


def near_misses(lines: list[dict[str, str]], knowledge: Knowledge) -> Figures:
    """How often a name that contradicts is offered for bulk acceptance, or not marked."""
    matcher = _matcher([(line["reference_name"], line["kind"]) for line in lines], knowledge)
    dangerous = unmarked = 0
    by_slot: Counter[str] = Counter()
    for number, line in enumerate(lines):
        proposal = matcher.propose(Query(number, "", line["local_name"], CodeKind(line["kind"])))
        for place, candidate in enumerate(proposal.candidates):
            if candidate.name != line["reference_name"]:
                continue
            dangerous += proposal.safe and place == 0
            if not candidate.contradictions:
                unmarked += 1
                by_slot[line["slot"]] += 1
    rate, marked = dangerous / len(lines), 1 - unmarked / len(lines)
    print(f"\nnear misses: {len(lines)} pairs, danger rate {rate:.4f}, marked {marked:.3f}")
    if by_slot:
        print(f"  not marked: {dict(by_slot)}")
    return {"danger rate": rate, "near misses marked": round(marked, 4)}


def relations(lines: list[dict[str, str]], knowledge: Knowledge, *, wrong: bool = False) -> Figures:
    """How often the proposed relation is the labelled one."""
    right = 0
    confused: Counter[str] = Counter()
    matcher = _matcher([(line["reference_name"], line["kind"]) for line in lines], knowledge)
    for number, line in enumerate(lines):
        said = _relation(matcher, number, line)
        right += said == line["relation"]
        if said != line["relation"]:
            confused[f"{line['relation']} as {said}"] += 1
            if wrong:
                print(
                    f"  {line['local_name']} -> {line['reference_name']}: {said}, not "
                    f"{line['relation']} ({line['why']})"
                )
    share = right / len(lines)
    print(f"relations: {len(lines)} pairs, right {share:.3f}")
    if confused:
        print(f"  {dict(confused.most_common())}")
    return {"relation right": round(share, 4)}


def _relation(matcher: Matcher, number: int, line: dict[str, str]) -> str:
    """What is proposed for the pair, however far down the list it stands."""
    query = Query(number, "", line["local_name"], CodeKind(line["kind"]))
    for candidate in matcher.propose(query, limit=400).candidates:
        if candidate.name == line["reference_name"]:
            return candidate.relation.name
    return "NO_COUNTERPART"


def queries(lines: list[dict[str, str]], knowledge: Knowledge) -> Figures:
    """Recall on the team's own questions against the demonstration sets and the answers."""
    entries = [
        (line["code"], line["name"])
        for file in sorted(DEMONSTRATION.glob("*/*/codes.csv"))
        for line in _lines(file)
    ]
    known = {name for _, name in entries}
    entries += [
        (line["answer_code"], line["answer_name"])
        for line in lines
        if line["answer_name"] not in known
    ]
    matcher = Matcher.of(_references(entries), knowledge)
    places = []
    for number, line in enumerate(lines):
        proposal = matcher.propose(Query(number, "", line["query"], CodeKind(line["kind"])))
        found = [candidate.name for candidate in proposal.candidates]
        places.append(found.index(line["answer_name"]) if line["answer_name"] in found else 99)
    first, tenth = (sum(place < depth for place in places) / len(places) for depth in (1, 10))
    print(f"own queries: {len(lines)}, R@1 {first:.3f}, R@10 {tenth:.3f}")
    return {"own queries R@1": round(first, 4), "own queries R@10": round(tenth, 4)}


def _matcher(names: list[tuple[str, str]], knowledge: Knowledge) -> Matcher:
    """A matcher over bare names, each under a code of its kind."""
    references = []
    for number, (name, kind) in enumerate(dict.fromkeys(names), start=1):
        prefix = _CODE[CodeKind(kind)]
        code = f"{prefix}{number:03d}" if "/" not in prefix else f"M8{number:03d}0/3"
        references.append(ReferenceCode(number, code, code, name, CodeKind(kind)))
    return Matcher.of(references, knowledge)


def _references(entries: list[tuple[str, str]]) -> list[ReferenceCode]:
    found = []
    for number, (code, name) in enumerate(entries, start=1):
        shape = icd.parse(code)
        kind = shape.kind if shape else CodeKind.DIAGNOSIS
        found.append(ReferenceCode(number, code, icd.canonical(code), name, kind))
    return found


def _lines(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))
