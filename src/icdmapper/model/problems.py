"""A problem found in a source: a code, a place and values; the sentence is made at the door."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Severity(Enum):
    """ERROR keeps the row out, WARNING lets it in and shows it, NOTE is for the record."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class ProblemCode(Enum):
    """What is wrong; one sentence per member in `texts.problem_sentence`."""

    BLANK_CODE = "blank_code"
    BLANK_NAME = "blank_name"
    MALFORMED_CODE = "malformed_code"
    DUPLICATE_CODE = "duplicate_code"
    DUPLICATE_ROW = "duplicate_row"
    DUPLICATE_NAME = "duplicate_name"
    CODE_RESPELLED = "code_respelled"
    KIND_DISAGREES = "kind_disagrees"
    GLUED_CODES = "glued_codes"
    BAD_FREQUENCY = "bad_frequency"
    CONTROL_CHARACTER = "control_character"
    REPLACEMENT_CHARACTER = "replacement_character"
    ODD_COLUMN_COUNT = "odd_column_count"
    BLANK_ROW = "blank_row"
    WRONG_SYSTEM = "wrong_system"
    NUMBER_CODES = "number_codes"
    REPEATED_HEADER = "repeated_header"
    HEADING_SKIPPED = "heading_skipped"
    STRAY_QUOTE = "stray_quote"
    WRONG_EXTENSION = "wrong_extension"
    EXTERNAL_LINKS = "external_links"
    DELETED_RECORDS = "deleted_records"
    ROW_COUNT_DIFFERS = "row_count_differs"
    NAME_SHARED_BY_FAMILY = "name_shared_by_family"
    NO_CODE_COLUMN = "no_code_column"
    NO_NAME_COLUMN = "no_name_column"


@dataclass(frozen=True, slots=True)
class Place:
    """Where: file name, sheet or "", 1-based row, column as the source names it."""

    file: str
    sheet: str = ""
    row: int | None = None
    column: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding at one place. `value` is the cell as read; `detail` fills the sentence.

    A finding that stands for many rows says so in `detail`: `count` is their number and `rows`
    the first of them.
    """

    code: ProblemCode
    severity: Severity
    place: Place
    value: str = ""
    detail: dict[str, str] = field(default_factory=dict)
