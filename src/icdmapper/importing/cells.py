"""What every format reader hands over: rows of text cells and what is known about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from icdmapper.importing.refusals import RefusedSourceError, UnreadableKind
from icdmapper.model.problems import Place, Problem


@dataclass(slots=True)
class SheetCells:
    """The cells of one sheet or file, as a stream that is read once.

    `number_columns`, `problems` and `row_numbers` grow while the rows are read, and are complete
    at their end. `done` says how far reading has come out of `total`, in a unit of the reader's.
    `header` is set when the format itself names its columns; otherwise the rows may hold titles.
    """

    path: Path
    file_format: str
    rows: Iterator[Sequence[str]]
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    encoding: str = ""
    delimiter: str = ""
    header: tuple[str, ...] | None = None
    first_row: int = 1
    first_column: int = 0
    ragged: bool = False
    """Whether a row with another number of cells than the header is worth a word."""
    total: int = 0
    done: int = 0
    number_columns: set[int] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    row_numbers: list[int] | None = None

    def refuse(
        self, kind: UnreadableKind, *, row: int | None = None, **detail: str
    ) -> RefusedSourceError:
        """A refusal of this sheet, at a row when it is known."""
        return RefusedSourceError(kind, Place(self.path.name, self.sheet, row), **detail)
