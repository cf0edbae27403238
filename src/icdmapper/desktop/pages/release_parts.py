"""Parts of the release page: the gate, the form, what changes, what was made before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop import audit_words, theme, wording
from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.widgets.chips import ChipRow
from icdmapper.desktop.widgets.empty import EmptyState
from icdmapper.desktop.widgets.flow import FlowLayout
from icdmapper.desktop.widgets.labels import badge, label, set_look, set_tone
from icdmapper.desktop.widgets.progress import ProgressStrip
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.export.difference import Change, Difference
from icdmapper.export.rules import GateItem
from icdmapper.model.marks import Tone
from icdmapper.model.releases import Release
from icdmapper.texts import N_, _
from icdmapper.texts.singular import counted
from icdmapper.texts.words import gate_sentence, state_word

_WHAT_TO_DO = {
    "no_local_list": ("import", N_("Go to Import")),
    "demonstration_sets": ("import", N_("Go to Import")),
    "coverage_low": ("workbench", N_("Go on mapping")),
    "codes_low": ("workbench", N_("Go on mapping")),
    "disputed": ("disputes", N_("Settle disputes")),
    "open": ("workbench", N_("Go on mapping")),
    "no_counterpart": ("workbench", N_("Look at them")),
}
_ITEMS = 8


@dataclass(frozen=True, slots=True)
class ReleaseWanted:
    """What the form asks for."""

    folder: Path
    valid_from: date
    note: str
    rehearsal: bool


class GatePanel(QFrame):
    """What stops a release, what its signer should know, and where to go about it."""

    page_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(label(_("Before the release"), look="section"))
        self._verdict = badge(_("looking…"))
        head.addWidget(self._verdict)
        head.addStretch(1)
        column.addLayout(head)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._rows = []
        for at in range(_ITEMS):
            mark, said, button = badge(), label(wrap=True), QPushButton()
            button.setProperty("look", "flat")
            button.clicked.connect(lambda _on=False, at=at: self._go(at))
            sides = (Qt.AlignmentFlag(0), Qt.AlignmentFlag(0), Qt.AlignmentFlag.AlignRight)
            for place, (part, side) in enumerate(zip((mark, said, button), sides, strict=True)):
                self._grid.addWidget(part, at, place, side)
                part.hide()
            self._rows.append((mark, said, button))
        column.addLayout(self._grid)
        column.addStretch(1)
        self._pages = [""] * _ITEMS

    def show_items(self, items: Sequence[GateItem]) -> None:
        """Show what the gate found, stops first."""
        stops = sum(item.stops for item in items)
        if stops:
            self._verdict.setText(counted(N_("{count} things stop it"), stops))
        else:
            self._verdict.setText(_("nothing stops it"))
        set_tone(self._verdict, Tone.WRONG if stops else Tone.SAME)
        for at, (mark, said, button) in enumerate(self._rows):
            item = items[at] if at < len(items) else None
            self._pages[at], word = _WHAT_TO_DO.get(item.code, ("", "")) if item else ("", "")
            mark.setVisible(item is not None)
            said.setVisible(item is not None)
            button.setVisible(bool(word))
            if item is None:
                continue
            mark.setText(_("stops") if item.stops else _("to know"))
            set_tone(mark, Tone.WRONG if item.stops else Tone.PLAIN)
            said.setText(gate_sentence(item.code, item.count, item.of))
            if word:
                button.setText(f"{_(word)} ›")
                button.setAccessibleName(_(word))

    def _go(self, at: int) -> None:
        if self._pages[at]:
            self.page_wanted.emit(self._pages[at])


class ReleaseForm(QFrame):
    """Number, first discharge day, note, folder; Ctrl+Enter makes the release."""

    wanted = Signal(object)
    rehearsal_changed = Signal(bool)
    folder_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        self._title = label(look="section")
        self._day = QLineEdit()
        self._note = QLineEdit()
        self._folder = QLineEdit()
        self._choose = QPushButton(theme.icon("folder", "muted"), "")
        self._choose.setAccessibleName(_("Choose a folder…"))
        self._choose.setToolTip("Ctrl+O")
        self.rehearsal = QPushButton(_("Rehearsal, for a test server only  R"))
        self.rehearsal.setProperty("look", "chip")
        self.rehearsal.setCheckable(True)
        self._make = QPushButton(_("Make the release  Ctrl+Enter"))
        self._make.setProperty("look", "primary")
        self.strip = ProgressStrip()
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(self._title)
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        rows = (
            (_("Discharges from"), self._day),
            (_("Note"), self._note),
            (_("Folder"), self._folder),
        )
        for at, (word, field) in enumerate(rows):
            field.setAccessibleName(word)
            grid.addWidget(label(word, look="muted"), at, 0)
            grid.addWidget(field, at, 1, 1, 1 if field is self._folder else 2)
        grid.addWidget(self._choose, 2, 2)
        column.addLayout(grid)
        foot = FlowLayout(spacing=8)
        foot.addWidget(self.rehearsal)
        foot.addWidget(self._make)
        column.addLayout(foot)
        column.addWidget(self.strip)
        self._day.setToolTip(_("A day such as 2026-11-03"))
        self._folder.textChanged.connect(self._folder.setToolTip)
        self._day.textChanged.connect(lambda _text: self._look_at_day())
        self._choose.clicked.connect(lambda _on=False: self.folder_wanted.emit())
        self._make.clicked.connect(lambda _on=False: self.send())
        self.rehearsal.toggled.connect(self.rehearsal_changed)

    @property
    def folder(self) -> str:
        """Where the package is written."""
        return self._folder.text().strip()

    def begin(self, folder: str, valid_from: date) -> None:
        """What stands in the form at first."""
        self._folder.setText(folder)
        self._day.setText(f"{valid_from}")

    def set_folder(self, folder: str) -> None:
        """Another folder."""
        self._folder.setText(folder)

    def show_next(self, version: int, *, ready: bool) -> None:
        """Which number the next release has, and whether the gate lets it be made."""
        self._title.setText(_("Release {version}").format(version=f"{version:04d}"))
        self._make.setEnabled(ready)

    def send(self) -> None:
        """Ask for the release, if what stands in the form can be meant."""
        valid_from = audit_words.day(self._day.text())
        if valid_from is None or not self.folder:
            (self._day if valid_from is None else self._folder).setFocus()
        elif self._make.isEnabled():
            rehearsal = self.rehearsal.isChecked()
            folder = Path(self.folder).expanduser()
            self.wanted.emit(ReleaseWanted(folder, valid_from, self._note.text(), rehearsal))

    def _look_at_day(self) -> None:
        set_look(self._day, "wrong", audit_words.day(self._day.text()) is None)


class DifferencePanel(QFrame):
    """What a release made now would change, code by code."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        self._found = Difference((), (), ())
        self._title = label(_("Against the last release"), look="section")
        self._chips = ChipRow(
            [("added", ""), ("removed", ""), ("changed", "")], required=True, wraps=True
        )
        self._chips.set_value("changed")
        self._model: RowTableModel[Change] = RowTableModel(_change_columns(), self)
        self.table = RowTable(self._model)
        self.table.setProperty("frameless", True)
        self.table.setAccessibleName(_("Against the last release"))
        self._empty = EmptyState(icon="done", title="", sentence="")
        shown = QWidget()
        self._stack = QStackedLayout(shown)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self._empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 8, 8)
        column.setSpacing(6)
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addSpacing(10)
        head.addWidget(self._chips, 1)
        column.addLayout(head)
        column.addWidget(shown, 1)
        self._chips.chosen.connect(lambda _kind: self._show())

    @property
    def rows(self) -> Sequence[Change]:
        """What is listed."""
        return self._model.rows

    def show_difference(self, found: Difference, last: Release | None) -> None:
        """Show the difference from the last release, or from nothing."""
        self._found = found
        self._title.setText(
            _("Against release {version}").format(version=f"{last.version:04d}")
            if last
            else _("The first release")
        )
        counts = (
            ("added", _("added {count}"), found.added),
            ("removed", _("removed {count}"), found.removed),
            ("changed", _("changed {count}"), found.changed),
        )
        for value, word, rows in counts:
            self._chips.set_word(value, word.format(count=wording.number(len(rows))))
        if not getattr(found, self._chips.value):
            first = next((value for value, _word, rows in counts if rows), self._chips.value)
            self._chips.set_value(first)
        self._show()

    def next_kind(self) -> None:
        """Show the next of added, removed and changed."""
        kinds = ("added", "removed", "changed")
        self._chips.set_value(kinds[(kinds.index(self._chips.value) + 1) % len(kinds)])
        self._show()

    def _show(self) -> None:
        rows = getattr(self._found, self._chips.value)
        self.table.show_rows(rows)
        self._stack.setCurrentIndex(0 if rows else 1)
        self._empty.say(_("No such difference"), "")
        if rows:
            self.table.show_row(0)


