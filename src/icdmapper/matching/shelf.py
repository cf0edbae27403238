"""One reference set on the shelf: its names indexed, its codes placed, ready to rank."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from icdmapper.matching import index
from icdmapper.matching.knowledge import Knowledge
from icdmapper.model import icd
from icdmapper.model.codes import ReferenceCode
from icdmapper.model.icd import Level
from icdmapper.model.mapping import Relation
from icdmapper.model.names import normalise
from icdmapper.model.proposals import Candidate, Proposal, Reason, ReasonKind

_SAME_CATEGORY = 0.3
_SAME_SUBCATEGORY = 0.3
_EXACT = 2.0
"""Added to the score of an equal name, so that nothing can stand before it."""


class Shelf:
    """The entries of one set (or of all sets), one per distinct name and place."""

    def __init__(self, references: Sequence[ReferenceCode], knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        groups: dict[str, list[ReferenceCode]] = {}
        for reference in sorted(references, key=_preference):
            groups.setdefault(reference.name.strip(), []).append(reference)
        self._groups = list(groups.values())
        self._plain = [normalise(name) for name in groups]
        self._space = index.GramSpace.learn(self._plain, index.characters)
        self._places: dict[str, int] = {}
        matrix = self._space.encode(self._plain)
        matrix = index.scale_rows(matrix, 1 / index.row_norms(matrix))
        places = self._place_rows([[r.code for r in group] for group in self._groups], learn=True)
        self._targets = sp.hstack([matrix, places]).T.tocsr().astype(np.float32)

    def ask(self, queries: Sequence[tuple[int, str, str]], limit: int) -> list[Proposal]:
        """A proposal for each (local id, code, name)."""
        plain = [normalise(name) for _, _, name in queries]
        matrix = self._space.encode(plain)
        matrix = index.scale_rows(matrix, 1 / index.row_norms(matrix))
        places = self._place_rows([[code] for _, code, _ in queries], learn=False)
        rows, found, similar = index.nearest(
            sp.hstack([matrix, places]).tocsr(), self._targets, max(50, limit)
        )
        exact = np.asarray(
            [plain[row] == self._plain[name] for row, name in zip(rows, found, strict=True)]
        )
        score = similar + _EXACT * exact
        order = np.lexsort((found, -score, rows))
        proposals: list[list[Candidate]] = [[] for _ in queries]
        for at in order:
            row = int(rows[at])
            if len(proposals[row]) < limit:
                candidate = self._candidate(
                    queries[row][1], int(found[at]), float(score[at]), same=bool(exact[at])
                )
                proposals[row].append(candidate)
        return [
            Proposal(local_id, tuple(candidates), safe=_safe(candidates))
            for (local_id, _, _), candidates in zip(queries, proposals, strict=True)
        ]

    def _candidate(self, code: str, name: int, score: float, *, same: bool) -> Candidate:
        shape = icd.parse(code) if code else None
        group = self._groups[name]
        best = max(group, key=lambda reference: _agreement(shape, reference))
        reasons = [Reason(ReasonKind.SAME_NAME if same else ReasonKind.SIMILAR_NAME)]
        if shape is not None:
            agrees = _agreement(shape, best) > 0
            kind = ReasonKind.CODE_AGREES if agrees else ReasonKind.CODE_DISAGREES
            reasons.append(Reason(kind, local=shape.canonical, reference=best.canonical))
        calibrated = 1.0 if same else min(0.95, score / 1.6)
        relation = Relation.EQUIVALENT if same else Relation.OVERLAP
        return Candidate(best.id, best.code, best.name, calibrated, relation, tuple(reasons))

    def _place_rows(self, codes: Sequence[Sequence[str]], *, learn: bool) -> sp.csr_matrix:
        """Category and subcategory of each row's codes as columns, so that one product adds them."""
        found: list[set[int]] = []
        for row in codes:
            here: set[int] = set()
            for code in row:
                shape = icd.parse(code) if code else None
                if shape is None:
                    continue
                for place in {f"3:{shape.category}", f"4:{shape.subcategory}"}:
                    if learn:
                        here.add(self._places.setdefault(place, len(self._places)))
                    elif place in self._places:
                        here.add(self._places[place])
            found.append(here)
        indices = np.asarray([place for here in found for place in sorted(here)], dtype=np.int32)
        starts = np.cumsum([0, *(len(here) for here in found)])
        weight = 1.0 if learn else _SAME_CATEGORY
        data = np.full(len(indices), weight, dtype=np.float32)
        return sp.csr_matrix((data, indices, starts), shape=(len(codes), len(self._places)))


def _preference(reference: ReferenceCode) -> tuple[bool, str]:
    shape = icd.parse(reference.code)
    return (shape is None or shape.level is not Level.ENTRY, reference.canonical)


def _agreement(shape: icd.CodeShape | None, reference: ReferenceCode) -> int:
    other = icd.parse(reference.code)
    if shape is None or other is None:
        return 0
    return (shape.category == other.category) + (shape.subcategory == other.subcategory)


def _safe(candidates: Sequence[Candidate]) -> bool:
    if not candidates or candidates[0].reasons[0].kind is not ReasonKind.SAME_NAME:
        return False
    shape = icd.parse(candidates[0].code)
    return shape is not None and shape.reportable
