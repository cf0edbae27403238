"""What the window remembers between starts: sizes, columns, theme, the last project."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSettings

from icdmapper import paths

SCALE = "scale"
"""Under this name the wanted size of the window is remembered, in per cent; "" as the system."""


class Memory:
    """Window state only; what a hospital chooses is in the settings file."""

    def __init__(self) -> None:
        file = paths.config_folder() / "window.ini"
        self._store = QSettings(str(file), QSettings.Format.IniFormat)

    def text(self, name: str, default: str = "") -> str:
        """A remembered word."""
        value = self._store.value(name, default)
        return value if isinstance(value, str) else default

    def state(self, name: str) -> QByteArray:
        """A remembered geometry or column state; empty when there is none."""
        value = self._store.value(name)
        return value if isinstance(value, QByteArray) else QByteArray()

    def keep(self, name: str, value: str | QByteArray) -> None:
        """Remember a word or a state."""
        self._store.setValue(name, value)

    def flush(self) -> None:
        """Write what was remembered to disk."""
        self._store.sync()
