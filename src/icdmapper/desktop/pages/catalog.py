"""The code sets: a tree of each reference set, search over both sides, and who uses an entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QSignalBlocker, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QSplitter,
    QStackedLayout,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from icdmapper.bootstrap import Services
from icdmapper.catalog.rules import Chapter, TreeNode, chapters_of
from icdmapper.desktop.delegates.marked import MarkedDelegate
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.models.tree import CodeTreeModel, TreeRow
from icdmapper.desktop.pages.catalog_details import DetailsPanel, read_local, read_reference
from icdmapper.desktop.pages.editions import EditionsPanel
from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.preview import preview
from icdmapper.desktop.tasks import Lane, Latest
from icdmapper.desktop.widgets.chips import ChipRow
from icdmapper.desktop.widgets.empty import EmptyState
from icdmapper.desktop.widgets.keys import Key, bind
from icdmapper.desktop.widgets.search_field import SearchField
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.model import marks
from icdmapper.model.codes import CodeSet, CodeSystem, LocalCode, ReferenceCode, Side
from icdmapper.model.icd import canonical
from icdmapper.model.marks import Run, Tone
from icdmapper.texts import N_, _
from icdmapper.texts.chapters import chapter_word

_FOUND = 60
_FIELD_WIDTH = 260
"""Pixels for the field; where the names of the sets leave less, only their numbers are said."""


@dataclass(frozen=True, slots=True)
class _Found:
    """One line of what a search for `words` found."""

    side: Side
    code: ReferenceCode | LocalCode
    words: str = ""

    @property
    def code_runs(self) -> tuple[Run, ...]:
        """The code with what was searched marked."""
        return marks.found(self.code.code, self.words)

    @property
    def name_runs(self) -> tuple[Run, ...]:
        """The name with what was searched marked, by its initials too."""
        return marks.found(self.code.name, self.words, self.code.initials)


class CatalogPage(Page):
    """Browse and search both sides."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._system = CodeSystem.RC020
        self._chapters: dict[str, Chapter] = {}
        self._sizes: dict[CodeSystem | None, int] = {}
        self._search = Latest(desk.tasks, self, Lane.COMPUTE)
        self._details_lookup = Latest(desk.tasks, self, Lane.COMPUTE)
        self._keys = (
            Key(("/", "Ctrl+F"), N_("search"), self._on_search_wanted),
            Key(("Ctrl+D",), N_("two editions side by side"), self._turn_to_editions),
            Key(("→", "←"), N_("open and close a branch"), None),
        )
        self._build_ui()
        self._connect()
        self.refresh()

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the catalog."""
        return self._keys

    def activate(self) -> None:
        """The tree gets the keyboard."""
        self._tree.setFocus(Qt.FocusReason.OtherFocusReason)

    def refresh(self) -> None:
        """Read again which sets there are and the tree in front."""
        catalog = self._desk.services.catalog
        self._desk.tasks.start(
            lambda _task: catalog.code_sets(),
            owner=self,
            on_done=self._show_code_sets,
            lane=Lane.LOOKUP,
        )
        self._read_tree()

    def show_entry(self, reference_id: int) -> None:
        """Find one reference entry and show what is known of it."""
        catalog = self._desk.services.catalog
        self._desk.tasks.start(
            lambda _task: catalog.reference(reference_id),
            owner=self,
            on_done=self._show_entry,
            lane=Lane.LOOKUP,
        )

    def _build_ui(self) -> None:
        self._field = SearchField(
            _("Search both sides: code, name or pinyin initials, words in any order"), pause_ms=40
        )
        self._systems = ChipRow([(system, system.value) for system in CodeSystem], required=True)
        self._model = CodeTreeModel(self)
        self._tree = _tree(self._model)
        self._found: RowTableModel[_Found] = RowTableModel(_found_columns(), self)
        self._results = RowTable(self._found)
        self._results.setAccessibleName(_("Search results"))
        for at, runs in ((2, _code_runs), (3, _name_runs)):
            self._results.setItemDelegateForColumn(at, MarkedDelegate(runs, self._results))
        self._empty = EmptyState(icon="catalog", title="", sentence="")
        shown = QWidget()
        self._stack = QStackedLayout(shown)
        self._editions = EditionsPanel(self._desk)
        for part in (self._tree, self._results, self._empty, self._editions):
            self._stack.addWidget(part)
        self._compare = QPushButton(_("Compare editions"))
        self._compare.setCheckable(True)
        self._compare.setProperty("look", "chip")
        self._compare.setToolTip("Ctrl+D")
        self._details = DetailsPanel()
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self._field, 1)
        head.addWidget(self._systems)
        head.addWidget(self._compare)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(shown)
        splitter.addWidget(self._details)
        splitter.setSizes([720, 420])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(splitter, 1)

    def _connect(self) -> None:
        self._empty.wanted.connect(lambda: self._desk.changes.page_wanted.emit("import"))
        bind(self._keys[:2], self)
        self._compare.clicked.connect(self._show_editions)
        self._editions.entry_chosen.connect(self._read_details)
        self._field.searched.connect(self._on_searched)
        self._field.left.connect(self._on_search_left)
        self._field.returnPressed.connect(self._on_search_entered)
        self._field.stepped.connect(lambda _step: self._on_search_entered())
        self._systems.chosen.connect(self._on_system_chosen)
        self._model.children_wanted.connect(self._read_children)
        self._tree.selectionModel().currentChanged.connect(self._on_branch_chosen)
        self._results.row_chosen.connect(self._on_result_chosen)
        self._desk.changes.code_sets_changed.connect(self.refresh)
        self._desk.changes.entry_wanted.connect(self.show_entry)

    def _read_tree(self) -> None:
        catalog, system = self._desk.services.catalog, self._system
        self._desk.tasks.start(
            lambda _task: catalog.children(system),
            owner=self,
            on_done=self._show_roots,
            lane=Lane.COMPUTE,
        )

    def _read_children(self, key: str) -> None:
        if (chapter := self._chapters.get(key)) is not None:
            self._model.set_children(key, _tree_rows(chapter.nodes))
            return
        catalog, system = self._desk.services.catalog, self._system
        self._desk.tasks.start(
            lambda _task: catalog.children(system, key),
            owner=self,
            on_done=lambda nodes: self._model.set_children(key, _tree_rows(nodes)),
            lane=Lane.COMPUTE,
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: in a narrow window the field for what is searched keeps its room."""
        super().resizeEvent(event)
        self._name_sets()

    def _show_code_sets(self, code_sets: tuple[CodeSet, ...]) -> None:
        self._sizes = {one.system: one.size for one in code_sets if one.side is Side.REFERENCE}
        self._name_sets()

    def _name_sets(self) -> None:
        for named in (lambda system: _SYSTEM_WORDS[system](), lambda system: system.value):
            for system in CodeSystem:
                size = self._sizes.get(system)
                count = "—" if size is None else f"{size:,}"
                self._systems.set_word(system, f"{named(system)} {count}")
            chips = self._systems.sizeHint().width() + self._compare.sizeHint().width()
            if self.width() - chips >= _FIELD_WIDTH:
                return

    def _show_roots(self, nodes: tuple[TreeNode, ...]) -> None:
        chapters = chapters_of(nodes)
        in_chapters = len(chapters) > 1
        self._chapters = {_chapter_key(one): one for one in chapters} if in_chapters else {}
        self._model.set_roots(_chapter_rows(chapters) if in_chapters else _tree_rows(nodes))
        if self._compare.isChecked():
            self._editions.show_up(self._system)
        else:
            self._show_tree()

    def _show_tree(self) -> None:
        """The tree, or why there is none."""
        if self._model.rowCount():
            self._stack.setCurrentWidget(self._tree)
        else:
            self._show_unimported()

    def _show_unimported(self) -> None:
        self._empty.say(
            _("{system} is not imported yet").format(system=self._system.value),
            _("Import the reference set first."),
            _("Go to Import"),
        )
        self._stack.setCurrentWidget(self._empty)

    def _show_entry(self, entry: ReferenceCode) -> None:
        self._compare.setChecked(False)
        with QSignalBlocker(self._field):
            self._field.setText(entry.code)
        self._search.drop()
        self._show_found([_Found(Side.REFERENCE, entry)])
        self._results.setFocus(Qt.FocusReason.OtherFocusReason)
        self._results.selectRow(0)

    def _show_found(self, found: Sequence[_Found]) -> None:
        self._results.show_rows(found)
        self._stack.setCurrentWidget(self._results if found else self._empty)
        self._empty.say(_("Nothing found"), _("Try fewer words, a code, or pinyin initials."))

    def _turn_to_editions(self) -> None:
        self._compare.click()

    def _show_editions(self, on: bool) -> None:
        """Between the editions side by side and the tree."""
        if on:
            self._search.drop()
            self._stack.setCurrentWidget(self._editions)
            self._editions.show_up(self._system)
        else:
            self._show_tree()
            self.activate()

    def _on_search_wanted(self) -> None:
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._field.selectAll()

    def _on_searched(self, text: str) -> None:
        if not text.strip():
            self._search.drop()
            self._systems.set_value(self._system)
            if self._compare.isChecked():
                return
            self._show_tree()
            return
        self._systems.let_none_be_on()  # What is found is of every set, and of the hospital's own.
        self._compare.setChecked(False)
        services = self._desk.services
        self._search.ask(lambda _task: _find(services, text), self._show_found)

    def _on_search_left(self) -> None:
        self._field.clear()
        self._field.flush()
        self.activate()

    def _on_search_entered(self) -> None:
        if self._found.rowCount():
            self._results.setFocus(Qt.FocusReason.ShortcutFocusReason)
            if not self._results.currentIndex().isValid():
                self._results.selectRow(0)

    def _on_system_chosen(self, system: CodeSystem) -> None:
        self._system = system
        self._field.clear()
        self._read_tree()

    def _on_branch_chosen(self, index: QModelIndex) -> None:
        row = self._model.row_of(index)
        if row is None or row.entry is None:
            self._details.show_heading(row.code if row else "", row.name if row else "")
            return
        self._read_details(Side.REFERENCE, row.entry)

    def _on_result_chosen(self, at: int) -> None:
        found = self._found.rows[at]
        self._read_details(found.side, found.code.id)

    def _read_details(self, side: Side, code_id: int) -> None:
        services = self._desk.services
        read = read_reference if side is Side.REFERENCE else read_local
        self._details_lookup.ask(lambda _task: read(services, code_id), self._details.show_details)


