"""Which rules of judgement the decisions touch: counted for the queue, spelled out for a row."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from icdmapper.desktop import check_words
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.tasks import Lane, Latest
from icdmapper.desktop.widgets.labels import badge, label, set_tone
from icdmapper.model.marks import Tone
from icdmapper.resolution.checking import CheckRow
from icdmapper.resolution.judging import Judged
from icdmapper.resolution.risk import RiskReason
from icdmapper.texts import _


class RuleCounts(QObject):
    """How many rules each decision touches; counted in the background, as it takes seconds."""

    changed = Signal()

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._reading = Latest(desk.tasks, self, Lane.COMPUTE)
        self.by_row: dict[int, int] = {}

    def read(self) -> None:
        """Count again; says so when the counts are others than before."""
        judging = self._desk.services.judging
        self._reading.ask(lambda _task: judging.counts(), self._keep)

    def _keep(self, counts: dict[int, int]) -> None:
        if counts != self.by_row:
            self.by_row = counts
            self.changed.emit()


class RiskLine(QWidget):
    """Why the row in focus is worth a look: badges, and the rules it touches in sentences."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._reading = Latest(desk.tasks, self)
        self._said_below = False
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 0, 0, 0)
        column.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(6)
        self._why = QWidget()
        self._why.setLayout(row)
        row.setContentsMargins(0, 0, 0, 0)
        self._word = label(look="small")
        row.addWidget(self._word)
        self._badges = [badge() for _place in range(len(RiskReason) + 1)]
        for made in self._badges:
            row.addWidget(made)
        row.addStretch(1)
        column.addWidget(self._why)
        self._rules = label(wrap=True, copy=True)
        set_tone(self._rules, Tone.MISSING)
        column.addWidget(self._rules)

    def set_low(self, *, low: bool) -> None:
        """In a low window the candidates come first: the list says why, too."""
        self._why.setVisible(not low)

    def show_check(self, one: CheckRow | None, *, blind: bool) -> None:
        """Show another row; a blind checker sees only what tells nothing of the decision."""
        self.setVisible(one is not None)
        self._rules.clear()
        self._rules.hide()
        self._reading.drop()
        words = check_words.reasons_of(one, blind=blind) if one else ()
        self._word.setText(
            _("Blind: the reasons that tell the decision are hidden.") if blind else _("Check why:")
        )
        for at, made in enumerate(self._badges):
            made.setVisible(at < len(words))
            made.setText(words[at] if at < len(words) else "")
        if one is not None and not blind and RiskReason.FINDING in one.risk.reasons:
            judging, local_id = self._desk.services.judging, one.row.local.id
            self._reading.ask(lambda _task: judging.findings(local_id), self._show_rules)

    def _show_rules(self, found: Sequence[Judged]) -> None:
        lines = [check_words.finding(one) for one in found]
        self._rules.setText("\n".join(lines))
        self.leave_rules_below(agreeing=self._said_below)

    def leave_rules_below(self, *, agreeing: bool) -> None:
        """Say the rules only while the answer in the bar is another than the decision they touch.

        Of the answer in the bar its own finding says them.
        """
        self._said_below = agreeing
        self._rules.setVisible(bool(self._rules.text()) and not agreeing)
