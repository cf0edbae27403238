"""Where the candidate in focus stands in the reference, who uses it, what happened to the row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QVBoxLayout, QWidget

from icdmapper.bootstrap import Services
from icdmapper.catalog.rules import TreeNode
from icdmapper.desktop import audit_words, check_words, wording
from icdmapper.desktop.delegates.place import PlaceDelegate, PlaceRow
from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.widgets.labels import badge, label, line
from icdmapper.desktop.widgets.scrolled import SnugArea
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.model.checks import DisputeMessage
from icdmapper.model.events import Act, Event
from icdmapper.model.mapping import MappingRow
from icdmapper.model.marks import Tone
from icdmapper.texts import N_, _
from icdmapper.texts.words import relation_word

_LEAST_PLACES = 84
_USERS_SHOWN = 5
_EVENTS_SHOWN = 4
_SIMILAR_SHOWN = 3
_MESSAGES_SHOWN = 3
_FEW = 12


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is read for the candidate in focus and its row."""

    path: tuple[TreeNode, ...]
    above: tuple[TreeNode, ...]
    siblings: tuple[TreeNode, ...]
    used_by: tuple[MappingRow, ...]
    similar: tuple[MappingRow, ...]
    history: tuple[Event, ...]
    thread: tuple[DisputeMessage, ...] = ()
    below: tuple[TreeNode, ...] = ()
    """What may be chosen instead of a heading."""


def read_surroundings(services: Services, local_id: int, reference_id: int | None) -> Surroundings:
    """Read them; runs off the GUI thread."""
    history = services.resolution.history(local_id)
    similar = services.resolution.similar(local_id, limit=_SIMILAR_SHOWN)
    thread = services.disputes.dispute(local_id).thread
    if reference_id is None:
        return Surroundings((), (), (), (), similar, history, thread)
    path = services.catalog.path(reference_id)
    parent = path[-2].reference_id if len(path) > 1 else None
    siblings = services.catalog.siblings(reference_id)
    # A family of few is shown among its neighbours.
    above = services.catalog.siblings(parent) if parent and len(siblings) < _FEW else ()
    return Surroundings(
        path,
        above,
        siblings,
        services.resolution.used_by(reference_id),
        similar,
        history,
        thread,
        services.catalog.below(reference_id),
    )


class ContextPanel(QFrame):
    """The right side of the workbench."""

    entry_wanted = Signal(int)
    said = Signal(str)
    """Something is to be said about the row."""
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(6)
        self._edition = _EditionNote()
        column.addWidget(self._edition)
        column.addWidget(label(_("Place in the reference"), look="section"))
        place: Column[PlaceRow] = Column(N_("Place"), lambda row: f"{row.code} {row.name}")
        self._model: RowTableModel[PlaceRow] = RowTableModel((place,), self)
        self._places = RowTable(self._model)
        self._places.setProperty("frameless", True)
        self._places.setAccessibleName(_("Place in the reference"))
        self._places.setToolTip(_("Double click to offer an entry as a candidate"))
        self._places.horizontalHeader().hide()
        # Half an entry at the upper edge would be read as another one.
        self._places.setVerticalScrollMode(RowTable.ScrollMode.ScrollPerItem)
        self._places.verticalHeader().setDefaultSectionSize(26)
        self._places.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._places.setItemDelegate(PlaceDelegate(self._places))
        self._places.row_opened.connect(self._on_place_opened)
        self._places.setMinimumHeight(_LEAST_PLACES)
        column.addWidget(self._places, 1)
        column.addWidget(line())
        self._area = SnugArea(self._build_facts())
        column.addWidget(self._area)
        self._saying = _Saying()
        self._saying.setPlaceholderText(_("Say something about it (S)"))
        self._saying.setAccessibleName(_("Discussion"))
        self._saying.returnPressed.connect(self._on_said)
        self._saying.left.connect(self.left)
        column.addWidget(self._saying)

    def show_surroundings(self, found: Surroundings, reference_id: int | None) -> None:
        """Show what was read."""
        rows = _place_rows(found, reference_id)
        self._places.show_rows(rows)
        here = next((at for at, row in enumerate(rows) if row.here), None)
        if here is not None:
            self._places.show_row(here, centre=True)
        users = found.used_by
        self._users_title.setText(
            _("Mapped to this entry: {count}").format(count=wording.number(len(users)))
        )
        self._users.setText(_user_lines(users))
        self._similar.setText("\n".join(map(_similar_line, found.similar)))
        self._similar_part.setVisible(bool(found.similar))
        self._edition.show_last(found.history)
        lines = [wording.event_sentence(event) for event in found.history[-_EVENTS_SHOWN:]]
        self._history.setText("\n".join(reversed(lines)) or _("Nothing yet."))
        said = [check_words.message(one) for one in found.thread[-_MESSAGES_SHOWN:]]
        self._thread.setText("\n".join(said))
        self._thread.setVisible(bool(said))
        self._area.updateGeometry()

    def focus_thread(self) -> None:
        """Bring the keyboard to where one says something."""
        self._saying.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def clear_saying(self) -> None:
        """What was written is said."""
        self._saying.clear()

    def clear(self) -> None:
        """No row is in focus."""
        self.show_surroundings(Surroundings((), (), (), (), (), ()), None)

    def _build_facts(self) -> QWidget:
        made = QWidget()
        made.setProperty("clear", True)
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self._users_title = label(look="section")
        self._users = label(look="muted", wrap=True, copy=True)
        column.addWidget(self._users_title)
        column.addWidget(self._users)
        self._similar_part = QWidget()
        similar = QVBoxLayout(self._similar_part)
        similar.setContentsMargins(0, 0, 0, 0)
        similar.setSpacing(6)
        self._similar = label(look="muted", wrap=True, copy=True)
        similar.addWidget(line())
        similar.addWidget(label(_("Similar codes decided"), look="section"))
        similar.addWidget(self._similar)
        self._similar_part.hide()
        column.addWidget(self._similar_part)
        column.addWidget(line())
        column.addWidget(label(_("History of this row"), look="section"))
        self._history = label(look="muted", wrap=True, copy=True)
        column.addWidget(self._history)
        column.addWidget(line())
        column.addWidget(label(_("Discussion"), look="section"))
        self._thread = label(wrap=True, copy=True)
        column.addWidget(self._thread)
        return made

    def _on_said(self) -> None:
        if self._saying.text().strip():
            self.said.emit(self._saying.text())
        else:
            self.left.emit()

    def _on_place_opened(self, at: int) -> None:
        reference_id = self._model.rows[at].reference_id
        if reference_id is not None:
            self.entry_wanted.emit(reference_id)


