"""Medical judgement as data: rules compiled once, asked of every answer, explained. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from icdmapper.model.codes import CodeKind
from icdmapper.model.errors import RefusedError
from icdmapper.model.judgement import Finding, Needs, Severity, Waiver
from icdmapper.model.mapping import TargetRole
from icdmapper.resolution.cases import Case, Chosen, Scene, scene_of
from icdmapper.resolution.conditions import Condition
from icdmapper.texts import _
from icdmapper.texts.words import relation_word


@dataclass(frozen=True, slots=True)
class Example:
    """A test case of a rule, kept in its file: an answer, and whether the rule fires on it."""

    case: Case
    fires: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of judgement. `sentence` has fields that the triggering names and words fill.

    `kinds` are the kinds of local codes it is about, `roles` the targets it looks at.
    """

    id: str
    title: str
    sentence: str
    source: str
    severity: Severity
    needs: Needs
    kinds: frozenset[CodeKind]
    roles: frozenset[TargetRole]
    conditions: tuple[Condition, ...]
    examples: tuple[Example, ...] = ()

    @property
    def needs_target(self) -> bool:
        """Whether the rule looks at targets one by one, rather than at the answer as a whole."""
        return any(one.needs_target for one in self.conditions)


class Judge:
    """Asks the rules of a pack; compiled once, then used for any number of answers."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._whole = {
            kind: [rule for rule in self.rules if kind in rule.kinds and not rule.needs_target]
            for kind in CodeKind
        }
        self._by_beginning: dict[tuple[CodeKind, TargetRole, str], list[Rule]] = {}
        self._by_role = {
            (kind, role): [
                rule
                for rule in self.rules
                if kind in rule.kinds and role in rule.roles and rule.needs_target
            ]
            for kind in CodeKind
            for role in TargetRole
        }

    @cached_property
    def stopping(self) -> Judge:
        """The same with only the rules that can stop a decision: all that a save has to ask."""
        return Judge(rule for rule in self.rules if rule.severity is Severity.STOP)

    @cached_property
    def counts_shared(self) -> bool:
        """Whether a rule asks how many local codes stand on the target."""
        return any(one.counts_shared for rule in self.rules for one in rule.conditions)

    def findings(self, case: Case) -> tuple[Finding, ...]:
        """The rules that an answer breaks, the graver first; each with its reason in a sentence."""
        found: list[Finding] = []
        kind = case.local.kind
        main = next((one for one in case.targets if one.role is TargetRole.MAIN), None)
        _ask(self._whole[kind], scene_of(case, main), found)
        for chosen in case.targets:
            rules = self._asked(kind, chosen.role, chosen.reference.canonical[:1])
            _ask(rules, scene_of(case, chosen), found)
        found.sort(key=lambda one: _ORDER[one.severity])
        return tuple(found)

    def _asked(self, kind: CodeKind, role: TargetRole, beginning: str) -> list[Rule]:
        """The rules that can fire on a reference code beginning so; kept, they are few."""
        key = (kind, role, beginning)
        if key not in self._by_beginning:
            self._by_beginning[key] = [
                rule
                for rule in self._by_role[kind, role]
                if all(one.begins is None or beginning in one.begins for one in rule.conditions)
            ]
        return self._by_beginning[key]


def refuse_stops(
    findings: Sequence[Finding], waivers: Iterable[Waiver], *, clinician_settles: bool = False
) -> None:
    """Refuse an answer that breaks a stopping rule nobody waived for this very answer.

    A settlement is itself a clinician's word with a reason: with `clinician_settles` the rules that
    ask for a clinician are satisfied, all others still need their waiver.

    Raises:
        RefusedError: the sentence names the first such rule and why it fires.
    """
    open_ones = unwaived(findings, waivers)
    for finding in open_ones:
        if finding.severity is not Severity.STOP:
            continue
        if finding.needs is Needs.OTHER_ANSWER:
            raise RefusedError(
                _("{reason} Choose again; nobody can waive rule “{rule}”.").format(
                    reason=finding.sentence, rule=finding.title
                )
            )
        if finding.needs is Needs.CLINICIAN:
            if clinician_settles:
                continue
            raise RefusedError(
                _("{reason} Only a clinician may let it stand (rule “{rule}”).").format(
                    reason=finding.sentence, rule=finding.title
                )
            )
        raise RefusedError(
            _("{reason} Choose again, or have rule “{rule}” waived with a reason.").format(
                reason=finding.sentence, rule=finding.title
            )
        )


def unwaived(findings: Sequence[Finding], waivers: Iterable[Waiver]) -> tuple[Finding, ...]:
    """The findings that no waiver covers, in their order."""
    held = tuple(waivers)
    return tuple(one for one in findings if not any(waiver.covers(one) for waiver in held))


_ORDER = {Severity.STOP: 0, Severity.WARN: 1, Severity.NOTE: 2}


def _ask(rules: Sequence[Rule], scene: Scene, found: list[Finding]) -> None:
    for rule in rules:
        if scene.words:
            scene.words = {}
        for condition in rule.conditions:
            if not condition.test(scene):
                break
        else:
            found.append(_finding(rule, scene))


def _finding(rule: Rule, scene: Scene) -> Finding:
    case = scene.case
    return Finding(
        case.local.id,
        rule.id,
        rule.severity,
        rule.title,
        rule.sentence.format_map(fields_of(case, scene.chosen, scene.words)),
        rule.source,
        case.answer,
        rule.needs,
        any(one.asks_note for one in rule.conditions),
    )


def fields_of(case: Case, chosen: Chosen | None, words: dict[str, str]) -> dict[str, str]:
    """What the sentence of a rule may name; a field that nothing filled is empty."""
    fields = dict.fromkeys(FIELDS, "")
    fields |= {
        "local_code": case.local.code,
        "local_name": case.local.name,
        "attached_code": case.local.attached_code,
        "code": chosen.reference.code if chosen else "",
        "name": chosen.reference.name if chosen else "",
        "relation": relation_word(case.relation.value) if case.relation else "",
    }
    return fields | words


FIELDS = (
    "local_code", "local_name", "attached_code", "code", "name", "relation",
    "word", "other", "count", "companion", "place", "other_place", "category", "other_category",
)  # fmt: skip
"""The fields a sentence may have."""
