"""Which of the hospital's columns is which field: a proposal with a confidence, for a person.

Codes of the layouts are certain; titles of the layouts, of which there are two wordings for most
fields, nearly so; pinyin initials and similar titles are hints. The sample then speaks: a column
whose cells are no dates is not the date of birth.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache

import pandas as pd
from rapidfuzz import fuzz, process

from icdmapper.paths import shipped
from icdmapper.texts.initials import initials
from icdmapper.upload import dates
from icdmapper.upload.layouts import (
    CSV,
    DBF,
    Field,
    Kind,
    canonical_fields,
    domain_values,
    layout,
)
from icdmapper.upload.mapping_file import FieldSource, MappingFile, as_cell

SURE = 0.9
"""From here on a proposal may be taken over without being looked at one by one."""
_LEAST = 0.5
_SIMILAR = 80
_CODE = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]\d{1,5}(?:x\d{2})?[A-Za-z]?)(?![A-Za-z0-9])")
_BRACKETS = re.compile(r"[(\[【《].*?[)\]】》]")
_SAME_WORDS = (
    ("代码", "编码"),
    ("描述", "名称"),
    ("时间", "日期"),
    ("科室", "科别"),
    ("病历号", "病案号"),
    ("患者姓名", "姓名"),
    ("病人", ""),
    ("出院主要", "主要"),
    ("出院其他", "其他"),
    ("费用", "费"),
    ("医疗机构", "机构"),
    ("组织机构", "机构"),
    ("身份证件号码", "身份证号"),
    ("身份证号码", "身份证号"),
    ("付款", "付费"),
    ("病房", "病室"),
    ("ⅰ", "i"),
    ("ⅱ", "ii"),
)
_ALIASES = {"年龄": "P7", "总费用": "P782", "自付金额": "P751", "血型": "P62", "主诊断编码": "P321"}
"""Short titles that hospitals use and neither layout has."""


class Evidence(Enum):
    """Why a column is taken for a field, best first."""

    CODE = "code"
    TITLE = "title"
    INITIALS = "initials"
    SIMILAR = "similar"


_CONFIDENCE = {Evidence.CODE: 1.0, Evidence.TITLE: 0.95, Evidence.INITIALS: 0.75}


@dataclass(frozen=True, slots=True)
class Guess:
    """One column with the field it seems to be; `source` is None when nothing fits.

    `confidence` is from 0 to 1. `unread_values` counts the values of the sample that neither are
    the platform's nor have the platform's label.
    """

    column: str
    source: FieldSource | None
    title: str
    confidence: float
    evidence: Evidence | None
    unread_values: int = 0


@dataclass(frozen=True, slots=True)
class _Fit:
    confidence: float
    column: int
    field: str
    evidence: Evidence


def guess(columns: Sequence[str], sample: pd.DataFrame) -> tuple[Guess, ...]:
    """A proposal for every column, in their order; no field is proposed twice.

    `sample` holds some rows under the same columns; an empty one is allowed.
    """
    cells = [sampled(sample, column) for column in columns]
    fits = [fit for at, column in enumerate(columns) for fit in _fits(at, column, cells[at])]
    fits.sort(key=lambda fit: (-fit.confidence, fit.column, fit.field))
    taken: dict[int, _Fit] = {}
    used: set[str] = set()
    for fit in fits:
        if fit.column not in taken and fit.field not in used and fit.confidence >= _LEAST:
            taken[fit.column] = fit
            used.add(fit.field)
    return tuple(_guessed(column, taken.get(at), cells[at]) for at, column in enumerate(columns))


def proposed(guesses: Iterable[Guess], *, least: float = SURE) -> MappingFile:
    """The mapping file of the guesses that are at least so sure."""
    return MappingFile(
        tuple(one.source for one in guesses if one.source and one.confidence >= least)
    )


def sampled(sample: pd.DataFrame, column: str, *, each: bool = False) -> list[str]:
    """The different cells of a column that say something, or `each` of its cells."""
    if column not in sample.columns:
        return []
    found = sample.loc[:, column]
    if isinstance(found, pd.DataFrame):
        found = found.iloc[:, 0]
    cells = [as_cell(cell) for cell in found.to_list()]
    return cells if each else sorted(set(cells) - {""})


def source_for(column: str, field_name: str, cells: list[str]) -> Guess:
    """A column as a field that a person chose, with the values whose labels are the platform's."""
    return _guessed(column, _Fit(1.0, 0, field_name, Evidence.CODE), cells)


def _guessed(column: str, fit: _Fit | None, cells: list[str]) -> Guess:
    if fit is None:
        return Guess(column, None, "", 0.0, None)
    field = canonical_fields()[fit.field]
    labels = _labels(field.domain)
    allowed = domain_values(field.domain)
    values = tuple(
        (cell, labels[_folded(cell)])
        for cell in cells
        if cell not in allowed and _folded(cell) in labels
    )
    unread = len(cells) - len(values) - sum(cell in allowed for cell in cells) if allowed else 0
    source = FieldSource(fit.field, column, values=values)
    return Guess(column, source, field.title, round(fit.confidence, 2), fit.evidence, unread)


