"""What would be stored, to be signed off; what is stored already; and the next step."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop import wording
from icdmapper.desktop.widgets.labels import label, line
from icdmapper.desktop.widgets.scrolled import scrolled
from icdmapper.importing.reading import Preview
from icdmapper.importing.succession import EditionPlan
from icdmapper.model.codes import CodeKind, CodeSet, CodeSystem, Side
from icdmapper.model.editions import Outcome
from icdmapper.texts import N_, _
from icdmapper.texts.singular import counted
from icdmapper.texts.words import kind_word, outcome_word


class SignOffPanel(QFrame):
    """Counts per kind, name and edition, and the button that stores."""

    signed_off = Signal(str, str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(7)
        self._counts = QFormLayout()
        self._counts.setContentsMargins(0, 0, 0, 0)
        self._counts.setVerticalSpacing(4)
        self._kinds = {}
        for kind in CodeKind:
            name = label(f"{kind.system.value} {kind_word(kind.value)}", look="muted")
            value = label()
            value.setAlignment(Qt.AlignmentFlag.AlignRight)
            self._counts.addRow(name, value)
            self._kinds[kind] = (name, value)
        self._skipped = label()
        self._skipped.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._counts.addRow(label(_("left out"), look="muted"), self._skipped)
        column.addLayout(self._counts)
        self.name = QLineEdit()
        self.name.setAccessibleName(_("Name"))
        self.edition = QLineEdit()
        self.edition.setAccessibleName(_("Edition"))
        self.edition.setPlaceholderText(_("such as v6.01 or 2026"))
        for word, field in ((_("Name"), self.name), (_("Edition"), self.edition)):
            column.addWidget(label(word, look="small"))
            column.addWidget(field)
        self._effects = label(wrap=True)
        self.signature = QLineEdit()
        self.signature.setAccessibleName(_("Your name, as signature"))
        self.signature.setPlaceholderText(_("your own name"))
        self._signed = label(_("Signed: I have looked at what changes"), look="small", wrap=True)
        self._final = label(
            _(
                "The earlier edition stays stored. This one can be taken back here as long as "
                "nobody has worked on what it changes."
            ),
            look="small",
            wrap=True,
        )
        for part in (line(), self._effects, self._final, self._signed, self.signature):
            column.addWidget(part)
        column.addStretch(1)
        self.store = QPushButton(_("Checked, store it  Ctrl+Enter"))
        self.store.setProperty("look", "primary")
        self._build_around(column)
        self._connect()

    def show_preview(self, preview: Preview | None, *, fresh: bool) -> None:
        """Show the counts; a fresh source brings its own name and edition."""
        self.store.setEnabled(preview is not None and bool(preview.checked.codes))
        for kind, (name, value) in self._kinds.items():
            count = preview.checked.counts.get(kind, 0) if preview else 0
            value.setText(wording.number(count))
            self._counts.setRowVisible(name, preview is None or bool(count))
        self._skipped.setText(wording.number(preview.checked.skipped if preview else 0))
        if fresh:
            self.name.setText(preview.suggested_name if preview else "")
            # A long name is told by its beginning.
            self.name.setCursorPosition(0)
            self.edition.setText(preview.suggested_edition if preview else "")

    def show_plan(self, plan: EditionPlan | None) -> None:
        """Say what storing would do to decisions; a signature is asked for where it does."""
        signed = plan is not None and plan.needs_signature
        self.signature.clear()
        self.signature.setVisible(signed)
        self._signed.setVisible(signed)
        self._effects.setText("\n".join(_effect_lines(plan)) if plan and plan.replaces else "")
        self._effects.setVisible(bool(self._effects.text()))
        self._final.setVisible(bool(self._effects.text()))
        self.store.setText(
            _("Signed, store it  Ctrl+Enter") if signed else _("Checked, store it  Ctrl+Enter")
        )

    def take_keyboard(self) -> None:
        """Bring the keyboard to what is missing, else to the button."""
        wanted = self.store if self.edition.text().strip() else self.edition
        wanted.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def told(self) -> str:
        """What storing would do, in one line."""
        return _(", ").join(self._effects.text().splitlines()[1:])

    def sign_off(self) -> None:
        """Store what is shown, if anything is; a missing signature is asked for."""
        if not self.store.isEnabled():
            return
        if self.signature.isVisible() and not self.signature.text().strip():
            self.signature.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self.signed_off.emit(
            self.name.text().strip(), self.edition.text().strip(), self.signature.text().strip()
        )

    def _build_around(self, column: QVBoxLayout) -> None:
        """In a low window what is to be signed is scrolled; the button stays in sight."""
        inside = QWidget()
        inside.setProperty("clear", True)
        inside.setLayout(column)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(14, 12, 14, 14)
        outside.setSpacing(10)
        outside.addWidget(label(_("To be stored"), look="section"))
        outside.addWidget(scrolled(inside), 1)
        outside.addWidget(self.store)

    def _connect(self) -> None:
        self.store.clicked.connect(lambda _on=False: self.sign_off())
        self.name.returnPressed.connect(self.edition.setFocus)
        self.edition.returnPressed.connect(self._on_edition_entered)
        self.signature.returnPressed.connect(self.sign_off)

    def _on_edition_entered(self) -> None:
        (self.signature if self.signature.isVisible() else self.store).setFocus()


def _effect_lines(plan: EditionPlan) -> list[str]:
    """Which edition is replaced, and how many local codes meet with what."""
    replaced = [part.replaced for part in plan.parts if part.replaced]
    names = _(", ").join(" ".join(filter(None, (one.name, one.edition))) for one in replaced)
    lines = [_("Replaces {names}, which is kept").format(names=names)]
    found = plan.by_outcome()
    lines += [
        _("{what}: {count}").format(
            what=outcome_word(outcome.value), count=wording.number(len(found[outcome]))
        )
        for outcome in Outcome
        if outcome in found
    ]
    return lines


class StoredPanel(QFrame):
    """The code sets of the project, newest first, and proposing for all local codes."""

    propose_wanted = Signal()
    recall_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        self.has_both_sides = False
        self.missing: tuple[CodeSystem, ...] = tuple(CodeSystem)
        """The reference sets that are not stored."""
        self.wants_list = False
        """Whether nothing but the hospital's own list is to come."""
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 14)
        column.setSpacing(8)
        column.addWidget(label(_("Stored"), look="section"))
        self._sets = label(look="muted", wrap=True, copy=True)
        self._sets.setAlignment(Qt.AlignmentFlag.AlignTop)
        inside = QWidget()
        inside.setProperty("clear", True)
        lines = QVBoxLayout(inside)
        lines.setContentsMargins(0, 0, 4, 0)
        lines.addWidget(self._sets)
        lines.addStretch(1)
        column.addWidget(scrolled(inside), 1)
        self.recall = QPushButton(_("Take an edition back…"))
        self.recall.setProperty("look", "flat")
        self.recall.setToolTip("Ctrl+T")
        self.recall.clicked.connect(lambda _on=False: self.recall_wanted.emit())
        column.addWidget(self.recall)
        column.addWidget(line())
        self._next = label(look="muted", wrap=True)
        column.addWidget(self._next)
        self.propose = QPushButton(_("Make proposals for all local codes"))
        self.propose.clicked.connect(lambda _on=False: self.propose_wanted.emit())
        column.addWidget(self.propose)

    def show_history(self, stored: Sequence[CodeSet], in_use: Sequence[CodeSet]) -> None:
        """Show what was stored, and whether proposals can be made."""
        used = {one.id for one in in_use}
        self._sets.setText(
            "\n\n".join(_history_line(one, used=one.id in used) for one in stored)
            or _("Nothing yet. Begin with the reference set.")
        )
        sides = {one.side for one in in_use}
        self.has_both_sides = sides == set(Side)
        there = {one.system for one in in_use if one.side is Side.REFERENCE}
        self.missing = tuple(one for one in CodeSystem if one not in there)
        self.wants_list = not self.missing and Side.LOCAL not in sides
        self.propose.setEnabled(self.has_both_sides)
        if sides == set(Side):
            self._next.setText(_("Proposals are made after each import of a local list."))
        elif Side.REFERENCE in sides and self.missing:
            self._next.setText(
                _(
                    "Next: {systems}, as far as the hospital's list has such codes; then the list."
                ).format(systems=_(", ").join(one.value for one in self.missing))
            )
        elif Side.REFERENCE in sides:
            self._next.setText(_("Next: import the hospital's own list."))
        else:
            self._next.setText(_("Next: import the reference set."))


def _history_line(one: CodeSet, *, used: bool) -> str:
    side = _("Local") if one.side is Side.LOCAL else one.system.value if one.system else ""
    head = " ".join(filter(None, (side, one.name, one.edition)))
    count = counted(N_("{count} codes"), one.size)
    tail = "" if used else _("not in use")
    facts = " · ".join(
        filter(None, (count, wording.moment(one.imported_at), one.imported_by, tail))
    )
    return f"{head}\n{facts}"
