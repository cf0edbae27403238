"""From mappings to the rows and columns of the mapping table. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping as MappingType
from dataclasses import dataclass

from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.mapping import Mapping, State
from icdmapper.model.refinement import Refinement
from icdmapper.model.releases import RESIDUAL

COLUMNS = (
    "local_code",
    "local_name",
    "local_kind",
    "attached_code",
    "parent_code",
    "residual",
    "frequency",
    "state",
    "relation",
    "target_position",
    "target_role",
    "target_system",
    "target_code",
    "target_name",
    "target_operation_kind",
    "note",
    "decided_by",
    "decided_at",
)
"""Columns of `mapping.csv`, described one by one in docs/data-dictionary.md."""


@dataclass(frozen=True, slots=True)
class MappingTable:
    """The whole table as text cells: one row per target, one row for a code without a target."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    counts: dict[str, int]
    """Codes in all (`codes`), targets (`targets`), and codes per state and per relation."""


@dataclass(frozen=True, slots=True)
class Parent:
    """The refined code a child came from; `residual` takes what says no more than the parent."""

    code: str
    residual: bool


_NO_PARENT = Parent("", residual=False)


def parents_of(
    refinements: Iterable[Refinement], codes: MappingType[int, str]
) -> dict[int, Parent]:
    """The parents of all children that exist, by the child's id; `codes` are codes by id."""
    return {
        child.local_id: Parent(codes[one.local_id], child.residual)
        for one in refinements
        if one.signed and one.local_id in codes
        for child in one.children
        if child.local_id is not None
    }


def build(
    local_codes: Iterable[LocalCode],
    mappings: MappingType[int, Mapping],
    references: MappingType[int, ReferenceCode],
    parents: MappingType[int, Parent],
) -> MappingTable:
    """Every local code in the order of its source, with what it is mapped to.

    `references` are the entries of the sets in use by id, `parents` the refined codes that
    children came from, by the child's id.
    """
    rows: list[tuple[str, ...]] = []
    counts: Counter[str] = Counter()
    for local in local_codes:
        mapping = mappings.get(local.id) or Mapping(local.id)
        counts["codes"] += 1
        counts["targets"] += len(mapping.targets)
        counts[f"state:{mapping.state.value}"] += 1
        if mapping.relation:
            counts[f"relation:{mapping.relation.value}"] += 1
        parent = parents.get(local.id, _NO_PARENT)
        rows.extend(_rows_of(local, mapping, references, parent))
    return MappingTable(COLUMNS, tuple(rows), dict(counts))


def _rows_of(
    local: LocalCode,
    mapping: Mapping,
    references: MappingType[int, ReferenceCode],
    parent: Parent,
) -> Iterable[tuple[str, ...]]:
    start = (
        local.code,
        local.name,
        local.kind.value,
        local.attached_code,
        parent.code,
        RESIDUAL if parent.residual else "",
        "" if local.frequency is None else str(local.frequency),
        mapping.state.value,
        mapping.relation.value if mapping.relation else "",
    )
    end = (
        mapping.note,
        mapping.decided_by if mapping.state is not State.OPEN else "",
        mapping.decided_at.isoformat() if mapping.decided_at else "",
    )
    if not mapping.targets:
        yield (*start, "", "", "", "", "", "", *end)
        return
    for position, target in enumerate(mapping.targets, start=1):
        entry = references.get(target.reference_id)
        place = (str(position), target.role.value, entry.kind.system.value if entry else "")
        attribute = entry.operation_kind if entry else ""
        yield (*start, *place, target.code, target.name, attribute, *end)
