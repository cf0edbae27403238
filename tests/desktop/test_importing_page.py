"""Import: choose, look, correct, sign off, on a real project file."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from helpers.projects import (
    CODER,
    DIAGNOSES,
    LOCAL_CODES,
    PROCEDURES,
    code_list,
    empty_project,
    local_list,
)
from icdmapper import paths
from icdmapper.bootstrap import Services
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.memory import Memory
from icdmapper.desktop.pages.comparison import ComparisonPanel
from icdmapper.desktop.pages.context import ContextPanel, read_surroundings
from icdmapper.desktop.pages.import_query import QueryForm
from icdmapper.desktop.pages.import_source import SourcePanel
from icdmapper.desktop.pages.import_table import PreviewTable, ProblemPanel
from icdmapper.desktop.pages.importing import ImportingPage
from icdmapper.desktop.widgets.keys import let_enter_press
from icdmapper.importing.sources import Source
from icdmapper.importing.succession import Signature
from icdmapper.model.codes import Side
from icdmapper.model.editions import ChangeKind
from icdmapper.model.mapping import Choice, Relation, State, Target
from icdmapper.resolution.session import ReviewSession
from icdmapper.resolution.worklist import WorkFilter, Worklist

Settle = Callable[[], None]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Services]:
    opened = empty_project(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def page(
    qtbot: QtBot, empty: Services, make_desk: Callable[[Services], Desk], settle: Settle
) -> ImportingPage:
    made = ImportingPage(make_desk(empty))
    qtbot.addWidget(made)
    made.resize(1200, 800)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    settle()
    return made


def words(page: ImportingPage) -> str:
    return "\n".join(one.text() for one in page.findChildren(QLabel) if one.isVisible())


def table_of(page: ImportingPage) -> PreviewTable:
    return page.findChildren(PreviewTable)[0]


def sign_off(qtbot: QtBot, page: ImportingPage, settle: Settle) -> None:
    qtbot.keyClick(page, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settle()
    settle()


def test_an_empty_project_says_what_to_begin_with(page: ImportingPage) -> None:
    assert "Nothing chosen yet" in words(page)
    assert "Next: import the reference set." in words(page)


def test_a_reference_list_is_shown_then_stored(
    qtbot: QtBot,
    page: ImportingPage,
    tmp_path: Path,
    settle: Settle,
    empty: Services,
    said: list[str],
) -> None:
    page.open_file(Side.REFERENCE, code_list(tmp_path / "诊断 v6.01.csv", DIAGNOSES))
    settle()
    assert table_of(page).model().rowCount() == 1 + len(DIAGNOSES)
    assert "To be stored" in words(page)
    assert empty.catalog.code_sets() == ()
    fields = {one.accessibleName(): one for one in page.findChildren(QLineEdit)}
    assert fields["Edition"].text() == "v6.01"
    sign_off(qtbot, page, settle)
    (stored,) = empty.catalog.code_sets()
    assert (stored.name, stored.edition, stored.size) == ("诊断 v6.01", "v6.01", 12)
    assert said == ["done: Stored: RC020 12."]
    assert "Next: RC021, RC022, as far as the hospital's list" in words(page)
    assert "Nothing chosen yet" in words(page)


def test_a_file_is_signed_off_by_enter_alone(
    qapp: QApplication,
    qtbot: QtBot,
    page: ImportingPage,
    tmp_path: Path,
    settle: Settle,
    empty: Services,
) -> None:
    """The keyboard goes to what is missing, then to the button; Enter presses it."""
    let_enter_press(qapp)
    page.activate()
    page.open_file(Side.REFERENCE, code_list(tmp_path / "诊断.csv", DIAGNOSES))
    settle()
    edition = QApplication.focusWidget()
    assert isinstance(edition, QLineEdit)
    assert edition.accessibleName() == "Edition"
    qtbot.keyClicks(edition, "v6")
    qtbot.keyClick(edition, Qt.Key.Key_Return)
    assert empty.catalog.code_sets() == ()
    button = QApplication.focusWidget()
    assert isinstance(button, QPushButton)
    qtbot.keyClick(button, Qt.Key.Key_Return)
    settle()
    assert [one.edition for one in empty.catalog.code_sets()] == ["v6"]


def test_with_the_edition_known_enter_presses_the_button_that_stores(
    qapp: QApplication,
    qtbot: QtBot,
    page: ImportingPage,
    tmp_path: Path,
    settle: Settle,
    empty: Services,
) -> None:
    let_enter_press(qapp)
    page.activate()
    page.open_file(Side.REFERENCE, code_list(tmp_path / "诊断 v6.01.csv", DIAGNOSES))
    settle()
    button = QApplication.focusWidget()
    assert isinstance(button, QPushButton)
    assert button is page._signoff.store
    qtbot.keyClick(button, Qt.Key.Key_Return)
    settle()
    assert [one.edition for one in empty.catalog.code_sets()] == ["v6.01"]


def test_a_file_that_cannot_be_read_leaves_the_keyboard_where_another_is_chosen(
    page: ImportingPage, tmp_path: Path, settle: Settle
) -> None:
    """The field that had it is gone, and Enter on the navigation would leave the page."""
    page.open_file(Side.REFERENCE, code_list(tmp_path / "诊断 v6.01.csv", DIAGNOSES))
    settle()
    broken = tmp_path / "坏.xlsx"
    broken.write_bytes(b"PK\x03\x04 no workbook")
    page.open_file(Side.REFERENCE, broken)
    settle()
    assert QApplication.focusWidget() is page._source.choose


def test_with_every_reference_set_there_the_next_file_is_the_hospitals_list(
    qtbot: QtBot, page: ImportingPage, tmp_path: Path, settle: Settle
) -> None:
    """Left at the reference sets, the hospital's list was read as one of them."""
    both = [*DIAGNOSES, ("M80000/3", "恶性肿瘤"), ("M81400/3", "腺癌")]
    for name, codes in (("诊断 v6.csv", both), ("手术操作 v2.csv", PROCEDURES)):
        assert page._source.side is Side.REFERENCE
        page._source.set_file(code_list(tmp_path / name, codes))
        settle()
        sign_off(qtbot, page, settle)
    assert "Next: import the hospital's own list." in words(page)
    assert page._source.side is Side.LOCAL


