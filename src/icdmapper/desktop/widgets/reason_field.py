"""The field for the note or the reason that is kept with an answer."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget


class ReasonField(QLineEdit):
    """Emits `left` on Escape; on Enter too, and then `entered`, for the button beside it says so.

    What an input method has not committed yet keeps both keys for itself.
    """

    left = Signal()
    entered = Signal()

    def __init__(self, placeholder: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(name)
        self.returnPressed.connect(self.left)
        self.returnPressed.connect(self.entered)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Escape goes back to the list, with what was written."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