def _fits(at: int, column: str, cells: list[str]) -> list[_Fit]:
    found: dict[str, tuple[float, Evidence]] = {}
    codes, titles, by_initials = _known()
    for code in (column.strip(), *_CODE.findall(unicodedata.normalize("NFKC", column))):
        if code.casefold() in codes:
            found.setdefault(codes[code.casefold()], (1.0, Evidence.CODE))
    bare = _CODE.sub("", unicodedata.normalize("NFKC", column)) or column
    for rank, wording in enumerate(_wordings(bare)):
        if wording in titles:
            sure = _CONFIDENCE[Evidence.TITLE] - 0.02 * rank
            found.setdefault(titles[wording], (sure, Evidence.TITLE))
    if not found:
        letters = re.sub(r"[^A-Z0-9]", "", column.upper())
        alike = by_initials.get(letters, ()) if len(letters) >= 2 else ()
        for field in alike:
            sure = _CONFIDENCE[Evidence.INITIALS] if len(alike) == 1 else 0.6
            found[field] = (sure, Evidence.INITIALS)
    if not found:
        wording = next(iter(_wordings(bare)), "")
        for title, score, _at in process.extract(
            wording, list(titles), scorer=fuzz.ratio, score_cutoff=_SIMILAR, limit=4
        ):
            # 其他诊断编码9 resembles 其他诊断编码8 and is another field.
            same_place = _digits(title) == _digits(wording)
            if same_place:
                found.setdefault(titles[title], (score / 100 * 0.85, Evidence.SIMILAR))
    return [
        _Fit(sure * _agreement(canonical_fields()[field], cells, evidence), at, field, evidence)
        for field, (sure, evidence) in found.items()
    ]


def _agreement(field: Field, cells: list[str], evidence: Evidence) -> float:
    """How much of the sample the field could hold, as a factor; a code outweighs the sample."""
    if not cells or evidence is Evidence.CODE:
        return 1.0
    allowed = domain_values(field.domain)
    if field.kind in (Kind.DATE, Kind.DATETIME):
        read = dates.reader("")
        good = sum(bool(read(cell)) for cell in cells)
    elif field.kind is Kind.NUMBER:
        good = sum(re.fullmatch(r"-?[\d,]*\.?\d+", cell) is not None for cell in cells)
    elif allowed:
        labels = _labels(field.domain)
        good = sum(cell in allowed or _folded(cell) in labels for cell in cells)
    else:
        good = sum(len(cell.encode("gb18030")) <= max(field.width, 20) for cell in cells)
    return 0.5 + 0.5 * good / len(cells)


@cache
def _known() -> tuple[dict[str, str], dict[str, str], dict[str, tuple[str, ...]]]:
    """Codes, wordings of titles and pinyin initials with the canonical fields they may mean."""
    codes: dict[str, str] = {}
    titles: dict[str, str] = {}
    letters: dict[str, dict[str, None]] = {}
    every = [(field, field.sources[0]) for name in (DBF, CSV) for field in layout(name).fields]
    for field, target in every:
        codes[field.code.casefold()] = target
    # The wording of the DBF layout wins where the two number the same thing apart, and a whole
    # title wins over one whose brackets were left out: 年龄 is not (不足1周岁的)年龄.
    for rank in (0, 1):
        for field, target in every:
            for wording in _wordings(field.title)[rank : rank + 1]:
                if wording not in titles:
                    titles[wording] = target
                letters.setdefault(_initials(wording), {})[target] = None
            letters.setdefault(_initials(field.title), {})[target] = None
    for alias, target in _ALIASES.items():
        for wording in _wordings(alias):
            titles[wording] = target
            # A short title of our own means one thing: NL is 年龄, not the age of an infant.
            letters[_initials(wording)] = {target: None}
    return (
        codes,
        titles,
        {short: tuple(fields) for short, fields in letters.items()},
    )


def _wordings(title: str) -> tuple[str, ...]:
    """The title without blanks and signs, with and without what stands in brackets."""
    plain = unicodedata.normalize("NFKC", title).lower()
    found = dict.fromkeys(
        _ordered(text) for text in (plain, _BRACKETS.sub("", plain)) if _ordered(text)
    )
    return tuple(found)


def _ordered(title: str) -> str:
    """Only letters, with the number of a repeated group last: 其他诊断编码1 is 其他诊断1编码."""
    for own, common in _SAME_WORDS:
        title = title.replace(own, common)
    return "".join(one for one in title if one.isalpha()) + _digits(title)


def _digits(title: str) -> str:
    return "".join(re.findall(r"\d+", title)).lstrip("0")


def _initials(title: str) -> str:
    return initials(unicodedata.normalize("NFKC", title)).upper()


@cache
def _labels(table: str) -> dict[str, str]:
    """The platform's labels of a table, folded, with their values."""
    text = shipped("resources", "hqms", "value_domains.csv").read_text(encoding="utf-8-sig")
    found: dict[str, str] = {}
    for row in csv.DictReader(io.StringIO(text)):
        if row["table"] == table and row["code"] in domain_values(table):
            found.setdefault(_folded(row["label"]), row["code"])
    return found


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).lower()
    return "".join(one for one in plain if one.isalnum())
