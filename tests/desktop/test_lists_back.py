"""The first lists taken back by keyboard: the key leads there, and every page is empty again."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QApplication, QComboBox, QPushButton
from pytestqt.qtbot import QtBot

from helpers.keyboard import visible_words
from helpers.projects import CODER, DIAGNOSES, LOCAL_CODES, code_list, local_list
from helpers.windows import window_on
from icdmapper.bootstrap import Services
from icdmapper.desktop.main_window import MainWindow
from icdmapper.desktop.notify import Notice, NoticePanel
from icdmapper.desktop.pages.book import PAGES
from icdmapper.desktop.pages.import_recall import RecallPanel, named
from icdmapper.desktop.pages.importing import ImportingPage
from icdmapper.desktop.pages.workbench import WorkbenchPage
from icdmapper.importing.sources import Source
from icdmapper.importing.succession import Signature
from icdmapper.model.codes import Side
from icdmapper.model.mapping import Choice, Relation, State
from icdmapper.model.people import Person

Press = Callable[[str], None]
LEFT = (
    "As long as it is, the edition cannot be taken back: take that act back or reopen the code "
    "first."
)


@pytest.fixture
def problems() -> list[Notice]:
    """What went wrong, as the window says it."""
    return []


@pytest.fixture
def window(qtbot: QtBot, services: Services, problems: list[Notice]) -> Iterator[MainWindow]:
    """The window on the small project, for whoever imported its lists."""
    with window_on(qtbot, services.location, CODER) as made:
        made.notices.posted.connect(lambda one: one.kind == "problem" and problems.append(one))
        yield made


@pytest.fixture
def press(qtbot: QtBot, window: MainWindow) -> Press:
    """Press Ctrl and a key, or a bare one, wherever the keyboard is, and wait for all of it."""

    def one(keys: str) -> None:
        *held, name = keys.split("+")
        modifier = Qt.KeyboardModifier.ControlModifier if held else Qt.KeyboardModifier.NoModifier
        qtbot.keyClick(
            QApplication.focusWidget() or window, getattr(Qt.Key, f"Key_{name}"), modifier
        )
        qtbot.waitUntil(lambda: not window.tasks.running)

    return one


def go(qtbot: QtBot, window: MainWindow, page: str) -> None:
    window.go_to(page)
    qtbot.waitUntil(lambda: not window.tasks.running)


def said(window: MainWindow) -> str:
    return window.findChildren(NoticePanel)[0].text


def all_said(window: MainWindow) -> str:
    """Every label and every cell of the page in front."""
    page = window.page()
    assert page is not None
    words = [visible_words(page)]
    for view in page.findChildren(QAbstractItemView):
        model = view.model()
        if model is not None and view.isVisible():
            words += [
                str(model.index(row, column, QModelIndex()).data() or "")
                for row in range(model.rowCount())
                for column in range(model.columnCount())
            ]
    return "\n".join(words)


def panel(window: MainWindow) -> RecallPanel:
    return window.findChildren(RecallPanel)[0]


def assert_empty(qtbot: QtBot, window: MainWindow, *gone: str) -> None:
    """No page says any of these words, whether it was open before or is opened now."""
    for name in (one.name for one in PAGES):
        go(qtbot, window, name)
        shown = all_said(window)
        assert [word for word in gone if word in shown] == [], name
    go(qtbot, window, "import")


def take_back(qtbot: QtBot, window: MainWindow, press: Press, key: str, word: str) -> None:
    """By a key to what is to be taken back, and by the next one it is."""
    press(key)
    page = window.page()
    assert isinstance(page, ImportingPage)
    assert panel(window).isVisible()
    assert panel(window).findChildren(QComboBox)[0].currentText() == word
    assert "Nothing would take its place" in visible_words(page)
    press("Ctrl+Return")
    assert said(window).startswith(f"Taken back: {word}")
    assert not panel(window).isVisible()
    at = QApplication.focusWidget()
    assert at is not None
    assert page.isAncestorOf(at)


def test_the_key_leads_to_a_list_and_every_page_is_empty_when_it_is_taken_back(
    qtbot: QtBot,
    window: MainWindow,
    press: Press,
    services: Services,
    problems: list[Notice],
    tmp_path: Path,
) -> None:
    for one in PAGES:
        go(qtbot, window, one.name)
    go(qtbot, window, "workbench")
    assert "胸腔镜下左脓胸引流术" in all_said(window)
    take_back(qtbot, window, press, "Ctrl+Z", "Local 院内编码 2026")
    assert_empty(qtbot, window, "胸腔镜下左脓胸引流术", "I63.951")
    go(qtbot, window, "workbench")
    assert "No local codes yet" in all_said(window)
    # What was taken back is no more in the key's way; what was looked at and left is gone past.
    press("Ctrl+Z")
    assert panel(window).findChildren(QComboBox)[0].currentText() == "RC022 手术操作 2026"
    press("Escape")
    press("Ctrl+Z")
    assert said(window) == "There is nothing to undo."
    take_back(qtbot, window, press, "Ctrl+T", "RC022 手术操作 2026")
    take_back(qtbot, window, press, "Ctrl+Z", "RC020 诊断 2026")
    assert_empty(qtbot, window, "胸腔镜下左脓胸引流术", "I63.951", "I63.902", "47.01001")
    assert services.catalog.code_sets() == ()
    assert "Next: import the reference set." in visible_words(window.page())
    press("Ctrl+T")
    assert said(window) == "Nothing is in use that could be taken back."

    page = window.page()
    assert isinstance(page, ImportingPage)
    for side, file in ((Side.REFERENCE, "诊断.csv"), (Side.LOCAL, "院内.csv")):
        page.open_file(side, services_folder(services) / file)
        qtbot.waitUntil(lambda: page._plan is not None and not window.tasks.running)
        press("Ctrl+Return")
        qtbot.waitUntil(lambda: page._plan is None and not window.tasks.running)
        assert said(window).startswith(("Stored: ", "Proposals for"))
    assert len(services.resolution.worklist()) == len(LOCAL_CODES)
    assert all(row.proposed for row in services.resolution.worklist()[:3])
    go(qtbot, window, "workbench")
    assert "胸腔镜下左脓胸引流术" in all_said(window)
    assert problems == []


def test_what_was_answered_stands_in_the_way_and_is_shown(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services
) -> None:
    row = services.resolution.worklist()[0]
    none = Choice(row.local.id, 0, Relation.NO_COUNTERPART, (), "查无此条")
    services.resolution.decide(none, by=CODER)
    go(qtbot, window, "import")
    press("Ctrl+T")
    told = f"1 code was worked on since. {LEFT}\n{row.local.code} {row.local.name}"
    assert told in visible_words(window.page())
    press("Ctrl+Return")
    assert panel(window).isVisible()
    assert len(services.catalog.code_sets()) == 3
    (see,) = (
        one for one in panel(window).findChildren(QPushButton) if one.text().startswith("Show")
    )
    see.setFocus()
    press("Space")
    page = window.page()
    assert isinstance(page, WorkbenchPage)
    assert page.session.current is not None
    assert page.session.current.local.id == row.local.id
    press("Ctrl+Z")  # The answer is what was done last.
    assert services.resolution.worklist()[0].mapping.state is State.OPEN
    take_back(qtbot, window, press, "Ctrl+Z", "Local 院内编码 2026")


def test_proposals_come_again_while_both_sides_are_there(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services
) -> None:
    go(qtbot, window, "import")
    press("Ctrl+T")
    sets = panel(window).findChildren(QComboBox)[0]
    sets.setFocus()
    press("Down")
    wanted = "RC022 手术操作 2026"
    assert sets.currentText() == wanted
    press("Ctrl+Return")
    qtbot.waitUntil(lambda: not window.tasks.running)
    assert wanted not in [named(one) for one in services.catalog.code_sets()]
    rows = {row.local.code: row for row in services.resolution.worklist()}
    assert all(row.proposed for row in rows.values())
    candidates = {
        code: services.matching.proposal(rows[code].local.id).candidates
        for code in ("I63.951", "47.0151")
    }
    assert [code for code, found in candidates.items() if found] == ["I63.951"]


def test_the_key_leads_nowhere_when_the_list_was_replaced_meanwhile(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services, tmp_path: Path
) -> None:
    go(qtbot, window, "overview")
    file = local_list(tmp_path / "新.csv", LOCAL_CODES[:3])
    preview = services.importing.preview(Source(path=file), side=Side.LOCAL)
    services.importing.store(preview, name="新", edition="2", by=Person("别人"))
    press("Ctrl+Z")
    assert said(window).startswith("An import is not undone with this key alone")
    assert not isinstance(window.page(), ImportingPage)


def test_what_stands_beside_its_codes_goes_out_of_sight_with_a_list(
    qtbot: QtBot,
    window: MainWindow,
    press: Press,
    services: Services,
    problems: list[Notice],
) -> None:
    rows = [row.local.id for row in services.resolution.worklist()]
    services.assigning.assign(rows[:3], to="别人", by=CODER)
    services.disputes.say(rows[0], "影像支持", by=CODER)
    bare = Choice(rows[0], 0, Relation.NO_COUNTERPART, ())
    rule = "specificity.no_counterpart_without_note"
    services.judging.waive(rows[0], rule, "理由", by=CODER, choice=bare)
    go(qtbot, window, "people")
    people = window.page()
    assert people is not None
    # The form for the first person has the keyboard.
    next(one.act for one in people.keys if "W" in one.keys)()  # type: ignore[misc]
    qtbot.waitUntil(lambda: not window.tasks.running)
    assert "别人" in all_said(window)
    go(qtbot, window, "import")
    take_back(qtbot, window, press, "Ctrl+T", "Local 院内编码 2026")
    assert_empty(qtbot, window, "胸腔镜下左脓胸引流术")
    for act in ("rule waived", "remark", "assigned"):
        press("Ctrl+Z")
        assert said(window).startswith(f"Taken back: {act}"), act
    assert services.assigning.assignments() == {}
    assert problems == []


def test_the_key_leads_to_an_edition_that_opened_answers_again(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services, tmp_path: Path
) -> None:
    row = services.resolution.worklist()[0]
    none = Choice(row.local.id, 0, Relation.NO_COUNTERPART, (), "查无此条")
    services.resolution.decide(none, by=CODER)
    renamed = [(code, f"新{name}", *rest) for code, name, *rest in LOCAL_CODES]
    preview = services.importing.preview(
        Source(path=local_list(tmp_path / "新.csv", renamed)), side=Side.LOCAL
    )
    signature = Signature(CODER.name, services.importing.compare(preview))
    services.importing.store(preview, name="新", edition="2", by=CODER, signature=signature)
    go(qtbot, window, "overview")
    press("Ctrl+Z")
    assert said(window).startswith("The last thing you did was to take a new edition")
    assert panel(window).findChildren(QComboBox)[0].currentText() == "Local 新 2"
    assert "Answers put back as they were: 1" in visible_words(window.page())
    press("Ctrl+Return")
    assert services.resolution.worklist()[0].mapping.state is State.NO_COUNTERPART
    press("Ctrl+Z")
    assert services.resolution.worklist()[0].mapping.state is State.OPEN


def services_folder(services: Services) -> Path:
    """Where the project lies; its lists are written anew beside it."""
    folder = Path(services.location).parent
    code_list(folder / "诊断.csv", DIAGNOSES)
    local_list(folder / "院内.csv")
    return folder
