"""Where the project lives and how another one is reached; where the uploader is set up."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from icdmapper import __version__, paths
from icdmapper.bootstrap import Services
from icdmapper.desktop.memory import Memory
from icdmapper.desktop.widgets.labels import label, surface
from icdmapper.texts import _


class PlacesPanel(QWidget):
    """Facts to read out to whoever helps, and two ways on."""

    project_wanted = Signal(object)
    page_wanted = Signal(str)

    def __init__(self, services: Services, memory: Memory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._address = QLineEdit()
        self._address.setPlaceholderText("postgresql://icdmapper@server/icdmapper")
        self._address.setAccessibleName(_("Address of a work group's database"))
        self._open = QPushButton(_("Open"))
        self._upload = QPushButton(_("Go to Upload"))
        self._people = QPushButton(_("People and roles…"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self._connection(services))
        column.addWidget(self._uploader(memory))
        column.addWidget(self._folders())
        column.addStretch(1)
        self._open.clicked.connect(lambda _on=False: self._on_opened())
        self._address.returnPressed.connect(self._on_opened)
        self._upload.clicked.connect(lambda _on=False: self.page_wanted.emit("upload"))
        self._people.clicked.connect(lambda _on=False: self.page_wanted.emit("people"))

    def focus_first(self) -> None:
        """Bring the keyboard to the address."""
        self._address.setFocus()

    def _connection(self, services: Services) -> QWidget:
        kind = (
            _("a PostgreSQL database; several people work in it at once")
            if services.is_shared
            else _("one file on this computer; one person works in it at a time")
        )
        place = services.location.rpartition("@")[2] if services.is_shared else services.location
        another = QHBoxLayout()
        another.addWidget(self._address, 1)
        another.addWidget(self._open)
        sheet, form = _sheet(_("Connection"))
        form.addRow(label(_("Project"), look="muted"), _fact(place))
        form.addRow(label(_("Kind"), look="muted"), _fact(kind))
        form.addRow(label(_("Another database"), look="muted"), another)
        form.addRow("", label(_("The address is not kept: it may hold a password."), look="small"))
        form.addRow("", _left(self._people))
        return sheet

    def _uploader(self, memory: Memory) -> QWidget:
        file = Path(memory.text("upload_settings", str(paths.config_folder() / "upload.toml")))
        state = str(file) if file.is_file() else _("{file} (not there yet)").format(file=file)
        sheet, form = _sheet(_("Uploader"))
        form.addRow(label(_("Settings file"), look="muted"), _fact(state))
        form.addRow("", _left(self._upload))
        return sheet

    def _folders(self) -> QWidget:
        sheet, form = _sheet(_("This computer"))
        for word, text in (
            (_("program"), f"icdmapper {__version__}"),
            ("SQLite", sqlite3.sqlite_version),
            (_("settings file"), str(paths.config_folder() / "settings.toml")),
            (_("data folder"), str(paths.data_folder())),
            (_("log folder"), str(paths.log_folder())),
        ):
            form.addRow(label(word, look="muted"), _fact(text))
        return sheet

    def _on_opened(self) -> None:
        if address := self._address.text().strip():
            self.project_wanted.emit(address)


def _sheet(title: str) -> tuple[QWidget, QFormLayout]:
    sheet = surface()
    column = QVBoxLayout(sheet)
    column.setContentsMargins(16, 12, 16, 14)
    column.setSpacing(10)
    column.addWidget(label(title, look="section"))
    form = QFormLayout()
    form.setHorizontalSpacing(16)
    form.setVerticalSpacing(8)
    column.addLayout(form)
    return sheet, form


def _fact(text: str) -> QWidget:
    return label(text, wrap=True, copy=True)


def _left(button: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(button)
    row.addStretch(1)
    return row
