"""Look codes up: lists, search as you type, the tree of each reference set."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from icdmapper.catalog.rules import CodeTree, SearchIndex, TreeNode
from icdmapper.model.codes import CodeSet, CodeSystem, LocalCode, ReferenceCode, Side
from icdmapper.model.comparing import compare
from icdmapper.model.editions import Comparison
from icdmapper.model.errors import RefusedError
from icdmapper.storage.unit_of_work import Storage
from icdmapper.texts import _

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Editions:
    """What is held in memory, and for which code sets it was read."""

    set_ids: tuple[int, ...]
    searches: dict[tuple[Side, CodeSystem | None], SearchIndex]
    trees: dict[CodeSystem, CodeTree]


class CatalogService:
    """Browse and search both sides of the mapping."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._lock = threading.Lock()
        self._editions: _Editions | None = None

    def code_sets(self) -> tuple[CodeSet, ...]:
        """The code sets in use."""
        with self._storage.reading() as work:
            return work.code_sets.in_use()

    def editions(self) -> tuple[CodeSet, ...]:
        """Every stored edition of either side, in use or not, newest first."""
        with self._storage.reading() as work:
            return work.code_sets.all()

    def compare(
        self, old_id: int, new_id: int, *, progress: Progress | None = None
    ) -> Comparison[ReferenceCode | LocalCode, ReferenceCode | LocalCode]:
        """Two stored editions side by side, each as its source had it.

        A local list may stand beside a reference set: then only its codes of that system count.

        Raises:
            NotFoundError: there is no such edition.
            RefusedError: they have no system in common, or are the same one.
        """
        with self._storage.reading() as work:
            sets = work.code_sets.get(old_id), work.code_sets.get(new_id)
            systems = {one.system for one in sets} - {None}
            if len(systems) > 1:
                raise RefusedError(_("Editions of different systems have nothing in common."))
            if old_id == new_id:
                raise RefusedError(_("Choose two different editions."))
            old, new = (
                [
                    code
                    for code in work.code_sets.of_edition(one.id)
                    if not systems or code.kind.system in systems
                ]
                for one in sets
            )
        return compare(old, new, progress=progress)

    def search(
        self, text: str, *, side: Side, system: CodeSystem | None = None, limit: int = 50
    ) -> tuple[ReferenceCode | LocalCode, ...]:
        """Codes by code, name or pinyin initials; the words of `text` in any order."""
        index = self._current().searches.get((side, system))
        return index.find(text, limit=limit) if index else ()

    def children(self, system: CodeSystem, parent: str | None = None) -> tuple[TreeNode, ...]:
        """The nodes below `parent` in the tree of a reference set; its categories by default."""
        tree = self._current().trees.get(system)
        return tree.children(parent) if tree else ()

    def path(self, reference_id: int) -> tuple[TreeNode, ...]:
        """From the category down to a reference entry."""
        for tree in self._current().trees.values():
            if path := tree.path(reference_id):
                return path
        return ()

    def siblings(self, reference_id: int) -> tuple[TreeNode, ...]:
        """The entries beside a reference entry, itself included."""
        for tree in self._current().trees.values():
            if siblings := tree.siblings(reference_id):
                return siblings
        return ()

    def reference(self, reference_id: int) -> ReferenceCode:
        """One reference entry.

        Raises:
            NotFoundError: there is none with that id.
        """
        with self._storage.reading() as work:
            return work.code_sets.reference(reference_id)

    def local(self, local_id: int) -> LocalCode:
        """One local code.

        Raises:
            NotFoundError: there is none with that id.
        """
        with self._storage.reading() as work:
            return work.code_sets.local(local_id)

    def local_codes(self) -> tuple[LocalCode, ...]:
        """Every local code in use, in the order of its source."""
        with self._storage.reading() as work:
            return work.code_sets.local_codes()

    def _current(self) -> _Editions:
        with self._lock, self._storage.reading() as work:
            set_ids = tuple(code_set.id for code_set in work.code_sets.in_use())
            if self._editions is None or self._editions.set_ids != set_ids:
                self._editions = _read(
                    set_ids, work.code_sets.reference_codes(), work.code_sets.local_codes()
                )
            return self._editions


def _read(
    set_ids: tuple[int, ...],
    references: tuple[ReferenceCode, ...],
    local_codes: tuple[LocalCode, ...],
) -> _Editions:
    searches: dict[tuple[Side, CodeSystem | None], SearchIndex] = {
        (Side.REFERENCE, None): SearchIndex(references),
        (Side.LOCAL, None): SearchIndex(local_codes),
    }
    trees: dict[CodeSystem, CodeTree] = {}
    for system in CodeSystem:
        entries = [code for code in references if code.kind.system is system]
        searches[Side.REFERENCE, system] = SearchIndex(entries)
        searches[Side.LOCAL, system] = SearchIndex(
            code for code in local_codes if code.kind.system is system
        )
        if entries:
            trees[system] = CodeTree(entries)
    return _Editions(set_ids, searches, trees)
