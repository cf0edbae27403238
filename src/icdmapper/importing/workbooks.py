"""Excel workbooks, .xlsx and .xls: the cells of one sheet as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from icdmapper.importing.archives import inspect_workbook
from icdmapper.importing.cells import SheetCells
from icdmapper.importing.formats import FileFormat
from icdmapper.importing.refusals import RefusedSourceError, UnreadableKind
from icdmapper.importing.sources import MAX_COLUMNS, MAX_ROWS, Source
from icdmapper.model.problems import Place, Problem
from icdmapper.texts import N_

_Cell = int | float | str | bool | time | date | datetime | timedelta
_ENCRYPTED_PARTS = ("EncryptedPackage".encode("utf-16-le"), "EncryptionInfo".encode("utf-16-le"))
_VBA_PARTS = ("_VBA_PROJECT".encode("utf-16-le"),)
_OTHER_PARTS = tuple(
    name.encode("utf-16-le") for name in ("WordDocument", "PowerPoint Document", "VisioDocument")
)
_BOOK_PARTS = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))


def open_workbook(path: Path, file_format: FileFormat, source: Source) -> SheetCells:
    """Open the sheet that `source` names, else the first visible one that holds anything."""
    problems: list[Problem] = []
    if file_format is FileFormat.XLSX:
        problems = inspect_workbook(path)
    else:
        _inspect_container(path)
    with path.open("rb") as file:
        with _damage_refused(Place(path.name), N_("the workbook cannot be opened")):
            # Opened by its name, a file would be taken for what its name says.
            workbook = CalamineWorkbook.from_filelike(file)
        with workbook:
            sheet = _sheet(path, workbook, source.sheet)
            return _cells(path, file_format, workbook, sheet, problems)


@contextmanager
def _damage_refused(place: Place, reason: str) -> Iterator[None]:
    """Whatever the reading library makes of a broken workbook becomes a refusal."""
    try:
        yield
    except PasswordError:
        raise RefusedSourceError(UnreadableKind.ENCRYPTED, place) from None
    except (CalamineError, OSError, ValueError, OverflowError):
        raise RefusedSourceError(UnreadableKind.DAMAGED, place, reason=reason) from None
    except BaseException as error:
        # A failed assertion inside the library arrives as an exception that cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise RefusedSourceError(UnreadableKind.DAMAGED, place, reason=reason) from None


def _inspect_container(path: Path) -> None:
    """What else than an .xls wears Excel's old container: protected .xlsx, Word, installers."""
    content = path.read_bytes()
    if any(part in content for part in _ENCRYPTED_PARTS):
        raise RefusedSourceError(UnreadableKind.ENCRYPTED, Place(path.name))
    if any(part in content for part in _VBA_PARTS):
        raise RefusedSourceError(
            UnreadableKind.UNSAFE,
            Place(path.name),
            reason=N_("it holds macros; save it as .xlsx without macros"),
        )
    if any(part in content for part in _OTHER_PARTS):
        raise RefusedSourceError(
            UnreadableKind.WRONG_FORMAT,
            Place(path.name),
            reason=N_("an Office document other than a workbook"),
        )
    if not any(part in content for part in _BOOK_PARTS):
        raise RefusedSourceError(
            UnreadableKind.DAMAGED, Place(path.name), reason=N_("there is no workbook inside")
        )


def _sheet(path: Path, workbook: CalamineWorkbook, wanted: str | None) -> CalamineSheet:
    names = [
        one.name
        for one in workbook.sheets_metadata
        if one.typ == SheetTypeEnum.WorkSheet and one.visible == SheetVisibleEnum.Visible
    ]
    if wanted is not None:
        if wanted not in workbook.sheet_names:
            raise RefusedSourceError(
                UnreadableKind.NO_SUCH_SHEET,
                Place(path.name),
                wanted=wanted,
                sheets=", ".join(workbook.sheet_names),
            )
        names = [wanted]
    for name in names:
        with _damage_refused(Place(path.name, name), N_("the sheet cannot be read")):
            sheet = workbook.get_sheet_by_name(name)
        if sheet.end is not None:
            return sheet
    raise RefusedSourceError(UnreadableKind.NO_TABLE, Place(path.name, wanted or ""))


def _cells(
    path: Path,
    file_format: FileFormat,
    workbook: CalamineWorkbook,
    sheet: CalamineSheet,
    problems: list[Problem],
) -> SheetCells:
    cells = SheetCells(
        path=path,
        file_format=file_format.value,
        rows=iter(()),
        sheet=sheet.name,
        sheets=tuple(workbook.sheet_names),
        first_column=sheet.start[1] if sheet.start else 0,
        total=sheet.total_height,
        problems=problems,
    )
    if sheet.width > MAX_COLUMNS:
        raise cells.refuse(UnreadableKind.TOO_MANY_COLUMNS, limit=f"{MAX_COLUMNS:,}")
    if sheet.height > MAX_ROWS:
        raise cells.refuse(UnreadableKind.TOO_MANY_ROWS, limit=f"{MAX_ROWS:,}")
    cells.rows = _rows(cells, sheet)
    return cells


def _rows(cells: SheetCells, sheet: CalamineSheet) -> Iterator[Sequence[str]]:
    for cells.done, row in enumerate(sheet.iter_rows(), start=1):
        for column, cell in enumerate(row):
            if type(cell) in {int, float}:
                cells.number_columns.add(column)
        yield [cell if isinstance(cell, str) else _text(cell) for cell in row]


def _text(cell: _Cell) -> str:
    """A cell that is no text as Excel would show it without any format."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)
