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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from icdmapper.model.errors import UnreadableSourceError
from icdmapper.texts import N_, _
from icdmapper.upload.layouts import DBF, DISCHARGED, RECORD_KEY, code_slots, layout
from icdmapper.upload.sandbox.reading import DbfFile, UnfitUploadError, read_dbf, unzip

Dictionaries = Mapping[str, Mapping[str, str]]
"""Per system such as RC020: code to name. Systems that are not given are not checked."""
_MAIN = "P321"
_REPEATED = frozenset({"P3", "P22"})
"""A second part repeats these as keys (HQMS.md 2.2)."""
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
    """Open and check one upload.

    Raises:
        UnfitUploadError: it cannot be read, or its columns are not the layout's.
    """
    files = [read_dbf(name, data) for name, data in unzip(content) if name.lower().endswith(".dbf")]
    if not files:
        raise UnfitUploadError(N_("there is no DBF file in the ZIP"))
    columns = _columns(files)
    found = Checked(tuple(one.name for one in files))
    required = [one.code for one in layout(DBF).fields if one.always_required]
    slots = [
        (one.code, one.name, dictionaries[one.system.value])
        for one in code_slots()
        if one.code in columns and one.system.value in dictionaries
    ]
    parts = [list(one.records()) for one in files]
    if len({len(part) for part in parts}) != 1:
        raise UnfitUploadError(N_("the parts hold different numbers of records"))
    for record in zip(*parts, strict=True):
        _check_record(record, columns, required, slots, found, salt)
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


def _columns(files: Sequence[DbfFile]) -> dict[str, tuple[int, int, int]]:
    """Column name to (part, start, end)."""
    found: dict[str, tuple[int, int, int]] = {}
    for part, one in enumerate(files):
        for column in one.columns:
            if column.name in found and column.name not in _REPEATED:
                raise UnfitUploadError(N_("a column stands twice"))
            found.setdefault(column.name, (part, column.start, column.start + column.width))
    wanted = {one.code for one in layout(DBF).fields}
    if wanted - set(found):
        raise UnfitUploadError(N_("columns of the layout are missing"))
    if set(found) - wanted:
        raise UnfitUploadError(N_("there are columns the layout does not have"))
    return found


def _check_record(
    record: tuple[bytes, ...],
    columns: Mapping[str, tuple[int, int, int]],
    required: Sequence[str],
    slots: Sequence[tuple[str, str, Mapping[str, str]]],
    found: Checked,
    salt: bytes,
) -> None:
    def value(name: str) -> bytes:
        part, start, end = columns[name]
        return record[part][start:end].strip()

    grade = 3
    for name in required:
        if not value(name):
            found.problems[MISSING, name] += 1
            grade = min(grade, 0 if name in (*RECORD_KEY, DISCHARGED) else 1)
    for code_field, name_field, dictionary in slots:
        try:
            code = value(code_field).decode(_ENCODING)
            name = value(name_field).decode(_ENCODING)
        except UnicodeDecodeError:
            found.problems[UNDECODABLE, code_field] += 1
            grade = min(grade, 1)
            continue
        if not code:
            continue
        if code not in dictionary:
            found.problems[UNKNOWN_CODE, code_field] += 1
            grade = 0 if code_field == _MAIN else min(grade, 2)
        elif name != dictionary[code]:
            found.problems[OTHER_NAME, name_field] += 1
            grade = min(grade, 2)
    found.grades[grade] += 1
    key = b"\x1f".join(value(name) for name in RECORD_KEY)
    found.records.append((_digest(salt + key), _digest(salt + b"".join(record))))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
