"""The overview on a real small project: figures, suggestions, from a line to its rows."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from helpers.projects import CODER, empty_project
from icdmapper.bootstrap import Services
from icdmapper.desktop import theme
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.overview import OverviewPage
from icdmapper.desktop.pages.overview_print import write_pdf
from icdmapper.desktop.widgets.charts import Share, paint_shares, top
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.model.codes import CodeSystem
from icdmapper.resolution.worklist import WorkFilter

Settle = Callable[[], None]


def shown(qtbot: QtBot, desk: Desk, settle: Settle) -> OverviewPage:
    made = OverviewPage(desk)
    qtbot.addWidget(made)
    made.resize(1240, 820)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.activate()
    settle()
    return made


@pytest.fixture
def page(qtbot: QtBot, desk: Desk, settle: Settle, services: Services) -> OverviewPage:
    services.resolution.accept_safe(by=CODER)
    return shown(qtbot, desk, settle)


def words(page: OverviewPage) -> str:
    return "\n".join(one.text() for one in page.findChildren(QLabel) if one.isVisible())


def table(page: OverviewPage, name: str) -> RowTable:
    return next(one for one in page.findChildren(RowTable) if one.accessibleName() == name)


def lines(made: RowTable) -> list[list[str]]:
    model = made.model()
    return [
        [str(model.index(row, at).data()) for at in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def test_the_figures_are_those_of_the_worklist(page: OverviewPage, services: Services) -> None:
    coverage = services.resolution.progress()
    assert coverage.decided
    text = words(page)
    assert f"{coverage.decided} / {coverage.total}" in text
    tenths = coverage.frequency_decided * 1000 // coverage.frequency_total
    assert f"{tenths // 10}.{tenths % 10} %" in text
    assert f"decided {coverage.decided}" in text


def test_each_chapter_has_its_line_under_its_code_set(page: OverviewPage) -> None:
    found = lines(table(page, "Coverage by code set and chapter"))
    assert [line[0] for line in found] == [
        "RC020 diagnoses",
        "II Neoplasms",
        "VII Eye",
        "IX Circulatory system",
        "XI Digestive system",
        "RC022 procedures",
        "Operations on the respiratory system",
        "Operations on the digestive system",
    ]
    assert found[3][1:4] == ["I63", "decided 1", "1 / 1"]


def test_enter_on_a_line_asks_for_its_open_rows(
    qtbot: QtBot, page: OverviewPage, desk: Desk
) -> None:
    made = table(page, "Coverage by code set and chapter")
    made.show_row(1)
    with qtbot.waitSignal(desk.changes.rows_wanted) as asked:
        qtbot.keyClick(made, Qt.Key.Key_Return)
    assert asked.args == [WorkFilter(system=CodeSystem.RC020, chapter="第二章 肿瘤")]


def test_the_first_suggestion_has_the_keyboard_and_leads_on(
    qtbot: QtBot, desk: Desk, settle: Settle
) -> None:
    shown(qtbot, desk, settle)
    button = QApplication.focusWidget()
    assert button is not None
    assert "1 frequent code is open" in button.accessibleName()
    with qtbot.waitSignals([desk.changes.page_wanted, desk.changes.rows_wanted]):
        qtbot.keyClick(button, Qt.Key.Key_1)
    with qtbot.waitSignals([desk.changes.page_wanted, desk.changes.bulk_wanted]):
        qtbot.keyClick(button, Qt.Key.Key_2)


def test_a_decision_elsewhere_is_counted_again(
    qtbot: QtBot, page: OverviewPage, desk: Desk, services: Services, settle: Settle
) -> None:
    before = page.found
    assert before is not None
    services.resolution.undo(by=CODER)
    desk.changes.mappings_changed.emit((1,))
    settle()
    assert page.found is not None
    assert page.found.coverage.decided == 0
    assert before.coverage.decided > 0
    assert page.found.days[-1].left == before.coverage.total


def test_people_are_listed_with_what_stands_of_their_work(page: OverviewPage) -> None:
    (line,) = lines(table(page, "People"))
    assert line[0] == CODER.name
    assert int(line[1]) == int(line[2]) > 0


def test_an_empty_project_says_what_to_do(
    qtbot: QtBot,
    make_desk: Callable[[Services], Desk],
    tmp_path: Path,
    settle: Settle,
) -> None:
    opened = empty_project(tmp_path)
    page = shown(qtbot, make_desk(opened), settle)
    assert "No local codes yet" in words(page)
    opened.close()


def test_a_failure_is_said_and_not_counted_for_ever(
    qtbot: QtBot, desk: Desk, services: Services, settle: Settle, said: list[str]
) -> None:
    with sqlite3.connect(services.location) as broken:
        broken.execute("DROP TABLE proposal")
    page = shown(qtbot, desk, settle)
    assert "could not be counted" in words(page)
    assert said[-1].startswith("problem")


def test_the_report_is_a_pdf(page: OverviewPage, tmp_path: Path) -> None:
    assert page.found is not None
    file = tmp_path / "overview.pdf"
    write_pdf(str(file), page.found, "医院")
    assert file.read_bytes().startswith(b"%PDF")
    assert file.stat().st_size > 5000


def test_a_bar_is_divided_in_proportion_and_shows_the_smallest_part() -> None:
    image = QImage(100, 4, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    shares = [Share(1, "wrong"), Share(499, "accent"), Share(500, "border")]
    paint_shares(painter, QRectF(0, 0, 100, 4), shares, theme.LIGHT)
    painter.end()
    seen = [image.pixelColor(x, 2).name() for x in (0, 10, 45, 60, 99)]
    table = theme.LIGHT
    assert seen == [table.wrong, table.accent, table.accent, table.border, table.border]


@pytest.mark.parametrize(("most", "end"), [(0, 1), (7, 8), (972, 1000), (27155, 30000)])
def test_an_axis_ends_with_a_round_number(most: int, end: int) -> None:
    assert top(most) == end
