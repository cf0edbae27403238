"""A list straight from the HIS: address, password and query, tried before anything is read."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from icdmapper.desktop import theme
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.tasks import Lane
from icdmapper.desktop.widgets.labels import label
from icdmapper.importing.databases import apart, database_source, try_source
from icdmapper.importing.sources import Source
from icdmapper.texts import _

_ADDRESS, _QUERY = "import_address", "import_query"
_QUERY_LINES = 4


class QueryForm(QWidget):
    """What the window remembers of it is the address and the query, never the password."""

    read_wanted = Signal(object)
    """A `Source` is to be read."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        memory = self._memory = desk.memory
        self.address = QLineEdit(memory.text(_ADDRESS))
        self.address.setAccessibleName(_("Address of the database"))
        self.address.setPlaceholderText("mssql://reader@192.168.1.20:1433/HIS")
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.setAccessibleName(_("Password of the database account"))
        self.password.setPlaceholderText(_("kept nowhere"))
        self.query = _QueryField()
        self.query.setPlainText(memory.text(_QUERY))
        self.query.setAccessibleName(_("Query"))
        self.query.setPlaceholderText(
            _("SELECT code, name, uses_a_year FROM … — one SELECT; nothing is written there")
        )
        self._read = QPushButton(theme.icon("file", "on_accent"), _("Read the list"))
        self._read.setProperty("look", "primary")
        self._try = QPushButton(_("Test the connection"))
        self._build_ui()
        self.set_low(low=False)
        self.address.editingFinished.connect(self._on_address_left)
        self.address.returnPressed.connect(self._on_try_wanted)
        self.password.returnPressed.connect(self._on_try_wanted)
        self._read.clicked.connect(lambda _on=False: self._on_read_wanted())
        self._try.clicked.connect(lambda _on=False: self._on_try_wanted())

    def source(self) -> Source | None:
        """What is to be read; None while there is no address."""
        self._on_address_left()
        if not self.address.text():
            return None
        return database_source(self.address.text(), self.password.text(), self.query.toPlainText())

    def remember(self) -> None:
        """The database answered: offer the same address and query the next time."""
        self._memory.keep(_ADDRESS, self.address.text())
        self._memory.keep(_QUERY, self.query.toPlainText())

    def set_low(self, *, low: bool) -> None:
        """In a low window the query is two lines high, and nothing is explained."""
        lines = 2 if low else _QUERY_LINES
        self.query.setFixedHeight(self.query.fontMetrics().lineSpacing() * lines + 16)
        self._explained.setVisible(not low)

    def begin(self) -> None:
        """Bring the keyboard to what has to be said next."""
        fields = (self.address, self.password, self.query)
        first = next((one for one in fields if not _text(one)), self.password)
        first.setFocus()

    def _build_ui(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(8)
        first, acts = QHBoxLayout(), QHBoxLayout()
        first.setSpacing(10)
        first.addWidget(self.address, 3)
        first.addWidget(label(_("Password"), look="muted"))
        first.addWidget(self.password, 1)
        acts.setSpacing(10)
        acts.addWidget(self._read)
        acts.addWidget(self._try)
        self._explained = label(
            _("SQL Server, Oracle, MySQL, PostgreSQL or SQLite; the account needs to read."),
            look="small",
            wrap=True,
        )
        acts.addWidget(self._explained, 1)
        acts.addStretch(0)
        grid.addWidget(label(_("Address"), look="muted"), 0, 0)
        grid.addLayout(first, 0, 1)
        grid.addWidget(label(_("Query"), look="muted"), 1, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.query, 1, 1)
        grid.addLayout(acts, 2, 1)

    def _on_address_left(self) -> None:
        """A password typed into the address moves to its own field, where nobody reads it."""
        address, password = apart(self.address.text())
        if password:
            self.password.setText(password)
        if address != self.address.text():
            self.address.setText(address)

    def _on_read_wanted(self) -> None:
        if (source := self.source()) is None or not source.query:
            self.begin()
        else:
            self.read_wanted.emit(source)

    def _on_try_wanted(self) -> None:
        source = self.source()
        if source is None:
            self.begin()
            return
        self._desk.notices.clear()
        self._desk.tasks.start(
            lambda _task: try_source(source),
            owner=self,
            on_done=self._on_answered,
            lane=Lane.COMPUTE,
            title=_("Asking the database…"),
        )

    def _on_answered(self, columns: tuple[str, ...]) -> None:
        self.remember()
        if columns:
            said = _("The database answers with these columns: {columns}.")
            self._desk.notices.done(said.format(columns=_(", ").join(columns)))
        else:
            self._desk.notices.done(_("The database answers."), _("Now write the query."))


class _QueryField(QPlainTextEdit):
    """Tab goes on to the buttons: a query of a few lines is not indented here."""

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setFont(theme.mono(13))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: what stores the checked list is a key of the page, not a line of the query."""
        enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
        else:
            super().keyPressEvent(event)


def _text(field: QLineEdit | QPlainTextEdit) -> str:
    return field.text() if isinstance(field, QLineEdit) else field.toPlainText()
