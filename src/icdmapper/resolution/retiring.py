"""Retiring a local code that the hospital no longer uses, and what may come back to life."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from datetime import datetime

from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act
from icdmapper.model.mapping import Mapping, State
from icdmapper.model.people import Person, Right
from icdmapper.resolution import transitions
from icdmapper.resolution.disputes import detail
from icdmapper.resolution.recording import Change, LogEntry, new_batch, record
from icdmapper.resolution.states import check_step
from icdmapper.storage.unit_of_work import Storage, UnitOfWork
from icdmapper.texts import _

logger = logging.getLogger(__name__)


class RetiringService:
    """Takes local codes out of use; `ResolutionService.reopen` and undo bring them back."""

    def __init__(self, storage: Storage, now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._now = now

    def retire(self, seen: Table[int, int], *, reason: str, by: Person) -> tuple[Mapping, ...]:
        """Take codes out of use as one gesture, all or none; one undo brings them back.

        `seen` gives for each local id the version its screen showed. What the code was mapped to
        stays with it. A plan to refine it is given up.

        Raises:
            ConflictError: one of the mappings changed since the screen was filled.
            RefusedError: no reason, `by` may not, or one of them is retired already.
            NotFoundError: there is no such local code.
        """
        with self._storage.writing() as work:
            retired = self.retire_within(work, seen, reason=reason, by=by)
            work.commit()
        logger.info("retired %d local codes", len(retired))
        return retired

    def retire_within(
        self, work: UnitOfWork, seen: Table[int, int], *, reason: str, by: Person
    ) -> tuple[Mapping, ...]:
        """As `retire`, inside a unit of work that the caller commits."""
        if not reason.strip():
            raise RefusedError(_("Say why the code is no longer used."))
        role = work.people.require(by, Right.RETIRE)
        found = work.mappings.get_many(sorted(seen))
        changes = []
        for local_id, version in sorted(seen.items()):
            mapping = found[local_id]
            if mapping.version == 0:
                # A mapping nobody has touched says nothing of whether there is such a code.
                work.code_sets.local(local_id)
            after = transitions.retired(mapping, seen_version=version)
            check_step(mapping.state, Act.RETIRED, after.state, role)
            changes.append((mapping, after))
        told = detail(reason, None)
        record(work, LogEntry(Act.RETIRED, by.name, self._now(), new_batch(), detail=told), changes)
        return tuple(after for _before, after in changes)


def refuse_two_lives(work: UnitOfWork, changes: Sequence[Change]) -> None:
    """Refuse what would have a refined code and its children in use at the same time.

    Raises:
        RefusedError: the sentence says what to retire first.
    """
    revived = [
        after.local_id
        for before, after in changes
        if before.state is State.RETIRED and after.state is not State.RETIRED
    ]
    if not revived:
        return
    becoming = {after.local_id: after.state for _before, after in changes}
    for plan in work.refinements.touching(revived):
        stored = work.mappings.get_many(plan.codes_touched)
        alive = {
            one: becoming.get(one, stored[one].state) is not State.RETIRED
            for one in plan.codes_touched
        }
        if alive.pop(plan.local_id) and any(alive.values()):
            raise RefusedError(
                _(
                    "{code} was refined; it and its children cannot be in use together. "
                    "Retire one side first."
                ).format(code=work.code_sets.local(plan.local_id).code)
            )
