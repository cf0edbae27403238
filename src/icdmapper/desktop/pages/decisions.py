"""The workbench's dealings with the services: proposals read ahead, decisions saved one by one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QObject, Signal

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.tasks import Lane, Latest, Task
from icdmapper.model.errors import ConflictError
from icdmapper.model.mapping import Choice, Mapping
from icdmapper.model.proposals import Candidate, Proposal
from icdmapper.resolution.bulk import BulkConditions
from icdmapper.texts import _

_KEPT = 400


class ReadyProposals(QObject):
    """Proposals at hand, so that the next row is there before the key is released."""

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._matching = desk.services.matching
        self._kept: dict[int, Proposal] = {}
        self._now = Latest(desk.tasks, self)
        self._ahead = Latest(desk.tasks, self)

    def has(self, local_id: int) -> bool:
        """Whether a proposal is at hand."""
        return local_id in self._kept

    def ask(self, local_id: int, on_done: Callable[[Proposal], None]) -> None:
        """Hand over a proposal: at once when it is at hand, else when it is read."""
        kept = self._kept.get(local_id)
        if kept is not None:
            # Asked last, it is the last to be forgotten.
            self._kept[local_id] = self._kept.pop(local_id)
            self._now.drop()
            on_done(kept)
            return

        def hand_over(proposal: Proposal) -> None:
            self._keep([proposal])
            on_done(proposal)

        matching = self._matching
        self._now.ask(lambda _task: matching.proposal(local_id), hand_over)

    def read_ahead(self, local_ids: Sequence[int]) -> None:
        """Read proposals that will be asked for soon."""
        wanted = [local_id for local_id in local_ids if local_id not in self._kept]
        matching = self._matching
        if wanted:
            self._ahead.ask(
                lambda _task: [matching.proposal(local_id) for local_id in wanted], self._keep
            )

    def forget(self) -> None:
        """What is at hand is out of date."""
        self._kept.clear()
        self._now.drop()
        self._ahead.drop()

    def drop(self, local_ids: Iterable[int]) -> None:
        """These proposals were made again and are to be read when they are asked for."""
        for local_id in local_ids:
            self._kept.pop(local_id, None)

    def _keep(self, proposals: list[Proposal]) -> None:
        self._kept.update((proposal.local_id, proposal) for proposal in proposals)
        while len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]


class Decisions(QObject):
    """Saves what a person decides, one act at a time, and says what came of it."""

    decided = Signal(object)
    """The mapping that was saved."""
    changed = Signal(object)
    """Mappings that were reopened, retired or changed by somebody else."""
    accepted_in_bulk = Signal(object, object)
    """The local ids that were asked for, and the BulkResult."""

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._saving = False
        self._queued: deque[Callable[[], None]] = deque()

    @property
    def is_saving(self) -> bool:
        """Whether an act is on its way to the disk; until it is there no other begins."""
        return self._saving or self._desk.undo.is_busy

    def decide(self, choice: Choice, *, said: Callable[[Exception], bool]) -> None:
        """Save a choice; `said` tells whether the page says a refusal already."""
        resolution, by = self._desk.services.resolution, self._desk.person

        def refused(error: Exception) -> None:
            if not said(error):
                self._on_refused(error, choice.local_id)

        self._act(lambda: resolution.decide(choice, by=by), self.decided.emit, refused)

    def accept_in_bulk(self, seen: dict[int, Candidate], conditions: BulkConditions) -> None:
        """Accept the first candidates of many rows, as they were previewed, as one act."""
        resolution, by = self._desk.services.resolution, self._desk.person
        self._run(
            lambda task: resolution.accept_safe(
                by=by,
                local_ids=tuple(seen),
                conditions=conditions,
                seen=seen,
                progress=task.report,
            ),
            lambda result: self.accepted_in_bulk.emit(tuple(seen), result),
            title=_("Accepting the rows…"),
        )

    def reopen(self, mapping: Mapping) -> None:
        """Put a decided code back on the worklist."""
        resolution, by = self._desk.services.resolution, self._desk.person
        self._act(
            lambda: (resolution.reopen(mapping.local_id, seen_version=mapping.version, by=by),),
            self.changed.emit,
            lambda error: self._on_refused(error, mapping.local_id),
        )

    def retire(self, mapping: Mapping, reason: str) -> None:
        """Take a code out of use."""
        retiring, by = self._desk.services.retiring, self._desk.person
        seen = {mapping.local_id: mapping.version}
        self._act(
            lambda: retiring.retire(seen, reason=reason, by=by),
            self.changed.emit,
            lambda error: self._on_refused(error, mapping.local_id),
        )

    def _act(
        self,
        work: Callable[[], object],
        on_done: Callable[..., None],
        on_error: Callable[[Exception], None] | None = None,
    ) -> None:
        self._run(lambda _task: work(), on_done, on_error)

    def _run(
        self,
        work: Callable[[Task], object],
        on_done: Callable[..., None],
        on_error: Callable[[Exception], None] | None = None,
        *,
        title: str = "",
    ) -> None:
        """One act at a time; one with a title may be cancelled until it is on the disk."""
        if self._saving:
            return
        self._saving = True
        self._desk.notices.clear()
        task = self._desk.tasks.start(
            work,
            owner=self,
            on_done=lambda result: self._on_saved(on_done, result),
            on_error=on_error,
            title=title,
        )
        task.kept = not title
        task.ended.connect(self._on_ended)

    def _on_saved(self, on_done: Callable[..., None], result: object) -> None:
        self._saving = False
        on_done(result)

    def _on_ended(self) -> None:
        self._saving = False
        if self._queued:
            self._queued.popleft()()

    def _on_refused(self, error: Exception, local_id: int) -> None:
        """Say why; after a conflict the row is read again, as somebody else left it."""
        self._desk.notices.error(error)
        if isinstance(error, ConflictError):
            resolution = self._desk.services.resolution
            self._desk.tasks.start(
                lambda _task: resolution.work_row(local_id),
                owner=self,
                on_done=lambda row: self.changed.emit((row.mapping,)),
                lane=Lane.LOOKUP,
            )
