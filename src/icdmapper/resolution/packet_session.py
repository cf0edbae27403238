"""What the panel of packets shows and may do next: what goes out, what came back. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from icdmapper.model.errors import RefusedError
from icdmapper.model.packets import Answer, AnswerState
from icdmapper.resolution.packets import (
    DepartmentDisputes,
    PacketOrder,
    PacketProgress,
    ReturnedPacket,
)
from icdmapper.texts import N_, _

_USUAL_DAYS = 14
"""A packet is to be back in two weeks unless somebody says otherwise."""
_SOUND = frozenset({AnswerState.READY, AnswerState.OTHER})

_EFFECTS = {
    AnswerState.READY: N_("Settles the code."),
    AnswerState.OTHER: N_("Goes into the discussion as a remark; the code stays disputed."),
    AnswerState.EMPTY: N_("Not answered; the code stays disputed."),
    AnswerState.INCOMPLETE: N_("Not taken: the reason or the clinician's name is missing."),
    AnswerState.ALREADY: N_("Nothing to do: the code is settled with this very answer."),
    AnswerState.CONFLICT: N_("Not taken: the code changed after the packet was made."),
    AnswerState.CHANGED: N_("Not taken: the question or an option was changed in the file."),
    AnswerState.UNKNOWN: N_("Not taken: no such row in this packet, or the row stands twice."),
}


class Standing(Enum):
    """How a packet that was handed out stands."""

    OUT = "out"
    OVERDUE = "overdue"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class DepartmentRow:
    """A department with open disputes, and whether it gets a packet."""

    disputes: DepartmentDisputes
    picked: bool


@dataclass(frozen=True, slots=True)
class ReturnedRow:
    """A row that came back, whether it will be taken, and what happens then."""

    answer: Answer
    taken: bool
    effect: str


class PacketSession:
    """One person's place among the packets."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._departments: tuple[DepartmentDisputes, ...] = ()
        self._picked: set[str] = set()
        self._returned: ReturnedPacket | None = None
        self._taken: set[int] = set()
        self.progress: tuple[PacketProgress, ...] = ()
        """The packets made so far, newest first."""
        self.deadline = today + timedelta(days=_USUAL_DAYS)

    @property
    def departments(self) -> tuple[DepartmentRow, ...]:
        """The departments with open disputes."""
        return tuple(
            DepartmentRow(one, one.department in self._picked) for one in self._departments
        )

    @property
    def returned(self) -> ReturnedPacket | None:
        """The filled packet that is looked at."""
        return self._returned

    @property
    def rows(self) -> tuple[ReturnedRow, ...]:
        """Its rows, each with what will happen."""
        answers = self._returned.answers if self._returned else ()
        return tuple(
            ReturnedRow(one, one.filled.line in self._taken, _(_EFFECTS[one.state]))
            for one in answers
        )

    def set_open(
        self, departments: Sequence[DepartmentDisputes], progress: Sequence[PacketProgress]
    ) -> None:
        """Show freshly read disputes and packets; what was picked stays picked."""
        self._departments, self.progress = tuple(departments), tuple(progress)
        self._picked &= {one.department for one in departments}

    def standing(self, one: PacketProgress) -> Standing:
        """How a packet stands today."""
        if not one.waiting:
            return Standing.ANSWERED
        deadline = one.packet.deadline
        return Standing.OVERDUE if deadline and deadline < self._today else Standing.OUT

    def toggle_department(self, at: int) -> None:
        """Let a department get a packet, or not."""
        self._picked ^= {self._departments[at].department}

    def toggle_all(self) -> None:
        """Let every department get a packet, or none when all would."""
        every = {one.department for one in self._departments}
        self._picked = set() if self._picked == every else every

    def orders(self, *, count: int, one_per_page: bool) -> tuple[PacketOrder, ...]:
        """One packet for each department that was picked; `count` 0 takes all of its disputes.

        Raises:
            RefusedError: no department is picked.
        """
        picked = [one for one in self._departments if one.department in self._picked]
        if not picked:
            raise RefusedError(_("Check the departments that get a packet."))
        return tuple(
            PacketOrder(one.department, one.local_ids, count or None, self.deadline, one_per_page)
            for one in picked
        )

    def set_returned(self, returned: ReturnedPacket | None) -> None:
        """Look at a filled packet; all its sound rows are to be taken until somebody says no."""
        self._returned = returned
        answers = returned.answers if returned else ()
        self._taken = {one.filled.line for one in answers if one.state in _SOUND}

    def toggle_row(self, at: int) -> None:
        """Take a row, or leave it.

        Raises:
            RefusedError: the row cannot be taken; the sentence says why.
        """
        row = self.rows[at]
        if row.answer.state not in _SOUND:
            raise RefusedError(row.effect)
        self._taken ^= {row.answer.filled.line}

    def chosen(self) -> ReturnedPacket:
        """The rows that are to be taken.

        Raises:
            RefusedError: there are none.
        """
        if self._returned is None or not self._taken:
            raise RefusedError(_("There is no row to take."))
        return self._returned.only(self._taken)
