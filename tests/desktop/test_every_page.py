"""What holds on every page, a new one included: one language, names and focus, keys as listed."""

import re
import shutil
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, QPoint, QRect, Qt
from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QWidget,
)
from pytestqt.qtbot import QtBot

from helpers.projects import code_list, empty_project, local_list, store
from icdmapper import bootstrap, texts
from icdmapper.bootstrap import Services
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.models.rows import TONE_ROLE
from icdmapper.desktop.pages.book import PAGES
from icdmapper.desktop.pages.judgement_bar import JudgementBar
from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.pages.settings_rules import RulesPanel
from icdmapper.desktop.widgets.labels import OneLine
from icdmapper.model.codes import Side
from icdmapper.model.marks import Tone
from icdmapper.model.people import Person

Settle = Callable[[], None]
NAMES = [entry.name for entry in PAGES]
_CHINESE = re.compile(r"[㐀-鿿]+")
_ENGLISH = re.compile(r"\b[A-Za-z]{2,} [a-z]{2,}\b")
_OWN_NAMES = {"简体中文", "English"}
"""A language is called by its own name in every language."""
_MOST_TABS = 80
_SMALLEST = (814, 404)
"""What the least window leaves for a page."""


@pytest.fixture(scope="module")
def latin_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose data has no Chinese character: every one on screen is the program's."""
    folder = tmp_path_factory.mktemp("latin")
    services = empty_project(folder)
    entries = (("I63", "Cerebral infarction"), ("I63.902", "Infarction of the brain"))
    store(services, code_list(folder / "reference.csv", entries), Side.REFERENCE, name="reference")
    rows = (("I63.951", "Infarction of brain", 10, "ward"), ("K35.851", "Appendix", 5, "ward"))
    store(services, local_list(folder / "local.csv", rows), Side.LOCAL, name="local")
    services.matching.propose_all()
    first, second = (row.local.id for row in services.resolution.worklist())
    services.disputes.open(first, seen_version=0, reason="which one?", by=Person("other"))
    services.resolution.accept_safe(by=Person("other"), local_ids=[second])
    services.close()
    return Path(services.location)


@pytest.fixture
def show(
    qtbot: QtBot, make_desk: Callable[[Services], Desk], settle: Settle
) -> Iterator[Callable[[str, Services], Page]]:
    opened: list[Services] = []

    def make(name: str, services: Services) -> Page:
        opened.append(services)
        page = next(entry for entry in PAGES if entry.name == name).make(make_desk(services))
        qtbot.addWidget(page)
        page.resize(1280, 800)
        with qtbot.waitActive(page):
            page.show()
            page.activateWindow()
        page.activate()
        settle()
        return page

    yield make
    for services in opened:
        services.close()


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_in_the_smallest_window_no_word_is_cut(
    name: str, language: str, show: Callable[[str, Services], Page], services: Services
) -> None:
    texts.choose_language(language)
    page = show(name, services)
    # The window has no regard for what the page would like at least.
    page.setMinimumSize(1, 1)
    page.resize(*_SMALLEST)
    for _time in range(3):
        QApplication.sendPostedEvents()
        QApplication.processEvents()
    assert list(_cut(page)) == []


def _cut(page: QWidget) -> Iterator[str]:
    """What buttons and labels say without the room to say it."""
    for one in (*page.findChildren(QAbstractButton), *page.findChildren(QLabel)):
        if not one.isVisible() or not one.text() or isinstance(one, OneLine):
            continue
        if isinstance(one, QLabel) and one.hasHeightForWidth():
            if one.height() < one.heightForWidth(one.width()):
                yield f"{one.text()}: {one.height()} of {one.heightForWidth(one.width())} high"
        elif one.width() < one.sizeHint().width():
            yield f"{one.text()}: {one.width()} of {one.sizeHint().width()} wide"
        parent = one.parentWidget()
        if parent is not None and not parent.rect().contains(one.geometry()):
            yield f"{one.text()}: beyond the edge"


def _said(page: QWidget) -> Iterator[tuple[QWidget, str]]:
    """Every text a person can read or have read out."""
    for widget in [page, *page.findChildren(QWidget)]:
        yield widget, widget.toolTip()
        yield widget, widget.accessibleName()
        match widget:
            case QLabel() | QAbstractButton():
                yield widget, widget.text()
            case QLineEdit():
                yield widget, widget.placeholderText()
            case QComboBox():
                yield from ((widget, widget.itemText(at)) for at in range(widget.count()))
            case QAbstractItemView():
                yield from ((widget, text) for text in _cells(widget))


def _cells(view: QAbstractItemView) -> Iterator[str]:
    model = view.model()
    for column in range(model.columnCount()):
        yield str(model.headerData(column, Qt.Orientation.Horizontal) or "")
        for row in range(min(model.rowCount(), 20)):
            yield str(model.index(row, column, QModelIndex()).data() or "")


def _is_data(widget: QWidget, text: str) -> bool:
    """The pack of rules is written in Chinese; paths and addresses are nobody's language."""
    above: QWidget | None = widget
    while above is not None and not isinstance(above, RulesPanel | JudgementBar):
        above = above.parentWidget()
    return above is not None or text in _OWN_NAMES or "/" in text or "icdmapper-cli" in text


