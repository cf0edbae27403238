"""The vocabulary of judgement rules: what a rule file may ask of an answer. Pure.

`docs/judgement-rules.md` describes every word of it; a rule file that uses another is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from typing import Any

from icdmapper.model.chapters import chapter
from icdmapper.model.codes import CodeKind
from icdmapper.model.icd import Level, Mark
from icdmapper.model.mapping import Relation, TargetRole
from icdmapper.resolution.cases import Scene
from icdmapper.texts.chapters import chapter_word

Test = Callable[[Scene], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """One compiled condition; the cheaper are asked first.

    `begins` are the characters with which a reference code it holds for can begin, None for any.
    """

    test: Test
    cost: int
    needs_target: bool
    begins: frozenset[str] | None = None
    counts_shared: bool = False
    """Whether it asks how many local codes stand on the target, which has to be counted first."""
    asks_note: bool = False
    """Whether a note beside the answer ends it."""


class UnknownConditionError(ValueError):
    """A rule file uses a word that is not in the vocabulary, or gives it a wrong value."""


def compile_all(when: MappingType[str, Any]) -> list[Condition]:
    """The conditions of a table, all of which must hold, the cheapest first.

    Raises:
        UnknownConditionError: a word or value that is not in the vocabulary.
    """
    found = [_compile(word, value) for word, value in when.items()]
    return sorted(found, key=lambda one: one.cost)


def _compile(word: str, value: Any) -> Condition:
    if word not in _VOCABULARY:
        raise UnknownConditionError(word)
    make, cost, needs_target = _VOCABULARY[word]
    try:
        test = make(value)
        needs = needs_target or (word in _NESTED and _nested_needs(value))
        begins = _begins(value) if word == "code" else None
        shared = _counts_shared(word, value)
        return Condition(test, cost, needs, begins, shared, asks_note=word == "note_missing")
    except (re.error, ValueError, TypeError, KeyError) as error:
        raise UnknownConditionError(f"{word} = {value!r}") from error


def _joined(words: list[str]) -> re.Pattern[str]:
    if not words or not all(isinstance(word, str) and word for word in words):
        raise ValueError(words)
    return re.compile("|".join(f"(?:{word})" for word in words))


def _says(words: list[str], *, local: bool) -> Test:
    search = _joined(words).search

    def test(scene: Scene) -> bool:
        found = search(scene.local_text if local else scene.text)
        if found is None:
            return False
        scene.words["word" if local else "other"] = found.group()
        return True

    return test


def _lacks(words: list[str], *, local: bool) -> Test:
    search = _joined(words).search
    return lambda scene: search(scene.local_text if local else scene.text) is None


def _only(words: list[str], *, local: bool) -> Test:
    """One side says one of the words, the other side says none of them."""
    search = _joined(words).search

    def test(scene: Scene) -> bool:
        here, there = scene.local_text, scene.text
        if not local:
            here, there = there, here
        found = search(here)
        if found is None or search(there):
            return False
        scene.words["word" if local else "other"] = found.group()
        return True

    return test


def _opposed(groups: list[list[str]]) -> Test:
    """Both sides speak of the groups, and share none of them."""
    if len(groups) < 2:
        raise ValueError(groups)
    parts = [_joined(words).pattern for words in groups]
    combined = re.compile("|".join(f"({part})" for part in parts))
    speaks, found_in = combined.search, combined.finditer
    if any(re.compile(part).groups for part in parts):
        raise ValueError(groups)

    def test(scene: Scene) -> bool:
        # Most names speak of no group at all, which one search tells.
        if speaks(scene.local_text) is None or speaks(scene.text) is None:
            return False
        here = {found.lastindex: found.group() for found in found_in(scene.local_text)}
        there = {found.lastindex: found.group() for found in found_in(scene.text)}
        if here.keys() & there.keys():
            return False
        scene.words["word"] = next(iter(here.values()))
        scene.words["other"] = next(iter(there.values()))
        return True

    return test


def _local_code(patterns: list[str]) -> Test:
    match = _joined(patterns).match
    return lambda scene: match(scene.case.local.canonical) is not None


def _code(patterns: list[str]) -> Test:
    match = _joined(patterns).match
    return lambda scene: scene.chosen is not None and bool(match(scene.chosen.reference.canonical))


_BEGINNING = re.compile(r"\[([A-Z0-9]+)\]|([A-Z0-9])")


def _begins(patterns: list[str]) -> frozenset[str] | None:
    found = [_BEGINNING.match(pattern) for pattern in patterns]
    if not all(found):
        return None
    return frozenset("".join(one[1] or one[2] for one in found if one))


def _relation(names: list[str]) -> Test:
    wanted = frozenset(Relation(name) for name in names)
    return lambda scene: scene.case.relation in wanted


def _reference_kind(names: list[str]) -> Test:
    wanted = frozenset(CodeKind(name) for name in names)
    return lambda scene: scene.chosen is not None and scene.chosen.reference.kind in wanted


def _count(scene: Scene, role: str) -> int:
    if role == "any":
        return len(scene.case.targets)
    return sum(one.role.value == role for one in scene.case.targets)


def _targets(bounds: dict[str, Any]) -> Test:
    """How many targets there are, of a role or of any."""
    role = bounds.get("role", "any")
    least, most = int(bounds.get("least", 0)), int(bounds.get("most", 1_000))
    if bounds.keys() - {"role", "least", "most"} or role not in (
        "any",
        *(one.value for one in TargetRole),
    ):
        raise ValueError(bounds)

    def test(scene: Scene) -> bool:
        count = _count(scene, role)
        scene.words["count"] = str(count)
        return least <= count <= most

    return test


def _companion(wanted: dict[str, str]) -> Test:
    """Some target of a role has a code that matches."""
    role = TargetRole(wanted["role"])
    match = re.compile(wanted["code"]).match

    def test(scene: Scene) -> bool:
        for one in scene.case.targets:
            if one.role is role and match(one.reference.canonical):
                scene.words["companion"] = f"{one.reference.code} {one.reference.name}"
                return True
        return False

    return test


def _note_missing(wanted: bool) -> Test:
    return lambda scene: (not scene.case.note.strip()) is wanted


def _shared(bounds: dict[str, int]) -> Test:
    least, most = int(bounds["least"]), int(bounds.get("most", 1_000_000))

    def test(scene: Scene) -> bool:
        scene.words["count"] = str(scene.case.shared)
        return least <= scene.case.shared <= most

    return test


def _place_change(what: str) -> Test:
    if what not in ("chapter", "category"):
        raise ValueError(what)

    def test(scene: Scene) -> bool:
        if scene.local_shape is None or scene.shape is None:
            return False
        here, there = scene.local_shape.category, scene.shape.category
        if here == there:
            return False
        scene.words.update(
            place=chapter_word(chapter(here)),
            other_place=chapter_word(chapter(there)),
            category=here,
            other_category=there,
        )
        return what == "category" or chapter(here) != chapter(there)

    return test


_LEVELS = {"category": Level.CATEGORY, "subcategory": Level.SUBCATEGORY, "entry": Level.ENTRY}
_MARKS = {"none": Mark.NONE, "dagger": Mark.DAGGER, "asterisk": Mark.ASTERISK}


def _level(names: list[str], *, local: bool) -> Test:
    wanted = frozenset(_LEVELS[name] for name in names)

    def test(scene: Scene) -> bool:
        shape = scene.local_shape if local else scene.shape
        return shape is not None and shape.level in wanted

    return test


def _mark(names: list[str], *, local: bool) -> Test:
    wanted = frozenset(_MARKS[name] for name in names)

    def test(scene: Scene) -> bool:
        shape = scene.local_shape if local else scene.shape
        return shape is not None and shape.mark in wanted

    return test


def _pair(wanted: bool) -> Test:
    """The target's code holds both halves of a pair in one string."""
    return lambda scene: scene.shape is not None and bool(scene.shape.partner) is wanted


