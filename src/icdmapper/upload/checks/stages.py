"""Rules of the table that are kept by a step of their own, and always stop there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from icdmapper.texts import N_


class Stage(Enum):
    """Where a rule is asked; the value is its word."""

    RECORD = N_("each record")
    TRANSLATION = N_("translation")
    PACKAGE = N_("package")
    RELEASE = N_("release")


@dataclass(frozen=True, slots=True)
class Staged:
    """A rule whose step cannot go on without it: what it says, and what happens."""

    stage: Stage
    sentence: str
    effect: str


PARTS, MAPPED, DATED = "HQ-015", "HQ-077", "HQ-078"
STAGED = {
    PARTS: Staged(
        Stage.PACKAGE,
        N_("The two parts of the package do not hold the same records."),
        N_("Packaging reads each package back and refuses to send it."),
    ),
    MAPPED: Staged(
        Stage.TRANSLATION,
        N_("A local code has no released mapping."),
        N_("The record is held, and its code goes to the coders' worklist."),
    ),
    DATED: Staged(
        Stage.TRANSLATION,
        N_("No release is valid on the discharge date."),
        N_("The record is held until a release is valid."),
    ),
}
"""By their id in `rules.csv`; not as strict they would mean nothing."""
