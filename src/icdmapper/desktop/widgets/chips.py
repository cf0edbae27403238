"""Filter chips: a row of choices, one or none of which is on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLayout,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from icdmapper.desktop.widgets.flow import FlowLayout


class ChipRow(QWidget):
    """A row of chips of which at most one is on; `chosen` carries its value, None for none.

    With `required`, one is always on; a row that `wraps` goes on in the next line when it is full.
    """

    chosen = Signal(object)

    def __init__(
        self,
        choices: Sequence[tuple[Any, str]],
        *,
        required: bool = False,
        wraps: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._required = required
        self._value: Any = choices[0][0] if required else None
        self._chips: dict[Any, QPushButton] = {}
        self._flow = FlowLayout(spacing=6) if wraps else None
        row: QLayout = self._flow or QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self.setLayout(row)
        high = QSizePolicy.Policy.Minimum if wraps else QSizePolicy.Policy.Fixed
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, high)
        policy.setHeightForWidth(wraps)
        self.setSizePolicy(policy)
        # In a group Tab stops once, at the chip that is on. Where none need be on, a group would
        # keep the keyboard from all but one of them.
        group = QButtonGroup(self) if required else None
        for value, word in choices:
            chip = QPushButton(word)
            chip.setProperty("look", "chip")
            chip.setCheckable(True)
            chip.setChecked(required and value == self._value)
            chip.setCursor(Qt.CursorShape.PointingHandCursor)
            chip.clicked.connect(lambda _on=False, value=value: self._on_chip_clicked(value))
            if group is not None:
                group.addButton(chip)
            self._chips[value] = chip
            row.addWidget(chip)

    def flow_with(self, before: Sequence[QWidget], after: Sequence[QWidget] = ()) -> None:
        """Let other widgets stand in the same lines as the chips of a row that wraps."""
        assert self._flow is not None
        for at, part in enumerate(before):
            self._flow.insert(at, part)
        for part in after:
            self._flow.addWidget(part)

    def sizeHint(self) -> QSize:
        """Qt: one line, if there is room for one."""
        if self._flow is None:
            return super().sizeHint()
        width = self._flow.line_width()
        return QSize(width, self._flow.heightForWidth(width))

    @property
    def value(self) -> Any:
        """The value of the chip that is on."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Turn a chip on without telling anybody."""
        self._value = value
        for other, chip in self._chips.items():
            chip.setChecked(other == value)

    def let_none_be_on(self) -> None:
        """For the moment none applies, also where one is required; `set_value` ends it."""
        self._value = None
        group = next(iter(self._chips.values())).group()
        if group is not None:
            group.setExclusive(False)
        for chip in self._chips.values():
            chip.setChecked(False)
        if group is not None:
            group.setExclusive(True)

    def set_word(self, value: Any, word: str) -> None:
        """Change what a chip says, such as its count."""
        self._chips[value].setText(word)

    def set_tip(self, value: Any, tip: str) -> None:
        """Say more about a chip to who rests on it."""
        self._chips[value].setToolTip(tip)

    def set_visible(self, value: Any, *, visible: bool) -> None:
        """Hide a choice that makes no sense here."""
        self._chips[value].setVisible(visible)

    def focus_first(self) -> None:
        """Bring the keyboard to the chips."""
        wanted = self._chips.get(self._value) or next(iter(self._chips.values()))
        wanted.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _on_chip_clicked(self, value: Any) -> None:
        if value == self._value and not self._required:
            self.set_value(None)
        else:
            self.set_value(value)
        self.chosen.emit(self._value)
