"""The reference sets in use, each on its shelf: from the disk when it was put there before."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from icdmapper.matching import building, cache
from icdmapper.matching.library import Library
from icdmapper.matching.questions import Lesson, Stock, take_stock
from icdmapper.matching.shelf import Shelf
from icdmapper.model.codes import CodeSystem, ReferenceCode

Systems = frozenset[CodeSystem]
PROCEDURES = frozenset({CodeSystem.RC022})


class Shelves:
    """Made of stocks; `add` gives the entries of those that `missing` cannot find on the disk."""

    def __init__(
        self, stocks: Sequence[Stock], library: Library, cache_folder: Path | None = None
    ) -> None:
        self._stocks = {stock.system: stock for stock in stocks}
        self._library = library
        self._cache_folder = cache_folder
        self._entries: dict[CodeSystem, Sequence[ReferenceCode]] = {}
        self._shelves: dict[Systems, Shelf] = {}
        self._lessons: tuple[Lesson, ...] = ()
        self._lock = threading.Lock()

    @classmethod
    def of(
        cls, references: Sequence[ReferenceCode], library: Library, cache_folder: Path | None = None
    ) -> Shelves:
        """Shelves of entries that are at hand."""
        stocks = take_stock(
            (one.id, one.code, one.canonical, one.name, one.kind.value, one.heading)
            for one in references
        )
        made = cls(stocks, library, cache_folder)
        for stock in stocks:
            made.add(stock.system, [one for one in references if one.kind.system is stock.system])
        return made

    @property
    def systems(self) -> Systems:
        """The systems there are entries of."""
        return frozenset(self._stocks)

    def missing(self) -> tuple[CodeSystem, ...]:
        """Take from the disk what lies there; the systems whose entries are needed."""
        with self._lock:
            return tuple(
                system
                for system in self._stocks
                if system not in self._entries and self._kept(frozenset({system})) is None
            )

    def add(self, system: CodeSystem, entries: Sequence[ReferenceCode]) -> None:
        """The entries of a system; they are put on the shelf when it is first asked."""
        self._entries[system] = entries

    def has(self, systems: Systems) -> bool:
        """Whether these systems are on a shelf together, or lie so on the disk."""
        with self._lock:
            return self._kept(systems) is not None

    def get(self, systems: Systems) -> Shelf:
        """The shelf of these systems together."""
        with self._lock:
            return self._kept(systems) or self._built(systems)

    def teach(self, lessons: Sequence[Lesson]) -> None:
        """Know these decisions from now on, and no others."""
        with self._lock:
            self._lessons = tuple(lessons)
            for shelf in self._shelves.values():
                shelf.teach(self._lessons)

    def _kept(self, systems: Systems) -> Shelf | None:
        if systems not in self._shelves:
            file = self._file(systems)
            parts = cache.load(file) if file else None
            if parts is not None:
                self._put(systems, parts)
        return self._shelves.get(systems)

    def _built(self, systems: Systems) -> Shelf:
        entries = [one for system in _in_order(systems) for one in self._entries_of(system)]
        file = self._file(systems)
        parts = building.build(entries, self._library.complete_books(_family(systems)))
        if file:
            cache.save(file, parts)
            # From the disk again: what is mapped there all processes share.
            parts = cache.load(file) or parts
        return self._put(systems, parts)

    def _put(self, systems: Systems, parts: cache.Parts) -> Shelf:
        ids = [id_ for system in _in_order(systems) for id_ in self._stocks[system].ids]
        shelf = Shelf(ids, parts, self._library.books(_family(systems)))
        shelf.teach(self._lessons)
        self._shelves[systems] = shelf
        if len(systems) == 1:
            # From now on the shelf holds them.
            self._entries.pop(next(iter(systems)), None)
        return shelf

    def _entries_of(self, system: CodeSystem) -> Sequence[ReferenceCode]:
        """The entries of a system in the order of its stock, which is that of their ids."""
        if system in self._entries:
            return self._entries[system]
        shelved = self._kept(frozenset({system})) or self._built(frozenset({system}))
        by_id = {one.id: one for one in shelved.references}
        return [by_id[id_] for id_ in self._stocks[system].ids]

    def _file(self, systems: Systems) -> Path | None:
        if self._cache_folder is None:
            return None
        digests = (self._stocks[system].digest for system in _in_order(systems))
        version = self._library.version
        return cache.file_for(self._cache_folder, "shelf", version, _family(systems), *digests)


def _in_order(systems: Systems) -> list[CodeSystem]:
    return sorted(systems, key=lambda system: system.value)


def _family(systems: Systems) -> str:
    return "procedure" if systems <= PROCEDURES else "diagnosis"
