"""Who works in the window: asked before the pages when the project has people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop.memory import Memory
from icdmapper.desktop.tasks import Lane, Task, TaskRunner
from icdmapper.desktop.widgets.labels import label, set_tone, surface
from icdmapper.model.marks import Tone
from icdmapper.model.people import Member, Person
from icdmapper.texts import _
from icdmapper.texts.words import person_role_word

if TYPE_CHECKING:
    from icdmapper.bootstrap import Services

_WIDTH = 420


@dataclass(frozen=True, slots=True)
class Entrance:
    """Who may come in: the people of the project, and the one whose server account is used."""

    members: tuple[Member, ...]
    account: Member | None

    @classmethod
    def of(cls, services: Services) -> Entrance:
        """Read it; runs off the GUI thread."""
        return cls(services.people.members(), services.people.of_account())

    def admits(self, person: Person) -> bool:
        """Whether this person is in without being asked, as the one they act as."""
        return not self.members or any(one.active and one.person == person for one in self.members)


class _PinField(QLineEdit):
    """Takes the PIN; the arrow keys go through the names, so that nobody has to leave it."""

    stepped = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: up and down are another name."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.stepped.emit(step)


class SignInPanel(QWidget):
    """A name, a PIN, Enter. What is typed as PIN is forgotten as soon as it was sent."""

    signed_in = Signal(object)
    """The person, with their role."""

    def __init__(self, tasks: TaskRunner, memory: Memory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._memory = memory
        self._services: Services | None = None
        self._asking = False
        self._name = QComboBox()
        self._name.setAccessibleName(_("Person"))
        self._pin = _PinField()
        self._pin.setEchoMode(QLineEdit.EchoMode.Password)
        self._pin.setAccessibleName(_("PIN"))
        self._pin.setInputMethodHints(Qt.InputMethodHint.ImhNoPredictiveText)
        self._enter = QPushButton(_("Sign in  Enter"))
        self._enter.setProperty("look", "primary")
        self._project = label(look="muted", wrap=True)
        self._said = label(look="muted", wrap=True)
        self._build_ui()
        self._pin.returnPressed.connect(self._sign_in)
        self._enter.clicked.connect(lambda _on=False: self._sign_in())
        self._pin.stepped.connect(self._step)
        self._name.activated.connect(lambda _at: self._pin.setFocus())

    def ask(self, services: Services, members: Sequence[Member], project: str) -> None:
        """Ask who it is; only active people with a PIN can be chosen."""
        self._services = services
        able = [one for one in members if one.active and one.has_pin]
        self._name.clear()
        for one in able:
            word = person_role_word(one.role.value)
            self._name.addItem(f"{one.name} · {word}", one.name)
        last = self._name.findData(self._memory.text("person"))
        self._name.setCurrentIndex(max(last, 0) if able else -1)
        self._project.setText(_("Project {name}").format(name=project))
        self._pin.clear()
        for part in (self._name, self._pin, self._enter):
            part.setEnabled(bool(able))
        self._say(
            ""
            if able
            else _("Nobody can sign in here with a PIN; ask the coordinator for an account."),
            Tone.PLAIN,
        )

    def activate(self) -> None:
        """The keyboard goes where the typing begins."""
        wanted = self._pin if self._name.currentIndex() >= 0 else self._name
        wanted.setFocus(Qt.FocusReason.OtherFocusReason)

    def _build_ui(self) -> None:
        sheet = surface()
        sheet.setFixedWidth(_WIDTH)
        inside = QVBoxLayout(sheet)
        inside.setContentsMargins(28, 24, 28, 24)
        inside.setSpacing(12)
        inside.addWidget(label(_("Who is working?"), look="title"))
        inside.addWidget(self._project)
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(10)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(label(_("Person"), look="muted"), self._name)
        form.addRow(label(_("PIN"), look="muted"), self._pin)
        inside.addLayout(form)
        inside.addWidget(self._said)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self._enter)
        inside.addLayout(foot)
        column = QVBoxLayout(self)
        column.addStretch(2)
        column.addWidget(sheet, alignment=Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)

    def _step(self, step: int) -> None:
        """Another name, without turning round at the ends; what was typed was not theirs."""
        wanted = self._name.currentIndex() + step
        if 0 <= wanted < self._name.count():
            self._name.setCurrentIndex(wanted)
            self._pin.clear()

    def _sign_in(self) -> None:
        services, name, pin = self._services, self._name.currentData(), self._pin.text()
        if self._asking or services is None or not name:
            return
        if not pin:
            self._say(_("Type your PIN."), Tone.MISSING)
            self._pin.setFocus()
            return
        self._pin.clear()
        self._asking = True
        self._enter.setEnabled(False)
        self._say(_("Signing in…"), Tone.PLAIN)
        people = services.people
        task: Task = self._tasks.start(
            lambda _task: people.sign_in(name, pin),
            owner=self,
            on_done=self._on_signed_in,
            on_error=self._on_refused,
        )
        task.ended.connect(self._on_ended)

    def _on_signed_in(self, person: Person) -> None:
        self._memory.keep("person", person.name)
        self._say("", Tone.PLAIN)
        self.signed_in.emit(person)

    def _on_refused(self, error: Exception) -> None:
        self._say(str(error), Tone.WRONG)
        self._pin.setFocus()

    def _on_ended(self) -> None:
        self._asking = False
        self._enter.setEnabled(True)

    def _say(self, text: str, tone: Tone) -> None:
        self._said.setText(text)
        self._said.setVisible(bool(text))
        set_tone(self._said, tone)


class Door(QObject):
    """Lets people into a project and out again; the window follows what it says."""

    admitted = Signal(object)
    """The person who works from now on."""
    shut = Signal()
    """Nobody is in any more: the panel is to be shown instead of the pages."""
    people_wanted = Signal()

    def __init__(self, tasks: TaskRunner, memory: Memory, parent: QObject) -> None:
        super().__init__(parent)
        self.panel = SignInPanel(tasks, memory)
        self._tasks = tasks
        self._services: Services | None = None
        self._person: Person | None = None
        self._has_people = False
        self.panel.signed_in.connect(self._admit)

    def open(self, services: Services, person: Person) -> None:
        """Let in whoever the server knows, or anybody where there are no people; else ask."""
        self._services = services
        self._person = None
        self._read(lambda entrance: self._receive(entrance, person))

    def look_again(self) -> None:
        """People changed: who is no longer the one they act as has to sign in again."""
        self._read(self._on_changed)

    def show_menu(self, button: QWidget) -> None:
        """What the person at work may do about that."""
        menu = QMenu(button)
        out = QAction(_("Sign out, switch person"), menu)
        out.triggered.connect(lambda _on=False: self.sign_out())
        out.setEnabled(self._has_people)
        people = QAction(_("People and roles…"), menu)
        people.triggered.connect(lambda _on=False: self.people_wanted.emit())
        menu.addActions([out, people])
        menu.exec(button.mapToGlobal(QPoint(0, -menu.sizeHint().height())))

    def sign_out(self) -> None:
        """The next one please; without people nobody can sign in, so nobody has to go."""
        if self._has_people:
            self._person = None
            self._read(self._ask)

    def word(self, person: Person) -> str:
        """The person as the window names them: with the role where there are roles."""
        if not self._has_people:
            return person.name
        return f"{person.name} · {person_role_word(person.role.value)}"

    def _read(self, then: Callable[[Entrance], None]) -> None:
        services = self._services
        if services is not None:
            self._tasks.start(
                lambda _task: Entrance.of(services), owner=self, on_done=then, lane=Lane.LOOKUP
            )

    def _receive(self, entrance: Entrance, person: Person) -> None:
        self._has_people = bool(entrance.members)
        if entrance.account is not None:
            self._admit(entrance.account.person)
        elif not entrance.members:
            self._admit(person)
        else:
            self._ask(entrance)

    def _on_changed(self, entrance: Entrance) -> None:
        self._has_people = bool(entrance.members)
        if self._person is None or not entrance.admits(self._person):
            self._ask(entrance)

    def _ask(self, entrance: Entrance) -> None:
        assert self._services is not None
        self.panel.ask(self._services, entrance.members, Path(self._services.location).stem)
        self.shut.emit()
        self.panel.activate()

    def _admit(self, person: Person) -> None:
        self._person = person
        self.admitted.emit(person)
