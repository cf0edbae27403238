"""People: who works in the project, in which role, and how each of them signs in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from icdmapper.desktop import wording
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.pages.assigning import AssigningPanel
from icdmapper.desktop.pages.merging import MergePanel
from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.pages.person_forms import AddForm, MemberForm, Wanted
from icdmapper.desktop.preview import preview
from icdmapper.desktop.tasks import Lane
from icdmapper.desktop.undo import Opposite
from icdmapper.desktop.widgets.empty import EmptyState
from icdmapper.desktop.widgets.keys import Key, KeyHints, bind
from icdmapper.desktop.widgets.labels import label
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.model.events import Act
from icdmapper.model.marks import Tone
from icdmapper.model.people import Member, Right, may
from icdmapper.resolution.replaying import Replayed
from icdmapper.texts import N_, _
from icdmapper.texts.words import person_role_word

if TYPE_CHECKING:
    from icdmapper.resolution.people import NewPin


class PeoplePage(Page):
    """The list on the left, what can be done with one of them on the right."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._model: RowTableModel[Member] = RowTableModel(_columns(), self)
        self._table = RowTable(self._model)
        self._add = AddForm()
        self._one = MemberForm()
        self._loaded = False
        self._assigning = AssigningPanel(desk)
        self._merging = MergePanel(desk)
        self._keys = (
            Key(("A",), N_("add a person"), self._add.begin),
            Key(("Enter",), N_("change the person"), self._one.begin),
            Key(("P",), N_("set a PIN"), self._one.begin_pin),
            Key(("L",), N_("let go, take back"), self._one.toggle),
            Key(("W",), N_("who has what"), lambda: self._begin(self._assigning)),
            Key(("M",), N_("merge a copy"), lambda: self._begin(self._merging)),
            Key(("Up", "Down"), N_("go through the rows"), None, hinted=False, shown="↑ ↓"),
        )
        self._build_ui()
        self._connect()
        self.refresh()

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the list of people, or of the panel that is in front of it."""
        panel = self._panel
        return panel.keys if panel else self._keys

    def activate(self) -> None:
        """The list gets the keyboard; where it is empty, the form for the first one."""
        if panel := self._panel:
            panel.begin()
        elif self._model.rows:
            self._table.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self._loaded:
            self._add.begin()

    def show_replayed(self, replayed: Replayed) -> bool:
        """Rows given stand with who has what, a role with the people."""
        if replayed.of is Act.ASSIGNED:
            # Whose rows they are stands in the worklist.
            self._desk.changes.proposals_changed.emit()
            self._begin(self._assigning)
        elif replayed.of is Act.PERSON_CHANGED:
            self._desk.changes.people_changed.emit()
            self._end_panel()
        else:
            return False
        return True

    def refresh(self) -> None:
        """Read everybody again."""
        people = self._desk.services.people
        self._desk.tasks.start(
            lambda _task: people.members(), owner=self, on_done=self._show, lane=Lane.LOOKUP
        )

    def _build_ui(self) -> None:
        self._table.setAccessibleName(_("People"))
        empty = EmptyState(
            icon="people",
            title=_("Nobody has to sign in yet"),
            sentence=_(
                "One person does everything. Add people and everybody signs in, acts under their "
                "own name, and nobody checks what they decided themselves. The first one is the "
                "coordinator."
            ),
        )
        shown = QWidget()
        self._stack = QStackedLayout(shown)
        self._stack.addWidget(empty)
        self._stack.addWidget(self._table)
        side = QVBoxLayout()
        side.setSpacing(10)
        side.addWidget(self._one)
        side.addWidget(self._add)
        side.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(shown, 1)
        row.addLayout(side)
        self._people = QWidget()
        self._front = QStackedLayout(self)
        self._front.addWidget(self._people)
        self._front.addWidget(self._assigning)
        self._front.addWidget(self._merging)
        column = QVBoxLayout(self._people)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(label(_("People and roles"), look="title"))
        column.addLayout(row, 1)
        column.addWidget(KeyHints(self._keys))

    def _connect(self) -> None:
        bind([key for key in self._keys if "Enter" not in key.keys], self._people)
        for panel in (self._assigning, self._merging):
            panel.left.connect(self._end_panel)
        self._table.row_opened.connect(lambda _row: self._one.begin())
        self._table.row_chosen.connect(lambda at: self._choose(self._model.rows[at]))
        self._add.wanted.connect(self._on_add_wanted)
        self._one.wanted.connect(self._on_change_wanted)
        for form in (self._add, self._one):
            form.left.connect(self.activate)
        self._desk.changes.people_changed.connect(self.refresh)

    @property
    def _panel(self) -> AssigningPanel | MergePanel | None:
        """What stands in front of the list of people."""
        shown = self._front.currentWidget()
        return shown if isinstance(shown, AssigningPanel | MergePanel) else None

    def _begin(self, panel: AssigningPanel | MergePanel) -> None:
        self._front.setCurrentWidget(panel)
        panel.begin()

    def _end_panel(self) -> None:
        self._front.setCurrentWidget(self._people)
        self.activate()

    def _show(self, members: tuple[Member, ...]) -> None:
        at = max(self._table.currentIndex().row(), 0)
        self._table.show_rows(members)
        self._stack.setCurrentIndex(1 if members else 0)
        server = self._desk.services.location.startswith("postgres")
        manages = not members or may(self._desk.person.role, Right.MANAGE_PEOPLE)
        self._add.fit(first=not members, server=server)
        self._add.setVisible(manages)
        self._one.setVisible(bool(members))
        if members:
            self._table.show_row(min(at, len(members) - 1))
            self._choose(members[min(at, len(members) - 1)])
        first, self._loaded = not self._loaded, True
        if first and self.isVisible():
            self.activate()

    def _choose(self, member: Member) -> None:
        by = self._desk.person
        manages = may(by.role, Right.MANAGE_PEOPLE)
        server = self._desk.services.location.startswith("postgres")
        self._one.show_member(member, manages=manages, own=member.name == by.name, server=server)

    def _on_add_wanted(self, wanted: Wanted) -> None:
        people, by = self._desk.services.people, self._desk.person
        self._act(
            lambda: people.add(
                wanted.name, wanted.role, by=by, pin=wanted.pin, account=wanted.account or ""
            ),
            _("{name} was added.").format(name=wanted.name),
            lambda _done: self._add.clear(),
        )

    def _on_change_wanted(self, wanted: Wanted) -> None:
        people, by = self._desk.services.people, self._desk.person
        if wanted.pin:
            self._act(
                lambda: people.set_pin(wanted.name, wanted.pin, by=by),
                _("{name} has a new PIN.").format(name=wanted.name),
                self._on_pin_set,
            )
            return
        self._act(
            lambda: people.change(
                wanted.name,
                by=by,
                role=wanted.role,
                active=wanted.active,
                account=wanted.account,
            ),
            _("{name} was changed.").format(name=wanted.name),
            lambda _done: self.activate(),
        )

    def _on_pin_set(self, new: NewPin) -> None:
        self.activate()
        people, by, changes = self._desk.services.people, self._desk.person, self._desk.changes
        latest = [new]

        def again() -> None:
            latest[0] = people.set_pin_again(latest[0], by=by)

        self._desk.undo.offer(
            Opposite(
                _("the new PIN of {name}").format(name=new.name),
                lambda: people.take_pin_back(latest[0], by=by),
                again,
                "people",
                changes.people_changed.emit,
            )
        )

    def _act(self, work: Callable[[], object], said: str, then: Callable[[Any], None]) -> None:
        """Do it away from the screen, say so, and go on with what came of it."""
        self._desk.notices.clear()

        def done(result: object) -> None:
            self._desk.undo.begin_anew()
            self._desk.notices.done(said)
            then(result)
            self._desk.changes.people_changed.emit()

        self._desk.tasks.start(lambda _task: work(), owner=self, on_done=done)


def _columns() -> tuple[Column[Member], ...]:
    name: Column[Member] = Column(N_("Person"), lambda one: one.name)
    role: Column[Member] = Column(
        N_("Role"), lambda one: person_role_word(one.role.value), width=150
    )
    way: Column[Member] = Column(
        N_("Signs in with"), lambda one: _way(one)[0], width=200, tone=lambda one: _way(one)[1]
    )
    state: Column[Member] = Column(
        N_("State"), lambda one: _state(one)[0], width=200, tone=lambda one: _state(one)[1]
    )
    return name, role, way, state


def _way(member: Member) -> tuple[str, Tone]:
    if member.account:
        return _("account {account}").format(account=member.account), Tone.PLAIN
    return (_("PIN"), Tone.PLAIN) if member.has_pin else (_("cannot sign in"), Tone.MISSING)


def _state(member: Member) -> tuple[str, Tone]:
    if not member.active:
        return _("has left"), Tone.PLAIN
    until = member.locked_until
    if until is not None and until > datetime.now(until.tzinfo):
        return _("locked until {time}").format(time=wording.moment(until)), Tone.WRONG
    return _("active"), Tone.PLAIN


if __name__ == "__main__":
    raise SystemExit(preview(PeoplePage))
