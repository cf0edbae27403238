"""What goes away by itself lies over the window and moves nothing; a problem pushes the page."""

import pytest
from PySide6.QtWidgets import QMainWindow, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from icdmapper.desktop.notify import NoticePanel, Notices
from icdmapper.model.errors import ConflictError


class Window(QMainWindow):
    """A window with a page below a panel."""

    def __init__(self) -> None:
        super().__init__()
        self.notices = Notices()
        self.panel = NoticePanel(self.notices)
        area = QWidget()
        column = QVBoxLayout(area)
        self.page = QWidget()
        column.addWidget(self.page, 1)
        self.panel.lie_over(column)
        self.setCentralWidget(area)
        self.resize(880, 440)


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    made = Window()
    qtbot.addWidget(made)
    made.show()
    return made


def test_good_news_moves_nothing_and_stays_in_the_window(qtbot: QtBot, window: Window) -> None:
    before = window.page.geometry()
    for text in ("Undone: I63.951", "a very long sentence that goes on and on, " * 8):
        window.notices.done(text, "Ctrl+Y does it again.")
        qtbot.wait(10)
        assert window.page.geometry() == before
        assert window.panel.isVisible()
        assert window.rect().contains(window.panel.geometry())
        assert window.panel.height() >= window.panel.heightForWidth(window.panel.width())
    window.resize(1200, 700)
    qtbot.wait(10)
    assert window.panel.geometry().bottom() > 680


def test_a_problem_pushes_the_page_until_something_else_is_said(
    qtbot: QtBot, window: Window
) -> None:
    before = window.page.geometry()
    window.notices.error(ConflictError("somebody changed it"))
    qtbot.waitUntil(lambda: window.page.y() > before.y())
    assert window.panel.geometry().bottom() < window.page.y()
    window.notices.hint("This key is for one row.")
    qtbot.waitUntil(lambda: window.page.geometry() == before)
