"""Phrases in names, against a search that looks at every place for every phrase."""

from hypothesis import given
from hypothesis import strategies as st

from icdmapper.matching.phrases import PhraseBook

_LETTERS = st.text("左肺癌ca1", max_size=12)


def _everywhere(phrases: dict[str, int], text: str) -> list[tuple[int, str, int]]:
    found = []
    for place in range(len(text)):
        for phrase in sorted(phrases, key=len, reverse=True):
            end = place + len(phrase)
            cut = text[place - 1 : place + 1], text[end - 1 : end + 1]
            whole = not any(len(two) == 2 and two.isascii() and two.isalpha() for two in cut)
            if phrase and text.startswith(phrase, place) and whole:
                found.append((place, phrase, phrases[phrase]))
    return found


@given(st.dictionaries(_LETTERS, st.integers(), max_size=8), _LETTERS)
def test_every_phrase_is_found_at_every_place_the_longest_first(
    phrases: dict[str, int], text: str
) -> None:
    assert list(PhraseBook(phrases.items()).every(text)) == _everywhere(phrases, text)


def test_a_latin_phrase_is_not_cut_out_of_a_longer_word() -> None:
    book = PhraseBook([("ca", 1), ("肺", 2)])
    assert list(book.find("肺ca")) == [(0, "肺", 2), (1, "ca", 1)]
    assert list(book.find("cabg")) == []


def test_what_is_found_does_not_overlap() -> None:
    book = PhraseBook([("支气管", 1), ("气管炎", 2), ("支气管炎", 3), ("炎", 4)])
    assert list(book.find("支气管炎炎")) == [(0, "支气管炎", 3), (4, "炎", 4)]
