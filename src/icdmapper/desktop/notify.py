"""Hints, good news and errors: one panel on the page, never a window in the way."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from icdmapper import paths
from icdmapper.desktop import theme
from icdmapper.desktop.widgets.labels import label, set_look
from icdmapper.model.errors import (
    ConflictError,
    IcdMapperError,
    ProjectError,
    RefusedError,
    SourceUnavailableError,
    UnreadableSourceError,
)
from icdmapper.texts import N_, _

_SECONDS_SHOWN = 6
"""Good news goes away by itself; a problem stays until somebody has read it."""

_STANDING, _LYING = (12, 8, 8, 8), (12, 3, 6, 3)
_BESIDE_WORDS, _SHARE = 104, 66
"""Pixels for the drawing, the cross and the margins; per cent of the page it may be wide."""

_ADVICE: tuple[tuple[type[Exception], str], ...] = (
    (ConflictError, N_("The row has been read again; look at it and decide anew.")),
    (RefusedError, N_("Nothing was changed.")),
    (
        UnreadableSourceError,
        N_("Nothing was stored. Choose the right sheet or encoding, or save the file as xlsx."),
    ),
    (SourceUnavailableError, N_("Nothing was stored. Check the connection and try again.")),
    (ProjectError, N_("Keep a copy of the project file before you try anything else.")),
)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to say. `kind` is hint, done or problem; `advice` says what to do."""

    kind: str
    text: str
    advice: str = ""


class Notices(QObject):
    """Where pages say something to the person; the window shows it."""

    posted = Signal(object)
    cleared = Signal()

    def hint(self, text: str, advice: str = "") -> None:
        """Something worth knowing."""
        self.posted.emit(Notice("hint", text, advice))

    def done(self, text: str, advice: str = "") -> None:
        """Something that went well."""
        self.posted.emit(Notice("done", text, advice))

    def error(self, error: Exception) -> None:
        """Something that went wrong, with what to do."""
        self.posted.emit(notice_of(error))

    def clear(self) -> None:
        """What was said no longer matters."""
        self.cleared.emit()


def notice_of(error: Exception) -> Notice:
    """An error as people read it: what happened and what to do."""
    if not isinstance(error, IcdMapperError):
        return Notice(
            "problem",
            _("The program made a mistake: {error}").format(error=type(error).__name__),
            _("What you decided is saved. The details are in {folder}.").format(
                folder=paths.log_folder()
            ),
        )
    advice = next((text for kind, text in _ADVICE if isinstance(error, kind)), "")
    return Notice("problem", str(error), _(advice) if advice else "")


class NoticePanel(QFrame):
    """Shows the latest notice; Escape or the cross puts it away."""

    _ICONS = {"hint": ("info", "accent"), "done": ("done", "same"), "problem": ("warning", "wrong")}  # noqa: RUF012 - a constant

    def __init__(self, notices: Notices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(*_STANDING)
        row.setSpacing(10)
        self._drawing = QLabel()
        self._text = label(wrap=True, copy=True)
        self._advice = label(look="muted", wrap=True, copy=True)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._text)
        words.addWidget(self._advice)
        self._close = QPushButton(theme.icon("close", "muted"), "")
        self._close.setProperty("look", "flat")
        self._close.setAccessibleName(_("Close"))
        self._close.clicked.connect(self.hide)
        row.addWidget(self._drawing)
        row.addLayout(words, 1)
        row.addWidget(self._close)
        self._column: QVBoxLayout | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        notices.posted.connect(self._on_posted)
        notices.cleared.connect(self.hide)
        self.hide()

    def lie_over(self, column: QVBoxLayout) -> None:
        """Stand at the head of a column when there is a problem, else lie over the status bar.

        What goes away by itself must not move the page: a coder undoes many times a day, and each
        time the rows would jump down and up again below the eyes.
        """
        self._column = column
        column.insertWidget(0, self)
        if (area := column.parentWidget()) is not None:
            area.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: stay in the corner when the window changes its size."""
        if event.type() is QEvent.Type.Resize and self._lies and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    @property
    def _lies(self) -> bool:
        return self._column is not None and self._column.indexOf(self) < 0

    def _stand_or_lie(self, kind: str) -> None:
        column = self._column
        if column is None:
            return
        lies = kind != "problem"
        self._row.setContentsMargins(*_LYING if lies else _STANDING)
        if lies:
            column.removeWidget(self)
            self._place()
        else:
            column.insertWidget(0, self)

    def _place(self) -> None:
        area = self._column.parentWidget() if self._column is not None else None
        if area is None or self._column is None:
            return
        window = area.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        metrics = self.fontMetrics()
        words = max(metrics.horizontalAdvance(one.text()) for one in (self._text, self._advice))
        width = min(words + _BESIDE_WORDS, area.width() * _SHARE // 100)
        height = self._row.totalHeightForWidth(width)
        left = area.mapTo(window, QPoint(self._column.contentsMargins().left(), 0)).x()
        self.setGeometry(left, window.height() - height - 2, width, height)
        self.raise_()

    @property
    def text(self) -> str:
        """What is said now."""
        return f"{self._text.text()} {self._advice.text()}".strip() if self.isVisible() else ""

    def _on_posted(self, notice: Notice) -> None:
        name, role = self._ICONS[notice.kind]
        self._drawing.setPixmap(theme.icon(name, role).pixmap(20, 20))
        self._text.setText(notice.text)
        self._advice.setText(notice.advice)
        self._advice.setVisible(bool(notice.advice))
        self.setAccessibleName(f"{notice.text} {notice.advice}")
        set_look(self, "notice", notice.kind)
        self._stand_or_lie(notice.kind)
        self.show()
        if self._lies:
            # Its words are as high as they are only once it is shown.
            self._place()
        if notice.kind == "problem":
            self._timer.stop()
        else:
            self._timer.start(_SECONDS_SHOWN * 1000)
