"""Hints, good news and errors: one panel at the top of the page, never a window in the way."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal
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
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
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
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        notices.posted.connect(self._on_posted)
        notices.cleared.connect(self.hide)
        self.hide()

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
        self.show()
        if notice.kind == "problem":
            self._timer.stop()
        else:
            self._timer.start(_SECONDS_SHOWN * 1000)
