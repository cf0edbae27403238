"""When Python looks for garbage in cycles: between two acts of a person, never in the middle.

Left to itself the interpreter does it while a large list is read, and every such look stops the
whole program, the window included, for a third of a second with 27,000 rows. The values that are
read hold no cycles and go away without it.
"""

from __future__ import annotations

import gc
import time

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

_EVERY_MS = 1000
_FEW, _MANY = 2_000, 60_000
"""New objects since the last look: below the first it is not worth it, and above the second they
are rows that were read, set aside without looking at each."""
_FULL_SECONDS = 120.0


class Tidying(QObject):
    """Takes over from the interpreter for as long as the program runs."""

    def __init__(self, app: QGuiApplication) -> None:
        super().__init__(app)
        self._app = app
        self._last_full = time.monotonic()
        self._wanted = False
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self.tidy)
        self._timer.start()

    def want(self) -> None:
        """Something large was left: the next look is a thorough one.

        What was set aside before it became garbage would else stay until the person goes away.
        """
        self._wanted = True

    def tidy(self) -> None:
        """One look; a thorough one when the person works in another program meanwhile."""
        new = gc.get_count()[0]
        away = self._app.applicationState() is not Qt.ApplicationState.ApplicationActive
        if self._wanted or (away and time.monotonic() - self._last_full > _FULL_SECONDS):
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            self._wanted = False
            self._last_full = time.monotonic()
        elif new > _MANY:
            gc.freeze()
        elif new > _FEW:
            gc.collect(1)

    def stop(self) -> None:
        """Hand it back to the interpreter."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()
