"""Finding known phrases in names: the longest phrase at each place wins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

import ahocorasick

Meaning = TypeVar("Meaning")


class PhraseBook(Generic[Meaning]):
    """Phrases with a meaning each; of a phrase given twice the last meaning holds."""

    def __init__(self, phrases: Iterable[tuple[str, Meaning]]) -> None:
        self._automaton = ahocorasick.Automaton()
        for phrase, meaning in phrases:
            if phrase:
                latin = _latin(phrase[0]) or _latin(phrase[-1])
                self._automaton.add_word(phrase, (len(phrase), phrase, meaning, latin))
        self._automaton.make_automaton()

    def every(self, text: str) -> Iterator[tuple[int, str, Meaning]]:
        """Every phrase at every place of the text, at each place the longest first."""
        if not self._automaton:
            return
        found = [
            (end - entry[0] + 1, -entry[0], entry) for end, entry in self._automaton.iter(text)
        ]
        if len(found) > 1:
            # No two phrases are of one length at one place, so entries are never compared.
            found.sort()
        for place, _length, (_, phrase, meaning, latin) in found:
            if not latin or _whole_word(text, place, phrase):
                yield place, phrase, meaning

    def find(self, text: str) -> Iterator[tuple[int, str, Meaning]]:
        """Every phrase that stands in the text, from left to right, none inside another."""
        end = 0
        for place, phrase, meaning in self.every(text):
            if place >= end:
                yield place, phrase, meaning
                end = place + len(phrase)


def _whole_word(text: str, at: int, phrase: str) -> bool:
    """Latin phrases must not be cut out of a longer Latin word: `ca` is not in `cabg`."""
    end = at + len(phrase)
    starts_inside = at > 0 and _latin(phrase[0]) and _latin(text[at - 1])
    ends_inside = end < len(text) and _latin(phrase[-1]) and _latin(text[end])
    return not (starts_inside or ends_inside)


def _latin(character: str) -> bool:
    return "a" <= character <= "z"
