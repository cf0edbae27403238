"""The mapping of the hospital's columns while a person works on it: columns, facts, choices.

Facts are shapes and counts. No value of a patient is among them: a shape has 9 for every digit, A
for every letter and 字 for every other character.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from itertools import groupby
from pathlib import Path

from icdmapper.model.errors import NotFoundError, RefusedError
from icdmapper.texts import _
from icdmapper.upload import config as configuration
from icdmapper.upload import dates, source_setup
from icdmapper.upload.column_guess import SURE, Evidence, Guess, sampled, source_for
from icdmapper.upload.drops import DropFolder
from icdmapper.upload.layouts import CSV, DBF, Field, canonical_fields, layout
from icdmapper.upload.mapping_file import FieldSource, MappingFile
from icdmapper.upload.service import local_now
from icdmapper.upload.source_setup import Examination, Look

LOOK_BACK_DAYS = 7
_NUMBER = re.compile(r"-?[\d,]*\.?\d+", re.ASCII)
_LONGEST_SHAPE = 24


class ColumnKind(Enum):
    """What the sample of a column looks like."""

    EMPTY = "empty"
    DATE = "date"
    NUMBER = "number"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Facts:
    """What may be shown of a column: shares and counts of the sample, and its commonest shape."""

    kind: ColumnKind
    filled: float
    """Share of the rows of the sample that say something, 0 to 1."""
    different: int
    shape: str


@dataclass(frozen=True, slots=True)
class Row:
    """One column of the hospital, or one text for every record, with the field it becomes."""

    column: str
    facts: Facts | None
    """None for a constant."""
    source: FieldSource | None
    confidence: float = 0.0
    evidence: Evidence | None = None
    """None for what a person chose."""
    unread_values: int = 0

    @property
    def sure(self) -> bool:
        """Whether a guess may be taken over without being looked at."""
        return self.evidence is None or self.confidence >= SURE


class ColumnSetup:
    """The rows under work; every choice gives a field to one row only."""

    def __init__(self, look: Look, file: Path, layout_name: str = DBF) -> None:
        """`file` is the mapping of columns; where it exists its choices stand, else guesses."""
        self._look = look
        self._layout = layout_name
        self.file = file
        self.changed = False
        guesses = {one.column: one for one in source_setup.proposal(look)}
        self.rows: list[Row] = [
            _guessed(guesses[column], facts_of(look, column)) for column in look.columns
        ]
        if file.exists():
            self._take(source_setup.open_mapping(file))

    def choose(self, at: int, field: str) -> None:
        """Give a row a field, "" for none; whoever had the field before loses it."""
        row = self.rows[at]
        if not field:
            self._drop(at)
            return
        for other, one in enumerate(self.rows):
            if other != at and one.source is not None and one.source.field == field:
                self._drop(other)
                # A constant without a field is gone, and those below it move up.
                at -= one.facts is None and other < at
                break
        found = source_for(row.column, field, self._cells(row.column))
        if row.facts is None and row.source is not None:
            self.rows[at] = replace(row, source=FieldSource(field, constant=row.source.constant))
        else:
            self.rows[at] = Row(row.column, row.facts, found.source, 1.0, None, found.unread_values)
        self.changed = True

    def confirm(self, at: int) -> None:
        """A person says that the guess of a row is right; a row without a field stays as it is."""
        row = self.rows[at]
        if row.source is not None and row.evidence is not None:
            self.rows[at] = replace(row, confidence=1.0, evidence=None)
            self.changed = True

    def add_constant(self, field: str, text: str) -> None:
        """The same text for every record.

        Raises:
            RefusedError: the field is unknown, or the text is empty.
        """
        if field not in canonical_fields() or not text.strip():
            raise RefusedError(_("Choose a field and write the text that every record gets."))
        self.rows.append(Row("", None, FieldSource(field, constant=text.strip())))
        self.choose(len(self.rows) - 1, field)

    @property
    def mapping(self) -> MappingFile:
        """What would be saved."""
        return MappingFile(tuple(one.source for one in self.rows if one.source is not None))

    def examine(self) -> Examination:
        """Everything wrong with it; what blocks comes first."""
        return source_setup.examine(self._look, self.mapping, layout_name=self._layout)

    def save(self) -> None:
        """Write the file; errors as `save_mapping`."""
        source_setup.save_mapping(self.file, self.mapping)
        self.changed = False

    def fields(self) -> tuple[Field, ...]:
        """What can be chosen: fields of the layout in use first."""
        order = (self._layout, CSV if self._layout == DBF else DBF)
        found: dict[str, Field] = {}
        for name in order:
            for one in layout(name).fields:
                found.setdefault(one.sources[0], one)
        return tuple(replace(one, code=source) for source, one in found.items())

    def _take(self, mapping: MappingFile) -> None:
        by_column = {one.column.casefold(): one for one in mapping.fields if one.column}
        for at, row in enumerate(self.rows):
            kept = by_column.get(row.column.casefold())
            self.rows[at] = Row(row.column, row.facts, kept, 1.0 if kept else 0.0)
        self.rows += [Row("", None, one) for one in mapping.fields if one.constant]

    def _drop(self, at: int) -> None:
        if self.rows[at].facts is None:
            del self.rows[at]
        else:
            self.rows[at] = Row(self.rows[at].column, self.rows[at].facts, None)
        self.changed = True

    def _cells(self, column: str) -> list[str]:
        return sampled(self._look.sample, column)


def open_setup(settings: Path) -> ColumnSetup:
    """Look at the source that an uploader's settings name. Needs no mapping of columns yet.

    Raises:
        NotFoundError: the settings are not there, name no file for the columns, or the drop folder
            has no delivery.
        RefusedError: the query is refused, or a secret lies open.
        SourceUnavailableError: the HIS cannot be reached.
    """
    found = configuration.load_source(settings)
    if found.columns_file is None:
        raise NotFoundError(_("The settings name no columns_file under [source]."))
    if found.source.kind == "folder":
        folder = DropFolder(found.source.folder, local_now)
        ready = folder.scan().ready
        if not ready:
            raise NotFoundError(
                _("{folder} has no delivery to look at.").format(folder=found.source.folder)
            )
        look = source_setup.look_at_delivery(folder, ready[0])
    else:
        until = local_now().replace(tzinfo=None)
        since: datetime = until - timedelta(days=LOOK_BACK_DAYS)
        look = source_setup.look_at(found.source.url, found.source.select, since, until)
    return ColumnSetup(look, found.columns_file, found.layout)


def facts_of(look: Look, column: str) -> Facts:
    """The facts of one column of a sample."""
    cells = sampled(look.sample, column, each=True)
    given = [one for one in cells if one]
    if not given:
        return Facts(ColumnKind.EMPTY, 0.0, 0, "")
    read = dates.reader("")
    kind = ColumnKind.TEXT
    if all(read(one) for one in given):
        kind = ColumnKind.DATE
    elif all(_NUMBER.fullmatch(one) for one in given):
        kind = ColumnKind.NUMBER
    shapes = Counter(map(masked, given))
    shape = max(shapes, key=lambda one: (shapes[one], one))
    return Facts(kind, len(given) / len(cells), len(set(given)), shape)


def masked(text: str) -> str:
    """A value as a shape: 9 digits, A letters, 字 others; long runs are counted."""
    kinds = "".join(_mask(one) for one in text)
    runs = [(one, len(list(group))) for one, group in groupby(kinds)]
    shape = "".join(
        f"{one}×{size}" if size > 3 and one in "9A字" else one * size for one, size in runs
    )
    return shape if len(shape) <= _LONGEST_SHAPE else f"{shape[:_LONGEST_SHAPE]}…"


def _mask(one: str) -> str:
    if one.isdigit():
        return "9"
    if one.isascii():
        return "A" if one.isalpha() else one
    return "字"


def _guessed(one: Guess, facts: Facts) -> Row:
    sure = one.source is not None
    return Row(one.column, facts, one.source, one.confidence, one.evidence if sure else None,
               one.unread_values)  # fmt: skip
