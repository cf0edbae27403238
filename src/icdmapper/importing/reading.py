"""Read and check a source without storing anything: what the sign-off shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from icdmapper.importing.child import read_in_child
from icdmapper.importing.columns import ColumnRole, guess_roles
from icdmapper.importing.readers import RawTable, table_of_query
from icdmapper.importing.refusals import RefusedSourceError, UnreadableKind
from icdmapper.importing.rules import CheckedCodes, check_rows
from icdmapper.importing.sources import Source
from icdmapper.model.codes import Side
from icdmapper.model.errors import CancelledError
from icdmapper.model.problems import Problem, ProblemCode, Severity
from icdmapper.storage.queries import read_query

Progress = Callable[[int, int], None]
_EDITION = re.compile(r"v\s?\d[\d.]*|(?:19|20)\d\d(?:[-.]?\d\d)?|\d\.\d", re.IGNORECASE)
_SAMPLE_ROWS = 500
_MISSING_COLUMNS = {
    UnreadableKind.NO_CODE_COLUMN: ProblemCode.NO_CODE_COLUMN,
    UnreadableKind.NO_NAME_COLUMN: ProblemCode.NO_NAME_COLUMN,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one source may take before it is stopped."""

    seconds: float = 120
    memory_mb: int = 768


@dataclass(frozen=True, slots=True)
class Preview:
    """A source as it would be stored; nothing is stored yet."""

    source: Source
    side: Side
    table: RawTable
    roles: tuple[ColumnRole, ...]
    checked: CheckedCodes
    suggested_name: str
    suggested_edition: str


class SourceReader:
    """Reads sources in a child process within limits, and checks what they hold."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def preview(
        self,
        source: Source,
        *,
        side: Side,
        roles: Sequence[ColumnRole] | None = None,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Preview:
        """Read and check a source without storing anything.

        Raises:
            UnreadableSourceError: it cannot be read as a table.
            SourceUnavailableError: the database cannot be reached.
        """
        table = self.table(source, progress=progress, cancelled=cancelled)
        chosen = tuple(roles) if roles else guess_roles(table.header, table.rows[:_SAMPLE_ROWS])
        return _checked(source, side, table, chosen, progress)

    def recheck(
        self, preview: Preview, roles: Sequence[ColumnRole], *, progress: Progress | None = None
    ) -> Preview:
        """The same table under other column roles."""
        return _checked(preview.source, preview.side, preview.table, tuple(roles), progress)

    def table(
        self,
        source: Source,
        *,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> RawTable:
        """The rows of a source as text, unchecked.

        Raises:
            UnreadableSourceError: it cannot be read as a table.
            SourceUnavailableError: the database cannot be reached.
        """
        if source.url is not None:
            header, rows = read_query(
                source.url, source.query or "", report=partial(_stop_if, cancelled)
            )
            return table_of_query(header, rows)
        return read_in_child(
            source,
            seconds=self._limits.seconds,
            memory_mb=self._limits.memory_mb,
            progress=progress,
            cancelled=cancelled,
        )


def _stop_if(cancelled: Callable[[], bool] | None, _rows: int) -> None:
    if cancelled is not None and cancelled():
        raise CancelledError


def _checked(
    source: Source,
    side: Side,
    table: RawTable,
    roles: tuple[ColumnRole, ...],
    progress: Progress | None,
) -> Preview:
    kinds = frozenset({source.kind}) if source.kind else None
    try:
        checked = check_rows(table, roles, side=side, kinds=kinds, progress=progress)
    except RefusedSourceError as refusal:
        # The person can still choose the column, so the table is shown with what it lacks.
        checked = _without_column(refusal, table)
    name = table.file.rsplit(".", 1)[0]
    edition = found.group() if (found := _EDITION.search(name)) else ""
    return Preview(source, side, table, roles, checked, name, edition)


def _without_column(refusal: RefusedSourceError, table: RawTable) -> CheckedCodes:
    code = _MISSING_COLUMNS.get(refusal.kind)
    if code is None:
        raise refusal
    problem = Problem(code, Severity.ERROR, table.place())
    return CheckedCodes((), (problem,), {}, len(table.rows), len(table.rows))
