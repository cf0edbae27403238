"""Opening a dispute from the workbench: the row, the reason, what the coder would say instead."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.dispute_bar import DisputeBar
from icdmapper.desktop.pages.judgements import Judgements
from icdmapper.desktop.pages.row import RowPanel
from icdmapper.model.errors import RefusedError
from icdmapper.model.mapping import Choice, Mapping
from icdmapper.resolution.check_session import same_answer
from icdmapper.resolution.session import ReviewSession


class Contest(DisputeBar):
    """Asks why, and lets the service open the dispute of the row that was in focus then."""

    contested = Signal(object)
    """The mapping that is disputed now."""
    refused = Signal(object)
    """Mappings that somebody else had changed meanwhile."""

    def __init__(
        self, desk: Desk, session: ReviewSession, row: RowPanel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._row = row
        self._mapping: Mapping | None = None
        self._instead: Choice | None = None
        self._judgements = Judgements(desk, self)
        self._judgements.disputed.connect(self._on_disputed)
        self._judgements.changed.connect(self.refused)
        self.opened.connect(self._on_opened)

    def begin_row(self) -> None:
        """Ask why the row in focus is disputed; what is chosen on it becomes an option.

        A heading does not: that nothing else fits is itself what is disputed.
        """
        row = self._session.current
        if row is None:
            return
        self._mapping = row.mapping
        try:
            chosen = self._row.pending_choice()
        except RefusedError:
            chosen = None
        same = chosen is not None and same_answer(row.mapping, chosen)
        self._instead = None if same or self._is_heading(chosen) else chosen
        self.begin(row.local.code, row.local.name)

    def _is_heading(self, chosen: Choice | None) -> bool:
        candidate = self._session.candidate
        return bool(chosen and chosen.targets and candidate and candidate.heading)

    def _on_opened(self, reason: str) -> None:
        if self._mapping is not None:
            self._judgements.dispute(self._mapping, reason, self._instead)

    def _on_disputed(self, mapping: Mapping) -> None:
        self.end()
        self.left.emit()
        self.contested.emit(mapping)
