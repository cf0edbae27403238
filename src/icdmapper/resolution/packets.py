"""Packets: disputed codes handed to clinicians on paper or in a workbook, and taken back."""

from __future__ import annotations

import logging
import re
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from icdmapper.model.checks import Opinion
from icdmapper.model.errors import IcdMapperError, NotFoundError, RefusedError
from icdmapper.model.events import Act, NewEvent, told
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
from icdmapper.resolution import packet_files, packet_pages, print_font
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
class PacketOrder:
    """What goes into a packet: all open disputes, or those of `local_ids`; at most `count`.

    `department` is who it is for, in words. `one_per_page` gives every question a page of its own.
    """

    department: str = ""
    local_ids: tuple[int, ...] | None = None
    count: int | None = None
    deadline: date | None = None
    one_per_page: bool = False


@dataclass(frozen=True, slots=True)
class DepartmentDisputes:
    """The open disputes of one department of the local list, the most frequent first.

    `handed_out` of them lie in an earlier packet and have not moved since; `discharges` a year.
    """

    department: str
    local_ids: tuple[int, ...]
    handed_out: int
    discharges: int


@dataclass(frozen=True, slots=True)
class PacketProgress:
    """A packet, and how many of its questions have not moved since it was made."""

    packet: Packet
    waiting: int


@dataclass(frozen=True, slots=True)
class MadePacket:
    """A packet with its files; `fault` says why there are no pages to print, if there are none."""

    packet: Packet
    files: tuple[Path, ...]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class ReturnedPacket:
    """A filled packet before anything is stored: every row with what can be done with it."""

    packet: Packet
    answers: tuple[Answer, ...]

    @property
    def counts(self) -> Counter[AnswerState]:
        """How many rows are in which state."""
        return Counter(one.state for one in self.answers)

    def only(self, lines: Collection[int]) -> ReturnedPacket:
        """The same packet with only the answers of some lines of the file."""
        chosen = tuple(one for one in self.answers if one.filled.line in lines)
        return replace(self, answers=chosen)


@dataclass(frozen=True, slots=True)
class Taken:
    """What was stored from a returned packet."""

    settled: tuple[Mapping, ...]
    remarks: int


class PacketService:
    """Makes packets from open disputes, judges what comes back, stores what a person signed off."""

    def __init__(
        self,
        storage: Storage,
        disputes: DisputeService,
        now: Callable[[], datetime],
        *,
        font: str = "",
    ) -> None:
        """`font` names the font file of the pages; "" takes the best that is installed."""
        self._storage = storage
        self._disputes = disputes
        self._now = now
        self._font = font

    def progress(self) -> tuple[PacketProgress, ...]:
        """Every packet that is out with what still waits for an answer, newest first."""
        with self._storage.reading() as work:
            made = [one for one in work.packets.all() if not one.withdrawn]
            mappings = work.mappings.get_many([row.local_id for one in made for row in one.rows])
        return tuple(
            PacketProgress(
                one, sum(mappings[row.local_id].version == row.version for row in one.rows)
            )
            for one in made
        )

    def departments(self) -> tuple[DepartmentDisputes, ...]:
        """The open disputes by department, the one with the most discharges first."""
        out = {(row.local_id, row.version) for one in self.progress() for row in one.packet.rows}
        groups: dict[str, list[Dispute]] = {}
        for dispute in self._disputes.open_disputes():
            groups.setdefault(dispute.local.department.strip(), []).append(dispute)
        found = [
            DepartmentDisputes(
                department,
                tuple(one.local.id for one in disputes),
                sum((one.local.id, one.mapping.version) in out for one in disputes),
                sum(one.local.frequency or 0 for one in disputes),
            )
            for department, disputes in groups.items()
        ]
        return tuple(sorted(found, key=lambda one: (-one.discharges, one.department)))

    def make(self, folder: Path, order: PacketOrder, *, by: Person) -> MadePacket:
        """Make a workbook and printable pages from open disputes.

        Raises:
            RefusedError: there is nothing in dispute, or `by` may not.
            IcdMapperError: the folder cannot be written to.
        """
        with self._storage.reading() as work:
            work.people.require(by, Right.RECORD_SETTLEMENT)
        wanted = None if order.local_ids is None else frozenset(order.local_ids)
        chosen = [
            one
            for one in self._disputes.open_disputes()
            if wanted is None or one.local.id in wanted
        ][: order.count]
        if not chosen:
            raise RefusedError(_("There is no open dispute to put into a packet."))
        rows = tuple(_row(number, one) for number, one in enumerate(chosen, start=1))
        packet = Packet(
            uuid.uuid4().hex, order.department.strip(), self._now(), by.name, rows, order.deadline
        )
        made = self._write(packet, folder, one_per_page=order.one_per_page)
        try:
            self._keep(packet, by)
        except BaseException:
            for file in made.files:
                file.unlink(missing_ok=True)
            raise
        logger.info("packet with %d rows made", len(rows))
        return made

    def write_again(
        self, packet_id: str, folder: Path, *, one_per_page: bool = False
    ) -> MadePacket:
        """Write the files of a packet as it was handed out, once more.

        Raises:
            NotFoundError: this project made no such packet.
            RefusedError: it was taken back.
            IcdMapperError: the folder cannot be written to.
        """
        with self._storage.reading() as work:
            packet = _out(work.packets.get(packet_id))
        return self._write(packet, folder, one_per_page=one_per_page)

    def preview(self, file: Path) -> ReturnedPacket:
        """What a filled packet says, row by row, judged against the project; stores nothing.

        Raises:
            UnreadableSourceError: it is no packet, or not readable.
            NotFoundError: the packet was made in another project.
            RefusedError: the packet was taken back.
        """
        packet_id, filled = packet_files.read(file)
        with self._storage.reading() as work:
            packet = _out(work.packets.get(packet_id))
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

    def _keep(self, packet: Packet, by: Person) -> None:
        with self._storage.writing() as work:
            work.people.require(by, Right.RECORD_SETTLEMENT)
            work.packets.add(packet)
            said = f"{packet.id} {len(packet.rows)} {packet.department}"
            detail = told(said, packet=packet.id)
            event = NewEvent(Act.PACKET_MADE, by.name, packet.made_at, new_batch(), detail=detail)
            work.events.add([event])
            work.commit()

    def _write(self, packet: Packet, folder: Path, *, one_per_page: bool) -> MadePacket:
        fault = ""
        try:
            font = print_font.find(self._font)
        except NotFoundError as error:
            font, fault = None, str(error)
        name = "-".join(
            filter(None, ("packet", re.sub(r"[^\w-]+", "_", packet.department), packet.id[:8]))
        )
        book, pages = folder / f"{name}.xlsx", folder / f"{name}.pdf"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            packet_files.write(packet, book)
            if font is not None:
                packet_pages.write(packet, pages, font, one_per_page=one_per_page)
        except OSError as error:
            raise IcdMapperError(
                _("{folder} cannot be written to: {reason}").format(
                    folder=folder, reason=error.strerror or type(error).__name__
                )
            ) from error
        return MadePacket(packet, (book, pages) if font else (book,), fault)


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


def _out(packet: Packet) -> Packet:
    """The packet, unless it was taken back."""
    if packet.withdrawn:
        raise RefusedError(
            _("This packet was taken back after it was made; hand out the questions anew.")
        )
    return packet


def _remark(filled: FilledRow) -> str:
    parts = (filled.clinician, filled.other, filled.reason)
    return "：".join(part.strip() for part in parts if part.strip())
