"""Small invented front pages and releases for tests of the uploader."""

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import pandas as pd

from icdmapper.model.codes import CodeKind
from icdmapper.model.mapping import Relation, State, TargetRole
from icdmapper.model.releases import ReleasedMapping, ReleasedTarget
from icdmapper.upload.layouts import canonical_fields
from icdmapper.upload.packages import VerifiedRelease

FIELDS = Path(__file__).parents[2] / "resources" / "hqms" / "fields.csv"


def field_rows(layout: str) -> list[dict[str, str]]:
    """The rows of fields.csv of one layout, read without the program."""
    with FIELDS.open(encoding="utf-8-sig", newline="") as stream:
        return [row for row in csv.DictReader(stream) if row["group"].startswith(f"{layout}:")]


def frame(*records: Mapping[str, str]) -> pd.DataFrame:
    """Canonical records: what is not named is empty."""
    names = list(canonical_fields())
    columns = {name: [one.get(name, "") for one in records] for name in names}
    return pd.DataFrame(columns, dtype=object)


def mapping(
    code: str,
    name: str,
    target: tuple[str, str] | None,
    *extras: tuple[str, str, TargetRole],
    kind: CodeKind = CodeKind.DIAGNOSIS,
    state: State = State.CHECKED,
    relation: Relation = Relation.EQUIVALENT,
    parent: str = "",
    residual: bool = False,
    operation_kind: str = "",
) -> ReleasedMapping:
    targets = [ReleasedTarget(*target, operation_kind=operation_kind)] if target else []
    targets += [ReleasedTarget(*extra) for extra in extras]
    return ReleasedMapping(
        code, name, kind, state, relation, tuple(targets), parent, residual
    )  # fmt: skip


def release(
    mappings: Iterable[ReleasedMapping], version: int = 1, valid_from: date = date(2026, 1, 1)
) -> VerifiedRelease:
    return VerifiedRelease(
        version, "330100A1", valid_from, date(2027, 1, 1), False, f"{version:064}", tuple(mappings)
    )
