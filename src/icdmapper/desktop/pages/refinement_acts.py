"""The refinement page's dealings with the services: one act at a time, nothing written is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.decisions import Decisions
from icdmapper.desktop.undo import Opposite
from icdmapper.model.codes import LocalCode
from icdmapper.model.refinement import Refinement
from icdmapper.resolution.drafting import RefineRow
from icdmapper.resolution.plan_writing import put_back, written
from icdmapper.resolution.refining import RefiningService
from icdmapper.texts import _

Plan = Callable[[], Refinement | None]


@dataclass(frozen=True, slots=True)
class _Written:
    """A plan as it was stored, as it is now, and whose it is."""

    before: Refinement
    after: Refinement
    local: LocalCode


class PlanActs(Decisions):
    """Starts, keeps, signs and drops plans; each act waits for the one before it."""

    kept = Signal(object)
    """A Refinement as it is stored now; the screen has it already."""
    stepped = Signal(object)
    """A local id whose refinement is at another stage now."""
    exported = Signal(object)
    """The files of a HIS change list."""
    failed = Signal()
    """An act was refused; what is stored has to be read again."""

    def __init__(self, desk: Desk, plan: Plan, parent: QObject) -> None:
        """`plan` tells the plan as the screen has it at that moment."""
        super().__init__(desk, parent)
        self._plan = plan

    @property
    def is_writing(self) -> bool:
        """Whether an act of this page is on its way to the disk."""
        return self._saving

    def start(self, row: RefineRow) -> None:
        """Begin the refinement with the children as they are shown."""
        plan, by = self._plan(), self._desk.person
        if plan is None:
            return
        refining: RefiningService = self._desk.services.refining

        def start() -> Refinement:
            ids = [one.targets[0].reference_id for one in plan.children]
            made = refining.start(
                row.local.id,
                ids,
                seen_version=row.mapping.version,
                by=by,
                effective=plan.effective,
            )
            return refining.edit(
                made.id,
                plan.children,
                seen_revision=made.revision,
                by=by,
                effective=plan.effective,
            )

        self._step(start, row.local.id)

    def keep(self) -> None:
        """Store the plan as the screen has it; asked again meanwhile, the newest is stored."""
        if self._saving:
            if self.keep not in self._queued:
                self._queued.append(self.keep)
            return
        plan, by, refining = self._plan(), self._desk.person, self._desk.services.refining
        if plan is None or not plan.id or plan.signed:
            return
        catalog = self._desk.services.catalog

        def edit() -> _Written:
            before = refining.get(plan.id)
            after = refining.edit(
                plan.id,
                plan.children,
                seen_revision=plan.revision,
                by=by,
                effective=plan.effective,
            )
            return _Written(before, after, catalog.local(plan.local_id))

        self._act(edit, self._on_written, self._on_failed)

    def allow_residual(self) -> None:
        """Let records that say no more take the residual child."""
        by, refining = self._desk.person, self._desk.services.refining
        self._with_plan(
            lambda plan: self._act(
                lambda: refining.allow_residual(plan.id, by=by), self._on_kept, self._on_failed
            )
        )

    def sign(self, *, accept_style: bool) -> None:
        """Make the children."""
        by, refining = self._desk.person, self._desk.services.refining
        self._with_plan(
            lambda plan: self._step(
                lambda: refining.sign(
                    plan.id, seen_revision=plan.revision, by=by, accept_style=accept_style
                ),
                plan.local_id,
            )
        )

    def drop(self) -> None:
        """Give the plan up."""
        by, refining = self._desk.person, self._desk.services.refining
        self._with_plan(
            lambda plan: self._step(lambda: refining.drop(plan.id, by=by), plan.local_id)
        )

    def rename(self, code: str, name: str) -> None:
        """Give a child of a signed refinement another name."""
        by, refining = self._desk.person, self._desk.services.refining
        self._with_plan(
            lambda plan: self._act(
                lambda: refining.rename(plan.id, code, name, by=by),
                self._on_renamed,
                self._on_failed,
            )
        )

    def export(self, folder: Path) -> None:
        """Write the change list of all signed refinements."""
        changes = self._desk.services.his_changes
        self._act(lambda: changes.export(folder), self.exported.emit)

    def _with_plan(self, act: Callable[[Refinement], None]) -> None:
        """Do it with the plan as it is stored: what is still to be kept goes first."""
        if self._saving:
            self._queued.append(lambda: self._with_plan(act))
            return
        plan = self._plan()
        if plan is not None and plan.id:
            act(plan)

    def _step(self, work: Callable[[], object], local_id: int) -> None:
        self._act(work, lambda _done: self.stepped.emit(local_id), self._on_failed)

    def _on_kept(self, plan: Refinement) -> None:
        self._desk.undo.begin_anew()
        self.kept.emit(plan)

    def _on_renamed(self, plan: Refinement) -> None:
        self._on_kept(plan)
        # The name stands in the local list too.
        self._desk.changes.code_sets_changed.emit()

    def _on_written(self, done: _Written) -> None:
        before, after = done.before, done.after
        self.kept.emit(after)
        if written(before) == written(after):
            return
        refining, by, changes = self._desk.services.refining, self._desk.person, self._desk.changes
        what = _("what was written into the plan of {code} {name}")
        self._desk.undo.offer(
            Opposite(
                what.format(code=done.local.code, name=done.local.name),
                lambda: put_back(refining, before, seen=after, by=by),
                lambda: put_back(refining, after, seen=before, by=by),
                "refinement",
                lambda: changes.refinement_wanted.emit(done.local.id),
            )
        )

    def _on_failed(self, error: Exception) -> None:
        self._desk.notices.error(error)
        self.failed.emit()
