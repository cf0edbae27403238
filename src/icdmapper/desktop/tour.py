"""Three cards for somebody who sees the program for the first time; never in the way of the keys.

The cards take no keyboard: F1 goes on to the next, and after the last they are gone.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsDropShadowEffect,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop.memory import Memory
from icdmapper.desktop.widgets.labels import key_cap, label
from icdmapper.texts import N_, _

_SEEN = "tour_seen"
_WIDTH, _NARROW = 400, 200
_LEFT, _ABOVE = 196, 86
"""Where a page has nothing to spare: beside the navigation, above the key hints."""

_CARDS = (
    (
        N_("One code after another"),
        N_(
            "↑ and ↓ choose a local code, 1–9 a candidate. Enter accepts, saves at once and goes"
            " on to the next code. U takes anything back."
        ),
    ),
    (
        N_("The colours say why"),
        N_(
            "Green: both names say it. Amber: only one of them does. Red: they contradict. The most"
            " frequent codes come first; B accepts all safe ones together."
        ),
    ),
    (
        N_("When it does not fit"),
        N_(
            "F: the local code is finer. C: it is coarser. N: there is no counterpart. D: let a"
            " clinician settle it. Ctrl+K finds everything else."
        ),
    ),
)


Spare = Callable[[], QWidget | None]


class Tour(QFrame):
    """Lies over what the page in front can spare; where there is nothing, over its lower left."""

    def __init__(self, window: QWidget, memory: Memory, spare: Spare) -> None:
        super().__init__(window)
        self._spare = spare
        self.setProperty("surface", True)
        self._window = window
        self._memory = memory
        self._at = 0
        self._title = label(look="section")
        self._text = label(wrap=True)
        self._count = label(look="small")
        self._next = QPushButton()
        self._next.setProperty("look", "primary")
        self._skip = QPushButton(_("Skip"))
        self._skip.setProperty("look", "flat")
        for button in (self._next, self._skip):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self._count, 1)
        foot.addWidget(self._skip)
        foot.addWidget(key_cap("F1"))
        foot.addWidget(self._next)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 14, 18, 14)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addSpacing(4)
        column.addLayout(foot)
        shadow = QGraphicsDropShadowEffect(self)
        shadow.setBlurRadius(28)
        shadow.setOffset(0, 6)
        self.setGraphicsEffect(shadow)
        self._next.clicked.connect(lambda _on=False: self.step())
        self._skip.clicked.connect(lambda _on=False: self.end())
        window.installEventFilter(self)
        self.hide()

    def offer(self) -> None:
        """Begin, unless this person has seen it."""
        if not self._memory.text(_SEEN):
            self.begin()

    def begin(self) -> None:
        """Show the first card."""
        self._show(0)

    def step(self) -> None:
        """The next card; after the last one nothing, and from nothing the first."""
        if not self.isVisible():
            self.begin()
        elif self._at + 1 < len(_CARDS):
            self._show(self._at + 1)
        else:
            self.end()

    def follow(self) -> None:
        """Another page is in front: lie over what that one can spare, once it is laid out."""
        if self.isVisible():
            QTimer.singleShot(0, self, self._place)

    def end(self) -> None:
        """Put the cards away for good; F1 brings them back."""
        self._memory.keep(_SEEN, "yes")
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: stay in the corner when the window changes its size; Escape puts the card away.

        Only an Escape that nothing else has a use for comes as far as the window.
        """
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Escape
            and self.isVisible()
        ):
            self.end()
            return True
        return super().eventFilter(watched, event)

    def _show(self, at: int) -> None:
        self._at = at
        title, text = _CARDS[at]
        self._title.setText(_(title))
        self._text.setText(_(text))
        self._count.setText(f"{at + 1} / {len(_CARDS)}")
        last = at + 1 == len(_CARDS)
        self._next.setText(_("Begin") if last else _("Next"))
        self._skip.setVisible(not last)
        self.setAccessibleName(f"{_(title)}. {_(text)}")
        self._place()
        self.show()
        self.raise_()

    def _place(self) -> None:
        spare = self._spare()
        inner = self.layout()
        if spare is None or not spare.isVisible():
            height = inner.totalHeightForWidth(_WIDTH) if inner else self.sizeHint().height()
            self.setGeometry(_LEFT, self._window.height() - height - _ABOVE, _WIDTH, height)
            return
        width = min(max(spare.width(), _NARROW), _WIDTH)
        height = inner.totalHeightForWidth(width) if inner else self.sizeHint().height()
        corner = spare.mapTo(self._window, spare.rect().bottomRight())
        self.setGeometry(corner.x() - width + 1, corner.y() - height + 1, width, height)
