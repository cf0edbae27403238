"""Read and write mappings; a save carries the version its screen showed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import sqlite

from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.errors import NotFoundError
from icdmapper.model.mapping import ANSWERED, Mapping, MappingRow, Relation, State, TargetRole
from icdmapper.storage.code_sets import (
    LOCAL_COLUMNS,
    REFERENCE_COLUMNS,
    local_from,
    reference_from,
)
from icdmapper.storage.stale import changed_meanwhile, told
from icdmapper.storage.tables import (
    code_set,
    event,
    local_code,
    mapping,
    mapping_target,
    proposal,
    reference_code,
)
from icdmapper.storage.values import moment, stored_moment, targets_from_json, targets_to_json
from icdmapper.texts import _

# One lookup instead of an enum call for each of tens of thousands of rows.
_STATES = {state.value: state for state in State}
_RELATIONS = {"": None, None: None} | {relation.value: relation for relation in Relation}
# Read with every act, so it is put together once.
_ONE = select(mapping).where(mapping.c.local_id == bindparam("wanted"))

_ONE_WITH_LOCAL = (
    select(*LOCAL_COLUMNS, mapping)
    .outerjoin(mapping, mapping.c.local_id == local_code.c.id)
    .where(local_code.c.id == bindparam("wanted"))
)
# Written with every act, thousands of times in a bulk acceptance.
_ADD_ROW = sqlite.insert(mapping).on_conflict_do_nothing().returning(mapping.c.local_id)
_CHANGE_ROW = update(mapping).where(
    mapping.c.local_id == bindparam("row_id"), mapping.c.version == bindparam("row_version")
)
_FIRST, _AFTER = len(LOCAL_COLUMNS), len(LOCAL_COLUMNS) + len(mapping.c)
_CHOICE = (
    select(*LOCAL_COLUMNS, mapping, *REFERENCE_COLUMNS)
    .outerjoin(mapping, mapping.c.local_id == local_code.c.id)
    .outerjoin(
        reference_code.join(
            code_set, and_(code_set.c.id == reference_code.c.code_set_id, code_set.c.in_use)
        ),
        reference_code.c.id.in_(bindparam("targets", expanding=True)),
    )
    .where(local_code.c.id == bindparam("wanted"))
)


class Mappings:
    """Mappings inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, local_id: int) -> Mapping:
        """The current mapping of a local code; an open one when nobody has touched it."""
        row = self._connection.execute(_ONE, {"wanted": local_id}).first()
        return mapping_from(row) if row else Mapping(local_id)

    def with_local(self, local_id: int) -> tuple[LocalCode, Mapping]:
        """A local code and its current mapping, in one journey to the database.

        Raises:
            NotFoundError: there is no such local code.
        """
        row = self._connection.execute(_ONE_WITH_LOCAL, {"wanted": local_id}).first()
        if row is None:
            raise NotFoundError(_("There is no local code {id}.").format(id=local_id))
        local = local_from(row[: len(LOCAL_COLUMNS)])
        return local, mapping_from(row[_FIRST:]) if row.version is not None else Mapping(local_id)

    def with_names(
        self, local_id: int, reference_ids: Sequence[int]
    ) -> tuple[LocalCode, Mapping, dict[int, ReferenceCode]]:
        """As `with_local`, and those of these reference entries that are in use, by their id.

        Raises:
            NotFoundError: there is no such local code.
        """
        if not reference_ids:
            return *self.with_local(local_id), {}
        wanted = {"wanted": local_id, "targets": list(reference_ids)}
        rows = self._connection.execute(_CHOICE, wanted).all()
        if not rows:
            raise NotFoundError(_("There is no local code {id}.").format(id=local_id))
        one = rows[0]
        entries = [reference_from(row[_AFTER:]) for row in rows if row[_AFTER] is not None]
        present = mapping_from(one[_FIRST:_AFTER]) if one.version is not None else Mapping(local_id)
        return local_from(one[:_FIRST]), present, {entry.id: entry for entry in entries}

    def get_many(self, local_ids: Sequence[int]) -> dict[int, Mapping]:
        """The current mappings of several local codes, by their id."""
        found = {local_id: Mapping(local_id) for local_id in local_ids}
        for start in range(0, len(local_ids), 500):
            part = local_ids[start : start + 500]
            rows = self._connection.execute(select(mapping).where(mapping.c.local_id.in_(part)))
            found.update((row.local_id, mapping_from(row)) for row in rows)
        return found

    def touched_after(self, event_id: int, *, but: str) -> tuple[Mapping, ...]:
        """The mappings of which the log says anything new, by others than `but`, as they are now.

        A code that has none any more, or not yet, is left away.
        """
        touched = select(event.c.local_id).where(event.c.id > event_id, event.c.by != but)
        query = select(mapping).where(mapping.c.local_id.in_(touched)).order_by(mapping.c.local_id)
        return tuple(mapping_from(row) for row in self._connection.execute(query).all())

    def in_use(self) -> tuple[Mapping, ...]:
        """Every touched mapping of the local lists in use."""
        query = (
            select(mapping)
            .join(local_code, local_code.c.id == mapping.c.local_id)
            .join(code_set, code_set.c.id == local_code.c.code_set_id)
            .where(code_set.c.in_use)
        )
        return tuple(mapping_from(row) for row in self._connection.execute(query))

    def count_in_use(self) -> Counter[tuple[State, Relation | None]]:
        """How many touched mappings of the local lists in use stand how, with which relation."""
        query = (
            select(mapping.c.state, mapping.c.relation, func.count())
            .join(local_code, local_code.c.id == mapping.c.local_id)
            .join(code_set, code_set.c.id == local_code.c.code_set_id)
            .where(code_set.c.in_use)
            .group_by(mapping.c.state, mapping.c.relation)
        )
        found: Counter[tuple[State, Relation | None]] = Counter()
        for state, relation, count in self._connection.execute(query):
            found[State(state), Relation(relation) if relation else None] += count
        return found

    def on_reference(self, reference_id: int) -> tuple[MappingRow, ...]:
        """The local codes mapped to a reference entry, by code."""
        query = (
            select(local_code.c.code.label("local_code"), local_code.c.name, mapping)
            .join(mapping_target, mapping_target.c.local_id == mapping.c.local_id)
            .join(local_code, local_code.c.id == mapping.c.local_id)
            .where(mapping_target.c.reference_id == reference_id)
            .order_by(local_code.c.code)
        )
        return tuple(
            MappingRow(row.local_id, row.local_code, row.name, mapping_from(row[2:]))
            for row in self._connection.execute(query)
        )

    def count_main(self, reference_id: int, *, but: int, states: Collection[State]) -> int:
        """How many local codes but one have an entry as their main target, in these states."""
        query = (
            select(func.count())
            .select_from(mapping_target)
            .join(mapping, mapping.c.local_id == mapping_target.c.local_id)
            .where(
                mapping_target.c.reference_id == reference_id,
                mapping_target.c.role == TargetRole.MAIN.value,
                mapping.c.local_id != but,
                mapping.c.state.in_([state.value for state in states]),
            )
        )
        return int(self._connection.execute(query).scalar_one())

    def lessons(self) -> tuple[tuple[str, int, bool], ...]:
        """What decisions teach: local name, reference entry, and whether it was accepted.

        The main target of every answered code was accepted; the entry that was proposed first
        and not taken was refused.
        """
        answered = mapping.c.state.in_([state.value for state in ANSWERED])
        accepted = (
            select(local_code.c.name, mapping_target.c.reference_id)
            .join(mapping, mapping.c.local_id == local_code.c.id)
            .join(mapping_target, mapping_target.c.local_id == mapping.c.local_id)
            .where(answered, mapping_target.c.role == TargetRole.MAIN.value)
            .order_by(mapping.c.local_id)
        )
        chosen = select(mapping_target.c.reference_id).where(
            mapping_target.c.local_id == mapping.c.local_id
        )
        refused = (
            select(local_code.c.name, proposal.c.best_reference_id)
            .join(mapping, mapping.c.local_id == local_code.c.id)
            .join(proposal, proposal.c.local_id == mapping.c.local_id)
            .where(
                answered,
                proposal.c.best_reference_id.is_not(None),
                proposal.c.best_reference_id.not_in(chosen),
            )
            .order_by(mapping.c.local_id)
        )
        return (
            *((name, entry, True) for name, entry in self._connection.execute(accepted)),
            *((name, entry, False) for name, entry in self._connection.execute(refused)),
        )

    def begin_merge(self, anchor: str) -> None:
        """Say that this transaction takes over what people did in a copy whose log ends there.

        PostgreSQL keeps roles itself: it lets only a coordinator say so, and refuses the commit of
        a row changed under it that the log does not tell of.
        """
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(select(func.begin_merge(anchor)))

    def save(self, changed: Mapping) -> None:
        """Store a mapping whose version is one above the one it was made from.

        Raises:
            ConflictError: the stored version is no longer that one.
        """
        self.save_many((changed,))

    def save_many(self, changed: Sequence[Mapping]) -> None:
        """Store several mappings, all or none.

        Raises:
            ConflictError: at least one stored version has moved on.
        """
        if self._connection.dialect.name == "postgresql":
            self._save_whole(changed)
            return
        for one in changed:
            if not self._save_row(one):
                present = self.get(one.local_id)
                raise changed_meanwhile(present.checked_by or present.decided_by)
        self._save_targets(changed)

    def _save_whole(self, changed: Sequence[Mapping]) -> None:
        """Rows with their targets, all in one message; nothing is asked back.

        Where a version has moved on the server refuses the statement itself.
        """
        for statement, first in ((_ADD_WHOLE, True), (_CHANGE_WHOLE, False)):
            rows = [
                {
                    **mapping_fields(one),
                    "local_id": one.local_id,
                    "targets": json.dumps(targets_to_json(one.targets), ensure_ascii=False),
                }
                for one in changed
                if (one.version == 1) is first
            ]
            if rows:
                with told():
                    self._connection.exec_driver_sql(statement, rows)

    def _save_row(self, changed: Mapping) -> bool:
        values = mapping_fields(changed)
        if changed.version == 1:
            # Not every driver counts the rows of an insert; what it returns can be counted on all.
            inserted = self._connection.execute(_ADD_ROW, {"local_id": changed.local_id, **values})
            return inserted.first() is not None
        stood = {"row_id": changed.local_id, "row_version": changed.version - 1}
        return self._connection.execute(_CHANGE_ROW, {**stood, **values}).rowcount == 1

    def _save_targets(self, changed: Sequence[Mapping]) -> None:
        # A first version has no targets to replace.
        ids = [one.local_id for one in changed if one.version > 1]
        for start in range(0, len(ids), 500):
            self._connection.execute(
                delete(mapping_target).where(
                    mapping_target.c.local_id.in_(ids[start : start + 500])
                )
            )
        rows = [
            {
                "local_id": one.local_id,
                "position": position,
                "reference_id": target.reference_id,
                "role": target.role.value,
            }
            for one in changed
            for position, target in enumerate(one.targets)
        ]
        if rows:
            self._connection.execute(insert(mapping_target), rows)


