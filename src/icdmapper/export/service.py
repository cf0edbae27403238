"""Write the mapping table for the HIS, for people and for the audit."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from icdmapper import __version__
from icdmapper.export import rules, snapshot, table, writers
from icdmapper.export.rules import Readiness
from icdmapper.export.table import MappingTable
from icdmapper.export.writers import ExportedFile
from icdmapper.model.codes import CodeSet
from icdmapper.model.errors import IcdMapperError, RefusedError
from icdmapper.model.events import Act, NewEvent
from icdmapper.model.mapping import State
from icdmapper.model.people import Person
from icdmapper.storage.unit_of_work import Storage
from icdmapper.texts import N_, _
from icdmapper.texts.words import relation_word, role_word, state_word

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]

TITLES = {
    "local_code": N_("Local code"),
    "local_name": N_("Local name"),
    "local_kind": N_("Kind"),
    "parent_code": N_("Refined from"),
    "residual": N_("Residual"),
    "attached_code": N_("Attached code"),
    "frequency": N_("Discharges a year"),
    "state": N_("State"),
    "relation": N_("Relation"),
    "target_position": N_("Target no."),
    "target_role": N_("Target role"),
    "target_system": N_("Reference set"),
    "target_code": N_("Reference code"),
    "target_name": N_("Reference name"),
    "target_operation_kind": N_("Kind of operation"),
    "note": N_("Note"),
    "decided_by": N_("Decided by"),
    "decided_at": N_("Decided at"),
}


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written and where. `counts` are those of the mapping table."""

    folder: Path
    files: tuple[ExportedFile, ...]
    rows: int
    counts: dict[str, int]


class ExportService:
    """The mapping table out."""

    def __init__(self, storage: Storage, now: Callable[[], datetime], hospital: str) -> None:
        self._storage = storage
        self._now = now
        self._hospital = hospital

    def readiness(self) -> Readiness:
        """How complete the mapping is."""
        with self._storage.reading() as work:
            states = {mapping.local_id: mapping.state for mapping in work.mappings.in_use()}
            return rules.readiness(
                (states.get(local.id, State.OPEN), local.frequency or 0)
                for local in work.code_sets.local_codes()
            )

    def export(self, folder: Path, *, by: Person, progress: Progress | None = None) -> ExportReport:
        """Write `mapping.csv`, `mapping.xlsx` and `manifest.json` into a new folder in `folder`.

        Either the whole new folder appears or nothing does.

        Raises:
            RefusedError: there is no local list to export.
            IcdMapperError: the folder cannot be written to.
        """
        at = self._now()
        built, code_sets = self._table()
        if not built.rows:
            raise RefusedError(_("There is no local list yet; import one first."))
        try:
            final = _new_folder(folder, at)
            with writers.folder_aside(final) as aside:
                files = self._write(built, code_sets, aside, by=by, at=at, progress=progress)
        except OSError as error:
            raise IcdMapperError(
                _("{folder} cannot be written to: {reason}").format(
                    folder=folder, reason=error.strerror or type(error).__name__
                )
            ) from error
        manifest_hash = files[-1].sha256
        with self._storage.writing() as work:
            batch = f"export-{manifest_hash[:16]}"
            work.events.add([NewEvent(Act.EXPORTED, by.name, at, batch, detail=manifest_hash)])
            work.commit()
        logger.info("exported %d rows", len(built.rows))
        return ExportReport(final, files, len(built.rows), built.counts)

    def _table(self) -> tuple[MappingTable, tuple[CodeSet, ...]]:
        with self._storage.reading() as work:
            mappings = {mapping.local_id: mapping for mapping in work.mappings.in_use()}
            references = {code.id: code for code in work.code_sets.reference_codes()}
            local_codes = work.code_sets.local_codes()
            codes = {local.id: local.code for local in local_codes}
            parents = table.parents_of(snapshot.refinements(work, mappings), codes)
            built = table.build(local_codes, mappings, references, parents)
            return built, work.code_sets.in_use()

    def _write(
        self,
        built: MappingTable,
        code_sets: tuple[CodeSet, ...],
        aside: Path,
        *,
        by: Person,
        at: datetime,
        progress: Progress | None,
    ) -> tuple[ExportedFile, ...]:
        report = progress or (lambda _done, _total: None)
        writers.write_csv(built, aside / "mapping.csv")
        report(1, 3)
        titles = [_(TITLES[column]) for column in built.columns]
        writers.write_xlsx(built, aside / "mapping.xlsx", titles=titles, words=word)
        report(2, 3)
        files = [writers.describe(aside / name) for name in ("mapping.csv", "mapping.xlsx")]
        content = self._manifest(built, code_sets, files, by=by, at=at)
        writers.write_manifest(content, aside / "manifest.json")
        report(3, 3)
        return (*files, writers.describe(aside / "manifest.json"))

    def _manifest(
        self,
        built: MappingTable,
        code_sets: tuple[CodeSet, ...],
        files: list[ExportedFile],
        *,
        by: Person,
        at: datetime,
    ) -> dict[str, Any]:
        return {
            "program": f"icdmapper {__version__}",
            "hospital": self._hospital,
            "exported_at": at.isoformat(),
            "exported_by": by.name,
            "notices": list(rules.notices(code_sets)),
            "code_sets": [
                {
                    "side": code_set.side.value,
                    "system": code_set.system.value if code_set.system else None,
                    "name": code_set.name,
                    "edition": code_set.edition,
                    "codes": code_set.size,
                    "source": code_set.source,
                    "sha256": code_set.sha256,
                }
                for code_set in code_sets
            ],
            "counts": built.counts,
            "rows": len(built.rows),
            "files": {file.name: {"bytes": file.size, "sha256": file.sha256} for file in files},
        }


def word(column: str, value: str) -> str:
    """The word people read for a coded value of the table."""
    match column:
        case "state":
            return state_word(value)
        case "relation":
            return relation_word(value)
        case "target_role":
            return role_word(value)
    return value


def _new_folder(folder: Path, at: datetime) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"mapping-{at.astimezone():%Y%m%d-%H%M%S}"
    final, number = folder / stem, 1
    while final.exists():
        number += 1
        final = folder / f"{stem}-{number}"
    return final
