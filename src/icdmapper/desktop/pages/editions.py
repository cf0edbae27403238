"""Two stored editions side by side: chosen, compared, filtered; a line leads to its entry."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QStackedLayout, QVBoxLayout, QWidget

from icdmapper.desktop import edition_words, wording
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.edition_words import Line
from icdmapper.desktop.pages.comparison import ComparisonPanel
from icdmapper.desktop.tasks import Lane, Task
from icdmapper.desktop.widgets.empty import EmptyState
from icdmapper.desktop.widgets.labels import label
from icdmapper.desktop.widgets.progress import ProgressStrip
from icdmapper.model.codes import CodeSet, CodeSystem, LocalCode, ReferenceCode, Side
from icdmapper.texts import _


class EditionsPanel(QWidget):
    """Compares whatever two editions are chosen above it."""

    entry_chosen = Signal(object, int)
    """The side and the id of the code under the cursor, that of the newer edition if it has one."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._running: Task | None = None
        self._asked: tuple[int, int] | None = None
        self._system: CodeSystem | None = None
        self.older, self.newer = QComboBox(), QComboBox()
        self._comparison = ComparisonPanel(weighed=False)
        self._strip = ProgressStrip()
        self._empty = EmptyState(icon="catalog", title="", sentence="")
        self._build_ui()
        for combo in (self.older, self.newer):
            combo.activated.connect(lambda _at: self._compare())
        self._strip.cancelled.connect(self._stop)
        self._comparison.table.row_chosen.connect(self._on_row_chosen)

    def show_up(self, system: CodeSystem) -> None:
        """Read which editions there are; compare those chosen before, or the last two of a set."""
        if system is not self._system:
            self._system = system
            self.older.clear()
            self.newer.clear()
        catalog = self._desk.services.catalog
        self._desk.tasks.start(
            lambda _task: catalog.editions(),
            owner=self,
            on_done=self._show_editions,
            lane=Lane.LOOKUP,
        )
        self.older.setFocus(Qt.FocusReason.OtherFocusReason)

    def _build_ui(self) -> None:
        choosers = QGridLayout()
        choosers.setHorizontalSpacing(10)
        named = ((_("Older edition"), self.older), (_("Newer edition"), self.newer))
        for at, (name, combo) in enumerate(named):
            combo.setAccessibleName(name)
            combo.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            combo.setMinimumContentsLength(24)
            choosers.addWidget(label(name, look="small"), 0, at)
            choosers.addWidget(combo, 1, at)
        shown = QWidget()
        self._stack = QStackedLayout(shown)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._comparison)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(choosers)
        column.addWidget(self._strip)
        column.addWidget(shown, 1)

    def _show_editions(self, stored: Sequence[CodeSet]) -> None:
        chosen = (self.older.currentData(), self.newer.currentData())
        wanted = (
            chosen if {one.id for one in stored} >= set(chosen) else _last_two(stored, self._system)
        )
        for combo, set_id in zip((self.older, self.newer), wanted, strict=True):
            with QSignalBlocker(combo):
                combo.clear()
                for one in stored:
                    combo.addItem(_edition(one), one.id)
                combo.setCurrentIndex(combo.findData(set_id))
        if None in wanted:
            self._say(
                _("There is nothing to hold side by side yet"),
                _("Import a second edition; the first one is kept when it is replaced."),
            )
        else:
            self._compare()

    def _compare(self) -> None:
        old_id, new_id = self.older.currentData(), self.newer.currentData()
        if (old_id, new_id) == self._asked:
            return
        self._stop()
        self._asked = (old_id, new_id)
        catalog = self._desk.services.catalog
        self._strip.begin(_("Comparing the editions…"))
        task = self._desk.tasks.start(
            lambda task: edition_words.lines_of_comparison(
                catalog.compare(old_id, new_id, progress=task.report)
            ),
            owner=self,
            on_done=self._show_lines,
            on_error=self._on_refused,
            lane=Lane.COMPUTE,
        )
        self._running = task
        task.progressed.connect(self._strip.advance)
        task.ended.connect(lambda: self._on_ended(task))

    def _show_lines(self, lines: tuple[Line, ...]) -> None:
        self._comparison.show_lines(lines)
        self._stack.setCurrentWidget(self._comparison)

    def _on_refused(self, error: Exception) -> None:
        self._say(_("These two cannot be compared"), str(error))

    def _say(self, title: str, sentence: str) -> None:
        self._empty.say(title, sentence)
        self._stack.setCurrentWidget(self._empty)

    def _stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            self._asked = None

    def _on_ended(self, task: Task) -> None:
        if task is self._running:
            self._running = None
            self._strip.end()

    def _on_row_chosen(self, at: int) -> None:
        row = self._comparison.lines[at].row
        entry = row.new or row.old
        if isinstance(entry, ReferenceCode | LocalCode):
            side = Side.REFERENCE if isinstance(entry, ReferenceCode) else Side.LOCAL
            self.entry_chosen.emit(side, entry.id)


def _last_two(
    stored: Sequence[CodeSet], system: CodeSystem | None
) -> tuple[int | None, int | None]:
    """The newest edition that has another one before it, with that one; `stored` newest first.

    Those of `system` go before all others.
    """
    preferred = sorted(stored, key=lambda one: one.system is not system)
    for at, newer in enumerate(preferred):
        for older in preferred[at + 1 :]:
            if (older.side, older.system) == (newer.side, newer.system):
                return older.id, newer.id
    return None, None


def _edition(one: CodeSet) -> str:
    system = one.system.value if one.system else _("Local")
    facts = (
        one.edition,
        wording.number(one.size),
        f"{one.imported_at.astimezone():%Y-%m-%d %H:%M}",
    )
    return " · ".join(filter(None, (f"{system} {one.name}", *facts)))
