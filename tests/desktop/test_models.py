"""The Qt models, held against Qt's own checks while their rows change."""

import itertools
import random
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from icdmapper import texts
from icdmapper.desktop.models.rows import ROW_ROLE, TONE_ROLE, Column, RowTableModel
from icdmapper.desktop.models.tree import CodeTreeModel, TreeRow
from icdmapper.model.marks import Tone


@dataclass(frozen=True)
class Line:
    code: str
    count: int


CODE: Column[Line] = Column("Code", lambda line: line.code, code=True)
COUNT: Column[Line] = Column(
    "A year", lambda line: str(line.count), right=True, tone=lambda _line: Tone.WRONG
)
FOREIGN: Column[Line] = Column("name", lambda line: line.code, foreign=True)


def lines(count: int) -> list[Line]:
    return [Line(f"A{number:02}", number) for number in range(count)]


def test_rows_obey_qt_while_they_change(qtmodeltester: ModelTester) -> None:
    model: RowTableModel[Line] = RowTableModel((CODE, COUNT))
    qtmodeltester.check(model)
    chance = random.Random(7)
    shown = lines(30)
    for _step in range(200):
        rows = list(shown)
        for _change in range(chance.randint(0, 4)):
            at = chance.randrange(len(rows) + 1)
            match chance.choice(("insert", "remove", "replace")):
                case "insert":
                    rows.insert(at, Line("new", chance.randrange(99)))
                case "remove" if at < len(rows):
                    del rows[at]
                case "replace" if at < len(rows):
                    rows[at] = Line("other", chance.randrange(99))
        model.set_rows(rows)
        shown = rows
        assert [model.index(at, 0).data() for at in range(model.rowCount())] == [
            line.code for line in rows
        ]
        qtmodeltester.check(model)


def test_a_small_change_does_not_reset_the_view(qtbot: QtBot) -> None:
    model: RowTableModel[Line] = RowTableModel((CODE,))
    shown = lines(1000)
    model.set_rows(shown)
    resets: list[int] = []
    model.modelReset.connect(lambda: resets.append(1))
    with qtbot.waitSignal(model.rowsRemoved) as removed:
        model.set_rows([*shown[:400], *shown[401:]])
    assert removed.args[1:] == [400, 400]
    with qtbot.waitSignal(model.dataChanged):
        model.set_rows([*shown[:400], Line("other", 0), *shown[402:]])
    assert not resets
    model.set_rows(lines(900))
    assert resets


def test_a_cell_answers_for_every_role(qtbot: QtBot) -> None:
    model: RowTableModel[Line] = RowTableModel((CODE, COUNT, FOREIGN))
    model.set_rows(lines(3))
    cell = model.index(2, 1)
    assert cell.data() == "2"
    assert cell.data(ROW_ROLE) == Line("A02", 2)
    assert cell.data(TONE_ROLE) is Tone.WRONG
    assert cell.data(Qt.ItemDataRole.TextAlignmentRole) & Qt.AlignmentFlag.AlignRight
    assert model.index(0, 0).data(Qt.ItemDataRole.FontRole).families()
    assert model.row_at(QModelIndex()) is None


def test_titles_are_translated_but_those_of_a_source_are_not(qtbot: QtBot) -> None:
    model: RowTableModel[Line] = RowTableModel((CODE, FOREIGN))
    texts.choose_language("zh_CN")
    across = Qt.Orientation.Horizontal
    assert [model.headerData(at, across) for at in range(2)] == ["编码", "name"]


def tree_rows(above: str, depth: int) -> list[TreeRow]:
    children = 3 if depth < 3 else 0
    return [TreeRow(f"{above}{n}", f"{above}{n}", f"name {n}", children, n) for n in range(3)]


def test_a_tree_obeys_qt_while_branches_are_opened(qtmodeltester: ModelTester) -> None:
    model = CodeTreeModel()
    model.children_wanted.connect(lambda key: model.set_children(key, tree_rows(key, len(key))))
    model.set_roots(tree_rows("", 0))
    qtmodeltester.check(model)
    first = model.index(0, 0)
    for _depth in range(3):
        while model.canFetchMore(first):
            model.fetchMore(first)
        qtmodeltester.check(model)
        first = model.index(1, 0, first)
    row = model.row_of(first)
    assert row is not None
    assert row.key == "0111"


def test_a_branch_can_be_opened_before_its_children_are_read(qtbot: QtBot) -> None:
    model = CodeTreeModel()
    wanted: list[str] = []
    model.children_wanted.connect(wanted.append)
    model.set_roots(tree_rows("", 0))
    second = model.index(1, 0)
    assert model.hasChildren(second)
    assert model.rowCount(second) == 0
    for _again in itertools.repeat(None, 3):
        if model.canFetchMore(second):
            model.fetchMore(second)
    assert wanted == ["1"]
    model.set_children("1", tree_rows("1", 1))
    assert model.rowCount(second) == 3
    assert model.find_child(second, "12").data() == "12"
    model.set_roots([])
    model.set_children("1", tree_rows("1", 1))
    assert model.rowCount() == 0
