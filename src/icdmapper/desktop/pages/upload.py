"""Upload: what the nights sent, what they hold back and why. Nothing is sent from here."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
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
from icdmapper.desktop import theme, wording
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.marks import Tone
from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.pages.upload_columns import ColumnsView, read_setup
from icdmapper.desktop.preview import preview
from icdmapper.desktop.tasks import Lane
from icdmapper.desktop.widgets.chips import ChipRow
from icdmapper.desktop.widgets.empty import EmptyState
from icdmapper.desktop.widgets.figures import Figures
from icdmapper.desktop.widgets.keys import Key, bind
from icdmapper.desktop.widgets.labels import label, surface
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.importing.feed import FeedSummary
from icdmapper.model.sending import Environment, PackageState, StoredPackage
from icdmapper.texts import N_, _
from icdmapper.texts.words import held_word, kind_word, package_state_word

if TYPE_CHECKING:
    from icdmapper.upload.column_setup import ColumnSetup
    from icdmapper.upload.service import Status, UnknownCode

_DAYS = 60
_PACKAGES = 200
_WORST_FIRST = (
    PackageState.REJECTED, PackageState.UNKNOWN, PackageState.SENDING, PackageState.RECEIVED,
    PackageState.PREPARED, PackageState.ACCEPTED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Day:
    """One day of discharge with its records by what became of them."""

    day: date
    counts: dict[PackageState, int]

    @property
    def hole(self) -> bool:
        """Whether nothing was sent of a day between others; a hospital discharges every day."""
        return not any(self.counts.values())


@dataclass(frozen=True, slots=True)
class Nights:
    """Everything the page shows, read at once."""

    status: Status
    days: tuple[Day, ...]
    codes: tuple[UnknownCode, ...]
    packages: tuple[StoredPackage, ...]
    reasons: dict[str, str]
    """Why records are held, in words: states of a code, or a rule with its sentence."""


def read_nights(file: Path, environment: Environment, today: date) -> Nights:
    """Read an uploader's state; errors as `Uploader.open`. Runs off the GUI thread."""
    # The uploader brings pandas with it: only who looks at this page waits for that.
    from icdmapper.upload.checks.registry import RULES  # noqa: PLC0415
    from icdmapper.upload.service import Uploader  # noqa: PLC0415

    uploader = Uploader.open(file, environment)
    found = uploader.by_discharge(today - timedelta(days=_DAYS), today)
    status = uploader.status()
    reasons = {
        one: f"{one} {_(RULES[one].sentence)}" if one in RULES else held_word(one)
        for one in status.held
    }
    return Nights(
        status, _every_day(found), uploader.unknown_codes(), uploader.packages(_PACKAGES), reasons
    )


def _every_day(found: dict[date, dict[PackageState, int]]) -> tuple[Day, ...]:
    """From the newest day to the oldest; days of which nothing was sent are there too."""
    if not found:
        return ()
    newest = max(found)
    span = (newest - min(found)).days
    days = (newest - timedelta(days=back) for back in range(span + 1))
    return tuple(Day(day, found.get(day, {})) for day in days)


