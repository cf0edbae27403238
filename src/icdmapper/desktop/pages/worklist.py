"""The worklist of the workbench: filters, free text, and the rows."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop import wording
from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.widgets.chips import ChipRow
from icdmapper.desktop.widgets.empty import EmptyState
from icdmapper.desktop.widgets.flow import flowing
from icdmapper.desktop.widgets.labels import label
from icdmapper.desktop.widgets.search_field import SearchField
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.model.codes import CodeSystem
from icdmapper.model.mapping import State
from icdmapper.model.marks import Tone
from icdmapper.resolution.rules import Coverage
from icdmapper.resolution.service import WorkRow
from icdmapper.resolution.session import ReviewSession
from icdmapper.resolution.worklist import Order, WorkFilter
from icdmapper.texts import N_, _
from icdmapper.texts.chapters import chapter_word
from icdmapper.texts.words import state_word

_ROOM_FOR_FREQUENCY = 360
_ROOM_FOR_MARK = 270
_ORDER_WORDS = {
    Order.URGENCY: N_("risk by volume first"),
    Order.FREQUENCY: N_("most frequent first"),
    Order.CODE: N_("by code"),
    Order.NAME: N_("by name"),
    Order.SCORE: N_("surest first"),
}
_ORDERS = (Order.CODE, Order.NAME, Order.FREQUENCY, Order.SCORE)


def _mark(row: WorkRow) -> tuple[str, Tone]:
    """The one thing to know about a row at a glance."""
    if row.mapping.state is not State.OPEN:
        return state_word(row.mapping.state.value), wording.STATE_TONES[row.mapping.state]
    if row.holding is not None:
        return _("{count} held").format(count=row.holding.records), Tone.MISSING
    if row.contradiction:
        return _("contradiction"), Tone.WRONG
    if row.safe:
        return _("safe"), Tone.SAME
    return "", Tone.PLAIN


def _columns(*, with_frequency: bool) -> tuple[Column[WorkRow], ...]:
    code: Column[WorkRow] = Column(
        N_("Local code"), lambda row: row.local.code, width=96, code=True, muted=True
    )
    name: Column[WorkRow] = Column(N_("Name"), lambda row: row.local.name)
    frequency: Column[WorkRow] = Column(
        N_("A year"), lambda row: wording.volume(row.local.frequency), width=64, right=True
    )
    mark: Column[WorkRow] = Column(
        "", lambda row: _mark(row)[0], width=72, tone=lambda row: _mark(row)[1]
    )
    return (code, name, frequency, mark) if with_frequency else (code, name, mark)


class FilterBar(QWidget):
    """Free text, chips for code set, state and risk, and how far the work is."""

    changed = Signal(object)
    left = Signal()

    def __init__(self, person: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._person = person
        self._wanted = WorkFilter()
        self.field = SearchField(_("Filter: code, name, initials"))
        self.field.setFixedWidth(256)
        self._systems = ChipRow(
            [
                (CodeSystem.RC020, _("diagnoses")),
                (CodeSystem.RC021, _("morphology")),
                (CodeSystem.RC022, _("procedures")),
            ]
        )
        for system in CodeSystem:
            self._systems.set_tip(system, system.value)
        self._states = ChipRow(
            [
                (State.OPEN, _("open")),
                (State.DECIDED, _("decided")),
                (State.NO_COUNTERPART, _("no counterpart")),
            ]
        )
        self._states.set_value(State.OPEN)
        self._risks = _risk_chips()
        self._mine = ChipRow([(person, _("given to me"))])
        self._mine.hide()
        self._chapter = ChapterChip()
        self._coverage = label(look="muted")
        parts = (
            self.field, self._systems, self._chapter, self._states, self._risks, self._mine,
            self._coverage,
        )  # fmt: skip
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._parts = flowing(parts)
        row.addWidget(self._parts)
        self._connect()

    def focus_text(self) -> None:
        """Bring the keyboard to the free text."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def focus_chips(self) -> None:
        """Bring the keyboard to the chips."""
        self._systems.focus_first()

    def show_choices(self, session: ReviewSession) -> None:
        """Offer the chapters of the list, and one's own rows where rows were given to people."""
        self._chapter.offer(session.chapters)
        self._mine.setVisible(session.shares_rows)
        self._risks.set_visible("touched", visible=session.has_touched)

    def show_coverage(self, coverage: Coverage) -> None:
        """Say how far the work is."""
        if coverage.frequency_total:
            text = _("{share} of discharges mapped").format(
                share=wording.share(coverage.frequency_decided, coverage.frequency_total)
            )
        else:
            text = _("{decided} of {total} codes mapped").format(
                decided=wording.number(coverage.decided), total=wording.number(coverage.total)
            )
        self._coverage.setText(text if coverage.total else "")
        self._spare_a_line()

    def clear(self) -> None:
        """Every row of every state."""
        self.show_filter(WorkFilter(state=None))

    def show_filter(self, wanted: WorkFilter) -> None:
        """Show a filter that another part of the program asked for, and tell it."""
        with QSignalBlocker(self.field):
            self.field.setText(wanted.text)
        self._systems.set_value(wanted.system)
        self._states.set_value(wanted.state)
        self._mine.set_value(wanted.assigned_to or None)
        risks = (
            ("contradiction", wanted.only_contradiction),
            ("safe", wanted.only_safe),
            ("held", wanted.only_held),
            ("touched", wanted.only_touched),
        )
        self._risks.set_value(next((risk for risk, on in risks if on), None))
        self._change(wanted)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Escape leaves the chips, which have no use for it, as it leaves the field."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: another width has other lines."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._spare_a_line()

    def _spare_a_line(self) -> None:
        """How far the work is stands beside the chips, never in a line of its own."""
        heights = []
        for shown in (False, True):
            self._coverage.setVisible(shown and bool(self._coverage.text()))
            heights.append(self._parts.heightForWidth(self.width()))
        self._coverage.setVisible(bool(self._coverage.text()) and heights[1] <= heights[0])

    def _connect(self) -> None:
        self.field.searched.connect(lambda text: self._change(replace(self._wanted, text=text)))
        self.field.left.connect(self.left)
        self.field.returnPressed.connect(self.left)
        self.field.stepped.connect(lambda _step: self.left.emit())
        self._systems.chosen.connect(
            lambda system: self._change(replace(self._wanted, system=system))
        )
        self._states.chosen.connect(lambda state: self._change(replace(self._wanted, state=state)))
        self._risks.chosen.connect(self._on_risk_chosen)
        self._mine.chosen.connect(
            lambda person: self._change(replace(self._wanted, assigned_to=person or ""))
        )
        self._chapter.chosen.connect(
            lambda chapter: self._change(replace(self._wanted, chapter=chapter))
        )

    def _on_risk_chosen(self, risk: str | None) -> None:
        self._change(
            replace(
                self._wanted,
                only_contradiction=risk == "contradiction",
                only_safe=risk == "safe",
                only_held=risk == "held",
                only_touched=risk == "touched",
            )
        )

    def _change(self, wanted: WorkFilter) -> None:
        if wanted != self._wanted:
            self._wanted = wanted
            self._chapter.show_chapter(wanted.chapter)
            self.changed.emit(wanted)


