"""The strip that shows how far long work is."""

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from icdmapper.desktop.widgets.progress import ProgressStrip


class Painted(QLabel):
    """Counts how often it was painted."""

    count = 0

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        super().paintEvent(event)
        self.count += 1


def test_work_that_follows_on_work_does_not_paint_what_is_not_in_its_place_yet(
    qtbot: QtBot,
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    strip, beside = ProgressStrip(), Painted("左肺上叶恶性肿瘤")
    column = QVBoxLayout(window)
    column.addWidget(strip)
    column.addWidget(beside)
    strip.begin("one")
    window.show()
    qtbot.waitUntil(lambda: beside.count > 0)
    strip.advance(3, 10)
    beside.update()
    before = beside.count
    strip.begin("two")
    assert beside.count == before
    qtbot.waitUntil(lambda: beside.count > before)
