"""A release: a numbered, frozen, signed mapping table that the uploader works from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from icdmapper.model.codes import CodeKind
from icdmapper.model.mapping import Relation, State, TargetRole

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
"""Base64 of the Ed25519 signature over the bytes of the manifest."""
TABLE = "mapping.csv"
RESIDUAL = "1"
"""In the column `residual` of the table: the child that takes what no other child's name fits.

That column and `parent_code` are optional; only children of refined codes fill them.
"""
FORMAT = 1
"""Of the package; a reader refuses one it does not know."""


@dataclass(frozen=True, slots=True)
class ReleasedTarget:
    """A reference entry a local code is translated to. `operation_kind` is 手术, 介入治疗, …"""

    code: str
    name: str
    role: TargetRole = TargetRole.MAIN
    system: str = ""
    operation_kind: str = ""


@dataclass(frozen=True, slots=True)
class ReleasedMapping:
    """What one release says of one local code; without targets the record must be held.

    `parent` is the coarse local code that this one refines: records that still carry the parent
    are translated by their diagnosis text, and by the `residual` child when no text fits.
    `decided_by` is the person who answers for it.
    """

    code: str
    name: str
    kind: CodeKind
    state: State
    relation: Relation | None
    targets: tuple[ReleasedTarget, ...] = ()
    parent: str = ""
    residual: bool = False
    decided_by: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """A release as the project keeps it. `version` counts from 1 and never goes back.

    `valid_from` is a discharge date: records discharged from that day on are translated with it.
    `expires` is the first day on which an uploader refuses to work with it.
    """

    version: int
    made_at: datetime
    made_by: str
    valid_from: date
    expires: date
    manifest_sha256: str
    rows: int
    note: str = ""
