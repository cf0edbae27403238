"""What the HIS must change after refinements: a list for its administrators, as xlsx and csv."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path

from icdmapper.export import writers
from icdmapper.export.table import MappingTable
from icdmapper.export.writers import ExportedFile
from icdmapper.model.codes import LocalCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.mapping import TargetRole
from icdmapper.model.refinement import Refinement, standing
from icdmapper.storage.unit_of_work import Storage
from icdmapper.texts import N_, _

COLUMNS = (
    "change",
    "old_code",
    "old_name",
    "new_code",
    "new_name",
    "default",
    "default_allowed_by",
    "target_code",
    "target_name",
    "effective",
    "signed_by",
    "signed_at",
    "yearly_volume",
)
"""Columns of `his_changes.csv`, described in docs/data-dictionary.md."""

TITLES = {
    "change": N_("Change"),
    "old_code": N_("Old code"),
    "old_name": N_("Old name"),
    "new_code": N_("New code"),
    "new_name": N_("New name"),
    "default": N_("Default"),
    "default_allowed_by": N_("Default allowed by"),
    "target_code": N_("Reference code"),
    "target_name": N_("Reference name"),
    "effective": N_("From discharge date"),
    "signed_by": N_("Signed by"),
    "signed_at": N_("Signed on"),
    "yearly_volume": N_("Discharges a year"),
}


class ChangeKind(Enum):
    """What the HIS is asked to do with a code."""

    SPLIT = "split"
    """One code becomes several; `default` is the one for records that say no more."""
    ADD = "add"
    RENAME = "rename"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class HisChange:
    """One change. `default` marks the residual child; `default_allowed_by` is a clinician.

    `yearly_volume` is that of the old code, None when the list does not say.
    """

    kind: ChangeKind
    old_code: str
    old_name: str
    new_code: str
    new_name: str
    default: bool
    default_allowed_by: str
    targets: tuple[tuple[str, str], ...]
    effective: date | None
    signed_by: str
    signed_at: datetime | None
    yearly_volume: int | None


class HisChangeService:
    """The HIS change list of a project."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def changes(self, *, since: datetime | None = None) -> tuple[HisChange, ...]:
        """The changes of every signed refinement, or of those signed from a moment on."""
        with self._storage.reading() as work:
            stored = work.refinements.all()
            touched = [one for plan in stored for one in plan.codes_touched]
            mappings = work.mappings.get_many(touched)
            refinements = [
                one
                for one in standing(stored, mappings)
                if one.signed_at is not None and (since is None or one.signed_at >= since)
            ]
            parents = {one.local_id: work.code_sets.local(one.local_id) for one in refinements}
        return build(refinements, parents)

    def preview(self, plan: Refinement, parent: LocalCode) -> tuple[HisChange, ...]:
        """What one refinement would ask of the HIS, signed or not."""
        return build([plan], {parent.id: parent})

    def export(self, folder: Path, *, since: datetime | None = None) -> tuple[ExportedFile, ...]:
        """Write `his_changes.csv` and `his_changes.xlsx` into a new folder.

        Raises:
            RefusedError: the folder exists already, or there is nothing to change.
        """
        found = self.changes(since=since)
        if not found:
            raise RefusedError(_("No refinement has been signed; the HIS has nothing to change."))
        if folder.exists():
            raise RefusedError(
                _("{folder} exists already; choose another place.").format(folder=folder)
            )
        with writers.folder_aside(folder) as aside:
            names = [file.name for file in write(as_table(found), aside)]
        return tuple(writers.describe(folder / name) for name in names)


def build(
    refinements: Iterable[Refinement], parents: MappingType[int, LocalCode]
) -> tuple[HisChange, ...]:
    """For each signed refinement: the split, the children to add, the parent to stop."""
    found: list[HisChange] = []
    for plan in refinements:
        parent, residual = parents[plan.local_id], plan.residual
        change = _maker(plan, parent)
        found.append(
            change(
                ChangeKind.SPLIT,
                new=(residual.code, residual.name) if residual else ("", ""),
                default=residual is not None,
            )
        )
        for child in plan.children:
            mains = tuple(
                (target.code, target.name)
                for target in child.targets
                if target.role is TargetRole.MAIN
            )
            name = child.renamed_from or child.name
            found.append(
                change(
                    ChangeKind.ADD,
                    new=(child.code, name),
                    default=child.residual,
                    targets=mains,
                )
            )
            if child.renamed_from:
                found.append(
                    change(
                        ChangeKind.RENAME,
                        old=(child.code, child.renamed_from),
                        new=(child.code, child.name),
                        default=child.residual,
                        targets=mains,
                    )
                )
        found.append(change(ChangeKind.STOP, new=("", "")))
    return tuple(found)


def _maker(plan: Refinement, parent: LocalCode) -> Callable[..., HisChange]:
    def change(
        kind: ChangeKind,
        *,
        new: tuple[str, str],
        old: tuple[str, str] = (parent.code, parent.name),
        default: bool = False,
        targets: tuple[tuple[str, str], ...] = (),
    ) -> HisChange:
        allowed = plan.residual_allowed_by if default else ""
        return HisChange(
            kind, *old, *new, default, allowed, targets, plan.effective, plan.signed_by,
            plan.signed_at, parent.frequency,
        )  # fmt: skip

    return change


def as_table(changes: Iterable[HisChange]) -> MappingTable:
    """The changes as text cells; dates are ISO 8601."""
    rows = tuple(
        (
            one.kind.value,
            one.old_code,
            one.old_name,
            one.new_code,
            one.new_name,
            "yes" if one.default else "",
            one.default_allowed_by,
            "; ".join(code for code, _name in one.targets),
            "; ".join(name for _code, name in one.targets),
            one.effective.isoformat() if one.effective else "",
            one.signed_by,
            one.signed_at.date().isoformat() if one.signed_at else "",
            "" if one.yearly_volume is None else str(one.yearly_volume),
        )
        for one in changes
    )
    return MappingTable(COLUMNS, rows, {"changes": len(rows)})


def write(table: MappingTable, folder: Path) -> tuple[ExportedFile, ...]:
    """Write the list into a folder: csv exact, xlsx with titles and words and safe to open."""
    exact, readable = folder / "his_changes.csv", folder / "his_changes.xlsx"
    writers.write_csv(table, exact)
    titles = [_(TITLES[column]) for column in table.columns]
    writers.write_xlsx(table, readable, titles=titles, words=_word)
    return writers.describe(exact), writers.describe(readable)


def change_word(kind: ChangeKind) -> str:
    """What the HIS is asked to do, in words."""
    return _(_KINDS[kind.value])


def _word(column: str, value: str) -> str:
    if column == "change":
        return change_word(ChangeKind(value))
    if column == "default" and value:
        return _("yes")
    return value


_KINDS = {
    "split": N_("split"),
    "add": N_("add a code"),
    "rename": N_("rename"),
    "stop": N_("stop using"),
}
