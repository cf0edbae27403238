"""A project moves between a file and PostgreSQL, whole, with its log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from icdmapper.model.errors import IcdMapperError, RefusedError
from icdmapper.model.events import ChainHead
from icdmapper.model.people import Person, Right
from icdmapper.resolution.audit import verified
from icdmapper.storage.unit_of_work import Storage
from icdmapper.texts import _

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Moved:
    """What was copied: rows of all tables, and where the log ends on both sides."""

    rows: int
    head: ChainHead


def copy_project(
    source: Storage,
    target: Storage,
    *,
    by: Person,
    progress: Callable[[int, int], None] | None = None,
) -> Moved:
    """Copy a project into an empty one, in one transaction; the source stays as it is.

    Raises:
        RefusedError: the target holds something, or `by` may not.
        IcdMapperError: the copy's log is not the source's; nothing was kept.
    """
    with source.reading() as seen, target.writing() as work:
        seen.people.require(by, Right.MANAGE_PEOPLE)
        if not work.whole.is_empty():
            raise RefusedError(_("The target holds a project already; name an empty one."))
        head, total, done = seen.events.head(), seen.whole.count(), 0
        work.whole.begin(head)
        for part in seen.whole.parts():
            work.whole.add(part)
            done += len(part[1])
            if progress:
                progress(done, total)
        work.whole.finish()
        if work.events.head() != head or not verified(work.events.links(), head).sound:
            raise IcdMapperError(_("The log did not arrive as it was; nothing was kept."))
        work.commit()
    logger.info("project copied, %d rows", done)
    return Moved(done, head)
