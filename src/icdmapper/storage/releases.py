"""Releases: written once, read often, never changed; the database itself refuses it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from icdmapper.model.errors import NotFoundError
from icdmapper.model.releases import Release
from icdmapper.storage.tables import release
from icdmapper.storage.values import moment, stored_moment
from icdmapper.texts import _

_HEAD = tuple(column for column in release.c if column.name != "content")


class Releases:
    """Releases inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, one: Release, content: str) -> None:
        """Keep a release with the text of its mapping table."""
        self._connection.execute(
            insert(release).values(
                version=one.version,
                made_at=stored_moment(one.made_at),
                made_by=one.made_by,
                valid_from=one.valid_from,
                expires=one.expires,
                manifest_sha256=one.manifest_sha256,
                rows=one.rows,
                note=one.note,
                content=content,
            )
        )

    def all(self) -> tuple[Release, ...]:
        """Every release, newest first."""
        query = select(*_HEAD).order_by(release.c.version.desc())
        return tuple(_release(row) for row in self._connection.execute(query))

    def newest_version(self) -> int:
        """The highest number given so far; 0 when there is none."""
        return int(self._connection.execute(select(func.max(release.c.version))).scalar() or 0)

    def content(self, version: int) -> str:
        """The mapping table of a release.

        Raises:
            NotFoundError: there is no such release.
        """
        query = select(release.c.content).where(release.c.version == version)
        found = self._connection.execute(query).scalar()
        if found is None:
            raise NotFoundError(_("There is no release {version}.").format(version=version))
        return str(found)


def _release(row: Row[*tuple[Any, ...]]) -> Release:
    made_at = moment(row.made_at)
    assert made_at is not None
    return Release(
        row.version,
        made_at,
        row.made_by,
        row.valid_from,
        row.expires,
        row.manifest_sha256,
        row.rows,
        row.note,
    )
