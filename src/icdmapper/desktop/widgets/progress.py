"""A strip that shows how far a long piece of work is, with a way to stop it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from icdmapper.desktop.widgets.labels import label
from icdmapper.texts import _


class ProgressStrip(QWidget):
    """A title, a bar, a count and Cancel; hidden while nothing runs."""

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self._title = label(look="muted")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setMinimumWidth(120)
        self._count = label(look="muted")
        self._stop = QPushButton(_("Cancel"))
        self._stop.setProperty("look", "flat")
        self._stop.clicked.connect(self._on_stop_clicked)
        row.addWidget(self._title)
        row.addWidget(self._bar, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._count)
        row.addWidget(self._stop)
        self.hide()

    def begin(self, title: str) -> None:
        """Show that something runs whose length is not known yet."""
        self._title.setText(title)
        # A bar repaints at once where its range changes, and with it all that waits to be painted,
        # before it has found its place.
        self._bar.setUpdatesEnabled(False)
        self._bar.setRange(0, 0)
        self._bar.setUpdatesEnabled(True)
        self._bar.setAccessibleName(title)
        self._count.setText("")
        self._stop.setEnabled(True)
        self.show()

    def advance(self, done: int, total: int) -> None:
        """Show how far it is."""
        self._bar.setRange(0, max(total, 1))
        self._bar.setValue(done)
        self._count.setText(f"{done:,} / {total:,}" if total > 1 else "")

    def end(self) -> None:
        """Nothing runs any more."""
        self.hide()

    def _on_stop_clicked(self) -> None:
        self._stop.setEnabled(False)
        self._title.setText(_("Stopping…"))
        self.cancelled.emit()