def _attached(wanted: bool) -> Test:
    """The local code comes with a second code, beside it or in the same string."""
    return lambda scene: (
        (
            bool(scene.case.local.attached_code)
            or (scene.local_shape is not None and bool(scene.local_shape.partner))
        )
        is wanted
    )


def _heading(wanted: bool) -> Test:
    return lambda scene: scene.chosen is not None and scene.chosen.reference.heading is wanted


def _same_code(wanted: bool) -> Test:
    return lambda scene: (
        scene.chosen is not None
        and (scene.case.local.canonical == scene.chosen.reference.canonical) is wanted
    )


def _parent_code(wanted: bool) -> Test:
    """The reference code is what is left of the local code without its extension."""

    def test(scene: Scene) -> bool:
        if scene.chosen is None:
            return False
        own, other = scene.case.local.canonical, scene.chosen.reference.canonical
        return (own != other and own.startswith(other)) is wanted

    return test


def _same_name(wanted: bool) -> Test:
    return lambda scene: (scene.local_text == scene.text) is wanted


def _shared_characters(bounds: dict[str, float]) -> Test:
    """The share of the shorter name's characters that the other name has too, 0 to 1."""
    below = float(bounds["below"])

    def test(scene: Scene) -> bool:
        one, other = set(scene.local_text), set(scene.text)
        least = min(len(one), len(other))
        return bool(least) and len(one & other) / least < below

    return test


