"""The evaluation tasks: what was written, the right entry, and the list it stands in.

Rows are split once and for all by a seeded hash of the written name: weights and knowledge are
tuned on the tune part, figures are reported on the test part.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from icdmapper.importing.readers import read_table
from icdmapper.importing.sources import Source
from icdmapper.model import icd
from icdmapper.model.codes import CodeKind, ReferenceCode

_SEED = "icdmapper"
_TEST_PERCENT = 30


@dataclass(frozen=True)
class Row:
    """One question: the name and code as written, and the name of the right entry."""

    name: str
    code: str
    gold: str

    @property
    def test(self) -> bool:
        """Whether the row belongs to the part that is only reported on."""
        digest = hashlib.md5((_SEED + self.name).encode(), usedforsecurity=False)
        return int(digest.hexdigest(), 16) % 100 < _TEST_PERCENT


@dataclass(frozen=True)
class Task:
    """One evaluation task. `family` names the weights it is judged with."""

    name: str
    family: str
    references: tuple[ReferenceCode, ...]
    rows: tuple[Row, ...]

    def tune(self) -> list[Row]:
        """The rows to learn from."""
        return [row for row in self.rows if not row.test]

    def held_out(self) -> list[Row]:
        """The rows to report on."""
        return [row for row in self.rows if row.test]

    def id_of(self) -> dict[str, int]:
        """The entry of each reference name, the detailed one first."""
        found: dict[str, int] = {}
        for one in sorted(self.references, key=lambda one: -len(one.canonical)):
            found.setdefault(one.name.strip(), one.id)
        return found


def load_tasks(data: Path) -> list[Task]:
    """The four tasks of a folder of evaluation data."""
    beijing = _references(_pairs(data / "reference" / "ICD-10北京临床版v601.xlsx"))
    union = _references(_pairs(data / "reference" / "ICD9-2017协和临床版.csv"))
    edition = _references(_pairs(data / "eval" / "dx_edition_vocabulary.csv"))
    procedures = _references(_pairs(data / "reference" / "ICD-9-CM-3手术操作编码.csv"))
    hospital = [*free_texts(data, "n7k_train"), *free_texts(data, "n7k_val")]
    return [
        _task("cdn", "diagnosis", beijing, free_texts(data, "chip_cdn_train")),
        _task("n7k", "procedure", union, hospital),
        _task("dx_edition", "diagnosis", edition, _editions(data, "dx_edition_train")),
        _task("op_edition", "procedure", procedures, _editions(data, "op_edition_train")),
    ]


def _task(
    name: str, family: str, references: tuple[ReferenceCode, ...], rows: Iterable[Row]
) -> Task:
    known = {one.name.strip() for one in references}
    return Task(name, family, references, tuple(row for row in rows if row.gold in known))


def _references(pairs: Iterable[tuple[str, str]]) -> tuple[ReferenceCode, ...]:
    found = []
    for number, (code, name) in enumerate(pairs, start=1):
        shape = icd.parse(code)
        kind = shape.kind if shape else CodeKind.DIAGNOSIS
        found.append(ReferenceCode(number, code, icd.canonical(code), name, kind))
    return tuple(found)


def _pairs(file: Path) -> list[tuple[str, str]]:
    table = read_table(Source(path=file))
    return [(row[0].strip(), row[1].strip()) for row in table.rows if row[0].strip()]


def free_texts(data: Path, stem: str, *, several: bool = False) -> list[Row]:
    """Texts with one right answer, or those with several, whose names then stand together."""
    return [
        Row(line["text"], "", line["gold_names"].strip())
        for line in _lines(data, stem)
        if ("##" in line["gold_names"]) is several
    ]


def _editions(data: Path, stem: str) -> list[Row]:
    return [
        Row(line["source_name"], line["source_code"], line["target_name"].strip())
        for line in _lines(data, stem)
    ]


def _lines(data: Path, stem: str) -> list[dict[str, str]]:
    with (data / "eval" / f"{stem}.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))
