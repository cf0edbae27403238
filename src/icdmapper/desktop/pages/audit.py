"""Audit: who did what and when, found, read, exported; and whether the log is whole."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from icdmapper.bootstrap import Services
from icdmapper.desktop import audit_words, wording
from icdmapper.desktop.audit_words import AuditRow
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.pages.audit_parts import AuditFilters, ChainPanel, EventPanel
from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.preview import preview
from icdmapper.desktop.tasks import Lane, Latest
from icdmapper.desktop.widgets.empty import EmptyState
from icdmapper.desktop.widgets.keys import Key, KeyHints, bind
from icdmapper.desktop.widgets.labels import label
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.model.codes import LocalCode
from icdmapper.model.events import EventFilter
from icdmapper.texts import N_, _
from icdmapper.texts.acts import act_word

_AT_ONCE = 2000
"""So many acts are read at once; more come when the end of the list is near."""
_NEAR_PIXELS = 600
_SPARED = {0: 1240, 6: 1000, 7: 1240}
"""The columns that a page less wide leaves to the act in focus: its number, what, undo."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was read for a filter."""

    wanted: EventFilter
    rows: tuple[AuditRow, ...]
    count: int
    anchor: str
    names: frozenset[str]
    unknown_code: bool = False


class AuditPage(Page):
    """Filters, the chain, the acts newest first, and the one in focus."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._limit = _AT_ONCE
        self._found: Found | None = None
        self._reading = Latest(desk.tasks, self)
        self._filters = AuditFilters(datetime.now().astimezone().date())
        self._chain = ChainPanel()
        self._model: RowTableModel[AuditRow] = RowTableModel(_columns(), self)
        self._table = RowTable(self._model)
        self._event = EventPanel()
        self._count = label(look="small")
        self._export = QPushButton(_("Export…"))
        self._keys = (
            Key(("V",), N_("verify the chain"), self._chain.verify),
            Key(("Ctrl+E",), N_("export what is shown"), self._export.click),
            Key(("/", "Ctrl+F"), N_("filter by code"), self._filters.focus_code),
            Key(("P",), N_("filter by person"), self._filters.focus_first),
            Key(("C",), N_("every act"), self._filters.clear),
            Key(("Up", "Down"), N_("go through the rows"), None, hinted=False, shown="↑ ↓"),
        )
        self._build_ui()
        self._connect()

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the audit."""
        return self._keys

    def activate(self) -> None:
        """Read what happened meanwhile; the list gets the keyboard."""
        self.refresh()
        self._table.setFocus(Qt.FocusReason.OtherFocusReason)

    def refresh(self) -> None:
        """Read the acts that pass the filter again."""
        services, wanted = self._desk.services, self._filters.wanted()
        code, limit = self._filters.code, self._limit
        self._reading.ask(lambda _task: _read(services, wanted, code, limit), self._show)

    def export_to(self, file: Path) -> None:
        """Write the acts that are shown, and the ones not read yet, into a file."""
        if self._found is None:
            return
        audit, wanted = self._desk.services.audit, self._found.wanted
        self._desk.notices.clear()
        self._desk.tasks.start(
            lambda _task: audit.export(file, wanted),
            owner=self,
            on_done=lambda count: self._desk.notices.done(
                _("{count} acts written to {file}").format(count=wording.number(count), file=file)
            ),
            title=_("Writing…"),
        )

    def _build_ui(self) -> None:
        self._table.setAccessibleName(_("Acts"))
        self._empty = EmptyState(
            icon="audit", title=_("No act passes the filter"), sentence="", button=_("Every act")
        )
        shown = QWidget()
        self._stack = QStackedLayout(shown)
        self._stack.addWidget(self._table)
        self._stack.addWidget(self._empty)
        foot = QHBoxLayout()
        foot.addWidget(self._count, 1)
        foot.addWidget(self._export)
        left = QWidget()
        inside = QVBoxLayout(left)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(6)
        inside.addWidget(shown, 1)
        inside.addLayout(foot)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        self._event.setMinimumWidth(240)
        splitter.addWidget(left)
        splitter.addWidget(self._event)
        splitter.setStretchFactor(0, 5)
        splitter.setStretchFactor(1, 2)
        splitter.setSizes([900, 320])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self._filters)
        column.addWidget(splitter, 1)
        column.addWidget(self._chain)
        column.addWidget(KeyHints(self._keys))

    def _connect(self) -> None:
        bind(self._keys, self)
        self._filters.changed.connect(self._on_filter_changed)
        self._filters.left.connect(self._table.setFocus)
        self._empty.wanted.connect(self._filters.clear)
        self._table.row_chosen.connect(lambda at: self._event.show_row(self._model.rows[at]))
        self._table.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self._export.clicked.connect(lambda _on=False: self._on_export_clicked())
        self._chain.verify_wanted.connect(self._on_verify_wanted)
        changes = self._desk.changes
        changes.mappings_changed.connect(lambda _ids: self._on_changed())
        changes.code_sets_changed.connect(self._on_changed)

    def _show(self, found: Found) -> None:
        same = self._found is not None and self._found.wanted == found.wanted
        at, place = self._table.currentIndex().row(), self._table.verticalScrollBar().value()
        self._found = found
        self._table.show_rows(found.rows)
        self._filters.offer_names(set(found.names))
        self._chain.show_head(found.anchor)
        self._stack.setCurrentIndex(0 if found.rows else 1)
        if not found.rows and found.wanted == EventFilter() and not found.unknown_code:
            self._empty.say(
                _("Nothing has been done yet"),
                _("Every import, decision, check and release is written down here."),
            )
        elif not found.rows:
            self._empty.say(
                _("There is no such local code") if found.unknown_code
                else _("No act passes the filter"),
                _("Type the whole code as it stands in the list.") if found.unknown_code else "",
                _("Every act"),
            )  # fmt: skip
        self._count.setText(
            _("{visible} of {total} acts, the newest first").format(
                visible=wording.number(len(found.rows)), total=wording.number(found.count)
            )
        )
        self._export.setEnabled(bool(found.rows))
        at = at if same and 0 <= at < len(found.rows) else 0
        self._event.show_row(found.rows[at] if found.rows else None)
        if found.rows:
            self._table.show_row(at)
            if same:
                self._table.verticalScrollBar().setValue(place)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: in a narrow window the names keep the room of what the act in focus says too."""
        super().resizeEvent(event)
        for at, least in _SPARED.items():
            self._table.make_room(at, enough=self.width() >= least)

    def _on_filter_changed(self) -> None:
        self._limit = _AT_ONCE
        self.refresh()

    def _on_changed(self) -> None:
        if self.isVisible():
            self.refresh()

    def _on_scrolled(self, value: int) -> None:
        """Near the end of what was read, read as much again."""
        found = self._found
        if found is None or len(found.rows) >= found.count or len(found.rows) < self._limit:
            return
        if self._table.verticalScrollBar().maximum() - value < _NEAR_PIXELS:
            self._limit *= 2
            self.refresh()

    def _on_export_clicked(self) -> None:
        name = str(Path(self._desk.memory.text("audit_folder", str(Path.home()))) / "audit.csv")
        chosen, _kind = QFileDialog.getSaveFileName(self, _("Export"), name, "CSV (*.csv)")
        if chosen:
            self._desk.memory.keep("audit_folder", str(Path(chosen).parent))
            self.export_to(Path(chosen))

    def _on_verify_wanted(self, anchor: str) -> None:
        audit = self._desk.services.audit
        task = self._desk.tasks.start(
            lambda _task: audit.verify([anchor] if anchor else []),
            owner=self,
            on_done=self._chain.show_report,
            lane=Lane.COMPUTE,
            title=_("Verifying…"),
        )
        task.ended.connect(self._chain.end)


def _read(services: Services, wanted: EventFilter, code: str, limit: int) -> Found:
    """Read the acts of a filter with the codes they were about; off the GUI thread."""
    codes = {local.id: local for local in services.catalog.local_codes()}
    anchor = services.audit.head().anchor
    names = frozenset(one.name for one in services.people.members())
    if code:
        match = _find(codes, code)
        if match is None:
            return Found(wanted, (), 0, anchor, names, unknown_code=True)
        wanted = replace(wanted, local_id=match)
    events = services.audit.found(wanted, limit=limit)
    undone = services.audit.undone()
    rows = tuple(
        AuditRow(
            one,
            codes.get(one.local_id) if one.local_id is not None else None,
            undone=one.batch in undone,
        )
        for one in events
    )
    names |= {one.by for one in events}
    return Found(wanted, rows, services.audit.count(wanted), anchor, names)


def _find(codes: dict[int, LocalCode], typed: str) -> int | None:
    """The local code that was typed: exactly, else without regard to case and blanks."""
    exact = next((number for number, one in codes.items() if one.code == typed), None)
    if exact is not None:
        return exact
    folded = "".join(typed.split()).casefold()
    same = (n for n, one in codes.items() if "".join(one.code.split()).casefold() == folded)
    return next(same, None)


def _columns() -> tuple[Column[AuditRow], ...]:
    number: Column[AuditRow] = Column(
        N_("No."), lambda row: f"{row.event.id:,}", width=64, right=True, muted=True
    )
    at: Column[AuditRow] = Column(
        N_("Time"), lambda row: f"{row.event.at.astimezone():%Y-%m-%d %H:%M:%S}", width=152
    )
    by: Column[AuditRow] = Column(N_("Person"), lambda row: row.event.by, width=92)
    act: Column[AuditRow] = Column(
        N_("Act"), lambda row: act_word(row.event.act.value), width=84, worded=True
    )
    code: Column[AuditRow] = Column(
        N_("Local code"), lambda row: row.local.code if row.local else "", width=104, code=True,
        muted=True,
    )  # fmt: skip
    name: Column[AuditRow] = Column(N_("Name"), lambda row: row.local.name if row.local else "")
    what: Column[AuditRow] = Column(N_("What"), lambda row: audit_words.summary(row.event))
    back: Column[AuditRow] = Column(
        N_("Undo"), audit_words.way_back, width=84, muted=True, optional=True
    )
    return number, at, by, act, code, name, what, back


if __name__ == "__main__":
    raise SystemExit(preview(AuditPage))
