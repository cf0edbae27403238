"""Files of an export: exact for machines, formula-safe for people, written aside then renamed."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from icdmapper.export.table import MappingTable

_WIDTHS = {"local_name": 36, "target_name": 36, "local_code": 16, "target_code": 16, "note": 30}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """One file of an export. `size` is in bytes."""

    name: str
    size: int
    sha256: str


@contextmanager
def folder_aside(final: Path) -> Iterator[Path]:
    """A folder beside `final` that becomes it only when everything in it was written.

    A run that fails or is stopped leaves `final` untouched; its leftover is removed.
    """
    aside = final.with_name(f".{final.name}.partial")
    _remove(aside)
    aside.mkdir(parents=True)
    try:
        yield aside
        for file in aside.iterdir():
            _sync(file)
        aside.rename(final)
    except BaseException:
        _remove(aside)
        raise


def write_csv(table: MappingTable, file: Path) -> None:
    """Exact: UTF-8, comma, LF, every cell as it is stored."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(table.columns)
        writer.writerows(table.rows)


def write_xlsx(
    table: MappingTable,
    file: Path,
    *,
    titles: Sequence[str],
    words: Callable[[str, str], str],
) -> None:
    """For people: titled, filtered, frozen header, and no cell that a spreadsheet would run.

    `words(column, value)` gives the word shown for a coded value.
    """
    # Slow to import; a window that only maps codes need not wait for it.
    from openpyxl import Workbook  # noqa: PLC0415
    from openpyxl.styles import Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet("mapping")
    for number, column in enumerate(table.columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = _WIDTHS.get(column, 13)
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = (
        f"A1:{get_column_letter(len(table.columns))}{max(len(table.rows), 1) + 1}"
    )
    bold = Font(bold=True)
    sheet.append([_text_cell(sheet, title, bold) for title in titles])
    for row in table.rows:
        sheet.append(
            [
                _text_cell(sheet, words(column, value))
                for column, value in zip(table.columns, row, strict=True)
            ]
        )
    book.save(file)


def write_manifest(content: dict[str, Any], file: Path) -> None:
    """The manifest as readable JSON with sorted keys, so that equal content gives equal bytes."""
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True)
    file.write_text(f"{text}\n", encoding="utf-8")


def describe(file: Path) -> ExportedFile:
    """Name, size and SHA-256 of a written file."""
    content = file.read_bytes()
    return ExportedFile(file.name, len(content), hashlib.sha256(content).hexdigest())


def _text_cell(sheet: Any, value: str, font: Any = None) -> Any:
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    if font is None and not value.startswith(_FORMULA_STARTS):
        return value
    cell = WriteOnlyCell(sheet, value=value)
    if value.startswith(_FORMULA_STARTS):
        # A text cell is never computed; the quote prefix keeps it text when a person edits it.
        cell.data_type = "s"
        cell.quotePrefix = True
    if font:
        cell.font = font
    return cell


def _sync(file: Path) -> None:
    with file.open("rb+") as stream:
        os.fsync(stream.fileno())


def _remove(folder: Path) -> None:
    if not folder.exists():
        return
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
