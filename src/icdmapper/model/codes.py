"""Code sets and the codes in them, on the reference side and on the hospital's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class CodeSystem(Enum):
    """The three HQMS reference sets."""

    RC020 = "RC020"
    """ICD-10 diagnoses and external causes, Beijing clinical edition."""
    RC021 = "RC021"
    """ICD-O morphology, the M-codes."""
    RC022 = "RC022"
    """ICD-9-CM-3 procedures."""


class CodeKind(Enum):
    """What a code speaks of; a code may only be mapped inside its own reference set."""

    DIAGNOSIS = "diagnosis"
    EXTERNAL_CAUSE = "external_cause"
    MORPHOLOGY = "morphology"
    PROCEDURE = "procedure"

    @property
    def system(self) -> CodeSystem:
        """The reference set this kind is mapped to."""
        return _SYSTEM_OF_KIND[self]


_SYSTEM_OF_KIND = {
    CodeKind.DIAGNOSIS: CodeSystem.RC020,
    CodeKind.EXTERNAL_CAUSE: CodeSystem.RC020,
    CodeKind.MORPHOLOGY: CodeSystem.RC021,
    CodeKind.PROCEDURE: CodeSystem.RC022,
}


class Side(Enum):
    """Which side of the mapping a code set stands on."""

    REFERENCE = "reference"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class CodeSet:
    """One stored edition of a code set.

    `system` is None for a local list, which may mix kinds. `sha256` is that of the source's
    bytes, `size` the number of codes. Only one set per side and system is in use at a time.
    """

    id: int
    side: Side
    system: CodeSystem | None
    name: str
    edition: str
    source: str
    sha256: str
    size: int
    imported_at: datetime
    imported_by: str
    replaced_id: int | None = None
    """The edition it took the place of, as far as that is known."""


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code as an import found it, before storage gives it an id.

    `code` is the source's own string; `canonical` is the form used for comparison
    (see `model.icd`). `row` is the 1-based row of the source, header included.
    """

    code: str
    canonical: str
    name: str
    kind: CodeKind
    row: int
    attached_code: str = ""
    frequency: int | None = None
    department: str = ""
    operation_kind: str = ""
    sex: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReferenceCode:
    """One row of a reference set. `operation_kind` is 手术, 治疗性操作, … for procedures.

    `heading` rows only stand above others (`model.icd.is_heading`): shown, never a target.
    """

    id: int
    code: str
    canonical: str
    name: str
    kind: CodeKind
    initials: str = ""
    operation_kind: str = ""
    heading: bool = False


@dataclass(frozen=True, slots=True)
class LocalCode:
    """One code of the hospital's own list. `frequency` is discharges per year, None if unknown."""

    id: int
    code: str
    canonical: str
    name: str
    kind: CodeKind
    initials: str = ""
    attached_code: str = ""
    frequency: int | None = None
    department: str = ""
    row: int = 0
