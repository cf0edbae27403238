"""Refinement: a coarse local code becomes children that each have a counterpart."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QStackedLayout, QVBoxLayout, QWidget

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.models.rows import RowTableModel
from icdmapper.desktop.pages.focus import RELATION_KEYS
from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.pages.refinement_columns import STATE_COLUMN, code_columns, stage_word
from icdmapper.desktop.pages.refinement_work import PlanPanel
from icdmapper.desktop.preview import preview
from icdmapper.desktop.tasks import Lane
from icdmapper.desktop.widgets.chips import ChipRow
from icdmapper.desktop.widgets.empty import EmptyState
from icdmapper.desktop.widgets.keys import Key, KeyHints, bind
from icdmapper.desktop.widgets.search_field import SearchField
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.model.events import Act
from icdmapper.model.mapping import Relation
from icdmapper.resolution.drafting import RefineRow, RefineStage
from icdmapper.resolution.refinement_session import RefinementSession, first_of_next_month
from icdmapper.resolution.replaying import Replayed
from icdmapper.texts import N_, _

_CHILD_RELATIONS = {
    Relation.EQUIVALENT: N_("equivalent"),
    Relation.LOCAL_FINER: N_("local is finer"),
    Relation.OVERLAP: N_("overlap"),
}
"""How a child can stand to its entry; one that is still coarser is refined further."""
_ROOMY = 1000
_REFINING = frozenset(
    {
        Act.REFINE_STARTED,
        Act.REFINE_DROPPED,
        Act.REFINED,
        Act.CHILD_RENAMED,
        Act.DEFAULT_ALLOWED,
    }
)


class RefinementPage(Page):
    """The codes to refine on the left, the one in focus beside them."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._session = RefinementSession()
        self._wanted: int | None = None
        self._first = first_of_next_month(datetime.now().astimezone().date())
        self._work = PlanPanel(desk, self._session, self._first)
        self._stages = ChipRow([(one, stage_word(one)) for one in RefineStage], wraps=True)
        self._filter = SearchField(_("Filter by code or name"))
        self._model: RowTableModel[RefineRow] = RowTableModel(code_columns(), self)
        self._table = RowTable(self._model)
        self._table.setAccessibleName(_("Codes to refine"))
        self._keys = self._make_keys()
        self._build_ui()
        self._connect()

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the refinement page."""
        return self._keys

    @property
    def session(self) -> RefinementSession:
        """What is shown and may be done next."""
        return self._session

    def show_code(self, local_id: int) -> None:
        """Put a local code in focus, whether it was found too coarse or not."""
        self._wanted = local_id
        self.refresh()

    def activate(self) -> None:
        """The list gets the keyboard."""
        self.refresh()
        self._table.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_replayed(self, replayed: Replayed) -> bool:
        """A step of a refinement, or what was changed in it, with the parent in focus."""
        if replayed.local is None or not (replayed.of in _REFINING or replayed.planned):
            return False
        drafting, local_id = self._desk.services.drafting, replayed.local.id
        if replayed.of is Act.CHILD_RENAMED:
            # The log tells it of the child; what is in the list is its parent.
            self._desk.tasks.start(
                lambda _task: drafting.parent_of(local_id), owner=self, on_done=self._on_stepped
            )
        else:
            self._on_stepped(local_id)
        return True

    def refresh(self) -> None:
        """Read the codes again; the one in focus stays."""
        drafting, wanted = self._desk.services.drafting, self._wanted

        def read() -> tuple[RefineRow, ...]:
            rows = drafting.rows()
            known = wanted is None or any(one.local.id == wanted for one in rows)
            return rows if wanted is None or known else (*rows, drafting.row(wanted))

        self._desk.tasks.start(
            lambda _task: read(), owner=self, on_done=self._show_rows, lane=Lane.LOOKUP
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: in a narrow window the chips and the code in focus say how far it is."""
        super().resizeEvent(event)
        self._table.make_room(STATE_COLUMN, enough=self.width() >= _ROOMY)

    def _make_keys(self) -> tuple[Key, ...]:
        relations = [
            Key((RELATION_KEYS[one],), word, partial(self._work.relate, one), hinted=False)
            for one, word in _CHILD_RELATIONS.items()
        ]
        work = self._work
        return (
            Key(("Enter",), N_("to the entries"), None),
            Key(("Space",), N_("check an entry"), work.offers.toggle),
            Key(("/",), N_("search the reference"), work.offers.search.setFocus),
            Key(("G",), N_("to the children"), work.plan_children.table.setFocus),
            Key(("K",), N_("write the code"), work.edit_code),
            Key(("T", "F2"), N_("write the name"), work.edit_name),
            Key(("D",), N_("default or not"), work.toggle_residual),
            Key(("Ctrl+Return",), N_("start, sign"), work.step, shown="Ctrl+Enter"),
            *relations,
            Key(("A",), N_("allow the default"), work.acts.allow_residual, hinted=False),
            Key(("W",), N_("let a rule's objection stand"), work.waiver.begin, hinted=False),
            Key(("X",), N_("give the plan up"), work.acts.drop, hinted=False),
            Key(("Y",), N_("the first discharge date"), work.focus_date, hinted=False),
            Key(("Ctrl+S",), N_("export the change list"), work.export, hinted=False),
            Key(("U",), N_("undo"), self._desk.undo.undo),
            Key(("Ctrl+F",), N_("filter by text"), self._filter.setFocus, hinted=False),
            Key(("Up", "Down"), N_("go through the rows"), None, hinted=False, shown="↑ ↓"),
        )

    def _build_ui(self) -> None:
        left = QWidget()
        side = QVBoxLayout(left)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(8)
        for part in (self._stages, self._filter, self._table):
            side.addWidget(part)
        whole = QSplitter(Qt.Orientation.Horizontal)
        whole.setChildrenCollapsible(False)
        left.setMinimumWidth(220)
        whole.addWidget(left)
        whole.addWidget(self._work)
        # Without stretch factors both sides share what a smaller window takes away.
        whole.setSizes([330, 900])
        empty = EmptyState(
            icon="refine",
            title=_("Nothing has to be refined"),
            sentence=_(
                "A local code that means more than any reference entry comes here: press C and "
                "Enter on it in the mapping, or Shift+C to refine it at once."
            ),
        )
        shown = QWidget()
        self._stack = QStackedLayout(shown)
        self._stack.addWidget(empty)
        self._stack.addWidget(whole)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(shown, 1)
        column.addWidget(KeyHints(self._keys))

    def _connect(self) -> None:
        free = [key for key in self._keys if not {"Enter", "Space"} & set(key.keys)]
        bind(free, self)
        bind([key for key in self._keys if "Space" in key.keys], self._work.offers.table)
        self._table.row_chosen.connect(self._on_row_chosen)
        self._table.row_opened.connect(lambda _row: self._work.offers.table.setFocus())
        self._filter.searched.connect(lambda _text: self._on_filtered())
        self._stages.chosen.connect(lambda _stage: self._on_filtered())
        self._filter.returnPressed.connect(self._table.setFocus)
        self._filter.stepped.connect(lambda _step: self._table.setFocus())
        for left in (self._filter.left, self._work.left):
            left.connect(self._table.setFocus)
        acts = self._work.acts
        acts.stepped.connect(self._on_stepped)
        acts.failed.connect(self.refresh)
        self._desk.changes.refinement_wanted.connect(self.show_code)

    def _show_rows(self, rows: tuple[RefineRow, ...]) -> None:
        self._session.set_rows(rows, first=self._first)
        if self._wanted is not None:
            self._session.show(self._wanted, first=self._first)
            self._stages.set_value(None)
        counts = self._session.counts
        for stage in RefineStage:
            self._stages.set_word(stage, f"{stage_word(stage)} {counts[stage]:,}")
        self.count_changed.emit(counts[RefineStage.COARSE] + counts[RefineStage.PLANNED])
        self._stack.setCurrentIndex(1 if rows else 0)
        self._show_list()

    def _show_list(self) -> None:
        visible = self._session.visible
        self._table.show_rows(visible)
        if visible:
            self._table.show_row(self._session.cursor)
        self._work.show_code()

    def _on_stepped(self, local_id: int) -> None:
        self._wanted = local_id
        self._announce((local_id,))

    def _announce(self, local_ids: tuple[int, ...]) -> None:
        self._desk.changes.mappings_changed.emit(local_ids)
        # Children come into the local list, or leave it.
        self._desk.changes.code_sets_changed.emit()
        self.refresh()

    def _on_row_chosen(self, at: int) -> None:
        self._wanted = None
        self._session.move_to(at, first=self._first)
        self._work.show_code()

    def _on_filtered(self) -> None:
        self._wanted = None
        self._session.set_filter(self._filter.text(), self._stages.value, first=self._first)
        self._show_list()


if __name__ == "__main__":
    raise SystemExit(preview(RefinementPage))