def mapping_fields(changed: Mapping) -> dict[str, Any]:
    """What a row holds of a mapping, all but its key, in the order of the columns."""
    return {
        "state": changed.state.value,
        "relation": changed.relation.value if changed.relation else None,
        "targets": targets_to_json(changed.targets),
        "note": changed.note,
        "decided_by": changed.decided_by,
        "decided_at": stored_moment(changed.decided_at),
        "version": changed.version,
        "checked_by": changed.checked_by,
        "checked_at": stored_moment(changed.checked_at),
    }


_TARGETS = """,
put AS (
  INSERT INTO mapping_target (local_id, position, reference_id, role)
  SELECT saved.local_id, one.position - 1, (one.target->>'id')::bigint, one.target->>'role'
  FROM saved,
    json_array_elements(CAST(%(targets)s AS json)) WITH ORDINALITY AS one(target, position)
  ON CONFLICT (local_id, position)
    DO UPDATE SET reference_id = excluded.reference_id, role = excluded.role
    WHERE (mapping_target.reference_id, mapping_target.role)
      IS DISTINCT FROM (excluded.reference_id, excluded.role))
SELECT refuse_stale(%(local_id)s) WHERE NOT EXISTS (SELECT 1 FROM saved)
"""
_ADD_WHOLE = (
    """
WITH saved AS (
  INSERT INTO mapping (local_id, state, relation, targets, note, decided_by, decided_at, version,
                       checked_by, checked_at)
  VALUES (%(local_id)s, %(state)s, %(relation)s, CAST(%(targets)s AS json), %(note)s,
          %(decided_by)s, %(decided_at)s, %(version)s, %(checked_by)s, %(checked_at)s)
  ON CONFLICT DO NOTHING RETURNING local_id)"""
    + _TARGETS
)
_CHANGE_WHOLE = (
    """
WITH saved AS (
  UPDATE mapping SET state = %(state)s, relation = %(relation)s,
    targets = CAST(%(targets)s AS json), note = %(note)s, decided_by = %(decided_by)s,
    decided_at = %(decided_at)s, version = %(version)s, checked_by = %(checked_by)s,
    checked_at = %(checked_at)s
  WHERE local_id = %(local_id)s AND version = %(version)s - 1 RETURNING local_id),
gone AS (
  DELETE FROM mapping_target USING saved WHERE mapping_target.local_id = saved.local_id
    AND mapping_target.position >= json_array_length(CAST(%(targets)s AS json)))"""
    + _TARGETS
)


def mapping_from(row: Sequence[Any]) -> Mapping:
    """A mapping of a row that holds the columns of the table."""
    local_id, state, relation, targets, note, by, at, version, checked_by, checked_at = row
    return Mapping(
        local_id=local_id,
        state=_STATES[state],
        relation=_RELATIONS[relation],
        targets=targets_from_json(targets),
        note=note,
        decided_by=by,
        decided_at=moment(at),
        version=version,
        checked_by=checked_by,
        checked_at=moment(checked_at),
    )
