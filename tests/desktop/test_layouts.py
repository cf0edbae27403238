"""What a person arranged is there again: columns by width, order and choice, splitters."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QSplitter, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from icdmapper.desktop import layouts
from icdmapper.desktop.memory import Memory
from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.widgets.table import RowTable

COLUMNS: tuple[Column[str], ...] = (
    Column("Local code", lambda row: row, width=100),
    Column("Name", lambda row: row),
    Column("A year", lambda row: row, width=80),
)


class Arranged(QWidget):
    """A page with one table and one splitter."""

    def __init__(self, columns: tuple[Column[str], ...] = COLUMNS) -> None:
        super().__init__()
        self.model: RowTableModel[str] = RowTableModel(columns)
        self.table = RowTable(self.model)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(self.table)
        self.splitter.addWidget(QWidget())
        self.splitter.setSizes([500, 300])
        QVBoxLayout(self).addWidget(self.splitter)


def page(qtbot: QtBot, columns: tuple[Column[str], ...] = COLUMNS) -> Arranged:
    made = Arranged(columns)
    qtbot.addWidget(made)
    made.resize(900, 300)
    layouts.remember(made, "workbench", Memory())
    made.show()
    return made


def drag(page: Arranged, from_x: int, to_x: int) -> None:
    view = page.table.horizontalHeader().viewport()
    middle = view.height() // 2
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(view, left, pos=QPoint(from_x, middle))
    QTest.mouseMove(view, QPoint((from_x + to_x) // 2, middle))
    QTest.mouseMove(view, QPoint(to_x, middle))
    QTest.mouseRelease(view, left, pos=QPoint(to_x, middle))


def choose(page: Arranged, word: str) -> None:
    menus = page.table.horizontalHeader().findChildren(layouts.Columns)
    (columns,) = menus or page.table.findChildren(layouts.Columns)
    menu: QMenu = columns.menu()
    next(one for one in menu.actions() if one.text() == word).trigger()


def test_a_column_that_is_not_wanted_stays_away_and_comes_back(qtbot: QtBot) -> None:
    choose(page(qtbot), "A year")
    again = page(qtbot)
    assert again.table.isColumnHidden(2)
    again.table.make_room(2, enough=True)
    assert again.table.isColumnHidden(2)
    choose(again, "As at the beginning")
    assert not page(qtbot).table.isColumnHidden(2)


def test_order_and_width_are_those_of_the_last_time(qtbot: QtBot) -> None:
    first = page(qtbot)
    first.table.horizontalHeader().moveSection(2, 0)
    first.table._rows.set_columns(COLUMNS)
    first.table.fit_columns()
    again = page(qtbot)
    assert again.table.horizontalHeader().visualIndex(2) == 0
    edge = again.table.columnViewportPosition(0) + again.table.columnWidth(0)
    drag(again, edge - 1, edge + 59)
    wide = again.table.columnWidth(0)
    assert wide > 130
    assert page(qtbot).table.columnWidth(0) == wide
    choose(page(qtbot), "As at the beginning")
    assert page(qtbot).table.columnWidth(0) == 100
    assert page(qtbot).table.horizontalHeader().visualIndex(2) == 2


def test_another_table_has_its_own_columns(qtbot: QtBot) -> None:
    choose(page(qtbot), "A year")
    other = page(qtbot, (*COLUMNS, Column("Score", lambda row: row, width=60)))
    assert not other.table.isColumnHidden(2)


def test_the_last_column_cannot_be_taken_away(qtbot: QtBot) -> None:
    shown = page(qtbot)
    for word in ("Local code", "Name", "A year"):
        choose(shown, word)
    assert not all(shown.table.isColumnHidden(at) for at in range(3))


def test_a_splitter_stands_where_it_was_left(qtbot: QtBot) -> None:
    first = page(qtbot)
    first.splitter.handle(1).moveSplitter(300)
    assert page(qtbot).splitter.sizes() == first.splitter.sizes()


@pytest.mark.parametrize("damaged", ["no json", "[1]", "5"])
def test_a_damaged_memory_is_no_memory(qtbot: QtBot, damaged: str) -> None:
    Memory().keep("columns/workbench/Local code,Name,A year", damaged)
    assert page(qtbot).table.columnWidth(0) == 100
