"""Refinements: the plans to split coarse local codes, and the children made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from icdmapper.model.codes import NewCode
from icdmapper.model.errors import ConflictError, NotFoundError
from icdmapper.model.mapping import Relation
from icdmapper.model.refinement import Child, Refinement
from icdmapper.storage.tables import code_set, local_code, refinement, refinement_child
from icdmapper.storage.values import moment, stored_moment, targets_from_json, targets_to_json
from icdmapper.texts import _


class Refinements:
    """Refinements inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, one: Refinement) -> Refinement:
        """Keep a new plan; it is returned with its id."""
        new_id = self._connection.execute(
            insert(refinement).values(_values(one)).returning(refinement.c.id)
        ).scalar_one()
        stored = replace(one, id=new_id)
        self._write_children(stored)
        return stored

    def save(self, one: Refinement) -> None:
        """Store a plan whose revision is one above the one it was made from.

        Raises:
            ConflictError: somebody else changed it meanwhile.
        """
        self.save_head(one)
        self._connection.execute(
            delete(refinement_child).where(refinement_child.c.refinement_id == one.id)
        )
        self._write_children(one)

    def save_head(self, one: Refinement) -> None:
        """As `save`, leaving the children alone.

        Raises:
            ConflictError: somebody else changed it meanwhile.
        """
        done = self._connection.execute(
            update(refinement)
            .where(refinement.c.id == one.id, refinement.c.revision == one.revision - 1)
            .values(_values(one))
        )
        if done.rowcount != 1:
            raise ConflictError(
                _("Somebody changed this refinement a moment ago; look at it again.")
            )

    def get(self, refinement_id: int) -> Refinement:
        """One refinement.

        Raises:
            NotFoundError: there is none with that id.
        """
        found = self._read(refinement.c.id == refinement_id)
        if not found:
            raise NotFoundError(_("There is no refinement {id}.").format(id=refinement_id))
        return found[0]

    def of(self, local_id: int) -> tuple[Refinement, ...]:
        """The refinements of a local code, oldest first, those given up included."""
        return self._read(refinement.c.local_id == local_id)

    def touching(self, local_ids: Sequence[int]) -> tuple[Refinement, ...]:
        """The refinements of these local codes and those that made them, oldest first."""
        made = select(refinement_child.c.refinement_id).where(
            refinement_child.c.local_id.in_(local_ids)
        )
        return self._read(or_(refinement.c.local_id.in_(local_ids), refinement.c.id.in_(made)))

    def all(self) -> tuple[Refinement, ...]:
        """Every refinement, oldest first."""
        return self._read()

    def add_local_codes(
        self, parent_id: int, codes: Sequence[NewCode], *, initials: Sequence[str]
    ) -> tuple[int, ...]:
        """Put the children of a code into its list; their ids in the same order.

        A child has the department of its parent and no place in the source.
        """
        parent = self._connection.execute(
            select(local_code).where(local_code.c.id == parent_id)
        ).one()
        ids = []
        for code, letters in zip(codes, initials, strict=True):
            values = {
                "code_set_id": parent.code_set_id,
                "code": code.code,
                "canonical": code.canonical,
                "name": code.name,
                "kind": code.kind.value,
                "initials": letters,
                "attached_code": code.attached_code,
                "frequency": code.frequency,
                "department": parent.department,
                "row": code.row,
            }
            made = insert(local_code).values(values).returning(local_code.c.id)
            ids.append(self._connection.execute(made).scalar_one())
        self._connection.execute(
            update(code_set)
            .where(code_set.c.id == parent.code_set_id)
            .values(size=code_set.c.size + len(codes))
        )
        return tuple(ids)

    def change_local_code(self, local_id: int, code: NewCode, *, initials: str) -> None:
        """Give a child that exists already the code and name of its plan."""
        self._connection.execute(
            update(local_code)
            .where(local_code.c.id == local_id)
            .values(code=code.code, canonical=code.canonical, name=code.name, initials=initials)
        )

    def _write_children(self, one: Refinement) -> None:
        rows = [
            {
                "refinement_id": one.id,
                "position": position,
                "code": child.code,
                "name": child.name,
                "relation": child.relation.value,
                "targets": targets_to_json(child.targets),
                "note": child.note,
                "residual": child.residual,
                "local_id": child.local_id,
                "renamed_from": child.renamed_from,
            }
            for position, child in enumerate(one.children)
        ]
        if rows:
            self._connection.execute(insert(refinement_child), rows)

    def _read(self, *where: Any) -> tuple[Refinement, ...]:
        heads = self._connection.execute(
            select(refinement).where(*where).order_by(refinement.c.id)
        ).all()
        children: dict[int, list[Child]] = {row.id: [] for row in heads}
        query = (
            select(refinement_child)
            .join(refinement, refinement.c.id == refinement_child.c.refinement_id)
            .where(*where)
            .order_by(refinement_child.c.refinement_id, refinement_child.c.position)
        )
        for row in self._connection.execute(query):
            children[row.refinement_id].append(_child(row))
        return tuple(_refinement(row, children[row.id]) for row in heads)


def _values(one: Refinement) -> dict[str, Any]:
    return {
        "local_id": one.local_id,
        "revision": one.revision,
        "started_by": one.started_by,
        "started_at": stored_moment(one.started_at),
        "effective": one.effective,
        "signed_by": one.signed_by,
        "signed_at": stored_moment(one.signed_at),
        "residual_allowed_by": one.residual_allowed_by,
    }


def _child(row: Row[*tuple[Any, ...]]) -> Child:
    return Child(
        code=row.code,
        name=row.name,
        relation=Relation(row.relation),
        targets=targets_from_json(row.targets),
        note=row.note,
        residual=row.residual,
        local_id=row.local_id,
        renamed_from=row.renamed_from,
    )


def _refinement(row: Row[*tuple[Any, ...]], children: Sequence[Child]) -> Refinement:
    started_at = moment(row.started_at)
    assert started_at is not None
    return Refinement(
        id=row.id,
        local_id=row.local_id,
        revision=row.revision,
        started_by=row.started_by,
        started_at=started_at,
        effective=row.effective,
        children=tuple(children),
        signed_by=row.signed_by,
        signed_at=moment(row.signed_at),
        residual_allowed_by=row.residual_allowed_by,
    )
