"""Where a run's records come from, as canonical frames: the HIS by SQL, or a drop folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

import pandas as pd

from icdmapper.storage.his import HisQuery, read_discharges
from icdmapper.upload import mapping_file
from icdmapper.upload.config import SourceConfig
from icdmapper.upload.drops import Delivery, DropFolder, Scan
from icdmapper.upload.extract import Asked
from icdmapper.upload.mapping_file import MappingFile


class RecordSource(Protocol):
    """Something that hands over canonical records."""

    def frames(self, asked: Asked) -> Iterator[pd.DataFrame]:
        """The records of a window, in frames of bounded size."""

    def confirm(self) -> None:
        """Everything handed over since the last call is stored safely."""

    def remarks(self) -> dict[str, int]:
        """What the source itself has to say, as counts by word."""


class SqlSource:
    """The HIS, asked by the hospital's own SELECT."""

    def __init__(self, query: HisQuery, columns: MappingFile) -> None:
        self._query = query
        self._columns = columns

    def frames(self, asked: Asked) -> Iterator[pd.DataFrame]:
        """The rows of the window; errors as `read_discharges` and `mapping_file.apply`."""
        for chunk in read_discharges(
            self._query, asked.since, asked.until, changed_since=asked.changed_since
        ):
            rows = pd.DataFrame(list(chunk.rows), columns=list(chunk.columns), dtype=object)
            yield mapping_file.apply(self._columns, rows)

    def confirm(self) -> None:
        """Nothing to do: the window moves with what was stored."""

    def remarks(self) -> dict[str, int]:
        """Nothing to say."""
        return {}


class FolderSource:
    """Deliveries in a drop folder, whole and in order."""

    def __init__(self, folder: DropFolder, columns: MappingFile) -> None:
        self._folder = folder
        self._columns = columns
        self._handed: list[Delivery] = []
        self._scan: Scan | None = None

    def frames(self, asked: Asked) -> Iterator[pd.DataFrame]:  # noqa: ARG002 - what came, came
        """Every delivery whose turn it is; a window means nothing here."""
        self._scan = self._folder.scan()
        for delivery in self._scan.ready:
            frame = mapping_file.apply(self._columns, self._folder.read(delivery))
            self._handed.append(delivery)
            yield frame

    def confirm(self) -> None:
        """Move what was handed over to the folder of what is done."""
        for delivery in self._handed:
            self._folder.confirm(delivery)
        self._handed.clear()

    def remarks(self) -> dict[str, int]:
        """How many files wait and why, and how many numbers are missing."""
        if self._scan is None:
            return {}
        found: dict[str, int] = {}
        for one in self._scan.waiting:
            name = f"waiting_{one.reason.name.lower()}"
            found[name] = found.get(name, 0) + 1
        if self._scan.missing:
            found["missing_deliveries"] = len(self._scan.missing)
        return found


def source_of(config: SourceConfig, now: Callable[[], datetime]) -> RecordSource:
    """The source that the settings name.

    Raises:
        UnreadableSourceError: the mapping of columns cannot be read.
    """
    columns = mapping_file.load(config.columns)
    if config.kind == "folder":
        return FolderSource(DropFolder(config.folder, now), columns)
    return SqlSource(HisQuery(config.url, config.select), columns)
