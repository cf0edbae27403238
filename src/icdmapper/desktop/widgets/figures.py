"""Figures that matter, large, each with its word."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from icdmapper.desktop.widgets.labels import label, set_tone, surface
from icdmapper.model.marks import Tone


class Figures(QWidget):
    """A row of sheets with one figure each."""

    def __init__(self, words: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        self._values = []
        self._words = []
        for word in words:
            sheet = surface()
            column = QVBoxLayout(sheet)
            column.setContentsMargins(12, 10, 12, 10)
            column.setSpacing(2)
            value = label("—", look="figure")
            column.addWidget(value)
            said = label(word, look="muted", wrap=True)
            column.addWidget(said)
            self._words.append(said)
            column.addStretch(1)
            self._values.append(value)
            row.addWidget(sheet, 1)

    def set_word(self, at: int, word: str) -> None:
        """Call a figure something else."""
        self._words[at].setText(word)

    def show_values(self, values: Sequence[tuple[str, Tone]]) -> None:
        """Show one value per word, each in its tone."""
        for made, (value, tone) in zip(self._values, values, strict=True):
            made.setText(value)
            set_tone(made, tone)
