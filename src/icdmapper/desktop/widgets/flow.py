"""A layout that goes on in the next line when the row is full."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QWidget


class FlowLayout(QLayout):
    """Places its widgets from left to right and breaks lines like a text."""

    def __init__(self, *, spacing: int, top: bool = False, parent: QWidget | None = None) -> None:
        """With `top`, what is lower than its line stands at its top, not in its middle."""
        super().__init__(parent)
        self._top = top
        self._entries: list[QLayoutItem] = []
        self.setSpacing(spacing)
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        """Qt: take one more item."""
        self._entries.append(item)

    def insert(self, at: int, widget: QWidget) -> None:
        """Put a widget before those from `at` on."""
        self.addWidget(widget)
        self._entries.insert(at, self._entries.pop())

    def count(self) -> int:
        """Qt: how many items."""
        return len(self._entries)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Qt: one item."""
        return self._entries[index] if 0 <= index < len(self._entries) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Qt: give one item away."""
        return self._entries.pop(index) if 0 <= index < len(self._entries) else None

    def line_width(self) -> int:
        """How wide it would be with everything in one line."""
        widths = [item.sizeHint().width() for item in self._entries if not _is_hidden(item)]
        return sum(widths) + self.spacing() * max(len(widths) - 1, 0)

    def expandingDirections(self) -> Qt.Orientation:
        """Qt: none."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """Qt: narrower means higher."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Qt: how high for a width."""
        return self._place(QRect(0, 0, width, 0), moving=False)

    def setGeometry(self, rect: QRect) -> None:
        """Qt: place everything."""
        super().setGeometry(rect)
        self._place(rect, moving=True)

    def sizeHint(self) -> QSize:
        """Qt: as small as it can be."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """Qt: room for the widest item."""
        size = QSize()
        for item in self._entries:
            size = size.expandedTo(item.minimumSize())
        return size

    def _place(self, rect: QRect, *, moving: bool) -> int:
        y = rect.y()
        for line in self._lines(rect.width()):
            hints = [_hint(item, rect.width()) for item in line]
            height = max(hint.height() for hint in hints)
            x = rect.x()
            for item, hint in zip(line, hints, strict=True):
                if moving:
                    below = 0 if self._top else (height - hint.height()) // 2
                    item.setGeometry(QRect(QPoint(x, y + below), hint))
                x += hint.width() + self.spacing()
            y += height + self.spacing()
        return max(y - self.spacing() - rect.y(), 0)

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        """The visible items, broken into lines."""
        lines: list[list[QLayoutItem]] = []
        room = 0
        for item in self._entries:
            if _is_hidden(item):
                continue
            needed = _hint(item, width).width()
            if not lines or needed > room:
                lines.append([])
                room = width
            lines[-1].append(item)
            room -= needed + self.spacing()
        return lines


def flowing(parts: Iterable[QWidget], *, spacing: int = 10) -> QWidget:
    """A widget with these parts one after the other, as high as its lines."""
    made = QWidget()
    flow = FlowLayout(spacing=spacing, parent=made)
    for part in parts:
        flow.addWidget(part)
    policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    made.setSizePolicy(policy)
    return made


def _is_hidden(item: QLayoutItem) -> bool:
    widget = item.widget()
    return widget is not None and widget.isHidden()


def _hint(item: QLayoutItem, width: int) -> QSize:
    """The size of an item; what breaks lines itself has a whole line at the most."""
    hint = item.sizeHint()
    if hint.width() > width and item.hasHeightForWidth():
        return QSize(width, item.heightForWidth(width))
    return hint