_SYSTEM_WORDS = {
    CodeSystem.RC020: lambda: _("RC020 diagnoses"),
    CodeSystem.RC021: lambda: _("RC021 morphology"),
    CodeSystem.RC022: lambda: _("RC022 procedures"),
}


def _find(services: Services, text: str) -> list[_Found]:
    return [
        _Found(side, code, text)
        for side in Side
        for code in services.catalog.search(text, side=side, limit=_FOUND)
    ]


def _code_runs(row: _Found) -> tuple[Run, ...]:
    return row.code_runs


def _name_runs(row: _Found) -> tuple[Run, ...]:
    return row.name_runs


def _tree(model: CodeTreeModel) -> QTreeView:
    tree = QTreeView()
    tree.setModel(model)
    tree.setAccessibleName(_("Tree of the reference set"))
    tree.setUniformRowHeights(True)
    tree.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    tree.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
    tree.header().resizeSection(0, 220)
    tree.header().setStretchLastSection(True)
    return tree


def _chapter_key(chapter: Chapter) -> str:
    """A key that no code has."""
    return f"§{chapter.name}"


def _chapter_rows(chapters: Sequence[Chapter]) -> list[TreeRow]:
    return [
        TreeRow(_chapter_key(one), one.span, chapter_word(one.name or "~"), len(one.nodes))
        for one in chapters
    ]


def _tree_rows(nodes: Sequence[TreeNode]) -> list[TreeRow]:
    return [
        TreeRow(canonical(node.code), node.code, node.name, node.children, node.reference_id)
        for node in nodes
    ]


def _found_columns() -> tuple[Column[_Found], ...]:
    side: Column[_Found] = Column(
        N_("Side"),
        lambda one: _("reference") if one.side is Side.REFERENCE else _("local"),
        width=84,
        tone=lambda one: Tone.ACCENT if one.side is Side.REFERENCE else Tone.PLAIN,
    )
    system: Column[_Found] = Column(
        N_("Set"), lambda one: one.code.kind.system.value, width=76, muted=True
    )
    code: Column[_Found] = Column(N_("Code"), lambda one: one.code.code, width=150, code=True)
    name: Column[_Found] = Column(N_("Name"), lambda one: one.code.name)
    return side, system, code, name


if __name__ == "__main__":
    raise SystemExit(preview(CatalogPage))
