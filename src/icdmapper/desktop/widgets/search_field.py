"""A search field that speaks when the typing pauses."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from icdmapper.desktop import theme


class SearchField(QLineEdit):
    """Emits `searched` once the typing pauses, `left` on Escape, `stepped` on Up and Down."""

    searched = Signal(str)
    left = Signal()
    stepped = Signal(int)

    def __init__(
        self, placeholder: str, *, pause_ms: int = 80, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        self.setProperty("look", "search")
        self.setClearButtonEnabled(True)
        self.addAction(theme.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(pause_ms)
        self._timer.timeout.connect(lambda: self.searched.emit(self.text()))
        self.textChanged.connect(lambda _text: self._timer.start())

    @property
    def is_pausing(self) -> bool:
        """Whether something typed has not been said yet."""
        return self._timer.isActive()

    def flush(self) -> None:
        """Say what was typed now, without waiting for the pause."""
        if self._timer.isActive():
            self._timer.stop()
            self.searched.emit(self.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Escape leaves, Up and Down step through what was found."""
        match event.key():
            case Qt.Key.Key_Escape:
                self.left.emit()
            case Qt.Key.Key_Up:
                self.stepped.emit(-1)
            case Qt.Key.Key_Down:
                self.stepped.emit(1)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.flush()
                super().keyPressEvent(event)
            case _:
                super().keyPressEvent(event)