class _EditionNote(QWidget):
    """Why a new edition touched the row, as long as nobody has done anything with it since."""

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self._told = label(wrap=True, copy=True)
        column.addWidget(badge(_("New edition"), Tone.MISSING))
        column.addWidget(self._told)
        column.addWidget(line())
        self.hide()

    def show_last(self, history: Sequence[Event]) -> None:
        """Show what the last act of a row says, if a new edition was it."""
        touched = bool(history) and history[-1].act is Act.EDITION_CHANGED
        self._told.setText("\n".join(audit_words.edition_lines(history[-1])) if touched else "")
        self.setVisible(touched)


class _Saying(QLineEdit):
    """A line to write; Escape goes back to the worklist and keeps what was written."""

    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Escape leaves."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)


def _place_rows(found: Surroundings, reference_id: int | None) -> tuple[PlaceRow, ...]:
    """The path down to the parent, the parent's neighbours, and below the parent its children.

    Below a heading stands what it heads.
    """
    depth = max(len(found.path) - 1, 0)
    beside = []
    for node in found.siblings:
        here = node.reference_id == reference_id
        beside.append(_place_row(node, depth, here=here))
        if here:
            beside += [_place_row(one, depth + 1, here=False) for one in found.below]
    rows = [_place_row(node, at, here=False) for at, node in enumerate(found.path[:-1])]
    if not found.above or not rows:
        return (*rows, *beside)
    parent = found.path[-2].reference_id
    del rows[-1]
    for node in found.above:
        rows.append(_place_row(node, depth - 1, here=False))
        if node.reference_id == parent:
            rows += beside
    return tuple(rows)


def _place_row(node: TreeNode, depth: int, *, here: bool) -> PlaceRow:
    return PlaceRow(node.code, node.name, depth, node.reference_id, here=here)


def _similar_line(row: MappingRow) -> str:
    relation = relation_word(row.mapping.relation.value) if row.mapping.relation else ""
    codes = _(", ").join(target.code for target in row.mapping.targets)
    return f"{row.name} · {' '.join(filter(None, (codes, relation)))}"


def _user_lines(users: Sequence[MappingRow]) -> str:
    lines = []
    for user in users[:_USERS_SHOWN]:
        relation = relation_word(user.mapping.relation.value) if user.mapping.relation else ""
        lines.append(f"{user.code} {user.name} · {relation}")
    if len(users) > _USERS_SHOWN:
        lines.append(_("and {count} more").format(count=len(users) - _USERS_SHOWN))
    return "\n".join(lines) or _("No local code yet.")
