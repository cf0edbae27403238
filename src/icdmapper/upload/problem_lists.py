"""What keeps records back or makes them doubtful: counted, and listed where a person asks."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pandas as pd

from icdmapper.model.errors import IcdMapperError
from icdmapper.texts import _
from icdmapper.upload.checks.severities import SEVERITY_WORDS, Severity
from icdmapper.upload.layouts import DEPARTMENT, RECORD_KEY
from icdmapper.upload.lookup import HoldReason, rule_of
from icdmapper.upload.translation import Translated
from icdmapper.upload.validation import Findings, rule_sentence

RECORDS, FIELDS, DEPARTMENTS = "by-record.csv", "by-field.csv", "by-department.csv"

Held = tuple[int, str, str, str, str]
"""Position in what was gathered, reason, field, local code, local name."""
_Row = tuple[str, ...]


class Problems:
    """Counters of a run and, with a folder, three lists for those who mend front pages.

    The lists name records by their number, so they are the account's alone and in no log.
    `held` counts records by reason, `rules` by the rule behind it, `warnings` by rule.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.held: Counter[str] = Counter()
        self.rules: Counter[str] = Counter()
        self.warnings: Counter[str] = Counter()
        self._folder = folder
        self._rows: list[_Row] = []

    def add(
        self, frame: pd.DataFrame, translated: Translated, findings: Findings, held: Sequence[Held]
    ) -> None:
        """Take what was found in gathered records; positions are those in `frame`."""
        self.held.update({(row, reason): reason for row, reason, *_rest in held}.values())
        self.rules.update(
            rule for _at, rule in {(row, rule_of(reason)) for row, reason, *_rest in held}
        )
        table = findings.table
        warned = table[(table["severity"] == Severity.WARN).to_numpy(dtype=bool)]
        self.warnings.update(warned.drop_duplicates(["row", "rule"])["rule"].tolist())
        if self._folder is not None:
            self._rows += _listed(frame, translated, findings)

    def write(self) -> None:
        """Write the lists, where they were asked for.

        Raises:
            IcdMapperError: the folder cannot be written to.
        """
        if self._folder is None:
            return
        head = (_("Record"), _("Stay"), _("Department"), _("Rule"), _("Field"), _("Severity"))
        lists: dict[str, Iterable[_Row]] = {
            RECORDS: ((*head, _("Local code"), _("Reason")), *sorted(self._rows)),
            FIELDS: _counted((*head[3:],), ((row[3], row[4], row[5]) for row in self._rows)),
            DEPARTMENTS: _counted(
                (head[2], head[3], head[5]), ((row[2], row[3], row[5]) for row in self._rows)
            ),
        }
        for name, rows in lists.items():
            with _private(self._folder, name) as stream:
                csv.writer(stream).writerows(map(_harmless, rows))


def _listed(frame: pd.DataFrame, translated: Translated, findings: Findings) -> Iterator[_Row]:
    known = [name for name in (*RECORD_KEY, DEPARTMENT) if name in frame.columns]
    named = frame[known].reindex(columns=[*RECORD_KEY, DEPARTMENT], fill_value="").to_numpy()
    stops = _(SEVERITY_WORDS[Severity.BLOCK])
    codes = translated.held
    for row, slot, code, reason in zip(
        codes["row"], codes["slot"], codes["code"], codes["reason"], strict=True
    ):
        found: HoldReason = reason
        yield (*named[int(row)], found.rule, slot, stops, code, _(found.value))
    table = findings.table
    for row, rule, field, severity in zip(
        table["row"], table["rule"], table["field"], table["severity"], strict=True
    ):
        at = int(translated.rows[row])
        yield (*named[at], rule, field, _(SEVERITY_WORDS[severity]), "", rule_sentence(rule))


def _counted(head: _Row, rows: Iterable[_Row]) -> Iterator[_Row]:
    yield (*head, _("Count"))
    for row, count in sorted(Counter(rows).items(), key=lambda one: (-one[1], one[0])):
        yield (*row, str(count))


def _harmless(row: _Row) -> _Row:
    """What a table program would take for a formula is made text."""
    return tuple(
        f"'{one}" if one.startswith(("=", "+", "-", "@", "\t", "\r")) else one for one in row
    )


@contextmanager
def _private(folder: Path, name: str) -> Iterator[IO[str]]:
    """A new file that only the account may read."""
    file = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "w", encoding="utf-8-sig", newline="") as stream:
            yield stream
    except OSError as error:
        raise IcdMapperError(
            _("{folder} cannot be written to: {reason}").format(
                folder=file, reason=error.strerror or type(error).__name__
            )
        ) from error
