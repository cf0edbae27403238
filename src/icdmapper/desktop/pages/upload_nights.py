"""The nights of one environment: figures, the month, one day of it, and the lists beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QScrollArea, QVBoxLayout, QWidget

from icdmapper.desktop import wording
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.upload_days import DayPanel, DaysPanel
from icdmapper.desktop.pages.upload_lists import CODES, PACKAGES, REASONS, ListsPanel
from icdmapper.desktop.widgets.figures import Figures
from icdmapper.desktop.widgets.keys import Key, KeyHints, bind
from icdmapper.model.marks import Tone
from icdmapper.model.sending import WAITING, Environment, PackageState
from icdmapper.texts import N_, _
from icdmapper.texts.words import environment_word, held_word

if TYPE_CHECKING:
    from icdmapper.importing.feed import FeedSummary
    from icdmapper.upload.nights import Nights

_NARROW, _LOW = 900, 460
"""In fewer pixels the month stands above the lists, and the figures give way."""


@dataclass(frozen=True, slots=True)
class Read:
    """What was read for the page, with the sentences of the rules that hold records."""

    nights: Nights
    sentences: dict[str, str]

    def reason(self, why: str) -> str:
        """Why records are held, in words."""
        return self.sentences.get(why) or held_word(why)


def read_nights(file: Path, environment: Environment, month: date, today: date) -> Read:
    """Read an uploader's state; errors as `Uploader.open`. Runs off the GUI thread."""
    # The uploader brings pandas with it: only who looks at this page waits for that.
    from icdmapper.upload.checks.registry import RULES  # noqa: PLC0415
    from icdmapper.upload.nights import look  # noqa: PLC0415
    from icdmapper.upload.service import Uploader  # noqa: PLC0415

    found = look(Uploader.open(file, environment), month, today)
    rules = {one: f"{one} {_(RULES[one].sentence)}" for one in found.status.held if one in RULES}
    return Read(found, rules)


class NightsView(QScrollArea):
    """What is shown of one environment; nothing is sent from here."""

    def __init__(self, desk: Desk, ask: Callable[[], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._read: Read | None = None
        self.days = DaysPanel()
        self.day = DayPanel()
        self.lists = ListsPanel()
        self.keys = (
            Key(("PgUp",), N_("the month before"), lambda: self.days.turn(-1)),
            Key(("PgDown",), N_("the next month"), lambda: self.days.turn(1)),
            Key(("1",), N_("reasons"), lambda: self._open(REASONS)),
            Key(("2",), N_("codes that hold records"), lambda: self._open(CODES)),
            Key(("3",), N_("packages"), lambda: self._open(PACKAGES)),
            Key(("Ctrl+Return",), N_("send codes to the worklist"), self._on_send,
                shown="Ctrl+Enter"),
        )  # fmt: skip
        self._build_ui()
        bind(self.keys, self)
        self.days.month_wanted.connect(lambda _month: ask())
        self.days.day_chosen.connect(self._on_day)
        self.lists.send_wanted.connect(self._on_send)

    def activate(self) -> None:
        """The days get the keyboard."""
        self.days.sheet.setFocus()

    def show_read(self, read: Read) -> None:
        """Show what was read of an environment."""
        self._read = read
        self._show_figures(read)
        self.lists.show_nights(read.nights, read.reason)
        environment = environment_word(read.nights.status.environment.value)
        self.days.show_days(read.nights.days, environment)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: a narrow window has the month above the lists, a low one no figures."""
        super().resizeEvent(event)
        narrow = self.viewport().width() < _NARROW
        ways = QBoxLayout.Direction
        self._sides.setDirection(ways.TopToBottom if narrow else ways.LeftToRight)
        self._figures.setVisible(self.viewport().height() >= _LOW)

    def _build_ui(self) -> None:
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._figures = Figures(
            [_("records accepted"), _("records waiting"), _("records held"),
             _("records rejected"), _("packages to ask about"), _("last run")]
        )  # fmt: skip
        self.days.setMinimumHeight(300)
        self.lists.setMinimumHeight(180)
        right = QVBoxLayout()
        right.setSpacing(10)
        right.addWidget(self.day)
        right.addWidget(self.lists, 1)
        self._sides = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._sides.setSpacing(10)
        self._sides.addWidget(self.days, 6)
        self._sides.addLayout(right, 5)
        inside = QWidget()
        inside.setProperty("clear", True)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self._figures)
        column.addLayout(self._sides, 1)
        column.addWidget(KeyHints(self.keys))
        self.setWidget(inside)

    def _open(self, which: int) -> None:
        """Show one of the lists, also where it lies below what is in sight."""
        self.lists.open(which)
        self.ensureWidgetVisible(self.lists)

    def _show_figures(self, read: Read) -> None:
        status = read.nights.status
        states = {state: status.states.get(state, (0, 0)) for state in PackageState}
        waiting = sum(states[one][1] for one in WAITING)
        rejected = sum(one.records for one in read.nights.rejections)
        unknown, held = states[PackageState.UNKNOWN][0], status.held_records
        last = next((one.ended for one in status.runs if one.ended), None)
        self._figures.show_values(
            [
                (wording.number(states[PackageState.ACCEPTED][1]), Tone.PLAIN),
                (wording.number(waiting), Tone.ACCENT if waiting else Tone.PLAIN),
                (wording.number(held), Tone.MISSING if held else Tone.PLAIN),
                (wording.number(rejected), Tone.WRONG if rejected else Tone.PLAIN),
                (wording.number(unknown), Tone.WRONG if unknown else Tone.PLAIN),
                (f"{last.astimezone():%m-%d %H:%M}" if last else "—", Tone.PLAIN),
            ]
        )

    def _on_day(self, day: date) -> None:
        if self._read is None:
            return
        one = next((one for one in self._read.nights.days if one.day == day), None)
        if one is not None:
            self.day.show_day(one, self._read.reason)

    def _on_send(self) -> None:
        if not self.lists.send.isEnabled() or self._read is None:
            return
        feed, by, found = self._desk.services.feed, self._desk.person, self._read.nights.codes

        def send() -> FeedSummary:
            from icdmapper.upload.holes import write_unknown_codes  # noqa: PLC0415 - as above

            with tempfile.TemporaryDirectory() as folder:
                codes = Path(folder) / "codes.csv"
                write_unknown_codes(found, codes)
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
