"""The right side of the workbench: the row in focus, or rows that are acted on together."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

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
    accepted = Signal(object, object)
    """`BulkPanel.accepted`."""
    passed_on = Signal(tuple)
    """`PassingPanel.changed`."""

    def __init__(self, desk: Desk, row: QWidget, session: ReviewSession) -> None:
        super().__init__()
        self._desk = desk
        self._session = session
        self.addWidget(row)

    @cached_property
    def bulk(self) -> BulkPanel:
        """All filtered rows together; made when it is first wanted, since every start would wait
        for it.
        """
        panel = BulkPanel(self._desk, self)
        panel.accepted.connect(self.accepted)
        self._put_aside(panel)
        return panel

    @cached_property
    def passing(self) -> PassingPanel:
        """The rows like the one in focus; made when it is first wanted, too."""
        panel = PassingPanel(self._desk, self)
        panel.changed.connect(self.passed_on)
        self._put_aside(panel)
        return panel

    def _put_aside(self, panel: BulkPanel | PassingPanel) -> None:
        panel.left.connect(self.leave)
        self.addWidget(panel)

    @property
    def is_aside(self) -> bool:
        """Whether something else than the row in focus is shown."""
        return self.currentIndex() > 0

    @property
    def is_passing(self) -> bool:
        """Whether an answer is being passed on."""
        return isinstance(self.currentWidget(), PassingPanel)

    def on_row(self, act: Callable[[], None]) -> Callable[[], None]:
        """`act` for as long as the row in focus is what one sees; else a word instead of it.

        A key must never change a row that something else lies in front of.
        """

        def guarded() -> None:
            if self.is_aside:
                self._desk.notices.hint(
                    _("Esc goes back to the row first; this key is for one row.")
                )
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
            if not self.is_passing:
                self.bulk.end()
            self.setCurrentIndex(0)
            self.left.emit()
