"""Find the row of column titles, and say what a title means; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from icdmapper.importing.roles import role_of_title
from icdmapper.model import icd

_LOOK_AT = 15
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_ ]{0,40}")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def find_header(rows: Sequence[Sequence[str]]) -> int | None:
    """The index of the row of titles among the first rows of a table, None when there is none.

    A line or two of heading may stand above it. A row with a code in it is data, and so is
    everything below it.
    """
    best, most = None, 0
    for index, row in enumerate(rows[:_LOOK_AT]):
        cells = [cell.strip() for cell in row if cell.strip()]
        if any(_is_code(cell) for cell in cells):
            break
        known = sum(role_of_title(cell) is not None for cell in cells)
        # A heading such as "手术编码" reads like a title too; the last row of the most titles wins.
        if known and known * 2 >= len(cells) and known >= most:
            best, most = index, known
    if best is None and rows and _looks_like_identifiers(rows):
        return 0
    return best


def _is_code(cell: str) -> bool:
    # Two digits alone are a procedure category, but also a serial number or an age.
    return not cell.isdigit() and icd.parse(cell) is not None


def _looks_like_identifiers(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row reads `text,gold` while the rows below are Chinese or numbers."""
    first = [cell.strip() for cell in rows[0]]
    below = [cell for row in rows[1:_LOOK_AT] for cell in row]
    return (
        bool(below)
        and all(_IDENTIFIER.fullmatch(cell) for cell in first if cell)
        and any(first)
        and any(_CHINESE.search(cell) for cell in below)
        and not any(cell in first for cell in below if cell)
    )
