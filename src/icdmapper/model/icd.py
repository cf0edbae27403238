"""The shape of a code: which kind it is, its canonical form, its place in the classification.

Shapes follow the published editions: ICD-10 (WHO) categories `A00` and subcategories `A00.0`,
Chinese clinical extensions `A00.001`, `A33.x01`, `A00.000x001`, `D48.9003`; dagger and asterisk
pairs in one string `A01.003+G01*`; ICD-O morphology `M80000/3` (histology and behaviour digit);
ICD-9-CM-3 procedures `34.0901`, `34.09010`, `05.0x01`. Codes are compared by canonical form and
kept as the source wrote them: `A52  01`, `A52xx01` and `A52.X01` are one code.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from icdmapper.model.codes import CodeKind


class Level(Enum):
    """How deep in the classification a code stands."""

    CATEGORY = 1
    SUBCATEGORY = 2
    ENTRY = 3


class Mark(Enum):
    """The sign of the dual classification: aetiology (dagger) or manifestation (asterisk)."""

    NONE = ""
    DAGGER = "+"
    ASTERISK = "*"


@dataclass(frozen=True, slots=True)
class CodeShape:
    """What a code says about itself.

    `parents` runs from the nearest to the category: `A00.001` has (`A00.0`, `A00`).
    `partner` is the second code of a pair written in one string, in canonical form, else "".
    """

    source: str
    canonical: str
    kind: CodeKind
    level: Level
    category: str
    subcategory: str
    parents: tuple[str, ...]
    mark: Mark = Mark.NONE
    partner: str = ""

    @property
    def reportable(self) -> bool:
        """Whether the code is an entry by its shape; see `is_heading` for the rows above."""
        return self.level is Level.ENTRY

    @property
    def behaviour(self) -> str:
        """The behaviour digit of a morphology code (0 benign … 6 metastatic), else ""."""
        return self.canonical[-1] if self.kind is CodeKind.MORPHOLOGY else ""


_MORPHOLOGY = re.compile(r"M(\d{4})(\d{0,2})/(\d)")
_DIAGNOSIS = re.compile(
    r"([A-Z]\d\d)"  # category
    r"(?:\.([0-9X])([0-9A-Z/.]{0,14}))?"  # subcategory digit or x, then the extension
    r"([+*]?)"
    r"(?:([A-Z]\d\d(?:\.[0-9X][0-9A-Z]{0,8})?)([*+]?))?"  # the other half of a pair
)
_PROCEDURE = re.compile(r"(\d\d)(?:\.([0-9X])([0-9X]?)([0-9A-Z]{0,9}))?")
_CANONICAL = re.compile(
    r"([A-Z]\d\d)(?:\.[0-9x][0-9A-Zx/.]{0,14})?[+*]?(?:[A-Z]\d\d(?:\.[0-9x][0-9A-Zx]{0,8})?[+*]?)?|"
    r"(\d\d)(?:\.[0-9x][0-9x]?[0-9A-Zx]{0,9})?|"
    r"(M\d{4})\d{0,2}/\d"
)
"""Any canonical form, with its category."""
_PADDED_DIAGNOSIS = re.compile(r"^([A-Z]\d\d)X{1,2}(?=\d)")
_PADDED_PROCEDURE = re.compile(r"^(\d\d\.\d) (?=\d)")
_EXTERNAL = frozenset("VWXY")
_MARKS = {mark.value: mark for mark in Mark}
_DAGGERS = str.maketrans({"†": "+", "＋": "+", "＊": "*", "∗": "*", "。": ".", "．": "."})


@lru_cache(maxsize=1024)
def parse(code: str) -> CodeShape | None:
    """Read a code as written; None when it has the shape of no known kind.

    `M80.000` is a bone disease (a diagnosis) and `M80000/3` a morphology: only the slash decides.
    """
    text = _tidy(code)
    if found := _MORPHOLOGY.fullmatch(text):
        return _morphology(code, found)
    padded = _PADDED_DIAGNOSIS.sub(r"\1.X", text.replace(" ", "X"))
    if found := _DIAGNOSIS.fullmatch(padded):
        return _diagnosis(code, found)
    if found := _PROCEDURE.fullmatch(_PADDED_PROCEDURE.sub(r"\1X", text).replace(" ", "")):
        return _procedure(code, found)
    return None


def is_external(code: str) -> bool:
    """Whether a code is one of an external cause (V to Y), by its first letter."""
    return code[:1] in _EXTERNAL


def category_of(canonical: str) -> str:
    """The category of a code in canonical form, as `parse` reads it; "" for no known shape.

    A worklist asks this for every row at once, and `parse` works out far more.
    """
    found = _CANONICAL.fullmatch(canonical)
    return found[found.lastindex or 0] if found else ""


def is_heading(code: str, subdivided: Container[str]) -> bool:
    """Whether a code of a set only heads others, so that it can be neither target nor reported.

    `subdivided` are the codes of the same set that have something below them (`subdivisions`).
    A category or subcategory with nothing below it is itself the finest code there is: the
    Beijing edition reports `A46.x` and `A23.0` as they stand. Morphology has no headings.
    """
    shape = parse(code)
    return shape is not None and heads_others(shape, subdivided)


def heads_others(shape: CodeShape, subdivided: Container[str]) -> bool:
    """The same of a code whose shape is known."""
    if shape.reportable or shape.kind is CodeKind.MORPHOLOGY:
        return False
    return shape.canonical.rstrip("+*") in subdivided


def subdivisions(codes: Iterable[str]) -> frozenset[str]:
    """The categories and subcategories, in canonical form, that stand above one of the codes."""
    return frozenset(parent for code in codes if (shape := parse(code)) for parent in shape.parents)


def canonical(code: str) -> str:
    """The form two spellings of one code share; the tidied source when the shape is unknown."""
    shape = parse(code)
    return shape.canonical if shape else _tidy(code)


def _tidy(code: str) -> str:
    text = unicodedata.normalize("NFKC", code.translate(_DAGGERS)).strip().upper()
    return text.removesuffix(".-").removesuffix(".")


def _morphology(source: str, found: re.Match[str]) -> CodeShape:
    histology, extension, behaviour = found.groups()
    category = f"M{histology}"
    group = f"{category}/{behaviour}"
    # Four digits are the WHO histology; the fifth and sixth are the edition's own, 0 when absent.
    level = Level.ENTRY if extension else Level.SUBCATEGORY
    text = f"{category}{extension}/{behaviour}"
    parents = (group, category) if extension else (category,)
    return CodeShape(source, text, CodeKind.MORPHOLOGY, level, category, group, parents)


def _diagnosis(source: str, found: re.Match[str]) -> CodeShape:
    category, digit, extension, sign, partner, partner_sign = found.groups()
    kind = CodeKind.EXTERNAL_CAUSE if category[0] in _EXTERNAL else CodeKind.DIAGNOSIS
    mark = _MARKS[sign]
    body = category
    subcategory = category
    if digit:
        digit = "x" if digit == "X" else digit
        subcategory = category if digit == "x" else f"{category}.{digit}"
        body = f"{category}.{digit}{(extension or '').replace('X', 'x')}"
    # The first letter is a chapter's: X00 is an external cause, not a filler.
    other = f"{partner[0]}{partner[1:].replace('X', 'x')}{partner_sign}" if partner else ""
    text = f"{body}{sign}{other}"
    parents: tuple[str, ...] = ()
    if not digit:
        level = Level.CATEGORY
    elif not extension:
        level, parents = Level.SUBCATEGORY, (category,)
    else:
        level = Level.ENTRY
        parents = (subcategory, category) if subcategory != category else (category,)
    return CodeShape(source, text, kind, level, category, subcategory, parents, mark, other)


def _procedure(source: str, found: re.Match[str]) -> CodeShape:
    category, first, second, extension = found.groups()
    text = category
    chain = [category]
    if first:
        text = f"{category}.{first}"
        chain.append(text.replace("X", "x"))
    if second:
        text += second
        if second != "X":
            chain.append(text)
    text += extension or ""
    text = text.replace("X", "x")
    level = Level.ENTRY if extension else Level.SUBCATEGORY if first else Level.CATEGORY
    parents = tuple(parent for parent in reversed(chain) if parent != text)
    subcategory = chain[-1]
    return CodeShape(source, text, CodeKind.PROCEDURE, level, category, subcategory, parents)
