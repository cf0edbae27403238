"""Discharges that arrive as files in a folder, for an uploader behind a network gap (网闸).

A delivery is a data file (CSV in UTF-8 or GB18030, or DBF) and beside it, with the same name and
`.manifest.json` after it, its manifest: `{"sequence": 12, "file": "p.csv", "sha256": "…",
"rows": 3300}`. Only the manifest says when the file is whole: in a CSV or DBF that was cut or
changed on the way, the damage cannot be seen. Deliveries are taken in the order of their numbers,
a gap waits, and nothing is ever deleted.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import pandas as pd

from icdmapper.model.errors import RefusedError, UnreadableSourceError
from icdmapper.texts import _
from icdmapper.upload.dbf import read_dbf
from icdmapper.upload.delimited import read_csv

MANIFEST, DONE, ASIDE = ".manifest.json", "done", "aside"
LEDGER = "deliveries.jsonl"
LARGEST_BYTES = 1 << 30
_KINDS = (".csv", ".txt", ".dbf")
_LARGEST_MANIFEST = 1 << 16
_HASH = re.compile(r"[0-9a-f]{64}")
_BLOCK = 1 << 20


class Held(Enum):
    """Why a file is not taken."""

    NO_MANIFEST = "no_manifest"
    """Not finished, or its manifest was lost."""
    NO_DATA = "no_data"
    """A manifest whose file is not there: not arrived yet, or renamed."""
    INCOMPLETE = "incomplete"
    """The bytes are not those of the manifest: half-written, cut, or changed."""
    BAD_MANIFEST = "bad_manifest"
    EARLY = "early"
    """An earlier number is still missing or waiting."""
    DOUBLED = "doubled"
    """The same delivery was taken before; it is skipped."""
    NUMBER_REUSED = "number_reused"
    """Another content under a number that is taken or stands in the folder twice."""
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A whole delivery, next in turn. `rows` do not count the row of titles."""

    sequence: int
    file: str
    sha256: str
    rows: int
    manifest: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that is not taken. `overdue` when it stands longer than a transfer can last."""

    file: str
    reason: Held
    sequence: int | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class Scan:
    """What stands in the folder: what can be taken now, in order, and what cannot."""

    ready: tuple[Delivery, ...]
    waiting: tuple[Waiting, ...]
    missing: tuple[int, ...]
    """Numbers before the last one seen of which nothing has arrived."""


class DropFolder:
    """The folder deliveries arrive in; what was taken is moved to its subfolder `done`.

    `first` is the number of the very first delivery. `patience` is how long a file may be
    unfinished before it is overdue.
    """

    def __init__(
        self,
        folder: Path,
        now: Callable[[], datetime],
        *,
        first: int = 1,
        patience: timedelta = timedelta(minutes=30),
    ) -> None:
        self._folder = folder
        self._now = now
        self._first = first
        self._patience = patience

    def scan(self) -> Scan:
        """Look at everything in the folder; nothing is moved.

        Raises:
            RefusedError: the folder or its list of taken deliveries cannot be read.
        """
        try:
            taken = self._taken()
            names = sorted(one.name for one in self._folder.iterdir() if one.is_file())
            whole, waiting = self._looked_at(names)
        except OSError as error:
            raise self._unusable(error) from None
        expected = max(taken, default=self._first - 1) + 1
        ready, early = self._in_turn(whole, taken, expected, waiting)
        waiting += [self._held(one.file, Held.EARLY, one.sequence) for one in early]
        numbers = {one.sequence for one in whole}
        numbers |= {one.sequence for one in waiting if one.sequence is not None}
        missing = set(range(expected, max(numbers, default=0))) - numbers
        order = tuple(sorted(waiting, key=lambda one: (one.sequence or 0, one.file)))
        return Scan(tuple(ready), order, tuple(sorted(missing)))

    def read(self, delivery: Delivery) -> pd.DataFrame:
        """The rows under the titles of the file, as text. The bytes read are the bytes checked.

        Raises:
            UnreadableSourceError: it changed since the scan, is no readable CSV or DBF, holds
                another number of rows than its manifest says, or characters that were lost.
        """
        try:
            content = (self._folder / delivery.file).read_bytes()
        except OSError as error:
            raise self._unusable(error) from None
        if hashlib.sha256(content).hexdigest() != delivery.sha256:
            raise UnreadableSourceError(
                _("The delivery {file} changed while it was read; nothing of it was used.").format(
                    file=delivery.file
                )
            )
        frame = _parsed(content, delivery.file)
        if len(frame) != delivery.rows:
            raise UnreadableSourceError(
                _(
                    "The delivery {file} has {rows} rows, its manifest says {said}. "
                    "Ask for it again under its number."
                ).format(file=delivery.file, rows=len(frame), said=delivery.rows)
            )
        return frame

    def confirm(self, delivery: Delivery) -> None:
        """Everything of it is stored safely: note its number, then move it to `done`.

        After a kill between the two the files are still there and the next scan calls them
        doubled; `set_aside` moves them.

        Raises:
            RefusedError: the folder cannot be written.
        """
        try:
            taken = self._taken()
            taken[delivery.sequence] = delivery.sha256
            self._note(taken)
            self._move(delivery.file, DONE, delivery.sequence)
            self._move(delivery.manifest, DONE, delivery.sequence)
        except OSError as error:
            raise self._unusable(error) from None

    def set_aside(self, doubled: Waiting) -> None:
        """Move a doubled delivery to `aside`, so that it is not said again every day.

        Raises:
            RefusedError: it is not a doubled one, or the folder cannot be written.
        """
        if doubled.reason is not Held.DOUBLED or doubled.sequence is None:
            raise RefusedError(
                _("Only a delivery that was taken before is put aside; {file} was not.").format(
                    file=doubled.file
                )
            )
        try:
            self._move(doubled.file, ASIDE, doubled.sequence)
            self._move(f"{doubled.file}{MANIFEST}", ASIDE, doubled.sequence)
        except OSError as error:
            raise self._unusable(error) from None

    def _looked_at(self, names: list[str]) -> tuple[list[Delivery], list[Waiting]]:
        whole: list[Delivery] = []
        waiting: list[Waiting] = []
        for name in names:
            if name.endswith(MANIFEST):
                found = self._delivery(name)
                if isinstance(found, Delivery):
                    whole.append(found)
                else:
                    waiting.append(found)
            elif name.lower().endswith(_KINDS) and f"{name}{MANIFEST}" not in names:
                waiting.append(self._held(name, Held.NO_MANIFEST, None))
        return whole, waiting

    def _delivery(self, manifest: str) -> Delivery | Waiting:
        file = manifest.removesuffix(MANIFEST)
        said = _manifest(self._folder / manifest, file)
        if said is None:
            return self._held(manifest, Held.BAD_MANIFEST, None)
        sequence, sha256, rows = said
        data = self._folder / file
        if not data.is_file():
            return self._held(manifest, Held.NO_DATA, sequence)
        if data.stat().st_size > LARGEST_BYTES:
            return self._held(file, Held.TOO_LARGE, sequence)
        if _hash_of(data) != sha256:
            return self._held(file, Held.INCOMPLETE, sequence)
        return Delivery(sequence, file, sha256, rows, manifest)

    def _in_turn(
        self,
        whole: list[Delivery],
        taken: dict[int, str],
        expected: int,
        waiting: list[Waiting],
    ) -> tuple[list[Delivery], list[Delivery]]:
        """The deliveries whose turn it is, and those that come too early."""
        by_number: dict[int, Delivery] = {}
        reused: set[int] = set()
        for one in whole:
            other = by_number.get(one.sequence)
            before = taken.get(one.sequence) or (other.sha256 if other else None)
            if before == one.sha256:
                waiting.append(self._held(one.file, Held.DOUBLED, one.sequence))
            elif before is not None or one.sequence < expected:
                waiting.append(self._held(one.file, Held.NUMBER_REUSED, one.sequence))
                reused.add(one.sequence)
            else:
                by_number[one.sequence] = one
        for number in reused & by_number.keys():
            # Nobody can say which of the two is the right one.
            waiting.append(self._held(by_number.pop(number).file, Held.NUMBER_REUSED, number))
        ready = []
        while expected in by_number:
            ready.append(by_number.pop(expected))
            expected += 1
        return ready, [by_number[number] for number in sorted(by_number)]

    def _held(self, name: str, reason: Held, sequence: int | None) -> Waiting:
        changed = (self._folder / name).stat().st_mtime
        age = self._now().timestamp() - changed
        return Waiting(name, reason, sequence, age > self._patience.total_seconds())

    def _taken(self) -> dict[int, str]:
        ledger = self._folder / DONE / LEDGER
        if not ledger.exists():
            return {}
        try:
            rows = [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]
            return {int(row["sequence"]): str(row["sha256"]) for row in rows}
        except (ValueError, KeyError, TypeError):
            raise RefusedError(
                _(
                    "The list of taken deliveries {file} is damaged. Restore it from a backup; "
                    "nothing was taken."
                ).format(file=ledger)
            ) from None

    def _note(self, taken: dict[int, str]) -> None:
        """Written aside and renamed: a kill leaves the old list or the new one."""
        folder = self._folder / DONE
        folder.mkdir(exist_ok=True)
        aside = folder / f"{LEDGER}.part"
        with aside.open("w", encoding="utf-8") as stream:
            for sequence, sha256 in sorted(taken.items()):
                stream.write(json.dumps({"sequence": sequence, "sha256": sha256}) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(folder / LEDGER)

    def _move(self, name: str, to: str, sequence: int) -> None:
        source = self._folder / name
        if source.exists():
            (self._folder / to).mkdir(exist_ok=True)
            target = self._folder / to / f"{sequence:06d}_{name}"
            turn = 1
            while target.exists():
                turn += 1
                target = self._folder / to / f"{sequence:06d}_{turn}_{name}"
            source.rename(target)

    def _unusable(self, error: OSError) -> RefusedError:
        return RefusedError(
            _("The drop folder {folder} cannot be used: {reason}.").format(
                folder=self._folder, reason=error.strerror
            )
        )


def manifest_for(file: str, content: bytes, *, sequence: int, rows: int) -> str:
    """The manifest of a data file, as the side that delivers must write it."""
    said: dict[str, Any] = {
        "sequence": sequence,
        "file": file,
        "sha256": hashlib.sha256(content).hexdigest(),
        "rows": rows,
    }
    return json.dumps(said, ensure_ascii=False)


def _manifest(path: Path, file: str) -> tuple[int, str, int] | None:
    if path.stat().st_size > _LARGEST_MANIFEST:
        return None
    try:
        said = json.loads(path.read_bytes().decode("utf-8-sig"))
        sequence, sha256, rows = said["sequence"], said["sha256"].lower(), said["rows"]
        named = said["file"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    whole = all(type(one) is int and one >= 0 for one in (sequence, rows))
    if not whole or not _HASH.fullmatch(sha256) or named != file:
        return None
    return sequence, sha256, rows


def _hash_of(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def _parsed(content: bytes, file: str) -> pd.DataFrame:
    try:
        if file.lower().endswith(".dbf"):
            frame = read_dbf(content)
        else:
            frame = read_csv(content, _encoding(content))
    except UnicodeDecodeError:
        raise UnreadableSourceError(
            _("The titles in the delivery {file} cannot be read.").format(file=file)
        ) from None
    if any("\ufffd" in cell for column in frame for cell in frame[column].unique()):
        raise UnreadableSourceError(
            _("Characters in the delivery {file} were lost before it was sent.").format(file=file)
        )
    return frame


def _encoding(content: bytes) -> str:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"
