"""Text files with separators: comma, tab, semicolon or bar, quoted or not."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from icdmapper.importing.cells import SheetCells
from icdmapper.importing.charsets import canonical_name, settle_encoding
from icdmapper.importing.refusals import RefusedSourceError, UnreadableKind
from icdmapper.importing.sources import MAX_ROWS, Source
from icdmapper.model.errors import UnreadableSourceError
from icdmapper.model.problems import Place, Problem, ProblemCode, Severity
from icdmapper.texts import N_, _

DELIMITERS = (",", "\t", ";", "|")

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_SNIFF_ROWS = 300
# Titles and headings are no rows of the table; what is over by more than these is over for sure.
_HEADING_ROWS = 50
_SNIFF_CHARACTERS = 1 << 17
# A quoted cell with more lines than this has swallowed the rows after a stray quotation mark.
_SWALLOWED_LINES = 3


def open_delimited(path: Path, source: Source) -> SheetCells:
    """Open a text file; its encoding and separator are detected unless `source` names them."""
    encoding = settle_encoding(path, source.encoding)
    sample = _sample(path, encoding)
    delimiter = source.delimiter or _sniff_delimiter(sample)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise UnreadableSourceError(_("The separator must be a single character."))
    stray = _first_stray_quote(path, encoding, delimiter)
    if stray is not None and _uses_quotes(path, encoding, delimiter):
        raise RefusedSourceError(
            UnreadableKind.DAMAGED,
            Place(path.name, "", stray),
            reason=N_("a quotation mark is missing or too many"),
        )
    sheet = SheetCells(
        path=path,
        file_format="tsv" if delimiter == "\t" else "csv",
        rows=iter(()),
        encoding=canonical_name(encoding),
        delimiter=delimiter,
        ragged=True,
        total=path.stat().st_size,
    )
    if stray is not None:
        sheet.problems.append(
            Problem(ProblemCode.STRAY_QUOTE, Severity.WARNING, Place(path.name, "", stray))
        )
    sheet.rows = _rows(sheet, encoding, quoted=stray is None)
    return sheet


def _rows(sheet: SheetCells, encoding: str, *, quoted: bool) -> Iterator[Sequence[str]]:
    number = 0
    with sheet.path.open("rb") as raw:
        text = io.TextIOWrapper(raw, encoding, errors="strict", newline="")
        reader = _reader(text, sheet.delimiter, quoted=quoted)
        try:
            for number, row in enumerate(reader, start=1):
                if number % 1000 == 0:
                    sheet.done = raw.tell()
                yield row
        except csv.Error:
            raise sheet.refuse(
                UnreadableKind.DAMAGED, row=number + 1, reason=N_("a cell has no end")
            ) from None
        except UnicodeError:
            raise sheet.refuse(UnreadableKind.CHANGED, row=number + 1) from None


def _reader(
    text: Iterator[str] | io.TextIOBase, delimiter: str, *, quoted: bool
) -> Iterator[list[str]]:
    if quoted:
        return csv.reader(text, delimiter=delimiter, strict=True)
    return csv.reader(text, delimiter=delimiter, quoting=csv.QUOTE_NONE)


def _first_stray_quote(path: Path, encoding: str, delimiter: str) -> int | None:
    """The row at which quotation marks stop making sense, None when they are sound.

    Exports by hand often leave a mark inside a name unescaped (`"A"型血`). Read by the rules of
    quoting, such a mark silently eats itself or the rows that follow.
    """
    number = 0
    with path.open("rb") as raw:
        text = io.TextIOWrapper(raw, encoding, errors="strict", newline="")
        try:
            for number, row in enumerate(_reader(text, delimiter, quoted=True), start=1):
                if any(cell.count("\n") > _SWALLOWED_LINES and delimiter in cell for cell in row):
                    return number
                if number > MAX_ROWS + _HEADING_ROWS:
                    raise RefusedSourceError(
                        UnreadableKind.TOO_MANY_ROWS, Place(path.name), limit=f"{MAX_ROWS:,}"
                    )
        except csv.Error:
            return number + 1
    return None


def _uses_quotes(path: Path, encoding: str, delimiter: str) -> bool:
    """Whether the file encloses cells in quotation marks, so that they cannot be plain text."""
    enclosed = total = 0
    with path.open("rb") as raw:
        text = io.TextIOWrapper(raw, encoding, errors="strict", newline="")
        try:
            for row in _reader(text, delimiter, quoted=False):
                total += 1
                enclosed += any(len(cell) > 1 and cell[0] == cell[-1] == '"' for cell in row)
        except csv.Error:
            return True
    return enclosed * 100 > total


def _sample(path: Path, encoding: str) -> str:
    with path.open("rb") as raw:
        text = io.TextIOWrapper(raw, encoding, errors="strict", newline="")
        sample = text.read(_SNIFF_CHARACTERS)
    if len(_CONTROL.findall(sample)) * 20 > len(sample):
        raise RefusedSourceError(
            UnreadableKind.WRONG_FORMAT, Place(path.name), reason=N_("binary data, not text")
        )
    return sample


def _sniff_delimiter(sample: str) -> str:
    """The separator that cuts the most rows into the same number of cells, at least two."""
    scores = {delimiter: _score(sample, delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=scores.__getitem__)
    if scores[best] > (0.0, 0):
        return best
    # One column: any separator will do that does not occur in a name.
    return next((delimiter for delimiter in ("\t", "|", ";") if delimiter not in sample), "\t")


def _score(sample: str, delimiter: str) -> tuple[float, int]:
    lines = io.StringIO(sample, newline="")
    widths: Counter[int] = Counter()
    try:
        for row in islice(csv.reader(lines, delimiter=delimiter), _SNIFF_ROWS):
            if row:
                widths[len(row)] += 1
    except csv.Error:
        return (0.0, 0)
    if not widths:
        return (0.0, 0)
    width, rows = max(widths.items(), key=lambda item: (item[1], item[0]))
    share = rows / widths.total()
    split = 1 - widths[1] / widths.total()
    # Names hold commas, but not one each: a separator that leaves many rows whole is none.
    return (round(share, 2), width) if width > 1 and (share > 0.5 or split > 0.7) else (0.0, 0)
