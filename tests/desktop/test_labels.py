"""Labels that wrap: what they remember of their height is what a plain label says."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QWidget
from pytestqt.qtbot import QtBot

from icdmapper.desktop.widgets.labels import Wrapped, filling, label

TEXT = "急性化脓性阑尾炎伴局限性腹膜炎,院内较细:左侧;标准未分左右。" * 3
WIDTHS = (40, 120, 300)


def heights(one: QLabel) -> list[int]:
    return [one.heightForWidth(width) for width in WIDTHS]


@pytest.mark.usefixtures("qapp")
@given(st.lists(st.sampled_from([TEXT, TEXT[:9], "", "肺 癌\n2"]), min_size=1, max_size=5))
def test_a_wrapped_text_is_as_high_as_a_plain_one(texts: list[str]) -> None:
    plain, wrapped = QLabel(), Wrapped()
    plain.setWordWrap(True)
    for text in texts:
        plain.setText(text)
        wrapped.setText(text)
        assert heights(wrapped) == heights(plain)
        assert heights(wrapped) == heights(plain)


def change_font(one: QLabel) -> None:
    one.setFont(QFont(one.font().family(), 31))


def change_margins(one: QLabel) -> None:
    one.setContentsMargins(5, 40, 25, 7)


def change_sheet(one: QLabel) -> None:
    one.setStyleSheet("font-size: 29px; padding: 9px;")


def change_sheet_of_all(one: QLabel) -> None:
    parent = one.parentWidget()
    parent.setStyleSheet("QLabel { font-size: 33px; }")


@pytest.mark.parametrize("change", [change_font, change_margins, change_sheet, change_sheet_of_all])
def test_what_changes_the_height_is_noticed(qtbot: QtBot, change: Callable[[QLabel], None]) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    row = QHBoxLayout(page)
    plain, wrapped = QLabel(TEXT), label(TEXT, wrap=True)
    plain.setWordWrap(True)
    row.addWidget(plain)
    row.addWidget(wrapped)
    page.show()
    before = heights(wrapped)
    change(plain)
    change(wrapped)
    QApplication.processEvents()
    assert heights(wrapped) == heights(plain)
    assert heights(wrapped) != before


def test_a_filling_text_leaves_the_width_to_others_and_wraps_in_what_is_left(
    qtbot: QtBot,
) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    row = QHBoxLayout(page)
    code, sentence = label("C34.100x003"), filling(look="muted")
    sentence.setText(TEXT)
    row.addWidget(code)
    row.addWidget(sentence, 1)
    page.resize(300, 400)
    page.show()
    assert code.width() >= code.sizeHint().width()
    assert sentence.width() > 100
    assert sentence.height() >= sentence.heightForWidth(sentence.width())
