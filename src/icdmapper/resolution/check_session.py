"""What the page of the second check shows and may do next: queue, filter, cursor. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from icdmapper.model.checks import Opinion
from icdmapper.model.events import Act
from icdmapper.model.mapping import Choice, Mapping, State, TargetRole
from icdmapper.model.names import normalise
from icdmapper.model.proposals import Proposal, ReasonKind
from icdmapper.resolution.checking import CheckRow, Queue
from icdmapper.resolution.replaying import Replayed
from icdmapper.resolution.risk import RiskReason
from icdmapper.resolution.service import WorkRow

BLIND_REASONS = frozenset({RiskReason.FREQUENT})
"""The reasons that say nothing of the decision, so that a blind checker may see them."""


@dataclass(frozen=True, slots=True)
class CheckFilter:
    """Which rows of the queue are shown; None and "" mean any. Words of `text` in any order."""

    text: str = ""
    reason: RiskReason | None = None
    only_sample: bool = False


class CheckSession:
    """One person's place in the queue of the second check."""

    def __init__(self) -> None:
        self._rows: list[CheckRow] = []
        self._done: dict[int, CheckRow] = {}
        self._texts: dict[int, str] = {}
        self._filter = CheckFilter()
        self._visible: tuple[CheckRow, ...] = ()
        self._cursor = 0
        self.left_out = 0
        self.own = 0

    @property
    def visible(self) -> tuple[CheckRow, ...]:
        """The rows that pass the filter, the riskiest first."""
        return self._visible

    @property
    def total(self) -> int:
        """How many rows wait for this person."""
        return len(self._rows)

    @property
    def cursor(self) -> int:
        """The position of the row in focus among the visible ones."""
        return self._cursor

    @property
    def current(self) -> CheckRow | None:
        """The row in focus."""
        return self._visible[self._cursor] if self._cursor < len(self._visible) else None

    def was_spoken_of(self, replayed: Replayed) -> bool:
        """Whether a remark on the row in focus was taken back, or made again."""
        focused = self.current.row.local if self.current else None
        return replayed.of is Act.COMMENTED and replayed.local == focused

    def set_queue(self, queue: Queue, texts: dict[int, str]) -> None:
        """Show a freshly read queue with its `searchable` texts; the row in focus stays."""
        self._rows = list(queue.rows)
        self._done.clear()
        self._texts = texts
        self.left_out, self.own = queue.left_out, queue.own
        self._apply()

    def set_filter(self, wanted: CheckFilter) -> None:
        """Show only the rows that pass."""
        self._filter = wanted
        self._apply()

    def move_to(self, position: int) -> CheckRow | None:
        """Put a visible row in focus, stopping at the ends."""
        self._cursor = max(0, min(position, len(self._visible) - 1))
        return self.current

    def go_to(self, local_id: int) -> CheckRow | None:
        """Put the row of a local code in focus, if it is visible."""
        for number, one in enumerate(self._visible):
            if one.row.local.id == local_id:
                return self.move_to(number)
        return None

    def remove(self, local_id: int) -> CheckRow | None:
        """A row is done: the next one takes its place."""
        for number, row in enumerate(self._rows):
            if row.row.local.id == local_id:
                self._done[local_id] = self._rows.pop(number)
                break
        at = next((n for n, one in enumerate(self._visible) if one.row.local.id == local_id), None)
        if at is not None:
            self._visible = (*self._visible[:at], *self._visible[at + 1 :])
            self.move_to(self._cursor - (at < self._cursor))
        return self.current

    def put_back(self, mappings: Sequence[Mapping]) -> bool:
        """Show rows again whose check was taken back; False when the queue has to be read anew."""
        if any(
            one.local_id not in self._done or one.state not in (State.DECIDED, State.NO_COUNTERPART)
            for one in mappings
        ):
            return False
        for mapping in mappings:
            done = self._done.pop(mapping.local_id)
            self._rows.append(replace(done, row=done.row._replace(mapping=mapping)))
        self._rows.sort(key=lambda one: (-one.risk.weight, -(one.row.local.frequency or 0)))
        self._apply()
        return self.go_to(mappings[0].local_id) is not None or bool(self._visible)

    def upcoming(self, count: int) -> tuple[int, ...]:
        """The local ids after the row in focus, so that their proposals can be made ready."""
        rows = self._visible[self._cursor + 1 : self._cursor + 1 + count]
        return tuple(one.row.local.id for one in rows)

    def _apply(self) -> None:
        focused = self.current.row.local.id if self.current else None
        words = [normalise(word) for word in self._filter.text.split()]
        everything = self._filter == CheckFilter()
        self._visible = tuple(
            self._rows if everything else (one for one in self._rows if self._passes(one, words))
        )
        if focused is None or self.go_to(focused) is None:
            self.move_to(0)

    def _passes(self, one: CheckRow, words: Sequence[str]) -> bool:
        wanted = self._filter
        if wanted.reason and wanted.reason not in one.risk.reasons:
            return False
        if wanted.only_sample and not one.in_sample:
            return False
        text = self._texts.get(one.row.local.id, "")
        return all(word in text for word in words)


def searchable(queue: Queue) -> dict[int, str]:
    """What each row is found by; made off the thread of a screen."""
    return {
        one.row.local.id: (
            f"{one.row.local.code.lower()}\n{normalise(one.row.local.name)}\n"
            f"{one.row.local.initials}"
        )
        for one in queue.rows
    }


def masked(row: WorkRow) -> WorkRow:
    """The row as a blind checker sees it: the decision is not there, only its version.

    "No counterpart" is a state and an answer, so every row is said to be just decided.
    """
    mapping = row.mapping
    unsaid = Mapping(mapping.local_id, state=State.DECIDED, version=mapping.version)
    return row._replace(mapping=unsaid)


def masked_proposal(proposal: Proposal) -> Proposal:
    """The proposal without what was learned from decisions, which may be this very one."""
    candidates, companions = (
        tuple(
            replace(
                one,
                reasons=tuple(each for each in one.reasons if each.kind is not ReasonKind.MEMORY),
            )
            for one in shown
        )
        for shown in (proposal.candidates, proposal.companions)
    )
    return replace(proposal, candidates=candidates, companions=companions)


def same_answer(mapping: Mapping, choice: Choice) -> bool:
    """Whether a choice says what the decision says about its main target."""
    return choice.relation is mapping.relation and main_of(mapping) == main_of(choice)


def main_of(answer: Mapping | Choice | Opinion) -> int | None:
    """The reference entry an answer names as its main target."""
    mains = [one.reference_id for one in answer.targets if one.role is TargetRole.MAIN]
    return mains[0] if mains else None
