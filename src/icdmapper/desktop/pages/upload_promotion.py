"""The way to production: checklists with who, when and proof, and the step that opens it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.tasks import Task
from icdmapper.desktop.widgets.keys import Key, KeyHints, bind
from icdmapper.desktop.widgets.labels import label, set_tone, surface
from icdmapper.desktop.widgets.progress import ProgressStrip
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.model.marks import Tone
from icdmapper.model.sending import Environment
from icdmapper.texts import N_, _
from icdmapper.texts.singular import counted

if TYPE_CHECKING:
    from icdmapper.upload.promotion import Ticked
    from icdmapper.upload.readiness import Standing, Tried
    from icdmapper.upload.service import Uploader


@dataclass(frozen=True, slots=True)
class Way:
    """Where the way to production stands."""

    steps: tuple[Standing, ...]
    approval: Ticked | None

    @property
    def open_steps(self) -> int:
        """How many steps are not done."""
        return sum(not one.done for one in self.steps)


class PromotionView(QWidget):
    """One table of steps; a person ticks what only people know, the program tries the rest."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._file = Path()
        self._tried: tuple[Tried, ...] = ()
        self._trying: Task | None = None
        self.model: RowTableModel[Standing] = RowTableModel(_columns(), self)
        self.table = RowTable(self.model)
        self.keys = (
            Key(("Space",), N_("tick the step"), self._on_tick),
            Key(("F",), N_("tick it with files as proof"), self._on_files),
            Key(("U",), N_("take the tick back"), self._on_take_back),
            Key(("R",), N_("try everything again"), self.try_all),
            Key(("Ctrl+Return",), N_("open production"), self._on_approve, shown="Ctrl+Enter"),
        )
        self._build_ui()
        space = [key for key in self.keys if "Space" in key.keys]
        bind(space, self.table)
        bind([key for key in self.keys if key not in space], self)

    def begin(self, file: Path) -> None:
        """Show the steps of these settings, and try what can be tried."""
        self._file = file
        self._tried = ()
        self.table.setFocus()
        self.try_all()

    def try_all(self) -> None:
        """Try what a night depends on; the receiver is asked, so it may take a while."""
        if self._trying is not None:
            return
        file = self._file
        self._strip.begin(_("Trying…"))
        self._trying = self._desk.tasks.start(
            lambda task: _try(file, task), owner=self, on_done=self._on_tried
        )
        self._trying.progressed.connect(self._strip.advance)
        self._trying.ended.connect(self._on_ended)

    def _build_ui(self) -> None:
        self._verdict = label(look="section", wrap=True)
        self._open = QPushButton(_("Open production"))
        self._open.setProperty("look", "primary")
        self._open.setToolTip("Ctrl+Enter")
        self._open.clicked.connect(lambda _on=False: self._on_approve())
        self._strip = ProgressStrip()
        self._strip.cancelled.connect(self._on_cancelled)
        sheet = surface()
        inside = QVBoxLayout(sheet)
        inside.setContentsMargins(12, 10, 12, 10)
        inside.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(self._verdict, 1)
        head.addWidget(self._open)
        inside.addLayout(head)
        inside.addWidget(self._strip)
        inside.addWidget(self.table, 1)
        self.table.setAccessibleName(_("The way to production"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(sheet, 1)
        column.addWidget(KeyHints(self.keys))

    def _on_tried(self, found: tuple[tuple[Tried, ...], Way]) -> None:
        self._tried, way = found
        self._show(way)

    def _on_ended(self) -> None:
        self._trying = None
        self._strip.end()

    def _on_cancelled(self) -> None:
        if self._trying is not None:
            self._trying.cancel()

    def _show(self, way: Way) -> None:
        row = max(self.table.currentIndex().row(), 0)
        self.model.set_rows(way.steps)
        self.table.show_row(row)
        left = way.open_steps
        if way.approval is not None:
            said, tone = _("Production is open since {time}, opened by {person}.").format(
                time=way.approval.at[:16].replace("T", " "), person=way.approval.by
            ), Tone.SAME  # fmt: skip
        elif left:
            said, tone = (
                counted(N_("{count} steps are open; production stays closed."), left),
                Tone.MISSING,
            )
        else:
            said, tone = _("Everything is done; production can be opened."), Tone.SAME
        self._verdict.setText(said)
        set_tone(self._verdict, tone)
        self._open.setEnabled(not left and way.approval is None)

    def _step(self) -> Standing | None:
        return self.model.row_at(self.table.currentIndex())

    def _on_tick(self) -> None:
        self._tick(())

    def _on_files(self) -> None:
        one = self._step()
        if one is None or one.step.tested:
            self._tick(())
            return
        chosen, _kind = QFileDialog.getOpenFileNames(self, _("Proof of the step"))
        if chosen:
            self._tick(tuple(map(Path, chosen)))

    def _tick(self, files: tuple[Path, ...]) -> None:
        one = self._step()
        if one is None:
            return
        if one.step.tested:
            self._desk.notices.hint(_("The program tries this step itself; R tries again."))
            return
        if one.done and not files:
            self._desk.notices.hint(_("This step is ticked; U takes the tick back."))
            return
        name, by = one.step.name, self._desk.person.name
        self._write(lambda uploader: uploader.promotion.tick(name, by=by, files=files))

    def _on_take_back(self) -> None:
        one = self._step()
        if one is not None and one.ticked is not None:
            name = one.step.name
            self._write(lambda uploader: uploader.promotion.take_back(name))

    def _on_approve(self) -> None:
        if not self._open.isEnabled():
            return
        by = self._desk.person.name
        passed = [one.name for one in self._tried if one.passed]
        self._write(lambda uploader: uploader.promotion.approve(passed, by=by))

    def _write(self, act: Callable[[Uploader], object]) -> None:
        file, tried = self._file, self._tried

        def done() -> Way:
            uploader = _opened(file)
            act(uploader)
            return _way(uploader, tried)

        self._desk.tasks.start(lambda _task: done(), owner=self, on_done=self._show)


def _opened(file: Path) -> Uploader:
    # The uploader brings pandas with it: only who looks at this page waits for that.
    from icdmapper.upload.service import Uploader  # noqa: PLC0415

    return Uploader.open(file, Environment.TEST)


def _try(file: Path, task: Task) -> tuple[tuple[Tried, ...], Way]:
    from icdmapper.upload import readiness  # noqa: PLC0415 - as above

    uploader = _opened(file)
    tried = readiness.try_all(uploader, task.report)
    return tried, _way(uploader, tried)


def _way(uploader: Uploader, tried: tuple[Tried, ...]) -> Way:
    from icdmapper.upload import readiness  # noqa: PLC0415 - as above

    return Way(readiness.standing(uploader.promotion, tried), uploader.promotion.approval)


def _columns() -> tuple[Column[Standing], ...]:
    return (
        Column(N_("List"), lambda one: one.title, width=92, muted=True),
        Column(N_("Step"), lambda one: one.step.text),
        Column(N_("State"), _state, width=110, tone=_tone),
        Column(N_("Who, or what was found"), _who),
        Column(N_("When"), lambda one: _when(one.ticked), width=128, optional=True),
        Column(N_("Files"), _files, width=130, muted=True, optional=True),
    )


def _state(one: Standing) -> str:
    if one.step.tested:
        return _("✓ passed") if one.done else _("✕ not passed")
    return _("✓ done") if one.done else _("○ open")


def _tone(one: Standing) -> Tone:
    if one.done:
        return Tone.SAME
    return Tone.WRONG if one.step.tested else Tone.MISSING


def _who(one: Standing) -> str:
    if one.tried is not None:
        return one.tried.sentence
    return one.ticked.by if one.ticked is not None else ""


def _when(ticked: Ticked | None) -> str:
    return ticked.at[:16].replace("T", " ") if ticked is not None else ""


def _files(one: Standing) -> str:
    return ", ".join(name for name, _hash in one.ticked.files) if one.ticked is not None else ""
