"""What the feed could not translate: local codes that hold records, for the coders' worklist."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from icdmapper.model.codes import CodeKind
from icdmapper.model.errors import IcdMapperError
from icdmapper.model.sending import Holding
from icdmapper.texts import _
from icdmapper.upload.layouts import code_slots
from icdmapper.upload.translation import KIND_OF

FEED_COLUMNS = ("kind", "code", "name", "reason", "records", "first_seen", "last_seen")
"""Columns of the file that carries unknown codes from the feed to the coders."""


@dataclass(frozen=True, slots=True)
class UnknownCode:
    """A local code of the feed that could not be translated, for the coders' worklist."""

    kind: CodeKind
    code: str
    name: str
    reason: str
    records: int
    first_seen: datetime
    last_seen: datetime


def unknown_codes(held: Iterable[Holding]) -> tuple[UnknownCode, ...]:
    """The local codes that hold records, the most frequent first."""
    kinds = {slot.code: KIND_OF.get(slot.purpose, CodeKind.DIAGNOSIS) for slot in code_slots()}
    groups: dict[tuple[CodeKind, str, str, str], list[Holding]] = {}
    for one in held:
        # Only what a code field said; a broken rule of validation is no matter for coders.
        if one.field in kinds and (one.local_code or one.local_name):
            key = (kinds[one.field], one.local_code, one.local_name, one.reason)
            groups.setdefault(key, []).append(one)
    found = [
        UnknownCode(
            *key,
            len({one.key_hash for one in group}),
            min(one.first_seen for one in group),
            max(one.last_seen for one in group),
        )
        for key, group in groups.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.records, one.code, one.name)))


def write_unknown_codes(codes: Sequence[UnknownCode], file: Path) -> None:
    """Write them as CSV, to be taken into the coders' worklist.

    Raises:
        IcdMapperError: the file cannot be written.
    """
    try:
        with file.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(FEED_COLUMNS)
            for one in codes:
                writer.writerow(
                    (
                        one.kind.value, one.code, one.name, one.reason, one.records,
                        one.first_seen.date(), one.last_seen.date(),
                    )
                )  # fmt: skip
    except OSError as error:
        raise IcdMapperError(
            _("{folder} cannot be written to: {reason}").format(
                folder=file, reason=error.strerror or type(error).__name__
            )
        ) from error
