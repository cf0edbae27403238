"""Store what a person signed off as one batch, all or nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from icdmapper.importing.columns import ColumnRole
from icdmapper.importing.reading import Preview, SourceReader
from icdmapper.importing.recall import check_recall, check_seen, editions_of
from icdmapper.importing.sources import Source
from icdmapper.importing.succession import (
    EditionPlan,
    PlannedPart,
    Signature,
    Takeover,
    check_signature,
    plan,
    store_part,
)
from icdmapper.model.codes import CodeKind, CodeSet, CodeSystem, NewCode, Side
from icdmapper.model.editions import Recall
from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act, NewEvent
from icdmapper.model.people import Person, Right
from icdmapper.model.problems import Severity
from icdmapper.storage.unit_of_work import Storage
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

    def __init__(
        self,
        storage: Storage,
        reader: SourceReader,
        now: Callable[[], datetime],
        takeover: Takeover,
    ) -> None:
        """`takeover` knows what a new edition does to decisions, and does it."""
        self._storage = storage
        self._reader = reader
        self._now = now
        self._takeover = takeover

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

    def compare(self, preview: Preview, *, progress: Progress | None = None) -> EditionPlan:
        """What storing a source would do to the sets it replaces; stores nothing.

        Raises:
            RefusedError: there is nothing to store.
        """
        parts = _parts(preview)
        with self._storage.reading() as work:
            return plan(work, self._takeover, preview.side, parts, progress=progress)

    def store(
        self,
        preview: Preview,
        *,
        name: str,
        edition: str,
        by: Person,
        signature: Signature | None = None,
        progress: Progress | None = None,
    ) -> ImportSummary:
        """Store what a person signed off: one code set per reference system, one local list.

        A set that is replaced stays as it was. Where decisions would be re-opened or retired, the
        comparison that was looked at has to be signed. A set that nobody gives an edition has the
        day it was taken in: a release names the edition of every set it was made from (HQ-083).

        Raises:
            RefusedError: there is nothing to store, a signature is missing or not that of `by`, or
                `by` may not import.
            ConflictError: what is signed is no longer what would happen.
        """
        parts = _parts(preview)
        at = self._now()
        edition = edition.strip() or at.astimezone().date().isoformat()
        with self._storage.writing() as work:
            work.people.require(by, Right.IMPORT)
            planned = plan(work, self._takeover, preview.side, parts, progress=progress)
            check_signature(planned, signature, by)
            stored = []
            for part in planned.parts:
                description = CodeSet(
                    0, preview.side, part.system, name, edition, preview.table.file,
                    preview.table.sha256, len(part.codes), at, by.name,
                )  # fmt: skip
                code_set = store_part(work, part, description)
                stored.append(code_set)
                work.events.add([_import_event(code_set, part, by, at)])
                if part.weighed:
                    self._takeover.apply(
                        work, part.weighed, by=by, at=at, batch=f"import-{code_set.id}"
                    )
                if progress:
                    progress(len(stored), len(planned.parts))
            work.proposals.remove_all()
            work.commit()
        checked = preview.checked
        warnings = sum(problem.severity is not Severity.NOTE for problem in checked.problems)
        logger.info("stored %d codes in %d code sets", len(checked.codes), len(stored))
        return ImportSummary(tuple(stored), dict(checked.counts), warnings, checked.skipped)

    def weigh_recall(self, set_id: int) -> Recall:
        """What taking an edition back would do, and what stands in the way; changes nothing.

        Raises:
            NotFoundError: there is no such edition.
            RefusedError: it is not in use, or it is not known what it replaced.
        """
        with self._storage.reading() as work:
            return self._takeover.weigh_recall(work, *editions_of(work, set_id))

    def recall(self, set_id: int, *, by: Person, seen: Recall | None = None) -> Recall:
        """Take the edition in use back: the one before it is in use again, answers as they were.

        A first list took nobody's place, so nothing takes its own; it stays stored all the same.
        `seen` is what was looked at; where it is no longer so, nothing is done.

        Raises:
            NotFoundError: there is no such edition.
            RefusedError: somebody worked on what it changed, a release was signed since, or `by`
                is not who stored it or may not.
            ConflictError: decisions changed since `seen`.
        """
        with self._storage.writing() as work:
            work.people.require(by, Right.IMPORT)
            recall = self._takeover.weigh_recall(work, *editions_of(work, set_id))
            check_recall(recall, by)
            check_seen(recall, seen)
            work.earlier.recall(recall.edition)
            self._takeover.recall(work, recall, by=by, at=self._now())
            work.proposals.remove_all()
            work.commit()
        logger.info("took edition %d back, %d answers put back", set_id, len(recall.restored))
        return recall

    def history(self) -> tuple[CodeSet, ...]:
        """Every code set ever stored, newest first."""
        with self._storage.reading() as work:
            return work.code_sets.all()


def _parts(preview: Preview) -> dict[CodeSystem | None, tuple[NewCode, ...]]:
    """The code sets one source holds: reference sets by system, a local list as a whole."""
    codes = preview.checked.codes
    if not codes:
        raise RefusedError(_("There is no usable row; see the list of problems."))
    if preview.side is Side.LOCAL:
        return {None: tuple(codes)}
    by_system: dict[CodeSystem, list[NewCode]] = {system: [] for system in CodeSystem}
    # One look at each of 50,000 codes: the window waits while this has the interpreter.
    part_of = {kind: by_system[kind.system] for kind in CodeKind}
    for code in codes:
        part_of[code.kind].append(code)
    return {system: tuple(part) for system, part in by_system.items() if part}


def _import_event(code_set: CodeSet, part: PlannedPart, by: Person, at: datetime) -> NewEvent:
    detail = f"{code_set.side.value} {code_set.name} {code_set.edition} {code_set.size}"
    if part.weighed:
        counts = part.weighed.comparison.counts().items()
        detail += "".join(f" {kind.value}={count}" for kind, count in counts)
    return NewEvent(Act.IMPORTED, by.name, at, f"import-{code_set.id}", detail=detail)