@pytest.mark.parametrize("name", NAMES)
def test_in_english_nothing_is_chinese(
    name: str, show: Callable[[str, Services], Page], latin_file: Path, tmp_path: Path
) -> None:
    page = show(name, bootstrap.open_project(shutil.copy(latin_file, tmp_path)))
    person, project = "编码员甲", "项目"
    found = {
        text
        for widget, text in _said(page)
        if _CHINESE.search(text.replace(person, "").replace(project, ""))
        and not _is_data(widget, text)
    }
    assert not found


@pytest.mark.parametrize("name", NAMES)
def test_in_chinese_nothing_is_english_and_no_colour_stands_without_a_word(
    name: str, show: Callable[[str, Services], Page], services: Services
) -> None:
    texts.choose_language("zh_CN")
    page = show(name, services)
    found = {
        text for widget, text in _said(page) if _ENGLISH.search(text) and not _is_data(widget, text)
    }
    assert not found
    assert not list(_wordless(page))


def _wordless(page: QWidget) -> Iterator[object]:
    """Coloured cells and labels that say nothing to who does not see the colour."""
    for view in page.findChildren(QAbstractItemView):
        model = view.model()
        for row, column in product(range(model.rowCount()), range(model.columnCount())):
            index = model.index(row, column, QModelIndex())
            if index.data(TONE_ROLE) not in (None, Tone.PLAIN) and not index.data():
                yield view.accessibleName(), row, column
    for one in page.findChildren(QLabel):
        if (one.property("tone") or one.property("badge")) and one.isVisible() and not one.text():
            yield one


@pytest.mark.parametrize("name", NAMES)
def test_the_tab_key_reaches_everything_and_the_focus_can_be_seen(
    qtbot: QtBot, name: str, show: Callable[[str, Services], Page], services: Services
) -> None:
    page = show(name, services)
    wanted = {one for one in page.findChildren(QWidget) if _takes_tab(one)}
    reached: list[QWidget] = []
    for _press in range(_MOST_TABS):
        qtbot.keyClick(QApplication.focusWidget() or page, Qt.Key.Key_Tab)
        at = QApplication.focusWidget()
        if at is not None and at not in reached:
            reached.append(at)
    # In a group of which one is on, the arrows go on from where the Tab key leads; in any other
    # group they do not.
    groups = {one.group() for one in reached if isinstance(one, QAbstractButton)} - {None}
    assert all(one.exclusive() for one in groups)
    missed = {
        _called(one)
        for one in wanted - set(reached)
        if not (isinstance(one, QAbstractButton) and one.group() in groups)
    }
    assert not missed
    for one in wanted:
        assert _called(one), one
    unseen = [_called(one) for one in reached if one in wanted and not _shows_focus(page, one)]
    assert not unseen


def _takes_tab(one: QWidget) -> bool:
    kinds = (QAbstractButton, QLineEdit, QComboBox, QAbstractItemView, QAbstractSpinBox)
    inside = isinstance(one.parentWidget(), QAbstractSpinBox | QComboBox)
    policy = one.focusPolicy() & Qt.FocusPolicy.TabFocus
    return (
        isinstance(one, kinds)
        and bool(policy)
        and one.isEnabled()
        and one.isVisible()
        and (not inside)
    )


def _called(one: QWidget) -> str:
    said = one.accessibleName() or (one.text() if isinstance(one, QAbstractButton) else "")
    return said or one.toolTip()


def _shows_focus(page: QWidget, one: QWidget) -> bool:
    """Whether anything around a widget looks different while it has the keyboard."""
    for area in page.findChildren(QScrollArea):
        if area.isAncestorOf(one):
            area.ensureWidgetVisible(one)
    one.setFocus(Qt.FocusReason.TabFocusReason)
    QApplication.sendPostedEvents()
    around = QRect(one.mapTo(page, QPoint(-3, -3)), one.size()).adjusted(0, 0, 6, 6)
    having = page.grab(around).toImage()
    one.clearFocus()
    QApplication.sendPostedEvents()
    return having != page.grab(around).toImage()


@pytest.mark.parametrize("name", NAMES)
def test_the_keys_listed_are_the_keys_there_are(
    name: str, show: Callable[[str, Services], Page], services: Services
) -> None:
    page = show(name, services)
    bound = {
        _plain(one.key().toString())
        for one in page.findChildren(QShortcut)
        if one.isEnabled() and one.parent().isVisible()
    }
    listed = {_plain(key) for one in page.keys for key in one.keys}
    ranges = {_plain(cap) for one in page.keys for cap in _range(one.shown)}
    assert bound - listed - ranges == set()
    works = {_plain(key) for one in page.keys if one.act for key in one.keys}
    # Enter and the arrows are the table's own: a press of them while a button has focus is its.
    own = {"Return", "Up", "Down", "Del", "Space"}
    assert {key for key in works if key not in own} - bound == set()


def _plain(key: str) -> str:
    return key.replace("Enter", "Return").replace("Delete", "Del")


def _range(shown: str) -> list[str]:
    """The keys of a cap such as 1–9."""
    found = re.search(r"(.*)(\d)\D+(\d)$", shown)
    return [f"{found[1]}{at}" for at in range(int(found[2]), int(found[3]) + 1)] if found else []
