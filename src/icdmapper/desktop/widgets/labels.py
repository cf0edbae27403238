"""Words on the screen: labels in the few looks the style sheet knows, badges, marked names."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from icdmapper.desktop import theme
from icdmapper.model.marks import Run, Tone


class Wrapped(QLabel):
    """A text on as many lines as it needs, which remembers how high it is at each width.

    Nested layouts ask that hundreds of times while one row of the workbench takes the place of
    another, and a plain label lays its text out anew each time.
    """

    def __init__(self, text: str = "") -> None:
        self._heights: dict[int, int] = {}
        super().__init__(text)
        self.setWordWrap(True)

    def setText(self, text: str) -> None:
        """Qt: another text has other heights."""
        self._heights.clear()
        super().setText(text)

    def clear(self) -> None:
        """Qt: no text has heights of its own too."""
        self.setText("")

    def heightForWidth(self, width: int) -> int:
        """Qt: how high the text is."""
        height = self._heights.get(width)
        if height is None:
            height = self._heights[width] = super().heightForWidth(width)
        return height

    def setContentsMargins(self, *margins: Any) -> None:
        """Qt: the room around the text counts too."""
        self._heights.clear()
        super().setContentsMargins(*margins)

    def changeEvent(self, event: QEvent) -> None:
        """Qt: so do the font and the style sheet."""
        self._heights.clear()
        super().changeEvent(event)


class Filling(Wrapped):
    """A text that takes the width which is left beside others, and asks for none of its own.

    To say which width it would like, a label lays its text out six times.
    """

    def sizeHint(self) -> QSize:
        """Qt: one line, as wide as may be."""
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        """Qt: one line."""
        margins = self.contentsMargins()
        return QSize(0, self.fontMetrics().height() + margins.top() + margins.bottom())


def filling(*, look: str = "") -> Filling:
    """A plain text that wraps at the width which is left."""
    made = Filling()
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("look", look)
    return made


def label(text: str = "", *, look: str = "", wrap: bool = False, copy: bool = False) -> QLabel:
    """A plain text; `copy` lets people select it with the mouse."""
    made = Wrapped(text) if wrap else QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if look:
        made.setProperty("look", look)
    if copy:
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


class OneLine(QLabel):
    """A text on one line that gives way to what stands beside it, cut with an ellipsis.

    Who uses it puts the whole into its tip. While it wraps it is a label as any other.
    """

    def __init__(self, text: str = "", *, look: str = "") -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        if look:
            self.setProperty("look", look)

    @property
    def shown(self) -> str:
        """As much of the text as there is room for."""
        room = self.contentsRect().width()
        if self.wordWrap() or self.fontMetrics().horizontalAdvance(self.text()) <= room:
            return self.text()
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)

    def minimumSizeHint(self) -> QSize:
        """Qt: no width of its own."""
        least = super().minimumSizeHint()
        return least if self.wordWrap() else QSize(0, least.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt: the text, or its beginning."""
        shown = self.shown
        if shown == self.text():
            super().paintEvent(event)
            return
        painter = QPainter(self)
        ground: QRect = self.contentsRect()
        self.style().drawItemText(
            painter,
            ground,
            int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter),
            self.palette(),
            self.isEnabled(),
            shown,
            self.foregroundRole(),
        )


def marked_label(*, pixels: int, bold: bool = False) -> QLabel:
    """A label for a name whose differences are marked; fill it with `marked`."""
    made = Filling()
    made.setTextFormat(Qt.TextFormat.RichText)
    made.setFont(theme.sans(pixels, bold=bold))
    made.setStyleSheet(f"font-size: {pixels}px;")
    made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
    return made


def code_label(*, pixels: int = 13) -> QLabel:
    """A label for a code."""
    made = label(look="muted", copy=True)
    made.setFont(theme.mono(pixels))
    made.setStyleSheet(f"font-size: {pixels}px;")
    return made


def badge(text: str = "", tone: Tone = Tone.PLAIN) -> QLabel:
    """A word on a coloured ground."""
    made = label(text)
    made.setProperty("badge", True)
    made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
    set_tone(made, tone)
    return made


def key_cap(text: str) -> QLabel:
    """A key as it looks on the keyboard."""
    made = label(text)
    made.setProperty("key", True)
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
    return made


def line() -> QFrame:
    """A hairline between two parts."""
    made = QFrame()
    made.setProperty("line", True)
    return made


def surface() -> QFrame:
    """A sheet on which a group of things lies."""
    made = QFrame()
    made.setProperty("surface", True)
    return made


def set_tone(widget: QWidget, tone: Tone) -> None:
    """Colour a label after what it says."""
    set_look(widget, "tone", tone.value)


def set_look(widget: QWidget, name: str, value: object) -> None:
    """Change a property the style sheet looks at."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def marked(runs: Iterable[Run], *, quiet: bool = False) -> str:
    """A name with its runs coloured; `quiet` leaves what is shared unmarked.

    What contradicts is underlined too: red and green are one colour to some eyes.
    """
    table = theme.colours()
    colours = {
        Tone.SAME: (table.same, table.same_soft),
        Tone.MISSING: (table.missing, table.missing_soft),
        Tone.WRONG: (table.wrong, table.wrong_soft),
    }
    if quiet:
        del colours[Tone.SAME]
    parts: list[str] = []
    for run in runs:
        text = html.escape(run.text).replace(" ", "&nbsp;")
        if run.tone in colours:
            front, back = colours[run.tone]
            line = ";text-decoration:underline" if run.tone is Tone.WRONG else ""
            text = f'<span style="color:{front};background-color:{back}{line}">{text}</span>'
        parts.append(text)
    return "".join(parts)
