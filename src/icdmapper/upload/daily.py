"""One run: ask the source, translate, validate, pack, store, send; every record accounted for."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial

import numpy as np
import pandas as pd

from icdmapper.model.errors import NotFoundError
from icdmapper.model.sending import NewPackage, SentRecord
from icdmapper.storage.file_lock import FileLock
from icdmapper.storage.upload_state import UploadState
from icdmapper.upload.columns import Table
from icdmapper.upload.config import UploadConfig
from icdmapper.upload.dictionary import Dictionary
from icdmapper.upload.extract import Asked, LastRead, Sorted, gather, next_window, rows_at
from icdmapper.upload.layouts import DISCHARGED, RECORD_KEY
from icdmapper.upload.packages import VerifiedRelease
from icdmapper.upload.packaging import Package, build, package_name
from icdmapper.upload.problem_lists import Held, Problems
from icdmapper.upload.run_report import PLACES, Choice, RunReport, exit_of
from icdmapper.upload.sending import SendReport
from icdmapper.upload.sources import RecordSource
from icdmapper.upload.tidying import tidy
from icdmapper.upload.translation import Translated, translate
from icdmapper.upload.validation import Findings, Severity, validate

logger = logging.getLogger(__name__)

SOURCE = "discharges"
_LONGEST_SLICE = timedelta(days=31)
"""A longer window is worked through in parts, so that memory does not grow with it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Gathered:
    """New and changed records of a slice with their hashes, and how the others were counted."""

    frame: pd.DataFrame
    keys: list[str]
    contents: list[str]


@dataclass(frozen=True, slots=True, eq=False)
class _Ready:
    """What may be packed of a slice, and what is held."""

    table: Table
    rows: np.ndarray[tuple[int], np.dtype[np.intp]]
    """Positions in what was gathered."""
    held: list[Held]


