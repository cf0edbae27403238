"""A row that somebody changed since it was read: how PostgreSQL says it, what people are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError

from icdmapper.model.errors import ConflictError
from icdmapper.texts import _

SQLSTATE = "U0409"
"""What the server function `refuse_stale` raises; its detail is who changed the row last."""
POSTGRES = f"""
CREATE FUNCTION refuse_stale(wanted bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the row has moved on' USING ERRCODE = '{SQLSTATE}', DETAIL = coalesce(
    (SELECT coalesce(nullif(checked_by, ''), decided_by) FROM mapping WHERE local_id = wanted), '');
END $$
"""


@contextmanager
def told() -> Iterator[None]:
    """Turn the server's refusal of such a row into the one that names a person.

    Raises:
        ConflictError: in place of the driver's error.
    """
    try:
        yield
    except DBAPIError as error:
        refusal: Any = error.orig
        if getattr(refusal, "sqlstate", None) != SQLSTATE:
            raise
        raise changed_meanwhile(refusal.diag.message_detail or "") from None


def changed_meanwhile(person: str) -> ConflictError:
    """The refusal of a change to a row that `person` (or nobody known, "") changed meanwhile."""
    return ConflictError(
        _("{person} changed this mapping a moment ago; look at it again.").format(
            person=person or _("Somebody")
        )
    )
