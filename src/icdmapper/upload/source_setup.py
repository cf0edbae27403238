"""What a person needs to set a source up, for a wizard page and for the console alike.

Look at the columns, take a proposal, check a mapping, save it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

import pandas as pd

from icdmapper.model.errors import NotFoundError, RefusedError, UnreadableSourceError
from icdmapper.storage.his import Chunk, HisQuery, SourceDescription, read_discharges
from icdmapper.storage.his import describe_source as describe_query
from icdmapper.texts import _
from icdmapper.upload.column_guess import Guess, guess
from icdmapper.upload.drops import Delivery, DropFolder
from icdmapper.upload.layouts import DBF
from icdmapper.upload.mapping_check import Finding, check, sentence
from icdmapper.upload.mapping_file import MappingFile, dump, load

SAMPLE_ROWS = 500
_LARGEST_FILE = 4 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Some rows of a source under their columns. Holds patient values: never logged or kept."""

    columns: tuple[str, ...]
    sample: pd.DataFrame = field(repr=False)


@dataclass(frozen=True, slots=True)
class Examination:
    """What is wrong with a mapping, with a sentence for each finding; no patient values."""

    findings: tuple[Finding, ...]
    sentences: tuple[str, ...]

    @property
    def usable(self) -> bool:
        """Whether nothing found keeps the mapping from being used."""
        return not any(one.blocks for one in self.findings)


def describe_source(url: str, select: str, since: datetime, until: datetime) -> SourceDescription:
    """Does the address answer, and with which columns? For `upload check-source`.

    Raises:
        RefusedError: the query is not one SELECT with `:from` and `:to`, or the HIS refuses it.
        SourceUnavailableError: the HIS cannot be reached.
    """
    return describe_query(HisQuery(url, select, chunk_rows=SAMPLE_ROWS), since, until)


def look_at_his(query: HisQuery, since: datetime, until: datetime) -> Look:
    """The first rows of a window.

    Raises:
        RefusedError: the query is not one SELECT with `:from` and `:to`, or the HIS refuses it.
        SourceUnavailableError: the HIS cannot be reached.
    """
    small = HisQuery(query.url, query.select, chunk_rows=SAMPLE_ROWS)
    (chunk,) = islice(read_discharges(small, since, until), 1)
    return Look(chunk.columns, _frame(chunk))


def look_at(url: str, select: str, since: datetime, until: datetime) -> Look:
    """As `look_at_his`, for doors that know no storage."""
    return look_at_his(HisQuery(url, select), since, until)


def look_at_delivery(folder: DropFolder, delivery: Delivery) -> Look:
    """The first rows of a delivery.

    Raises:
        UnreadableSourceError: the delivery is not what its manifest says.
        RefusedError: the folder cannot be read.
    """
    frame = folder.read(delivery)
    return Look(tuple(map(str, frame.columns)), frame.head(SAMPLE_ROWS))


def proposal(look: Look) -> tuple[Guess, ...]:
    """Which field each column seems to be."""
    return guess(look.columns, look.sample)


def examine(look: Look, mapping: MappingFile, *, layout_name: str = DBF) -> Examination:
    """Everything wrong with a mapping of these columns, what blocks first."""
    findings = check(mapping, look.columns, look.sample, layout_name=layout_name)
    return Examination(findings, tuple(map(sentence, findings)))


def open_mapping(file: Path) -> MappingFile:
    """Read a mapping file.

    Raises:
        NotFoundError: it does not exist.
        UnreadableSourceError: it is too large, no UTF-8 text, or not of the right shape.
    """
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise UnreadableSourceError(_("{file} is no mapping of columns.").format(file=file))
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NotFoundError(
            _("The mapping of columns {file} does not exist.").format(file=file)
        ) from None
    except (OSError, UnicodeDecodeError):
        raise UnreadableSourceError(
            _("{file} is no mapping of columns.").format(file=file)
        ) from None
    return load(text)


def save_mapping(file: Path, mapping: MappingFile) -> None:
    """Write a mapping file aside and rename it: a kill leaves the old one or the new one.

    Raises:
        RefusedError: it cannot be written there.
    """
    aside = file.with_name(f"{file.name}.part")
    try:
        with aside.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(dump(mapping))
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(file)
    except OSError as error:
        raise RefusedError(
            _("{file} cannot be written: {reason}.").format(file=file, reason=error.strerror)
        ) from None


def _frame(chunk: Chunk) -> pd.DataFrame:
    return pd.DataFrame(list(chunk.rows), columns=list(chunk.columns), dtype=object)
