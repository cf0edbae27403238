"""A field that looks entries of the reference up while one types."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.looking_up import Found, look_up
from icdmapper.desktop.tasks import Lane, Latest
from icdmapper.desktop.widgets.labels import filling
from icdmapper.desktop.widgets.search_field import SearchField
from icdmapper.model.codes import CodeSystem
from icdmapper.texts import _

_FOUND = 6


class ReferenceSearch(QWidget):
    """Hidden until it is begun; Enter keeps what is in focus, Escape takes everything back."""

    found = Signal(object)
    """The entries found; none when the search was given up."""
    stepped = Signal(int)
    left = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._system = CodeSystem.RC020
        self._answered = ""
        self._taking = False
        self._search = Latest(desk.tasks, self, Lane.COMPUTE)
        self._field = SearchField(_("Search the reference: code, name or pinyin initials"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._field)
        self._hint = filling(look="muted")
        column.addWidget(self._hint)
        self._hint.hide()
        self._field.searched.connect(self._on_searched)
        self._field.stepped.connect(self.stepped)
        self._field.returnPressed.connect(self._on_taken)
        self._field.left.connect(self._on_left)
        self.hide()

    def begin(self, system: CodeSystem) -> None:
        """Open the search in one reference set."""
        self._system = system
        self.show()
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._field.selectAll()

    def end(self) -> None:
        """Close it; what was found stays as it is."""
        self._search.drop()
        self.hide()
        self._field.clear()
        self._taking = False
        self._say("")

    def _on_searched(self, text: str) -> None:
        self._taking = False
        if self.isHidden():
            return
        if not text.strip():
            self._search.drop()
            self._say("")
            return
        services, system = self._desk.services, self._system
        self._search.ask(
            lambda _task: look_up(services, text, system=system, limit=_FOUND), self._on_found
        )

    def _on_found(self, found: Found) -> None:
        self._answered = found.text
        self._say(found.hint)
        self.found.emit(found.entries)
        if self._taking:
            self._on_taken()

    def _say(self, hint: str) -> None:
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))

    def _on_taken(self) -> None:
        """Keep what is in focus; when it is still being looked for, wait, so that it stays."""
        wanted = self._field.text().strip()
        self._taking = bool(wanted) and self._answered != wanted
        if self._taking:
            return
        self.hide()
        self.left.emit()

    def _on_left(self) -> None:
        self.end()
        self.found.emit(())
        self.left.emit()
