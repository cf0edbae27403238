"""The overview: how far the work is, who did what, what is risky, what to do next."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from icdmapper.bootstrap import Services
from icdmapper.desktop import theme
from icdmapper.desktop.delegates.bar import BarDelegate
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.models.rows import RowTableModel
from icdmapper.desktop.pages import overview_parts as parts
from icdmapper.desktop.pages.overview_print import ask_printer, ask_where, write_pdf
from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.preview import preview
from icdmapper.desktop.tasks import Lane, Latest
from icdmapper.desktop.widgets.charts import BurnDownChart
from icdmapper.desktop.widgets.empty import EmptyState
from icdmapper.desktop.widgets.figures import Figures
from icdmapper.desktop.widgets.keys import Key, bind
from icdmapper.desktop.widgets.labels import label, surface
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.model.errors import IcdMapperError
from icdmapper.resolution.overview import NextKind, Overview, Part, PersonWork, RiskyRow, summarise
from icdmapper.resolution.worklist import WorkFilter
from icdmapper.texts import N_, _

_ROW = 27
_NARROW = 1000
"""Below this width there is no room for two columns."""
_HEIGHT, _STACKED_HEIGHT = 790, 1300
"""In pixels; what is lower than this is scrolled."""


def read_overview(services: Services) -> Overview:
    """Count everything; runs off the GUI thread."""
    rows, steps = services.resolution.worklist(), services.resolution.steps()
    return summarise(rows, steps, now=datetime.now().astimezone())


def _read_or_error(services: Services) -> Overview | IcdMapperError:
    """The page must know of a failure too, or it would say for ever that it is counting."""
    try:
        return read_overview(services)
    except IcdMapperError as error:
        return error


class OverviewPage(Page):
    """Coverage by code set and chapter, pace, people, risky rows; every line leads to its rows."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._found: Overview | None = None
        self._stale = False
        self._reading = Latest(desk.tasks, self, Lane.LOOKUP)
        self._build_ui()
        steps = [
            Key((str(at + 1),), N_("do the next step"), partial(self._next.press, at))
            for at in range(parts.NextSteps.SHOWN)
        ]
        self._keys = (
            Key(("1",), N_("do the next step"), None, shown=f"1–{parts.NextSteps.SHOWN}"),
            Key(("Enter",), N_("show the rows of a line"), None),
            Key(("Ctrl+P",), N_("print"), self._on_print_wanted),
            Key(("Ctrl+S",), N_("save as PDF"), self._on_pdf_wanted),
        )
        bind([*steps, *self._keys], self)
        self._connect()
        self.refresh()

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the overview."""
        return self._keys

    @property
    def found(self) -> Overview | None:
        """What is shown; None until it has been counted."""
        return self._found

    def activate(self) -> None:
        """Count again when something changed; the first suggestion gets the keyboard."""
        if self._stale:
            self.refresh()
        self._next.focus_first()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: in a narrow window both columns stand one above the other, the next steps first."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        way = QBoxLayout.Direction.BottomToTop if narrow else QBoxLayout.Direction.LeftToRight
        self._columns.setDirection(way)
        self._inside.setMinimumHeight(_STACKED_HEIGHT if narrow else _HEIGHT)

    def refresh(self) -> None:
        """Count again; what was counted before stays on the screen until then."""
        self._stale = False
        services = self._desk.services
        self._reading.ask(lambda _task: _read_or_error(services), self._on_read)

    # ---- building ----

    def _build_ui(self) -> None:
        self._figures = Figures(
            [
                _("of yearly discharges mapped"),
                _("codes mapped"),
                _("to check"),
                _("risky, unchecked"),
                _("disputed or refining"),
            ]
        )
        self._next = parts.NextSteps()
        self._make_tables()
        self._chart = BurnDownChart(parts.chart_words())
        self._pace = label(look="muted", wrap=True)
        self._waiting = EmptyState(icon="overview", title=_("Counting…"), sentence="")
        self._inside = inside = _Inside()
        inside.setProperty("clear", True)
        sheet = QVBoxLayout(inside)
        sheet.setContentsMargins(0, 0, 0, 0)
        sheet.setSpacing(10)
        sheet.addWidget(self._figures)
        self._columns = columns = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        columns.setSpacing(10)
        left, right = QVBoxLayout(), QVBoxLayout()
        for column in (left, right):
            column.setSpacing(10)
        left.addWidget(self._coverage_part(), 5)
        left.addWidget(_part(_("Risky answers, not checked yet"), self._risky), 3)
        right.addWidget(self._next)
        right.addWidget(_part(_("Pace"), self._chart, self._pace), 4)
        right.addWidget(_part(_("People"), self._people), 3)
        columns.addLayout(left, 62)
        columns.addLayout(right, 38)
        sheet.addLayout(columns, 1)
        inside.setMinimumHeight(_HEIGHT)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._waiting)
        self._stack.addWidget(scroll)

    def _make_tables(self) -> None:
        self._with_discharges = True
        self._parts_model: RowTableModel[Part] = RowTableModel(
            parts.part_columns(with_discharges=True), self
        )
        self._parts = _table(self._parts_model, _("Coverage by code set and chapter"))
        bar = BarDelegate(lambda part: parts.shares_of(part.coverage), self._parts)
        self._parts.setItemDelegateForColumn(parts.BAR_COLUMN, bar)
        self._parts.setToolTip(_("Enter shows the open rows of a line"))
        self._people_model: RowTableModel[PersonWork] = RowTableModel(parts.people_columns(), self)
        self._people = _table(self._people_model, _("People"))
        self._risky_model: RowTableModel[RiskyRow] = RowTableModel(parts.risky_columns(), self)
        self._risky = _table(self._risky_model, _("Risky answers, not checked yet"))
        self._risky.setToolTip(_("Enter opens the row on the workbench"))

    def _coverage_part(self) -> QFrame:
        self._states = parts.StateStrip()
        self._print = QPushButton(theme.icon("print", "muted"), _("Print…"))
        self._print.setToolTip("Ctrl+P")
        self._pdf = QPushButton(_("Save as PDF…"))
        self._pdf.setToolTip("Ctrl+S")
        for button in (self._print, self._pdf):
            button.setProperty("look", "flat")
        head = QHBoxLayout()
        head.addWidget(label(_("Coverage by code set and chapter"), look="section"), 1)
        head.addWidget(self._print)
        head.addWidget(self._pdf)
        made = surface()
        column = QVBoxLayout(made)
        column.setContentsMargins(14, 10, 14, 6)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._states)
        column.addWidget(self._parts, 1)
        return made

    def _connect(self) -> None:
        self._next.wanted.connect(self._on_next_wanted)
        self._parts.row_opened.connect(self._on_part_opened)
        self._risky.row_opened.connect(self._on_risky_opened)
        self._print.clicked.connect(lambda _on=False: self._on_print_wanted())
        self._pdf.clicked.connect(lambda _on=False: self._on_pdf_wanted())
        self._waiting.wanted.connect(lambda: self._desk.changes.page_wanted.emit("import"))
        changes = self._desk.changes
        for changed in (changes.code_sets_changed, changes.proposals_changed):
            changed.connect(self._on_changed)
        changes.mappings_changed.connect(lambda _ids: self._on_changed())

    # ---- showing ----

    def _on_read(self, found: Overview | IcdMapperError) -> None:
        if isinstance(found, Overview):
            self._show(found)
            return
        self._desk.notices.error(found)
        if self._found is None:
            self._waiting.say(_("The overview could not be counted"), _("Press F5 to try again."))

    def _show(self, found: Overview) -> None:
        self._found = found
        coverage = found.coverage
        if not coverage.total:
            self._waiting.say(
                _("No local codes yet"),
                _("Import a reference set and the hospital's own list first."),
                _("Go to Import"),
            )
            self._stack.setCurrentIndex(0)
            return
        self._stack.setCurrentIndex(1)
        self._figures.show_values(parts.figures_of(found))
        self._figures.set_word(0, parts.covered_word(found))
        self._next.show_actions(found.actions, coverage.frequency_total)
        self._states.show_coverage(coverage)
        self._fit(with_discharges=bool(coverage.frequency_total))
        self._parts.show_rows(found.parts)
        self._people.show_rows(found.people)
        self._risky.show_rows(found.risky)
        described = parts.pace_sentence(found)
        self._chart.show_days(parts.chart_days(found.days), described)
        self._pace.setText(described)

    def _fit(self, *, with_discharges: bool) -> None:
        if with_discharges != self._with_discharges:
            self._with_discharges = with_discharges
            self._parts_model.set_columns(parts.part_columns(with_discharges=with_discharges))
            self._parts.fit_columns()

    def _on_changed(self) -> None:
        self._stale = True
        if self.isVisible():
            self.refresh()

    # ---- what the person wants ----

    def _on_part_opened(self, at: int) -> None:
        part = self._parts_model.rows[at]
        self._show_rows(WorkFilter(system=part.system, chapter=part.chapter))

    def _on_risky_opened(self, at: int) -> None:
        local_id = self._risky_model.rows[at].row.local.id
        self._desk.changes.page_wanted.emit("workbench")
        self._desk.changes.row_wanted.emit(local_id)

    def _on_next_wanted(self, kind: NextKind) -> None:
        changes = self._desk.changes
        match kind:
            case NextKind.IMPORT:
                changes.page_wanted.emit("import")
            case NextKind.RELEASE:
                changes.page_wanted.emit("export")
            case NextKind.SETTLE:
                changes.page_wanted.emit("disputes")
            case NextKind.CHECK:
                changes.page_wanted.emit("review")
            case NextKind.BULK:
                self._show_rows(WorkFilter())
                changes.bulk_wanted.emit()
            case NextKind.CONTRADICTIONS:
                self._show_rows(WorkFilter(only_contradiction=True))
            case NextKind.FREQUENT | NextKind.PROPOSE:
                self._show_rows(WorkFilter())

    def _show_rows(self, wanted: WorkFilter) -> None:
        self._desk.changes.page_wanted.emit("workbench")
        self._desk.changes.rows_wanted.emit(wanted)

    def _on_print_wanted(self) -> None:
        if self._found is not None:
            ask_printer(self, self._found, self._desk.services.settings.hospital)

    def _on_pdf_wanted(self) -> None:
        if self._found is None:
            return
        file = ask_where(self)
        if file:
            write_pdf(file, self._found, self._desk.services.settings.hospital)
            self._desk.notices.done(_("The overview is saved in {file}.").format(file=file))


class _Inside(QWidget):
    """As high as the window lets it be; wrapped labels would make it ask for more."""

    def heightForWidth(self, _width: int) -> int:
        """Qt: the least height it is still readable at."""
        return self.minimumHeight()


def _table(model: RowTableModel[Any], name: str) -> RowTable:
    made = RowTable(model)
    made.setAccessibleName(name)
    made.setProperty("frameless", True)
    made.verticalHeader().setDefaultSectionSize(_ROW)
    return made


def _part(title: str, *widgets: QWidget) -> QFrame:
    made = surface()
    column = QVBoxLayout(made)
    column.setContentsMargins(14, 10, 14, 8)
    column.setSpacing(6)
    column.addWidget(label(title, look="section"))
    for number, widget in enumerate(widgets):
        column.addWidget(widget, 0 if number else 1)
    return made


if __name__ == "__main__":
    raise SystemExit(preview(OverviewPage))
