"""From scored pairs to what a coder sees: candidates with reasons, relation and safety."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from icdmapper.matching.index import Floats, Ints
from icdmapper.matching.reasons import Entry, Plan, ReasonWriter, plan
from icdmapper.matching.relation import propose_relation
from icdmapper.matching.rules import Finding, safe
from icdmapper.matching.shelf import Asked, Pairs, Shelf
from icdmapper.model import names
from icdmapper.model.proposals import Candidate, Proposal

_SAME_NAME = 0.999


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
    order = np.lexsort((pairs.targets, -pairs.raw, -liking, -exact, keys))
    firsts = order[np.flatnonzero(np.diff(keys[order], prepend=-1))]
    _, group = np.unique(keys, return_inverse=True)
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
    scores = np.where(exact[picked] > 0, np.maximum(scores, 0.99), np.minimum(scores, 0.98))
    return Chosen(picked, counts.astype(np.int32), exact[picked], scores.astype(np.float32))


def _likely(raw: Floats, rows: Ints) -> Floats:
    """The raw scores of each local name as shares that add up to one."""
    if not len(rows):
        return raw
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    group = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(rows)))
    weight = np.exp(raw - np.maximum.reduceat(raw, starts)[group])
    return np.asarray(weight / np.add.reduceat(weight, starts)[group], dtype=np.float32)


def proposals(
    shelf: Shelf,
    asked: Asked,
    pairs: Pairs,
    chosen: Chosen,
    local_ids: Sequence[int],
    endings: Sequence[str] = (),
) -> list[Proposal]:
    """The chosen pairs as proposals, in the order of the local names.

    With `endings`, one per local name, only candidates whose codes end so are written out.
    """
    writer = ReasonWriter(shelf, asked, pairs)
    numbers: list[int] = chosen.pairs.tolist()
    targets: list[int] = pairs.targets[chosen.pairs].tolist()
    scores: list[float] = np.round(chosen.scores.astype(np.float64), 4).tolist()
    width = pairs.outcomes.shape[1]
    patterns = pairs.outcomes[chosen.pairs].tobytes()
    answers: list[Proposal] = []
    at = 0
    for row, (local_id, count) in enumerate(zip(local_ids, chosen.counts.tolist(), strict=True)):
        here: Sequence[int] = range(at, at + count)
        at += count
        if endings:
            ending = endings[row]
            here = [k for k in here if shelf.code_of(targets[k]).endswith(ending)]
        candidates = tuple(
            _candidate(
                shelf,
                writer,
                (numbers[k], row, targets[k]),
                scores[k],
                plan(patterns[k * width : (k + 1) * width]),
            )
            for k in here
        )
        bulk = (
            bool(here)
            and not endings
            and _safe(shelf, writer, row, [numbers[k] for k in here], candidates[0])
        )
        # What only heads others can be no answer: it stays in sight, after the entries.
        bulk = bulk and not candidates[0].heading
        ordered = tuple(sorted(candidates, key=lambda one: one.heading))
        answers.append(Proposal(local_id, ordered, safe=bulk))
    return answers


def _candidate(
    shelf: Shelf, writer: ReasonWriter, where: tuple[int, int, int], score: float, shown: Plan
) -> Candidate:
    """One candidate; `where` is its pair, local row and shelf row."""
    _, row, target = where
    reference = shelf.reference_of(target)
    wording = shelf.wording_of(target)
    entry = Entry(wording, shown, shelf.names.slots, shelf.text_of[target])
    if wording.standard == writer.local(row).standard:
        entry = writer.with_notes(row, target, entry)
    reasons, contradictions = writer.write(where, entry)
    return Candidate(
        reference.id,
        reference.code,
        reference.name,
        score,
        propose_relation(writer.local(row), entry.wording, entry.plan),
        reasons,
        contradictions,
        reference.heading,
    )


def _safe(
    shelf: Shelf, writer: ReasonWriter, row: int, listed: Sequence[int], candidate: Candidate
) -> bool:
    """Whether the first of the listed pairs may be accepted in bulk."""
    local = writer.local(row)
    first = shelf.wording_of(writer.target(listed[0]))
    if local.standard != first.standard or names.doubtful(local.plain):
        return False
    standards, text_of = shelf.names.standards, shelf.text_of
    others = (standards[text_of[writer.target(pair)]] for pair in listed[1:])
    return safe(
        Finding(
            candidate,
            local,
            first,
            plan(writer.outcomes(listed[0])).differs,
            writer.code_agrees(listed[0]),
            any(other == local.standard for other in others),
        )
    )
