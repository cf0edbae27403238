"""Passing an answer on: which rows like it would take it, which not and why, one act, one undo."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop import theme, wording
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.models.editable import EditableRows
from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.tasks import Lane, Task
from icdmapper.desktop.widgets.empty import EmptyState
from icdmapper.desktop.widgets.keys import Key, bind
from icdmapper.desktop.widgets.labels import label, line
from icdmapper.desktop.widgets.table import inner_table
from icdmapper.model.errors import RefusedError
from icdmapper.model.mapping import Mapping, MappingRow, State
from icdmapper.model.marks import Tone
from icdmapper.resolution.passing_session import Other, PassingSession, Taker
from icdmapper.resolution.propagating import Propagation
from icdmapper.resolution.service import WorkRow
from icdmapper.texts import N_, _
from icdmapper.texts.singular import counted
from icdmapper.texts.words import left_out_word, relation_word


class PassingPanel(QFrame):
    """Stands in the place of the row in focus while its answer is passed on."""

    changed = Signal(object)
    """The mapping of the answer, then those that were passed on or revoked."""
    left = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        self._desk = desk
        self._session = PassingSession()
        self._busy = False
        self._build_ui()
        bind(
            (
                Key(("Escape",), "", self.left.emit),
                Key(("Ctrl+Return", "Ctrl+Enter"), "", self._on_accept_wanted),
                Key(("A",), "", self._on_all_toggled),
            ),
            self,
        )
        bind((Key(("Return", "Enter"), "", self._on_accept_wanted),), self._takers_table)
        self._connect()

    @property
    def session(self) -> PassingSession:
        """What would be passed on."""
        return self._session

    def begin(self, source: WorkRow | None) -> None:
        """Look at the rows like this one afresh."""
        self._show_source(source)
        if not self._session.begin(source) or source is None:
            self._say(
                _("There is no answer to pass on yet"),
                _("Decide the row with Enter, come back to it with Backspace, then press P."),
            )
            return
        self._say(_("Looking for rows with names like this one…"), "")
        propagating, by, local_id = (
            self._desk.services.propagating,
            self._desk.person,
            source.local.id,
        )

        def read(_task: Task) -> tuple[Propagation | RefusedError, tuple[MappingRow, ...]]:
            standing = propagating.passed_on(local_id)
            try:
                return propagating.preview(local_id, by=by), standing
            except RefusedError as error:
                return error, standing

        self._desk.tasks.start(
            read,
            owner=self,
            on_done=lambda found: self._on_found(local_id, *found),
            lane=Lane.COMPUTE,
        )

    def revoke(self) -> None:
        """Put the row under the cursor, one that hangs on the answer, back on the worklist."""
        at = self._others_table.currentIndex()
        other = self._others.row_at(at) if self._others_table.hasFocus() else None
        if other is None or other.standing is None or self._busy:
            self._desk.notices.hint(_("Choose a row that hangs on this answer to revoke it."))
            return
        resolution, by, mapping = (
            self._desk.services.resolution,
            self._desk.person,
            other.standing.mapping,
        )
        self._act(
            lambda _task: (
                resolution.reopen(mapping.local_id, seen_version=mapping.version, by=by),
            ),
            _("One row is open again; it is not offered this entry any more."),
        )

    # ---- building ----

    def _build_ui(self) -> None:
        self._title, self._answer = label(look="title", wrap=True), label(look="muted", wrap=True)
        close = QPushButton(theme.icon("close", "muted"), _("Back  Esc"))
        close.setProperty("look", "flat")
        close.clicked.connect(lambda _on=False: self.left.emit())
        self._empty = EmptyState(icon="workbench", title="", sentence="")
        self._takers: EditableRows[Taker] = EditableRows(
            _taker_columns(), self, checked=lambda one: one.checked
        )
        self._takers_table = inner_table(self._takers, _("Rows that would take the answer"))
        self._others: RowTableModel[Other] = RowTableModel(_other_columns(), self)
        self._others_table = inner_table(self._others, _("Rows that hang on it, and rows left out"))
        tables = QSplitter(Qt.Orientation.Vertical)
        tables.setChildrenCollapsible(False)
        tables.addWidget(self._takers_table)
        tables.addWidget(self._others_table)
        tables.setSizes([330, 260])
        self._shown = QStackedWidget()
        self._shown.addWidget(self._empty)
        self._shown.addWidget(tables)
        self._sentence = label(wrap=True)
        self._accept = QPushButton()
        self._accept.setProperty("look", "primary")
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(close, alignment=Qt.AlignmentFlag.AlignTop)
        foot.setSpacing(12)
        foot.addWidget(self._sentence, 1)
        foot.addWidget(self._accept)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(self._answer)
        column.addWidget(line())
        column.addWidget(self._shown, 1)
        column.addWidget(line())
        column.addLayout(foot)

    def _connect(self) -> None:
        self._takers.toggled.connect(self._on_toggled)
        self._accept.clicked.connect(lambda _on=False: self._on_accept_wanted())

    # ---- showing ----

    def _show_source(self, source: WorkRow | None) -> None:
        self._title.setText(
            _("Pass on the answer of {code} {name}").format(
                code=source.local.code, name=source.local.name
            )
            if source
            else _("Pass an answer on")
        )
        targets = source.mapping.targets if source else ()
        self._answer.setText("；".join(f"{one.code} {one.name}" for one in targets))

    def _say(self, title: str, sentence: str) -> None:
        """Show a sentence where there is nothing to choose."""
        self._empty.say(title, sentence)
        self._shown.setCurrentWidget(self._empty)
        self._sentence.setText("")
        self._accept.hide()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_found(
        self,
        local_id: int,
        found: Propagation | RefusedError,
        standing: tuple[MappingRow, ...],
    ) -> None:
        source = self._session.source
        if source is None or source.local.id != local_id:
            return
        refused = found if isinstance(found, RefusedError) else None
        self._session.show(None if isinstance(found, RefusedError) else found, standing)
        if not self._session.takers and not self._session.others:
            self._say(
                str(refused) if refused else _("No other row has a name like this one"),
                "" if refused else _("There is nothing to pass the answer on to."),
            )
            return
        self._shown.setCurrentIndex(1)
        self._others_table.show_rows(self._session.others)
        self._others_table.show_row(0)
        self._takers_table.show_rows(self._session.takers)
        self._takers_table.show_row(0)
        first = self._takers_table if self._session.takers else self._others_table
        first.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show_counts(str(refused) if refused else "")

    def _show_counts(self, refused: str = "") -> None:
        chosen, others = len(self._session.chosen), self._session.others
        hanging = sum(one.standing is not None for one in others)
        counts = _("{takers} would take it, {out} left out, {hanging} hang on it already.").format(
            takers=len(self._session.takers), out=len(others) - hanging, hanging=hanging
        )
        keys = _("Space checks a row, A all; R revokes a row that hangs on it.")
        self._sentence.setText(" ".join(filter(None, (refused, counts, keys))))
        self._accept.setVisible(bool(self._session.takers))
        self._accept.setEnabled(bool(chosen))
        self._accept.setText(_("Pass on to {count} rows  Enter").format(count=chosen))

    def _on_toggled(self, at: int) -> None:
        self._session.toggle(at)
        self._show_checks()

    def _on_all_toggled(self) -> None:
        self._session.toggle_all()
        self._show_checks()

    def _show_checks(self) -> None:
        at = self._takers_table.currentIndex().row()
        self._takers_table.show_rows(self._session.takers)
        self._takers_table.show_row(max(at, 0))
        self._show_counts()

    # ---- acting ----

    def _on_accept_wanted(self) -> None:
        source, chosen = self._session.source, self._session.chosen
        if source is None or not chosen or self._busy:
            return
        propagating, by = self._desk.services.propagating, self._desk.person
        local_id, seen = source.local.id, self._session.seen_version
        self._act(
            lambda _task: propagating.propagate(local_id, seen_version=seen, rows=chosen, by=by),
            counted(N_("{count} rows took the answer; U takes all of them back."), len(chosen)),
        )

    def _act(self, work: Callable[[Task], tuple[Mapping, ...]], said: str) -> None:
        source = self._session.source
        if source is None:
            return
        self._busy = True
        task = self._desk.tasks.start(
            work,
            owner=self,
            on_done=lambda mappings: self._on_saved(source.mapping, mappings, said),
            on_error=self._on_refused,
        )
        task.kept = True
        task.ended.connect(self._on_ended)

    def _on_ended(self) -> None:
        self._busy = False

    def _on_saved(self, source: Mapping, mappings: tuple[Mapping, ...], said: str) -> None:
        if mappings[0].state is not State.OPEN:
            self.left.emit()
        self.changed.emit((source, *mappings))
        self._desk.notices.done(said)

    def _on_refused(self, error: Exception) -> None:
        """Say why, and look again: somebody else may have changed a row."""
        self._desk.notices.error(error)
        self.begin(self._session.source)


def _taker_columns() -> tuple[Column[Taker], ...]:
    code: Column[Taker] = Column(
        N_("Local code"), lambda one: one.row.local.code, width=140, code=True
    )
    name: Column[Taker] = Column(N_("Name"), lambda one: one.row.local.name)
    relation: Column[Taker] = Column(
        N_("Relation"),
        lambda one: relation_word(one.row.best.relation.value) if one.row.best else "",
        width=96,
        tone=lambda one: (
            wording.RELATION_TONES[one.row.best.relation] if one.row.best else Tone.PLAIN
        ),
    )
    why: Column[Taker] = Column(
        N_("Why"),
        lambda one: _("names {share:.0%} alike").format(share=one.likeness),
        width=150,
    )
    often: Column[Taker] = Column(
        N_("A year"),
        lambda one: wording.volume(one.row.local.frequency),
        width=80,
        right=True,
        optional=True,
    )
    return code, name, relation, why, often


def _other_columns() -> tuple[Column[Other], ...]:
    what: Column[Other] = Column(
        "", lambda one: _("passed on") if one.standing else _("left out"), width=96,
        tone=lambda one: Tone.SAME if one.standing else Tone.PLAIN,
    )  # fmt: skip
    code: Column[Other] = Column(
        N_("Local code"), lambda one: one.code, width=110, code=True, muted=True
    )
    name: Column[Other] = Column(N_("Name"), lambda one: one.name)
    why: Column[Other] = Column(
        N_("Why"),
        lambda one: left_out_word(one.reason) or _("hangs on this answer; R revokes it"),
        width=260,
    )
    return what, code, name, why
