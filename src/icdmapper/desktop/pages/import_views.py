"""What is known of the chosen list: nothing yet, its rows as read, or what it would change."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from icdmapper.desktop.edition_words import Line
from icdmapper.desktop.pages.comparison import ComparisonPanel
from icdmapper.desktop.pages.import_table import TablePanel
from icdmapper.desktop.widgets.chips import ChipRow
from icdmapper.desktop.widgets.empty import EmptyState
from icdmapper.importing.reading import Preview
from icdmapper.texts import _

_EMPTY, _ROWS, _CHANGES = range(3)


class ImportViews(QWidget):
    """One view at a time; two chips turn between rows and changes once there is a comparison."""

    roles_changed = Signal(object)
    code_wanted = Signal(int)
    """The local id of a code that a line of the comparison is about."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips = ChipRow(
            [(_ROWS, _("Rows as read")), (_CHANGES, _("What changes"))], required=True
        )
        self._table = TablePanel()
        self._comparison = ComparisonPanel(weighed=True)
        empty = EmptyState(
            icon="import",
            title=_("Nothing chosen yet"),
            sentence=_(
                "Choose a list above. Encoding, sheet, titles and columns are detected and shown; "
                "nothing is stored before you sign it off."
            ),
        )
        shown = QWidget()
        self._stack = QStackedLayout(shown)
        for part in (empty, self._table, self._comparison):
            self._stack.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self._chips, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(shown, 1)
        self._table.roles_changed.connect(self.roles_changed)
        self._comparison.line_opened.connect(self._on_line_opened)
        self._chips.chosen.connect(self._stack.setCurrentIndex)

    def show_preview(self, preview: Preview | None) -> None:
        """Show a list as read, or that there is none."""
        self._chips.hide()
        self._turn_to(_ROWS)
        self._stack.setCurrentIndex(_EMPTY if preview is None else _ROWS)
        if preview is not None:
            self._table.show_preview(preview)

    def show_changes(self, lines: tuple[Line, ...]) -> None:
        """Show what the list would change; its rows stay one key away."""
        self._comparison.show_lines(lines)
        self._chips.show()
        self._turn_to(_CHANGES)

    def turn(self) -> None:
        """From the rows as read to what changes, and back."""
        if self._chips.isVisible():
            self._turn_to(_ROWS if self._stack.currentIndex() == _CHANGES else _CHANGES)

    def _turn_to(self, view: int) -> None:
        self._chips.set_value(view)
        self._stack.setCurrentIndex(view)

    def _on_line_opened(self, line: Line) -> None:
        if line.effects:
            self.code_wanted.emit(line.effects[0].local.id)
