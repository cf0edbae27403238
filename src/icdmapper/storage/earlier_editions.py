"""Going back to the edition before: the entries that went on bear their earlier wording again.

What `Editions.succeed` did is turned round. Both editions stay stored as their sources had them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, func, or_, select, update

from icdmapper.model.codes import CodeSet, LocalCode, ReferenceCode, Side
from icdmapper.storage.code_sets import (
    LOCAL_COLUMNS,
    REFERENCE_COLUMNS,
    local_from,
    reference_from,
)
from icdmapper.storage.editions import wording_columns
from icdmapper.storage.tables import code_set, local_code, mapping_target, reference_code

_AT_ONCE = 500
_LOUD = ("code", "name", "kind", "attached_code", "heading")
"""The columns whose change may be news for an answer, as far as a table has them."""
Entry = LocalCode | ReferenceCode


class EarlierEditions:
    """What an edition in use changed, and the way back, inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def added(self, edition: CodeSet) -> frozenset[int]:
        """The entries that came with an edition in use: all of them where it is a first one."""
        table = _table(edition)
        known = select(table.c.wording_of).where(table.c.code_set_id == edition.replaced_id)
        query = select(table.c.id).where(
            table.c.code_set_id == edition.id,
            table.c.row > 0,
            table.c.id.not_in(known.where(table.c.wording_of.is_not(None))),
        )
        return frozenset(self._connection.execute(query).scalars())

    def reworded(self, edition: CodeSet) -> tuple[tuple[Entry, Entry], ...]:
        """The entries that an edition in use calls otherwise: as they were, and as they are.

        Both have the id of the entry.
        """
        table = _table(edition)
        kept = table.alias("kept")
        columns = LOCAL_COLUMNS if table is local_code else REFERENCE_COLUMNS
        made = local_from if table is local_code else reference_from
        loud = [name for name in _LOUD if name in table.c]
        query = (
            select(*columns, *(kept.c[column.name] for column in columns))
            .join_from(table, kept, kept.c.wording_of == table.c.id)
            .where(
                table.c.code_set_id == edition.id,
                kept.c.code_set_id == edition.replaced_id,
                or_(*(kept.c[name] != table.c[name] for name in loud)),
            )
        )
        found: list[tuple[Entry, Entry]] = []
        for row in self._connection.execute(query):
            now, was = row[: len(columns)], row[len(columns) :]
            found.append((made((now[0], *was[1:])), made(now)))
        return tuple(found)

    def left_behind(self, edition: CodeSet, ids: Sequence[int]) -> dict[int, ReferenceCode]:
        """Those of these entries that the edition before had and this one lacks, by their id."""
        found: dict[int, ReferenceCode] = {}
        for start in range(0, len(ids), _AT_ONCE):
            query = select(*REFERENCE_COLUMNS).where(
                reference_code.c.code_set_id == edition.replaced_id,
                reference_code.c.wording_of.is_(None),
                reference_code.c.id.in_(ids[start : start + _AT_ONCE]),
            )
            found |= {row.id: reference_from(row) for row in self._connection.execute(query)}
        return found

    def standing_on(self, entry_ids: Sequence[int]) -> frozenset[int]:
        """The local codes with one of these reference entries among their targets."""
        found: set[int] = set()
        for start in range(0, len(entry_ids), _AT_ONCE):
            part = entry_ids[start : start + _AT_ONCE]
            query = select(mapping_target.c.local_id).where(mapping_target.c.reference_id.in_(part))
            found.update(self._connection.execute(query).scalars())
        return frozenset(found)

    def recall(self, edition: CodeSet) -> None:
        """Put the edition before in use in place of `edition`; what came with it stays in it.

        An edition that took no other's place is in use no longer, as it is.
        """
        table, new, old = _table(edition), edition.id, edition.replaced_id
        if old is None:
            self._connection.execute(
                update(code_set).where(code_set.c.id == new).values(in_use=False)
            )
            return
        self._exchange_wordings(table, edition)
        kept = select(table.c.wording_of).where(
            table.c.code_set_id == old, table.c.wording_of.is_not(None)
        )
        self._put(table, old, table.c.code_set_id == new, table.c.id.in_(kept))
        self._put(table, new, table.c.code_set_id == old, table.c.wording_of.is_not(None))
        # Children of a refinement and codes the uploader found since stand in no source.
        appended = self._put(
            table, old, table.c.code_set_id == new, table.c.wording_of.is_(None), table.c.row == 0
        )
        for set_id, in_use, more in ((new, False, -appended), (old, True, appended)):
            self._connection.execute(
                update(code_set)
                .where(code_set.c.id == set_id)
                .values(in_use=in_use, size=code_set.c.size + more)
            )

    def _put(self, table: Table, set_id: int | None, *conditions: Any) -> int:
        moved = update(table).where(and_(*conditions)).values(code_set_id=set_id)
        return self._connection.execute(moved).rowcount

    def _exchange_wordings(self, table: Table, edition: CodeSet) -> None:
        names = wording_columns(table)
        kept = table.alias("kept")
        differ = or_(*(kept.c[name].is_distinct_from(table.c[name]) for name in names))
        both = (table, kept)
        query = (
            select(*(side.c[name] for side in both for name in ("id", *names)))
            .join_from(table, kept, kept.c.wording_of == table.c.id)
            .where(
                table.c.code_set_id == edition.id,
                kept.c.code_set_id == edition.replaced_id,
                differ,
            )
        )
        turned = []
        for row in self._connection.execute(query).all():
            now, was = row[: len(names) + 1], row[len(names) + 1 :]
            turned += [(now[0], was[1:]), (was[0], now[1:])]
        if turned:
            statement = update(table).where(table.c.id == bindparam("entry_id"))
            self._connection.execute(
                statement.values({name: bindparam(f"new_{name}") for name in names}),
                [
                    {"entry_id": one, **{f"new_{k}": v for k, v in zip(names, said, strict=True)}}
                    for one, said in turned
                ],
            )

    def count_lost(self, edition: CodeSet) -> int:
        """How many entries the edition before had and this one lacks."""
        table = _table(edition)
        query = select(func.count()).where(
            table.c.code_set_id == edition.replaced_id, table.c.wording_of.is_(None)
        )
        return int(self._connection.execute(query).scalar_one())


def _table(edition: CodeSet) -> Table:
    return reference_code if edition.side is Side.REFERENCE else local_code
