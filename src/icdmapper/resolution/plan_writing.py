"""What was written into the plan of a refinement, taken back and written again.

It is no act of the log: a plan is thought over until it is signed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from icdmapper.model.errors import ConflictError
from icdmapper.model.people import Person
from icdmapper.model.refinement import Child, Refinement
from icdmapper.resolution.refining import RefiningService
from icdmapper.texts import _


def put_back(
    refining: RefiningService, wanted: Refinement, *, seen: Refinement, by: Person
) -> Refinement:
    """Write a plan as it was stored before, if what was written since is what was `seen`.

    Raises:
        ConflictError: somebody else has written into it since.
        RefusedError: `by` may not, or it is signed or given up.
    """
    now = refining.get(wanted.id)
    if written(now) != written(seen):
        raise ConflictError(_("Somebody has written into this plan since."))
    # A signing that was taken back leaves children behind, which are made again.
    made = {child.targets: child.local_id for child in now.children}
    children = [replace(one, local_id=made.get(one.targets)) for one in wanted.children]
    return refining.edit(
        wanted.id, children, seen_revision=now.revision, by=by, effective=wanted.effective
    )


def written(plan: Refinement) -> tuple[date | None, list[Child]]:
    """What people write into a plan, whether its children were made once or not."""
    return plan.effective, [replace(child, local_id=None) for child in plan.children]