def test_a_long_name_is_shown_from_its_beginning(
    page: ImportingPage, tmp_path: Path, settle: Settle
) -> None:
    page.open_file(Side.REFERENCE, code_list(tmp_path / f"{'很长的名称' * 8}.csv", DIAGNOSES))
    settle()
    assert page._signoff.name.cursorPosition() == 0


def test_a_local_list_gets_its_proposals_by_itself(
    qtbot: QtBot,
    page: ImportingPage,
    tmp_path: Path,
    settle: Settle,
    empty: Services,
    said: list[str],
) -> None:
    page.open_file(Side.REFERENCE, code_list(tmp_path / "诊断.csv", DIAGNOSES))
    settle()
    sign_off(qtbot, page, settle)
    page.open_file(Side.LOCAL, local_list(tmp_path / "院内.csv", encoding="gb18030"))
    settle()
    combos = {one.accessibleName(): one for one in page.findChildren(QComboBox)}
    assert combos["Encoding"].currentText() == "detected: GB18030"
    sign_off(qtbot, page, settle)
    assert said[-1].startswith("done: Proposals for 7 of 7 local codes")
    assert all(row.proposed for row in empty.resolution.worklist())


def test_another_role_for_a_column_is_checked_anew(
    qtbot: QtBot, page: ImportingPage, tmp_path: Path, settle: Settle
) -> None:
    page.open_file(Side.LOCAL, local_list(tmp_path / "院内.csv"))
    settle()
    combos = {one.accessibleName(): one for one in page.findChildren(QComboBox)}
    chooser = combos["Use of column 年例数"]
    assert chooser.currentText() == "discharges a year"
    chooser.setCurrentText("not used")
    chooser.activated.emit(chooser.currentIndex())
    settle()
    assert page._preview is not None
    assert all(code.frequency is None for code in page._preview.checked.codes)


def test_problems_have_a_sentence_and_lead_to_their_row(
    qtbot: QtBot, page: ImportingPage, tmp_path: Path, settle: Settle
) -> None:
    codes = [*DIAGNOSES, ("", "没有编码的病"), ("Z99.901", "")]
    page.open_file(Side.REFERENCE, code_list(tmp_path / "诊断.csv", codes))
    settle()
    panel = page.findChildren(ProblemPanel)[0]
    model = panel._model
    errors = [problem for problem in model.rows if problem.severity.value == "error"]
    assert [problem.place.row for problem in errors] == [14, 15]
    panel._on_severity_chosen(errors[0].severity)
    assert model.rowCount() == 2
    panel._table.selectRow(0)
    assert table_of(page).currentIndex().row() == 13
    assert "没有编码的病" in words(page)


def test_an_unreadable_file_is_refused_in_words_and_nothing_stays_on_the_page(
    page: ImportingPage, tmp_path: Path, settle: Settle, said: list[str]
) -> None:
    file = tmp_path / "假.xlsx"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    page.open_file(Side.REFERENCE, file)
    settle()
    assert len(said) == 1
    assert said[0].startswith("problem: 假.xlsx")
    assert "Nothing chosen yet" in words(page)


