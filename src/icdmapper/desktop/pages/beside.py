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
        self._taken_row.fill(
            _("Recorded with it"), [self._taken(at, one) for at, one in enumerate(targets)]
        )
        self._offered_row.fill(
            _("Suggested beside it  M"),
            [self._offered(one) for one in suggested[: _OFFERED if self._roomy else 1]],
        )
        self.setVisible(bool(targets or suggested))

    def show_main(self, reference_id: int | None) -> None:
        """Another entry is the main one: it is not suggested beside itself."""
        if reference_id != self._main:
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

    def _taken(self, at: int, target: Target) -> QPushButton:
        chip = _Chip(f"{role_word(target.role.value)}  {target.code} {_short(target.name)}  ×")
        chip.setChecked(True)
        chip.setToolTip(
            _("{name}: Enter changes its role, Delete removes it").format(name=target.name)
        )
        chip.setAccessibleName(f"{role_word(target.role.value)} {target.code} {target.name}")
        chip.turned.connect(lambda: self._change(partial(self._companions.turn, at)))
        chip.removed.connect(lambda: self._change(partial(self._companions.remove, at)))
        chip.left.connect(self.left)
        return chip

    def _offered(self, candidate: Candidate) -> QPushButton:
        role = role_word(role_beside(candidate.code).value)
        part = f"{_short(candidate.part)} → " if candidate.part else ""
        chip = QPushButton(
            theme.icon("plus", "muted"),
            f"{role}  {part}{candidate.code} {_short(candidate.name)}",
        )
        chip.setProperty("look", "flat")
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        chip.setToolTip(companion_words(candidate))
        chip.setAccessibleName(
            _("Add {role} {code} {name}").format(
                role=role, code=candidate.code, name=candidate.name
            )
        )
        act = partial(self._add, candidate.reference_id, candidate.code, candidate.name)
        chip.clicked.connect(lambda _on=False: act())
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

    def fill(self, title: str, buttons: Sequence[QPushButton]) -> None:
        """Show other buttons; without any, nothing."""
        while (item := self._flow.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for widget in (label(title, look="small"), *buttons) if buttons else ():
            self._flow.addWidget(widget)
            widget.show()
        self.setVisible(bool(buttons))
        self.updateGeometry()


class _Chip(QPushButton):
    """A companion: Enter or Space turns its role, Delete or a click on its cross removes it."""

    turned = Signal()
    removed = Signal()
    left = Signal()

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setProperty("look", "chip")
        self.setCheckable(True)
        self.clicked.connect(self._on_clicked)

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
