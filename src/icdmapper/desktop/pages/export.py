"""Release: how complete the mapping is, and the files for the HIS, for people, for the audit."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop import theme, wording
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.preview import preview
from icdmapper.desktop.tasks import Lane, Task
from icdmapper.desktop.widgets.empty import EmptyState
from icdmapper.desktop.widgets.figures import Figures
from icdmapper.desktop.widgets.keys import Key, bind
from icdmapper.desktop.widgets.labels import label, surface
from icdmapper.desktop.widgets.progress import ProgressStrip
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.export.rules import Readiness
from icdmapper.export.service import ExportReport
from icdmapper.export.writers import ExportedFile
from icdmapper.model.marks import Tone
from icdmapper.texts import N_, _


class ExportPage(Page):
    """Readiness, a folder, a button, and what was written."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._report: ExportReport | None = None
        self._writing: Task | None = None
        self._build_ui()
        self._keys = (
            Key(("Ctrl+Return",), N_("write the files"), self._export.click),
            Key(("Ctrl+O",), N_("choose a folder"), self._choose.click),
        )
        self._connect()
        self.refresh()

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the release."""
        return self._keys

    def activate(self) -> None:
        """Count again; the folder gets the keyboard."""
        self.refresh()
        self._folder.setFocus(Qt.FocusReason.OtherFocusReason)

    def refresh(self) -> None:
        """Count again what is decided and what is open."""
        export = self._desk.services.export
        self._desk.tasks.start(
            lambda _task: export.readiness(),
            owner=self,
            on_done=self._show_readiness,
            lane=Lane.LOOKUP,
        )

    def _build_ui(self) -> None:
        self._figures = Figures(
            [
                _("codes mapped"),
                _("of last year's discharges"),
                _("open"),
                _("no counterpart"),
                _("disputed or refining"),
            ]
        )
        self._sentence = label(look="muted", wrap=True)
        self._folder = QLineEdit()
        self._folder.setAccessibleName(_("Folder for the files"))
        self._choose = QPushButton(theme.icon("folder", "muted"), _("Choose a folder…"))
        self._export = QPushButton(_("Write the files"))
        self._export.setProperty("look", "primary")
        self._export.setToolTip("Ctrl+Enter")
        self._strip = ProgressStrip()
        self._model: RowTableModel[ExportedFile] = RowTableModel(_file_columns(), self)
        self._files = RowTable(self._model)
        self._files.setAccessibleName(_("Files"))
        self._written = label(copy=True)
        self._open = QPushButton(_("Open the folder"))
        empty = EmptyState(
            icon="export",
            title=_("Nothing written yet"),
            sentence=_("Open codes are exported as open, so a table can be tried at any time."),
        )
        shown = QWidget()
        self._stack = QStackedLayout(shown)
        self._stack.addWidget(empty)
        self._stack.addWidget(self._result_part())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self._figures)
        column.addWidget(self._sentence)
        column.addWidget(self._sheet())
        column.addWidget(shown, 1)
        documents = QStandardPaths.StandardLocation.DocumentsLocation
        default = Path(QStandardPaths.writableLocation(documents)) / "icdmapper"
        self._folder.setText(self._desk.memory.text("export_folder", str(default)))

    def _result_part(self) -> QWidget:
        """What was written, and where."""
        part = QWidget()
        result = QVBoxLayout(part)
        result.setContentsMargins(0, 0, 0, 0)
        result.setSpacing(8)
        foot = QHBoxLayout()
        foot.addWidget(self._written, 1)
        foot.addWidget(self._open)
        result.addLayout(foot)
        result.addWidget(self._files, 1)
        return part

    def _sheet(self) -> QWidget:
        """What is written, where to, and the button."""
        sheet = surface()
        inside = QVBoxLayout(sheet)
        inside.setContentsMargins(16, 14, 16, 14)
        inside.setSpacing(10)
        inside.addWidget(label(_("Mapping table"), look="section"))
        inside.addWidget(
            label(
                _(
                    "mapping.csv for programs, mapping.xlsx for people, manifest.json with counts, "
                    "editions and the SHA-256 of each. They appear together in a new folder."
                ),
                look="muted",
                wrap=True,
            )
        )
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._folder, 1)
        row.addWidget(self._choose)
        row.addWidget(self._export)
        inside.addLayout(row)
        inside.addWidget(self._strip)
        return sheet

    def _connect(self) -> None:
        bind(self._keys, self)
        self._choose.clicked.connect(self._on_choose_clicked)
        self._export.clicked.connect(self._on_export_clicked)
        self._open.clicked.connect(self._on_open_clicked)
        self._strip.cancelled.connect(self._on_cancelled)
        self._folder.returnPressed.connect(self._export.click)
        self._desk.changes.mappings_changed.connect(lambda _ids: self._on_mappings_changed())
        self._desk.changes.code_sets_changed.connect(self.refresh)

    def _show_readiness(self, found: Readiness) -> None:
        mapped = f"{wording.number(found.decided)} / {wording.number(found.total)}"
        unsettled = found.disputed + found.refining
        self._figures.show_values(
            [
                (mapped, Tone.PLAIN),
                (wording.share(found.frequency_decided, found.frequency_total), Tone.PLAIN),
                (wording.number(found.open), Tone.MISSING if found.open else Tone.SAME),
                (wording.number(found.no_counterpart), Tone.PLAIN),
                (wording.number(unsettled), Tone.WRONG if unsettled else Tone.PLAIN),
            ]
        )
        self._export.setEnabled(bool(found.total))
        self._sentence.setText(
            _("{count} codes are still open; the table says so for each of them.").format(
                count=wording.number(found.open)
            )
            if found.open
            else ""
        )
        self._sentence.setVisible(bool(found.open))

    def _on_mappings_changed(self) -> None:
        if self.isVisible():
            self.refresh()

    def _on_choose_clicked(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, _("Choose a folder"), self._folder.text())
        if chosen:
            self._folder.setText(chosen)

    def _on_export_clicked(self) -> None:
        text = self._folder.text().strip()
        if not text or self._writing is not None:
            return
        export, by, folder = self._desk.services.export, self._desk.person, Path(text).expanduser()
        self._desk.memory.keep("export_folder", text)
        self._desk.notices.clear()
        self._strip.begin(_("Writing…"))
        self._writing = self._desk.tasks.start(
            lambda task: export.export(folder, by=by, progress=task.report),
            owner=self,
            on_done=self._on_exported,
        )
        self._writing.progressed.connect(self._strip.advance)
        self._writing.ended.connect(self._on_writing_ended)

    def _on_exported(self, report: ExportReport) -> None:
        self._report = report
        self._model.set_rows(report.files)
        self._written.setText(
            _("{rows} rows in {folder}").format(
                rows=wording.number(report.rows), folder=report.folder
            )
        )
        self._stack.setCurrentIndex(1)
        self._desk.notices.done(_("The files are written."))

    def _on_writing_ended(self) -> None:
        self._writing = None
        self._strip.end()

    def _on_cancelled(self) -> None:
        if self._writing is not None:
            self._writing.cancel()

    def _on_open_clicked(self) -> None:
        if self._report is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._report.folder)))


def _file_columns() -> tuple[Column[ExportedFile], ...]:
    name: Column[ExportedFile] = Column(N_("File"), lambda one: one.name, width=200)
    size: Column[ExportedFile] = Column(
        N_("Bytes"), lambda one: f"{one.size:,}", width=120, right=True
    )
    sha256: Column[ExportedFile] = Column("SHA-256", lambda one: one.sha256, code=True, muted=True)
    return name, size, sha256


if __name__ == "__main__":
    raise SystemExit(preview(ExportPage))
