"""What a release says of a local code: its targets, or why the record must wait."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from icdmapper.model.codes import CodeKind
from icdmapper.model.mapping import ANSWERED, Relation, State, TargetRole
from icdmapper.model.releases import ReleasedMapping, ReleasedTarget
from icdmapper.texts import N_
from icdmapper.upload.checks.stages import DATED, MAPPED


class HoldReason(Enum):
    """Why a record is held back; the value is its sentence."""

    UNMAPPED = N_("the local code is not in the release")
    UNDECIDED = N_("the local code has no decided mapping yet")
    DISPUTED = N_("the mapping of the local code is in dispute")
    REFINING = N_("the local code is being refined and the diagnosis text fits no finer code")
    NO_COUNTERPART = N_("the local code has no counterpart in the reference set")
    AMBIGUOUS = N_("two mappings share this local code and the name does not tell which is meant")
    NO_CODE = N_("there is a name without a code")
    NO_RELEASE = N_("no release is valid on the discharge date")
    BAD_DATE = N_("the discharge date is missing or unreadable")

    @property
    def rule(self) -> str:
        """The rule of the table that holds it."""
        return DATED if self in (HoldReason.NO_RELEASE, HoldReason.BAD_DATE) else MAPPED


def rule_of(reason: str) -> str:
    """The rule behind a reason as it is stored: a HoldReason in small letters, or the rule."""
    named = HoldReason.__members__.get(reason.upper())
    return named.rule if named else reason


@dataclass(frozen=True, slots=True)
class Answer:
    """What a code field becomes: a target with its extra targets, or a reason to hold."""

    code: str = ""
    name: str = ""
    extras: tuple[ReleasedTarget, ...] = ()
    reason: HoldReason | None = None


_REASONS = {
    State.DISPUTED: HoldReason.DISPUTED,
    State.REFINING: HoldReason.REFINING,
    State.NO_COUNTERPART: HoldReason.NO_COUNTERPART,
    State.RETIRED: HoldReason.UNMAPPED,
}


class Lookup:
    """The mappings of one release by kind and exact local code."""

    def __init__(self, mappings: Iterable[ReleasedMapping]) -> None:
        self._own: dict[tuple[CodeKind, str], list[ReleasedMapping]] = defaultdict(list)
        self._children: dict[tuple[CodeKind, str], list[ReleasedMapping]] = defaultdict(list)
        for mapping in mappings:
            self._own[mapping.kind, mapping.code.strip()].append(mapping)
            # A child is retired until its refinement is signed, and again when that is undone.
            if mapping.parent and mapping.state is not State.RETIRED:
                self._children[mapping.kind, mapping.parent.strip()].append(mapping)
        self._plain = {kind: _Plain(self._without_name, kind) for kind in CodeKind}

    def plain(self, kind: CodeKind) -> Mapping[str, Answer | None]:
        """The answers for codes of a kind that need no name; None when the name must decide."""
        return self._plain[kind]

    def named(self, kind: CodeKind, code: str, name: str) -> Answer:
        """The answer for a code whose name must decide."""
        key, wanted = (kind, code), same_text(name)
        children = self._refined_into(key)
        candidates = children or self._own[key]
        fitting = [one for one in candidates if same_text(one.name) == wanted]
        if not fitting:
            fitting = [one for one in children if one.residual]
        if not fitting:
            return Answer(reason=HoldReason.REFINING if children else HoldReason.AMBIGUOUS)
        return _agreed(fitting) or Answer(reason=HoldReason.AMBIGUOUS)

    def _without_name(self, key: tuple[CodeKind, str]) -> Answer | None:
        if self._refined_into(key):
            return None
        own = self._own.get(key)
        return _agreed(own) if own else Answer(reason=HoldReason.UNMAPPED)

    def _refined_into(self, key: tuple[CodeKind, str]) -> list[ReleasedMapping]:
        """The children that have taken a code's place: it is retired or gone itself."""
        if all(one.state is State.RETIRED for one in self._own.get(key, ())):
            return self._children.get(key, [])
        return []


class _Plain(dict[str, Answer | None]):
    """Answers by code, each found when it is first asked for."""

    def __init__(
        self, find: Callable[[tuple[CodeKind, str]], Answer | None], kind: CodeKind
    ) -> None:
        super().__init__()
        self._find = find
        self._kind = kind

    def __missing__(self, code: str) -> Answer | None:
        answer = self[code] = self._find((self._kind, code))
        return answer


def same_text(text: str) -> str:
    """A diagnosis text without differences of width, case and spaces."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _agreed(mappings: list[ReleasedMapping]) -> Answer | None:
    answers = {_answer(one) for one in mappings}
    return answers.pop() if len(answers) == 1 else None


def _answer(mapping: ReleasedMapping) -> Answer:
    system = mapping.kind.system.value
    main = next((one for one in mapping.targets if one.role is TargetRole.MAIN), None)
    # A target of another set would be a fault of the release; it must never reach the platform.
    usable = main is not None and bool(main.code and main.name) and main.system in ("", system)
    if main is not None and usable and mapping.state in ANSWERED:
        extras = tuple(one for one in mapping.targets if one is not main)
        return Answer(main.code, main.name, extras)
    if mapping.relation is Relation.NO_COUNTERPART and mapping.state not in _REASONS:
        return Answer(reason=HoldReason.NO_COUNTERPART)
    return Answer(reason=_REASONS.get(mapping.state, HoldReason.UNDECIDED))
