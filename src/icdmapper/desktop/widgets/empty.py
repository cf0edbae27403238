"""What a page shows when it has nothing to show: why, and what to do next."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from icdmapper.desktop import theme
from icdmapper.desktop.widgets.labels import label

_ROOM_FOR_DRAWING = 210
"""From this height on there is room for more than words."""


class EmptyState(QWidget):
    """A drawing, a title, a sentence, and at most one button."""

    wanted = Signal()

    def __init__(
        self,
        *,
        icon: str,
        title: str,
        sentence: str,
        button: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        column = self._column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addStretch(1)
        self._icon = icon
        self._drawing = QLabel()
        self._drawing.setPixmap(theme.icon(icon, "muted").pixmap(48, 48))
        self._title = label(title, look="section", wrap=True)
        self._sentence = label(sentence, look="muted", wrap=True)
        for part in (self._drawing, self._title, self._sentence):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(part)
        self._sentence.setVisible(bool(sentence))
        self._button = QPushButton(button)
        self._button.setProperty("look", "primary")
        self._button.clicked.connect(lambda _on=False: self.wanted.emit())
        column.addSpacing(8)
        column.addWidget(self._button, alignment=Qt.AlignmentFlag.AlignCenter)
        self._button.setVisible(bool(button))
        column.addStretch(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: in a low place the words come before the drawing."""
        super().resizeEvent(event)
        roomy = self.height() >= _ROOM_FOR_DRAWING
        self._drawing.setVisible(roomy)
        self._column.setContentsMargins(*(24, 24, 24, 24) if roomy else (12, 4, 12, 4))

    def take_keyboard(self) -> None:
        """Bring the keyboard to the button, if there is one."""
        if not self._button.isHidden():
            self._button.setFocus(Qt.FocusReason.OtherFocusReason)

    def say(self, title: str, sentence: str, button: str = "") -> None:
        """Explain another emptiness."""
        self._title.setText(title)
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))
        self._button.setText(button)
        self._button.setVisible(bool(button))
