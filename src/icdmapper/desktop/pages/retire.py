"""Retiring a code from the workbench: the row, and why it is no longer used."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from icdmapper.desktop.pages.decisions import Decisions
from icdmapper.desktop.pages.dispute_bar import ReasonBar
from icdmapper.model.mapping import Mapping
from icdmapper.resolution.session import ReviewSession
from icdmapper.texts import _


class Retire(ReasonBar):
    """Asks why, and lets the service retire the row that was in focus then."""

    def __init__(
        self, session: ReviewSession, decisions: Decisions, parent: QWidget | None = None
    ) -> None:
        super().__init__(
            hint=_("Why the hospital no longer uses it"),
            name=_("Reason for retiring the code"),
            button=_("Retire the code  Enter"),
            parent=parent,
        )
        self._session = session
        self._decisions = decisions
        self._mapping: Mapping | None = None
        self.opened.connect(self._on_opened)

    def begin_row(self) -> None:
        """Ask why the row in focus is retired."""
        row = self._session.current
        if row is not None:
            self._mapping = row.mapping
            self.ask(_("Retire {code} {name}:").format(code=row.local.code, name=row.local.name))

    def _on_opened(self, reason: str) -> None:
        if self._mapping is not None:
            self._decisions.retire(self._mapping, reason)
            self.end()
            self.left.emit()
