"""The receiver's checks: columns against the layout, required fields, codes against dictionaries.

How the platform grades is not public. Here a record has grade 0 when it lacks its key or discharge
date, or its main diagnosis is not in the dictionary; grade 1 when another required field is empty;
grade 2 when another code is unknown or a name is not the dictionary's; grade 3 otherwise. The grade
of a package is the highest that 95 % of its records reach.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from icdmapper.model.errors import UnreadableSourceError
from icdmapper.texts import N_, _
from icdmapper.upload.layouts import CSV, DISCHARGED, RECORD_KEY, code_slots, layout
from icdmapper.upload.sandbox.opening import Record, open_upload

Dictionaries = Mapping[str, Mapping[str, str]]
"""Per system such as RC020: code to name. Systems that are not given are not checked."""
_MAIN = "P321"
_SHARE = 0.95
_ENCODING = "gb18030"
MISSING, UNKNOWN_CODE, OTHER_NAME, UNDECODABLE = "missing", "unknown_code", "other_name", "bytes"
PROBLEMS = {
    MISSING: N_("required field is empty"),
    UNKNOWN_CODE: N_("code is not in the dictionary"),
    OTHER_NAME: N_("name is not the dictionary's"),
    UNDECODABLE: N_("text is not GBK"),
}


@dataclass(slots=True)
class Checked:
    """What the checks found in one upload; records by hash, problems by kind and field."""

    files: tuple[str, ...] = ()
    grades: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    problems: Counter[tuple[str, str]] = field(default_factory=Counter)
    records: list[tuple[str, str]] = field(default_factory=list)
    """(key hash, content hash) in file order."""

    @property
    def total(self) -> int:
        """Records in the package."""
        return sum(self.grades)

    @property
    def stocked(self) -> int:
        """Records that reach the storage standard."""
        return self.total - self.grades[0]

    @property
    def grade(self) -> int:
        """The grade of the whole package."""
        reached = [sum(self.grades[level:]) >= _SHARE * self.total for level in range(4)]
        return max((level for level in range(4) if reached[level]), default=0)


def check_upload(content: bytes, dictionaries: Dictionaries, *, salt: bytes) -> Checked:
    """Open and check one upload of either layout.

    Raises:
        UnfitUploadError: it cannot be read, or its columns are not the layout's.
    """
    opened = open_upload(content)
    found = Checked(opened.files)
    wanted = _wanted(opened.layout, dictionaries)
    for record in opened.records():
        found.grades[_grade(record, wanted, found.problems)] += 1
        key = b"\x1f".join(record.value(name) for name in wanted.key)
        found.records.append((_digest(salt + key), _digest(salt + record.content)))
    return found


def read_dictionary(file: Path) -> dict[str, str]:
    """A dictionary file: two columns, code and name, comma or tab, with or without a head.

    Raises:
        UnreadableSourceError: it cannot be read so.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise UnreadableSourceError(
            _("Dictionary {file} cannot be read: a CSV file in UTF-8 is needed.").format(file=file)
        ) from None
    delimiter = "\t" if "\t" in text[:1000] else ","
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    return {row[0].strip(): row[1].strip() for row in rows if len(row) >= 2 and row[0].strip()}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What one layout's records are held against, in that layout's columns."""

    key: tuple[str, ...]
    core: frozenset[str]
    """Without a value here a record is not stored."""
    required: tuple[str, ...]
    main: str
    slots: tuple[tuple[str, str, Mapping[str, str]], ...]
    """Code column, name column, dictionary."""
    nothing: tuple[bytes, ...]
    """What stands where there is no code; a dash in the CSV layout (rule HQ-002)."""


def _wanted(layout_name: str, dictionaries: Dictionaries) -> _Wanted:
    fields = layout(layout_name).fields
    column = {one.sources[0]: one.code for one in fields}
    slots = tuple(
        (column[one.code], column[one.name], dictionaries[one.system.value])
        for one in code_slots()
        if one.code in column and one.system.value in dictionaries
    )
    key = tuple(column[name] for name in RECORD_KEY)
    return _Wanted(
        key,
        frozenset((*key, column[DISCHARGED])),
        tuple(one.code for one in fields if one.always_required),
        column[_MAIN],
        slots,
        (b"", b"-") if layout_name == CSV else (b"",),
    )


def _grade(record: Record, wanted: _Wanted, problems: Counter[tuple[str, str]]) -> int:
    """The grade of one record; what is wrong with it is counted."""
    grade = 3
    for name in wanted.required:
        core = name in wanted.core
        if record.value(name) in (wanted.nothing if core else (b"",)):
            problems[MISSING, name] += 1
            grade = min(grade, 0 if core else 1)
    for code_field, name_field, dictionary in wanted.slots:
        try:
            code = record.value(code_field).decode(_ENCODING)
            name = record.value(name_field).decode(_ENCODING)
        except UnicodeDecodeError:
            problems[UNDECODABLE, code_field] += 1
            grade = min(grade, 1)
            continue
        if code.encode(_ENCODING) in wanted.nothing:
            continue
        if code not in dictionary:
            problems[UNKNOWN_CODE, code_field] += 1
            grade = 0 if code_field == wanted.main else min(grade, 2)
        elif name != dictionary[code]:
            problems[OTHER_NAME, name_field] += 1
            grade = min(grade, 2)
    return grade


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
