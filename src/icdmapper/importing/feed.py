"""The loop closed: codes that the uploader could not translate enter the coders' worklist."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from icdmapper.model.codes import CodeKind, LocalCode, NewCode, Side
from icdmapper.model.errors import NotFoundError, RefusedError, UnreadableSourceError
from icdmapper.model.events import Act, NewEvent
from icdmapper.model.feed import UNMAPPED, FeedFinding
from icdmapper.model.icd import canonical
from icdmapper.model.people import Person, Right
from icdmapper.storage.unit_of_work import Storage, UnitOfWork
from icdmapper.texts import _
from icdmapper.texts.initials import initials

logger = logging.getLogger(__name__)
COLUMNS = ("kind", "code", "name", "reason", "records", "first_seen", "last_seen")
"""Columns of the file that `upload codes --out` writes."""
_LARGEST = 32 << 20


@dataclass(frozen=True, slots=True)
class FeedSummary:
    """What a file brought: new local codes, findings on codes that were there, and the rest."""

    added: int
    known: int
    without_code: int


class FeedService:
    """Takes what the uploader wrote, and shows what holds records back."""

    def __init__(self, storage: Storage, now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._now = now

    def findings(self) -> tuple[FeedFinding, ...]:
        """What holds records back, as of the last taking; the most records first."""
        with self._storage.reading() as work:
            return work.feed.all()

    def take(self, file: Path, *, by: Person) -> FeedSummary:
        """Take a file into the project: unknown codes become local codes without an answer.

        The same file again adds nothing. What no longer holds records disappears.

        Raises:
            UnreadableSourceError: it is not such a file; the line is named.
            RefusedError: there is no local list, or `by` may not import.
        """
        read = read_feed(file)
        at = self._now()
        with self._storage.writing() as work:
            work.people.require(by, Right.IMPORT)
            lists = work.code_sets.in_use(Side.LOCAL)
            if not lists:
                raise RefusedError(_("There is no local list yet; import one first."))
            before = _by_code(work)
            new = [one for one in read if one.reason == UNMAPPED and _local(one, before) is None]
            codes = [_new_code(one) for one in _once(new)]
            if codes:
                letters = [initials(one.name) for one in codes]
                work.code_sets.append(lists[-1].id, codes, initials=letters)
            after = _by_code(work)
            found = [replace(one, local_id=_local(one, after)) for one in read]
            work.feed.replace(found)
            told = json.dumps({"feed": len(found), "added": len(codes)})
            event = NewEvent(Act.IMPORTED, by.name, at, f"feed-{at:%Y%m%d%H%M%S%f}", detail=told)
            work.events.add([event])
            work.commit()
        without = sum(one.local_id is None for one in found)
        logger.info("feed: %d findings, %d new codes", len(found), len(codes))
        return FeedSummary(len(codes), len(found) - without - len(new), without)


def read_feed(file: Path) -> tuple[FeedFinding, ...]:
    """The findings of a file.

    Raises:
        NotFoundError: it is not there.
        UnreadableSourceError: it is too large, has other columns, or a line makes no sense.
    """
    try:
        if file.stat().st_size > _LARGEST:
            raise UnreadableSourceError(_("{file} is too large.").format(file=file.name))
        text = file.read_text(encoding="utf-8-sig")
    except OSError:
        raise NotFoundError(_("{file} is not there.").format(file=file)) from None
    except UnicodeDecodeError:
        raise _unreadable(file, 1) from None
    rows = csv.DictReader(io.StringIO(text))
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise _unreadable(file, 1)
    found: dict[tuple[CodeKind, str, str, str], FeedFinding] = {}
    for line, row in enumerate(rows, start=2):
        try:
            one = FeedFinding(
                CodeKind(row["kind"]),
                row["code"].strip(),
                row["name"].strip(),
                row["reason"],
                int(row["records"]),
                date.fromisoformat(row["first_seen"]),
                date.fromisoformat(row["last_seen"]),
            )
        except (ValueError, TypeError, AttributeError):
            raise _unreadable(file, line) from None
        found[one.kind, one.code, one.name, one.reason] = one
    return tuple(found.values())


def _unreadable(file: Path, line: int) -> UnreadableSourceError:
    return UnreadableSourceError(
        _("{file}, line {line}: this is not what `upload codes` writes.").format(
            file=file.name, line=line
        )
    )


def _by_code(work: UnitOfWork) -> dict[tuple[CodeKind, str], list[LocalCode]]:
    found: dict[tuple[CodeKind, str], list[LocalCode]] = {}
    for local in work.code_sets.local_codes():
        found.setdefault((local.kind, local.code.strip()), []).append(local)
    return found


def _local(one: FeedFinding, codes: dict[tuple[CodeKind, str], list[LocalCode]]) -> int | None:
    """The local code a finding belongs to; where several share a code, the one of that name."""
    same = codes.get((one.kind, one.code), [])
    if len(same) > 1:
        same = [local for local in same if local.name == one.name] or same
    return same[0].id if same and one.code else None


def _once(findings: list[FeedFinding]) -> list[FeedFinding]:
    """One finding for each code: the one with the most records, for its name is the usual one."""
    best: dict[tuple[CodeKind, str], FeedFinding] = {}
    for one in sorted(findings, key=lambda one: one.records):
        if one.code and one.name:
            best[one.kind, one.code] = one
    return list(best.values())


def _new_code(one: FeedFinding) -> NewCode:
    # Row 0: it stands in no source, and a new edition without it does not retire it.
    return NewCode(one.code, canonical(one.code), one.name, one.kind, 0, frequency=one.records)
