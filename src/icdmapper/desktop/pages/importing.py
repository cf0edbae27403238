"""Import: choose, look, correct, sign off; then proposals for all."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from icdmapper.desktop import edition_words, wording
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.edition_words import Line
from icdmapper.desktop.pages.import_recall import StoredSide
from icdmapper.desktop.pages.import_signoff import SignOffPanel
from icdmapper.desktop.pages.import_source import SourcePanel
from icdmapper.desktop.pages.import_views import ImportViews
from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.preview import preview
from icdmapper.desktop.tasks import Lane, Latest, Task
from icdmapper.desktop.widgets.keys import Key, bind
from icdmapper.desktop.widgets.progress import ProgressStrip
from icdmapper.importing.columns import ColumnRole
from icdmapper.importing.reading import Preview
from icdmapper.importing.service import ImportSummary
from icdmapper.importing.sources import Source
from icdmapper.importing.succession import EditionPlan, Signature
from icdmapper.matching.service import ProposeSummary
from icdmapper.model.codes import CodeSet, Side
from icdmapper.texts import N_, _

_SIDE_PIXELS = 300
_LOW = 520
"""Below this height the rows come before what was detected."""


class ImportingPage(Page):
    """One list at a time: nothing is stored before it is signed off."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._preview: Preview | None = None
        self._plan: EditionPlan | None = None
        self._to_be_signed = False
        """Whether the source was just chosen, and its sign-off is what comes next."""
        self._reading: Task | None = None
        self._recheck = Latest(desk.tasks, self, Lane.COMPUTE)
        self._build_ui()
        self._keys = (
            Key(("Ctrl+O",), N_("choose a file"), self._source.choose.click),
            Key(("Ctrl+D",), N_("rows as read, or what changes"), self._views.turn),
            Key(("Ctrl+Return",), N_("store what was checked"), self._stored.confirm),
            Key(("Ctrl+T",), N_("take an edition back"), self._stored.begin),
        )
        self._connect()
        self.refresh()

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the import."""
        return self._keys

    def activate(self) -> None:
        """The button that chooses a file gets the keyboard."""
        if self._preview is None and self.isVisible():
            self._source.choose.setFocus(Qt.FocusReason.OtherFocusReason)

    def refresh(self) -> None:
        """Read again what is stored."""
        services = self._desk.services

        def work(_task: Task) -> tuple[tuple[CodeSet, ...], tuple[CodeSet, ...]]:
            return services.importing.history(), services.catalog.code_sets()

        self._desk.tasks.start(work, owner=self, on_done=self._show_history, lane=Lane.LOOKUP)

    def open_file(self, side: Side, path: Path) -> None:
        """Begin with a file, as if it had been chosen by hand."""
        self._source.sides.set_value(side)
        self._source.set_file(path)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: in a low window the rows come first."""
        super().resizeEvent(event)
        self._source.set_low(low=self.height() < _LOW)

    def _build_ui(self) -> None:
        self._source = SourcePanel(self._desk)
        self._views = ImportViews()
        self._signoff = SignOffPanel()
        self._stored = StoredSide(self._desk, self._signoff)
        self._strip = ProgressStrip()
        left = QVBoxLayout()
        left.setSpacing(10)
        left.addWidget(self._source)
        left.addWidget(self._strip)
        left.addWidget(self._views, 1)
        right = QVBoxLayout()
        right.setSpacing(10)
        right.addWidget(self._signoff, 1)
        right.addWidget(self._stored, 1)
        for panel in (self._signoff, self._stored):
            panel.setFixedWidth(_SIDE_PIXELS)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addLayout(left, 1)
        row.addLayout(right)
        self._show_preview(None, fresh=True)

    def _connect(self) -> None:
        bind(self._keys, self)
        self._source.source_changed.connect(self._read)
        self._source.side_changed.connect(self._on_side_changed)
        self._views.roles_changed.connect(self._on_roles_changed)
        self._views.code_wanted.connect(self._desk.changes.row_wanted)
        self._signoff.signed_off.connect(self._store)
        self._stored.propose_wanted.connect(self.propose)
        self._stored.history_wanted.connect(self.refresh)
        self._stored.emptied.connect(self.activate)
        self._strip.cancelled.connect(self._on_cancelled)
        self._desk.changes.code_sets_changed.connect(self.refresh)

    def _read(self, source: Source) -> None:
        """Read and check a source; the last one, if it is still being read, is dropped."""
        self._on_cancelled()
        importing, side = self._desk.services.importing, self._source.side
        self._desk.notices.clear()
        self._strip.begin(_("Reading…"))
        self._reading = self._desk.tasks.start(
            lambda task: importing.preview(
                source, side=side, progress=task.report, cancelled=task.is_cancelled
            ),
            owner=self,
            on_done=self._on_read,
            on_error=self._on_unreadable,
            lane=Lane.COMPUTE,
        )
        self._follow(self._reading)

    def _compare(self, preview: Preview) -> None:
        """Hold a checked source against the sets it would replace."""
        importing = self._desk.services.importing

        def work(task: Task) -> tuple[EditionPlan, tuple[Line, ...]]:
            plan = importing.compare(preview, progress=task.report)
            return plan, edition_words.lines_of_plan(plan)

        self._strip.begin(_("Comparing with the edition in use…"))
        self._signoff.store.setEnabled(False)
        self._reading = self._desk.tasks.start(
            work, owner=self, on_done=self._show_plan, lane=Lane.COMPUTE
        )
        self._follow(self._reading)

    def _store(self, name: str, edition: str, signed: str) -> None:
        preview, plan, by = self._preview, self._plan, self._desk.person
        if preview is None or plan is None or self._reading is not None:
            return
        importing = self._desk.services.importing
        signature = Signature(signed, plan) if plan.needs_signature else None
        self._strip.begin(_("Storing…"))
        self._signoff.store.setEnabled(False)
        self._reading = self._desk.tasks.start(
            lambda task: importing.store(
                preview,
                name=name,
                edition=edition,
                by=by,
                signature=signature,
                progress=task.report,
            ),
            owner=self,
            on_done=self._on_stored,
            on_error=self._on_not_stored,
        )
        self._follow(self._reading)

    def propose(self) -> None:
        """Make proposals for every local code, in the background."""
        matching = self._desk.services.matching
        self._stored.propose.setEnabled(False)
        task = self._desk.tasks.start(
            lambda task: matching.propose_all(progress=task.report),
            owner=self,
            on_done=self._on_proposed,
            lane=Lane.COMPUTE,
            title=_("Making proposals"),
        )
        # What was stored before a cancel stays, so the other pages read again in any case.
        task.ended.connect(self._on_proposing_ended)

    def _follow(self, task: Task) -> None:
        task.progressed.connect(self._strip.advance)
        task.ended.connect(lambda: self._on_ended(task))

    def _show_preview(self, preview: Preview | None, *, fresh: bool) -> None:
        self._preview = preview
        self._plan = None
        self._views.show_preview(preview)
        self._signoff.show_plan(None)
        self._signoff.setVisible(preview is not None)
        # What is stored makes room for what is to be signed, its button first of all.
        self._stored.setVisible(preview is None)
        self._signoff.show_preview(preview, fresh=fresh)
        self._source.show_preview(preview)
        self.activate()  # With the last preview what had the keyboard is gone.
        if preview is not None and preview.checked.codes:
            self._compare(preview)

    def _show_plan(self, compared: tuple[EditionPlan, tuple[Line, ...]]) -> None:
        plan, lines = compared
        self._plan = plan
        self._signoff.show_plan(plan)
        if plan.replaces:
            self._views.show_changes(lines)

    def _show_history(self, read: tuple[tuple[CodeSet, ...], tuple[CodeSet, ...]]) -> None:
        stored, in_use = read
        self._stored.show_history(stored, in_use)
        if self._preview is None and self._stored.wants_list:
            # Left at the reference sets, the next file would be read as one of them.
            self._source.sides.set_value(Side.LOCAL)

    def _on_read(self, preview: Preview) -> None:
        if preview.source.path is None:
            self._source.form.remember()
        same = self._preview is not None and self._preview.source.shown == preview.source.shown
        self._to_be_signed = not same
        self._show_preview(preview, fresh=not same)

    def _on_unreadable(self, error: Exception) -> None:
        self._show_preview(None, fresh=True)
        self._desk.notices.error(error)

    def _on_side_changed(self, _side: Side) -> None:
        source = self._source.source()
        # A database is asked only when it was asked before, never because a chip was pressed.
        if source is not None and (source.path or self._preview):
            self._read(source)

    def _on_roles_changed(self, roles: tuple[ColumnRole, ...]) -> None:
        preview = self._preview
        if preview is not None:
            importing = self._desk.services.importing
            self._recheck.ask(
                lambda _task: importing.recheck(preview, roles),
                lambda checked: self._show_preview(checked, fresh=False),
            )

    def _on_stored(self, summary: ImportSummary) -> None:
        replaced = self._plan is not None and self._plan.replaces
        told = self._signoff.told
        self._show_preview(None, fresh=True)
        self._source.path.clear()
        self._desk.notices.done(_stored_words(summary), told)
        self._desk.changes.code_sets_changed.emit()
        local = any(one.side is Side.LOCAL for one in summary.code_sets)
        if local or (self._stored.has_both_sides and replaced):
            self.propose()

    def _on_not_stored(self, error: Exception) -> None:
        self._signoff.store.setEnabled(True)
        self._desk.notices.error(error)

    def _on_proposed(self, summary: ProposeSummary) -> None:
        self._desk.notices.done(_proposed_words(summary), _("Go on at Mapping."))

    def _on_proposing_ended(self) -> None:
        self._desk.changes.proposals_changed.emit()
        self.refresh()

    def _on_cancelled(self) -> None:
        if self._reading is not None:
            self._reading.cancel()

    def _on_ended(self, task: Task) -> None:
        if task is self._reading:
            self._reading = None
            self._strip.end()
            self._signoff.store.setEnabled(self._plan is not None)
            if self._plan is not None:
                if self._to_be_signed and self._source.has_keyboard:
                    # Whoever has begun to look at the rows keeps the keyboard there.
                    self._signoff.take_keyboard()
                self._to_be_signed = False


def _stored_words(summary: ImportSummary) -> str:
    counts = _(", ").join(
        f"{one.system.value if one.system else _('Local')} {wording.number(one.size)}"
        for one in summary.code_sets
    )
    return _("Stored: {counts}.").format(counts=counts)


def _proposed_words(summary: ProposeSummary) -> str:
    return _("Proposals for {proposed} of {total} local codes; {safe} are safe.").format(
        proposed=wording.number(summary.proposed),
        total=wording.number(summary.total),
        safe=wording.number(summary.safe),
    )


if __name__ == "__main__":
    raise SystemExit(preview(ImportingPage))
