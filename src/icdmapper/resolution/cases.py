"""An answer as judgement rules look at it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.icd import CodeShape, parse
from icdmapper.model.mapping import Relation, TargetRole
from icdmapper.model.names import arabic, normalise


@dataclass(frozen=True, slots=True)
class Chosen:
    """A chosen target as the reference set has it, and its role."""

    reference: ReferenceCode
    role: TargetRole = TargetRole.MAIN


@dataclass(frozen=True, slots=True)
class Case:
    """An answer to be judged. `shared` counts the local codes on the main target, this included."""

    local: LocalCode
    targets: tuple[Chosen, ...]
    relation: Relation | None
    note: str = ""
    shared: int = 1
    answer: str = ""


@dataclass(slots=True)
class Scene:
    """A case seen at one of its targets; what a condition found to say goes into `words`."""

    case: Case
    chosen: Chosen | None
    local_text: str
    text: str
    local_shape: CodeShape | None
    shape: CodeShape | None
    words: dict[str, str] = field(default_factory=dict)


@lru_cache(maxsize=131_072)
def text_of(name: str) -> str:
    """A name as rules read it: normalised, numerals Arabic; a ` NOS` stays visible as `nos`."""
    said = arabic(normalise(name))
    return f"{said} nos" if "NOS" in name.upper() else said


def scene_of(case: Case, chosen: Chosen | None) -> Scene:
    """What conditions look at."""
    return Scene(
        case,
        chosen,
        text_of(case.local.name),
        text_of(chosen.reference.name) if chosen else "",
        parse(case.local.code),
        parse(chosen.reference.code) if chosen else None,
    )
