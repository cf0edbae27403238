"""How a local name stands to a reference name: the proposed relation and what decides it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from icdmapper.matching.slots import Outcome
from icdmapper.matching.wording import Wording
from icdmapper.model.mapping import Relation

_SAYS_MORE = frozenset({Outcome.MISSING_REFERENCE, Outcome.LOCAL_FINER})
_SAYS_LESS = frozenset({Outcome.MISSING_LOCAL, Outcome.REFERENCE_FINER})
_RESIDUAL = re.compile("其他|其它|未特指|未指明|未明示|不可归类")
_EMPTY_WORDS = re.compile("[的和与及或伴有性病症术者型类]|疾病|疾患|综合征|手术")


def propose_relation(local: Wording, reference: Wording, outcomes: Sequence[int]) -> Relation:
    """Read from local to reference: same meaning, finer, coarser, or crossing."""
    if local.strict == reference.strict or local.plain == reference.plain:
        return Relation.EQUIVALENT
    if Outcome.CONTRADICTS in outcomes:
        return Relation.OVERLAP
    more = any(outcome in _SAYS_MORE for outcome in outcomes)
    less = any(outcome in _SAYS_LESS for outcome in outcomes)
    if _RESIDUAL.search(reference.plain) and not _RESIDUAL.search(local.plain):
        # A residual entry takes in everything that has no place of its own.
        return Relation.LOCAL_FINER
    if local.standard == reference.standard:
        more = True
    if not more and not less:
        more, less = _words_left(local.standard, reference.standard)
    if more and less:
        return Relation.OVERLAP
    if more:
        return Relation.LOCAL_FINER
    return Relation.LOCAL_COARSER if less else Relation.EQUIVALENT


def _words_left(local: str, reference: str) -> tuple[bool, bool]:
    """Whether characters that carry meaning stand in one name only: (local, reference)."""
    mine = set(_EMPTY_WORDS.sub("", local))
    theirs = set(_EMPTY_WORDS.sub("", reference))
    return bool(mine - theirs), bool(theirs - mine)
