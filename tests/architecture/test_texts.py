"""Simplified Chinese is complete, and every text can be found in the catalogue."""

import ast
import string
import tomllib
from pathlib import Path

import polib
import pytest

from helpers.messages import SOURCE, interpolated, messages
from icdmapper.texts.singular import SINGULAR
from icdmapper.texts.slots import SLOTS

CATALOGUE = Path(__file__).parents[2] / "resources" / "i18n" / "zh_CN.po"


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(CATALOGUE))


@pytest.fixture(scope="module")
def used() -> dict[str, str]:
    """Each English message with the first place it stands in."""
    places: dict[str, str] = {}
    for found in messages():
        if found.message:
            places.setdefault(found.message, found.place)
    return places


def placeholders(text: str) -> set[str]:
    return {field for _text, field, _spec, _how in string.Formatter().parse(text) if field}


def test_every_message_is_translated(catalogue: polib.POFile, used: dict[str, str]) -> None:
    known = {entry.msgid for entry in catalogue if entry.msgstr and not entry.obsolete}
    untranslated = {message: place for message, place in used.items() if message not in known}
    assert not untranslated


def test_nothing_is_fuzzy_and_nothing_is_left_over(
    catalogue: polib.POFile, used: dict[str, str]
) -> None:
    assert [entry.msgid for entry in catalogue if entry.fuzzy or entry.obsolete] == []
    assert [entry.msgid for entry in catalogue if entry.msgid not in used] == []
    assert len({entry.msgid for entry in catalogue}) == len(catalogue)


def test_placeholders_are_those_of_the_original(catalogue: polib.POFile) -> None:
    different = [
        entry.msgid
        for entry in catalogue
        if placeholders(entry.msgid) != placeholders(entry.msgstr)
    ]
    assert different == []


def test_no_message_is_put_together_before_it_is_translated() -> None:
    assert interpolated() == []


def test_the_screens_say_nothing_that_is_not_a_message() -> None:
    """A sentence in English in the desktop that is no message would never be translated."""
    said = {found.message for found in messages()}
    stray = []
    for file in sorted((SOURCE / "desktop").rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        documented = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        stray += [
            f"{file.name}:{node.lineno} {node.value}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documented
            and node.value not in said
            and _is_a_sentence(node.value)
        ]
    assert stray == []


def test_every_slot_has_its_word_and_in_chinese_it_is_its_label(catalogue: polib.POFile) -> None:
    labels = {
        slot["label"]
        for file in (CATALOGUE.parents[1] / "slots").glob("*.toml")
        for slot in tomllib.loads(file.read_text(encoding="utf-8"))["slot"]
    }
    chinese = {entry.msgid: entry.msgstr for entry in catalogue}
    assert labels == set(SLOTS)
    assert {label: chinese[word] for label, word in SLOTS.items()} == {one: one for one in labels}


def _is_a_sentence(text: str) -> bool:
    words = text.split()
    lower = any(word.islower() for word in words[1:])
    return len(words) > 2 and text[:1].isupper() and text.isascii() and lower


def test_what_is_said_of_one_is_said_of_many_somewhere(used: dict[str, str]) -> None:
    assert [many for many in SINGULAR if many not in used] == []
    assert [many for many, one in SINGULAR.items() if placeholders(many) != placeholders(one)] == []
