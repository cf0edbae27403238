"""One line to say why an answer is contested; where the work is, never a window in the way."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QWidget

from icdmapper.desktop import theme
from icdmapper.desktop.widgets.labels import label
from icdmapper.texts import _


class DisputeBar(QFrame):
    """Hidden until D is pressed; Enter opens the dispute, Escape forgets it."""

    opened = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("notice", "hint")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(10)
        self._question = label()
        self._reason = QLineEdit()
        self._reason.setPlaceholderText(_("What a clinician has to settle, and why"))
        self._reason.setAccessibleName(_("Reason for the dispute"))
        self._send = QPushButton(_("Open the dispute  Enter"))
        self._send.setProperty("look", "primary")
        self._close = QPushButton(theme.icon("close", "muted"), "")
        self._close.setProperty("look", "flat")
        self._close.setAccessibleName(_("Close"))
        row.addWidget(self._question)
        row.addWidget(self._reason, 1)
        row.addWidget(self._send)
        row.addWidget(self._close)
        self._reason.returnPressed.connect(self._on_send)
        self._send.clicked.connect(lambda _on=False: self._on_send())
        self._close.clicked.connect(lambda _on=False: self._leave())
        self.hide()

    def begin(self, code: str, name: str) -> None:
        """Ask for the reason of a row's dispute."""
        self._question.setText(_("Dispute {code} {name}:").format(code=code, name=name))
        self._reason.clear()
        self.show()
        self._reason.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def end(self) -> None:
        """Another row is in focus, or the dispute is open."""
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Escape forgets it."""
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
            return
        super().keyPressEvent(event)

    def _on_send(self) -> None:
        if self._reason.text().strip():
            self.opened.emit(self._reason.text().strip())
        else:
            self._reason.setFocus()

    def _leave(self) -> None:
        self.hide()
        self.left.emit()
