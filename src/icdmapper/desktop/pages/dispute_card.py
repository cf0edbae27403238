"""The clinician's card: one question, the options side by side, one reason, one key."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop import check_words, theme, wording
from icdmapper.desktop.pages.focus import RELATION_KEYS
from icdmapper.desktop.widgets.cards import CardFacts
from icdmapper.desktop.widgets.flow import FlowLayout
from icdmapper.desktop.widgets.labels import (
    badge,
    code_label,
    label,
    marked,
    marked_label,
    set_look,
)
from icdmapper.desktop.widgets.reason_field import ReasonField
from icdmapper.model.checks import DisputeMessage
from icdmapper.model.codes import LocalCode
from icdmapper.model.mapping import Choice, Relation
from icdmapper.model.marks import Run, Tone, compare
from icdmapper.resolution.dispute_session import REASONS, CardOption
from icdmapper.resolution.disputes import Dispute
from icdmapper.texts import N_, _
from icdmapper.texts.singular import counted
from icdmapper.texts.words import kind_word, message_kind_word, relation_word


class QuestionPanel(QFrame):
    """The local code in question, large, with its facts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(6)
        self._question = label(look="muted", wrap=True)
        head = QHBoxLayout()
        head.setSpacing(12)
        self._code = code_label(pixels=17)
        self._code.setContentsMargins(0, 7, 0, 0)
        self._name = marked_label(pixels=24, bold=True)
        head.addWidget(self._code, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._name, 1, Qt.AlignmentFlag.AlignTop)
        facts = QHBoxLayout()
        facts.setSpacing(10)
        self._kind = badge()
        self._facts = label(look="muted")
        facts.addWidget(self._kind)
        facts.addWidget(self._facts, 1)
        column.addWidget(self._question)
        column.addLayout(head)
        column.addLayout(facts)

    def set_low(self, *, low: bool) -> None:
        """In a low window the code is question enough."""
        self._question.setVisible(not low)

    def show_dispute(self, dispute: Dispute) -> None:
        """Show another question."""
        local = dispute.local
        self._question.setText(_("Which reference entry does this local code stand for?"))
        self._code.setText(local.code)
        self.mark(local.name, None)
        self._kind.setText(f"{local.kind.system.value} {kind_word(local.kind.value)}")
        facts = []
        if local.frequency is not None:
            facts.append(counted(N_("{count} discharges a year"), local.frequency))
        if local.department:
            facts.append(_("department {name}").format(name=local.department))
        self._facts.setText("   ".join(facts))

    def mark(self, name: str, option: CardOption | None) -> None:
        """Mark in the local name what the option in focus lacks or contradicts."""
        targets = option.opinion.targets if option else ()
        if not targets:
            self._name.setText(marked([Run(name, Tone.PLAIN)]))
            return
        reasons = option.candidate.reasons if option and option.candidate else ()
        self._name.setText(marked(compare(name, targets[0].name, reasons).local, quiet=True))