class HistoryPanel(QFrame):
    """Every release, newest first, and the key that signs them."""

    key_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        self._model: RowTableModel[Release] = RowTableModel(_release_columns(), self)
        self.table = RowTable(self._model)
        self.table.setProperty("frameless", True)
        self.table.setAccessibleName(_("Releases"))
        self._empty = EmptyState(
            icon="export",
            title=_("No release yet"),
            sentence=_("A release is numbered, signed and never changed afterwards."),
        )
        shown = QWidget()
        self._stack = QStackedLayout(shown)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.table)
        self._key = label(look="small", copy=True)
        self._key.setFont(theme.mono(12))
        self._copy = QPushButton(_("Copy the public key  K"))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 8, 8)
        column.setSpacing(6)
        column.addWidget(label(_("Releases"), look="section"))
        column.addWidget(shown, 1)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self._key, 1)
        foot.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignRight)
        column.addLayout(foot)
        self._copy.setToolTip(_("The uploader is told it once, by hand"))
        self._copy.clicked.connect(lambda _on=False: self.key_wanted.emit())

    def show_releases(self, releases: Sequence[Release]) -> None:
        """Show every release."""
        self.table.show_rows(releases)
        self._stack.setCurrentIndex(1 if releases else 0)

    def show_key(self, public: str) -> None:
        """Show the public key, which has just been copied."""
        self._key.setText(public)
        self._key.setToolTip(public)


def _change_columns() -> tuple[Column[Change], ...]:
    code: Column[Change] = Column(
        N_("Local code"), lambda one: one.code, width=104, code=True, muted=True
    )
    name: Column[Change] = Column(N_("Name"), lambda one: one.name)
    before: Column[Change] = Column(
        N_("Was"), lambda one: state_word(one.before), muted=True, optional=True
    )
    after: Column[Change] = Column(N_("Becomes"), lambda one: state_word(one.after))
    return code, name, before, after


def _release_columns() -> tuple[Column[Release], ...]:
    version: Column[Release] = Column(
        N_("No."), lambda one: f"{one.version:04d}", width=56, code=True
    )
    by: Column[Release] = Column(
        N_("Signed by"), lambda one: f"{one.made_by} · {one.made_at.astimezone():%Y-%m-%d}"
    )
    valid: Column[Release] = Column(
        N_("Discharges from"), lambda one: f"{one.valid_from}", width=100
    )
    expires: Column[Release] = Column(
        N_("Expires"), lambda one: f"{one.expires}", width=96, muted=True
    )
    rows: Column[Release] = Column(
        N_("Rows"), lambda one: wording.number(one.rows), width=62, right=True
    )
    return version, by, valid, expires, rows
