"""The layouts the platform takes, as data: fields, groups, and which of them hold codes.

`resources/hqms/fields.csv` lists both layouts field by field with lengths in GBK bytes;
`crosswalk.csv` says which field of one is which of the other. A record inside the uploader is
canonical: a field has its P-code where the DBF layout knows it, else its code of the CSV layout,
so that both layouts are views of one record.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cache

from icdmapper.model.codes import CodeSystem
from icdmapper.paths import shipped

DBF, CSV = "DBF346", "CSV811"
RECORD_KEY = ("P3", "P2")
"""Record number and number of the stay: one discharge (rule HQ-014)."""
DISCHARGED, ADMITTED, DEPARTMENT = "P25", "P22", "P26"
_DEFAULT_DIGITS = 10
_TEXT_WIDTHS = {"date": 10, "datetime": 19}


class Kind(Enum):
    """What a field holds."""

    CHAR = "char"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    LIST = "list"


class Purpose(Enum):
    """What a code field is for; decides where its code is looked up and what it may be."""

    OUTPATIENT = "dx_outpatient"
    ADMISSION = "dx_admission"
    MAIN = "dx_main"
    OTHER = "dx_other"
    MORPHOLOGY = "pathology"
    EXTERNAL_CAUSE = "external_cause"
    OPERATION = "operation"


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a layout; `width` in GBK bytes, `sources` are canonical fields, best first."""

    code: str
    title: str
    kind: Kind
    width: int
    decimals: int
    required: str
    domain: str
    group: str
    sources: tuple[str, ...]

    @property
    def always_required(self) -> bool:
        """Whether the layout never takes it empty."""
        return self.required == "Y"


@dataclass(frozen=True, slots=True)
class CodeSlot:
    """A code field with the name that follows it, in canonical fields; `repeat` counts from 1."""

    code: str
    name: str
    system: CodeSystem
    purpose: Purpose
    repeat: int
    members: tuple[str, ...]
    """Every field of the group it belongs to, code and name first: what moves with the code."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout: its columns in order."""

    name: str
    fields: tuple[Field, ...]


@cache
def layout(name: str) -> Layout:
    """A layout by name: `DBF346` or `CSV811`."""
    to_canonical = _crosswalk()
    rows = [row for row in _table("fields.csv") if row["group"].startswith(f"{name}:")]
    return Layout(name, tuple(_field(row, to_canonical) for row in rows))


@cache
def code_slots() -> tuple[CodeSlot, ...]:
    """Every code field of both layouts once, in the order of the record."""
    found: dict[str, CodeSlot] = {}
    for name in (DBF, CSV):
        counts: dict[Purpose, int] = {}
        for slot in _slots_of(layout(name)):
            counts[slot.purpose] = counts.get(slot.purpose, 0) + 1
            if slot.code not in found:
                found[slot.code] = CodeSlot(
                    slot.code, slot.name, slot.system, slot.purpose,
                    counts[slot.purpose], slot.members,
                )  # fmt: skip
    order = list(Purpose)
    return tuple(sorted(found.values(), key=lambda one: (order.index(one.purpose), one.repeat)))


@cache
def canonical_fields() -> dict[str, Field]:
    """Every canonical field with the facts of the layout that names it, DBF first."""
    found: dict[str, Field] = {}
    for name in (DBF, CSV):
        for field in layout(name).fields:
            for source in field.sources:
                found.setdefault(source, field)
    return found


@cache
def domain_values(table: str) -> frozenset[str]:
    """The values of a reference table such as RC001; empty when none are known publicly."""
    return frozenset(
        row["code"]
        for row in _table("value_domains.csv")
        if row["table"] == table and row["code"] and row["code"][0].isdigit()
    )


def _slots_of(one: Layout) -> Iterable[CodeSlot]:
    fields = one.fields
    for at, field in enumerate(fields):
        system = field.domain[:5]
        if system not in {"RC020", "RC021", "RC022"} or field.domain.endswith("(name)"):
            continue
        name = next(other for other in fields[at + 1 :] if other.domain == f"{system}(name)")
        members = [
            other.sources[0]
            for other in fields
            if other.group == field.group and "#" in field.group and other is not field
            and other is not name
        ]  # fmt: skip
        yield CodeSlot(
            field.sources[0],
            name.sources[0],
            CodeSystem(system),
            _purpose(field),
            0,
            (field.sources[0], name.sources[0], *members),
        )


def _purpose(field: Field) -> Purpose:
    if field.code == "F02C":
        return Purpose.ADMISSION
    return next(one for one in Purpose if field.group.startswith(one.value))


def _field(row: dict[str, str], to_canonical: dict[str, tuple[str, ...]]) -> Field:
    kind = Kind(row["type"])
    digits, _comma, places = row["length"].partition(",")
    decimals = int(places) if places.strip().isdigit() else 0
    if kind is Kind.NUMBER:
        width = (int(digits) if digits.isdigit() else _DEFAULT_DIGITS) + (1 if decimals else 0)
    else:
        width = _TEXT_WIDTHS.get(row["type"]) or (int(digits) if digits.isdigit() else 60)
    return Field(
        row["code"],
        row["name"],
        kind,
        width,
        decimals,
        row["required"],
        row["domain"],
        row["group"].split(":", 2)[2],
        to_canonical.get(row["code"], (row["code"],)),
    )


def _crosswalk() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in _table("crosswalk.csv"):
        if row["p_code"] and row["csv_code"]:
            found[row["csv_code"]] = (*found.get(row["csv_code"], ()), row["p_code"])
    return found


def _table(name: str) -> list[dict[str, str]]:
    text = shipped("resources", "hqms", name).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))
