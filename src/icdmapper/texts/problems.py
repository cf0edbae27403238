"""A problem of a source in one sentence that a coder understands."""

from __future__ import annotations

from icdmapper.model.problems import Problem, ProblemCode
from icdmapper.texts import N_, _
from icdmapper.texts.words import kind_word


def problem_sentence(problem: Problem) -> str:
    """What is wrong and what was done about it."""
    values = {**problem.detail, "value": problem.value}
    for key in ("kind", "stated"):
        if key in values:
            values[key] = kind_word(values[key])
    sentence = _(_SENTENCES[problem.code]).format_map(_Values(values))
    if problem.code not in _COUNTS_ITSELF and int(problem.detail.get("count", "1")) > 1:
        sentence += _(" ({count} rows, the first: {rows})").format_map(_Values(values))
    return sentence


class _Values(dict[str, str]):
    """A sentence must come out even when a value is missing."""

    def __missing__(self, key: str) -> str:
        return "?"


_COUNTS_ITSELF = frozenset(
    {
        ProblemCode.HEADING_SKIPPED,
        ProblemCode.DELETED_RECORDS,
        ProblemCode.DUPLICATE_NAME,
        ProblemCode.ROW_COUNT_DIFFERS,
    }
)
_SENTENCES: dict[ProblemCode, str] = {
    ProblemCode.BLANK_CODE: N_("“{name}” has no code; the row is left out."),
    ProblemCode.BLANK_NAME: N_("Code {code} has no name; the row is left out."),
    ProblemCode.MALFORMED_CODE: N_(
        "“{value}” has the shape of no known code; kept as {kind} like the rows around it."
    ),
    ProblemCode.DUPLICATE_CODE: N_(
        "Code {value} stands already in row {first_row} as “{first_name}”; here it is “{name}”."
    ),
    ProblemCode.DUPLICATE_ROW: N_("The row repeats row {first_row}: same code, same name."),
    ProblemCode.DUPLICATE_NAME: N_("“{name}” stands under {count} codes: {codes} (rows {rows})."),
    ProblemCode.CODE_RESPELLED: N_(
        "Codes such as “{value}” are kept as written and compared as {canonical}."
    ),
    ProblemCode.KIND_DISAGREES: N_(
        "The list says {stated}, the shape of the code says {kind}; the shape decides."
    ),
    ProblemCode.GLUED_CODES: N_(
        "“{value}” is two codes written together ({codes}); kept as one, by its first."
    ),
    ProblemCode.BAD_FREQUENCY: N_("“{value}” is not a number of cases; read as unknown."),
    ProblemCode.CONTROL_CHARACTER: N_("The cell holds characters that cannot be seen."),
    ProblemCode.REPLACEMENT_CHARACTER: N_(
        "The cell holds a sign that stands for an unreadable character; check the source."
    ),
    ProblemCode.ODD_COLUMN_COUNT: N_("The row has more cells than the {expected} titles."),
    ProblemCode.BLANK_ROW: N_("The row is blank; it is passed over."),
    ProblemCode.WRONG_SYSTEM: N_("The row is of another kind ({kind}); it is left out."),
    ProblemCode.NUMBER_CODES: N_(
        "The codes are stored as numbers, so zeros at either end may be lost; format the column "
        "as text in the source."
    ),
    ProblemCode.REPEATED_HEADER: N_("The row repeats the titles; it is passed over."),
    ProblemCode.HEADING_SKIPPED: N_("{count} rows above the column titles are passed over."),
    ProblemCode.STRAY_QUOTE: N_(
        "A quotation mark is opened and never closed; quotation marks are read as plain text."
    ),
    ProblemCode.WRONG_EXTENSION: N_("The file is named {value} but is {format}; read as such."),
    ProblemCode.EXTERNAL_LINKS: N_(
        "The workbook links to other files; the links are not followed."
    ),
    ProblemCode.DELETED_RECORDS: N_("{count} records are marked as deleted; they are left out."),
    ProblemCode.ROW_COUNT_DIFFERS: N_(
        "The file says it has {stated} records and holds {more} more; those are left out."
    ),
    ProblemCode.NO_CODE_COLUMN: N_(
        "No column holds codes of a known kind. Choose the column with the codes, "
        "or say what kind they are."
    ),
    ProblemCode.NO_NAME_COLUMN: N_("No column holds names. Choose the column with the names."),
    ProblemCode.NAME_SHARED_BY_FAMILY: N_(
        "“{value}” names a heading and its own entries alike; that is usual."
    ),
}
