"""From a name as written to the forms that are compared: its core and its standard wording."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, overload

from icdmapper.matching.index import Ints
from icdmapper.matching.knowledge import Alias, Direction
from icdmapper.matching.lexicon import picked
from icdmapper.matching.phrases import PhraseBook
from icdmapper.model.names import core, normalise

Pair = tuple[str, str]
"""What is written, and the standard wording."""
_READ_LATELY = 2048
_CHAIN = 4
"""An alias may lead to another one; longer chains than this are a mistake in the data."""
_DENIALS = "非不无未"
_WITH = "伴"


@dataclass(frozen=True, slots=True)
class Wording:
    """One name in its forms. `strict` says that only two-way aliases led to the standard one."""

    plain: str
    core: str
    standard: str
    strict: str
    """The standard wording as far as two-way aliases alone lead."""


class Used(NamedTuple):
    """An alias that a name is written with: one way, what is written is the narrower thing."""

    written: str
    standard: str
    one_way: bool


class Wordings(Sequence[Wording]):
    """Many names in their forms, one sequence of texts per form."""

    def __init__(
        self,
        plain: Sequence[str],
        core: Sequence[str],
        standard: Sequence[str],
        strict: Sequence[str],
    ) -> None:
        self.plain, self.core, self.standard, self.strict = plain, core, standard, strict

    @classmethod
    def of(cls, wordings: Iterable[Wording]) -> Wordings:
        """These names."""
        forms = [(one.plain, one.core, one.standard, one.strict) for one in wordings]
        return cls(*zip(*forms, strict=True)) if forms else cls((), (), (), ())

    def __len__(self) -> int:
        return len(self.plain)

    @overload
    def __getitem__(self, at: int) -> Wording: ...

    @overload
    def __getitem__(self, at: slice) -> Wordings: ...

    def __getitem__(self, at: int | slice) -> Wording | Wordings:
        if isinstance(at, slice):
            return Wordings(self.plain[at], self.core[at], self.standard[at], self.strict[at])
        return Wording(self.plain[at], self.core[at], self.standard[at], self.strict[at])

    def pick(self, numbers: Ints) -> list[Wording]:
        """The names at these places."""
        forms = (self.plain, self.core, self.standard, self.strict)
        return list(map(Wording, *(picked(form, numbers) for form in forms)))


class AliasBook:
    """The aliases, ready to rewrite names into standard wording."""

    def __init__(self, aliases: Iterable[Alias]) -> None:
        entries = [(core(alias.written), core(alias.standard), alias) for alias in aliases]
        useful = [entry for entry in entries if entry[0] != entry[1]]
        both_ways = {
            written: standard
            for written, standard, alias in useful
            if alias.direction is Direction.SAME
        }
        every = {written: standard for written, standard, _ in useful}
        self._settle(_settled(both_ways), _settled(every))

    @classmethod
    def of_settled(cls, strict: Sequence[Pair], every: Sequence[Pair]) -> AliasBook:
        """A book of aliases whose chains were followed before, those of both ways and all."""
        book = cls(())
        book._settle(strict, every)
        return book

    def _settle(self, strict: Sequence[Pair], every: Sequence[Pair]) -> None:
        self.settled = {"strict": strict, "every": every}
        self._strict, self._every = PhraseBook(strict), PhraseBook(every)
        both_ways = {written for written, _ in strict}
        self._one_way = frozenset(written for written, _ in every if written not in both_ways)
        # One block of names is read for several shelves.
        self._read = lru_cache(maxsize=_READ_LATELY)(self._read_anew)
        self._used = lru_cache(maxsize=_READ_LATELY)(self._used_anew)

    def read(self, name: str) -> Wording:
        """A name as written in all its forms."""
        return self._read(name)

    def _read_anew(self, name: str) -> Wording:
        plain = normalise(name)
        kernel = core(plain)
        if next(self._every.find(kernel), None) is None:
            # Most names: no alias at all stands in them.
            return Wording(plain, kernel, kernel, kernel)
        return Wording(
            plain,
            kernel,
            _rewrite(kernel, self._every, self._one_way),
            _rewrite(kernel, self._strict),
        )

    def read_all(self, names: Sequence[str]) -> Wordings:
        """Every name in all its forms."""
        if len(names) > _READ_LATELY:
            return Wordings.of(map(self._read_anew, names))
        return Wordings.of(map(self._read, names))

    def used(self, name: str) -> tuple[Used, ...]:
        """What in a name leads to its standard wording, from left to right."""
        return self._used(name)

    def _used_anew(self, name: str) -> tuple[Used, ...]:
        kernel = core(normalise(name))
        return tuple(
            Used(written, standard, written in self._one_way)
            for at, written, standard in self._every.find(kernel)
            if not _turned(kernel, at, standard, one_way=written in self._one_way)
        )


def _rewrite(text: str, book: PhraseBook[str], one_way: frozenset[str] = frozenset()) -> str:
    """Rewrite until nothing changes: in 子宫颈癌, 宫颈癌 appears only once 子宫颈 is 宫颈."""
    for _ in range(_CHAIN):
        following = _rewrite_once(text, book, one_way)
        if following == text:
            break
        text = following
    return text


def _rewrite_once(text: str, book: PhraseBook[str], one_way: frozenset[str]) -> str:
    pieces: list[str] = []
    end = 0
    for at, written, standard in book.find(text):
        pieces.append(text[end:at])
        # A short wording may stand inside its own standard form: 脑梗 in 脑梗死 is no alias.
        offset = standard.find(written)
        kept = offset >= 0 and text.startswith(standard, at - offset)
        kept = kept or _turned(text, at, standard, one_way=written in one_way)
        pieces.append(written if kept else standard)
        end = at + len(written)
    if not pieces:
        return text
    pieces.append(text[end:])
    return "".join(pieces)


def _turned(text: str, at: int, standard: str, *, one_way: bool) -> bool:
    """Whether the character before a phrase turns its meaning, so that the alias does not hold.

    What is denied is not the wider thing: who has no 淋菌性尿道炎 may well have another 尿道炎.
    非 reaches only over the next word, so not over an alias that joins two things with 伴
    (非结石性胆囊炎). 亚急性 is not 急性.
    """
    before = text[at - 1] if at else ""
    if before == "亚":
        return text.startswith("急", at)
    return before != "" and before in _DENIALS and (one_way or _WITH in standard)


def _settled(aliases: dict[str, str]) -> list[Pair]:
    """The aliases with chains followed to their end, so that names need few passes."""
    book = PhraseBook(aliases.items())
    return [(written, _rewrite(standard, book)) for written, standard in aliases.items()]
