"""The code sets: tree, search on both sides, who uses an entry."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from helpers.projects import DIAGNOSES, code_list, store
from icdmapper.bootstrap import Services
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.catalog import CatalogPage
from icdmapper.model.codes import CodeSystem, Side
from icdmapper.model.editions import ChangeKind
from icdmapper.model.mapping import Choice, Relation, Target
from icdmapper.model.marks import Tone
from icdmapper.model.people import Person

Settle = Callable[[], None]


@pytest.fixture
def page(qtbot: QtBot, desk: Desk, settle: Settle) -> CatalogPage:
    made = CatalogPage(desk)
    qtbot.addWidget(made)
    made.resize(1200, 700)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.activate()
    settle()
    return made


def words(page: CatalogPage) -> str:
    return "\n".join(one.text() for one in page.findChildren(QLabel) if one.isVisible())


def test_a_branch_opens_by_key_and_shows_its_children(
    qtbot: QtBot, page: CatalogPage, settle: Settle
) -> None:
    tree, model = page._tree, page._model
    assert [model.index(at, 1).data() for at in range(model.rowCount())] == [
        "II Neoplasms",
        "IX Circulatory system",
        "XI Digestive system",
        "VII Eye",
    ]
    assert model.index(2, 0).data() == "K35–K36"
    tree.setCurrentIndex(model.index(0, 0))
    qtbot.keyClick(tree, Qt.Key.Key_Right)
    category = model.index(0, 0, model.index(0, 0))
    assert category.data() == "C34"
    qtbot.keyClick(tree, Qt.Key.Key_Down)
    qtbot.keyClick(tree, Qt.Key.Key_Right)
    settle()
    assert model.index(0, 0, category).data() == "C34.1"
    qtbot.keyClick(tree, Qt.Key.Key_Down)
    settle()
    assert "上叶,支气管或肺的恶性肿瘤" in words(page)


def test_search_as_you_type_finds_both_sides(
    qtbot: QtBot, page: CatalogPage, settle: Settle
) -> None:
    qtbot.keyClick(page._tree, "/")
    field = QApplication.focusWidget()
    assert field is page._field
    qtbot.keyClicks(field, "lwqc fqj")
    page._field.flush()
    settle()
    chips = [one for one in page.findChildren(QPushButton) if one.text().startswith("RC02")]
    assert not any(one.isChecked() for one in chips)  # What is found is of every set.
    names = {(one.side.value, one.code.code) for one in page._found.rows}
    assert names == {("reference", "47.01"), ("reference", "47.01001"), ("local", "47.0151")}
    qtbot.keyClick(field, Qt.Key.Key_Return)
    settle()
    assert "腹腔镜下阑尾切除术" in words(page)
    qtbot.keyClick(page, "/")
    qtbot.keyClick(page._field, Qt.Key.Key_Escape)
    assert page._tree.isVisible()
    assert [one.isChecked() for one in chips] == [True, False, False]


def test_nothing_found_says_so(qtbot: QtBot, page: CatalogPage, settle: Settle) -> None:
    qtbot.keyClicks(page._field, "zzzz")
    page._field.flush()
    settle()
    assert "Nothing found" in words(page)


def test_an_entry_says_who_is_mapped_to_it(
    page: CatalogPage, services: Services, settle: Settle
) -> None:
    local = services.resolution.worklist()[0].local
    (entry,) = services.catalog.search("I63.902", side=Side.REFERENCE)
    target = Target(entry.id, entry.code, entry.name)
    services.resolution.decide(
        Choice(local.id, 0, Relation.EQUIVALENT, (target,)), by=Person("编码员甲")
    )
    page._field.setText("I63.902")
    page._field.flush()
    settle()
    page._results.selectRow(0)
    settle()
    assert "Mapped to this entry: 1" in words(page)
    assert "I63.951 脑梗死 · equivalent" in words(page)


def test_another_set_shows_another_tree(qtbot: QtBot, page: CatalogPage, settle: Settle) -> None:
    chip = next(one for one in page.findChildren(QPushButton) if one.text().startswith("RC022"))
    assert chip.text() == "RC022 procedures 6"
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    settle()
    assert page._model.index(0, 0).data() == "34"
    missing = next(one for one in page.findChildren(QPushButton) if one.text().startswith("RC021"))
    qtbot.mouseClick(missing, Qt.MouseButton.LeftButton)
    settle()
    assert "RC021 is not imported yet" in words(page)


def test_two_editions_stand_side_by_side(
    qtbot: QtBot, page: CatalogPage, services: Services, settle: Settle, tmp_path: Path
) -> None:
    qtbot.keyClick(page, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert "There is nothing to hold side by side yet" in words(page)
    codes = [
        (code, name.replace("右肺", "右侧肺")) for code, name in DIAGNOSES if code != "K36.x02"
    ]
    store(services, code_list(tmp_path / "新版.csv", codes), Side.REFERENCE, name="新版")
    page._desk.changes.code_sets_changed.emit()
    settle()
    settle()
    panel = page._editions._comparison
    assert panel.isVisible()
    assert "12 of 12 lines" in words(page)
    panel._kinds._on_chip_clicked(ChangeKind.RENAMED)
    (line,) = panel.lines
    assert (line.old_name, line.new_name) == ("右肺上叶恶性肿瘤", "右侧肺上叶恶性肿瘤")
    assert [run.text for run in line.names[1] if run.tone is Tone.MISSING] == ["侧"]
    panel.table.setFocus()
    panel.table.selectRow(0)
    settle()
    assert "右侧肺上叶恶性肿瘤" in words(page)
    assert "Mapped to this entry: 0" in words(page)
    # A local list may stand beside a reference set.
    local = next(one for one in services.catalog.editions() if one.side is Side.LOCAL)
    newer = page._editions.newer
    newer.setCurrentIndex(newer.findData(local.id))
    newer.activated.emit(newer.currentIndex())
    settle()
    assert all(line.row.old.kind.system is CodeSystem.RC020 for line in panel.lines if line.row.old)
    qtbot.keyClick(page, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert page._tree.isVisible()