def _risk_chips() -> ChipRow:
    made = ChipRow(
        [
            ("contradiction", _("has contradiction")),
            ("safe", _("safe")),
            ("held", _("from the feed")),
            ("touched", _("last edition")),
        ]
    )
    made.set_tip("touched", _("what the edition taken last re-opened or speaks of"))
    made.set_visible("touched", visible=False)
    return made


class ChapterChip(QPushButton):
    """One chapter of the list or all of them, chosen from a menu."""

    chosen = Signal(str)
    """The chapter; "" for every one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "chip")
        self.setCheckable(True)
        self._chapters: tuple[str, ...] = ()
        self._chapter = ""
        self.show_chapter("")
        self.clicked.connect(lambda _on=False: self._on_clicked())

    def offer(self, chapters: tuple[str, ...]) -> None:
        """These occur in the list."""
        self._chapters = chapters
        self.setVisible(len(chapters) > 1 or bool(self._chapter))

    def show_chapter(self, chapter: str) -> None:
        """Say which one is shown."""
        self._chapter = chapter
        self.setChecked(bool(chapter))
        self.setText(f"{chapter_word(chapter)}  ×" if chapter else _("chapter ▾"))

    def _on_clicked(self) -> None:
        self.setChecked(bool(self._chapter))
        if self._chapter:
            self.chosen.emit("")
            return
        menu = QMenu(self)
        for chapter in self._chapters:
            action = menu.addAction(chapter_word(chapter))
            action.triggered.connect(lambda _on=False, chapter=chapter: self.chosen.emit(chapter))
        menu.exec(self.mapToGlobal(QPoint(0, self.height())))


class Worklist(QWidget):
    """The rows that pass the filter, and a word when none does."""

    row_chosen = Signal(int)
    row_opened = Signal(int)
    order_wanted = Signal(object)
    filter_dropped = Signal()
    import_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._with_frequency = True
        self._model: RowTableModel[WorkRow] = RowTableModel(_columns(with_frequency=True), self)
        self.table = RowTable(self._model)
        self.table.setAccessibleName(_("Worklist"))
        self.table.horizontalHeader().setToolTip(
            _("Click a title to sort, once more for risk by volume")
        )
        self._order = Order.URGENCY
        self._count = label(look="small")
        self._empty = EmptyState(icon="done", title="", sentence="")
        self._empty_wants_import = False
        shown = QWidget()
        self._stack = QStackedLayout(shown)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self._empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(shown, 1)
        column.addWidget(self._count)
        self.table.row_chosen.connect(self.row_chosen)
        self.table.row_opened.connect(self.row_opened)
        self.table.header_clicked.connect(self._on_header_clicked)
        self._empty.wanted.connect(self._on_empty_wanted)

    def take_keyboard(self) -> None:
        """Bring the keyboard to the rows, or to the way out where there are none.

        A hidden table would wait for its rows and take the keyboard then, from whoever types.
        """
        if self._stack.currentWidget() is self._empty:
            self._empty.take_keyboard()
        else:
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_session(self, session: ReviewSession) -> None:
        """Show the visible rows and the cursor of the session."""
        rows = session.visible
        self._order = session.order
        self._fit(with_frequency=any(row.local.frequency is not None for row in rows[:50]))
        self.table.show_rows(rows)
        self._count.setText(
            _("{visible} of {total} rows, {order}").format(
                visible=wording.number(len(rows)),
                total=wording.number(session.total),
                order=_(_ORDER_WORDS[session.order]),
            )
        )
        self._explain_emptiness(session)
        if rows:
            self.show_cursor(session)

    def show_cursor(self, session: ReviewSession) -> None:
        """Put the table's cursor where the session's is."""
        self.table.show_row(session.cursor)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: in a narrow list the name keeps its room."""
        super().resizeEvent(event)
        self._make_room()

    def _fit(self, *, with_frequency: bool) -> None:
        if with_frequency != self._with_frequency:
            self._with_frequency = with_frequency
            self._model.set_columns(_columns(with_frequency=with_frequency))
            self.table.fit_columns()
            self._make_room()

    def _make_room(self) -> None:
        mark = len(self._model.columns) - 1
        if self._with_frequency:
            self.table.make_room(mark - 1, enough=self.width() >= _ROOM_FOR_FREQUENCY)
        self.table.make_room(mark, enough=self.width() >= _ROOM_FOR_MARK)

    def _explain_emptiness(self, session: ReviewSession) -> None:
        self._stack.setCurrentIndex(0 if session.visible else 1)
        self._empty_wants_import = not session.total
        if not session.total:
            self._empty.say(
                _("No local codes yet"),
                _("Import a reference set and the hospital's own list first."),
                _("Go to Import"),
            )
        elif session.filter == WorkFilter():
            self._empty.say(
                _("Nothing is open"), _("Every code has an answer."), _("Show all rows")
            )
        else:
            self._empty.say(
                _("No row passes the filter"), _("Try fewer words or chips."), _("Show all rows")
            )

    def _on_empty_wanted(self) -> None:
        (self.import_wanted if self._empty_wants_import else self.filter_dropped).emit()

    def _on_header_clicked(self, at: int) -> None:
        orders = _ORDERS if self._with_frequency else (Order.CODE, Order.NAME, Order.SCORE)
        self.order_wanted.emit(Order.URGENCY if orders[at] is self._order else orders[at])
