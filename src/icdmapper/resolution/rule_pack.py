"""Reads rule files (`resources/rules/*.toml`) into rules; a wrong file is refused as a whole."""

from __future__ import annotations

import string
import tomllib
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from icdmapper import paths
from icdmapper.model.codes import CodeKind, LocalCode, ReferenceCode
from icdmapper.model.errors import UnreadableSourceError
from icdmapper.model.icd import parse
from icdmapper.model.judgement import Needs, Severity
from icdmapper.model.mapping import Relation, TargetRole
from icdmapper.resolution.cases import Case, Chosen
from icdmapper.resolution.conditions import compile_all
from icdmapper.resolution.judgement import FIELDS, Example, Judge, Rule
from icdmapper.texts import LANGUAGES, _, language

_WORDS = ("title", "sentence")
"""What is said in the language in force; without a text in it (`title_en`), as it is written."""
_KEYS = frozenset(
    {"id", "title", "sentence", "source", "severity", "needs", "kinds", "roles", "when", "case"}
) | {f"{key}_{language}" for key in _WORDS for language in LANGUAGES}
_CASE_KEYS = frozenset(
    {"local", "attached", "target", "more", "relation", "note", "shared", "heading", "fires"}
)


def load(folder: Traversable | Path, *, without: frozenset[str] = frozenset()) -> tuple[Rule, ...]:
    """The rules of every TOML file of a folder, by file name; `without` leaves rules out by id.

    Raises:
        UnreadableSourceError: a file is no rule file; the sentence names file and rule.
    """
    rules: dict[str, Rule] = {}
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".toml"):
            continue
        for rule in read(file.read_text(encoding="utf-8"), file.name):
            if rule.id in rules:
                raise _unreadable(file.name, rule.id, _("the id is used twice"))
            rules[rule.id] = rule
    return tuple(rule for rule in rules.values() if rule.id not in without)


def read(text: str, file: str) -> tuple[Rule, ...]:
    """The rules of one file's text.

    Raises:
        UnreadableSourceError: it is no rule file; the sentence names file and rule.
    """
    try:
        tables = tomllib.loads(text).get("rule", [])
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(file, "", str(error)) from error
    rules = []
    for table in tables:
        try:
            rules.append(_rule(table))
        except (KeyError, ValueError, TypeError) as error:
            raise _unreadable(file, str(table.get("id", "")), str(error)) from error
    return tuple(rules)


def shipped_judge() -> Judge:
    """The rules that ship with the program, read and compiled once in the language in force."""
    return _shipped_judge(language())


@cache
def _shipped_judge(_language: str) -> Judge:
    return Judge(load(paths.shipped("resources", "rules")))


def _rule(table: dict[str, Any]) -> Rule:
    if table.keys() - _KEYS:
        raise ValueError(", ".join(sorted(table.keys() - _KEYS)))
    title, sentence = (table.get(f"{key}_{language()}", table[key]) for key in _WORDS)
    asked = {
        name
        for key, said in table.items()
        if key.startswith("sentence")
        for _text, name, _spec, _how in string.Formatter().parse(said)
        if name
    }
    if asked - set(FIELDS):
        raise ValueError(", ".join(sorted(asked - set(FIELDS))))
    return Rule(
        id=table["id"],
        title=title,
        sentence=sentence,
        source=table["source"],
        severity=Severity(table["severity"]),
        needs=Needs(table.get("needs", Needs.NOBODY.value)),
        kinds=frozenset(CodeKind(one) for one in table.get("kinds", _ALL_KINDS)),
        roles=frozenset(TargetRole(one) for one in table.get("roles", ("main",))),
        conditions=tuple(compile_all(table["when"])),
        examples=tuple(_example(one) for one in table["case"]),
    )


_ALL_KINDS = tuple(kind.value for kind in CodeKind)


def _example(table: dict[str, Any]) -> Example:
    if table.keys() - _CASE_KEYS:
        raise ValueError(", ".join(sorted(table.keys() - _CASE_KEYS)))
    code, name = table["local"]
    local = LocalCode(
        1, code, _canonical(code), name, _kind(code), attached_code=table.get("attached", "")
    )
    chosen = [] if "target" not in table else [(*table["target"], "main")]
    targets = tuple(
        _chosen(number, entry, heading=bool(table.get("heading")))
        for number, entry in enumerate([*chosen, *table.get("more", ())], start=1)
    )
    default = Relation.EQUIVALENT if targets else Relation.NO_COUNTERPART
    relation = Relation(table.get("relation", default.value))
    shared = int(table.get("shared", 1))
    return Example(
        Case(local, targets, relation, table.get("note", ""), shared), bool(table["fires"])
    )


def _chosen(number: int, entry: tuple[str, str, str], *, heading: bool) -> Chosen:
    code, name, role = entry
    reference = ReferenceCode(
        number, code, _canonical(code), name, _kind(code), heading=heading and number == 1
    )
    return Chosen(reference, TargetRole(role))


def _canonical(code: str) -> str:
    shape = parse(code)
    if shape is None:
        raise ValueError(code)
    return shape.canonical


def _kind(code: str) -> CodeKind:
    shape = parse(code)
    if shape is None:
        raise ValueError(code)
    return shape.kind


def _unreadable(file: str, rule: str, reason: str) -> UnreadableSourceError:
    return UnreadableSourceError(
        _("Rule file {file}, rule “{rule}”: {reason}.").format(file=file, rule=rule, reason=reason)
    )
