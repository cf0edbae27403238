"""What a table's cells look like: words cut to their room, colours of the theme, the chosen row."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from icdmapper.desktop import theme
from icdmapper.desktop.delegates.words import laid_out
from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.widgets.table import RowTable


@dataclass(frozen=True)
class Line:
    name: str
    count: str


NAME: Column[Line] = Column("Name", lambda line: line.name, width=200)
COUNT: Column[Line] = Column("A year", lambda line: line.count, width=120, right=True, muted=True)


# A single character wider than the room cannot be cut: those of names and codes are not.
SEEN = st.characters(min_codepoint=0x21, max_codepoint=0x7E) | st.characters(
    min_codepoint=0x4E00, max_codepoint=0x9FFF
)


@given(st.text(SEEN, max_size=30), st.integers(min_value=40, max_value=300))
def test_words_are_cut_to_their_room(qapp: QApplication, text: str, room: int) -> None:
    _shown, width = laid_out(text, room, theme.sans(theme.BODY_PIXELS))
    assert width <= room + 1, "Qt rounds the width of a text up or down"


def test_several_lines_become_one(qapp: QApplication) -> None:
    font = theme.sans(theme.BODY_PIXELS)
    shown, _width = laid_out("左\n右", 200, font)
    assert shown.size().height() == laid_out("左右", 200, font)[0].size().height()


@pytest.mark.parametrize("name", ["light", "dark"])
def test_cells_have_the_inks_and_the_ground_of_the_theme(
    qtbot: QtBot, qapp: QApplication, name: str
) -> None:
    theme.apply(qapp, name)
    table = shown(qtbot, [Line("肺炎", "12"), Line("肺癌", "7")])
    table.show_row(1)
    image = table.viewport().grab().toImage()
    first, second = table.rowViewportPosition(0), table.rowViewportPosition(1)
    colours = theme.colours()
    assert image.pixelColor(2, first + 4).name() == colours.surface
    assert image.pixelColor(2, second + 4).name() == colours.accent_soft
    assert colours.text in inks(image, 0, 200, first, second)
    assert colours.muted in inks(image, 200, 320, first, second)
    theme.apply(qapp, "light")


def test_figures_end_at_the_right_edge_and_words_begin_at_the_left(qtbot: QtBot) -> None:
    table = shown(qtbot, [Line("肺炎", "12")])
    image = table.viewport().grab().toImage()
    end = table.rowViewportPosition(0) + table.rowHeight(0)
    drawn = [x for x in range(320) if inks(image, x, x + 1, 0, end) != {theme.colours().surface}]
    assert 8 <= min(drawn) <= 12
    assert 306 <= max(drawn) <= 312
    assert not [x for x in drawn if 60 <= x <= 280]


def shown(qtbot: QtBot, lines: list[Line]) -> RowTable:
    table = RowTable(RowTableModel((NAME, COUNT)))
    qtbot.addWidget(table)
    table.resize(400, 300)
    table.show_rows(lines)
    table.show()
    return table


def inks(image: QImage, left: int, right: int, top: int, bottom: int) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(left, right) for y in range(top, bottom)}


def test_the_row_in_focus_stays_in_sight_when_the_table_gets_lower(qtbot: QtBot) -> None:
    """A notice above the page hid the last row in sight, which was the one in focus."""
    table = RowTable(RowTableModel((NAME, COUNT)))
    qtbot.addWidget(table)
    table.show_rows([Line(f"第{number}行", "1") for number in range(60)])
    table.resize(400, 500)
    table.show()
    table.show_row(40)
    table.resize(400, 430)
    QApplication.processEvents()
    row = table.visualRect(table.currentIndex())
    assert table.viewport().rect().contains(row)
    table.verticalScrollBar().setValue(0)
    table.resize(400, 400)
    QApplication.processEvents()
    assert table.verticalScrollBar().value() == 0, "who scrolled away is not called back"
