"""What the merge shows: the columns of its rows, one of two answers, the counts in a sentence."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from icdmapper.desktop import wording
from icdmapper.desktop.models.rows import Column
from icdmapper.desktop.widgets.labels import badge, label, set_tone
from icdmapper.model.mapping import Mapping
from icdmapper.model.marks import Tone
from icdmapper.resolution.merge_session import MergeLine, MergeSession
from icdmapper.resolution.merging import MergeChoice, MergeKind
from icdmapper.texts import N_, _
from icdmapper.texts.words import merge_word, relation_word, state_word

_TONES = {
    MergeKind.CONFLICT: Tone.WRONG,
    MergeKind.LEFT: Tone.MISSING,
    MergeKind.TAKEN: Tone.SAME,
}
_CHOICES = {
    MergeChoice.OURS: N_("keep what is here"),
    MergeChoice.THEIRS: N_("take the copy's"),
    MergeChoice.DISPUTE: N_("make it a dispute"),
}


class AnswerCard(QFrame):
    """One side's answer for the row in focus, in full."""

    def __init__(self, side: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self._state, self._relation = badge(), label(look="muted")
        self._targets, self._said = label(wrap=True), label(look="muted", wrap=True)
        head = QHBoxLayout()
        head.addWidget(label(side, look="title"))
        head.addWidget(self._state)
        head.addWidget(self._relation)
        head.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self._targets)
        column.addWidget(self._said)
        column.addStretch(1)

    def show_answer(self, answer: Mapping) -> None:
        """Show what this side says."""
        self._state.setText(state_word(answer.state.value))
        set_tone(self._state, wording.STATE_TONES[answer.state])
        self._relation.setText(relation_word(answer.relation.value) if answer.relation else "")
        self._targets.setText("\n".join(f"{one.code}  {one.name}" for one in answer.targets))
        self._targets.setVisible(bool(answer.targets))
        decided = (answer.decided_by, wording.moment(answer.decided_at))
        checked = (answer.checked_by, wording.moment(answer.checked_at))
        who = [" ".join(filter(None, one)) for one in (decided, checked)]
        self._said.setText("\n".join(filter(None, (answer.note, " · ".join(filter(None, who))))))


def line_columns() -> tuple[Column[MergeLine], ...]:
    """The columns of the rows that a copy changed."""
    kind: Column[MergeLine] = Column(
        "", _kind, width=120, tone=lambda one: _TONES.get(one.row.kind, Tone.PLAIN)
    )
    code: Column[MergeLine] = Column(
        N_("Local code"), lambda one: one.row.code, width=130, code=True
    )
    name: Column[MergeLine] = Column(N_("Name"), lambda one: one.row.name)
    ours: Column[MergeLine] = Column(N_("Here"), lambda one: _short(one.row.ours), width=230)
    theirs: Column[MergeLine] = Column(
        N_("In the copy"), lambda one: _short(one.row.theirs), width=230
    )
    choice: Column[MergeLine] = Column(N_("Chosen"), _chosen, width=150)
    return kind, code, name, ours, theirs, choice


def counts_sentence(session: MergeSession) -> str:
    """What merging would do, in figures; "" before a copy was compared."""
    if not session.lines:
        return ""
    said = _("{taken} taken over, {conflicts} conflicts, {left} left alone.").format(
        taken=session.count(MergeKind.TAKEN),
        conflicts=session.count(MergeKind.CONFLICT),
        left=session.count(MergeKind.LEFT),
    )
    if session.unlooked:
        said += " " + _("{count} not chosen yet; left so, they become disputes.").format(
            count=session.unlooked
        )
    return said


def _kind(line: MergeLine) -> str:
    return _("left alone") if line.row.kind is MergeKind.LEFT else merge_word(line.row.kind.value)


def _chosen(line: MergeLine) -> str:
    if line.row.kind is not MergeKind.CONFLICT:
        return ""
    return _(_CHOICES[line.choice]) if line.choice else "—"


def _short(answer: Mapping) -> str:
    if not answer.targets:
        return state_word(answer.state.value)
    return _(", ").join(f"{one.code} {one.name}" for one in answer.targets)
