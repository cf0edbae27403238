"""The mapping in the words of others: SSSOM TSV and FHIR ConceptMap R4 and R5. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import quote

from icdmapper.export.vocabularies import FHIR_R4, FHIR_R5, NO_TERM, SSSOM
from icdmapper.model.mapping import Relation, TargetRole
from icdmapper.model.releases import ReleasedMapping, ReleasedTarget

_COLUMNS = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "object_label",
    "mapping_justification",
    "mapping_date",
)
_JUSTIFICATION = "semapv:ManualMappingCuration"
_BASE = "urn:icdmapper:"


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose mapping this is, for the heads of the files."""

    hospital: str
    hospital_id: str
    version: int
    made_at: datetime
    editions: dict[str, str]
    """The edition of each reference set by system."""


def sssom(mappings: Iterable[ReleasedMapping], origin: Origin) -> str:
    """The mapping as SSSOM TSV with its metadata; only what is answered stands in it.

    Every target of a code is a row. Codes are percent-encoded, so that `A01.003+G01*` is a
    valid local part of a CURIE.
    """
    stream = io.StringIO()
    day = f"{origin.made_at:%Y-%m-%d}"
    for line in _sssom_head(origin):
        stream.write(f"# {line}\n")
    writer = csv.writer(stream, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(_COLUMNS)
    for one in mappings:
        subject = f"LOCAL:{_part(one.kind.value)}.{_part(one.code)}"
        if one.relation is Relation.NO_COUNTERPART:
            row = (SSSOM[Relation.EQUIVALENT], NO_TERM, "")
            writer.writerow((subject, one.name, *row, _JUSTIFICATION, day))
        elif one.relation is not None:
            for target in one.targets:
                predicate = _predicate(one.relation, target)
                item = f"{target.system}:{_part(target.code)}"
                writer.writerow(
                    (subject, one.name, predicate, item, target.name, _JUSTIFICATION, day)
                )
    return stream.getvalue()


def _sssom_head(origin: Origin) -> list[str]:
    systems = sorted(origin.editions)
    hospital = _part(origin.hospital_id or "hospital")
    return [
        "curie_map:",
        f'  LOCAL: "{_BASE}local:{hospital}:"',
        *(f'  {system}: "{_BASE}{system}:"' for system in systems),
        "license: https://w3id.org/sssom/license/unspecified",
        f'mapping_set_id: "{_BASE}release:{hospital}:{origin.version}"',
        f'mapping_set_version: "{origin.version}"',
    ]


def _predicate(relation: Relation, target: ReleasedTarget) -> str:
    # What stands beside the main target speaks of a part of the code only.
    return SSSOM[relation] if target.role is TargetRole.MAIN else SSSOM[Relation.OVERLAP]


def _part(text: str) -> str:
    return quote(text, safe=".-_")


def concept_map(
    mappings: Sequence[ReleasedMapping], origin: Origin, *, fhir: str
) -> dict[str, Any]:
    """The mapping as a FHIR ConceptMap; `fhir` is "R4" or "R5".

    One group per reference set. What stands beside the main target is `relatedto`/`related-to`.
    """
    r5 = fhir == "R5"
    kinds = sorted({one.kind.system.value for one in mappings})
    groups = [
        group
        for system in kinds
        if (group := _group([one for one in mappings if one.kind.system.value == system],
                            system, origin, r5=r5))
    ]  # fmt: skip
    content: dict[str, Any] = {
        "resourceType": "ConceptMap",
        "id": f"icdmapper-{origin.version}",
        "url": f"{_BASE}conceptmap:{_part(origin.hospital_id or 'hospital')}",
        "version": str(origin.version),
        "name": "HospitalToHqms",
        "status": "active",
        "date": origin.made_at.isoformat(),
        "publisher": origin.hospital or "-",
        "group": groups,
    }
    if r5:
        content["sourceScopeUri"] = f"{_BASE}local"
        content["targetScopeUri"] = f"{_BASE}hqms"
    else:
        content["sourceUri"] = f"{_BASE}local"
        content["targetUri"] = f"{_BASE}hqms"
    return content


def _group(
    mappings: Sequence[ReleasedMapping], system: str, origin: Origin, *, r5: bool
) -> dict[str, Any] | None:
    ordered = sorted(mappings, key=lambda one: one.code)
    elements = [
        _element(list(same), r5=r5)
        for _code, same in groupby(ordered, key=lambda one: one.code)
    ]  # fmt: skip
    found = [element for element in elements if element is not None]
    if not found:
        return None
    source, target = f"{_BASE}local:{system}", f"{_BASE}{system}"
    edition = origin.editions.get(system, "")
    if r5:
        canonical = f"{target}|{edition}" if edition else target
        return {"source": source, "target": canonical, "element": found}
    group = {"source": source, "target": target, "element": found}
    return group | ({"targetVersion": edition} if edition else {})


def _element(same: Sequence[ReleasedMapping], *, r5: bool) -> dict[str, Any] | None:
    answered = [one for one in same if one.relation is not None]
    if not answered:
        return None
    element: dict[str, Any] = {"code": answered[0].code, "display": answered[0].name}
    targets: list[dict[str, Any]] = []
    for one in answered:
        relation = one.relation
        if relation is None or relation is Relation.NO_COUNTERPART:
            continue
        targets.extend(_target(relation, target, r5=r5) for target in one.targets)
    if targets:
        return element | {"target": targets}
    if r5:
        return element | {"noMap": True}
    return element | {"target": [{"equivalence": FHIR_R4[Relation.NO_COUNTERPART]}]}


def _target(relation: Relation, target: ReleasedTarget, *, r5: bool) -> dict[str, Any]:
    main = target.role is TargetRole.MAIN
    said = {"code": target.code, "display": target.name}
    if r5:
        return said | {"relationship": FHIR_R5[relation] if main else "related-to"}
    return said | {"equivalence": FHIR_R4[relation] if main else "relatedto"}
