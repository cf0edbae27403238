"""Log set-up: a rotating file and, for the console, warnings on standard error."""

from __future__ import annotations

import logging
import logging.handlers
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class OneLineFormatter(logging.Formatter):
    """Keeps every record on one line, so that a value cannot forge a second record."""

    def format(self, record: logging.LogRecord) -> str:
        """Escape line ends and control characters of the message; a traceback stays readable."""
        record = logging.makeLogRecord(record.__dict__)
        record.msg = "".join(
            character if character.isprintable() else f"\\x{ord(character):02x}"
            for character in record.getMessage()
        )
        record.args = None
        return super().format(record)


def set_up(folder: Path, *, verbose: bool = False) -> None:
    """Send everything from INFO to the file and warnings to standard error."""
    root = logging.getLogger("icdmapper")
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    tear_down()
    file = logging.handlers.RotatingFileHandler(
        folder / "icdmapper.log", maxBytes=5_000_000, backupCount=5, encoding="utf-8", delay=True
    )
    console = logging.StreamHandler()
    console.setLevel(logging.DEBUG if verbose else logging.WARNING)
    for handler in (file, console):
        handler.setFormatter(OneLineFormatter(_FORMAT))
        root.addHandler(handler)


def tear_down() -> None:
    """Close the log; what is logged later goes nowhere."""
    root = logging.getLogger("icdmapper")
    for handler in root.handlers[:]:
        root.removeHandler(handler)
        handler.close()
