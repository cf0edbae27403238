"""The local code in focus, large, with its facts; and the bar that says what Enter will do."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop import wording
from icdmapper.desktop.widgets.flow import FlowLayout
from icdmapper.desktop.widgets.labels import (
    OneLine,
    badge,
    code_label,
    label,
    marked,
    marked_label,
    set_look,
    set_tone,
)
from icdmapper.desktop.widgets.reason_field import ReasonField
from icdmapper.model.mapping import Relation, State
from icdmapper.model.marks import Run, Tone, compare
from icdmapper.model.proposals import Candidate
from icdmapper.resolution.service import WorkRow
from icdmapper.texts import N_, _
from icdmapper.texts.singular import counted
from icdmapper.texts.words import kind_word, relation_word, state_word

RELATION_KEYS = {
    Relation.EQUIVALENT: "E",
    Relation.LOCAL_FINER: "F",
    Relation.LOCAL_COARSER: "C",
    Relation.OVERLAP: "O",
    Relation.NO_COUNTERPART: "N",
}


class FocusPanel(QFrame):
    """Says everything about the local code in focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(6)
        head = QHBoxLayout()
        head.setSpacing(12)
        self._code = code_label(pixels=17)
        self._code.setContentsMargins(0, 7, 0, 0)
        self._name = marked_label(pixels=24, bold=True)
        top = Qt.AlignmentFlag.AlignTop
        head.addWidget(self._code, 0, top)
        head.addWidget(self._name, 1, top)
        column.addLayout(head)
        facts = QHBoxLayout()
        facts.setSpacing(10)
        self._kind = badge()
        self._state = badge()
        self._facts = OneLine(look="muted")
        facts.addWidget(self._kind)
        facts.addWidget(self._state)
        facts.addWidget(self._facts, 1)
        column.addLayout(facts)
        self._decided = OneLine()
        self._decided.setWordWrap(True)
        self._decided.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self._decided)
        self._column = column
        self._row: WorkRow | None = None

    def set_tight(self, *, tight: bool) -> None:
        """In a low window the head of the row takes fewer lines."""
        self._column.setContentsMargins(*(12, 5, 12, 5) if tight else (16, 12, 16, 12))
        self._column.setSpacing(2 if tight else 6)
        pixels = 18 if tight else 24
        self._name.setStyleSheet(f"font-size: {pixels}px;")
        self._code.setContentsMargins(0, 4 if tight else 7, 0, 0)
        # One line: its tip holds the whole.
        self._decided.setWordWrap(not tight)
        policy = QSizePolicy.Policy.Ignored if tight else QSizePolicy.Policy.Preferred
        self._decided.setSizePolicy(policy, QSizePolicy.Policy.Preferred)

    def show_row(self, row: WorkRow | None) -> None:
        """Show another row."""
        self._row = row
        self.setVisible(row is not None)
        if row is None:
            return
        local, mapping = row.local, row.mapping
        self._code.setText(local.code)
        self._name.setText(marked([Run(local.name, Tone.PLAIN)]))
        self._name.setAccessibleName(f"{local.code} {local.name}")
        self._kind.setText(f"{local.kind.system.value} {kind_word(local.kind.value)}")
        self._state.setText(state_word(mapping.state.value))
        set_tone(self._state, wording.STATE_TONES[mapping.state])
        facts = []
        if local.attached_code:
            facts.append(_("attached code {code}").format(code=local.attached_code))
        if local.frequency is not None:
            facts.append(counted(N_("{count} discharges a year"), local.frequency))
        if local.department:
            facts.append(_("department {name}").format(name=local.department))
        self._facts.setText("   ".join(facts))
        self._facts.setToolTip(self._facts.text())
        self._decided.setVisible(mapping.state is not State.OPEN)
        self._decided.setText(wording.decided_sentence(mapping))
        self._decided.setToolTip(self._decided.text())

    def hide_answer(self, text: str) -> None:
        """Say something in the place of the current answer."""
        self._decided.setText(text)
        self._decided.setToolTip(text)
        self._decided.show()

    def mark_against(self, candidate: Candidate | None) -> None:
        """Mark in the local name what the candidate in focus lacks or contradicts."""
        if self._row is None:
            return
        name = self._row.local.name
        if candidate is None:
            self._name.setText(marked([Run(name, Tone.PLAIN)]))
            return
        runs = compare(name, candidate.name, candidate.reasons).local
        self._name.setText(marked(runs, quiet=True))


