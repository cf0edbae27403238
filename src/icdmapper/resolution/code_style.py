"""How a hospital writes its own extension codes, learned from its list. Pure.

Seen in lists: two digits after the subcategory (`D38.251`), an x and three digits behind a code of
the edition (`D38.200x001`), an x right behind the subcategory (`D38.2x001`), a letter at the end
(`D38.201A`). Hospitals often begin their own numbers high, at 51 or 901, so that the edition never
reaches them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from icdmapper.model.codes import CodeKind, LocalCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.icd import CodeShape, Level, canonical, parse
from icdmapper.texts import _

_STEM = {
    CodeKind.DIAGNOSIS: r"[A-Z]\d\d\.[\dx]",
    CodeKind.EXTERNAL_CAUSE: r"[A-Z]\d\d\.[\dx]",
    CodeKind.PROCEDURE: r"\d\d\.[\dx][\dx]",
}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FEWEST = 3
"""Fewer own codes than this say nothing about a style; the whole list is asked then."""


@dataclass(frozen=True, slots=True)
class Parts:
    """An entry's code taken apart: `D38.200x001` is D38.2, 00, x, 001; `tail` ends a morphology."""

    stem: str
    base: str
    lead: str
    number: str
    tail: str = ""


@dataclass(frozen=True, slots=True)
class CodeStyle:
    """The way new codes are numbered.

    `lead` stands before the number, `width` is its digits (0: one letter), `first` the number that
    families begin with, `on_base` whether the number hangs on a code of the edition. `upper` says
    that the list writes its x as X. `share` is the part of the hospital's own codes written so.
    """

    kind: CodeKind
    lead: str
    width: int
    first: int
    on_base: bool
    upper: bool = False
    share: float = 0.0
    examples: tuple[str, ...] = ()

    def fits(self, code: str) -> bool:
        """Whether a code is written in this style."""
        parts = take_apart(code, self.kind)
        return parts is not None and _form(parts) == (self.lead, self.width, self.on_base)


def take_apart(code: str, kind: CodeKind) -> Parts | None:
    """The parts of an entry's code; None when it is no entry of that kind."""
    shape = parse(code)
    if shape is None or shape.kind is not kind or shape.level is not Level.ENTRY:
        return None
    body = _body(shape)
    if kind is CodeKind.MORPHOLOGY:
        found = re.fullmatch(r"(M\d{4})(\d+)(/\d)", body)
        return Parts(found[1], "", "", found[2], found[3]) if found else None
    stem = _STEM[kind]
    if found := re.fullmatch(rf"({stem})(\d*)([^\d]+)(\d+)", body):
        return Parts(found[1], found[2], found[3], found[4])
    if found := re.fullmatch(rf"({stem})(\d+)([A-Z])", body):
        return Parts(found[1], found[2], "", found[3])
    if found := re.fullmatch(rf"({stem})(\d+)", body):
        return Parts(found[1], "", "", found[2])
    return None


def learn(
    local_codes: Iterable[LocalCode], reference_codes: Collection[str], kind: CodeKind
) -> CodeStyle:
    """The style of a hospital's own codes of a kind: those that the edition does not have.

    `reference_codes` are canonical. A list that says nothing gets the x extension of the clinical
    edition, which no entry of the edition itself can collide with.
    """
    family = [local for local in local_codes if _same_family(local.kind, kind)]
    own = [local for local in family if local.canonical not in reference_codes]
    asked = own if len(own) >= _FEWEST else family
    forms: Counter[tuple[str, int, bool]] = Counter()
    known: list[tuple[LocalCode, Parts]] = []
    for local in asked:
        parts = take_apart(local.code, local.kind)
        if parts is not None:
            known.append((local, parts))
            forms[_form(parts)] += 1
    if not forms:
        if kind is CodeKind.MORPHOLOGY:
            return CodeStyle(kind, "", 1, 1, on_base=False)
        return CodeStyle(kind, "x", 3, 1, on_base=True)
    (lead, width, on_base), count = min(forms.items(), key=lambda item: (-item[1], item[0]))
    same = [(local, parts) for local, parts in known if _form(parts) == (lead, width, on_base)]
    return CodeStyle(
        kind,
        lead,
        width,
        _usual_first(parts for _local, parts in same),
        on_base,
        upper=_writes_upper(local for local, _parts in known),
        share=count / len(known),
        examples=tuple(local.code for local, _parts in same[:3]),
    )