class UploadPage(Page):
    """Environment, figures, days of discharge, what is held, packages."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._file = Path(
            desk.memory.text("upload_settings", str(paths.config_folder() / "upload.toml"))
        )
        self._build_ui()
        self._keys = (
            Key(("Ctrl+O",), N_("choose the uploader's settings"), self._choose.click),
            Key(("Ctrl+Return",), N_("send codes to the worklist"), self._send.click),
            Key(("Ctrl+L",), N_("the columns of the hospital"), self._columns_button.click),
        )
        self._connect()

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the side that is shown."""
        if self._stack.currentWidget() is self._columns:
            return self._columns.keys
        return self._keys

    def activate(self) -> None:
        """Read again; the days get the keyboard."""
        self.refresh()
        self._days.setFocus()

    def refresh(self) -> None:
        """Read the uploader's state."""
        self._columns_button.setEnabled(self._file.is_file())
        if self._stack.currentWidget() is self._columns:
            return
        if not self._file.is_file():
            self._stack.setCurrentIndex(0)
            return
        file, environment = self._file, self._environments.value
        self._desk.tasks.start(
            lambda _task: read_nights(file, environment, date.today()),  # noqa: DTZ011 - days here
            owner=self,
            on_done=self._show,
            on_error=self._on_unreadable,
            lane=Lane.LOOKUP,
        )

    def _build_ui(self) -> None:
        self._environments = ChipRow(
            [(Environment.TEST, _("Test")), (Environment.PRODUCTION, _("Production"))],
            required=True,
        )
        self._place = label(look="muted", copy=True)
        self._choose = QPushButton(theme.icon("folder", "muted"), _("Settings…"))
        self._columns_button = QPushButton(_("Columns…"))
        self._columns_button.setToolTip(_("Which column of the HIS is which field  Ctrl+L"))
        head = QHBoxLayout()
        head.addWidget(self._environments)
        head.addWidget(self._place, 1)
        head.addWidget(self._columns_button)
        head.addWidget(self._choose)
        self._empty = EmptyState(
            icon="upload",
            title=_("No uploader is set up on this computer"),
            sentence=_(
                "“icdmapper-cli upload init” writes its settings; choose them here to see what the"
                " nights did. Records are sent by the uploader alone, never from this window."
            ),
            button=_("Choose the settings…"),
        )
        shown = QWidget()
        self._stack = QStackedLayout(shown)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._contents())
        self._columns = ColumnsView(self._desk)
        self._stack.addWidget(self._columns)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(shown, 1)

    def _contents(self) -> QWidget:
        self._figures = Figures(
            [_("records accepted"), _("records waiting"), _("records held"),
             _("packages rejected or unknown"), _("last run")]
        )  # fmt: skip
        self._day_model: RowTableModel[Day] = RowTableModel(_day_columns(), self)
        self._held_model: RowTableModel[tuple[str, int]] = RowTableModel(_held_columns(), self)
        self._code_model: RowTableModel[UnknownCode] = RowTableModel(_code_columns(), self)
        self._package_model: RowTableModel[StoredPackage] = RowTableModel(_package_columns(), self)
        self._days = RowTable(self._day_model)
        self._send = QPushButton(_("Send codes to the worklist"))
        self._send.setProperty("look", "primary")
        self._send.setToolTip("Ctrl+Enter")
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self._figures)
        upper, lower = QHBoxLayout(), QHBoxLayout()
        upper.addWidget(_sheet(_("By day of discharge"), self._days), 3)
        upper.addWidget(_sheet(_("Held, by reason"), RowTable(self._held_model)), 2)
        codes = RowTable(self._code_model)
        lower.addWidget(_sheet(_("Codes that hold records"), codes, self._send), 3)
        lower.addWidget(_sheet(_("Packages"), RowTable(self._package_model)), 2)
        column.addLayout(upper, 1)
        column.addLayout(lower, 1)
        return part

    def _connect(self) -> None:
        bind(self._keys, self)
        self._environments.chosen.connect(lambda _one: self.refresh())
        self._choose.clicked.connect(lambda _on=False: self._on_choose())
        self._empty.wanted.connect(self._on_choose)
        self._send.clicked.connect(lambda _on=False: self._on_send())
        self._columns_button.clicked.connect(lambda _on=False: self._on_columns())
        self._columns.left.connect(self._on_columns_left)

    def _show(self, found: Nights) -> None:
        status = found.status
        states = {state: status.states.get(state, (0, 0)) for state in PackageState}
        waiting = sum(
            states[one][1]
            for one in (PackageState.PREPARED, PackageState.SENDING, PackageState.RECEIVED)
        )
        wrong = states[PackageState.REJECTED][0] + states[PackageState.UNKNOWN][0]
        held = sum(status.held.values())
        last = next((one.ended for one in status.runs if one.ended), None)
        self._figures.show_values(
            [
                (wording.number(states[PackageState.ACCEPTED][1]), Tone.PLAIN),
                (wording.number(waiting), Tone.MISSING if waiting else Tone.PLAIN),
                (wording.number(held), Tone.MISSING if held else Tone.PLAIN),
                (wording.number(wrong), Tone.WRONG if wrong else Tone.PLAIN),
                (f"{last.astimezone():%m-%d %H:%M}" if last else "—", Tone.PLAIN),
            ]
        )
        self._day_model.set_rows(found.days)
        held_by = sorted(status.held.items(), key=lambda one: -one[1])
        self._held_model.set_rows(tuple((found.reasons[why], count) for why, count in held_by))
        self._code_model.set_rows(found.codes)
        self._package_model.set_rows(found.packages)
        self._send.setEnabled(bool(found.codes))
        release = ", ".join(map(str, status.releases)) or status.release_fault
        self._place.setText(_("{file} · release {release}").format(
            file=self._file, release=release))  # fmt: skip
        self._stack.setCurrentIndex(1)
        self.count_changed.emit(len(status.unknown))

    def _on_unreadable(self, error: Exception) -> None:
        self._stack.setCurrentIndex(0)
        self._empty.say(
            _("The uploader's state cannot be read"), str(error), _("Choose the settings…")
        )

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
        self._stack.setCurrentIndex(0)
        self.activate()

    def _on_send(self) -> None:
        file, environment = self._file, self._environments.value
        feed, by = self._desk.services.feed, self._desk.person

        def send() -> FeedSummary:
            from icdmapper.upload.service import Uploader  # noqa: PLC0415 - as above

            with tempfile.TemporaryDirectory() as folder:
                codes = Path(folder) / "codes.csv"
                Uploader.open(file, environment).write_unknown_codes(codes)
                return feed.take(codes, by=by)

        self._desk.tasks.start(lambda _task: send(), owner=self, on_done=self._on_sent)

    def _on_sent(self, summary: FeedSummary) -> None:
        self._desk.changes.code_sets_changed.emit()
        self._desk.notices.done(
            _("{added} new codes are in the worklist; {known} were there.").format(
                added=summary.added, known=summary.known
            ),
            _("They stand under “from the feed”; make proposals for the new ones."),
        )


