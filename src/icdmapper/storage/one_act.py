"""One act on one row as a server is asked and told: a message to read, a message to keep.

These two are most of what a work group does all day, so they go to the driver directly.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.errors import NotFoundError, SourceUnavailableError
from icdmapper.model.events import NewEvent
from icdmapper.model.mapping import Mapping
from icdmapper.storage.code_sets import (
    LOCAL_COLUMNS,
    REFERENCE_COLUMNS,
    local_from,
    reference_from,
)
from icdmapper.storage.events import event_fields
from icdmapper.storage.mappings import mapping_fields, mapping_from
from icdmapper.storage.people import Found
from icdmapper.storage.stale import told
from icdmapper.storage.tables import mapping
from icdmapper.storage.values import targets_to_json
from icdmapper.texts import _

Answer = tuple[Found | None, LocalCode, Mapping, dict[int, ReferenceCode]]

_CANCELLED = "57014"
_CURSOR = "one_act"
_COLUMNS = ", ".join(
    f"{column.table.name}.{column.name}"
    for column in (*LOCAL_COLUMNS, *mapping.c, *REFERENCE_COLUMNS)
)
_FIRST, _AFTER = 3 + len(LOCAL_COLUMNS), 3 + len(LOCAL_COLUMNS) + len(mapping.c)
_VERSION = 3 + len(LOCAL_COLUMNS) + [column.name for column in mapping.c].index("version")
_ASK = f"""
SELECT who.name, who.role, who.active, {_COLUMNS}
FROM local_code
LEFT JOIN LATERAL (
  SELECT name, role, active FROM person ORDER BY name <> %s LIMIT 1) AS who ON true
LEFT JOIN mapping ON mapping.local_id = local_code.id
LEFT JOIN reference_code ON reference_code.id IN ({{places}})
  AND (SELECT in_use FROM code_set WHERE code_set.id = reference_code.code_set_id)
WHERE local_code.id = %s
"""
_KEEP = (
    "CALL keep_act(%s, %s, %s, %s::json, %s, %s, %s::timestamptz, %s, %s, %s::timestamptz, "
    "%s, %s, %s, %s, %s::json, %s::json, %s, %s)"
)


def ask(connection: Connection, name: str, local_id: int, reference_ids: Sequence[int]) -> Answer:
    """Who acts, the code, its mapping, and those of these entries that are in use, by their id.

    Raises:
        NotFoundError: there is no such local code.
    """
    places = ", ".join(["%s"] * len(reference_ids)) or "NULL"
    statement, values = _ASK.format(places=places), (name, *reference_ids, local_id)
    with told_by_driver(connection, keeping=False) as driver:
        rows = _cursor(connection, driver).execute(statement, values).fetchall()
    if not rows:
        raise NotFoundError(_("There is no local code {id}.").format(id=local_id))
    one = rows[0]
    entries = [reference_from(row[_AFTER:]) for row in rows if row[_AFTER] is not None]
    return (
        one[:3] if one[0] is not None else None,
        local_from(one[3:_FIRST]),
        mapping_from(one[_FIRST:_AFTER]) if one[_VERSION] is not None else Mapping(local_id),
        {entry.id: entry for entry in entries},
    )


def keep(connection: Connection, changed: Mapping, act: NewEvent) -> None:
    """Store a mapping one version above the one it was made from, with its event.

    Raises:
        ConflictError: the stored version is no longer that one; nothing was kept.
    """
    values = mapping_fields(changed)
    values["targets"] = json.dumps(targets_to_json(changed.targets), ensure_ascii=False)
    what, by, at, batch, _local_id, *rest = event_fields(act)
    row = (changed.local_id, *values.values(), what, by, at, batch, *rest)
    with told(), told_by_driver(connection) as driver:
        _cursor(connection, driver).execute(_KEEP, row)


def _cursor(connection: Connection, driver: Any) -> Any:
    """The cursor of these two messages, made once for each connection to the server."""
    if _CURSOR not in connection.info:
        connection.info[_CURSOR] = driver.cursor(binary=True)
    return connection.info[_CURSOR]


@contextmanager
def told_by_driver(connection: Connection, *, keeping: bool = True) -> Iterator[Any]:
    """The driver's own connection; what it raises comes as it does from SQLAlchemy.

    Raises:
        SourceUnavailableError: the step that keeps what was done was cut off or cancelled.
    """
    driver: Any = connection.connection.driver_connection
    dialect = connection.dialect
    assert dialect.loaded_dbapi is not None
    try:
        yield driver
    except dialect.loaded_dbapi.Error as error:
        lost = dialect.is_disconnect(error, driver, None)
        if not lost:
            driver.rollback()
        else:
            connection.invalidate(error)
        # What keeps an act may be cancelled after its commit, while it waits for the disk.
        if keeping and (lost or getattr(error, "sqlstate", None) == _CANCELLED):
            raise SourceUnavailableError(
                _("The connection to the database was lost while saving; look whether it was kept.")
            ) from None
        raise DBAPIError.instance(
            None, None, error, dialect.loaded_dbapi.Error,
            hide_parameters=True, connection_invalidated=lost, dialect=dialect,
        ) from None  # fmt: skip
