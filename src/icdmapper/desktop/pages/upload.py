"""Upload: what the nights sent, what they hold back and why, and the way to production."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from icdmapper import paths
from icdmapper.desktop import theme
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.pages.upload_columns import ColumnsView, read_setup
from icdmapper.desktop.pages.upload_nights import NightsView, Read, read_nights
from icdmapper.desktop.pages.upload_promotion import PromotionView
from icdmapper.desktop.preview import preview
from icdmapper.desktop.tasks import Lane, Latest
from icdmapper.desktop.widgets.chips import ChipRow
from icdmapper.desktop.widgets.empty import EmptyState
from icdmapper.desktop.widgets.keys import Key, bind
from icdmapper.desktop.widgets.labels import OneLine, badge, set_tone
from icdmapper.model.errors import IcdMapperError
from icdmapper.model.marks import Tone
from icdmapper.model.sending import Environment
from icdmapper.texts import N_, _
from icdmapper.texts.words import environment_word

if TYPE_CHECKING:
    from icdmapper.upload.column_setup import ColumnSetup

_WAY = "way"
"""The side of the checklists; every other side is an environment."""


class UploadPage(Page):
    """Three sides: test, production, and the way from one to the other. Nothing is sent here."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._file = Path(
            desk.memory.text("upload_settings", str(paths.config_folder() / "upload.toml"))
        )
        self._reading = Latest(desk.tasks, self)
        self._build_ui()
        self._keys = (
            Key(("T",), N_("the test environment"), lambda: self._go(Environment.TEST)),
            Key(("P",), N_("production"), lambda: self._go(Environment.PRODUCTION)),
            Key(("W",), N_("the way to production"), lambda: self._go(_WAY)),
            Key(("Ctrl+O",), N_("choose the uploader's settings"), self._choose.click),
            Key(("Ctrl+L",), N_("the columns of the hospital"), self._columns_button.click),
        )
        self._connect()

    @property
    def lasting(self) -> str:
        """Nothing that left the house comes back."""
        return _("Records that were sent stay sent; a correction goes out with the next night.")

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the side that is shown."""
        shown = self._stack.currentWidget()
        if shown is self._columns:
            return self._columns.keys
        if shown is self.nights or shown is self.way:
            return (*(self.way if shown is self.way else self.nights).keys, *self._keys)
        return self._keys

    def activate(self) -> None:
        """Read again; what is shown gets the keyboard."""
        self.refresh()
        shown = self._stack.currentWidget()
        if shown is self.way:
            self.way.table.setFocus()
        elif shown is not self._columns:
            self.nights.activate()

    def refresh(self) -> None:
        """Read the uploader's state."""
        self._columns_button.setEnabled(self._file.is_file())
        if self._stack.currentWidget() is self._columns:
            return
        self._reading.drop()
        if not self._file.is_file():
            self._say_no_uploader()
            self._say_environment(None)
            self._stack.setCurrentWidget(self._empty)
        elif self._sides.value == _WAY:
            self._stack.setCurrentWidget(self.way)
            self._say_environment(None)
            self.way.begin(self._file)
        else:
            self._read(self._sides.value)

    def _build_ui(self) -> None:
        self._sides = ChipRow(
            [
                (Environment.TEST, environment_word("test")),
                (Environment.PRODUCTION, environment_word("production")),
                (_WAY, _("The way to production")),
            ],
            required=True,
        )
        self._standing = badge()
        self._place = OneLine(look="small")
        self._choose = QPushButton(theme.icon("folder", "muted"), _("Settings…"))
        self._columns_button = QPushButton(_("Columns…"))
        self._columns_button.setToolTip(_("Which column of the HIS is which field  Ctrl+L"))
        head = QHBoxLayout()
        head.setSpacing(10)
        for part in (self._sides, self._standing):
            head.addWidget(part)
        head.addWidget(self._place, 1)
        head.addWidget(self._columns_button)
        head.addWidget(self._choose)
        self._empty = EmptyState(icon="upload", title="", sentence="", button=" ")
        self._say_no_uploader()
        self.nights = NightsView(self._desk, self.refresh)
        self.way = PromotionView(self._desk)
        self._columns = ColumnsView(self._desk)
        shown = QWidget()
        self._stack = QStackedLayout(shown)
        for side in (self._empty, self.nights, self.way, self._columns):
            self._stack.addWidget(side)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(shown, 1)

    def _connect(self) -> None:
        bind(self._keys, self)
        self._sides.chosen.connect(lambda _one: self.activate())
        self._choose.clicked.connect(lambda _on=False: self._on_choose())
        self._empty.wanted.connect(self._on_choose)
        self._columns_button.clicked.connect(lambda _on=False: self._on_columns())
        self._columns.left.connect(self._on_columns_left)

    def _go(self, side: object) -> None:
        if self._stack.currentWidget() is not self._columns:
            self._sides.set_value(side)
            self.activate()

    def _read(self, environment: Environment) -> None:
        file, month = self._file, self.nights.days.month
        today = date.today()  # noqa: DTZ011 - days of the hospital

        def read() -> Read | IcdMapperError:
            try:
                return read_nights(file, environment, month, today)
            except IcdMapperError as error:
                return error

        self._reading.ask(lambda _task: read(), self._show)

    def _show(self, read: Read | IcdMapperError) -> None:
        if isinstance(read, IcdMapperError):
            self._say_unreadable(str(read))
            return
        status = read.nights.status
        self.nights.show_read(read)
        release = ", ".join(map(str, status.releases)) or _("none that may be used")
        said = _("{file} · release {release}").format(file=self._file, release=release)
        self._place.setText(said)
        self._place.setToolTip("\n".join(filter(None, (said, status.release_fault))))
        self._say_environment(status.environment, opened=status.promoted)
        if self._stack.currentWidget() is not self.nights:
            self._stack.setCurrentWidget(self.nights)
            self.nights.activate()
        self.count_changed.emit(len(status.unknown))

    def _say_environment(self, environment: Environment | None, *, opened: bool = False) -> None:
        """In words what it means to look at this environment."""
        match environment:
            case None:
                word, tone = "", Tone.PLAIN
            case Environment.TEST:
                word, tone = _("rehearsal: nothing here counts"), Tone.PLAIN
            case Environment.PRODUCTION if opened:
                word, tone = _("live: what is sent here counts"), Tone.ACCENT
            case Environment.PRODUCTION:
                word, tone = _("not opened yet"), Tone.MISSING
        self._standing.setText(word)
        self._standing.setVisible(bool(word))
        set_tone(self._standing, tone)

    def _say_no_uploader(self) -> None:
        self._empty.say(
            _("No uploader is set up on this computer"),
            _(
                "“icdmapper-cli upload init” writes its settings; choose them here to see what the"
                " nights did. Records are sent by the uploader alone, never from this window."
            ),
            _("Choose the settings…"),
        )

    def _say_unreadable(self, why: str) -> None:
        environment = environment_word(self._sides.value.value)
        self._say_environment(None)
        self._empty.say(
            _("{environment}: the uploader cannot be read").format(environment=environment),
            why,
            _("Choose the settings…"),
        )
        self._stack.setCurrentWidget(self._empty)

    def _on_choose(self) -> None:
        chosen, _kind = QFileDialog.getOpenFileName(
            self, _("Choose the settings…"), str(self._file.parent), "TOML (*.toml)"
        )
        if chosen:
            self._file = Path(chosen)
            self._desk.memory.keep("upload_settings", chosen)
            self.refresh()

    def _on_columns(self) -> None:
        file = self._file
        self._desk.tasks.start(
            lambda _task: read_setup(file), owner=self, on_done=self._on_looked, lane=Lane.LOOKUP
        )

    def _on_looked(self, setup: ColumnSetup) -> None:
        self._stack.setCurrentWidget(self._columns)
        self._columns.show_setup(setup)

    def _on_columns_left(self) -> None:
        self._stack.setCurrentWidget(self._empty)
        self.activate()


if __name__ == "__main__":
    raise SystemExit(preview(UploadPage))
