"""Case 1 of the official rule: a coarse local code split into children that each have a target."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from datetime import date, datetime

from icdmapper.model.mapping import Mapping, Relation, State, Target


@dataclass(frozen=True, slots=True)
class Child:
    """A local code that takes over part of what its parent meant.

    `residual` marks the child for records that say no more. `local_id` is set once the child exists
    as a local code, `renamed_from` when its name was changed after that.
    """

    code: str
    name: str
    relation: Relation
    targets: tuple[Target, ...]
    note: str = ""
    residual: bool = False
    local_id: int | None = None
    renamed_from: str = ""


@dataclass(frozen=True, slots=True)
class Refinement:
    """The plan to split one local code, and later the record that it was split.

    `revision` counts its changes; `effective` is the first discharge date of the children.
    `residual_allowed_by` is the clinician who lets records without more detail take the residual.
    """

    id: int
    local_id: int
    revision: int
    started_by: str
    started_at: datetime
    effective: date | None
    children: tuple[Child, ...]
    signed_by: str = ""
    signed_at: datetime | None = None
    residual_allowed_by: str = ""

    @property
    def signed(self) -> bool:
        """Whether the children have been made."""
        return self.signed_at is not None

    @property
    def residual(self) -> Child | None:
        """The child for records that say no more, if there is one."""
        return next((child for child in self.children if child.residual), None)

    def as_it_stands(self, mappings: Table[int, Mapping]) -> Refinement | None:
        """The refinement as the mappings of its parent and children show it; None when given up.

        Undo goes through the mappings: a signing taken back leaves a plan, a start taken back, a
        plan dropped or a parent reopened leaves nothing. `mappings` are current, by the id of the
        local code.
        """
        state = mappings[self.local_id].state
        if state is State.REFINING:
            return replace(self, signed_by="", signed_at=None)
        made = [child.local_id for child in self.children if child.local_id is not None]
        # A parent retired by hand after an undo has children that never came to life.
        alive = any(mappings[one].state is not State.RETIRED for one in made)
        return self if state is State.RETIRED and self.signed and alive else None

    @property
    def codes_touched(self) -> tuple[int, ...]:
        """The ids of its parent and of the children that exist."""
        return (self.local_id, *(one.local_id for one in self.children if one.local_id is not None))


def standing(
    refinements: Iterable[Refinement], mappings: Table[int, Mapping]
) -> tuple[Refinement, ...]:
    """Those that are planned or done, as they stand: at most one for a code, its latest."""
    found: dict[int, Refinement] = {}
    for one in refinements:
        now = one.as_it_stands(mappings)
        if now is not None:
            found[one.local_id] = now
    return tuple(found.values())
