"""Look codes up: lists, search as you type, the tree of each reference set."""

from __future__ import annotations

import threading
from collections.abc import Callable

from icdmapper.catalog.rules import CodeTree, SearchIndex, TreeNode
from icdmapper.model.codes import CodeSet, CodeSystem, LocalCode, ReferenceCode, Side
from icdmapper.model.comparing import compare
from icdmapper.model.editions import Comparison
from icdmapper.model.errors import RefusedError
from icdmapper.storage.unit_of_work import Storage, UnitOfWork
from icdmapper.texts import _

Progress = Callable[[int, int], None]


class _Editions:
    """What is held in memory of the code sets in use: each part once it was asked for."""

    def __init__(self, set_ids: tuple[int, ...]) -> None:
        self.set_ids = set_ids
        self._references: dict[CodeSystem, tuple[ReferenceCode, ...]] = {}
        self._searches: dict[tuple[Side, CodeSystem | None], SearchIndex] = {}
        self._trees: dict[CodeSystem, CodeTree] = {}

    def search(self, work: UnitOfWork, side: Side, system: CodeSystem | None) -> SearchIndex:
        """The index of one side, or of one system of it."""
        if (side, system) not in self._searches:
            self._searches[side, system] = self._read(work, side, system)
        return self._searches[side, system]

    def tree(self, work: UnitOfWork, system: CodeSystem) -> CodeTree:
        """The tree of one reference set."""
        if system not in self._trees:
            self._trees[system] = CodeTree(self._entries(work, system))
        return self._trees[system]

    def _read(self, work: UnitOfWork, side: Side, system: CodeSystem | None) -> SearchIndex:
        # Parts of a whole share its codes and texts, so that nothing is held twice.
        if side is Side.LOCAL:
            if system is None:
                return SearchIndex(work.code_sets.local_codes())
            return self.search(work, side, None).of_system(system)
        if system is None:
            return SearchIndex.joined([self.search(work, side, one) for one in CodeSystem])
        return SearchIndex(self._entries(work, system))

    def _entries(self, work: UnitOfWork, system: CodeSystem) -> tuple[ReferenceCode, ...]:
        if system not in self._references:
            self._references[system] = work.code_sets.reference_codes(system)
        return self._references[system]


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
        with self._lock, self._storage.reading() as work:
            index = self._current(work).search(work, side, system)
        return index.find(text, limit=limit)

    def children(self, system: CodeSystem, parent: str | None = None) -> tuple[TreeNode, ...]:
        """The nodes below `parent` in the tree of a reference set; its categories by default."""
        with self._lock, self._storage.reading() as work:
            tree = self._current(work).tree(work, system)
        return tree.children(parent)

    def path(self, reference_id: int) -> tuple[TreeNode, ...]:
        """From the category down to a reference entry."""
        tree = self._tree_with(reference_id)
        return tree.path(reference_id) if tree else ()

    def siblings(self, reference_id: int) -> tuple[TreeNode, ...]:
        """The entries beside a reference entry, itself included."""
        tree = self._tree_with(reference_id)
        return tree.siblings(reference_id) if tree else ()

    def below(self, reference_id: int) -> tuple[TreeNode, ...]:
        """What a heading heads; nothing below an entry that can be reported."""
        tree = self._tree_with(reference_id)
        return tree.below(reference_id) if tree else ()

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

    def _tree_with(self, reference_id: int) -> CodeTree | None:
        """The tree of the set that holds an entry in use."""
        with self._lock, self._storage.reading() as work:
            found = work.code_sets.references_in_use([reference_id]).get(reference_id)
            return self._current(work).tree(work, found.kind.system) if found else None

    def _current(self, work: UnitOfWork) -> _Editions:
        set_ids = tuple(code_set.id for code_set in work.code_sets.in_use())
        if self._editions is None or self._editions.set_ids != set_ids:
            self._editions = _Editions(set_ids)
        return self._editions