def next_code(anchor: str, *, style: CodeStyle, taken: Collection[str]) -> str:
    """The next free code in the family of `anchor`; `taken` are canonical codes never to be given.

    A number once used is not used again while higher ones are free: old records still carry it.

    Raises:
        RefusedError: the anchor has no known shape, or no number is free.
    """
    head, tail = _head(anchor, style)
    pattern = re.compile(rf"{re.escape(head)}(\d+|[A-Z]){re.escape(tail)}")
    used = [_value(found[1]) for code in taken if (found := pattern.fullmatch(code))]
    last = len(_LETTERS) if style.width == 0 else 10**style.width - 1
    highest = max((number for number in used if number >= style.first), default=style.first - 1)
    for number in (*range(highest + 1, last + 1), *range(1, min(highest, last) + 1)):
        code = f"{head}{_written(number, style.width)}{tail}"
        if canonical(code) not in taken:
            return code.replace("x", "X") if style.upper else code
    raise RefusedError(
        _("There is no free code beside {code}; write the codes by hand.").format(code=anchor)
    )


def _same_family(one: CodeKind, other: CodeKind) -> bool:
    """External causes are written like the diagnoses they stand among."""
    return one.system is other.system


def _form(parts: Parts) -> tuple[str, int, bool]:
    width = len(parts.number) if parts.number.isdigit() else 0
    return parts.lead, width, bool(parts.base)


def _usual_first(known: Iterable[Parts]) -> int:
    """The number with which most families begin; the lowest of them when several are as common."""
    lowest: dict[tuple[str, str], int] = {}
    for parts in known:
        family = (parts.stem, parts.base)
        number = _value(parts.number)
        lowest[family] = min(number, lowest.get(family, number))
    counts = Counter(lowest.values())
    # A family that begins with 0 is the edition's own: 00 stands for the subcategory itself.
    return max(min(counts.items(), key=lambda item: (-item[1], item[0]))[0], 1)


def _writes_upper(local_codes: Iterable[LocalCode]) -> bool:
    upper = lower = 0
    for local in local_codes:
        upper += "X" in local.code[1:]
        lower += "x" in local.code
    return upper > lower


def _head(anchor: str, style: CodeStyle) -> tuple[str, str]:
    shape = parse(anchor)
    if shape is None:
        raise RefusedError(
            _("{code} has the shape of no known code; write the codes by hand.").format(code=anchor)
        )
    parts = take_apart(anchor, shape.kind) or _as_stem(shape)
    if shape.kind is CodeKind.MORPHOLOGY:
        return parts.stem, parts.tail
    # A code without extension of its own is the base itself: 01 of D38.201, 00 of D38.2.
    plain = "00" if not parts.number else parts.number if not parts.lead else ""
    base = (parts.base or plain) if style.on_base else ""
    return f"{parts.stem}{base}{style.lead}", ""


def _as_stem(shape: CodeShape) -> Parts:
    """A category or subcategory as a stem, padded where the classification has no further digit."""
    body = _body(shape)
    if shape.kind is CodeKind.MORPHOLOGY:
        group, _slash, behaviour = shape.subcategory.partition("/")
        return Parts(group, "", "", "", f"/{behaviour}")
    if shape.level is Level.CATEGORY:
        return Parts(f"{body}.x", "", "", "")
    short = shape.kind is CodeKind.PROCEDURE and len(body) < len("00.00")
    return Parts(f"{body}x" if short else body, "", "", "")


def _body(shape: CodeShape) -> str:
    return re.split(r"[+*]", shape.canonical)[0]


def _value(number: str) -> int:
    return int(number) if number.isdigit() else _LETTERS.index(number) + 1


def _written(number: int, width: int) -> str:
    return f"{number:0{width}d}" if width else _LETTERS[number - 1]
