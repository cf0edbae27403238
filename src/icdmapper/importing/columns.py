"""Guess what each column is for, from its title and from what it holds; pure.

The guess fills the preview; the person confirms or changes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from icdmapper.importing.roles import ColumnRole, role_of_title
from icdmapper.model import icd

__all__ = ["OPERATION_KINDS", "ColumnRole", "guess_roles"]

OPERATION_KINDS = frozenset({"手术", "治疗性操作", "诊断性操作", "介入治疗"})

_SAMPLE = 400
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SEXES = frozenset({"男", "女", "不限", "男女", "全部", "通用", "未知"})
_CATEGORY_LETTERS = frozenset("DYMSBZ")
# A column of codes may hold category rows, section titles and dirt, but is codes in the main.
_MOSTLY = 0.5
# One role may be held by one column only; notes and ignored columns may be many.
_REPEATABLE = frozenset({ColumnRole.NOTE, ColumnRole.IGNORE})


def guess_roles(
    header: Sequence[str], sample_rows: Sequence[Sequence[str]]
) -> tuple[ColumnRole, ...]:
    """One role per column of `header`; the first column that claims a role gets it."""
    columns = [_column(sample_rows[:_SAMPLE], index) for index in range(len(header))]
    claims = [
        _by_title_and_content(role_of_title(title), cells)
        for title, cells in zip(header, columns, strict=True)
    ]
    roles = _first_come(claims)
    _supply(roles, columns, ColumnRole.CODE, _share_of_codes, refuse=_MOSTLY)
    _supply(roles, columns, ColumnRole.NAME, _share_of_distinct_names, refuse=_MOSTLY)
    return tuple(role or ColumnRole.IGNORE for role in roles)


def _column(rows: Sequence[Sequence[str]], index: int) -> list[str]:
    cells = (row[index].strip() for row in rows if index < len(row))
    return [cell for cell in cells if cell]


def _by_title_and_content(role: ColumnRole | None, cells: list[str]) -> ColumnRole | None:
    """The title's role, unless what the column holds speaks against it."""
    if not cells:
        return role
    values = set(cells)
    if role in {ColumnRole.CATEGORY, ColumnRole.OPERATION_KIND} and values <= OPERATION_KINDS:
        return ColumnRole.OPERATION_KIND
    if role is ColumnRole.CODE and _share_of_names(cells) > 0.9 and not _share_of_codes(cells):
        return ColumnRole.NAME
    if role is ColumnRole.NAME and _share_of_codes(cells) > 0.9:
        return ColumnRole.CODE
    if role is None:
        return _by_content(values)
    return role


def _by_content(values: set[str]) -> ColumnRole | None:
    if values <= OPERATION_KINDS:
        return ColumnRole.OPERATION_KIND
    if values <= _SEXES and values & {"男", "女"}:
        return ColumnRole.SEX
    if len(values) > 1 and values <= _CATEGORY_LETTERS:
        return ColumnRole.CATEGORY
    return None


def _first_come(claims: Sequence[ColumnRole | None]) -> list[ColumnRole | None]:
    taken: set[ColumnRole] = set()
    roles: list[ColumnRole | None] = []
    for claim in claims:
        if claim is None or (claim in taken and claim not in _REPEATABLE):
            # A second "name" is another list's name, not a column to guess anew.
            roles.append(None if claim is None else ColumnRole.IGNORE)
            continue
        taken.add(claim)
        roles.append(claim)
    return roles


def _supply(
    roles: list[ColumnRole | None],
    columns: Sequence[list[str]],
    wanted: ColumnRole,
    share: Callable[[Sequence[str]], float],
    *,
    refuse: float,
) -> None:
    """Give `wanted` to the untitled column that holds the most of it, if no title claimed it."""
    if wanted in roles:
        return
    shares = [
        (share(cells), -index)
        for index, (role, cells) in enumerate(zip(roles, columns, strict=True))
        if role is None
    ]
    if shares and max(shares)[0] > refuse:
        roles[-max(shares)[1]] = wanted


def _share_of_codes(cells: Sequence[str]) -> float:
    # Bare numbers have the shape of procedure categories but are ages, counts and serial numbers.
    codes = sum(not cell.isdigit() and icd.parse(cell) is not None for cell in cells)
    return codes / len(cells) if cells else 0.0


def _share_of_names(cells: Sequence[str]) -> float:
    names = sum(_CHINESE.search(cell) is not None for cell in cells)
    return names / len(cells) if cells else 0.0


def _share_of_distinct_names(cells: Sequence[str]) -> float:
    """Names seldom repeat, while departments, chapters and categories do."""
    distinct = len(set(cells)) / len(cells) if cells else 0.0
    return _share_of_names(cells) * distinct
