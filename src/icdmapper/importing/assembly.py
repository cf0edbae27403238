"""From the stream of cells of any format to a table: titles found, rows counted, text checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from icdmapper.importing.cells import SheetCells
from icdmapper.importing.charsets import Fingerprint, shown_name
from icdmapper.importing.headers import find_header
from icdmapper.importing.plausibility import TextEvidence
from icdmapper.importing.refusals import UnreadableKind
from icdmapper.importing.sources import MAX_CELLS, MAX_COLUMNS, MAX_ROWS
from icdmapper.importing.tables import RawTable, column_letters
from icdmapper.model.problems import Place, Problem, ProblemCode, Severity

_BATCH = 2000
_PEEK = 40
_SHOWN_ROWS = 20

Row = tuple[str, ...]


class TableAssembly:
    """Reads a sheet once, in batches, and knows at the end what table it was.

    The rows leave in batches so that the reading process can hold them packed. Blank cells at
    the end of a row are cut off until `RawTable` is built; blank rows at the end do not count.
    """

    def __init__(self, sheet: SheetCells, *, has_header: bool | None) -> None:
        self._sheet = sheet
        self._has_header = has_header
        self._evidence = TextEvidence()
        self._titles: Row = sheet.header or ()
        self._first_row = sheet.first_row
        self._rows = 0
        self._width = len(self._titles)
        self._odd_rows: list[int] = []
        self._odd = 0

    def batches(self) -> Iterator[list[Row]]:
        """The rows of data below the titles, a few thousand at a time.

        Raises:
            RefusedSourceError: there is no table, it is too large, or its text is implausible.
        """
        rows = self._without_heading(iter(self._sheet.rows))
        pending_blank = 0
        batch: list[Row] = []
        for row in rows:
            cells = _cut(row)
            if not cells:
                pending_blank += 1
                self._count(pending_blank)
                continue
            batch.extend([()] * pending_blank)
            batch.append(cells)
            self._take(row, cells, blank_before=pending_blank)
            pending_blank = 0
            if len(batch) >= _BATCH:
                self._judge(batch)
                yield batch
                batch = []
        self._judge(batch)
        if batch:
            yield batch
        self._conclude()

    def table(self, rows: list[Row], seen: Fingerprint) -> RawTable:
        """The table with everything but its rows cut to width; call after the last batch."""
        sheet = self._sheet
        numbers = sheet.row_numbers
        contiguous = numbers is None or numbers == list(
            range(self._first_row, self._first_row + len(numbers))
        )
        return RawTable(
            file=sheet.path.name,
            sheet=sheet.sheet,
            sheets=sheet.sheets,
            encoding=sheet.encoding,
            header=self._header(),
            rows=rows,
            first_row=self._first_row,
            has_header=bool(self._titles),
            sha256=seen.sha256,
            size_bytes=seen.size_bytes,
            row_numbers=None if contiguous or numbers is None else tuple(numbers[: self._rows]),
            file_format=sheet.file_format,
            delimiter=sheet.delimiter,
            number_columns=frozenset(sheet.number_columns),
            problems=(*sheet.problems, *self._odd_row_problems()),
        )

    def _without_heading(self, rows: Iterator[Sequence[str]]) -> Iterator[Sequence[str]]:
        """Take the titles off the top and stand at the first row of data."""
        if self._sheet.header is not None:
            return rows
        top = [tuple(row) for row in islice(rows, _PEEK)]
        header = find_header(top)
        if self._has_header is False:
            header = None
        elif self._has_header and header is None:
            header = next((index for index, row in enumerate(top) if _cut(row)), None)
        if header is None:
            return chain(top, rows)
        self._titles = tuple(cell.strip() for cell in _cut(top[header]))
        self._width = len(self._titles)
        self._first_row += header + 1
        if any(_cut(row) for row in top[:header]):
            self._sheet.problems.append(
                Problem(
                    ProblemCode.HEADING_SKIPPED,
                    Severity.NOTE,
                    Place(self._sheet.path.name, self._sheet.sheet, 1),
                    detail={"count": str(header)},
                )
            )
        return chain(top[header + 1 :], rows)

    def _take(self, row: Sequence[str], cells: Row, *, blank_before: int) -> None:
        self._rows += 1 + blank_before
        self._count(0)
        if self._sheet.ragged and self._titles and len(row) != len(self._titles):
            self._note_odd(cells)
        self._width = max(self._width, len(cells))
        if self._width > MAX_COLUMNS:
            raise self._sheet.refuse(
                UnreadableKind.TOO_MANY_COLUMNS,
                row=self._first_row + self._rows - 1,
                limit=f"{MAX_COLUMNS:,}",
            )

    def _count(self, further: int) -> None:
        if self._rows + further > MAX_ROWS or self._rows * self._width > MAX_CELLS:
            raise self._sheet.refuse(UnreadableKind.TOO_MANY_ROWS, limit=f"{MAX_ROWS:,}")

    def _note_odd(self, cells: Row) -> None:
        if len(cells) > len(self._titles):
            self._odd += 1
            if len(self._odd_rows) < _SHOWN_ROWS:
                self._odd_rows.append(self._first_row + self._rows - 1)

    def _judge(self, batch: list[Row]) -> None:
        self._evidence.feed("\n".join(chain.from_iterable(batch)))

    def _conclude(self) -> None:
        self._evidence.feed("\n".join(self._titles))
        if not self._rows:
            raise self._sheet.refuse(UnreadableKind.NO_TABLE)
        if reason := self._evidence.verdict():
            raise self._sheet.refuse(
                UnreadableKind.IMPLAUSIBLE_TEXT,
                reason=reason,
                encoding=shown_name(self._sheet.encoding or self._sheet.file_format),
            )

    def _header(self) -> Row:
        letters = (column_letters(self._sheet.first_column + i) for i in range(self._width))
        titles = chain(self._titles, [""] * (self._width - len(self._titles)))
        return tuple(title or letter for title, letter in zip(titles, letters, strict=True))

    def _odd_row_problems(self) -> Iterator[Problem]:
        if self._odd:
            yield Problem(
                ProblemCode.ODD_COLUMN_COUNT,
                Severity.WARNING,
                Place(self._sheet.path.name, self._sheet.sheet, self._odd_rows[0]),
                detail={
                    "count": str(self._odd),
                    "rows": ", ".join(map(str, self._odd_rows)),
                    "expected": str(len(self._titles)),
                },
            )


def widened(rows: list[Row], width: int) -> list[Row]:
    """The rows with their blank ends put back, each `width` cells wide."""
    return [row + ("",) * (width - len(row)) if len(row) < width else row for row in rows]


def _cut(row: Sequence[str]) -> Row:
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return tuple(row[:end])
