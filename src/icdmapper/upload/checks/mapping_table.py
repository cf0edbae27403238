"""Rules of the mapping itself, asked of every row of a release before records are sent with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from icdmapper.model.codes import CodeKind
from icdmapper.model.mapping import State, TargetRole
from icdmapper.model.releases import ReleasedMapping
from icdmapper.texts import N_, _
from icdmapper.upload.checks.shapes import is_external_cause, is_morphology
from icdmapper.upload.lookup import same_text

Broken = Iterator[ReleasedMapping]
Rows = tuple[ReleasedMapping, ...]
_SEEN_BY_TWO = frozenset({State.CHECKED, State.SETTLED})
_LETTERED = frozenset({CodeKind.DIAGNOSIS, CodeKind.EXTERNAL_CAUSE})


@dataclass(frozen=True, slots=True)
class TableRule:
    """A rule of the mapping table: its sentence, whether it stops, and the rows that break it."""

    id: str
    sentence: str
    stops: bool
    check: Callable[[Rows], Broken]


@dataclass(frozen=True, slots=True)
class TableFinding:
    """What one rule found in a release: how many rows, and the first of their codes."""

    rule: TableRule
    count: int
    codes: tuple[str, ...]

    @property
    def words(self) -> str:
        """The finding as a line for people; local codes are the hospital's own, no patient's."""
        return _("{rule} {sentence} {count} codes: {codes}").format(
            rule=self.rule.id, sentence=_(self.rule.sentence), count=self.count,
            codes=", ".join(self.codes),
        )  # fmt: skip


def check_table(mappings: Rows) -> tuple[TableFinding, ...]:
    """Every rule that some row of a release breaks, what stops first."""
    found = []
    for rule in sorted(TABLE_RULES.values(), key=lambda one: not one.stops):
        codes = tuple(dict.fromkeys(row.code for row in rule.check(mappings)))
        if codes:
            found.append(TableFinding(rule, len(codes), codes[:5]))
    return tuple(found)


def _one_answer(mappings: Rows) -> Broken:
    """The same code with the same name must not be two things."""
    answers: dict[tuple[CodeKind, str, str], set[tuple[str, ...]]] = defaultdict(set)
    for row in mappings:
        if row.targets:
            answers[_key(row)].add(tuple(sorted(one.code for one in row.targets)))
    yield from (row for row in mappings if len(answers.get(_key(row), ())) > 1)


def _entries_of_a_set(mappings: Rows) -> Broken:
    """A target has code and name, and a code has one name throughout the release."""
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in mappings:
        for one in row.targets:
            names[one.system or row.kind.system.value, one.code].add(one.name)
    for row in mappings:
        if any(
            not one.name or len(names[one.system or row.kind.system.value, one.code]) > 1
            for one in row.targets
        ):
            yield row


def _same_chapter(mappings: Rows) -> Broken:
    """A jump to another letter that only one person has looked at."""
    for row in mappings:
        main = next((one for one in row.targets if one.role is TargetRole.MAIN), None)
        if main is None or row.kind not in _LETTERED or row.state in _SEEN_BY_TWO:
            continue
        letters = row.code.strip()[:1].upper(), main.code[:1].upper()
        if "A" <= letters[0] <= "Z" and letters[0] != letters[1]:
            yield row


def _inside_one_kind(mappings: Rows) -> Broken:
    """Every target is of the set its place in the record is for."""
    for row in mappings:
        if any(not _fits(row.kind, one.role, one.code, one.system) for one in row.targets):
            yield row


def _opaque(mappings: Rows) -> Broken:
    """Codes of the reference set stand exactly as there: nothing trimmed, nothing folded."""
    by_folded: dict[str, set[str]] = defaultdict(set)
    for row in mappings:
        for one in row.targets:
            by_folded[same_text(one.code)].add(one.code)
    for row in mappings:
        if any(
            one.code != one.code.strip() or len(by_folded[same_text(one.code)]) > 1
            for one in row.targets
        ):
            yield row


def _fits(kind: CodeKind, role: TargetRole, code: str, system: str) -> bool:
    wanted = {
        TargetRole.MORPHOLOGY: CodeKind.MORPHOLOGY,
        TargetRole.EXTERNAL_CAUSE: CodeKind.EXTERNAL_CAUSE,
        TargetRole.MANIFESTATION: CodeKind.DIAGNOSIS,
    }.get(role, kind)
    if system not in ("", wanted.system.value):
        return False
    match wanted:
        case CodeKind.MORPHOLOGY:
            return is_morphology(code)
        case CodeKind.EXTERNAL_CAUSE:
            return is_external_cause(code)
        case CodeKind.DIAGNOSIS:
            return not is_morphology(code)
        case CodeKind.PROCEDURE:
            return code[:1].isdigit()


def _key(row: ReleasedMapping) -> tuple[CodeKind, str, str]:
    return row.kind, row.code.strip(), same_text(row.name)


TABLE_RULES = {
    one.id: one
    for one in (
        TableRule("HQ-079", N_("One code with one name has two answers."), True, _one_answer),
        TableRule(
            "HQ-080", N_("A target lacks its name, or its code has two names."), True,
            _entries_of_a_set,
        ),
        TableRule(
            "HQ-081", N_("The answer is in another chapter and only one person has seen it."),
            False, _same_chapter,
        ),
        TableRule("HQ-082", N_("The target is of another kind of code."), True, _inside_one_kind),
        TableRule(
            "HQ-086", N_("Target codes differ only in case, width or spaces."), True, _opaque
        ),
    )
}  # fmt: skip
"""Rules by their id in `rules.csv`, with the severities recommended there."""
ASKED_OF_THE_RELEASE = N_("It is asked of the whole release by `upload check`.")
