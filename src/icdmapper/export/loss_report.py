"""What is lost where finer local codes are assigned to a coarser entry (case 2). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping as MappingType

from icdmapper.export.table import MappingTable
from icdmapper.model.codes import LocalCode
from icdmapper.model.mapping import Mapping, Relation, TargetRole

COLUMNS = (
    "target_code",
    "target_name",
    "shared_by",
    "local_code",
    "local_name",
    "frequency",
    "relation",
    "lost",
    "note",
)


def build(
    local_codes: Iterable[LocalCode],
    mappings: MappingType[int, Mapping],
    lost: MappingType[int, str],
) -> MappingTable:
    """Every code that shares its main target with another, or is finer than it, by target.

    `lost` says per local code what of its name the entry does not say, such as 左.
    """
    mains = [
        (target, local, mappings[local.id])
        for local in local_codes
        if local.id in mappings
        for target in mappings[local.id].targets
        if target.role is TargetRole.MAIN
    ]
    shared = Counter(target.reference_id for target, _local, _mapping in mains)
    rows = [
        (
            target.code,
            target.name,
            str(shared[target.reference_id]),
            local.code,
            local.name,
            "" if local.frequency is None else str(local.frequency),
            mapping.relation.value if mapping.relation else "",
            lost.get(local.id, ""),
            mapping.note,
        )
        for target, local, mapping in mains
        if shared[target.reference_id] > 1 or mapping.relation is Relation.LOCAL_FINER
    ]
    rows.sort()
    return MappingTable(COLUMNS, tuple(rows), {"rows": len(rows)})
