"""Packets: disputed codes handed to clinicians on paper or in a workbook, and taken back."""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from icdmapper.model.checks import Opinion
from icdmapper.model.errors import IcdMapperError, RefusedError
from icdmapper.model.events import Act, NewEvent
from icdmapper.model.mapping import Choice, Mapping, State
from icdmapper.model.packets import (
    Answer,
    AnswerState,
    FilledRow,
    Packet,
    PacketOption,
    PacketRow,
)
from icdmapper.model.people import Person, Right
from icdmapper.resolution import packet_files, packet_pages
from icdmapper.resolution.disputes import Dispute, DisputeService
from icdmapper.resolution.packet_files import option_text
from icdmapper.resolution.recording import new_batch
from icdmapper.storage.unit_of_work import Storage
from icdmapper.texts import _

logger = logging.getLogger(__name__)
LETTERS = "ABCDEFGH"
NONE_FITS = "X"
"""The answer that none of the options fits."""


@dataclass(frozen=True, slots=True)
class ReturnedPacket:
    """A filled packet before anything is stored: every row with what can be done with it."""

    packet: Packet
    answers: tuple[Answer, ...]

    @property
    def counts(self) -> Counter[AnswerState]:
        """How many rows are in which state."""
        return Counter(one.state for one in self.answers)


@dataclass(frozen=True, slots=True)
class Taken:
    """What was stored from a returned packet."""

    settled: tuple[Mapping, ...]
    remarks: int


class PacketService:
    """Makes packets from open disputes, judges what comes back, stores what a person signed off."""

    def __init__(
        self, storage: Storage, disputes: DisputeService, now: Callable[[], datetime]
    ) -> None:
        self._storage = storage
        self._disputes = disputes
        self._now = now

    def packets(self) -> tuple[Packet, ...]:
        """Every packet made so far, newest first."""
        with self._storage.reading() as work:
            return work.packets.all()

    def make(
        self, folder: Path, *, department: str, by: Person, local_ids: Sequence[int] | None = None
    ) -> tuple[Packet, tuple[Path, ...]]:
        """Make a workbook and printable pages from open disputes; all of them unless named.

        Raises:
            RefusedError: there is nothing in dispute, or `by` may not.
            IcdMapperError: the folder cannot be written to.
        """
        wanted = None if local_ids is None else frozenset(local_ids)
        chosen = [
            one
            for one in self._disputes.open_disputes()
            if wanted is None or one.local.id in wanted
        ]
        if not chosen:
            raise RefusedError(_("There is no open dispute to put into a packet."))
        rows = tuple(_row(number, one) for number, one in enumerate(chosen, start=1))
        packet = Packet(uuid.uuid4().hex, department.strip(), self._now(), by.name, rows)
        files = (
            folder / f"packet-{packet.id[:8]}.xlsx",
            folder / f"packet-{packet.id[:8]}.html",
        )
        with self._storage.writing() as work:
            work.people.require(by, Right.RECORD_SETTLEMENT)
            work.packets.add(packet)
            told = f"{packet.id} {len(rows)} {packet.department}"
            event = NewEvent(Act.PACKET_MADE, by.name, packet.made_at, new_batch(), detail=told)
            work.events.add([event])
            try:
                folder.mkdir(parents=True, exist_ok=True)
                packet_files.write(packet, files[0])
                files[1].write_text(packet_pages.html(packet), encoding="utf-8")
            except OSError as error:
                raise IcdMapperError(
                    _("{folder} cannot be written to: {reason}").format(
                        folder=folder, reason=error.strerror or type(error).__name__
                    )
                ) from error
            work.commit()
        logger.info("packet with %d rows made", len(rows))
        return packet, files

    def preview(self, file: Path) -> ReturnedPacket:
        """What a filled packet says, row by row, judged against the project; stores nothing.

        Raises:
            UnreadableSourceError: it is no packet, or not readable.
            NotFoundError: the packet was made in another project.
        """
        packet_id, filled = packet_files.read(file)
        with self._storage.reading() as work:
            packet = work.packets.get(packet_id)
            mappings = work.mappings.get_many([row.local_id for row in packet.rows])
        return ReturnedPacket(packet, judged(packet, filled, mappings))

    def take(self, returned: ReturnedPacket, *, by: Person) -> Taken:
        """Store the settlements and remarks of a preview; all of them or none.

        Raises:
            ConflictError: a mapping changed since the preview.
            RefusedError: `by` may not record settlements, or a named clinician is none.
        """
        settled: list[Mapping] = []
        remarks = 0
        ready: dict[str, list[Choice]] = {}
        for one in returned.answers:
            if one.state is AnswerState.READY:
                assert one.row is not None
                assert one.chosen is not None
                assert one.chosen.opinion.relation is not None
                choice = Choice(
                    one.row.local_id,
                    one.row.version,
                    one.chosen.opinion.relation,
                    one.chosen.opinion.targets,
                    one.filled.reason,
                )
                ready.setdefault(one.filled.clinician, []).append(choice)
        others = [one for one in returned.answers if one.state is AnswerState.OTHER]
        with self._storage.writing() as work:
            for clinician, choices in ready.items():
                settled += self._disputes.settle_within(
                    work, choices, by=by, on_behalf_of=clinician
                )
            for one in others:
                assert one.row is not None
                self._disputes.say_within(work, one.row.local_id, _remark(one.filled), by=by)
                remarks += 1
            work.commit()
        return Taken(tuple(settled), remarks)


