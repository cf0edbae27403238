"""Packets: disputes handed out to departments as workbook and pages, and taken back row by row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFileDialog, QSplitter, QVBoxLayout, QWidget

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.packet_parts import MadePanel, MakePanel, ReturnPanel
from icdmapper.desktop.tasks import Lane, Task
from icdmapper.desktop.widgets.keys import Key, KeyHints, bind
from icdmapper.model.errors import RefusedError
from icdmapper.model.packets import Packet
from icdmapper.resolution.packet_session import PacketSession
from icdmapper.resolution.packets import (
    DepartmentDisputes,
    MadePacket,
    PacketProgress,
    ReturnedPacket,
    Taken,
)
from icdmapper.texts import N_, _


class PacketsPanel(QWidget):
    """Hand out on the left, take back on the right; Escape goes back to the disputes."""

    left = Signal()
    settled = Signal(object)
    """The mappings that a packet has settled."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._session = PacketSession(datetime.now().astimezone().date())
        self._make = MakePanel()
        self._made = MadePanel(self._session.standing)
        self._return = ReturnPanel()
        self._keys = (
            Key(("Space",), N_("check a row"), None),
            Key(("Shift+A",), N_("all departments"), self._toggle_all),
            Key(("Ctrl+Return",), N_("make packets"), self._on_make, shown="Ctrl+Enter"),
            Key(("Ctrl+O",), N_("choose the filled workbook"), self._on_choose),
            Key(("Ctrl+S",), N_("take the checked rows"), self._on_take),
            Key(("Escape",), N_("back to the disputes"), None, shown="Esc"),
        )
        self._build_ui()
        self._connect()

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the packets."""
        return self._keys

    @property
    def session(self) -> PacketSession:
        """What is shown and may be done next."""
        return self._session

    def begin(self) -> None:
        """Read what can be handed out; the departments get the keyboard."""
        self.refresh()
        self._make.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def refresh(self) -> None:
        """Read disputes and packets again."""
        packets = self._desk.services.packets
        self._desk.tasks.start(
            lambda _task: (packets.departments(), packets.progress()),
            owner=self,
            on_done=self._show,
            lane=Lane.LOOKUP,
        )

    def open_file(self, file: Path) -> None:
        """Look at a filled packet; nothing is stored."""
        packets = self._desk.services.packets
        self._desk.tasks.start(
            lambda _task: packets.preview(file),
            owner=self,
            on_done=self._show_returned,
            lane=Lane.COMPUTE,
        )

    def make_in(self, folder: Path) -> None:
        """Make a packet for every department that is checked."""
        try:
            orders = self._session.orders(
                count=self._make.count, one_per_page=self._make.one_per_page
            )
        except RefusedError as error:
            self._desk.notices.error(error)
            return
        packets, by = self._desk.services.packets, self._desk.person

        def make(task: Task) -> list[MadePacket]:
            made = []
            for number, order in enumerate(orders):
                task.report(number, len(orders))
                made.append(packets.make(folder, order, by=by))
            return made

        self._desk.tasks.start(
            make,
            owner=self,
            on_done=lambda made: self._on_written(made, folder),
            on_error=self._on_refused,
            title=_("Making packets…"),
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Escape goes back."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)

    def _build_ui(self) -> None:
        hand_out = QSplitter(Qt.Orientation.Vertical)
        hand_out.addWidget(self._make)
        hand_out.addWidget(self._made)
        hand_out.setStretchFactor(0, 5)
        hand_out.setStretchFactor(1, 3)
        whole = QSplitter(Qt.Orientation.Horizontal)
        whole.addWidget(hand_out)
        whole.addWidget(self._return)
        whole.setSizes([470, 760])
        whole.setStretchFactor(1, 1)
        for splitter in (hand_out, whole):
            splitter.setChildrenCollapsible(False)
        hand_out.setMinimumWidth(330)
        self._return.setMinimumWidth(380)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(whole, 1)
        column.addWidget(KeyHints(self._keys))

    def _connect(self) -> None:
        bind(self._keys, self)
        bind([Key(("Space",), "", self._make.toggle)], self._make.table)
        bind([Key(("Space",), "", self._return.toggle)], self._return.table)
        self._make.toggled.connect(self._on_department)
        self._make.dated.connect(lambda day: setattr(self._session, "deadline", day))
        self._make.wanted.connect(self._on_make)
        self._made.again_wanted.connect(self._on_again)
        self._return.file_wanted.connect(self._on_choose)
        self._return.toggled.connect(self._on_row)
        self._return.take_wanted.connect(self._on_take)

    # ---- showing ----

    def _show(
        self, found: tuple[tuple[DepartmentDisputes, ...], tuple[PacketProgress, ...]]
    ) -> None:
        self._session.set_open(*found)
        self._show_departments()
        self._made.show_packets(self._session.progress)

    def _show_departments(self) -> None:
        self._make.show_departments(self._session.departments, self._session.deadline)

    def _show_returned(self, returned: ReturnedPacket | None) -> None:
        self._session.set_returned(returned)
        self._show_rows()
        if returned is not None:
            self._return.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_rows(self) -> None:
        self._return.show_rows(self._session.returned, self._session.rows)

    # ---- what the person wants ----

    def _on_department(self, at: int) -> None:
        self._session.toggle_department(at)
        self._show_departments()

    def _toggle_all(self) -> None:
        self._session.toggle_all()
        self._show_departments()

    def _on_row(self, at: int) -> None:
        try:
            self._session.toggle_row(at)
        except RefusedError as error:
            self._desk.notices.hint(str(error))
            return
        self._show_rows()

    def _on_make(self) -> None:
        if not any(one.picked for one in self._session.departments):
            self._desk.notices.hint(_("Check the departments that get a packet."))
            return
        self._with_folder(self.make_in)

    def _on_again(self, packet: Packet) -> None:
        packets, single = self._desk.services.packets, self._make.one_per_page

        def write(folder: Path) -> None:
            self._desk.tasks.start(
                lambda _task: [packets.write_again(packet.id, folder, one_per_page=single)],
                owner=self,
                on_done=lambda made: self._on_written(made, folder),
                title=_("Making packets…"),
            )

        self._with_folder(write)

    def _with_folder(self, act: Callable[[Path], None]) -> None:
        before = self._desk.memory.text("packet_folder", str(Path.home()))
        folder = QFileDialog.getExistingDirectory(self, _("Folder for the packets"), before)
        if folder:
            self._desk.memory.keep("packet_folder", folder)
            act(Path(folder))

    def _on_choose(self) -> None:
        before = self._desk.memory.text("packet_folder", str(Path.home()))
        chosen, _kind = QFileDialog.getOpenFileName(
            self, _("Choose the filled workbook"), before, "Excel (*.xlsx)"
        )
        if chosen:
            self.open_file(Path(chosen))

    def _on_take(self) -> None:
        try:
            chosen = self._session.chosen()
        except RefusedError as error:
            self._desk.notices.hint(str(error))
            return
        packets, by = self._desk.services.packets, self._desk.person
        self._desk.tasks.start(
            lambda _task: packets.take(chosen, by=by),
            owner=self,
            on_done=self._on_taken,
            on_error=self._on_refused,
            title=_("Taking the rows…"),
        ).kept = True

    # ---- what came back ----

    def _on_written(self, made: list[MadePacket], folder: Path) -> None:
        fault = next((one.fault for one in made if one.fault), "")
        rows = sum(len(one.packet.rows) for one in made)
        said = _("{packets} packets with {rows} questions are in {folder}.").format(
            packets=len(made), rows=rows, folder=folder
        )
        self._desk.notices.done(said, fault)
        self.refresh()

    def _on_taken(self, taken: Taken) -> None:
        self._show_returned(None)
        self._desk.notices.done(
            _("{settled} codes settled, {remarks} remarks kept.").format(
                settled=len(taken.settled), remarks=taken.remarks
            )
        )
        self.settled.emit(taken.settled)
        self.refresh()

    def _on_refused(self, error: Exception) -> None:
        self._desk.notices.error(error)
        self.refresh()
