"""The targets beside the main one: shown as chips, added by search, their role turned, removed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from icdmapper.desktop import theme
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.tasks import Lane, Latest
from icdmapper.desktop.widgets.flow import FlowLayout
from icdmapper.desktop.widgets.labels import label
from icdmapper.desktop.widgets.palette import Command, Palette
from icdmapper.desktop.wording import companion_words
from icdmapper.model.codes import ReferenceCode, Side
from icdmapper.model.mapping import Target
from icdmapper.model.marks import Tone
from icdmapper.model.proposals import Candidate
from icdmapper.resolution.companions import Companions, role_beside
from icdmapper.texts import _
from icdmapper.texts.words import role_word

_FOUND = 12
_OFFERED = 2
_NAME = 16
"""So many characters of a suggested name are shown; its tip has them all."""


class BesideBar(QFrame):
    """Shows and changes the companions of the row in focus; hidden while there are none."""

    left = Signal()
    """The keyboard goes back to the worklist."""
    changed = Signal()
    """Something else would be recorded beside the main entry now."""

    def __init__(self, desk: Desk, companions: Companions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        self._desk = desk
        self._companions = companions
        self._palette: Palette | None = None
        self._main: int | None = None
        self._roomy = True
        self._shown: tuple[tuple[Target, ...], tuple[Candidate, ...]] = ((), ())
        # New buttons take time to dress, and the next row is to be there at once: these stay.
        self._chips: list[_Chip] = []
        self._offers = [_Offer() for _place in range(_OFFERED)]
        for offer in self._offers:
            offer.wanted.connect(lambda one: self._add(one.reference_id, one.code, one.name))
        self._search = Latest(desk.tasks, self, Lane.COMPUTE)
        self._taken_row, self._offered_row = _Line(), _Line()
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(4)
        column.addWidget(self._taken_row)
        column.addWidget(self._offered_row)
        self.hide()

    def show_companions(self) -> None:
        """Show what is taken, then what is offered."""
        targets, suggested = self._companions.targets, self._suggested
        shown = targets, tuple(suggested[: _OFFERED if self._roomy else 1])
        if shown != self._shown:
            self._shown = shown
            self._chips += [self._chip(at) for at in range(len(self._chips), len(targets))]
            taken = list(zip(self._chips, targets, strict=False))
            offered = list(zip(self._offers, shown[1], strict=False))
            for chip, target in taken:
                chip.show_target(target)
            for offer, candidate in offered:
                offer.show_candidate(candidate)
            self._taken_row.fill(_("Recorded with it"), [chip for chip, _one in taken])
            self._offered_row.fill(_("Suggested beside it  M"), [offer for offer, _one in offered])
        self.setVisible(bool(targets or suggested))

    def show_main(self, reference_id: int | None) -> None:
        """The entry that is the main one: it is not suggested beside itself."""
        self._main = reference_id
        self.show_companions()

    def set_roomy(self, *, roomy: bool) -> None:
        """In a low window one suggestion is enough; M lists all of them."""
        if roomy != self._roomy:
            self._roomy = roomy
            self.show_companions()

    def begin_adding(self, likely: str = "") -> None:
        """Open the search for one more entry, what is suggested first.

        Where nothing is suggested or taken, it begins with what is `likely` looked for.
        """
        if self._palette is None:
            self._palette = Palette(self.window(), _("Entry to record beside the main one"))
            self._palette.searched.connect(self._on_searched)
            self._palette.left.connect(self._on_left)
        known = self._suggested or self._companions.targets
        self._palette.open_up("" if known else likely)
        self._palette.show_commands(self._suggestions())

    def focus_chips(self) -> None:
        """Bring the keyboard to the first chip; with none there is nothing to change."""
        chips = [one for one in self.findChildren(_Chip) if one.isVisible()]
        if chips:
            chips[0].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _chip(self, at: int) -> _Chip:
        chip = _Chip()
        chip.turned.connect(lambda: self._change(partial(self._companions.turn, at)))
        chip.removed.connect(lambda: self._change(partial(self._companions.remove, at)))
        chip.left.connect(self.left)
        return chip

    def _add(self, reference_id: int, code: str, name: str) -> None:
        self._companions.add(reference_id, code, name)
        self.show_companions()
        self.changed.emit()

    def _change(self, act: Callable[[], None]) -> None:
        act()
        self.show_companions()
        self.changed.emit()
        if self._companions.targets:
            self.focus_chips()
        else:
            self.left.emit()

    @property
    def _suggested(self) -> list[Candidate]:
        return [one for one in self._companions.suggested if one.reference_id != self._main]

    def _suggestions(self) -> list[Command]:
        return [
            self._command(one.reference_id, one.code, one.name, one.part) for one in self._suggested
        ]

    def _command(self, reference_id: int, code: str, name: str, part: str = "") -> Command:
        role = role_word(role_beside(code).value)
        act = partial(self._add, reference_id, code, name)
        word = f"{name}  ← {part}" if part else name
        return Command(role, word, act, code, tone=Tone.ACCENT)

    def _on_searched(self, text: str) -> None:
        if not text.strip():
            self._search.drop()
            self._show(self._suggestions())
            return
        catalog = self._desk.services.catalog
        self._search.ask(
            lambda _task: catalog.search(text, side=Side.REFERENCE, limit=_FOUND), self._on_found
        )

    def _on_found(self, found: Iterable[ReferenceCode]) -> None:
        self._show([self._command(one.id, one.code, one.name) for one in found if not one.heading])

    def _show(self, commands: list[Command]) -> None:
        if self._palette is not None:
            self._palette.show_commands(commands)

    def _on_left(self) -> None:
        self._search.drop()
        self.left.emit()


class _Line(QWidget):
    """A title with buttons after it, over several lines when they need them."""

    def __init__(self) -> None:
        super().__init__()
        self._flow = FlowLayout(spacing=6, parent=self)
        self._title = label(look="small")
        self._flow.addWidget(self._title)
        self._buttons: list[QPushButton] = []

    def fill(self, title: str, buttons: Sequence[QPushButton]) -> None:
        """Show these buttons, hide those of before; without any, nothing."""
        for old in self._buttons:
            if old not in buttons:
                old.hide()
                self._flow.removeWidget(old)
        for new in buttons:
            if new not in self._buttons:
                self._flow.addWidget(new)
                new.show()
        self._buttons = list(buttons)
        self._title.setText(title)
        self.setVisible(bool(buttons))
        self.updateGeometry()


class _Offer(QPushButton):
    """A companion that is suggested: a click adds it."""

    wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__(theme.icon("plus", "muted"), "")
        self._candidate: Candidate | None = None
        self.setProperty("look", "flat")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(lambda _on=False: self.wanted.emit(self._candidate))

    def show_candidate(self, candidate: Candidate) -> None:
        """Offer this one."""
        self._candidate = candidate
        role = role_word(role_beside(candidate.code).value)
        part = f"{_short(candidate.part)} → " if candidate.part else ""
        self.setText(f"{role}  {part}{candidate.code} {_short(candidate.name)}")
        self.setToolTip(companion_words(candidate))
        self.setAccessibleName(
            _("Add {role} {code} {name}").format(
                role=role, code=candidate.code, name=candidate.name
            )
        )


class _Chip(QPushButton):
    """A companion: Enter or Space turns its role, Delete or a click on its cross removes it."""

    turned = Signal()
    removed = Signal()
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "chip")
        self.setCheckable(True)
        self.clicked.connect(self._on_clicked)

    def show_target(self, target: Target) -> None:
        """Stand for this companion."""
        role = role_word(target.role.value)
        self.setChecked(True)
        self.setText(f"{role}  {target.code} {_short(target.name)}  ×")
        self.setToolTip(
            _("{name}: Enter changes its role, Delete removes it").format(name=target.name)
        )
        self.setAccessibleName(f"{role} {target.code} {target.name}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: the keys of a chip."""
        match event.key():
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace:
                self.removed.emit()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_Space:
                self.turned.emit()
            case Qt.Key.Key_Escape:
                self.left.emit()
            case _:
                super().keyPressEvent(event)

    def _on_clicked(self) -> None:
        cross = self.width() - self.fontMetrics().horizontalAdvance("×") - 20
        at = self.mapFromGlobal(self.cursor().pos()).x()
        (self.removed if at >= cross else self.turned).emit()


def _short(name: str) -> str:
    return name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"
