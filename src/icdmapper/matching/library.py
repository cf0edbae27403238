"""What is known about words, ready to read names with; kept on disk like the reference sets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from icdmapper.matching import cache
from icdmapper.matching.knowledge import Knowledge, slots_from_text, slots_to_text
from icdmapper.matching.lexicon import Texts
from icdmapper.matching.ranking import CODED, NAMED, Ranking, read_ranking, trees_to_text
from icdmapper.matching.slots import SlotBook
from icdmapper.matching.wording import AliasBook

_SITUATIONS = (CODED, NAMED)


@dataclass(frozen=True)
class Books:
    """The aliases and slots for one family of names, and its weights in each situation."""

    family: str
    aliases: AliasBook
    slots: SlotBook
    rankings: Mapping[str, Ranking]
    """From the disk they come without what characters weigh: that lies with each set."""

    @classmethod
    def of(cls, knowledge: Knowledge, family: str) -> Books:
        """The books of a family."""
        return cls(
            family,
            AliasBook(knowledge.aliases_of(family)),
            SlotBook(knowledge.slots_of(family)),
            {one: knowledge.ranking_of(family, one) for one in _SITUATIONS},
        )


class Library:
    """The books of every family: from the disk when they are there, else made of the knowledge."""

    def __init__(
        self, version: str, knowledge: Callable[[], Knowledge], cache_folder: Path | None = None
    ) -> None:
        self.version = version
        self._knowledge = knowledge
        self._cache_folder = cache_folder
        self._made: dict[str, Books] = {}
        self._books: dict[str, Books] = {}

    def books(self, family: str) -> Books:
        """What is needed to ask."""
        if family not in self._books:
            self._books[family] = self._kept(family) or self.complete_books(family)
        return self._books[family]

    def complete_books(self, family: str) -> Books:
        """What is needed to put a set on its shelf: with what every character weighs."""
        if family not in self._made:
            books = self._made[family] = Books.of(self._knowledge(), family)
            if file := self._file(family):
                cache.save(file, _parts(books))
        return self._made[family]

    def _kept(self, family: str) -> Books | None:
        file = self._file(family)
        parts = cache.load(file) if file else None
        return _books(family, parts) if parts is not None else None

    def _file(self, family: str) -> Path | None:
        if self._cache_folder is None:
            return None
        return cache.file_for(self._cache_folder, "books", self.version, family)


def _parts(books: Books) -> cache.Parts:
    parts = {
        f"{direction}_{side}": Texts.of([pair[at] for pair in pairs])
        for direction, pairs in books.aliases.settled.items()
        for at, side in enumerate(("written", "standard"))
    }
    texts = {"slots": slots_to_text(books.slots.slots)}
    texts |= {name: trees_to_text(ranking) for name, ranking in books.rankings.items()}
    return parts | {name: Texts.of([text]) for name, text in texts.items()}


def _books(family: str, parts: cache.Parts) -> Books:
    strict, every = (
        list(zip(parts[f"{direction}_written"], parts[f"{direction}_standard"], strict=True))
        for direction in ("strict", "every")
    )
    return Books(
        family,
        AliasBook.of_settled(strict, every),
        SlotBook(slots_from_text(parts["slots"][0])),
        {name: read_ranking(json.loads(parts[name][0])) for name in _SITUATIONS},
    )
