"""Codes and names that stand more than once in a list; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from icdmapper.importing.findings import SHOWN_ROWS, Findings
from icdmapper.model import icd
from icdmapper.model.codes import CodeSystem, NewCode, Side
from icdmapper.model.names import normalise
from icdmapper.model.problems import ProblemCode, Severity

Placed = tuple[int, NewCode]
"""A code with the index of its row in the table."""


def without_repeats(
    placed: Sequence[Placed], *, side: Side, column: int, findings: Findings
) -> list[Placed]:
    """Report repeated codes; keep them in a local list, keep the first in a reference set.

    A hospital may use one code for two names, and both must be mapped. In a reference set a code
    is the key: the same row again is left out, another name under the same code is an error.
    """
    first: dict[str, Placed] = {}
    names: defaultdict[str, dict[str, int]] = defaultdict(dict)
    kept: list[Placed] = []
    for index, code in placed:
        name = normalise(code.name)
        earlier = first.setdefault(code.canonical, (index, code))
        same = names[code.canonical].setdefault(name, code.row)
        if earlier[0] == index:
            kept.append((index, code))
            continue
        is_same_row = same != code.row
        findings.add(
            ProblemCode.DUPLICATE_ROW if is_same_row else ProblemCode.DUPLICATE_CODE,
            _severity(side, is_same_row=is_same_row),
            index,
            column,
            first_row=str(same if is_same_row else earlier[1].row),
            first_code=earlier[1].code,
            first_name=earlier[1].name,
            name=code.name,
        )
        if side is Side.LOCAL:
            kept.append((index, code))
    return kept


def report_shared_names(placed: Sequence[Placed], *, column: int, findings: Findings) -> None:
    """Note names that several codes share: one line each, and one for all harmless ones.

    A category often bears the name of its only entry; such pairs are counted together.
    """
    sharing: defaultdict[tuple[CodeSystem, str], list[Placed]] = defaultdict(list)
    for one in placed:
        # 原位癌 may be a diagnosis and a morphology; only within one set is it a question.
        sharing[one[1].kind.system, normalise(one[1].name)].append(one)
    for several in sharing.values():
        codes = list({code.canonical: (index, code) for index, code in several}.values())
        if len(codes) < 2:
            continue
        index = codes[0][0]
        if _one_family([code.canonical for _, code in codes]):
            findings.count(ProblemCode.NAME_SHARED_BY_FAMILY, Severity.NOTE, index, column)
            continue
        findings.add(
            ProblemCode.DUPLICATE_NAME,
            Severity.NOTE,
            index,
            column,
            count=str(len(codes)),
            rows=", ".join(str(code.row) for _, code in codes[:SHOWN_ROWS]),
            codes=", ".join(code.code for _, code in codes[:SHOWN_ROWS]),
            name=codes[0][1].name,
        )


def _severity(side: Side, *, is_same_row: bool) -> Severity:
    if side is Side.LOCAL:
        return Severity.WARNING
    return Severity.NOTE if is_same_row else Severity.ERROR


def _one_family(codes: Sequence[str]) -> bool:
    """Whether each code stands above or below another of them, or is the other half of a pair."""
    lines = [_line(code) for code in codes]
    return all(
        any(own is not other and (_above(own, other) or _above(other, own)) for other in lines)
        for own in lines
    )


def _above(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return one[0] in other or other[0].startswith(one[0])


def _line(code: str) -> tuple[str, ...]:
    """A code without its marks, followed by everything it belongs under."""
    shape = icd.parse(code)
    if shape is None:
        return (code,)
    bare = shape.canonical.replace(shape.partner, "") if shape.partner else shape.canonical
    partner = (shape.partner.rstrip("+*"),) if shape.partner else ()
    return (bare.rstrip("+*"), *shape.parents, *partner)
