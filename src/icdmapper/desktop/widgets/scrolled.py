"""What may be higher than its place: scrolled up and down, never squeezed or cut off sideways."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QWidget

_LEAST_PIXELS = 72
"""A title and two lines."""


def scrolled(inside: QWidget) -> QScrollArea:
    """An area that shows a part of `inside`; the keyboard stays with the fields in it."""
    area = QScrollArea()
    _put_into(area, inside)
    return area


class SnugArea(QScrollArea):
    """As high as what is in it where there is room for that, else scrolled."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__()
        self._inside = inside
        _put_into(self, inside)
        self.setMinimumHeight(_LEAST_PIXELS)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def sizeHint(self) -> QSize:
        """Qt: the height of what is in it at its width."""
        hint = super().sizeHint()
        high = self._inside.heightForWidth(self.viewport().width())
        return QSize(hint.width(), max(high, _LEAST_PIXELS)) if high >= 0 else hint

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: at another width its words take more or fewer lines."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()


def _put_into(area: QScrollArea, inside: QWidget) -> None:
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inside)
