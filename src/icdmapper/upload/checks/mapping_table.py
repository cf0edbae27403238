"""Rules of the mapping itself, asked of a whole release before records are sent with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from icdmapper.model.codes import CodeKind
from icdmapper.model.mapping import ANSWERED, State, TargetRole
from icdmapper.model.releases import ReleasedMapping
from icdmapper.texts import N_, _
from icdmapper.upload.checks.severities import Severity
from icdmapper.upload.checks.shapes import is_external_cause, is_morphology
from icdmapper.upload.lookup import same_text
from icdmapper.upload.packages import LOCAL_LISTS, VerifiedRelease

Broken = Iterator[ReleasedMapping]
Rows = tuple[ReleasedMapping, ...]
_SEEN_BY_TWO = frozenset({State.CHECKED, State.SETTLED})
_LETTERED = frozenset({CodeKind.DIAGNOSIS, CodeKind.EXTERNAL_CAUSE})


@dataclass(frozen=True, slots=True)
class Asked:
    """A release, and the grey codes of the insurance as far as the hospital keeps a list."""

    release: VerifiedRelease
    grey_codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TableRule:
    """A rule of the mapping table; its check names the codes, or code sets, that break it."""

    id: str
    sentence: str
    check: Callable[[Asked], Iterable[str]]


@dataclass(frozen=True, slots=True)
class TableFinding:
    """What one rule found in a release: how many codes, and the first of them."""

    rule: TableRule
    severity: Severity
    count: int
    codes: tuple[str, ...]

    @property
    def stops(self) -> bool:
        """Whether the release must not be used."""
        return self.severity is Severity.BLOCK

    @property
    def words(self) -> str:
        """The finding as a line for people; local codes are the hospital's own, no patient's."""
        return _("{rule} {sentence} {count}: {codes}").format(
            rule=self.rule.id, sentence=_(self.rule.sentence), count=self.count,
            codes=", ".join(self.codes),
        )  # fmt: skip


def check_table(asked: Asked, severities: Mapping[str, Severity]) -> tuple[TableFinding, ...]:
    """Every rule that a release breaks, what stops first; `severities` are those in effect."""
    found = []
    for rule in TABLE_RULES.values():
        codes = tuple(dict.fromkeys(rule.check(asked)))
        if codes:
            found.append(TableFinding(rule, severities[rule.id], len(codes), codes[:5]))
    return tuple(sorted(found, key=lambda one: not one.stops))


def _of_rows(check: Callable[[Rows], Broken]) -> Callable[[Asked], Iterable[str]]:
    return lambda asked: (row.code for row in check(asked.release.mappings))


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


def _own_editions(asked: Asked) -> Iterator[str]:
    """Every reference set that is mapped to, and the hospital's list, names its own edition."""
    used = {
        one.system or row.kind.system.value for row in asked.release.mappings for one in row.targets
    }
    for name in (*sorted(used), LOCAL_LISTS):
        if not asked.release.editions.get(name):
            yield name


def _answered_by_people(mappings: Rows) -> Broken:
    """An answer has a name behind it; what was only proposed has none."""
    for row in mappings:
        if row.targets and not (row.decided_by.strip() and row.state in ANSWERED):
            yield row


def _no_grey_target(asked: Asked) -> Iterator[str]:
    """Grey codes are facts of the insurance: they are no targets."""
    for row in asked.release.mappings:
        if any(one.code in asked.grey_codes for one in row.targets):
            yield row.code


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
        TableRule("HQ-079", N_("One code with one name has two answers."), _of_rows(_one_answer)),
        TableRule(
            "HQ-080", N_("A target lacks its name, or its code has two names."),
            _of_rows(_entries_of_a_set),
        ),
        TableRule(
            "HQ-081", N_("The answer is in another chapter and only one person has seen it."),
            _of_rows(_same_chapter),
        ),
        TableRule(
            "HQ-082", N_("The target is of another kind of code."), _of_rows(_inside_one_kind)
        ),
        TableRule(
            "HQ-083", N_("A code set of the release has no edition of its own."), _own_editions
        ),
        TableRule(
            "HQ-084", N_("An answer has no person behind it."), _of_rows(_answered_by_people)
        ),
        TableRule(
            "HQ-086", N_("Target codes differ only in case, width or spaces."), _of_rows(_opaque)
        ),
        TableRule("HQ-087", N_("A grey code of the insurance is a target."), _no_grey_target),
    )
}  # fmt: skip
"""Rules by their id in `rules.csv`."""
ASKED_OF_THE_RELEASE = N_("It is asked of the whole release by `upload check`.")
NO_GREY_CODES = N_("No list of grey codes is named in the settings.")
