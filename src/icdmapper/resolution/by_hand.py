"""Entries a person found by hand: how they stand to the local name, as far as names tell. Pure."""

from __future__ import annotations

import re

from icdmapper.model.codes import ReferenceCode
from icdmapper.model.mapping import Relation
from icdmapper.model.names import normalise, residual
from icdmapper.model.proposals import Candidate

_EMPTY = frozenset("的和与及或伴有性病症术者型类部位疾患,;:.()[]+-/*")
"""Characters that tell nothing apart, so that 阿米巴病 is the wider of 阿米巴性心包炎."""
_ADDED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
"""What stands in brackets is another name of the same, or where it is coded elsewhere."""


def found_by_hand(reference: ReferenceCode, local_name: str) -> Candidate:
    """A candidate for an entry that nothing proposed.

    The relation is what the two names say: one that holds all of the other and more is finer.
    Where each has something of its own they overlap, until the person says more.
    """
    return Candidate(
        reference.id,
        reference.code,
        reference.name,
        0.0,
        _relation(normalise(local_name), normalise(reference.name)),
        heading=reference.heading,
    )


def _relation(local: str, reference: str) -> Relation:
    if local == reference or _plain(local) == _plain(reference):
        return Relation.EQUIVALENT
    if residual(reference) and not residual(local):
        # A residual entry takes in everything that has no place of its own.
        return Relation.LOCAL_FINER
    mine, theirs = _meaning(local), _meaning(reference)
    if not mine or not theirs:
        return Relation.OVERLAP
    if _holds(mine, theirs):
        return Relation.LOCAL_FINER
    return Relation.LOCAL_COARSER if _holds(theirs, mine) else Relation.OVERLAP


def _plain(name: str) -> str:
    return _ADDED.sub("", name)


def _meaning(name: str) -> str:
    return "".join(one for one in _plain(name) if one not in _EMPTY)


def _holds(longer: str, shorter: str) -> bool:
    """Whether the characters of the shorter name occur in the longer one, in their order."""
    rest = iter(longer)
    return len(longer) > len(shorter) and all(one in rest for one in shorter)
