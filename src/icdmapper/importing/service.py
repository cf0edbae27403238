"""Store what a person signed off as one batch, all or nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from icdmapper.importing.columns import ColumnRole
from icdmapper.importing.initials import initials
from icdmapper.importing.reading import Preview, SourceReader
from icdmapper.importing.sources import Source
from icdmapper.model.codes import CodeKind, CodeSet, CodeSystem, NewCode, Side
from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act, NewEvent
from icdmapper.model.mapping import State
from icdmapper.model.people import Person, Right
from icdmapper.model.problems import Severity
from icdmapper.storage.unit_of_work import Storage, UnitOfWork
from icdmapper.texts import _

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What was stored: the code sets, how many codes of each kind, warnings, rows left out."""

    code_sets: tuple[CodeSet, ...]
    counts: dict[CodeKind, int]
    warnings: int
    skipped: int


class ImportingService:
    """Code lists in, from files and from the HIS."""

    def __init__(self, storage: Storage, reader: SourceReader, now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._reader = reader
        self._now = now

    def preview(
        self,
        source: Source,
        *,
        side: Side,
        roles: Sequence[ColumnRole] | None = None,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Preview:
        """Read and check a source without storing anything; see `SourceReader.preview`."""
        return self._reader.preview(
            source, side=side, roles=roles, progress=progress, cancelled=cancelled
        )

    def recheck(
        self, preview: Preview, roles: Sequence[ColumnRole], *, progress: Progress | None = None
    ) -> Preview:
        """The same table under other column roles."""
        return self._reader.recheck(preview, roles, progress=progress)

    def store(
        self,
        preview: Preview,
        *,
        name: str,
        edition: str,
        by: Person,
        progress: Progress | None = None,
    ) -> ImportSummary:
        """Store what a person signed off: one code set per reference system, one local list.

        Raises:
            RefusedError: there is nothing to store, decisions hang on the set it would replace,
                or `by` may not import.
        """
        checked = preview.checked
        parts = _parts(preview.side, checked.codes)
        if not parts:
            raise RefusedError(_("There is no usable row; see the list of problems."))
        at = self._now()
        with self._storage.writing() as work:
            work.people.require(by, Right.IMPORT)
            for system in parts:
                self._refuse_loss(work, preview.side, system)
            stored = []
            for done, (system, codes) in enumerate(parts.items()):
                description = CodeSet(
                    0, preview.side, system, name, edition, preview.table.file,
                    preview.table.sha256, len(codes), at, by.name,
                )  # fmt: skip
                letters = [initials(code.name) for code in codes]
                stored.append(work.code_sets.add(description, codes, initials=letters))
                if progress:
                    progress(done + 1, len(parts))
            work.proposals.remove_all()
            work.events.add([_import_event(code_set, by, at) for code_set in stored])
            work.commit()
        warnings = sum(problem.severity is not Severity.NOTE for problem in checked.problems)
        logger.info("stored %d codes in %d code sets", len(checked.codes), len(stored))
        return ImportSummary(tuple(stored), dict(checked.counts), warnings, checked.skipped)

    def history(self) -> tuple[CodeSet, ...]:
        """Every code set ever stored, newest first."""
        with self._storage.reading() as work:
            return work.code_sets.all()

    def _refuse_loss(self, work: UnitOfWork, side: Side, system: CodeSystem | None) -> None:
        """Replacing a set under existing decisions would orphan them: refuse, and say so."""
        replaced = [
            code_set for code_set in work.code_sets.in_use(side) if code_set.system is system
        ]
        if not replaced:
            return
        touched = [one for one in work.mappings.in_use() if one.state is not State.OPEN]
        if side is Side.REFERENCE:
            kinds = {code.id for code in work.code_sets.reference_codes(system)}
            touched = [one for one in touched if any(t.reference_id in kinds for t in one.targets)]
        if touched:
            raise RefusedError(
                _(
                    "{count} decisions rest on “{name}”; replacing it would lose them. "
                    "Keep it, or start a new project for the new edition."
                ).format(count=len(touched), name=replaced[0].name)
            )


def _parts(side: Side, codes: Sequence[NewCode]) -> dict[CodeSystem | None, tuple[NewCode, ...]]:
    """The code sets one source holds: reference sets by system, a local list as a whole."""
    if not codes:
        return {}
    if side is Side.LOCAL:
        return {None: tuple(codes)}
    systems = sorted({code.kind.system for code in codes}, key=lambda system: system.value)
    return {
        system: tuple(code for code in codes if code.kind.system is system) for system in systems
    }


def _import_event(code_set: CodeSet, by: Person, at: datetime) -> NewEvent:
    detail = f"{code_set.side.value} {code_set.name} {code_set.edition} {code_set.size}"
    return NewEvent(Act.IMPORTED, by.name, at, f"import-{code_set.id}", detail=detail)
