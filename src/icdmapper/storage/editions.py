"""A new edition takes over the entries of the one before it, which stays as it was.

An entry that goes on keeps its id through all editions, so that decisions, history, waivers and
refinements stay on it; what it was called before is copied into the edition that is replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, literal, select, update

from icdmapper.model.codes import CodeSet, NewCode, Side
from icdmapper.storage.code_sets import CodeSets, new_rows, put_in_use
from icdmapper.storage.tables import local_code, reference_code

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Placement:
    """A code of the new edition; `entry_id` is that of the entry it goes on from, if any."""

    code: NewCode
    initials: str
    entry_id: int | None = None


def wording_columns(table: Table) -> list[str]:
    """The columns that an edition says of an entry."""
    return [one.name for one in table.c if one.name not in ("id", "code_set_id", "wording_of")]


class Editions:
    """Successions of editions inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def succeed(
        self,
        replaced: CodeSet,
        description: CodeSet,
        placements: Sequence[Placement],
        *,
        unlisted: Sequence[int] = (),
    ) -> CodeSet:
        """Store `description` with its codes and put it in use in place of `replaced`.

        `unlisted` are entries that stay in use although the new source does not have them. All
        other entries of `replaced` stay there with their ids.
        """
        table = reference_code if description.side is Side.REFERENCE else local_code
        described = replace(description, replaced_id=replaced.id)
        set_id = put_in_use(self._connection, described, size=len(placements))
        going_on = [one.entry_id for one in placements if one.entry_id is not None]
        self._move([*going_on, *unlisted], table, set_id)
        self._keep_as_it_was(table, replaced.id, set_id)
        self._unlist(unlisted, table)
        rows = new_rows(
            set_id,
            description.side,
            [one.code for one in placements],
            [one.initials for one in placements],
        )
        changed, added = [], []
        for placement, row in zip(placements, rows, strict=True):
            if placement.entry_id is None:
                added.append(row)
            else:
                changed.append({**row, "entry_id": placement.entry_id})
        if changed:
            values: dict[str, Any] = {
                name: bindparam(name) for name in rows[0] if name != "code_set_id"
            }
            statement = update(table).where(table.c.id == bindparam("entry_id")).values(values)
            for one in changed:
                del one["code_set_id"]
            self._connection.execute(statement, changed)
        if added:
            self._connection.execute(insert(table), added)
        return CodeSets(self._connection).get(set_id)

    def _move(self, ids: Sequence[int], table: Table, set_id: int) -> None:
        for start in range(0, len(ids), _AT_ONCE):
            part = ids[start : start + _AT_ONCE]
            moved = update(table).where(table.c.id.in_(part)).values(code_set_id=set_id)
            self._connection.execute(moved)

    def _keep_as_it_was(self, table: Table, old_id: int, new_id: int) -> None:
        """Copies of the entries that moved, with ids of their own, in the set they came from."""
        names = wording_columns(table)
        moved: Any = select(literal(old_id), table.c.id, *(table.c[name] for name in names))
        moved = moved.where(table.c.code_set_id == new_id)
        into = ["code_set_id", "wording_of", *names]
        self._connection.execute(insert(table).from_select(into, moved))

    def _unlist(self, ids: Sequence[int], table: Table) -> None:
        for start in range(0, len(ids), _AT_ONCE):
            part = ids[start : start + _AT_ONCE]
            self._connection.execute(update(table).where(table.c.id.in_(part)).values(row=0))
