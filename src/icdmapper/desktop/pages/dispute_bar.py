"""One line that asks for a reason; where the work is, never a window in the way."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QWidget

from icdmapper.desktop import theme
from icdmapper.desktop.widgets.labels import label
from icdmapper.texts import _


class ReasonBar(QFrame):
    """Hidden until its key is pressed; Enter hands the reason on, Escape forgets it."""

    opened = Signal(str)
    left = Signal()

    def __init__(self, *, hint: str, name: str, button: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("notice", "hint")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(10)
        self._question = label()
        self._reason = QLineEdit()
        self._reason.setPlaceholderText(hint)
        self._reason.setAccessibleName(name)
        self._send = QPushButton(button)
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

    def ask(self, question: str) -> None:
        """Ask for a reason."""
        self._question.setText(question)
        self._reason.clear()
        self.show()
        self._reason.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def end(self) -> None:
        """Another row is in focus, or the reason has been taken."""
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


class DisputeBar(ReasonBar):
    """Asks why an answer is contested."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            hint=_("What a clinician has to settle, and why"),
            name=_("Reason for the dispute"),
            button=_("Open the dispute  Enter"),
            parent=parent,
        )

    def begin(self, code: str, name: str) -> None:
        """Ask for the reason of a row's dispute."""
        self.ask(_("Dispute {code} {name}:").format(code=code, name=name))
