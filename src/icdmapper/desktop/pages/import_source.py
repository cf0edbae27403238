"""Where a list comes from: file or database, its side, and how it is read."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop import theme
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.import_query import QueryForm
from icdmapper.desktop.widgets.chips import ChipRow
from icdmapper.desktop.widgets.flow import FlowLayout
from icdmapper.desktop.widgets.labels import label, set_look
from icdmapper.importing.charsets import ENCODINGS
from icdmapper.importing.reading import Preview
from icdmapper.importing.sources import Source
from icdmapper.model.codes import Side
from icdmapper.texts import _

_FILE, _DATABASE = "file", "database"
_KINDS = "*.xlsx *.xls *.csv *.tsv *.txt *.dbf"


class SourcePanel(QFrame):
    """Choose a file by button, path or drop; what was detected can be overridden."""

    source_changed = Signal(object)
    side_changed = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "drop")
        self.setAcceptDrops(True)
        self._path: Path | None = None
        self._low = False
        self.sides = ChipRow(
            [
                (Side.REFERENCE, _("Reference set")),
                (Side.LOCAL, _("Local list")),
            ],
            required=True,
        )
        self.places = ChipRow(
            [(_FILE, _("From a file")), (_DATABASE, _("From the HIS database"))], required=True
        )
        self.form = QueryForm(desk)
        self.sides.set_tip(Side.REFERENCE, "RC020, RC021, RC022")
        self.choose = QPushButton(theme.icon("file"), _("Choose a file…"))
        self.choose.setProperty("look", "primary")
        self.choose.setIcon(theme.icon("file", "on_accent"))
        self.path = QLineEdit()
        self.path.setPlaceholderText(
            _("Drop a file here, or type its path: xlsx, xls, csv, tsv, txt, dbf")
        )
        self.path.setAccessibleName(_("Path of the file"))
        self.encoding = _combo(_("Encoding"))
        self.sheet = _combo(_("Sheet"))
        self.header = _combo(_("Column titles"))
        self._build_ui()
        self._connect()
        self.show_preview(None)

    @property
    def side(self) -> Side:
        """Which side of the mapping the list stands on."""
        value: Side = self.sides.value
        return value

    @property
    def has_keyboard(self) -> bool:
        """Whether the keyboard is still where the file was chosen."""
        return self.choose.hasFocus() or self.path.hasFocus()

    def source(self) -> Source | None:
        """The source as chosen; None until there is a file, or an address."""
        if self.places.value == _DATABASE:
            return self.form.source()
        if self._path is None:
            return None
        return Source(
            path=self._path,
            sheet=self.sheet.currentData(),
            encoding=self.encoding.currentData(),
            has_header=self.header.currentData(),
        )

    def set_file(self, path: Path) -> None:
        """Read another file; nothing chosen for the last one stays."""
        self.turn_to(database=False)
        self._path = path
        self.path.setText(str(path))
        self.show_preview(None)
        self.source_changed.emit(self.source())

    def set_low(self, *, low: bool) -> None:
        """In a low window what was detected makes room for the rows."""
        self._low = low
        self._details.setVisible(self._has_details and not low)
        self.form.set_low(low=low)

    def turn_to(self, *, database: bool) -> None:
        """Show where a file is chosen, or where a database is named."""
        self.places.set_value(_DATABASE if database else _FILE)
        self._files.setVisible(not database)
        self.form.setVisible(database)

    def show_preview(self, preview: Preview | None) -> None:
        """Show what was detected."""
        self._has_details = preview is not None
        self._details.setVisible(self._has_details and not self._low)
        if preview is None:
            for combo in (self.encoding, self.sheet, self.header):
                with QSignalBlocker(combo):
                    combo.clear()
            return
        table, chosen = preview.table, preview.source
        is_text = bool(table.encoding)
        found = _("detected: {value}").format(value=table.encoding.upper())
        _fill(
            self.encoding,
            [(found, None), *((name.upper(), name) for name in ENCODINGS)],
            chosen.encoding,
        )
        self._encoding_part.setVisible(is_text)
        first = table.sheet or (table.sheets[0] if table.sheets else "")
        sheets: list[tuple[str, object]] = [(_("detected: {value}").format(value=first), None)]
        sheets += [(name, name) for name in table.sheets]
        _fill(self.sheet, sheets, chosen.sheet)
        self._sheet_part.setVisible(len(table.sheets) > 1)
        self._header_part.setVisible(chosen.path is not None)
        seen = _("first row") if table.has_header else _("none")
        _fill(
            self.header,
            [
                (_("detected: {value}").format(value=seen), None),
                (_("first row"), True),
                (_("none"), False),
            ],
            chosen.has_header,
        )
        facts = [
            table.file_format.upper(),
            _("{count} bytes").format(count=f"{table.size_bytes:,}"),
            f"SHA-256 {table.sha256[:12]}…",
        ]
        self._facts.setText("  ·  ".join(filter(None, facts)))
        self._facts.setToolTip(table.sha256)

    def _build_ui(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(10)
        first = FlowLayout(spacing=10)
        first.addWidget(self.sides)
        first.addWidget(self.places)
        column.addLayout(first)
        self._files = QWidget()
        second = QHBoxLayout(self._files)
        second.setContentsMargins(0, 0, 0, 0)
        second.setSpacing(10)
        second.addWidget(self.choose)
        second.addWidget(self.path, 1)
        column.addWidget(self._files)
        column.addWidget(self.form)
        self.form.hide()
        self._details = QWidget()
        third = FlowLayout(spacing=18, parent=self._details)
        self._encoding_part = _named(_("Encoding"), self.encoding)
        self._sheet_part = _named(_("Sheet"), self.sheet)
        self._header_part = _named(_("Column titles"), self.header)
        self._facts = label(look="small")
        third.addWidget(self._encoding_part)
        third.addWidget(self._sheet_part)
        third.addWidget(self._header_part)
        third.addWidget(self._facts)
        column.addWidget(self._details)

    def _connect(self) -> None:
        self.choose.clicked.connect(self._on_choose_clicked)
        self.path.returnPressed.connect(self._on_path_entered)
        self.sides.chosen.connect(self.side_changed)
        self.places.chosen.connect(self._on_place_chosen)
        self.form.read_wanted.connect(self.source_changed)
        for combo in (self.encoding, self.sheet, self.header):
            combo.activated.connect(lambda _at: self.source_changed.emit(self.source()))

    def _on_choose_clicked(self) -> None:
        kinds = f"{_('Code lists')} ({_KINDS});;{_('All files')} (*)"
        folder = str(self._path.parent) if self._path else ""
        chosen, _kind = QFileDialog.getOpenFileName(self, _("Choose a code list"), folder, kinds)
        if chosen:
            self.set_file(Path(chosen))

    def _on_path_entered(self) -> None:
        if text := self.path.text().strip().strip('"'):
            self.set_file(Path(text).expanduser())

    def _on_place_chosen(self, place: str) -> None:
        self.turn_to(database=place == _DATABASE)
        if place == _DATABASE:
            self.form.begin()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Qt: only files may be dropped."""
        if event.mimeData().hasUrls():
            set_look(self, "over", value=True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Qt: the file went elsewhere."""
        set_look(self, "over", value=False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Qt: read the first file that was dropped."""
        set_look(self, "over", value=False)
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            self.set_file(Path(paths[0]))
            event.acceptProposedAction()


def _combo(name: str) -> QComboBox:
    combo = QComboBox()
    combo.setAccessibleName(name)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return combo


def _named(name: str, field: QWidget) -> QWidget:
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    row.addWidget(label(name, look="muted"))
    row.addWidget(field, 0, Qt.AlignmentFlag.AlignLeft)
    return made


def _fill(combo: QComboBox, choices: list[tuple[str, object]], chosen: object) -> None:
    with QSignalBlocker(combo):
        combo.clear()
        for word, value in choices:
            combo.addItem(word, value)
        at = next((n for n, (_word, value) in enumerate(choices) if value == chosen), 0)
        combo.setCurrentIndex(at)
    # Its row was laid out while it was empty.
    combo.setMinimumWidth(combo.sizeHint().width())
