"""Read and write code sets, reference codes and local codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Row, Table, bindparam, case, func, insert, select, update

from icdmapper.model.codes import (
    CodeKind,
    CodeSet,
    CodeSystem,
    LocalCode,
    NewCode,
    ReferenceCode,
    Side,
)
from icdmapper.model.errors import NotFoundError
from icdmapper.model.icd import is_heading, subdivisions
from icdmapper.storage.tables import code_set, local_code, reference_code
from icdmapper.storage.values import moment, stored_moment
from icdmapper.texts import _

REFERENCE_COLUMNS = (
    reference_code.c.id,
    reference_code.c.code,
    reference_code.c.canonical,
    reference_code.c.name,
    reference_code.c.kind,
    reference_code.c.initials,
    reference_code.c.operation_kind,
    reference_code.c.heading,
)
_ENTRY_COLUMNS = ("id", "code", "canonical", "name", "kind", "heading")
Entry = tuple[Any, ...]
"""An entry as plain values: id, code, canonical form, name, kind, heading."""
_AT_ONCE = 1000
LOCAL_COLUMNS: tuple[Column[Any], ...] = (
    local_code.c.id,
    local_code.c.code,
    local_code.c.canonical,
    local_code.c.name,
    local_code.c.kind,
    local_code.c.initials,
    local_code.c.attached_code,
    local_code.c.frequency,
    local_code.c.department,
    local_code.c.row,
)
# One lookup instead of an enum call for each of tens of thousands of rows.
_KINDS = {kind.value: kind for kind in CodeKind}


# Read with every decision or question, so they are put together once.
_IN_USE = (
    select(code_set).where(code_set.c.in_use).order_by(code_set.c.side.desc(), code_set.c.system)
)
_IN_USE_OF_SIDE = _IN_USE.where(code_set.c.side == bindparam("wanted"))
_ONE_LOCAL = select(*LOCAL_COLUMNS).where(local_code.c.id == bindparam("wanted"))
_REFERENCES_IN_USE = (
    select(*REFERENCE_COLUMNS)
    .join(code_set, code_set.c.id == reference_code.c.code_set_id)
    .where(code_set.c.in_use, reference_code.c.id.in_(bindparam("wanted", expanding=True)))
)
_LOCALS_IN_USE = (
    select(*LOCAL_COLUMNS)
    .join(code_set, code_set.c.id == local_code.c.code_set_id)
    .where(code_set.c.in_use, local_code.c.id.in_(bindparam("wanted", expanding=True)))
)


class CodeSets:
    """Code sets inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        description: CodeSet,
        codes: Sequence[NewCode],
        *,
        initials: Sequence[str],
    ) -> CodeSet:
        """Store a code set with its codes and put it in use in place of its predecessor.

        The id of `description` is ignored; the stored set is returned with its own. A set that
        takes over the entries of its predecessor is stored by `Editions.succeed`.
        """
        set_id = put_in_use(self._connection, description, size=len(codes))
        rows = new_rows(set_id, description.side, codes, initials)
        table = reference_code if description.side is Side.REFERENCE else local_code
        if rows:
            self._connection.execute(insert(table), rows)
        return self.get(set_id)

    def get(self, set_id: int) -> CodeSet:
        """One code set.

        Raises:
            NotFoundError: there is none with that id.
        """
        row = self._connection.execute(select(code_set).where(code_set.c.id == set_id)).first()
        if row is None:
            raise NotFoundError(_("There is no code set {id}.").format(id=set_id))
        return _code_set(row)

    def in_use(self, side: Side | None = None) -> tuple[CodeSet, ...]:
        """The code sets in use, reference sets first, by system."""
        found = (
            self._connection.execute(_IN_USE_OF_SIDE, {"wanted": side.value})
            if side
            else self._connection.execute(_IN_USE)
        )
        return tuple(_code_set(row) for row in found)

    def all(self) -> tuple[CodeSet, ...]:
        """Every code set ever stored, newest first."""
        rows = self._connection.execute(select(code_set).order_by(code_set.c.id.desc()))
        return tuple(_code_set(row) for row in rows)

    def reference_codes(self, system: CodeSystem | None = None) -> tuple[ReferenceCode, ...]:
        """The entries of the reference sets in use, in the order of their source."""
        query = (
            select(*REFERENCE_COLUMNS)
            .join(code_set, code_set.c.id == reference_code.c.code_set_id)
            .where(code_set.c.in_use)
            .order_by(*_in_order_of_source(reference_code))
        )
        if system:
            query = query.where(code_set.c.system == system.value)
        return tuple(reference_from(row) for row in self._connection.execute(query))

    def local_codes(self) -> tuple[LocalCode, ...]:
        """The codes of the local lists in use, in the order of their source."""
        query = (
            select(*LOCAL_COLUMNS)
            .join(code_set, code_set.c.id == local_code.c.code_set_id)
            .where(code_set.c.in_use)
            .order_by(*_in_order_of_source(local_code))
        )
        # All at once: a long list is fetched in half the time.
        return tuple(map(local_from, self._connection.execute(query).all()))

    def entries(self) -> Iterator[Entry]:
        """What matching compares of the same entries, a few at a time."""
        query = (
            select(*(reference_code.c[name] for name in _ENTRY_COLUMNS))
            .join(code_set, code_set.c.id == reference_code.c.code_set_id)
            .where(code_set.c.in_use)
            .order_by(reference_code.c.id)
        )
        rows = self._connection.execute(query)
        while part := rows.fetchmany(_AT_ONCE):
            yield from map(tuple, part)

    def local_ids_by_frequency(self) -> tuple[int, ...]:
        """The local codes in use, the most frequent first, then in the order of their source."""
        query = (
            select(local_code.c.id)
            .join(code_set, code_set.c.id == local_code.c.code_set_id)
            .where(code_set.c.in_use)
            .order_by(func.coalesce(local_code.c.frequency, 0).desc(), local_code.c.id)
        )
        return tuple(self._connection.execute(query).scalars())

    def locals_in_use(self, local_ids: Sequence[int]) -> dict[int, LocalCode]:
        """Those of these local codes that belong to a list in use, by their id."""
        found: dict[int, LocalCode] = {}
        for start in range(0, len(local_ids), _AT_ONCE):
            part = {"wanted": local_ids[start : start + _AT_ONCE]}
            rows = self._connection.execute(_LOCALS_IN_USE, part).all()
            found |= {row[0]: local_from(row) for row in rows}
        return found

    def reference(self, reference_id: int) -> ReferenceCode:
        """One reference entry.

        Raises:
            NotFoundError: there is none with that id.
        """
        query = select(*REFERENCE_COLUMNS).where(reference_code.c.id == reference_id)
        row = self._connection.execute(query).first()
        if row is None:
            raise NotFoundError(_("There is no reference entry {id}.").format(id=reference_id))
        return reference_from(row)

    def local(self, local_id: int) -> LocalCode:
        """One local code.

        Raises:
            NotFoundError: there is none with that id.
        """
        row = self._connection.execute(_ONE_LOCAL, {"wanted": local_id}).first()
        if row is None:
            raise NotFoundError(_("There is no local code {id}.").format(id=local_id))
        return local_from(row)

    def of_edition(self, set_id: int) -> tuple[ReferenceCode, ...] | tuple[LocalCode, ...]:
        """The codes of one stored edition as its source had them, in use or not.

        Raises:
            NotFoundError: there is none with that id.
        """
        is_reference = self.get(set_id).side is Side.REFERENCE
        table = reference_code if is_reference else local_code
        query = (
            select(*(REFERENCE_COLUMNS if is_reference else LOCAL_COLUMNS))
            .where(table.c.code_set_id == set_id, table.c.row > 0)
            .order_by(table.c.row, table.c.id)
        )
        found = self._connection.execute(query)
        if is_reference:
            return tuple(reference_from(row) for row in found)
        return tuple(local_from(row) for row in found)

    def append(
        self, code_set_id: int, codes: Sequence[NewCode], *, initials: Sequence[str]
    ) -> None:
        """Put further codes at the end of a local list."""
        rows = new_rows(code_set_id, Side.LOCAL, codes, initials)
        self._connection.execute(insert(local_code), rows)
        self._connection.execute(
            update(code_set)
            .where(code_set.c.id == code_set_id)
            .values(size=code_set.c.size + len(rows))
        )

    def references_in_use(self, reference_ids: Iterable[int]) -> dict[int, ReferenceCode]:
        """Those of these reference entries that belong to a set in use, by their id."""
        wanted = {"wanted": sorted(set(reference_ids))}
        found = self._connection.execute(_REFERENCES_IN_USE, wanted)
        return {row.id: reference_from(row) for row in found}