def test_a_path_can_be_typed_and_a_file_dropped(
    qtbot: QtBot, page: ImportingPage, tmp_path: Path, settle: Settle
) -> None:
    file = code_list(tmp_path / "list.csv", DIAGNOSES)
    field = next(
        one for one in page.findChildren(QLineEdit) if one.accessibleName() == "Path of the file"
    )
    field.setText(f'"{file}"')
    qtbot.keyClick(field, Qt.Key.Key_Return)
    settle()
    assert table_of(page).model().rowCount() == 13
    other = code_list(tmp_path / "other.csv", DIAGNOSES[:3])
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(other))])
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    page.findChildren(SourcePanel)[0].dropEvent(event)
    settle()
    assert table_of(page).model().rowCount() == 4


def decide_first(services: Services, seen_version: int = 0) -> None:
    """One answer to hold against a new edition."""
    local = services.catalog.search("I63.951", side=Side.LOCAL)[0]
    entry = services.catalog.search("I63.902", side=Side.REFERENCE)[0]
    target = (Target(entry.id, entry.code, entry.name),)
    choice = Choice(local.id, seen_version, Relation.EQUIVALENT, target)
    services.resolution.decide(choice, by=CODER)


def test_a_new_version_is_compared_signed_and_stored_by_keyboard(
    qtbot: QtBot,
    services: Services,
    make_desk: Callable[[Services], Desk],
    settle: Settle,
    said: list[str],
    tmp_path: Path,
) -> None:
    decide_first(services)
    page = ImportingPage(make_desk(services))
    qtbot.addWidget(page)
    page.resize(1200, 800)
    with qtbot.waitActive(page):
        page.show()
        page.activateWindow()
    settle()
    changed = [
        (code, name.replace("脑梗死", "陈旧性脑梗死"), *rest) for code, name, *rest in LOCAL_CODES
    ]
    page.open_file(Side.LOCAL, local_list(tmp_path / "院内2027.csv", changed[:-1]))
    settle()
    settle()
    panel = page.findChildren(ComparisonPanel)[0]
    assert panel.isVisible()
    assert "re-opened: 1\nbecomes retired: 1\nstays open: 5" in words(page)
    shown = [(one.kind, one.old_name, one.new_name) for one in panel.lines[:2]]
    assert shown == [
        (ChangeKind.RENAMED, "脑梗死", "陈旧性脑梗死"),
        (ChangeKind.REMOVED, "胸腔镜下左脓胸引流术", ""),
    ]
    panel.table.setFocus()
    panel.table.selectRow(0)
    assert "the local name says something else" in words(page)
    qtbot.keyClicks(panel.field, "h25")
    panel.field.flush()
    assert [one.old_code for one in panel.lines] == ["H25.951"]
    qtbot.keyClick(page, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert table_of(page).isVisible()

    # Without a name nothing is stored, with another's it is refused in words.
    sign_off(qtbot, page, settle)
    field = next(
        one for one in page.findChildren(QLineEdit)
        if one.accessibleName() == "Your name, as signature"
    )  # fmt: skip
    assert field.hasFocus()
    qtbot.keyClicks(field, "Somebody")
    sign_off(qtbot, page, settle)
    assert said[-1].startswith("problem: Sign with your own name")
    local = services.catalog.search("I63.951", side=Side.LOCAL)[0]
    assert services.resolution.work_row(local.id).mapping.state is State.DECIDED
    field.clear()
    field.setText(CODER.name)
    sign_off(qtbot, page, settle)
    settle()
    row = services.resolution.work_row(local.id)
    assert (row.local.name, row.mapping.state) == ("陈旧性脑梗死", State.OPEN)
    assert row.proposed
    assert "done: Stored: Local 6." in said
    assert_narrowed_down_to_the_edition(services)
    # The workbench says why the row is open again, with both names and the old answer.
    context = ContextPanel()
    qtbot.addWidget(context)
    context.show_surroundings(read_surroundings(services, local.id, None), None)
    told = "\n".join(one.text() for one in context.findChildren(QLabel) if not one.isHidden())
    assert "the local name says something else" in told
    assert "I63.951 脑梗死 → I63.951 陈旧性脑梗死" in told
    assert "answer until then: equivalent · I63.902 脑梗死" in told


def assert_narrowed_down_to_the_edition(services: Services) -> None:
    """The worklist shows what the edition did, when that is asked for."""
    session = ReviewSession()
    session.set_rows(
        Worklist.of(services.resolution.worklist(), services.audit.touched_by_last_edition())
    )
    session.set_filter(WorkFilter(state=None, only_touched=True))
    states = {one.local.name: one.mapping.state for one in session.visible}
    assert states == {"陈旧性脑梗死": State.OPEN, "胸腔镜下左脓胸引流术": State.RETIRED}


def test_a_list_that_replaces_nothing_has_nothing_to_compare(
    page: ImportingPage, tmp_path: Path, settle: Settle
) -> None:
    page.open_file(Side.REFERENCE, code_list(tmp_path / "诊断.csv", DIAGNOSES))
    settle()
    settle()
    assert not page.findChildren(ComparisonPanel)[0].isVisible()
    assert "What changes" not in words(page)


@pytest.fixture
def his(tmp_path: Path) -> str:
    file = tmp_path / "his.db"
    with closing(sqlite3.connect(file)) as opened, opened:
        opened.execute("CREATE TABLE icd (code TEXT, name TEXT)")
        opened.executemany("INSERT INTO icd VALUES (?, ?)", DIAGNOSES)
    return f"sqlite:///{file}"


def test_a_list_straight_from_the_database_is_tried_shown_and_stored(
    qtbot: QtBot,
    page: ImportingPage,
    his: str,
    settle: Settle,
    empty: Services,
    said: list[str],
) -> None:
    buttons = {one.text(): one for one in page.findChildren(QPushButton)}
    qtbot.mouseClick(buttons["From the HIS database"], Qt.MouseButton.LeftButton)
    form = page.findChildren(QueryForm)[0]
    assert QApplication.focusWidget() is form.address
    qtbot.keyClicks(form.address, his)
    form.query.setPlainText("SELECT code, name FROM icd")
    qtbot.keyClick(form.address, Qt.Key.Key_Return)
    settle()
    assert said[-1] == "done: The database answers with these columns: code, name."
    qtbot.mouseClick(buttons["Read the list"], Qt.MouseButton.LeftButton)
    settle()
    assert table_of(page).model().rowCount() == 1 + len(DIAGNOSES)
    sign_off(qtbot, page, settle)
    (stored,) = empty.catalog.code_sets()
    assert (stored.size, stored.source) == (len(DIAGNOSES), "SQL")


def test_a_password_is_remembered_nowhere_and_a_refusal_does_not_repeat_it(
    qtbot: QtBot, page: ImportingPage, settle: Settle, said: list[str]
) -> None:
    form = page.findChildren(QueryForm)[0]
    form.address.setText("postgresql://reader:geheim@127.0.0.1:1/his")
    form.query.setPlainText("SELECT 1")
    page._source.turn_to(database=True)
    qtbot.keyClick(form.password, Qt.Key.Key_Return)
    settle()
    assert form.address.text() == "postgresql://reader@127.0.0.1:1/his"
    assert form.password.text() == "geheim"
    assert said[-1].startswith("problem:") or "cannot be reached" in said[-1]
    form.remember()
    Memory().flush()
    assert not any("geheim" in one for one in (*said, *_written(paths.config_folder())))


def _written(folder: Path) -> list[str]:
    return [one.read_text(encoding="utf-8") for one in folder.rglob("*") if one.is_file()]


def test_an_edition_is_looked_at_and_taken_back_by_keyboard(
    qtbot: QtBot,
    services: Services,
    make_desk: Callable[[Services], Desk],
    settle: Settle,
    said: list[str],
    tmp_path: Path,
) -> None:
    decide_first(services)
    changed = [
        (code, name.replace("脑梗死", "陈旧性脑梗死"), *rest) for code, name, *rest in LOCAL_CODES
    ]
    preview = services.importing.preview(
        Source(path=local_list(tmp_path / "院内2027.csv", changed)), side=Side.LOCAL
    )
    signature = Signature(CODER.name, services.importing.compare(preview))
    services.importing.store(preview, name="院内", edition="2027", by=CODER, signature=signature)
    page = ImportingPage(make_desk(services))
    qtbot.addWidget(page)
    page.resize(1200, 800)
    with qtbot.waitActive(page):
        page.show()
        page.activateWindow()
    settle()
    qtbot.keyClick(page, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert "Answers put back as they were: 1\ndecided: 1\nI63.951 陈旧性脑梗死" in words(page)
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    row = services.resolution.worklist()[0]
    decide_first(services, seen_version=2)
    qtbot.keyClick(page, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert "1 code was worked on since." in words(page)
    qtbot.keyClick(page, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert services.resolution.work_row(row.local.id).local.name == "陈旧性脑梗死"
    services.resolution.undo(by=CODER)
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    qtbot.keyClick(page, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    settle()
    qtbot.keyClick(page, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settle()
    settle()
    back = services.resolution.work_row(row.local.id)
    assert (back.local.name, back.mapping.state) == ("脑梗死", State.DECIDED)
    assert back.proposed
    assert "done: Taken back: Local 院内 2027" in said