class SettleBar(QFrame):
    """Relation, reason, in whose name, and the button that settles."""

    relation_wanted = Signal(object)
    settled = Signal()
    remarked = Signal()
    unsure = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        self._segments: dict[Relation, QPushButton] = {}
        self._sentence = label(wrap=True)
        self._reason = ReasonField(_("Reason, kept with the settlement (T)"), _("Reason"))
        self._reason.left.connect(self.left)
        self._reason.entered.connect(self.settled)
        self._for = QComboBox()
        self._for.setAccessibleName(_("Settled by"))
        self._for.hide()
        self._settle = _button(_("Settle  Enter"), self.settled.emit)
        self._settle.setProperty("look", "primary")
        self._remark = _button(_("Only a remark  M"), self.remarked.emit)
        self._unsure = _button(_("Cannot say  X"), self.unsure.emit)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(8)
        column.addLayout(self._relation_part())
        column.addWidget(self._sentence)
        self._usual = self._reason_part()
        column.addWidget(self._usual)
        self._menu = QPushButton(_("Usual reasons ▾"))
        self._menu.clicked.connect(lambda _on=False: self._show_reasons())
        self._menu.hide()
        written = QHBoxLayout()
        written.setSpacing(8)
        written.addWidget(self._reason, 1)
        written.addWidget(self._menu)
        column.addLayout(written)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self._for)
        foot.addStretch(1)
        foot.addWidget(self._unsure)
        foot.addWidget(self._remark)
        foot.addWidget(self._settle)
        column.addLayout(foot)

    @property
    def reason(self) -> str:
        """What was written."""
        return self._reason.text()

    @property
    def on_behalf_of(self) -> str:
        """The clinician in whose name a coordinator enters the answer."""
        return "" if self._for.isHidden() else str(self._for.currentData() or "")

    def set_low(self, *, low: bool) -> None:
        """In a low window what Enter would record is said by the buttons alone."""
        self._sentence.setVisible(not low)

    def set_roomy(self, *, roomy: bool) -> None:
        """Where the options need the room, the usual reasons are in a menu beside the field."""
        self._usual.setVisible(roomy)
        self._menu.setVisible(not roomy)
        for segment in self._segments.values():
            set_look(segment, "tight", not roomy)

    def begin(self) -> None:
        """Another dispute is in focus: nothing of the last one stays."""
        self._reason.clear()

    def fill(self, number: int) -> None:
        """Write one of the usual reasons."""
        self._reason.setText(_(REASONS[number]))

    def focus_reason(self) -> None:
        """Bring the keyboard to the reason."""
        self._reason.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def offer_clinicians(self, names: Sequence[str]) -> None:
        """A coordinator says whose answer it is."""
        self._for.clear()
        for name in names:
            self._for.addItem(_("in the name of {name}").format(name=name), name)
        self._for.setVisible(bool(names))

    def show_choice(self, choice: Choice | None) -> None:
        """Say what Enter would record."""
        for other, segment in self._segments.items():
            segment.setChecked(choice is not None and other is choice.relation)
        self._settle.setEnabled(choice is not None)
        if choice is None:
            said = _("Choose an option, search the reference with “/”, or press N.")
        else:
            said = _("Enter settles: {answer}.").format(answer=check_words.answer_of(choice))
        self._sentence.setText(said)

    def _show_reasons(self) -> None:
        menu = QMenu(self)
        for number, reason in enumerate(REASONS):
            action = menu.addAction(f"{_(reason)}\tAlt+{number + 1}")
            action.triggered.connect(lambda _on=False, number=number: self.fill(number))
        menu.popup(self._menu.mapToGlobal(QPoint(0, self._menu.height())))

    def _relation_part(self) -> FlowLayout:
        flow = FlowLayout(spacing=6)
        for relation, key in RELATION_KEYS.items():
            segment = _button(
                f"{relation_word(relation.value)}  {key}",
                partial(self.relation_wanted.emit, relation),
            )
            segment.setProperty("look", "segment")
            segment.setCheckable(True)
            self._segments[relation] = segment
            flow.addWidget(segment)
        return flow

    def _reason_part(self) -> QWidget:
        made = QWidget()
        flow = FlowLayout(spacing=6, parent=made)
        for number, reason in enumerate(REASONS):
            chip = _button(f"{_(reason)}  Alt+{number + 1}", partial(self.fill, number))
            chip.setProperty("look", "chip")
            flow.addWidget(chip)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        made.setSizePolicy(policy)
        return made


class ThreadPanel(QFrame):
    """What was said so far, oldest first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 8, 12)
        column.setSpacing(6)
        column.addWidget(label(_("Discussion"), look="section"))
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.RichText)
        self._text.setWordWrap(True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setProperty("clear", True)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(self._text)
        column.addWidget(area, 1)

    def show_thread(self, thread: Sequence[DisputeMessage]) -> None:
        """Show another thread."""
        self._text.setText("".join(map(_message, thread)) or html.escape(_("Nothing yet.")))


def card_facts(option: CardOption, local: LocalCode) -> CardFacts:
    """What the card of an option says."""
    relation = option.opinion.relation
    assert relation is not None
    targets = option.opinion.targets
    reasons = option.candidate.reasons if option.candidate else ()
    first = targets[0] if targets else None
    names = compare(local.name, first.name, reasons).reference if first else ()
    more = tuple(Run(f"  + {one.code} {one.name}", Tone.PLAIN) for one in targets[1:])
    badges = [(relation_word(relation.value), wording.RELATION_TONES[relation])]
    contradiction = wording.contradiction_words(option.candidate) if option.candidate else ""
    if contradiction:
        badges.append((_("contradiction"), Tone.WRONG))
    said = wording.relation_sentence(relation, reasons)
    if contradiction:
        said = f"{_('{contradictions}.').format(contradictions=contradiction)} {said}"
    if option.by:
        who = _("the answer of {names}").format(names=_(", ").join(option.by))
    elif option.proposed:
        who = _("proposed · {score} of 100").format(
            score=round(option.candidate.score * 100) if option.candidate else 0
        )
    else:
        who = _("found by hand")
    return CardFacts(
        code=first.code if first else "—",
        name=(*names, *more) or (Run(_("no counterpart"), Tone.PLAIN),),
        badges=tuple(badges),
        sentence=said,
        score=who,
    )


def _message(one: DisputeMessage) -> str:
    table = theme.colours()
    head = " · ".join(
        filter(None, (one.by, message_kind_word(one.kind.value), wording.moment(one.at)))
    )
    parts = [f'<p style="margin:0 0 2px 0;color:{table.muted};font-size:12px">{_safe(head)}</p>']
    if one.opinion is not None:
        answer = _safe(check_words.answer(one.opinion))
        parts.append(f'<p style="margin:0 0 2px 0">{answer}</p>')
    if one.text:
        parts.append(f'<p style="margin:0 0 2px 0;color:{table.text}">{_safe(one.text)}</p>')
    return "".join(parts) + '<p style="margin:0 0 6px 0;font-size:4px">&nbsp;</p>'


def _safe(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def _button(word: str, act: Callable[[], object]) -> QPushButton:
    made = QPushButton(word)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.clicked.connect(lambda _on=False: act())
    return made
