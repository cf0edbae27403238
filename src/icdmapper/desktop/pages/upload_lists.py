"""The lists of the upload page: reasons, codes that hold records, packages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.widgets.chips import ChipRow
from icdmapper.desktop.widgets.labels import surface
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.model.marks import Tone
from icdmapper.model.sending import PackageState, StoredPackage
from icdmapper.texts import N_, _
from icdmapper.texts.words import (
    day_word,
    held_word,
    kind_word,
    package_state_word,
    trouble_word,
)

if TYPE_CHECKING:
    from icdmapper.upload.holes import UnknownCode
    from icdmapper.upload.nights import Nights

REASONS, CODES, PACKAGES = range(3)
_KIND, _FIRST_SEEN = 2, 5
_ROOM_FOR_KIND = 560
"""The column of the kind, and from which width on there is room for it."""
_TITLES = (N_("Reasons"), N_("Codes"), N_("Packages"))
_PACKAGE_TONES = {
    PackageState.ACCEPTED: Tone.SAME,
    PackageState.REJECTED: Tone.WRONG,
    PackageState.UNKNOWN: Tone.WRONG,
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why records did not arrive: held here, or rejected there."""

    held: bool
    sentence: str
    records: int


class ListsPanel(QWidget):
    """One of three lists at a time; `send_wanted` asks to give the codes to the coders."""

    send_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.reasons: RowTableModel[Reason] = RowTableModel(_reason_columns(), self)
        self.codes: RowTableModel[UnknownCode] = RowTableModel(_code_columns(), self)
        self.packages: RowTableModel[StoredPackage] = RowTableModel(_package_columns(), self)
        self._chips = ChipRow([(at, _(title)) for at, title in enumerate(_TITLES)], required=True)
        self.send = QPushButton(_("Send codes to the worklist"))
        self.send.setProperty("look", "primary")
        self.send.setToolTip("Ctrl+Enter")
        self._stack = QStackedWidget()
        models: Sequence[RowTableModel[Any]] = (self.reasons, self.codes, self.packages)
        self._tables = [RowTable(model) for model in models]
        for table, title in zip(self._tables, _TITLES, strict=True):
            table.setAccessibleName(_(title))
            self._stack.addWidget(table)
        sheet = surface()
        column = QVBoxLayout(sheet)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(6)
        head = QHBoxLayout()
        head.addWidget(self._chips)
        head.addStretch(1)
        head.addWidget(self.send)
        column.addLayout(head)
        column.addWidget(self._stack, 1)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(sheet)
        self._chips.chosen.connect(self._show_list)
        self.send.clicked.connect(lambda _on=False: self.send_wanted.emit())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: in a narrow list the name and the reason keep their room."""
        super().resizeEvent(event)
        roomy = self.width() >= _ROOM_FOR_KIND
        for at in (_KIND, _FIRST_SEEN):
            self._tables[CODES].make_room(at, enough=roomy)

    def open(self, which: int) -> None:
        """Show one of the lists, the keyboard in it."""
        self._chips.set_value(which)
        self._show_list(which)
        self._tables[which].setFocus()

    def show_nights(self, found: Nights, reason: Callable[[str], str]) -> None:
        """Fill the lists; `reason` says why records are held, in words."""
        self.reasons.set_rows(_reasons(found, reason))
        self.codes.set_rows(found.codes)
        self.packages.set_rows(found.packages)
        counts = (len(self.reasons.rows), len(found.codes), len(found.packages))
        for at, (title, count) in enumerate(zip(_TITLES, counts, strict=True)):
            self._chips.set_word(at, f"{_(title)} {count:,}")
        self.send.setEnabled(bool(found.codes))

    def _show_list(self, which: int) -> None:
        self._stack.setCurrentIndex(which)


def _reasons(found: Nights, reason: Callable[[str], str]) -> tuple[Reason, ...]:
    held: Iterable[tuple[str, int]] = sorted(found.status.held.items(), key=lambda one: -one[1])
    rejected = [
        Reason(
            False,
            " · ".join(filter(None, (trouble_word(one.trouble), one.code)))
            or _("the platform gave no reason; its feedback page has it"),
            one.records,
        )
        for one in found.rejections
    ]
    return (*rejected, *(Reason(True, reason(why), count) for why, count in held))


def _reason_columns() -> tuple[Column[Reason], ...]:
    return (
        Column(
            N_("What"), lambda one: day_word("held" if one.held else "rejected"), width=96,
            tone=lambda one: Tone.MISSING if one.held else Tone.WRONG,
        ),
        Column(N_("Reason"), lambda one: one.sentence),
        Column(N_("Records"), lambda one: f"{one.records:,}", width=90, right=True),
    )  # fmt: skip


def _code_columns() -> tuple[Column[UnknownCode], ...]:
    return (
        Column(N_("Local code"), lambda one: one.code, width=84, code=True, muted=True),
        Column(N_("Name"), lambda one: one.name),
        Column(N_("Kind"), lambda one: kind_word(one.kind.value), width=56, worded=True),
        Column(N_("Reason"), lambda one: held_word(one.reason), width=88, worded=True),
        Column(N_("Records"), lambda one: f"{one.records:,}", width=56, right=True),
        Column(N_("First seen"), lambda one: f"{one.first_seen.astimezone():%Y-%m-%d}", width=88),
    )


def _package_columns() -> tuple[Column[StoredPackage], ...]:
    return (
        Column(N_("Package"), lambda one: one.name, code=True),
        Column(N_("Records"), lambda one: f"{one.records:,}", width=70, right=True),
        Column(
            N_("State"), lambda one: package_state_word(one.state.value), width=170,
            tone=lambda one: _PACKAGE_TONES.get(one.state, Tone.ACCENT),
        ),
        Column(N_("Grade"), _grade, width=60, right=True),
        Column(N_("Below standard"), _below, width=110, right=True),
    )  # fmt: skip


def _grade(one: StoredPackage) -> str:
    return "" if one.feedback is None or one.feedback.grade is None else str(one.feedback.grade)


def _below(one: StoredPackage) -> str:
    """Records below the storage standard."""
    grades = one.feedback.grades if one.feedback is not None else None
    return f"{grades[0]:,}" if grades is not None and grades[0] else ""
