"""The raw table every format becomes: titles and text cells, with their places in the source."""

from __future__ import annotations

from dataclasses import dataclass

from icdmapper.model.problems import Place, Problem


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table as read, every row as wide as `header`, every cell the source's own text.

    `header` is made up ("A", "B", …) when the source has none. Row numbers are 1-based and count
    the header, as a spreadsheet shows them; `row_numbers` is None when rows follow one another.
    `number_columns` are the 0-based columns in which a workbook held numbers instead of text,
    so that zeros at either end of a code may be lost. `problems` are findings of the reading.
    """

    file: str
    sheet: str
    sheets: tuple[str, ...]
    encoding: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]
    first_row: int
    has_header: bool
    sha256: str
    size_bytes: int
    row_numbers: tuple[int, ...] | None = None
    file_format: str = ""
    delimiter: str = ""
    number_columns: frozenset[int] = frozenset()
    problems: tuple[Problem, ...] = ()

    def row_number(self, index: int) -> int:
        """The 1-based row in the source of `rows[index]`."""
        return self.row_numbers[index] if self.row_numbers else self.first_row + index

    def place(self, index: int | None = None, column: int | None = None) -> Place:
        """The place of a row and column of this table in its source."""
        row = None if index is None else self.row_number(index)
        title = "" if column is None else self.header[column]
        return Place(self.file, self.sheet, row, title)


def column_letters(index: int) -> str:
    """The spreadsheet's letters of a 0-based column: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters
