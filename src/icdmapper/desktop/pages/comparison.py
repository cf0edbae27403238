"""Two editions side by side: counts as chips, a table that can be filtered, a line in sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from icdmapper.desktop import edition_words, wording
from icdmapper.desktop.delegates.marked import MarkedDelegate
from icdmapper.desktop.edition_words import Line
from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.widgets.chips import ChipRow
from icdmapper.desktop.widgets.labels import label
from icdmapper.desktop.widgets.search_field import SearchField
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.model.editions import ChangeKind, Outcome
from icdmapper.model.marks import Run
from icdmapper.texts import N_, _
from icdmapper.texts.words import change_word, outcome_word

_OLD_NAME, _NEW_NAME = N_("Old name"), N_("New name")
_MAPPING = N_("Mapping now")
_NEW_CODE = N_("New code")
_HIGH, _ROOMY = 300, 800
_NARROW = 560
_SPARED = {"A year", _MAPPING}
_SPARED_FIRST = {_NEW_CODE}
"""Below that width the names need the room of these columns; the sentence needs the height."""
_RUNS: dict[str, Callable[[Line], Sequence[Run]]] = {
    _OLD_NAME: lambda line: line.names[0],
    _NEW_NAME: lambda line: line.names[1],
}


class ComparisonPanel(QWidget):
    """Shows the lines of a comparison; with `weighed`, what they do to local codes too."""

    line_opened = Signal(object)

    def __init__(self, *, weighed: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[Line, ...] = ()
        self._kind: ChangeKind | None = None
        self._outcome: Outcome | None = None
        self._text = ""
        self._kinds = ChipRow([(kind, "") for kind in ChangeKind], wraps=True)
        self._outcomes = ChipRow([(outcome, "") for outcome in Outcome], wraps=True)
        self.field = SearchField(_("Filter the comparison by code or name"))
        self._shown = label(look="muted")
        self._model: RowTableModel[Line] = RowTableModel(_columns(weighed=weighed), self)
        self.table = RowTable(self._model)
        self.table.setAccessibleName(_("Comparison of the editions"))
        self._told = label(look="muted", wrap=True, copy=True)
        self._told.setMinimumHeight(38)
        self._told.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._build_ui()
        self._kinds.chosen.connect(self._on_kind_chosen)
        self._outcomes.chosen.connect(self._on_outcome_chosen)
        self.field.searched.connect(self._on_searched)
        self.field.left.connect(self.table.setFocus)
        self.field.stepped.connect(lambda _step: self.table.setFocus())
        self.table.row_chosen.connect(self._on_row_chosen)
        self.table.row_opened.connect(lambda at: self.line_opened.emit(self._model.rows[at]))
        self._outcomes.setVisible(weighed)

    def show_lines(self, lines: tuple[Line, ...]) -> None:
        """Show another comparison; the filters that still make sense stay."""
        self._lines = lines
        kinds = edition_words.count_kinds(lines)
        outcomes = edition_words.count_outcomes(lines)
        for kind, count in kinds.items():
            self._kinds.set_word(kind, f"{change_word(kind.value)} {wording.number(count)}")
            self._kinds.set_visible(kind, visible=bool(count))
        for outcome, count in outcomes.items():
            word = f"{outcome_word(outcome.value)} {wording.number(count)}"
            self._outcomes.set_word(outcome, word)
            self._outcomes.set_visible(outcome, visible=bool(count))
        if self._kind is not None and not kinds[self._kind]:
            self._kind = None
            self._kinds.set_value(None)
        if self._outcome is not None and not outcomes[self._outcome]:
            self._outcome = None
            self._outcomes.set_value(None)
        self._show()

    @property
    def lines(self) -> tuple[Line, ...]:
        """What the filters let through."""
        return tuple(self._model.rows)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: in a narrow window the names keep their room."""
        super().resizeEvent(event)
        self._told.setVisible(self.height() >= _HIGH)
        for at, column in enumerate(self._model.columns):
            if column.title in _SPARED:
                self.table.make_room(at, enough=self.width() >= _ROOMY)
            elif column.title in _SPARED_FIRST:
                self.table.make_room(at, enough=self.width() >= _NARROW)

    def _build_ui(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self.field, 1)
        head.addWidget(self._shown)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._kinds)
        column.addWidget(self._outcomes)
        column.addLayout(head)
        column.addWidget(self.table, 1)
        column.addWidget(self._told)
        for at, one in enumerate(self._model.columns):
            if (runs := _RUNS.get(one.title)) is not None:
                self.table.setItemDelegateForColumn(at, MarkedDelegate(runs, self.table))

    def _show(self) -> None:
        words = self._text.lower().split()
        rows = [
            line
            for line in self._lines
            if self._kind in (None, line.kind)
            and (self._outcome is None or self._outcome in line.outcomes)
            and (not words or all(word in line.searched for word in words))
        ]
        self.table.show_rows(rows)
        self._told.setText("" if rows else _("Nothing matches; take a filter off."))
        self._shown.setText(
            _("{visible} of {total} lines").format(
                visible=wording.number(len(rows)), total=wording.number(len(self._lines))
            )
        )

    def _on_kind_chosen(self, kind: ChangeKind | None) -> None:
        self._kind = kind
        self._show()

    def _on_outcome_chosen(self, outcome: Outcome | None) -> None:
        self._outcome = outcome
        self._show()

    def _on_searched(self, text: str) -> None:
        self._text = text
        self._show()

    def _on_row_chosen(self, at: int) -> None:
        self._told.setText(edition_words.explained(self._model.rows[at]))


def _columns(*, weighed: bool) -> tuple[Column[Line], ...]:
    kind: Column[Line] = Column(
        N_("Change"),
        lambda line: change_word(line.kind.value),
        width=104,
        tone=lambda line: edition_words.KIND_TONES[line.kind],
    )
    old_code: Column[Line] = Column(N_("Old code"), lambda line: line.old_code, 92, code=True)
    old_name: Column[Line] = Column(_OLD_NAME, lambda line: line.old_name)
    new_code: Column[Line] = Column(_NEW_CODE, lambda line: line.new_code, 92, code=True)
    new_name: Column[Line] = Column(_NEW_NAME, lambda line: line.new_name)
    if not weighed:
        return kind, old_code, old_name, new_code, new_name
    often: Column[Line] = Column(
        N_("A year"), edition_words.volume, width=88, right=True, muted=True
    )
    state: Column[Line] = Column(_MAPPING, edition_words.state, width=92, muted=True)
    becomes: Column[Line] = Column(
        N_("Becomes"),
        edition_words.consequence,
        width=118,
        tone=edition_words.consequence_tone,
    )
    return kind, old_code, old_name, new_code, new_name, often, state, becomes
