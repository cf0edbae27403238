"""What belongs beside the main target: a tumour's morphology, a pair's other half, a cause."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace

from icdmapper.matching.shelf import Shelf
from icdmapper.model import icd
from icdmapper.model.mapping import Relation
from icdmapper.model.proposals import Candidate, Proposal, Reason, ReasonKind

_MOST = 3
_LEAST = 0.05
_LEAST_OVERLAP = 0.5
"""A morphology that says something else as well is shown only when it is likely all the same."""
_STATED = re.compile(r"M\d{4,6}/\d{1,2}")
_BEHAVIOURS = (
    (re.compile(r"C7[789]|C80"), "6"),
    (re.compile(r"C\d\d"), "3"),
    (re.compile(r"D0\d"), "2"),
    (re.compile(r"D[12]\d|D3[0-6]"), "0"),
    (re.compile(r"D3[7-9]|D4[0-8]"), "1"),
)


def behaviour_of(code: str) -> str:
    """The behaviour digit that the place of a diagnosis code demands, "" outside neoplasms."""
    for place, digit in _BEHAVIOURS:
        if place.match(code.upper()):
            return digit
    return ""


def stated(name: str) -> str:
    """The morphology code that a name carries along (M80000/1); "" when it carries none."""
    found = _STATED.search(unicodedata.normalize("NFKC", name).upper())
    return found.group() if found else ""


def morphology(
    proposals: Sequence[Proposal],
    names: Sequence[str],
    ask: Callable[[Sequence[int], Sequence[str]], Sequence[Proposal]],
) -> list[Proposal]:
    """Proposals with the morphology entries that fit beside a neoplasm.

    `ask` answers for the rows at the given places from the morphology set; only entries whose
    codes end as wanted need be among its answers. Which tissue it is only the name knows: an entry
    that says more than the name is shown where the name's own morphology code says so too.
    """
    tumours = [
        at
        for at, proposal in enumerate(proposals)
        if proposal.candidates and behaviour_of(proposal.candidates[0].code)
    ]
    found = list(proposals)
    if not tumours:
        return found
    endings = [f"/{behaviour_of(found[at].candidates[0].code)}" for at in tumours]
    for at, ending, answer in zip(tumours, endings, ask(tumours, endings), strict=True):
        fitting = [one for one in answer.candidates if one.code.endswith(ending)]
        found[at] = _with(found[at], _chosen(fitting, stated(names[at]))[:_MOST])
    return found


def _chosen(fitting: Sequence[Candidate], code: str) -> list[Candidate]:
    """The same tissue by name; then what the name's own code says, or else what is likely."""
    likely = [one for one in fitting if _is_likely(one)]
    same = [one for one in likely if one.relation is Relation.EQUIVALENT]
    histology = _histology(code)
    so_stated = [one for one in fitting if histology and _histology(one.code) == histology]
    # Of an entry's own subdivisions the name may speak of none.
    so_stated.sort(key=lambda one: one not in likely)
    return list(dict.fromkeys([*same, *(so_stated or likely)]))


def _histology(code: str) -> str:
    """The four digits and the behaviour; editions count their entries below it each in its way."""
    shape = icd.parse(code)
    return shape.subcategory if shape else ""


def _is_likely(candidate: Candidate) -> bool:
    if candidate.contradictions or candidate.relation is Relation.LOCAL_COARSER:
        return False
    least = _LEAST_OVERLAP if candidate.relation is Relation.OVERLAP else _LEAST
    return candidate.score >= least


def paired(proposal: Proposal, attached_code: str, shelf: Shelf) -> Proposal:
    """A proposal with the other half of a code pair."""
    if not proposal.candidates:
        return proposal
    first = proposal.candidates[0]
    codes = [attached_code]
    shape = icd.parse(first.code)
    if shape is not None:
        codes.append(shape.partner)
    numbers = [number for code in codes if code for number in shelf.with_code(code)]
    extra = [
        _candidate(shelf, number)
        for number in dict.fromkeys(numbers)
        if shelf.references[number].id != first.reference_id
    ]
    return _with(proposal, extra[:_MOST])


def _candidate(shelf: Shelf, number: int) -> Candidate:
    entry = shelf.references[number]
    reason = Reason(ReasonKind.SAME_NAME, "", "", entry.name)
    return Candidate(entry.id, entry.code, entry.name, 0.5, Relation.OVERLAP, (reason,))


def _with(proposal: Proposal, more: Sequence[Candidate]) -> Proposal:
    return replace(proposal, companions=(*proposal.companions, *more)) if more else proposal


def external(proposal: Proposal, code: str) -> Proposal:
    """A diagnosis with the external cause that its name says as well.

    杜冷丁自杀 under T40 is 杜冷丁中毒, and the cause X62.991 杜冷丁自杀 beside it.
    """
    if not code or icd.is_external(code.upper()):
        return proposal
    there = {one.reference_id for one in proposal.companions}
    causes = [
        one
        for one in proposal.candidates
        if icd.is_external(one.code)
        and one.relation is Relation.EQUIVALENT
        and one.reference_id not in there
    ]
    return _with(proposal, causes[:1])