def put_in_use(connection: Connection, description: CodeSet, *, size: int) -> int:
    """Store the head of a code set and put it in use in place of its predecessor; its id."""
    system = description.system.value if description.system else None
    same_system = code_set.c.system == system if system else code_set.c.system.is_(None)
    connection.execute(
        update(code_set)
        .where(code_set.c.side == description.side.value, same_system)
        .values(in_use=False)
    )
    values = {
        "side": description.side.value,
        "system": system,
        "name": description.name,
        "edition": description.edition,
        "source": description.source,
        "sha256": description.sha256,
        "size": size,
        "imported_at": stored_moment(description.imported_at),
        "imported_by": description.imported_by,
        "in_use": True,
        "replaced_id": description.replaced_id,
    }
    made = insert(code_set).values(values).returning(code_set.c.id)
    return int(connection.execute(made).scalar_one())


def _in_order_of_source(table: Table) -> tuple[Any, ...]:
    """Set by set as its source has them; what stands in no source (row 0) comes last."""
    return table.c.code_set_id, case((table.c.row == 0, 1), else_=0), table.c.row, table.c.id


def new_rows(
    set_id: int, side: Side, codes: Sequence[NewCode], initials: Sequence[str]
) -> list[dict[str, object]]:
    """Codes as rows of their table, in the same order."""
    rows: list[dict[str, object]] = []
    above = subdivisions(code.code for code in codes) if side is Side.REFERENCE else ()
    for code, letters in zip(codes, initials, strict=True):
        row: dict[str, object] = {
            "code_set_id": set_id,
            "code": code.code,
            "canonical": code.canonical,
            "name": code.name,
            "kind": code.kind.value,
            "initials": letters,
            "row": code.row,
        }
        if side is Side.REFERENCE:
            row["operation_kind"] = code.operation_kind
            row["heading"] = is_heading(code.code, above)
        else:
            row["attached_code"] = code.attached_code
            row["frequency"] = code.frequency
            row["department"] = code.department
        rows.append(row)
    return rows


