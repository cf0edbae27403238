"""Why a whole source is refused: a kind, a place and values; the sentence is made when shown."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from icdmapper.model.errors import UnreadableSourceError
from icdmapper.model.problems import Place
from icdmapper.texts import N_, _


class UnreadableKind(Enum):
    """The ways in which a source cannot be read as a code list."""

    NOT_FOUND = "not_found"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    ENCRYPTED = "encrypted"
    WRONG_FORMAT = "wrong_format"
    UNSAFE = "unsafe"
    DAMAGED = "damaged"
    CHANGED = "changed"
    BAD_ENCODING = "bad_encoding"
    IMPLAUSIBLE_TEXT = "implausible_text"
    NO_SUCH_SHEET = "no_such_sheet"
    NO_TABLE = "no_table"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_MANY_COLUMNS = "too_many_columns"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    NO_CODE_COLUMN = "no_code_column"
    NO_NAME_COLUMN = "no_name_column"


class RefusedSourceError(UnreadableSourceError):
    """A source that cannot be read: the kind, the place as far as it is known, and values.

    `detail` fills the sentence. A value that begins as a message marked with N_ (`reason`) is
    translated when the sentence is made, so a refusal can cross from the reading process.
    """

    def __init__(self, kind: UnreadableKind, place: Place, **detail: str) -> None:
        super().__init__(kind, place, detail)
        self.kind = kind
        self.place = place
        self.detail: Mapping[str, str] = detail

    def __str__(self) -> str:
        return refusal_sentence(self)


_SENTENCES: dict[UnreadableKind, str] = {
    UnreadableKind.NOT_FOUND: N_("{file} does not exist or cannot be opened."),
    UnreadableKind.EMPTY: N_("{file} is empty."),
    UnreadableKind.TOO_LARGE: N_("{file} is too large: {size}; at most {limit} can be read."),
    UnreadableKind.ENCRYPTED: N_(
        "{file} is protected by a password. Save it without the password and import it again."
    ),
    UnreadableKind.WRONG_FORMAT: N_(
        "{file} is not a table this program reads: it is {reason}. "
        "Save it as .xlsx, .xls, .csv, .tsv, .txt or .dbf and import it again."
    ),
    UnreadableKind.UNSAFE: N_("{file} is refused because {reason}."),
    UnreadableKind.DAMAGED: N_(
        "{file} is damaged and cannot be read ({reason}). Get a fresh copy from its source."
    ),
    UnreadableKind.CHANGED: N_("{file} was changed while it was being read. Import it again."),
    UnreadableKind.BAD_ENCODING: N_(
        "{file} is not valid text in {encoding}. Choose another encoding, or get a fresh copy."
    ),
    UnreadableKind.IMPLAUSIBLE_TEXT: N_(
        "Read as {encoding}, {file} is not readable Chinese ({reason}). "
        "Choose another encoding, or export it again from its source."
    ),
    UnreadableKind.NO_SUCH_SHEET: N_("{file} has no sheet named {wanted}; it has: {sheets}."),
    UnreadableKind.NO_TABLE: N_("{file} holds no table: no row with values was found."),
    UnreadableKind.TOO_MANY_ROWS: N_("{file} has more than {limit} rows."),
    UnreadableKind.TOO_MANY_COLUMNS: N_("{file} has more than {limit} columns."),
    UnreadableKind.TIMED_OUT: N_("Reading {file} took longer than {seconds} s and was stopped."),
    UnreadableKind.OUT_OF_MEMORY: N_(
        "Reading {file} needs more than {limit}. The file may be damaged; "
        "a very large list can be saved as .csv and imported from there."
    ),
    UnreadableKind.NO_CODE_COLUMN: N_(
        "No column of {file} holds codes. Choose the column with the codes."
    ),
    UnreadableKind.NO_NAME_COLUMN: N_(
        "No column of {file} holds names. Choose the column with the names."
    ),
}


def refusal_sentence(refusal: RefusedSourceError) -> str:
    """The refusal in one or two sentences for people, with sheet and row when they are known."""
    place = refusal.place
    values = {"file": place.file or _("The source"), "reason": _("unknown cause")}
    values.update({key: _(value) for key, value in refusal.detail.items() if value})
    sentence = _(_SENTENCES[refusal.kind]).format_map(_Values(values))
    spots = []
    if place.sheet:
        spots.append(_("sheet {sheet}").format(sheet=place.sheet))
    if place.row is not None:
        spots.append(_("row {row}").format(row=place.row))
    if place.column:
        spots.append(_("column {column}").format(column=place.column))
    return f"{sentence} [{', '.join(spots)}]" if spots else sentence


class _Values(dict[str, str]):
    """A sentence must come out even when a value is missing."""

    def __missing__(self, key: str) -> str:
        return "?"
