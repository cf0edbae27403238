"""How a local name stands to a reference name: the proposed relation and what decides it."""

from __future__ import annotations

import re
from functools import lru_cache

from icdmapper.matching.reasons import Plan
from icdmapper.matching.wording import Wording
from icdmapper.model.mapping import Relation
from icdmapper.model.names import residual

_KEPT = 1024
"""The names of a block or two: remembering those of a whole run would cost megabytes."""
_EMPTY_CHARACTERS = frozenset("的和与及或伴有性病症术者型类")
_EMPTY_WORDS = re.compile("疾病|疾患|综合征|手术")


def propose_relation(local: Wording, reference: Wording, plan: Plan) -> Relation:
    """Read from local to reference: same meaning, finer, coarser, or crossing."""
    if local.strict == reference.strict or local.plain == reference.plain:
        return Relation.EQUIVALENT
    if plan.contradicts:
        return Relation.OVERLAP
    if residual(reference.plain) and not residual(local.plain):
        # A residual entry takes in everything that has no place of its own.
        return Relation.LOCAL_FINER
    more, less = plan.local_says_more, plan.local_says_less
    if local.standard == reference.standard:
        # One-way aliases led here, and what was written under them is finer than where they lead:
        # 囊肿切除 is one kind of 病损切除, and no kind of 肿瘤切除, which leads there as well.
        more |= local.strict != local.standard
        less |= reference.strict != reference.standard
    if not more and not less:
        more, less = _words_left(local.standard, reference.standard)
    if more and less:
        return Relation.OVERLAP
    if more:
        return Relation.LOCAL_FINER
    return Relation.LOCAL_COARSER if less else Relation.EQUIVALENT


@lru_cache(maxsize=_KEPT)
def words_of(name: str) -> frozenset[str]:
    """The characters of a standard wording that carry meaning."""
    return frozenset(_EMPTY_WORDS.sub("", name)) - _EMPTY_CHARACTERS


def _words_left(local: str, reference: str) -> tuple[bool, bool]:
    """Whether characters that carry meaning stand in one name only: (local, reference)."""
    mine, theirs = words_of(local), words_of(reference)
    return bool(mine - theirs), bool(theirs - mine)
