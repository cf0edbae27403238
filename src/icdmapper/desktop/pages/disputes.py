"""Disputes: what is contested, one card each, settled by a clinician with a reason."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedLayout, QVBoxLayout, QWidget

from icdmapper.desktop import check_words, wording
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.pages.dispute_card import ThreadPanel
from icdmapper.desktop.pages.dispute_panel import CardPanel
from icdmapper.desktop.pages.focus import RELATION_KEYS
from icdmapper.desktop.pages.judgements import Judgements
from icdmapper.desktop.pages.packets import PacketsPanel
from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.preview import preview
from icdmapper.desktop.tasks import Lane
from icdmapper.desktop.widgets.empty import EmptyState
from icdmapper.desktop.widgets.keys import Key, KeyHints, bind
from icdmapper.desktop.widgets.labels import label
from icdmapper.desktop.widgets.search_field import SearchField
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.model.checks import Opinion
from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act
from icdmapper.model.mapping import Mapping
from icdmapper.model.people import Member, Role
from icdmapper.resolution.dispute_session import REASONS, DisputeSession
from icdmapper.resolution.disputes import Dispute
from icdmapper.resolution.replaying import Replayed
from icdmapper.texts import N_, _


class DisputesPage(Page):
    """List, card, thread."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._session = DisputeSession()
        self._wanted: int | None = None
        self._announcing = False
        self._judgements = Judgements(desk, self)
        self._build_parts()
        self._keys = self._make_keys()
        self._build_ui()
        self._connect()

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the disputes, or of the packets while they are in front."""
        return self._packets.keys if self._front.currentIndex() else self._keys

    @property
    def session(self) -> DisputeSession:
        """What is shown and may be done next."""
        return self._session

    def activate(self) -> None:
        """The list gets the keyboard."""
        self.refresh()
        if self._front.currentWidget() is self._packets:
            self._packets.begin()
        else:
            self._focus_list()

    def show_replayed(self, replayed: Replayed) -> bool:
        """A settlement taken back is a card again, a remark is gone from its card, a packet too."""
        if replayed.of is Act.SETTLED:
            self._on_judged_elsewhere(replayed.mappings)
        elif replayed.of is Act.PACKET_MADE:
            self._packets.refresh()
        elif self._session.was_spoken_of(replayed):
            self.refresh()
        else:
            return False
        return True

    def refresh(self) -> None:
        """Read the disputes again; the one in focus stays."""
        disputes, people = self._desk.services.disputes, self._desk.services.people
        self._desk.tasks.start(
            lambda _task: (disputes.open_disputes(), people.members()),
            owner=self,
            on_done=self._show_disputes,
            lane=Lane.LOOKUP,
        )

    def _build_parts(self) -> None:
        self._model: RowTableModel[Dispute] = RowTableModel(_columns(), self)
        self._table = RowTable(self._model)
        self._table.setAccessibleName(_("Disputes"))
        self._filter = SearchField(_("Filter by code, name or department"))
        self._count = label(look="small")
        self._card = CardPanel(self._desk, self._session)
        self._bar = self._card.bar
        self._thread = ThreadPanel()
        self._packets = PacketsPanel(self._desk)
        self._empty = _nothing_disputed()

    def _build_ui(self) -> None:
        left = _column(self._filter, self._table, self._count, stretch=1)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        for part, least, stretch in ((left, 210, 4), (self._card, 400, 7), (self._thread, 180, 3)):
            part.setMinimumWidth(least)
            splitter.addWidget(part)
            splitter.setStretchFactor(splitter.count() - 1, stretch)
        splitter.setSizes([330, 620, 280])
        shown = QWidget()
        self._stack = QStackedLayout(shown)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(splitter)
        # The keys of the cards are theirs alone: the packets have their own.
        self._cards = QWidget()
        self._cards.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        column = QVBoxLayout(self._cards)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(shown, 1)
        column.addWidget(KeyHints(self._keys))
        self._front = QStackedLayout(self)
        self._front.addWidget(self._cards)
        self._front.addWidget(self._packets)

    def _make_keys(self) -> tuple[Key, ...]:
        words, say = check_words.RELATION_MESSAGES, self._card.choose_relation
        relations = [
            Key((key,), words[one], partial(say, one), hinted=False)
            for one, key in RELATION_KEYS.items()
        ]
        return (
            Key(("Enter",), N_("settle"), self._settle),
            Key(("1",), N_("choose an option"), None, shown="1–9"),
            Key(("T",), N_("write a reason"), self._bar.focus_reason),
            Key(("Alt+1",), N_("usual reason"), None, shown=f"Alt+1–{len(REASONS)}"),
            *relations,
            Key(("M",), N_("only a remark"), self._remark),
            Key(("X",), N_("cannot say"), self._cannot_say),
            Key(("/",), N_("search the reference"), self._card.begin_search),
            Key(("P",), N_("packets for departments"), self._begin_packets),
            Key(("U",), N_("undo"), self._desk.undo.undo),
            Key(("Ctrl+Return",), N_("settle from the reason"), self._settle, hinted=False),
            Key(("Ctrl+F",), N_("filter by text"), self._filter.setFocus, hinted=False),
            Key(("Up", "Down"), N_("go through the rows"), None, hinted=False, shown="↑ ↓"),
        )

    def _connect(self) -> None:
        bind([key for key in self._keys if "Enter" not in key.keys], self._cards)
        bind([Key((str(n + 1),), "", partial(self._card.pick, n)) for n in range(9)], self._cards)
        reasons = range(len(REASONS))
        bind([Key((f"Alt+{n + 1}",), "", partial(self._bar.fill, n)) for n in reasons], self._cards)
        self._table.row_chosen.connect(self._on_row_chosen)
        self._table.row_opened.connect(lambda _row: self._settle())
        self._filter.searched.connect(self._on_filtered)
        self._filter.left.connect(self._focus_list)
        self._filter.returnPressed.connect(self._focus_list)
        self._filter.stepped.connect(lambda _step: self._focus_list())
        self._card.left.connect(self._focus_list)
        self._empty.wanted.connect(self._begin_packets)
        self._packets.left.connect(self._end_packets)
        self._packets.settled.connect(self._announce)
        self._bar.settled.connect(self._settle)
        self._bar.remarked.connect(self._remark)
        self._bar.unsure.connect(self._cannot_say)
        self._judgements.settled.connect(self._on_settled)
        self._judgements.remarked.connect(lambda _id: self._on_remarked())
        self._judgements.changed.connect(self._on_judged_elsewhere)
        self._desk.changes.mappings_changed.connect(lambda _ids: self._on_changed_elsewhere())

    # ---- showing ----

    def _show_disputes(self, found: tuple[tuple[Dispute, ...], tuple[Member, ...]]) -> None:
        disputes, members = found
        self._session.set_disputes(disputes)
        if self._wanted is not None and self._session.go_to(self._wanted) is not None:
            self._wanted = None
        if self._desk.person.role is Role.COORDINATOR:
            self._bar.offer_clinicians(
                [one.name for one in members if one.active and one.role is Role.CLINICIAN]
            )
        self.count_changed.emit(self._session.total)
        self._show_list()
        if self._cards.hasFocus():
            self._focus_list()

    def _show_list(self) -> None:
        visible = self._session.visible
        self._table.show_rows(visible)
        self._stack.setCurrentIndex(1 if self._session.total else 0)
        self._count.setText(
            _("{visible} of {total} rows").format(
                visible=wording.number(len(visible)), total=wording.number(self._session.total)
            )
        )
        if visible:
            self._table.show_row(self._session.cursor)
        self._show_card()

    def _show_card(self) -> None:
        dispute = self._session.current
        self._thread.show_thread(dispute.thread if dispute else ())
        self._card.show_dispute()

    # ---- acting ----

    def _begin_packets(self) -> None:
        self._front.setCurrentWidget(self._packets)
        self._packets.begin()

    def _end_packets(self) -> None:
        self._front.setCurrentWidget(self._cards)
        self.activate()

    def _settle(self) -> None:
        if self._judgements.is_saving or self._session.current is None:
            return
        if not self._bar.reason.strip():
            self._desk.notices.hint(_("Say why first: the reason stays with the settlement."))
            self._bar.focus_reason()
            return
        try:
            choice = self._card.pending_choice()
        except RefusedError as error:
            self._desk.notices.error(error)
            return
        self._judgements.settle(choice, on_behalf_of=self._bar.on_behalf_of)

    def _remark(self) -> None:
        dispute = self._session.current
        if dispute is None:
            return
        if not self._bar.reason.strip():
            self._bar.focus_reason()
            return
        self._judgements.say(dispute.local.id, self._bar.reason)

    def _cannot_say(self) -> None:
        dispute = self._session.current
        if dispute is not None:
            text = " ".join(filter(None, (_("Cannot say."), self._bar.reason.strip())))
            self._judgements.say(dispute.local.id, text)

    # ---- what came back ----

    def _on_settled(self, after: Mapping) -> None:
        answer = check_words.answer(Opinion.of(after))
        self._desk.notices.done(_("Settled: {answer}").format(answer=answer))
        self._announce((after,))
        self.refresh()
        self._focus_list()

    def _on_remarked(self) -> None:
        self._bar.begin()
        self.refresh()
        self._focus_list()

    def _on_judged_elsewhere(self, mappings: tuple[Mapping, ...]) -> None:
        self._wanted = mappings[0].local_id
        self._announce(mappings)
        self.refresh()

    def _announce(self, mappings: tuple[Mapping, ...]) -> None:
        self._announcing = True
        self._desk.changes.mappings_changed.emit(tuple(one.local_id for one in mappings))
        self._announcing = False

    def _on_changed_elsewhere(self) -> None:
        if not self._announcing and self.isVisible():
            self.refresh()

    # ---- what the person wants ----

    def _on_row_chosen(self, at: int) -> None:
        self._session.move_to(at)
        self._show_card()

    def _on_filtered(self, text: str) -> None:
        self._session.set_filter(text)
        self._show_list()

    def _focus_list(self) -> None:
        shown = self._table if self._session.total else self._cards
        shown.setFocus(Qt.FocusReason.OtherFocusReason)


def _column(*parts: QWidget, stretch: int) -> QWidget:
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(8)
    for at, part in enumerate(parts):
        column.addWidget(part, 1 if at == stretch else 0)
    return made


def _nothing_disputed() -> EmptyState:
    return EmptyState(
        icon="dispute",
        title=_("Nothing is disputed"),
        sentence=_("Two different answers in the second check, or D on a row, come here."),
        button=_("Packets for departments  P"),
    )


def _columns() -> tuple[Column[Dispute], ...]:
    code: Column[Dispute] = Column(
        N_("Local code"), lambda one: one.local.code, width=100, code=True, muted=True
    )
    name: Column[Dispute] = Column(N_("Name"), lambda one: one.local.name)
    frequency: Column[Dispute] = Column(
        N_("A year"),
        lambda one: wording.volume(one.local.frequency),
        width=62,
        right=True,
        optional=True,
    )
    return code, name, frequency


if __name__ == "__main__":
    raise SystemExit(preview(DisputesPage))
