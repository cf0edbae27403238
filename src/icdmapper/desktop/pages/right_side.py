"""The right side of the workbench: the row in focus, or rows that are acted on together."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.bulk import BulkPanel
from icdmapper.desktop.pages.passing import PassingPanel
from icdmapper.resolution.session import ReviewSession
from icdmapper.texts import _


class RightSide(QStackedWidget):
    """One of three: the row in focus, all filtered rows, or the rows like the one in focus."""

    left = Signal()
    """The person went back to the row in focus."""

    def __init__(self, desk: Desk, row: QWidget, session: ReviewSession) -> None:
        super().__init__()
        self._notices = desk.notices
        self._session = session
        self.bulk = BulkPanel(desk, self)
        self.passing = PassingPanel(desk, self)
        for panel in (row, self.bulk, self.passing):
            self.addWidget(panel)
        self.bulk.left.connect(self.leave)
        self.passing.left.connect(self.leave)

    @property
    def is_aside(self) -> bool:
        """Whether something else than the row in focus is shown."""
        return self.currentIndex() > 0

    @property
    def is_passing(self) -> bool:
        """Whether an answer is being passed on."""
        return self.currentWidget() is self.passing

    def on_row(self, act: Callable[[], None]) -> Callable[[], None]:
        """`act` for as long as the row in focus is what one sees; else a word instead of it.

        A key must never change a row that something else lies in front of.
        """

        def guarded() -> None:
            if self.is_aside:
                self._notices.hint(_("Esc goes back to the row first; this key is for one row."))
            else:
                act()

        return guarded

    def begin_bulk(self) -> None:
        """Look at all filtered rows together."""
        self.setCurrentWidget(self.bulk)
        self.bulk.begin([row.local.id for row in self._session.visible])

    def begin_passing(self) -> None:
        """Look at the rows that could take the answer of the row in focus."""
        self.setCurrentWidget(self.passing)
        self.passing.begin(self._session.current)

    def follow(self) -> None:
        """The filter, the rows or the row in focus changed."""
        if self.is_passing:
            self.passing.begin(self._session.current)
        elif self.is_aside:
            self.bulk.show_ids([row.local.id for row in self._session.visible])

    def leave(self) -> None:
        """Go back to the row in focus."""
        if self.is_aside:
            self.bulk.end()
            self.setCurrentIndex(0)
            self.left.emit()
