"""From scored pairs to what a coder sees: candidates with reasons, relation and safety."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from icdmapper.matching.entries import Head
from icdmapper.matching.index import Floats, Ints, Runs, grouped
from icdmapper.matching.questions import Query
from icdmapper.matching.reasons import ReasonWriter
from icdmapper.matching.relation import other_kind, propose_relation, same_words, unspecified
from icdmapper.matching.rules import Finding, alike, safe
from icdmapper.matching.shelf import Asked, Pairs, Shelf
from icdmapper.model import names
from icdmapper.model.codes import CodeKind, CodeSystem
from icdmapper.model.icd import is_external
from icdmapper.model.mapping import Relation
from icdmapper.model.proposals import Candidate, Proposal

_SAME_NAME = 0.999
_BARE = np.float32(0.4)
"""How exact a name is that equals the entry's but for what writers add around it: less than the
same name that was decided before (0.5), more than any other."""
_BARE_SCORE = 0.9
"""A little less sure than an equal name."""
_SAME_MEANING = 0.93
"""Of the first candidates that are the local name but for two-way aliases, so many were right.

0.922 of 281 on the tune parts (`python -m benchmarks.calibration`); the trees, which know no
aliases, doubt them.
"""


@dataclass(frozen=True)
class Chosen:
    """The best pair of every local name and distinct reference name, best first."""

    pairs: Ints
    counts: Ints
    exact: Floats
    scores: Floats


def choose(shelf: Shelf, asked: Asked, pairs: Pairs, limit: int) -> Chosen:
    """One pair per distinct reference name, ordered, at most `limit` for each local name."""
    plain = shelf.plain_numbers(asked.measured)
    exact = (plain[pairs.rows] == shelf.plain[pairs.targets]).astype(np.float32)
    # Nothing but a stray code, a number or a sign stands beside the same name.
    same_core = pairs.columns["same_core"] * (1 - pairs.columns["is_variant"])
    exact = np.maximum(exact, same_core * _BARE)
    if "memory_same" in pairs.columns:
        # The same local name was decided before; only an equal entry name stands above that.
        refused = pairs.columns["memory_refused"] > _SAME_NAME
        exact = np.maximum(exact, pairs.columns["memory_same"] / 2)
        exact[refused] = -1
    name = shelf.name[shelf.owner[pairs.targets]]
    keys = pairs.rows.astype(np.int64) << 32 | name
    # Within one name the entry comes before its category row, the one of the same place first.
    columns = pairs.columns
    liking = columns["is_entry"] * 4 + columns["same_subcategory"] * 2 + columns["same_category"]
    # Of an equal name its whole wording, not what is left of it without brackets.
    whole = np.where(exact >= 1, exact + 1 - columns["is_variant"], exact)
    order = np.lexsort((pairs.targets, -pairs.raw, -liking, -whole, keys))
    firsts = order[Runs(keys[order]).starts]
    group = grouped(keys)[1]
    best = np.full(len(firsts), -np.inf, dtype=np.float32)
    np.maximum.at(best, group, pairs.raw)
    ranked = np.lexsort((pairs.targets[firsts], -best, -exact[firsts], pairs.rows[firsts]))
    rows = pairs.rows[firsts][ranked]
    starts = np.searchsorted(rows, np.arange(len(asked.measured.wordings) + 1))
    place = np.arange(len(rows)) - starts[rows]
    kept = place < limit
    counts = np.bincount(rows[kept], minlength=len(asked.measured.wordings))
    picked = firsts[ranked][kept].astype(np.int32)
    scores = pairs.ranking.share(_likely(best[ranked], rows)[kept])
    equal, bare = exact[picked] > _BARE, exact[picked] == _BARE
    others = np.clip(scores, np.where(bare, _BARE_SCORE, 0), 0.98)
    scores = np.where(equal, np.maximum(scores, 0.99), others)
    return Chosen(picked, counts.astype(np.int32), exact[picked], scores.astype(np.float32))


def _likely(raw: Floats, rows: Ints) -> Floats:
    """The raw scores of each local name as shares that add up to one."""
    if not len(rows):
        return raw
    runs = Runs(rows)
    weight = np.exp(raw - runs.best(raw))
    return np.asarray(weight / runs.together(weight), dtype=np.float32)


def proposals(
    shelf: Shelf,
    asked: Asked,
    pairs: Pairs,
    chosen: Chosen,
    queries: Sequence[Query],
    endings: Sequence[str] = (),
) -> list[Proposal]:
    """The chosen pairs as proposals, in the order of the local names.

    With `endings`, one per local name, only candidates whose codes end so are written out.
    """
    if endings:
        chosen = _ending_so(shelf, pairs, chosen, endings)
    writer = ReasonWriter(shelf, asked, pairs, chosen.pairs)
    rows = np.repeat(np.arange(len(chosen.counts)), chosen.counts).tolist()
    entries = shelf.heads_of(pairs.targets[chosen.pairs])
    scores: list[float] = np.round(chosen.scores.astype(np.float64), 4).tolist()
    candidates = [
        _candidate(writer, at, row, score, entry)
        for at, (row, score, entry) in enumerate(zip(rows, scores, entries, strict=True))
    ]
    answers: list[Proposal] = []
    end = 0
    for row, (query, count) in enumerate(zip(queries, chosen.counts.tolist(), strict=True)):
        start, end = end, end + count
        here = candidates[start:end]
        # What can be no answer stays in sight, after the entries that can.
        barred = [_is_barred(query, one) for one in here]
        lead = barred.index(False) if False in barred else None
        bulk = False
        if lead is not None:
            first = start + lead
            if chosen.exact[first] >= 0 and _is_same_meaning(writer, first, row, here[lead]):
                here[lead] = _at_least(here[lead], _SAME_MEANING)
            others = [start + at for at in range(lead + 1, count) if not barred[at]]
            refused = chosen.exact[first] < 0
            bulk = not (endings or refused) and _safe(writer, row, first, others, here[lead])
        if here and not chosen.exact[start] > 0:
            here = _meant_first(here, chosen.exact[start:end])
        here.sort(key=partial(_is_barred, query))
        answers.append(Proposal(query.local_id, tuple(here), safe=bulk))
    return answers


def _is_barred(query: Query, candidate: Candidate) -> bool:
    """Whether an entry can be no answer: it heads others, or is an external cause for a diagnosis
    or the reverse. Where kind and code do not both say which the local one is, either may be meant.
    """
    if candidate.heading:
        return True
    if query.kind is None or query.kind.system is not CodeSystem.RC020 or not query.code:
        return False
    external = query.kind is CodeKind.EXTERNAL_CAUSE
    if is_external(query.code.upper()) is not external:
        return False
    return is_external(candidate.code) is not external


def _meant_first(candidates: list[Candidate], exact: Floats) -> list[Candidate]:
    """The candidates, one that means the same before a first one that contradicts.

    A local code that points elsewhere may draw a neighbour before the entry that its name says:
    EB病毒肠炎 under B00.8 is A08.302 EB病毒性肠炎, not the 肝炎 that stands at B00.801. What people
    refused stays where it is, and nothing comes before the equal name or what they decided.
    """
    entries = [at for at, one in enumerate(candidates) if not one.heading]
    if not entries or not candidates[entries[0]].contradictions:
        return candidates
    for at in entries:
        one = candidates[at]
        same = one.relation is Relation.EQUIVALENT and not one.contradictions
        if same and exact[at] >= 0:
            return [one, *candidates[:at], *candidates[at + 1 :]]
    return candidates


def _ending_so(shelf: Shelf, pairs: Pairs, chosen: Chosen, endings: Sequence[str]) -> Chosen:
    """Those of the chosen pairs whose codes end as wanted for their local name."""
    rows = np.repeat(np.arange(len(chosen.counts)), chosen.counts)
    codes = (code for _, code, *_ in shelf.heads_of(pairs.targets[chosen.pairs]))
    kept = np.asarray(
        [code.endswith(endings[row]) for code, row in zip(codes, rows.tolist(), strict=True)],
        dtype=np.bool_,
    )
    counts = np.bincount(rows[kept], minlength=len(chosen.counts)).astype(np.int32)
    return Chosen(chosen.pairs[kept], counts, chosen.exact[kept], chosen.scores[kept])


def _candidate(writer: ReasonWriter, at: int, row: int, score: float, head: Head) -> Candidate:
    """The candidate of one chosen pair; `head` is what is shown of its entry."""
    reference_id, code, name, heading = head
    local = writer.local(row)
    entry = writer.entry(at)
    if alike(local, entry.wording):
        entry = writer.with_notes(row, name, entry)
    else:
        entry = writer.with_opposite(row, writer.whole(row, name, entry))
    reasons, contradictions = writer.write(at, row, entry)
    relation = propose_relation(local, entry.wording, entry.plan)
    if relation is Relation.EQUIVALENT and other_kind(local, name):
        relation = Relation.OVERLAP
    return Candidate(reference_id, code, name, score, relation, reasons, contradictions, heading)


def _is_same_meaning(writer: ReasonWriter, at: int, row: int, candidate: Candidate) -> bool:
    """Whether two-way aliases alone make one name of both, and nothing speaks against it."""
    local, reference = writer.local(row), writer.entry(at).wording
    same = candidate.relation is Relation.EQUIVALENT and (
        same_words(local, reference) or unspecified(local, reference)
    )
    doubted = candidate.heading or bool(candidate.contradictions) or not writer.code_agrees(at)
    return same and not doubted


def _at_least(candidate: Candidate, score: float) -> Candidate:
    return candidate if candidate.score >= score else replace(candidate, score=score)


def _safe(
    writer: ReasonWriter, row: int, at: int, others: Sequence[int], candidate: Candidate
) -> bool:
    """Whether the pair at a place may be accepted in bulk, with the entries after it in view."""
    local = writer.local(row)
    first = writer.entry(at)
    if not alike(local, first.wording) or names.doubtful(local.plain):
        return False
    if unspecified(local, first.wording) and not writer.known_place(at):
        # Several categories call their last entry by one name.
        return False
    return safe(
        Finding(
            candidate,
            local,
            first.wording,
            first.plan.differs,
            writer.code_agrees(at),
            writer.same_place(at),
            any(alike(local, writer.entry(other).wording) for other in others),
        )
    )
