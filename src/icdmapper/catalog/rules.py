"""Search and tree over codes: pure, over values held in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from icdmapper.model.chapters import chapter
from icdmapper.model.codes import CodeSystem, LocalCode, ReferenceCode
from icdmapper.model.icd import Level, parse
from icdmapper.model.names import normalise


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A row of the tree. `reference_id` is None for a level the edition has no row for."""

    code: str
    name: str
    level: Level
    reference_id: int | None
    children: int


class SearchIndex:
    """Finds codes by code, name or pinyin initials, words in any order, best first."""

    def __init__(self, codes: Iterable[ReferenceCode] | Iterable[LocalCode]) -> None:
        self._codes: list[ReferenceCode | LocalCode] = list(codes)
        # One string per code: three fields apart by a sign that cannot be typed into a search.
        self._texts = [
            f"{code.code.lower()}\n{normalise(code.name)}\n{code.initials}" for code in self._codes
        ]

    @classmethod
    def joined(cls, parts: Iterable[SearchIndex]) -> SearchIndex:
        """One index of several, in the order of the source; nothing is held twice."""
        pairs = [pair for one in parts for pair in zip(one._codes, one._texts, strict=True)]
        pairs.sort(key=lambda pair: pair[0].id)
        return cls._of(pairs)

    def of_system(self, system: CodeSystem) -> SearchIndex:
        """The part of it that belongs to one reference set; nothing is held twice."""
        pairs = zip(self._codes, self._texts, strict=True)
        return self._of([pair for pair in pairs if pair[0].kind.system is system])

    @classmethod
    def _of(cls, pairs: Iterable[tuple[ReferenceCode | LocalCode, str]]) -> SearchIndex:
        made = cls(())
        for code, text in pairs:
            made._codes.append(code)
            made._texts.append(text)
        return made

    def find(self, text: str, *, limit: int) -> tuple[ReferenceCode | LocalCode, ...]:
        """The codes in which every word of `text` occurs.

        First those whose code or name is the text, then those that begin with it, then by length
        of the name; ties in the order of the source. A heading comes after an entry of the same
        name, since it cannot be reported, unless its own code was asked for.
        """
        words = [normalise(word) for word in text.split()]
        words = [word for word in words if word]
        if not words:
            return ()
        texts = self._texts
        hits: list[int] = [position for position, entry in enumerate(texts) if words[0] in entry]
        for word in words[1:]:
            hits = [position for position in hits if word in texts[position]]
        whole = normalise(text)
        hits.sort(key=lambda position: self._rank(position, whole, words[0]))
        return tuple(self._codes[position] for position in hits[:limit])

    def _rank(self, position: int, whole: str, first: str) -> tuple[int, int, bool, int]:
        code, name, initials = self._texts[position].split("\n")
        if whole in (code, name):
            quality = 0
        elif initials == whole:
            quality = 1
        elif code.startswith(first):
            quality = 2
        elif name.startswith(first) or initials.startswith(first):
            quality = 3
        else:
            quality = 4
        found = self._codes[position]
        heading = isinstance(found, ReferenceCode) and found.heading and code != whole
        return quality, len(name), heading, position


@dataclass(frozen=True, slots=True)
class Chapter:
    """The categories of a chapter, which no edition lists; named as in `model.chapters`."""

    name: str
    span: str
    """The first and the last category there are, without marks."""
    nodes: tuple[TreeNode, ...]


def chapters_of(categories: Iterable[TreeNode]) -> tuple[Chapter, ...]:
    """Categories by chapter, in their order; what has the shape of none stands last, under ""."""
    found: dict[str, dict[TreeNode, str]] = {}
    for node in categories:
        shape = parse(node.code)
        category = shape.category if shape else ""
        found.setdefault(chapter(category), {})[node] = category
    chapters = []
    for name, nodes in sorted(found.items(), key=lambda one: not one[0]):
        there = list(nodes.values())
        span = there[0] if there[0] == there[-1] else f"{there[0]}–{there[-1]}"
        chapters.append(Chapter(name, span, tuple(nodes)))
    return tuple(chapters)


@dataclass(slots=True)
class _Branch:
    reference: ReferenceCode | None = None
    parent: str | None = None
    children: list[str] | None = None
    """Most branches have none, and a list takes more than the rest of a branch."""


class CodeTree:
    """Category, subcategory, entry: the tree of one reference set.

    Levels that the edition has no row for are there all the same, without a name of their own.
    """

    def __init__(self, codes: Sequence[ReferenceCode]) -> None:
        self._branches: dict[str, _Branch] = {"": _Branch()}
        self._by_id: dict[int, str] = {}
        for code in codes:
            self._add(code)

    def children(self, parent: str | None) -> tuple[TreeNode, ...]:
        """The nodes directly below `parent` (canonical), the categories when it is None."""
        branch = self._branches.get(parent or "")
        return tuple(map(self._node, (branch and branch.children) or ()))

    def path(self, reference_id: int) -> tuple[TreeNode, ...]:
        """From the category down to the entry itself; empty when it is not in this tree."""
        key = self._by_id.get(reference_id)
        nodes: list[TreeNode] = []
        while key:
            nodes.append(self._node(key))
            key = self._branches[key].parent
        return tuple(reversed(nodes))

    def siblings(self, reference_id: int) -> tuple[TreeNode, ...]:
        """The nodes that share the entry's parent, itself included."""
        key = self._by_id.get(reference_id)
        return self.children(self._branches[key].parent) if key else ()

    def below(self, reference_id: int) -> tuple[TreeNode, ...]:
        """The nodes directly below an entry."""
        key = self._by_id.get(reference_id)
        return self.children(key) if key else ()

    def _add(self, code: ReferenceCode) -> None:
        key = code.canonical
        shape = parse(code.code)
        # The source's own mark is part of an entry's code but not of its place.
        parents = [parent for parent in (shape.parents if shape else ()) if parent != key]
        if shape and shape.level is Level.CATEGORY:
            key = shape.category
        elif shape and shape.level is Level.SUBCATEGORY and shape.subcategory != shape.category:
            key = shape.subcategory
        if key in self._branches and self._branches[key].reference is not None:
            key = f"{key} {code.code}"
        chain = [key, *parents]
        for child, parent in zip(chain, [*chain[1:], ""], strict=True):
            self._link(child, parent)
        self._branches[key].reference = code
        self._by_id[code.id] = key

    def _link(self, child: str, parent: str) -> None:
        below = self._branches.setdefault(child, _Branch())
        if below.parent is None:
            below.parent = parent
            above = self._branches.setdefault(parent, _Branch())
            if above.children is None:
                above.children = []
            above.children.append(child)

    def _node(self, key: str) -> TreeNode:
        branch = self._branches[key]
        reference = branch.reference
        shape = parse(reference.code if reference else key)
        return TreeNode(
            code=reference.code if reference else key,
            name=reference.name if reference else "",
            level=shape.level if shape else Level.ENTRY,
            reference_id=reference.id if reference else None,
            children=len(branch.children or ()),
        )