class DailyRun:
    """One run of the uploader for one environment."""

    def __init__(
        self,
        config: UploadConfig,
        state: UploadState,
        source: RecordSource,
        releases: tuple[VerifiedRelease, ...],
        now: Callable[[], datetime],
    ) -> None:
        """`now` tells the hospital's own local time, with its zone."""
        self._config = config
        self._state = state
        self._source = source
        self._releases = releases
        self._dictionary = Dictionary.of(releases)
        self._now = now
        self._counts: Counter[str] = Counter(
            dict.fromkeys(("extracted", "new", "changed", *PLACES), 0)
        )
        self._problems = Problems()
        self._packages: list[str] = []

    def run(
        self, send: Callable[[FileLock], SendReport], choice: Choice | None = None
    ) -> RunReport:
        """Do everything that is due; `send` empties the outbox.

        Raises:
            ConflictError: another run is at work.
            SourceUnavailableError: the HIS cannot be reached; nothing of the window is lost.
        """
        chosen = choice or Choice()
        self._problems = Problems(chosen.problems)
        with self._state.one_instance() as lock:
            began = self._now()
            number = self._start(began)
            asked, last = self._asked(chosen, began)
            for part in _slices(asked):
                self._work(part, number, chosen)
            self._problems.write()
            if not chosen.dry:
                self._source.confirm()
                if not (chosen.since or chosen.records):
                    # The HIS keeps its own local time without a zone.
                    self._move(asked.read(last, began.replace(tzinfo=None)))
            sent = SendReport({}) if chosen.dry else send(lock)
            report = self._report(number, asked, sent, chosen)
            self._end(report)
        return report

    def _asked(self, choice: Choice, began: datetime) -> tuple[Asked, LastRead | None]:
        last = self._last()
        source = self._config.source
        asked = next_window(last, began.date(), first=source.first_day, rescan=source.rescan)
        if choice.since is not None:
            until = choice.until or choice.since + timedelta(days=1)
            since = _midnight(choice.since)
            return Asked(since, _midnight(until), since, False), last
        return self._back_to_held(asked), last

    def _back_to_held(self, asked: Asked) -> Asked:
        """What is held is asked for again, however long ago it was discharged."""
        with self._state.reading() as work:
            held = work.holdings.oldest_discharge()
        if held is None or _midnight(held) >= asked.since:
            return asked
        return Asked(_midnight(held), asked.until, asked.changed_since, asked.deep)

    def _work(self, part: Asked, number: int, choice: Choice) -> None:
        for gathered in self._gathered(part, choice):
            ready = self._ready(gathered)
            if choice.dry:
                self._counts["packed"] += len(ready.rows)
                continue
            self._store(gathered, ready, number)

    def _gathered(self, part: Asked, choice: Choice) -> Iterable[_Gathered]:
        """New and changed records, in blocks of what fits into one package."""
        found = gather(
            self._wanted(part, choice), self._state.hash_of, partial(self._latest, choice)
        )
        self._tally(found.sorted)
        for start in range(0, len(found.records), self._config.records):
            block = slice(start, start + self._config.records)
            yield _Gathered(
                found.records.iloc[block].reset_index(drop=True),
                list(found.prints.keys[block]),
                list(found.prints.contents[block]),
            )

    def _wanted(self, part: Asked, choice: Choice) -> Iterable[pd.DataFrame]:
        for frame in self._source.frames(part):
            if not choice.records:
                yield frame
                continue
            wanted = frame[RECORD_KEY[0]].isin(choice.records).to_numpy(dtype=bool)
            yield rows_at(frame, list(np.flatnonzero(wanted)))

    def _latest(self, choice: Choice, keys: Sequence[str]) -> dict[str, str]:
        """What the records were last sent with; nothing when a person wants them sent again."""
        if choice.records:
            return {}
        with self._state.reading() as work:
            return work.records.latest(keys)

    def _tally(self, found: Sorted) -> None:
        self._counts["extracted"] += found.rows
        self._counts["unchanged"] += len(found.unchanged)
        self._counts["repeated"] += len(found.repeated)
        self._counts["conflicting"] += sum(map(len, found.conflicting))
        self._counts["unkeyed"] += len(found.unkeyed)
        self._counts["new"] += len(found.new)
        self._counts["changed"] += len(found.changed)

    def _ready(self, gathered: _Gathered) -> _Ready:
        translated = translate(gathered.frame, self._releases)
        tidied, _fixes = tidy(translated.table)
        findings = validate(
            tidied,
            self._config.layout,
            today=self._now().date(),
            dictionary=self._dictionary,
            severities=self._config.severities,
        )
        blocked = findings.blocked
        held = [*_held_codes(translated), *_held_by_rule(translated, findings)]
        self._counts["held"] += len({row for row, *_rest in held})
        self._problems.add(gathered.frame, translated, findings, held)
        free = np.flatnonzero(~blocked)
        return _Ready(tidied.taken(free), translated.rows[free], held)

    def _store(self, gathered: _Gathered, ready: _Ready, number: int) -> None:
        """Outbox, holdings and hashes in one transaction: nothing is lost between two of them."""
        package = self._package(ready.table)
        at = self._now()
        days = [_day(text) for text in gathered.frame[DISCHARGED]]
        with self._state.writing() as work:
            work.holdings.release([gathered.keys[row] for row in ready.rows])
            work.holdings.add(
                (
                    (gathered.keys[row], reason, slot, code, name, days[row])
                    for row, reason, slot, code, name in ready.held
                ),
                at=at,
            )
            work.holdings.forget_older({gathered.keys[row] for row, *_rest in ready.held}, at=at)
            if package is not None:
                work.outbox.add(
                    NewPackage(
                        f"run-{number}-{len(self._packages) + 1}", package.name, package.content,
                        package.sha256, self._config.layout, package.records,
                    ),
                    [
                        SentRecord(gathered.keys[row], gathered.contents[row], days[row])
                        for row in ready.rows
                    ],
                    at=at,
                )  # fmt: skip
            work.commit()
        if package is not None:
            self._packages.append(package.name)
            self._counts["packed"] += package.records
            self._counts["cut_texts"] += len(package.cuts)
            for name, count in Counter(loss.field for loss in package.cuts).items():
                logger.info("%s: %s was cut to its width in %d records", package.name, name, count)
            self._counts["replaced_characters"] += len(package.replaced)
            # Fields with values that the layout has no column for, diagnoses 11 to 40 in a DBF.
            self._counts["values_without_column"] += sum(count for _name, count in package.left_out)

    def _package(self, table: Table) -> Package | None:
        if not len(table):
            return None
        layout_name, hospital_id = self._config.layout, self._config.hospital_id
        return build(
            table,
            layout_name,
            stamp=self._free_stamp(layout_name, hospital_id),
            hospital_id=hospital_id,
            split=self._config.split,
        )

    def _free_stamp(self, layout_name: str, hospital_id: str) -> datetime:
        """Names carry seconds; none is given twice, neither in this run nor by an earlier one.

        A run of many packages is ahead of the clock, and a clock may be set back.
        """
        stamp = self._now().replace(microsecond=0)
        with self._state.reading() as work, suppress(NotFoundError):
            while True:
                work.outbox.get(package_name(layout_name, stamp=stamp, hospital_id=hospital_id))
                stamp += timedelta(seconds=1)
        return stamp

    def _last(self) -> LastRead | None:
        with self._state.reading() as work:
            position = work.watermarks.get(SOURCE)
        if position is None:
            return None
        until, at, deep = position.split("|")
        return LastRead(
            date.fromisoformat(until), datetime.fromisoformat(at), date.fromisoformat(deep)
        )

    def _move(self, last: LastRead) -> None:
        position = f"{last.until}|{last.at.isoformat()}|{last.deep}"
        with self._state.writing() as work:
            work.watermarks.move(SOURCE, position, at=self._now())
            work.commit()

    def _start(self, began: datetime) -> int:
        with self._state.writing() as work:
            number = work.runs.start(at=began)
            work.commit()
        return number

    def _end(self, report: RunReport) -> None:
        with self._state.writing() as work:
            work.runs.end(report.run, report.counts, exit_code=report.exit.value, at=self._now())
            work.commit()
        logger.info("run %d ended: %s", report.run, report.exit.name)

    def _report(self, number: int, asked: Asked, sent: SendReport, choice: Choice) -> RunReport:
        return RunReport(
            number,
            asked.since.date(),
            asked.until.date(),
            dict(self._counts),
            dict(self._problems.held),
            dict(self._problems.rules),
            dict(self._problems.warnings),
            exit_of(sent, held=self._counts["held"] + self._counts["conflicting"]),
            tuple(self._packages),
            {state.value: numbers for state, numbers in sent.counts.items()},
            sent.stop.value,
            sent.trouble.value,
            sent.unknown,
            sent.not_stored,
            self._source.remarks(),
            choice.dry,
        )


def _held_codes(translated: Translated) -> list[Held]:
    table = translated.held
    return [
        (int(row), reason.name.lower(), slot, code, text)
        for row, slot, code, text, reason in zip(
            table["row"], table["slot"], table["code"], table["text"], table["reason"], strict=True
        )
    ]


def _held_by_rule(translated: Translated, findings: Findings) -> list[Held]:
    table = findings.table
    return [
        (int(translated.rows[row]), rule, name, "", "")
        for row, rule, name, severity in zip(
            table["row"], table["rule"], table["field"], table["severity"], strict=True
        )
        if severity is Severity.BLOCK
    ]


def _slices(asked: Asked) -> Iterable[Asked]:
    since = asked.since
    while True:
        until = min(asked.until, since + _LONGEST_SLICE)
        yield Asked(since, until, asked.changed_since, asked.deep)
        since = until
        if since >= asked.until:
            return


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None