def judged(
    packet: Packet, filled: Iterable[FilledRow], mappings: dict[int, Mapping]
) -> tuple[Answer, ...]:
    """Hold every returned row against the packet as it was handed out and the mapping as it is.

    The file is believed in nothing but the answer cells: a question or option that differs from
    the stored one is told, and its row is not taken.
    """
    by_number = {str(row.number): row for row in packet.rows}
    filled = list(filled)
    times = Counter(one.number for one in filled)
    found = []
    for one in filled:
        row = by_number.get(one.number)
        if row is None or times[one.number] > 1:
            found.append(Answer(AnswerState.UNKNOWN, one, row))
            continue
        found.append(_judged(one, row, mappings.get(row.local_id) or Mapping(row.local_id)))
    return tuple(found)


def _judged(one: FilledRow, row: PacketRow, mapping: Mapping) -> Answer:
    shown = tuple(option.text for option in row.options)
    if (one.code, one.name) != (row.code, row.name) or one.options != shown:
        return Answer(AnswerState.CHANGED, one, row)
    letter = one.letter.strip().upper()[:1]
    if not letter:
        return Answer(AnswerState.EMPTY, one, row)
    chosen = next((option for option in row.options if option.letter == letter), None)
    now = Opinion.of(mapping)
    if mapping.version != row.version:
        same = mapping.state is State.SETTLED and chosen and chosen.opinion.same_as(now)
        state = AnswerState.ALREADY if same else AnswerState.CONFLICT
        return Answer(state, one, row, chosen, now)
    if chosen is None:
        said = letter == NONE_FITS and bool(one.other and one.clinician)
        state = AnswerState.OTHER if said else AnswerState.INCOMPLETE
        return Answer(state, one, row)
    complete = bool(one.reason.strip() and one.clinician.strip())
    return Answer(AnswerState.READY if complete else AnswerState.INCOMPLETE, one, row, chosen)


def _row(number: int, dispute: Dispute) -> PacketRow:
    said = [one.text for one in dispute.thread if one.text]
    options = tuple(
        PacketOption(letter, option.opinion, option_text(option.opinion, option.by))
        for letter, option in zip(LETTERS, dispute.options, strict=False)
    )
    local = dispute.local
    return PacketRow(
        number, local.id, dispute.mapping.version, local.code, local.name, local.frequency,
        "\n".join(said), options,
    )  # fmt: skip


def _remark(filled: FilledRow) -> str:
    parts = (filled.clinician, filled.other, filled.reason)
    return "：".join(part.strip() for part in parts if part.strip())
