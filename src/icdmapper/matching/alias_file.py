"""The hospital's own alias file: a TSV that people may also write with a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from icdmapper.matching.alias_check import AliasRow
from icdmapper.model.errors import UnreadableSourceError
from icdmapper.paths import replace_file
from icdmapper.texts import _

_HEADER = ("written", "standard", "direction", "group", "note")


def read_alias_rows(file: Path) -> tuple[AliasRow, ...]:
    """The rows of a file; one that is not there yet has none.

    Raises:
        UnreadableSourceError: it is no UTF-8 text.
    """
    if not file.exists():
        return ()
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UnreadableSourceError(
            _("The alias file {file} is not UTF-8; save it as “Text, UTF-8, tabs”.").format(
                file=file.name
            )
        ) from error
    rows = []
    for line in lines:
        cells = [cell.strip() for cell in line.split("\t")]
        if line.startswith("#") or not any(cells) or cells[0] == _HEADER[0]:
            continue
        written, standard, direction, _group, note = (*cells, "", "", "", "")[:5]
        rows.append(AliasRow(written, standard, direction or "same", note))
    return tuple(rows)


def write_alias_rows(file: Path, rows: Sequence[AliasRow]) -> None:
    """Write all rows; the old file is there until the new one is complete."""
    lines = ["\t".join(_HEADER)]
    lines += ["\t".join((one.written, one.standard, one.direction, "", one.note)) for one in rows]
    replace_file(file, "\n".join(lines) + "\n")
