"""The settings as a form: every one that is declared, with its help, checked before it is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from icdmapper import texts
from icdmapper.desktop.memory import SCALE, Memory
from icdmapper.desktop.widgets.labels import label, surface
from icdmapper.desktop.widgets.numbers import in_line
from icdmapper.settings import Settings
from icdmapper.texts import N_, _

_SCALES = ("", "100", "125", "150", "175", "200")
_LANGUAGES = {"zh_CN": "简体中文", "en": "English"}
_NAMES = {
    "language": N_("Language"),
    "person": N_("Person"),
    "hospital": N_("Hospital"),
    "hospital_id": N_("Organisation code"),
    "release_coverage": N_("Coverage of a release"),
    "release_months": N_("Months of a release"),
    "candidate_limit": N_("Candidates"),
    "import_seconds": N_("Seconds of an import"),
    "import_memory_mb": N_("Megabytes of an import"),
    "aliases_file": N_("Alias table"),
    "print_font": N_("Font for printing"),
}
_WIDE = 420


class SettingsForm(QWidget):
    """Theme and size at once or from the next start; the settings when they are stored."""

    stored = Signal(object)
    """The settings as they are to be."""
    theme_wanted = Signal(str)

    def __init__(self, memory: Memory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._memory = memory
        self._chosen = Settings()
        self._fields: dict[str, tuple[QWidget, Callable[[], Any]]] = {}
        self._rows = QFormLayout()
        self._rows.setHorizontalSpacing(16)
        self._rows.setVerticalSpacing(12)
        self._store = QPushButton(_("Store  Ctrl+Enter"))
        self._store.setProperty("look", "primary")
        self._store.clicked.connect(lambda _on=False: self.store())
        self._build_ui()

    def show_settings(self, chosen: Settings) -> None:
        """Fill the fields."""
        self._chosen = chosen
        for entry in fields(Settings):
            self._set(self._fields[entry.name][0], getattr(chosen, entry.name))

    def store(self) -> None:
        """Hand the settings on as they stand in the fields."""
        values = {name: read() for name, (_field, read) in self._fields.items()}
        self.stored.emit(replace(self._chosen, **values))

    def focus_first(self) -> None:
        """Bring the keyboard to the first field."""
        self._theme.setFocus()

    def _build_ui(self) -> None:
        self._theme = _combo(
            [("system", _("as the system")), ("light", _("light")), ("dark", _("dark"))],
            self._memory.text("theme", "system"),
        )
        self._theme.activated.connect(lambda _at: self.theme_wanted.emit(self._theme.currentData()))
        self._scale = _combo(
            [(one, f"{one} %" if one else _("as the system")) for one in _SCALES],
            self._memory.text(SCALE),
        )
        self._scale.activated.connect(
            lambda _at: self._memory.keep(SCALE, self._scale.currentData())
        )
        self._row(_("Colours"), self._theme, _("Takes effect at once."))
        self._row(_("Scale"), self._scale, _("Takes effect when the program starts again."))
        for entry in fields(Settings):
            field, read = self._field(entry.name, entry.default)
            self._fields[entry.name] = (field, read)
            word = _(_NAMES[entry.name]) if entry.name in _NAMES else entry.name
            help_text = entry.metadata["help"]
            self._row(word, field, _(help_text))
        inside = QWidget()
        inside.setProperty("clear", True)
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 14, 16, 14)
        column.addLayout(self._rows)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inside)
        sheet = surface()
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 0, 16, 4)
        foot.addWidget(self._store)
        foot.addStretch(1)
        inner = QVBoxLayout(sheet)
        inner.setContentsMargins(1, 1, 1, 10)
        inner.setSpacing(10)
        inner.addWidget(area, 1)
        inner.addLayout(foot)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(sheet)

    def _row(self, word: str, field: QWidget, help_text: str) -> None:
        field.setAccessibleName(word)
        field.setAccessibleDescription(help_text)
        field.setMaximumWidth(_WIDE)
        beside = QVBoxLayout()
        beside.setSpacing(3)
        beside.addWidget(field)
        beside.addWidget(label(help_text, look="small", wrap=True))
        self._rows.addRow(label(word), beside)

    def _field(self, name: str, default: Any) -> tuple[QWidget, Callable[[], Any]]:
        """A field for a setting of this type, and how to read it."""
        if name == "language":
            combo = _combo([(one, _LANGUAGES[one]) for one in texts.LANGUAGES], default)
            return combo, combo.currentData
        if isinstance(default, float):
            share = in_line(QDoubleSpinBox())
            share.setRange(0, 1)
            share.setSingleStep(0.01)
            return share, lambda: round(share.value(), 4)
        if isinstance(default, int):
            number = in_line(QSpinBox())
            number.setRange(1, 100_000)
            return number, number.value
        line = QLineEdit()
        return line, lambda: line.text().strip()

    def _set(self, field: QWidget, value: Any) -> None:
        match field:
            case QComboBox():
                field.setCurrentIndex(max(field.findData(value), 0))
            case QLineEdit():
                field.setText(value)
            case QSpinBox() | QDoubleSpinBox():
                field.setValue(value)


def _combo(choices: list[tuple[str, str]], chosen: str) -> QComboBox:
    made = QComboBox()
    for value, word in choices:
        made.addItem(word, value)
    made.setCurrentIndex(max(made.findData(chosen), 0))
    return made