def _code_set(row: Row[*tuple[Any, ...]]) -> CodeSet:
    imported_at = moment(row.imported_at)
    assert isinstance(imported_at, datetime)
    return CodeSet(
        row.id,
        Side(row.side),
        CodeSystem(row.system) if row.system else None,
        row.name,
        row.edition,
        row.source,
        row.sha256,
        row.size,
        imported_at,
        row.imported_by,
        row.replaced_id,
    )


def reference_from(row: Sequence[Any]) -> ReferenceCode:
    """A reference entry of a row that holds REFERENCE_COLUMNS."""
    id_, code, canonical, name, kind, initials, operation_kind, heading = row
    return ReferenceCode(
        id_, code, _once(code, canonical), name, _KINDS[kind], initials, operation_kind, heading
    )


def local_from(row: Sequence[Any]) -> LocalCode:
    """A local code of a row that holds LOCAL_COLUMNS."""
    id_, code, canonical, name, kind, initials, attached, frequency, department, number = row
    canonical = _once(code, canonical)
    return LocalCode(
        id_, code, canonical, name, _KINDS[kind], initials, attached, frequency, department, number
    )


def _once(code: str, canonical: str) -> str:
    """Most codes are written canonically: 90,000 codes need not be in memory twice."""
    return code if canonical == code else canonical