def _any(tables: list[dict[str, Any]]) -> Test:
    branches = [compile_all(table) for table in tables]
    return lambda scene: any(all(one.test(scene) for one in branch) for branch in branches)


def _not(table: dict[str, Any]) -> Test:
    conditions = compile_all(table)

    def test(scene: Scene) -> bool:
        words = dict(scene.words)
        holds = all(one.test(scene) for one in conditions)
        scene.words = words
        return not holds

    return test


_NESTED = frozenset({"any", "not"})


def _nested(value: list[dict[str, Any]] | dict[str, Any]) -> list[Condition]:
    tables = [value] if isinstance(value, dict) else value
    return [one for table in tables for one in compile_all(table)]


def _nested_needs(value: list[dict[str, Any]] | dict[str, Any]) -> bool:
    return any(one.needs_target for one in _nested(value))


def _counts_shared(word: str, value: Any) -> bool:
    return word == "shared" or (
        word in _NESTED and any(one.counts_shared for one in _nested(value))
    )


# word: how it is compiled, its cost (cheap ones are asked first), whether it looks at a target
_VOCABULARY: dict[str, tuple[Callable[[Any], Test], int, bool]] = {
    "relation": (_relation, 0, False),
    "note_missing": (_note_missing, 0, False),
    "shared": (_shared, 1, False),
    "targets": (_targets, 1, False),
    "heading": (_heading, 0, True),
    "reference_kind": (_reference_kind, 0, True),
    "same_code": (_same_code, 0, True),
    "same_name": (_same_name, 0, True),
    "parent_code": (_parent_code, 0, True),
    "pair": (_pair, 0, True),
    "attached": (_attached, 0, False),
    "local_level": (lambda names: _level(names, local=True), 1, False),
    "level": (lambda names: _level(names, local=False), 1, True),
    "local_mark": (lambda names: _mark(names, local=True), 1, False),
    "mark": (lambda names: _mark(names, local=False), 1, True),
    "code": (_code, 2, True),
    "local_code": (_local_code, 2, False),
    "companion": (_companion, 3, True),
    "place_change": (_place_change, 4, True),
    "local_word": (lambda words: _says(words, local=True), 5, False),
    "word": (lambda words: _says(words, local=False), 5, True),
    "no_local_word": (lambda words: _lacks(words, local=True), 6, False),
    "no_word": (lambda words: _lacks(words, local=False), 6, True),
    "only_local": (lambda words: _only(words, local=True), 7, True),
    "only_reference": (lambda words: _only(words, local=False), 7, True),
    "opposed": (_opposed, 8, True),
    "shared_characters": (_shared_characters, 8, True),
    "any": (_any, 9, False),
    "not": (_not, 9, False),
}
VOCABULARY = tuple(_VOCABULARY)
"""Every word of the vocabulary; docs/judgement-rules.md explains each."""
