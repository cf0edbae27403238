"""The audit: what was done, by whom, and whether the record of it was tampered with."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from icdmapper.model.errors import IcdMapperError, RefusedError
from icdmapper.model.events import ChainHead, Event, EventFilter
from icdmapper.model.mapping import Mapping
from icdmapper.storage.chain import genesis, linked
from icdmapper.storage.unit_of_work import Storage
from icdmapper.texts import N_, _

COLUMNS = (
    "id", "at", "by", "act", "local_id", "code", "name",
    "before", "after", "detail", "batch", "undoes",
)  # fmt: skip
"""Columns of an exported audit, described in docs/data-dictionary.md."""


class Break(Enum):
    """What does not fit in the chain."""

    CHANGED = N_("the event was changed, or put there afterwards")
    MISSING = N_("events before this one are missing")
    CUT = N_("events at the end are missing")
    HEAD = N_("the head does not belong to the events")
    ANCHOR = N_("the log is not the one this anchor was taken from")


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where the chain is broken; `event_id` is the first event that does not fit."""

    kind: Break
    event_id: int

    def sentence(self) -> str:
        """The finding for people."""
        return _("event {id}: {what}").format(id=self.event_id, what=_(self.kind.value))


@dataclass(frozen=True, slots=True)
class ChainReport:
    """The whole log looked at: how many events, where it ends, and every broken place."""

    events: int
    head: ChainHead
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


class AuditService:
    """Reads the log: find, export, verify. Nothing here writes."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def found(self, wanted: EventFilter, *, limit: int | None = None) -> tuple[Event, ...]:
        """The acts that pass a filter, newest first."""
        with self._storage.reading() as work:
            return work.events.found(wanted, limit=limit)

    def count(self, wanted: EventFilter) -> int:
        """How many acts pass a filter."""
        with self._storage.reading() as work:
            return work.events.count(wanted)

    def touched_by_last_edition(self) -> frozenset[int]:
        """The local codes that the edition taken last re-opened, retired or speaks of."""
        with self._storage.reading() as work:
            in_use = work.code_sets.in_use()
            last = max((one.imported_at for one in in_use), default=None)
            batches = [f"import-{one.id}" for one in in_use if one.imported_at == last]
            return work.events.local_ids_of(batches)

    def undone(self) -> frozenset[str]:
        """The gestures that were taken back and not done again since, editions included."""
        with self._storage.reading() as work:
            return work.gestures.undone()

    def head(self) -> ChainHead:
        """Where the log ends now; its anchor is worth keeping outside the project."""
        with self._storage.reading() as work:
            return work.events.head()

    def verify(self, anchors: Sequence[str] = ()) -> ChainReport:
        """Recompute every hash; `anchors` are those of releases, receipts or a person's notes.

        Raises:
            RefusedError: an anchor is not of the form `count:hash`.
        """
        wanted = [_anchor(one) for one in anchors]
        with self._storage.reading() as work:
            head = work.events.head()
            # Releases keep the anchor of the moment they were made in.
            return verified(work.events.links(), head, wanted)

    def export(self, file: Path, wanted: EventFilter) -> int:
        """Write the acts that pass a filter as CSV, oldest first; returns how many.

        Raises:
            IcdMapperError: the file exists or cannot be written.
        """
        with self._storage.reading() as work:
            events = work.events.found(wanted)[::-1]
            codes = {local.id: local for local in work.code_sets.local_codes()}
        try:
            with file.open("x", encoding="utf-8-sig", newline="") as stream:
                writer = csv.writer(stream)
                writer.writerow(COLUMNS)
                for one in events:
                    local = codes.get(one.local_id) if one.local_id is not None else None
                    writer.writerow(
                        (
                            one.id, one.at.isoformat(), one.by, one.act.value,
                            one.local_id or "", local.code if local else "",
                            local.name if local else "",
                            _short(one.before), _short(one.after), one.detail,
                            one.batch, one.undoes,
                        )
                    )  # fmt: skip
        except FileExistsError:
            raise RefusedError(
                _("{folder} exists already; choose another place.").format(folder=file)
            ) from None
        except OSError as error:
            raise IcdMapperError(
                _("{folder} cannot be written to: {reason}").format(
                    folder=file, reason=error.strerror or type(error).__name__
                )
            ) from error
        return len(events)


def verified(
    links: Iterable[tuple[Any, ...]], head: ChainHead, anchors: Sequence[tuple[int, str]] = ()
) -> ChainReport:
    """Follow the chain: every event has the number after the one before it, and its own hash.

    After a broken place the stored hash is taken as it is, so that each place is named once.
    """
    findings: list[Finding] = []
    expected, hash_before, count = 1, genesis(head.project), 0
    at_count = dict(anchors)
    for row in links:
        number, stored = int(row[0]), str(row[-1])
        if number > expected:
            findings.append(Finding(Break.MISSING, number))
        elif number < expected or linked(hash_before, row[:-1]) != stored:
            findings.append(Finding(Break.CHANGED, number))
        expected, hash_before, count = number + 1, stored, count + 1
        if at_count.get(count, stored) != stored:
            findings.append(Finding(Break.ANCHOR, number))
    last = expected - 1
    if count < head.count or any(wanted > count for wanted in at_count):
        findings.append(Finding(Break.CUT, last + 1))
    elif (count, last, hash_before) != (head.count, head.last_id, head.hash):
        findings.append(Finding(Break.HEAD, last))
    return ChainReport(count, head, tuple(findings))


def _anchor(text: str) -> tuple[int, str]:
    count, colon, value = text.strip().partition(":")
    if not (count.isdigit() and colon and len(value) == 64):
        raise RefusedError(_("{anchor} is no anchor of the form count:hash.").format(anchor=text))
    return int(count), value


def _short(mapping: Mapping | None) -> str:
    if mapping is None:
        return ""
    targets = " ".join(f"{one.role.value}={one.code}" for one in mapping.targets)
    relation = mapping.relation.value if mapping.relation else ""
    return f"v{mapping.version} {mapping.state.value} {relation} {targets}".strip()
