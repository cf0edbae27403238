"""The code in focus on the refinement page: entries, children, change list, next step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFileDialog, QSplitter, QVBoxLayout, QWidget

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.refinement_acts import PlanActs
from icdmapper.desktop.pages.refinement_columns import CODE_COLUMN, NAME_COLUMN
from icdmapper.desktop.pages.refinement_parts import (
    ChangePanel,
    ChildPanel,
    CodePanel,
    OfferPanel,
    PlanBar,
)
from icdmapper.desktop.pages.refinement_waiver import ChildWaiver
from icdmapper.desktop.tasks import Lane, Latest
from icdmapper.export.writers import ExportedFile
from icdmapper.model.codes import ReferenceCode, Side
from icdmapper.model.errors import RefusedError
from icdmapper.model.mapping import Relation
from icdmapper.model.refinement import Child, Refinement
from icdmapper.resolution.code_style import CodeStyle
from icdmapper.resolution.drafting import Draft, RefineRow, RefineStage
from icdmapper.resolution.refinement import Adoption, problem_sentence
from icdmapper.resolution.refinement_session import RefinementSession
from icdmapper.texts import _

if TYPE_CHECKING:
    from icdmapper.bootstrap import Services

_FOUND = 12
_ROOMY = 480


@dataclass(frozen=True, slots=True)
class _Read:
    """What is read for the code in focus."""

    offers: tuple[ReferenceCode, ...]
    style: CodeStyle
    adoption: Adoption | None


class PlanPanel(QWidget):
    """Shows the session's code and plan; every change is checked at once, and kept."""

    left = Signal()
    """The keyboard goes back to the list."""

    def __init__(
        self, desk: Desk, session: RefinementSession, first: date, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._session = session
        self._first = first
        self.acts = PlanActs(desk, lambda: session.plan, self)
        self._reading = Latest(desk.tasks, self)
        self._drafts = Latest(desk.tasks, self, Lane.COMPUTE)
        self._search = Latest(desk.tasks, self, Lane.COMPUTE)
        self._step_of: int | None = None
        """The code whose next step waits for its children, as they will be."""
        self._code = CodePanel()
        self.offers = OfferPanel()
        self.plan_children = ChildPanel()
        self._changes = ChangePanel()
        self._bar = PlanBar()
        self.waiver = ChildWaiver(desk, self._child_in_focus)
        self._build_ui()
        self._connect()
        desk.undo.heed(lambda: self._drafts.is_at_work or self.acts.is_writing)

    def show_code(self) -> None:
        """Show the code in focus."""
        row = self._session.current
        self.setVisible(row is not None)
        self.waiver.end()
        self._step_of = None
        if row is None:
            return
        self._code.show_row(row)
        self.offers.search.clear()
        self._show_plan()
        self._redraft()
        services, local_id = self._desk.services, row.local.id

        def show(found: _Read) -> None:
            if self._session.set_offers(local_id, found.offers):
                self._code.show_style(found.style)
                self._show_offers()
                if found.adoption is not None:
                    self._changes.show_adoption(found.adoption)

        self._reading.ask(lambda _task: _read(services, local_id), show)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: in a low window what can be done comes before what would be told."""
        super().resizeEvent(event)
        roomy = self.height() >= _ROOMY
        self._changes.setVisible(roomy)
        self._code.set_roomy(roomy=roomy)
        self.plan_children.set_roomy(roomy=roomy)

    def edit_code(self) -> None:
        """Write into the code of the child in focus."""
        self.plan_children.edit(CODE_COLUMN)

    def edit_name(self) -> None:
        """Write into the name of the child in focus."""
        self.plan_children.edit(NAME_COLUMN)

    def focus_date(self) -> None:
        """Bring the keyboard to the first discharge date."""
        self._bar.focus_date()

    def relate(self, relation: Relation) -> None:
        """Say how the child in focus stands to its entry."""
        at = self.plan_children.at
        self._try(lambda: self._session.change(at, relation=relation))

    def toggle_residual(self) -> None:
        """Let the child in focus take the records that say no more, or not."""
        self._try(lambda: self._session.toggle_residual(self.plan_children.at))

    def step(self) -> None:
        """Start the refinement, or sign it; with the children that are still being made."""
        row = self._session.current
        if row is None:
            return
        if self._drafts.is_at_work:
            self._step_of = row.local.id
            return
        self._take_step(row)

    def _take_step(self, row: RefineRow) -> None:
        if row.stage is RefineStage.COARSE:
            self.acts.start(row)
        elif row.stage is RefineStage.PLANNED:
            self.acts.sign(accept_style=self._bar.accepts_style)

    def export(self) -> None:
        """Write the change list of all signed refinements."""
        folder = QFileDialog.getExistingDirectory(self, _("Folder for the change list"))
        if folder:
            name = f"his-changes-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
            self.acts.export(Path(folder) / name)

    def _build_ui(self) -> None:
        lower = QSplitter(Qt.Orientation.Vertical)
        lower.setChildrenCollapsible(False)
        lower.addWidget(self.plan_children)
        lower.addWidget(self._changes)
        for part in (self.plan_children, self._changes):
            part.setMinimumHeight(110)
        work = QSplitter(Qt.Orientation.Horizontal)
        work.setChildrenCollapsible(False)
        work.addWidget(self.offers)
        work.addWidget(lower)
        self.offers.setMinimumWidth(200)
        lower.setMinimumWidth(320)
        work.setStretchFactor(0, 4)
        work.setStretchFactor(1, 7)
        work.setSizes([400, 560])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._code)
        column.addWidget(work, 1)
        column.addWidget(self.waiver)
        column.addWidget(self._bar)

    def _connect(self) -> None:
        self.offers.searched.connect(self._on_searched)
        self.offers.left.connect(self.left)
        self.waiver.left.connect(self.plan_children.table.setFocus)
        self.offers.toggled.connect(lambda key: self._try(partial(self._session.toggle, key)))
        self.plan_children.edited.connect(self._on_edited)
        self._bar.dated.connect(self._on_dated)
        self._bar.next_wanted.connect(self.step)
        self._bar.allow_wanted.connect(self.acts.allow_residual)
        self._bar.drop_wanted.connect(self.acts.drop)
        self._bar.export_wanted.connect(self.export)
        self.acts.kept.connect(self._on_kept)
        self.acts.exported.connect(self._on_exported)

    def _show_offers(self) -> None:
        self.offers.show_offers(self._session.offers, is_open=self._session.can_edit)

    def _show_plan(self) -> None:
        row, plan = self._session.current, self._session.plan
        if row is None or plan is None:
            return
        self._show_offers()
        self.plan_children.show_children(self._session.child_rows)
        changes = self._desk.services.his_changes.preview(plan, row.local)
        self._changes.show_changes(changes if plan.children else (), row.stage)
        problems = [problem_sentence(one) for one in self._session.problems]
        only_style = self._session.only_style_differs
        self._bar.show_plan(row.stage, plan, problems, only_style=only_style)

    def _child_in_focus(self) -> tuple[int, Child] | None:
        """Of a plan; what has been signed is a row of its own in the mapping."""
        row, at, children = self._session.current, self.plan_children.at, self._session.children
        if row is None or row.stage is RefineStage.SIGNED or not 0 <= at < len(children):
            return None
        return row.local.id, children[at]

    def _try(self, act: Callable[[], object]) -> None:
        """Do something to the plan on the screen; then it is checked and kept."""
        try:
            act()
        except RefusedError as error:
            self._desk.notices.error(error)
            return
        self._show_plan()
        self._redraft(keep=True)

    def _redraft(self, *, keep: bool = False) -> None:
        """Propose what is missing, look for problems, and store a plan that is under way."""
        row, plan = self._session.current, self._session.plan
        if row is None or plan is None or row.stage is RefineStage.SIGNED:
            return
        self._step_of = None
        drafting, local_id = self._desk.services.drafting, row.local.id
        entries = self._session.entries

        def show(draft: Draft) -> None:
            if self._session.set_draft(local_id, draft):
                self._show_plan()
                if keep:
                    self.acts.keep()
                wanted, self._step_of = self._step_of, None
                current = self._session.current
                if current is not None and wanted == local_id:
                    self._take_step(current)

        self._drafts.ask(
            lambda _task: drafting.draft(
                local_id, entries, plan.children, effective=plan.effective
            ),
            show,
        )

    def _on_kept(self, plan: Refinement) -> None:
        self._session.set_plan(plan, self._first)
        self._show_plan()

    def _on_exported(self, files: tuple[ExportedFile, ...]) -> None:
        names = _(", ").join(one.name for one in files)
        self._desk.notices.done(_("The change list is written: {files}").format(files=names))

    def _on_searched(self, text: str) -> None:
        row = self._session.current
        if row is None:
            return
        if not text.strip():
            self._search.drop()
            self._on_found(())
            return
        catalog, system = self._desk.services.catalog, row.local.kind.system
        self._search.ask(
            lambda _task: catalog.search(text, side=Side.REFERENCE, system=system, limit=_FOUND),
            self._on_found,
        )

    def _on_found(self, references: tuple[ReferenceCode, ...]) -> None:
        self._session.offer_found(references)
        self._show_offers()

    def _on_edited(self, at: int, column: int, text: str) -> None:
        row = self._session.current
        if row is not None and row.stage is RefineStage.SIGNED:
            if column == NAME_COLUMN and at < len(self._session.children):
                self.acts.rename(self._session.children[at].code, text)
            return
        if column == CODE_COLUMN:
            self._try(lambda: self._session.change(at, code=text))
        else:
            self._try(lambda: self._session.change(at, name=text))

    def _on_dated(self, day: date) -> None:
        self._session.effective = day
        self._show_plan()
        self._redraft(keep=True)


def _read(services: Services, local_id: int) -> _Read:
    """Runs off the GUI thread."""
    adoptions = services.refining.adoptions()
    return _Read(
        services.refining.offers(local_id),
        services.drafting.style(local_id),
        next((found for plan, found in adoptions if plan.local_id == local_id), None),
    )
