"""The way through the flow, on the left, and the bar that says where one is, at the bottom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from icdmapper.desktop import theme
from icdmapper.desktop.tasks import Task
from icdmapper.desktop.widgets.labels import label, set_look
from icdmapper.desktop.widgets.progress import ProgressStrip
from icdmapper.model.codes import CodeSet, Side
from icdmapper.texts import _

_WIDE, _NARROW = 184, 50
_HIGH, _LOWEST = 800, 600
"""Below the first the buttons stand closer, below the second there is room for them alone."""
_PERSON = 2
"""The place of the person among the buttons at the foot."""


class Navigation(QFrame):
    """The program's name, the pages, and what belongs to the program as a whole."""

    page_wanted = Signal(str)
    keys_wanted = Signal()
    theme_wanted = Signal()
    project_wanted = Signal(QWidget)
    person_wanted = Signal(QWidget)

    def __init__(
        self, pages: Sequence[tuple[str, str, str, str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("navigation")
        self.setFixedWidth(_WIDE)
        column = QVBoxLayout(self)
        self._column = column
        self._brand = label(_("ICD mapping"), look="brand")
        column.addWidget(self._brand)
        self._hospital = label(look="small", wrap=True)
        column.addWidget(self._hospital)
        self._gap = QWidget()
        self._gap.setFixedHeight(8)
        column.addWidget(self._gap)
        group = QButtonGroup(self)
        self._buttons: dict[str, tuple[QPushButton, str, str]] = {}
        self._waiting: dict[str, int] = {}
        self._feet: list[tuple[QPushButton, str]] = []
        self._narrow = False
        for name, word, icon, key in pages:
            button = QPushButton(theme.icon(icon, "muted"), word)
            button.setIconSize(QSize(18, 18))
            button.setCheckable(True)
            button.setToolTip(f"{word}  Ctrl+{key}")
            button.setAccessibleName(word)
            button.clicked.connect(lambda _on=False, name=name: self.page_wanted.emit(name))
            group.addButton(button)
            column.addWidget(button)
            self._buttons[name] = (button, word, icon)
        column.addStretch(1)
        for word, icon, signal in (
            (_("All keys  ?"), "keys", self.keys_wanted),
            (_("Light / dark"), "theme", self.theme_wanted),
        ):
            button = self._foot_button(word, icon)
            button.clicked.connect(lambda _on=False, signal=signal: signal.emit())
            column.addWidget(button)
        self._person = self._foot_button("", "person")
        self._person.clicked.connect(lambda _on=False: self.person_wanted.emit(self._person))
        self._person.hide()
        column.addWidget(self._person)
        project = self._foot_button(_("Project…"), "folder")
        project.clicked.connect(lambda _on=False: self.project_wanted.emit(project))
        column.addWidget(project)
        self.fit(narrow=False, height=_HIGH)

    def fit(self, *, narrow: bool, height: int) -> None:
        """In a narrow window only the drawings are shown; in a low one they stand closer."""
        low, lowest = height < _HIGH, height < _LOWEST
        self._narrow = narrow
        self.setFixedWidth(_NARROW if narrow else _WIDE)
        side = 6 if narrow else 10
        self._column.setContentsMargins(side, 8 if low else 16, side, 4 if low else 10)
        self._column.setSpacing(0 if low else 4)
        for part in (self._brand, self._gap):
            part.setVisible(not (narrow or lowest))
        self._hospital.setVisible(bool(self._hospital.text()) and not (narrow or lowest))
        set_look(self, "low", low)
        for button in self.findChildren(QPushButton):
            button.style().unpolish(button)
            button.style().polish(button)
        for name in self._buttons:
            self._word(name)
        for button, word in self._feet:
            button.setText("" if narrow else word)

    def show_hospital(self, text: str) -> None:
        """Say whose codes these are."""
        self._hospital.setText(text)
        self._hospital.setVisible(bool(text) and not self._brand.isHidden())

    def show_person(self, person: str, details: str = "") -> None:
        """Say who works; "" while nobody does, and then no page can be reached."""
        self._feet[_PERSON] = (self._person, person)
        self._person.setText("" if self._narrow else person)
        self._person.setAccessibleName(person)
        self._person.setToolTip(details)
        self._person.setVisible(bool(person))
        for button, _word, _icon in self._buttons.values():
            button.setEnabled(bool(person))

    def mark(self, name: str) -> None:
        """Mark the page in front."""
        for other, (button, _word, icon) in self._buttons.items():
            button.setChecked(other == name)
            button.setIcon(theme.icon(icon, "accent" if other == name else "muted"))

    def count(self, name: str, waiting: int) -> None:
        """Say how much waits on a page."""
        self._waiting[name] = waiting
        self._word(name)

    def _word(self, name: str) -> None:
        button, word, _icon = self._buttons[name]
        waiting = self._waiting.get(name, 0)
        said = f"{word}  {waiting:,}" if waiting else word
        button.setText("" if self._narrow else said)
        button.setAccessibleName(said)

    def _foot_button(self, word: str, icon: str) -> QPushButton:
        button = QPushButton(theme.icon(icon, "muted"), word)
        button.setProperty("foot", True)
        button.setAccessibleName(word)
        button.setToolTip(word)
        self._feet.append((button, word))
        return button


class StatusBar(QFrame):
    """Project, person and editions on the left, background work and saving on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusBar")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 12, 4)
        row.setSpacing(14)
        self._project = label()
        self._person = label()
        self._sets = label()
        self._saved = label()
        self._strip = ProgressStrip()
        self._strip.cancelled.connect(self.cancel)
        self._tasks: list[Task] = []
        row.addWidget(self._project)
        row.addWidget(self._person)
        row.addWidget(self._sets, 1)
        row.addWidget(self._strip)
        row.addWidget(self._saved)

    def show_project(self, project: str, person: str) -> None:
        """Say which project is open and who works in it."""
        self._project.setText(_("Project {name}").format(name=project))
        self._project.setToolTip(project)
        self._person.setText(person)

    def show_code_sets(self, code_sets: Sequence[CodeSet]) -> None:
        """Say which editions are in use."""
        parts = [
            " ".join(
                filter(
                    None,
                    (
                        _("Local") if one.side is Side.LOCAL else one.system and one.system.value,
                        one.edition or one.name,
                        f"{one.size:,}",
                    ),
                )
            )
            for one in code_sets
        ]
        self._sets.setText("  ·  ".join(parts) or _("No code set yet"))
        self._sets.setToolTip("\n".join(f"{one.name} {one.edition}" for one in code_sets))

    def show_saved(self, at: datetime) -> None:
        """Say when the last decision reached the disk."""
        self._saved.setText(_("Saved {time}").format(time=f"{at:%H:%M:%S}"))

    def show_task(self, task: Task) -> None:
        """Show a piece of background work until it ends."""
        self._tasks.append(task)
        task.progressed.connect(self._on_progressed, Qt.ConnectionType.QueuedConnection)
        task.ended.connect(lambda: self._on_ended(task))
        self._strip.begin(task.title)

    def cancel(self) -> None:
        """Ask the piece of background work that is shown to stop."""
        if self._tasks:
            self._tasks[-1].cancel()

    def _on_progressed(self, done: int, total: int) -> None:
        if self._tasks:
            self._strip.advance(done, total)

    def _on_ended(self, task: Task) -> None:
        self._tasks.remove(task)
        if self._tasks:
            self._strip.begin(self._tasks[-1].title)
        else:
            self._strip.end()
