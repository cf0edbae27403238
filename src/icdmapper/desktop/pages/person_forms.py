"""The two forms of the people page: a new person, and the person in focus."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop.widgets.labels import label
from icdmapper.model.people import WHO_MAY, Member, Role
from icdmapper.texts import _
from icdmapper.texts.words import person_role_word, right_word

_WIDTH = 380


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a form asks for; None leaves it as it is."""

    name: str
    role: Role = Role.CODER
    pin: str = ""
    account: str | None = None
    active: bool | None = None


class _Form(QFrame):
    """A sheet with rows of a word and a field; Escape goes back to the list."""

    wanted = Signal(object)
    left = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        self.setFixedWidth(_WIDTH)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(16, 14, 16, 14)
        self._column.setSpacing(10)
        self._title = label(title, look="section", wrap=True)
        self._column.addWidget(self._title)
        self._rows = QFormLayout()
        self._rows.setHorizontalSpacing(12)
        self._rows.setVerticalSpacing(8)
        self._rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._column.addLayout(self._rows)
        self._roles = QComboBox()
        for role in Role:
            self._roles.addItem(person_role_word(role.value), role)
        self._roles.setAccessibleName(_("Role"))
        self._rights = label(look="small", wrap=True)
        self._roles.currentIndexChanged.connect(lambda _at: self._say_rights())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Escape goes back."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)

    def _row(self, word: str, field: QWidget) -> None:
        field.setAccessibleName(word)
        self._rows.addRow(label(word, look="muted"), field)

    def _say_rights(self) -> None:
        role = self._roles.currentData()
        held = [right_word(right.value) for right, roles in WHO_MAY.items() if role in roles]
        self._rights.setText(_("May: {rights}.").format(rights=_(", ").join(held)) if held else "")


class AddForm(_Form):
    """A person who joins."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_("Add a person"), parent)
        self._name = QLineEdit()
        self._pin = _pin_field()
        self._account = QLineEdit()
        self._row(_("Person"), self._name)
        self._row(_("Role"), self._roles)
        self._row(_("PIN"), self._pin)
        self._row(_("Server account"), self._account)
        self._column.addWidget(self._rights)
        self._button = QPushButton(_("Add  Enter"))
        self._button.setProperty("look", "primary")
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self._button)
        self._column.addLayout(foot)
        self._button.clicked.connect(lambda _on=False: self._send())
        for field in (self._name, self._pin, self._account):
            field.returnPressed.connect(self._on_return)
        self._say_rights()

    def fit(self, *, first: bool, server: bool) -> None:
        """The first person is the coordinator; an account only makes sense on a server."""
        if first:
            self._roles.setCurrentIndex(self._roles.findData(Role.COORDINATOR))
        self._roles.setEnabled(not first)
        self._rows.setRowVisible(self._account, server)

    def begin(self) -> None:
        """The keyboard goes to the name."""
        if not self.isHidden():
            self._name.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def clear(self) -> None:
        """The next one."""
        for field in (self._name, self._pin, self._account):
            field.clear()
        self._roles.setCurrentIndex(self._roles.findData(Role.CODER))
        self._name.setFocus()

    def _on_return(self) -> None:
        """Enter in a field goes on to the next empty one, and sends from the last."""
        if not self._name.text().strip():
            self._name.setFocus()
        elif not self._pin.text() and self._account.isHidden() and not self._pin.hasFocus():
            self._pin.setFocus()
        else:
            self._send()

    def _send(self) -> None:
        self.wanted.emit(
            Wanted(
                self._name.text().strip(),
                self._roles.currentData(),
                self._pin.text(),
                self._account.text().strip(),
            )
        )


class MemberForm(_Form):
    """The person in focus: role, PIN, leaving."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._member: Member | None = None
        self._pin = _pin_field()
        self._pin.setPlaceholderText(_("new PIN, then Enter"))
        self._account = QLineEdit()
        self._row(_("Role"), self._roles)
        self._row(_("Server account"), self._account)
        self._row(_("PIN"), self._pin)
        self._column.addWidget(self._rights)
        self._save = QPushButton(_("Save"))
        self._toggle = QPushButton()
        foot = QHBoxLayout()
        foot.addWidget(self._toggle)
        foot.addStretch(1)
        foot.addWidget(self._save)
        self._column.addLayout(foot)
        self._save.clicked.connect(lambda _on=False: self._send())
        self._toggle.clicked.connect(lambda _on=False: self.toggle())
        self._account.returnPressed.connect(self._send)
        self._pin.returnPressed.connect(self._send_pin)

    def show_member(self, member: Member, *, manages: bool, own: bool, server: bool) -> None:
        """Show another person; who does not manage people may only set their own PIN."""
        self._member = member
        self._title.setText(member.name)
        self._roles.setCurrentIndex(self._roles.findData(member.role))
        self._account.setText(member.account)
        self._pin.clear()
        self._rows.setRowVisible(self._account, server)
        for part in (self._roles, self._account, self._save, self._toggle):
            part.setEnabled(manages)
        self._pin.setEnabled(manages or own)
        self._toggle.setText(_("Let go  L") if member.active else _("Take back  L"))
        self._say_rights()

    def begin(self) -> None:
        """The keyboard goes to the role."""
        if not self.isHidden() and self._roles.isEnabled():
            self._roles.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def begin_pin(self) -> None:
        """The keyboard goes to the PIN."""
        if not self.isHidden() and self._pin.isEnabled():
            self._pin.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def toggle(self) -> None:
        """Let the person go, or take them back; what they did stays under their name."""
        if self._member is not None and self._toggle.isEnabled():
            member = self._member
            self.wanted.emit(Wanted(member.name, member.role, active=not member.active))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Enter on the role saves it."""
        enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if enter and self._roles.hasFocus():
            self._send()
            return
        super().keyPressEvent(event)

    def _send(self) -> None:
        if self._member is not None and self._save.isEnabled():
            account = self._account.text().strip()
            self.wanted.emit(Wanted(self._member.name, self._roles.currentData(), account=account))

    def _send_pin(self) -> None:
        if self._member is not None and self._pin.text():
            self.wanted.emit(Wanted(self._member.name, self._member.role, pin=self._pin.text()))
            self._pin.clear()


def _pin_field() -> QLineEdit:
    field = QLineEdit()
    field.setEchoMode(QLineEdit.EchoMode.PasswordEchoOnEdit)
    field.setPlaceholderText(_("at least 6 characters"))
    return field
