"""Bulk acceptance: conditions, what they would take and leave out and why, one act, one undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop import theme, wording
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.tasks import Lane, Task
from icdmapper.desktop.widgets.chips import ChipRow
from icdmapper.desktop.widgets.flow import FlowLayout
from icdmapper.desktop.widgets.keys import Key, bind
from icdmapper.desktop.widgets.labels import label, line
from icdmapper.desktop.widgets.progress import ProgressStrip
from icdmapper.desktop.widgets.scrolled import scrolled
from icdmapper.desktop.widgets.table import inner_table
from icdmapper.model.codes import CodeKind
from icdmapper.model.marks import Tone
from icdmapper.resolution.bulk import BulkConditions, BulkPlan, BulkRow, sort_out
from icdmapper.texts import N_, _
from icdmapper.texts.words import kind_word, left_out_word, relation_word

_SCORES = (0.0, 0.8, 0.9, 0.95)
_ROWS_PIXELS = 180
"""The least in which some rows can be seen; what is lower scrolls as a whole."""


@dataclass(frozen=True, slots=True)
class _Group:
    """The rows that are taken (`reason` is "") or that are left out for one reason."""

    reason: str
    rows: tuple[BulkRow, ...]
    discharges: int

    @classmethod
    def of(cls, reason: str, rows: tuple[BulkRow, ...]) -> _Group:
        return cls(reason, rows, sum(row.local.frequency or 0 for row in rows))


class ConditionBar(QWidget):
    """What a first candidate must be to be taken."""

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wanted = BulkConditions()
        self._safe = _chip(_("safe candidates only"), checked=True)
        self._equivalent = _chip(_("equivalent only"))
        self._scores = ChipRow(
            [
                (score, _("from {score}").format(score=round(score * 100)) if score else _("any"))
                for score in _SCORES
            ],
            required=True,
        )
        self._kinds = {kind: _chip(kind_word(kind.value), checked=True) for kind in CodeKind}
        flow = FlowLayout(spacing=8, parent=self)
        flow.addWidget(self._safe)
        flow.addWidget(self._equivalent)
        flow.addWidget(label(_("Score"), look="muted"))
        flow.addWidget(self._scores)
        flow.addWidget(label(_("Kinds"), look="muted"))
        for chip in self._kinds.values():
            flow.addWidget(chip)
        for chip in (self._safe, self._equivalent, *self._kinds.values()):
            chip.clicked.connect(lambda _on=False: self._tell())
        self._scores.chosen.connect(lambda _score: self._tell())

    @property
    def wanted(self) -> BulkConditions:
        """The conditions in force."""
        return self._wanted

    def focus_first(self) -> None:
        """Bring the keyboard to the conditions."""
        self._safe.setFocus(Qt.FocusReason.OtherFocusReason)

    def _tell(self) -> None:
        self._wanted = replace(
            self._wanted,
            only_safe=self._safe.isChecked(),
            only_equivalent=self._equivalent.isChecked(),
            least_score=self._scores.value,
            kinds=frozenset(kind for kind, chip in self._kinds.items() if chip.isChecked()),
        )
        self.changed.emit(self._wanted)


class BulkPanel(QFrame):
    """Stands in the place of the row in focus while many rows are looked at together."""

    accepted = Signal(object, object)
    """What is to be accepted, the candidate previewed by local id, and the conditions."""
    left = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        self._desk = desk
        self._ids: tuple[int, ...] = ()
        self._weighed: dict[int, BulkRow] = {}
        self._weighing: Task | None = None
        self._plan = BulkPlan((), {})
        self._build_ui()
        bind(
            (
                Key(("Escape",), "", self.left.emit),
                Key(("Ctrl+Return", "Ctrl+Enter"), "", self._on_accept_wanted),
            ),
            self,
        )
        self._connect()

    @property
    def plan(self) -> BulkPlan:
        """What would be taken and left out now."""
        return self._plan

    @property
    def is_settled(self) -> bool:
        """Whether every row has been weighed."""
        return self._weighing is None

    def begin(self, local_ids: Sequence[int]) -> None:
        """Look at these rows afresh."""
        self._weighed.clear()
        self.show_ids(local_ids)
        self._conditions.focus_first()

    def show_ids(self, local_ids: Sequence[int]) -> None:
        """Look at other rows, those of another filter; what is known of a row is kept."""
        self._ids = tuple(local_ids)
        self._title.setText(
            _("Accept in bulk: {count} filtered rows").format(count=wording.number(len(self._ids)))
        )
        if self._weighing is not None:
            self._weighing.cancel()
        missing = [local_id for local_id in self._ids if local_id not in self._weighed]
        if missing:
            self._weigh(missing)
        else:
            self._sort_out()

    def end(self) -> None:
        """Nobody looks any more."""
        if self._weighing is not None:
            self._weighing.cancel()
        self._weighed.clear()

    # ---- building ----

    def _build_ui(self) -> None:
        self._title = label(look="title")
        close = QPushButton(theme.icon("close", "muted"), _("Back  Esc"))
        close.setProperty("look", "flat")
        close.clicked.connect(lambda _on=False: self.left.emit())
        self._conditions = ConditionBar()
        self._never = label(
            _("A candidate that contradicts its code is never accepted in bulk."), look="small"
        )
        self._strip = ProgressStrip()
        self._groups: RowTableModel[_Group] = RowTableModel(_group_columns(), self)
        self._group_table = inner_table(
            self._groups, _("What is accepted, what is left out and why")
        )
        self._rows: RowTableModel[BulkRow] = RowTableModel(_row_columns(), self)
        self._row_table = inner_table(self._rows, _("Rows of the line above"))
        self._row_table.setMinimumHeight(_ROWS_PIXELS)
        self._sentence = label(wrap=True)
        self._accept = QPushButton()
        self._accept.setProperty("look", "primary")
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(close)
        foot.setSpacing(12)
        foot.addWidget(self._sentence, 1)
        foot.addWidget(self._accept)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(10)
        inside = QWidget()
        inside.setProperty("clear", True)
        middle = QVBoxLayout(inside)
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(10)
        middle.addWidget(self._conditions)
        middle.addWidget(self._never)
        middle.addWidget(line())
        middle.addWidget(self._strip)
        middle.addWidget(self._group_table)
        middle.addWidget(self._row_table, 1)
        column.addLayout(head)
        self._inside = scrolled(inside)
        column.addWidget(self._inside, 1)
        column.addWidget(line())
        column.addLayout(foot)

    def _connect(self) -> None:
        self._conditions.changed.connect(lambda _wanted: self._sort_out())
        self._group_table.row_chosen.connect(self._show_group)
        self._group_table.row_chosen.connect(lambda _at: self._bring_group_into_sight())
        self._accept.clicked.connect(lambda _on=False: self._on_accept_wanted())
        self._strip.cancelled.connect(self.left)

    # ---- showing ----

    def _bring_group_into_sight(self) -> None:
        """In a low window the lines of the summary go on below what is seen."""
        table = self._group_table
        line = table.visualRect(table.currentIndex()).bottomLeft()
        if (inside := self._inside.widget()) is not None:
            self._inside.ensureVisible(0, table.viewport().mapTo(inside, line).y())

    def _weigh(self, local_ids: list[int]) -> None:
        resolution, by = self._desk.services.resolution, self._desk.person
        self._accept.setEnabled(False)
        self._accept.setText(_("Weighing…"))
        self._sentence.setText("")
        self._strip.begin(_("Weighing the rows…"))
        task = self._desk.tasks.start(
            lambda task: resolution.bulk_rows(local_ids, by=by, progress=task.report),
            owner=self,
            on_done=self._on_weighed,
            lane=Lane.COMPUTE,
        )
        task.progressed.connect(self._strip.advance)
        task.ended.connect(lambda: self._on_ended(task))
        self._weighing = task

    def _on_weighed(self, rows: tuple[BulkRow, ...]) -> None:
        self._weighed.update((row.local.id, row) for row in rows)
        self._sort_out()

    def _on_ended(self, task: Task) -> None:
        if self._weighing is task:
            self._weighing = None
            self._strip.end()

    def _sort_out(self) -> None:
        known = [self._weighed[one] for one in self._ids if one in self._weighed]
        self._plan = sort_out(known, self._conditions.wanted)
        groups = [_Group.of("", self._plan.accepted)]
        groups += [_Group.of(why.value, rows) for why, rows in self._plan.left_out.items()]
        self._group_table.show_rows(groups)
        self._group_table.be_as_high_as_rows()
        self._group_table.show_row(0)
        self._show_group(0)
        count = len(self._plan.accepted)
        self._accept.setEnabled(bool(count))
        self._accept.setText(
            _("Accept {count} rows  Ctrl+Enter").format(count=wording.number(count))
        )
        self._sentence.setText(
            _("Each gets its own first candidate and relation. One undo (U) takes all back.")
            if count
            else _("No row meets the conditions.")
        )

    def _show_group(self, at: int) -> None:
        rows = self._groups.rows
        self._row_table.show_rows(rows[at].rows if at < len(rows) else ())

    def _on_accept_wanted(self) -> None:
        seen = {row.local.id: row.best for row in self._plan.accepted}
        if seen and self._weighing is None:
            self.accepted.emit(seen, self._conditions.wanted)


def _chip(word: str, *, checked: bool = False) -> QPushButton:
    made = QPushButton(word)
    made.setProperty("look", "chip")
    made.setCheckable(True)
    made.setChecked(checked)
    return made


def _group_columns() -> tuple[Column[_Group], ...]:
    what: Column[_Group] = Column(
        "", lambda one: _("taken") if not one.reason else _("left out"), width=84,
        tone=lambda one: Tone.PLAIN if one.reason else Tone.SAME,
    )  # fmt: skip
    why: Column[_Group] = Column(
        N_("Why"), lambda one: left_out_word(one.reason) or _("meets every condition")
    )
    count: Column[_Group] = Column(
        N_("Rows"), lambda one: wording.number(len(one.rows)), width=80, right=True
    )
    often: Column[_Group] = Column(
        N_("A year"),
        lambda one: wording.number(one.discharges) if one.discharges else "",
        width=90,
        right=True,
        optional=True,
    )
    return what, why, count, often


def _row_columns() -> tuple[Column[BulkRow], ...]:
    code: Column[BulkRow] = Column(
        N_("Local code"), lambda row: row.local.code, width=104, code=True, muted=True
    )
    name: Column[BulkRow] = Column(N_("Name"), lambda row: row.local.name)
    best_code: Column[BulkRow] = Column(
        N_("First candidate"),
        lambda row: row.best.code if row.best else "",
        width=110,
        code=True,
        muted=True,
    )
    best: Column[BulkRow] = Column("", lambda row: row.best.name if row.best else "")
    relation: Column[BulkRow] = Column(
        N_("Relation"),
        lambda row: relation_word(row.best.relation.value) if row.best else "",
        width=96,
        tone=lambda row: wording.RELATION_TONES[row.best.relation] if row.best else Tone.PLAIN,
    )
    score: Column[BulkRow] = Column(
        N_("Score"),
        lambda row: str(round(row.best.score * 100)) if row.best else "",
        width=56,
        right=True,
    )
    return code, name, best_code, best, relation, score