def _sheet(title: str, table: QWidget, button: QPushButton | None = None) -> QWidget:
    sheet = surface()
    column = QVBoxLayout(sheet)
    column.setContentsMargins(12, 10, 12, 10)
    column.setSpacing(6)
    head = QHBoxLayout()
    head.addWidget(label(title, look="section"), 1)
    if button is not None:
        head.addWidget(button)
    column.addLayout(head)
    table.setAccessibleName(title)
    column.addWidget(table, 1)
    return sheet


def _count(*states: PackageState) -> Callable[[Day], str]:
    def shown(one: Day) -> str:
        found = sum(one.counts.get(state, 0) for state in states)
        return f"{found:,}" if found else ""

    return shown


def _day_state(one: Day) -> str:
    if one.hole:
        return _("nothing sent")
    worst = next(state for state in _WORST_FIRST if one.counts.get(state))
    return package_state_word(worst.value)


def _day_tone(one: Day) -> Tone:
    if one.hole or one.counts.get(PackageState.REJECTED) or one.counts.get(PackageState.UNKNOWN):
        return Tone.WRONG
    waits = sum(one.counts.values()) - one.counts.get(PackageState.ACCEPTED, 0)
    return Tone.MISSING if waits else Tone.SAME


def _day_columns() -> tuple[Column[Day], ...]:
    waiting = _count(PackageState.PREPARED, PackageState.SENDING, PackageState.RECEIVED)
    return (
        Column(N_("Day"), lambda one: f"{one.day}", width=110, code=True),
        Column(N_("State"), _day_state, tone=_day_tone),
        Column(N_("Accepted"), _count(PackageState.ACCEPTED), width=90, right=True),
        Column(N_("Waiting"), waiting, width=90, right=True),
        Column(N_("Rejected"), _count(PackageState.REJECTED), width=90, right=True),
        Column(N_("Unknown"), _count(PackageState.UNKNOWN), width=90, right=True),
    )


def _held_columns() -> tuple[Column[tuple[str, int]], ...]:
    return (
        Column(N_("Reason"), lambda one: one[0]),
        Column(N_("Records"), lambda one: f"{one[1]:,}", width=90, right=True),
    )


def _code_columns() -> tuple[Column[UnknownCode], ...]:
    return (
        Column(N_("Local code"), lambda one: one.code, width=110, code=True, muted=True),
        Column(N_("Name"), lambda one: one.name),
        Column(N_("Kind"), lambda one: kind_word(one.kind.value), width=80),
        Column(N_("Reason"), lambda one: held_word(one.reason), width=110),
        Column(N_("Records"), lambda one: f"{one.records:,}", width=70, right=True),
        Column(N_("First seen"), lambda one: f"{one.first_seen.astimezone():%Y-%m-%d}", width=100),
    )


def _package_columns() -> tuple[Column[StoredPackage], ...]:
    return (
        Column(N_("Package"), lambda one: one.name, code=True),
        Column(N_("Records"), lambda one: f"{one.records:,}", width=70, right=True),
        Column(N_("State"), lambda one: package_state_word(one.state.value), width=110),
        Column(N_("Grade"), _grade, width=60, right=True),
    )


def _grade(one: StoredPackage) -> str:
    return "" if one.feedback is None or one.feedback.grade is None else str(one.feedback.grade)


if __name__ == "__main__":
    raise SystemExit(preview(UploadPage))
