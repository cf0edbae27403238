"""All a release is made of, read in one moment, and what follows from it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from icdmapper.export import rules, table
from icdmapper.export.rules import Readiness
from icdmapper.export.table import MappingTable
from icdmapper.model.codes import CodeSet, LocalCode, ReferenceCode
from icdmapper.model.events import ChainHead
from icdmapper.model.mapping import ANSWERED, Mapping, Relation, State
from icdmapper.model.proposals import ReasonKind
from icdmapper.model.refinement import Refinement, standing
from icdmapper.model.releases import ReleasedMapping, ReleasedTarget
from icdmapper.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All a release is made of, read in one moment."""

    local_codes: tuple[LocalCode, ...]
    references: dict[int, ReferenceCode]
    mappings: dict[int, Mapping]
    code_sets: tuple[CodeSet, ...]
    lost: dict[int, str]
    refinements: tuple[Refinement, ...]
    last_version: int
    last_content: str
    last_manifest: str
    head: ChainHead


def read(work: UnitOfWork) -> Snapshot:
    """Everything a release is made of."""
    releases = work.releases.all()
    mappings = {mapping.local_id: mapping for mapping in work.mappings.in_use()}
    finer = [one.local_id for one in mappings.values() if one.relation is Relation.LOCAL_FINER]
    return Snapshot(
        work.code_sets.local_codes(),
        {code.id: code for code in work.code_sets.reference_codes()},
        mappings,
        work.code_sets.in_use(),
        _lost(work, finer, mappings),
        refinements(work, mappings),
        releases[0].version if releases else 0,
        work.releases.content(releases[0].version) if releases else "",
        releases[0].manifest_sha256 if releases else "",
        work.events.head(),
    )


def refinements(work: UnitOfWork, mappings: dict[int, Mapping]) -> tuple[Refinement, ...]:
    """The refinements as their mappings show them."""
    stored = work.refinements.all()
    touched = {one: Mapping(one) for plan in stored for one in plan.codes_touched}
    return standing(stored, {**touched, **mappings})


def _lost(work: UnitOfWork, finer: list[int], mappings: dict[int, Mapping]) -> dict[int, str]:
    """What the chosen entry leaves out, as the proposal said it."""
    found: dict[int, str] = {}
    for proposal in work.proposals.get_many(finer):
        chosen = {target.reference_id for target in mappings[proposal.local_id].targets}
        for candidate in proposal.candidates:
            if candidate.reference_id in chosen:
                found[proposal.local_id] = "、".join(
                    reason.local
                    for reason in candidate.reasons
                    if reason.kind is ReasonKind.MISSING_REFERENCE and reason.local
                )
    return found


def readiness(seen: Snapshot) -> Readiness:
    """How many codes, and discharges, stand in which state."""
    return rules.readiness(
        (
            seen.mappings[local.id].state if local.id in seen.mappings else State.OPEN,
            local.frequency or 0,
        )
        for local in seen.local_codes
    )


def mapping_table(seen: Snapshot) -> MappingTable:
    """The table of every local code."""
    codes = {local.id: local.code for local in seen.local_codes}
    parents = table.parents_of(seen.refinements, codes)
    return table.build(seen.local_codes, seen.mappings, seen.references, parents)


def header() -> str:
    """The table of a project that has no release yet."""
    return ",".join(table.COLUMNS) + "\n"


def as_csv(built: MappingTable) -> str:
    """The table as the text of a file."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(built.columns)
    writer.writerows(built.rows)
    return stream.getvalue()


def released(seen: Snapshot) -> list[ReleasedMapping]:
    """What the interchange formats are made of."""
    found = []
    for local in seen.local_codes:
        mapping = seen.mappings.get(local.id) or Mapping(local.id)
        answered = mapping.state in ANSWERED
        targets = tuple(
            ReleasedTarget(
                target.code, target.name, target.role,
                seen.references[target.reference_id].kind.system.value,
                seen.references[target.reference_id].operation_kind,
            )
            for target in mapping.targets
            if answered and target.reference_id in seen.references
        )  # fmt: skip
        relation = mapping.relation if answered else None
        found.append(
            ReleasedMapping(local.code, local.name, local.kind, mapping.state, relation, targets)
        )
    return found
