"""From scored pairs to what a coder sees: candidates with reasons, relation and safety."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from icdmapper.matching.index import Floats, Ints
from icdmapper.matching.reasons import ReasonWriter
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
    shelf: Shelf, asked: Asked, pairs: Pairs, chosen: Chosen, local_ids: Sequence[int]
) -> list[Proposal]:
    """The chosen pairs as proposals, in the order of the local names."""
    writer = ReasonWriter(shelf, asked, pairs)
    answers: list[Proposal] = []
    at = 0
    for row, local_id in enumerate(local_ids):
        end = at + int(chosen.counts[row])
        local = asked.measured.wordings[row]
        findings = [
            _finding(shelf, pairs, writer, int(chosen.pairs[k]), float(chosen.scores[k]), row)
            for k in range(at, end)
        ]
        doubtful = names.doubtful(local.plain)
        answers.append(
            Proposal(
                local_id,
                tuple(finding.candidate for finding in findings),
                safe=not doubtful and safe(findings),
            )
        )
        at = end
    return answers


def _finding(
    shelf: Shelf, pairs: Pairs, writer: ReasonWriter, pair: int, score: float, row: int
) -> Finding:
    target = int(pairs.targets[pair])
    reference = shelf.reference_of(target)
    local, other = writer.local(row), shelf.wording_of(target)
    outcomes = pairs.outcomes[pair].tolist()
    reasons, contradictions = writer.write(pair, row, target, outcomes)
    candidate = Candidate(
        reference.id,
        reference.code,
        reference.name,
        round(score, 4),
        propose_relation(local, other, outcomes),
        reasons,
        contradictions,
    )
    return Finding(candidate, local, other, tuple(outcomes), bool(writer.code_agrees(pair)))
