"""What surrounds the row in focus: where its candidate stands in the reference."""

from pytestqt.qtbot import QtBot

from icdmapper.catalog.rules import TreeNode
from icdmapper.desktop.delegates.place import PlaceRow
from icdmapper.desktop.pages.context import ContextPanel, Surroundings
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.model.icd import Level

CATEGORY = TreeNode("K82", "胆囊的其他疾病", Level.CATEGORY, 1, 2)
HYDROPS = TreeNode("K82.1", "胆囊积水", Level.SUBCATEGORY, 2, 2)
PERFORATION = TreeNode("K82.2", "胆囊穿孔", Level.SUBCATEGORY, 3, 1)
ENTRIES = (
    TreeNode("K82.101", "胆囊粘液囊肿", Level.ENTRY, 4, 0),
    TreeNode("K82.102", "胆囊积液", Level.ENTRY, 5, 0),
)


def test_below_a_heading_stands_what_may_be_chosen_instead(qtbot: QtBot) -> None:
    panel = ContextPanel()
    qtbot.addWidget(panel)
    found = Surroundings((CATEGORY, HYDROPS), (), (HYDROPS, PERFORATION), (), (), (), below=ENTRIES)
    panel.show_surroundings(found, HYDROPS.reference_id)
    table = panel.findChild(RowTable)
    assert table is not None
    rows: list[PlaceRow] = list(table.model().rows)
    assert [(row.code, row.depth, row.here) for row in rows] == [
        ("K82", 0, False),
        ("K82.1", 1, True),
        ("K82.101", 2, False),
        ("K82.102", 2, False),
        ("K82.2", 1, False),
    ]
    with qtbot.waitSignal(panel.entry_wanted) as wanted:
        table.row_opened.emit(3)
    assert wanted.args == [5]
