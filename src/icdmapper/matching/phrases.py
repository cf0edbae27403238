"""Finding known phrases in names: the longest phrase at each place wins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

Meaning = TypeVar("Meaning")


class PhraseBook(Generic[Meaning]):
    """Phrases with a meaning each, looked up by their first two characters, longest first."""

    def __init__(self, phrases: Iterable[tuple[str, Meaning]]) -> None:
        by_start: dict[str, list[tuple[str, Meaning, bool]]] = {}
        for phrase, meaning in phrases:
            if phrase:
                latin = _latin(phrase[0]) or _latin(phrase[-1])
                by_start.setdefault(phrase[:2], []).append((phrase, meaning, latin))
        # A phrase of one character is the last resort wherever a longer one might start.
        for start, group in by_start.items():
            group.sort(key=lambda entry: (-len(entry[0]), entry[0]))
            if len(start) == 2:
                group.extend(by_start.get(start[0], ()))
        self._by_start = by_start

    def every(self, text: str) -> Iterator[tuple[int, str, Meaning]]:
        """Every phrase at every place of the text, at each place the longest first."""
        by_start = self._by_start
        for place, start in enumerate(map(str.__add__, text, f"{text[1:]} ")):
            group = by_start.get(start) or by_start.get(start[0])
            for phrase, meaning, latin in group or ():
                if text.startswith(phrase, place) and (
                    not latin or _whole_word(text, place, phrase)
                ):
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
