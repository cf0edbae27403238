"""The way through the flow, on the left, and the bar that says where one is, at the bottom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from icdmapper.desktop import theme
from icdmapper.desktop.tasks import Task
from icdmapper.desktop.widgets.labels import label
from icdmapper.desktop.widgets.progress import ProgressStrip
from icdmapper.model.codes import CodeSet, Side
from icdmapper.texts import _


class Navigation(QFrame):
    """The program's name, the pages, and what belongs to the program as a whole."""

    page_wanted = Signal(str)
    keys_wanted = Signal()
    theme_wanted = Signal()
    project_wanted = Signal(QWidget)
    person_wanted = Signal(QWidget)

    def __init__(
        self, pages: Sequence[tuple[str, str, str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("navigation")
        self.setFixedWidth(184)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 16, 10, 10)
        column.setSpacing(4)
        column.addWidget(label(_("ICD mapping"), look="brand"))
        self._hospital = label(look="small", wrap=True)
        column.addWidget(self._hospital)
        column.addSpacing(12)
        group = QButtonGroup(self)
        self._buttons: dict[str, tuple[QPushButton, str, str]] = {}
        for number, (name, word, icon) in enumerate(pages, start=1):
            button = QPushButton(theme.icon(icon, "muted"), word)
            button.setIconSize(QSize(18, 18))
            button.setCheckable(True)
            button.setToolTip(f"Ctrl+{number}")
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

    def show_hospital(self, text: str) -> None:
        """Say whose codes these are."""
        self._hospital.setText(text)
        self._hospital.setVisible(bool(text))

    def show_person(self, person: str, details: str = "") -> None:
        """Say who works; "" while nobody does, and then no page can be reached."""
        self._person.setText(person)
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
        button, word, _icon = self._buttons[name]
        button.setText(f"{word}  {waiting:,}" if waiting else word)

    def _foot_button(self, word: str, icon: str) -> QPushButton:
        button = QPushButton(theme.icon(icon, "muted"), word)
        button.setStyleSheet("font-size: 13px; padding: 5px 10px;")
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
        self._strip.cancelled.connect(self._on_cancelled)
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

    def _on_progressed(self, done: int, total: int) -> None:
        if self._tasks:
            self._strip.advance(done, total)

    def _on_ended(self, task: Task) -> None:
        self._tasks.remove(task)
        if self._tasks:
            self._strip.begin(self._tasks[-1].title)
        else:
            self._strip.end()

    def _on_cancelled(self) -> None:
        if self._tasks:
            self._tasks[-1].cancel()