class DecisionBar(QFrame):
    """The relation of this row, a note, and the button that accepts."""

    relation_wanted = Signal(object)
    accepted = Signal()
    note_left = Signal()
    note_edited = Signal(str)
    """What stands in the note now, as a person types it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        column = self._column = QVBoxLayout(self)
        self._segments: dict[Relation, QPushButton] = {}
        group = self._group = QButtonGroup(self)
        first = FlowLayout(spacing=6)
        for relation, key in RELATION_KEYS.items():
            segment = QPushButton(f"{relation_word(relation.value)}  {key}")
            segment.setProperty("look", "segment")
            segment.setCheckable(True)
            segment.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            segment.clicked.connect(
                lambda _on=False, relation=relation: self.relation_wanted.emit(relation)
            )
            group.addButton(segment)
            self._segments[relation] = segment
            first.addWidget(segment)
        column.addLayout(first)
        self._sentence = label(wrap=True)
        column.addWidget(self._sentence)
        second = QHBoxLayout()
        second.setSpacing(8)
        self._note = ReasonField(_("Note, kept with the decision (T)"), _("Note"))
        self._note.left.connect(self.note_left)
        self._note.entered.connect(self.accepted)
        self._note.textEdited.connect(self.note_edited)
        self._accept = QPushButton(_("Accept  Enter"))
        self._accept.setProperty("look", "primary")
        self._accept.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._accept.clicked.connect(lambda _on=False: self.accepted.emit())
        self._verdict = badge()
        self._verdict.hide()
        second.addWidget(self._note, 1)
        second.addWidget(self._verdict, 0, Qt.AlignmentFlag.AlignVCenter)
        second.addWidget(self._accept)
        column.addLayout(second)
        self.set_tight(tight=False)

    def set_tight(self, *, tight: bool) -> None:
        """In a low window what Enter would record is said by the pressed buttons alone."""
        self._sentence.setVisible(not tight)
        for segment in self._segments.values():
            set_look(segment, "tight", tight)
        self._column.setContentsMargins(*(8, 5, 8, 5) if tight else (12, 10, 12, 10))
        self._column.setSpacing(4 if tight else 8)

    @property
    def note(self) -> str:
        """What was noted for this row."""
        return self._note.text()

    def begin_row(self, note: str) -> None:
        """Another row is in focus: nothing of the last one stays."""
        self._note.setText(note)

    def show_choice(
        self,
        relation: Relation | None,
        candidate: Candidate | None,
        beside: Sequence[str] = (),
    ) -> None:
        """Say what Enter would record; `beside` are the codes that go with the main one."""
        # A group in which one must be chosen would keep that of the last row while there is none.
        self._group.setExclusive(relation is not None)
        for other, segment in self._segments.items():
            segment.setChecked(other is relation)
        self._accept.setEnabled(relation is not None)
        self._sentence.setText(_sentence(relation, candidate, beside))
        self._accept.setToolTip(self._sentence.text())

    def name_button(self, word: str) -> None:
        """Call what Enter does something else than accepting."""
        self._accept.setText(word)

    def show_verdict(self, text: str, tone: Tone) -> None:
        """Say beside the button what pressing it would lead to."""
        self._verdict.setText(text)
        self._verdict.setVisible(bool(text))
        set_tone(self._verdict, tone)

    def focus_note(self) -> None:
        """Bring the keyboard to the note."""
        self._note.setFocus(Qt.FocusReason.ShortcutFocusReason)


def _sentence(relation: Relation | None, candidate: Candidate | None, beside: Sequence[str]) -> str:
    if relation is None:
        return _("Choose a candidate, search the reference with “/”, or press N.")
    said = wording.relation_sentence(relation, candidate.reasons if candidate else ())
    if relation is Relation.NO_COUNTERPART or candidate is None:
        return _("Enter records: {relation}. {sentence}").format(
            relation=relation_word(relation.value), sentence=said
        )
    if beside:
        return _("Enter records: {relation}, {code} {name}, with {beside}. {sentence}").format(
            relation=relation_word(relation.value),
            code=candidate.code,
            name=candidate.name,
            beside=_(", ").join(beside),
            sentence=said,
        )
    return _("Enter records: {relation}, {code} {name}. {sentence}").format(
        relation=relation_word(relation.value),
        code=candidate.code,
        name=candidate.name,
        sentence=said,
    )
