"""Targets beside the main one: a tumour's morphology, a manifestation, an external cause. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from icdmapper.model.codes import CodeKind
from icdmapper.model.icd import Mark, parse
from icdmapper.model.mapping import Mapping, Target, TargetRole
from icdmapper.model.proposals import Candidate, Proposal

ROLES = (
    TargetRole.MORPHOLOGY,
    TargetRole.MANIFESTATION,
    TargetRole.EXTERNAL_CAUSE,
    TargetRole.ADDITIONAL,
)
"""What a target beside the main one may stand for, in the order a key turns through them."""


def role_beside(code: str) -> TargetRole:
    """What an entry stands for beside the main target, after the shape of its code."""
    shape = parse(code)
    if shape is None:
        return TargetRole.ADDITIONAL
    if shape.kind is CodeKind.MORPHOLOGY:
        return TargetRole.MORPHOLOGY
    if shape.kind is CodeKind.EXTERNAL_CAUSE:
        return TargetRole.EXTERNAL_CAUSE
    return TargetRole.MANIFESTATION if shape.mark is Mark.ASTERISK else TargetRole.ADDITIONAL


class Companions:
    """The targets beside the main one of the row in focus, while it is being decided."""

    def __init__(self) -> None:
        self._targets: tuple[Target, ...] = ()
        self._proposed: tuple[Candidate, ...] = ()

    @property
    def targets(self) -> tuple[Target, ...]:
        """What will be recorded beside the main target."""
        return self._targets

    @property
    def suggested(self) -> tuple[Candidate, ...]:
        """What the proposal offers and is not taken yet."""
        taken = {target.reference_id for target in self._targets}
        return tuple(one for one in self._proposed if one.reference_id not in taken)

    def begin(self, mapping: Mapping | None = None, proposal: Proposal | None = None) -> None:
        """Another row: its own answer's companions, and nothing of the last row."""
        stored = mapping.targets if mapping else ()
        self._targets = tuple(one for one in stored if one.role is not TargetRole.MAIN)
        offered = proposal.companions if proposal else ()
        self._proposed = tuple(one for one in offered if not one.heading)

    def add(self, reference_id: int, code: str, name: str) -> None:
        """Take an entry, in the role its code suggests; one that is there already stays."""
        if all(one.reference_id != reference_id for one in self._targets):
            target = Target(reference_id, code, name, role_beside(code))
            self._targets = (*self._targets, target)

    def remove(self, at: int) -> None:
        """Drop the target at a place."""
        self._targets = (*self._targets[:at], *self._targets[at + 1 :])

    def turn(self, at: int) -> None:
        """Give the target at a place the next role."""
        target = self._targets[at]
        role = ROLES[(ROLES.index(target.role) + 1) % len(ROLES)]
        changed = replace(target, role=role)
        self._targets = (*self._targets[:at], changed, *self._targets[at + 1 :])

    def beside(self, main: Target) -> Sequence[Target]:
        """Those that can stand beside this main target: not the main entry itself."""
        return [one for one in self._targets if one.reference_id != main.reference_id]
