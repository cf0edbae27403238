"""Release: the gate, what changes, a numbered and signed package; beside it a trial table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from icdmapper.bootstrap import Services
from icdmapper.desktop import wording
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.export import ExportPage
from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.pages.release_parts import (
    DifferencePanel,
    GatePanel,
    HistoryPanel,
    ReleaseForm,
    ReleaseWanted,
)
from icdmapper.desktop.preview import preview
from icdmapper.desktop.tasks import Lane, Latest, Task
from icdmapper.desktop.widgets.chips import ChipRow
from icdmapper.desktop.widgets.keys import Key, KeyHints, bind
from icdmapper.desktop.widgets.labels import label
from icdmapper.desktop.widgets.scrolled import scrolled
from icdmapper.export.difference import Difference
from icdmapper.export.releasing import ReleaseReport
from icdmapper.export.rules import GateItem
from icdmapper.export.signing import SigningKey
from icdmapper.model.releases import Release
from icdmapper.texts import N_, _

_RELEASE, _TABLE = 0, 1


@dataclass(frozen=True, slots=True)
class _Found:
    """What is read for the page."""

    gate: tuple[GateItem, ...]
    difference: Difference
    releases: tuple[Release, ...]


class ReleasePage(Page):
    """Two sides: the release, and a table to try without one."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._folder: Path | None = None
        self._making: Task | None = None
        self._reading = Latest(desk.tasks, self, Lane.COMPUTE)
        self._sides = ChipRow([(_RELEASE, _("Release")), (_TABLE, _("Trial table"))], required=True)
        self._gate = GatePanel()
        self._form = ReleaseForm()
        self._difference = DifferencePanel()
        self._history = HistoryPanel()
        self._table: ExportPage | None = None
        self._keys = (
            Key(("Ctrl+Return",), N_("make the release"), self._form.send, shown="Ctrl+Enter"),
            Key(("Ctrl+O",), N_("choose a folder"), self._on_folder_wanted),
            Key(("R",), N_("rehearsal"), self._form.rehearsal.toggle),
            Key(("X",), N_("added, removed, changed"), self._difference.next_kind),
            Key(("K",), N_("copy the public key"), self._on_key_wanted),
        )
        self._switch = (Key(("S",), N_("release or trial table"), self._on_switch),)
        self._build_ui()
        self._connect()

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the side that is shown."""
        if self._table is not None and self._stack.currentIndex() == _TABLE:
            return (*self._table.keys, *self._switch)
        return (*self._keys, *self._switch)

    def activate(self) -> None:
        """Read again; the keyboard goes to the list, so that single keys work."""
        if self._table is not None and self._stack.currentIndex() == _TABLE:
            self._table.activate()
            return
        self.refresh()
        self._difference.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def refresh(self) -> None:
        """Read the gate, the difference and the releases again."""
        services, rehearsal = self._desk.services, self._form.rehearsal.isChecked()
        self._reading.ask(lambda _task: _read(services, rehearsal=rehearsal), self._show)

    def _build_ui(self) -> None:
        self._result = label(copy=True, wrap=True)
        self._open = QPushButton(_("Open the folder"))
        self._done = QWidget()
        done = QHBoxLayout(self._done)
        done.setContentsMargins(2, 0, 0, 0)
        done.addWidget(self._result, 1)
        done.addWidget(self._open)
        self._done.hide()
        self._side = side = QWidget()
        side.setProperty("clear", True)
        grid = QGridLayout()
        grid.setSpacing(10)
        grid.addWidget(self._gate, 0, 0)
        grid.addWidget(self._form, 0, 1)
        grid.addWidget(self._difference, 1, 0)
        grid.addWidget(self._history, 1, 1)
        grid.setRowStretch(1, 1)
        grid.setColumnStretch(0, 7)
        grid.setColumnStretch(1, 5)
        inside = QVBoxLayout(side)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(10)
        inside.addWidget(self._done)
        inside.addLayout(grid, 1)
        inside.addWidget(KeyHints((*self._keys, *self._switch)))
        self._stack = QStackedWidget()
        # A low window scrolls: no sentence of the gate and no button may be cut.
        self._stack.addWidget(scrolled(side))
        head = QHBoxLayout()
        head.addWidget(self._sides)
        head.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(self._stack, 1)
        documents = QStandardPaths.StandardLocation.DocumentsLocation
        default = str(Path(QStandardPaths.writableLocation(documents)) / "icdmapper")
        tomorrow = datetime.now().astimezone().date() + timedelta(days=1)
        self._form.begin(self._desk.memory.text("release_folder", default), tomorrow)

    def _connect(self) -> None:
        bind(self._keys, self._side)
        bind(self._switch, self)
        self._sides.chosen.connect(self._show_side)
        self._form.wanted.connect(self._on_wanted)
        self._form.rehearsal_changed.connect(lambda _on: self.refresh())
        self._form.folder_wanted.connect(self._on_folder_wanted)
        self._form.strip.cancelled.connect(self._on_cancelled)
        self._gate.page_wanted.connect(self._desk.changes.page_wanted)
        self._history.key_wanted.connect(self._on_key_wanted)
        self._open.clicked.connect(lambda _on=False: self._on_open())
        self._desk.changes.mappings_changed.connect(lambda _ids: self._on_changed())
        self._desk.changes.code_sets_changed.connect(self._on_changed)

    def _show(self, found: _Found) -> None:
        last = found.releases[0] if found.releases else None
        self._gate.show_items(found.gate)
        self._difference.show_difference(found.difference, last)
        self._history.show_releases(found.releases)
        ready = not any(item.stops for item in found.gate)
        self._form.show_next(last.version + 1 if last else 1, ready=ready)

    def _show_side(self, side: int) -> None:
        if side == _TABLE and self._table is None:
            self._table = ExportPage(self._desk)
            self._stack.addWidget(self._table)
        self._stack.setCurrentIndex(side)
        self.activate()

    def _on_switch(self) -> None:
        side = _RELEASE if self._stack.currentIndex() == _TABLE else _TABLE
        self._sides.set_value(side)
        self._show_side(side)

    def _on_changed(self) -> None:
        if self.isVisible():
            self.refresh()

    def _on_folder_wanted(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, _("Choose a folder"), self._form.folder)
        if chosen:
            self._form.set_folder(chosen)

    def _on_wanted(self, wanted: ReleaseWanted) -> None:
        if self._making is not None:
            return
        releases, by = self._desk.services.releases, self._desk.person
        self._desk.memory.keep("release_folder", self._form.folder)
        self._desk.notices.clear()
        self._form.strip.begin(_("Writing…"))
        self._making = self._desk.tasks.start(
            lambda task: releases.make(
                wanted.folder,
                valid_from=wanted.valid_from,
                by=by,
                note=wanted.note,
                rehearsal=wanted.rehearsal,
                progress=task.report,
            ),
            owner=self,
            on_done=self._on_made,
        )
        self._making.progressed.connect(self._form.strip.advance)
        self._making.ended.connect(self._on_ended)

    def _on_made(self, report: ReleaseReport) -> None:
        self._folder = report.folder
        self._result.setText(
            _("Release {version}: {rows} rows, {changed} codes differ from the last, in {folder}")
            .format(
                version=f"{report.release.version:04d}",
                rows=wording.number(report.release.rows),
                changed=wording.number(report.difference.size),
                folder=report.folder,
            )
        )  # fmt: skip
        self._done.show()
        self._desk.notices.done(_("The release is made and signed."))
        self.refresh()

    def _on_ended(self) -> None:
        self._making = None
        self._form.strip.end()

    def _on_cancelled(self) -> None:
        if self._making is not None:
            self._making.cancel()

    def _on_key_wanted(self) -> None:
        releases = self._desk.services.releases
        self._desk.tasks.start(lambda _task: releases.key(), owner=self, on_done=self._on_key_read)

    def _on_key_read(self, key: SigningKey) -> None:
        QGuiApplication.clipboard().setText(key.public)
        self._history.show_key(key.public)
        self._desk.notices.done(
            _("The public key is on the clipboard."),
            _("The secret half is kept in: {place}").format(place=key.place),
        )

    def _on_open(self) -> None:
        if self._folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))


def _read(services: Services, *, rehearsal: bool) -> _Found:
    """Read what the page shows; off the GUI thread."""
    releases = services.releases
    return _Found(releases.gate(rehearsal=rehearsal), releases.difference(), releases.releases())


if __name__ == "__main__":
    raise SystemExit(preview(ReleasePage))
