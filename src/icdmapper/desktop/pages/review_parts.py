"""Parts of the page of the second check: its filters, its queue, what the last answer led to."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop import check_words, wording
from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.widgets.chips import ChipRow
from icdmapper.desktop.widgets.empty import EmptyState
from icdmapper.desktop.widgets.flow import FlowLayout
from icdmapper.desktop.widgets.labels import label, set_tone
from icdmapper.desktop.widgets.search_field import SearchField
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.model.checks import Opinion
from icdmapper.model.mapping import Mapping, State
from icdmapper.model.marks import Tone
from icdmapper.resolution.check_session import CheckFilter, CheckSession
from icdmapper.resolution.checking import CheckFigures, CheckRow
from icdmapper.resolution.risk import RiskReason
from icdmapper.texts import N_, _
from icdmapper.texts.singular import counted

_SAMPLE = "sample"


class CheckFilters(QWidget):
    """Free text, chips for the reasons of risk, blind or open, and how far two people agree."""

    changed = Signal(object)
    blind_changed = Signal(bool)
    plan_wanted = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wanted = CheckFilter()
        self.field = SearchField(_("Filter: code, name, initials"))
        self.field.setFixedWidth(250)
        self._chips = ChipRow(
            [(one, check_words.reason_word(one)) for one in RiskReason] + [(_SAMPLE, _("sample"))],
            wraps=True,
        )
        self._blind = QPushButton(_("Blind  B"))
        self._blind.setProperty("look", "chip")
        self._blind.setCheckable(True)
        self._blind.setToolTip(_("Answer without seeing the decision; both are compared then"))
        self.summary = QPushButton()
        self.summary.setProperty("look", "flat")
        self.summary.setToolTip(_("Sampling plan and agreement (G)"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._chips.flow_with((self.field, self._blind))
        row.addWidget(self._chips)
        self._connect()

    def focus_text(self) -> None:
        """Bring the keyboard to the free text."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def toggle_blind(self) -> None:
        """Blind or open."""
        self._blind.toggle()

    def show_blind(self, *, blind: bool) -> None:
        """A blind checker cannot look for reasons that tell the decision."""
        for reason in RiskReason:
            self._chips.set_visible(reason, visible=not blind or reason is RiskReason.FREQUENT)
        if blind and self._wanted.reason not in (None, RiskReason.FREQUENT):
            self._chips.set_value(None)
            self._change(replace(self._wanted, reason=None))

    def show_figures(self, found: CheckFigures) -> None:
        """Say how far two people agree."""
        self.summary.setText(
            _("Agreement {share}  κ {kappa}").format(
                share=check_words.agreement(found.all), kappa=check_words.kappa(found.all)
            )
        )

    def clear(self) -> None:
        """Every row."""
        self.field.clear()
        self._chips.set_value(None)
        self._change(CheckFilter())

    def _connect(self) -> None:
        self.field.searched.connect(lambda text: self._change(replace(self._wanted, text=text)))
        self.field.left.connect(self.left)
        self.field.returnPressed.connect(self.left)
        self.field.stepped.connect(lambda _step: self.left.emit())
        self._chips.chosen.connect(self._on_chosen)
        self._blind.toggled.connect(self.blind_changed)
        self.summary.clicked.connect(lambda _on=False: self.plan_wanted.emit())

    def _on_chosen(self, value: RiskReason | str | None) -> None:
        reason = value if isinstance(value, RiskReason) else None
        self._change(replace(self._wanted, reason=reason, only_sample=value == _SAMPLE))

    def _change(self, wanted: CheckFilter) -> None:
        if wanted != self._wanted:
            self._wanted = wanted
            self.changed.emit(wanted)


class CheckQueue(QWidget):
    """The rows that wait, and a word when none does; `beside` stands beside their count."""

    row_chosen = Signal(int)
    row_opened = Signal(int)
    all_wanted = Signal()
    people_wanted = Signal()

    def __init__(self, beside: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._blind = False
        self._alone = False
        self._model: RowTableModel[CheckRow] = RowTableModel(self._columns(), self)
        self.table = RowTable(self._model)
        self.table.setAccessibleName(_("Waiting for the second check"))
        self.setMinimumWidth(300)
        self._count = label(look="small")
        self._empty = EmptyState(icon="review", title="", sentence="")
        shown = QWidget()
        self._stack = QStackedLayout(shown)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self._empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(shown, 1)
        foot = FlowLayout(spacing=6)
        foot.addWidget(self._count)
        foot.addWidget(beside)
        column.addLayout(foot)
        self.table.row_chosen.connect(self.row_chosen)
        self.table.row_opened.connect(self.row_opened)
        self._empty.wanted.connect(self._on_wanted)

    def show_session(self, session: CheckSession, *, blind: bool) -> None:
        """Show the visible rows and where the person is."""
        if blind != self._blind:
            self._blind = blind
            self._model.set_columns(self._columns())
            self.table.fit_columns()
        self.table.show_rows(session.visible)
        self._stack.setCurrentIndex(0 if session.visible else 1)
        said = _("{visible} of {total} rows").format(
            visible=wording.number(len(session.visible)), total=wording.number(session.total)
        )
        if session.left_out:
            left_out = wording.number(session.left_out)
            said += " · " + _("{count} not in the sample").format(count=left_out)
        self._count.setText(said)
        self._explain(session)
        if session.visible:
            self.table.show_row(session.cursor)

    def _explain(self, session: CheckSession) -> None:
        self._alone = not session.total and bool(session.own)
        if session.total:
            self._empty.say(
                _("No row passes the filter"), _("Try fewer words or chips."), _("Show all rows")
            )
        elif self._alone:
            self._empty.say(
                _("Nothing waits for your check"),
                counted(
                    N_("{count} rows were decided by yourself; somebody else has to check them."),
                    session.own,
                ),
                _("Go to People"),
            )
        else:
            self._empty.say(
                _("Nothing waits for your check"),
                _("A row comes here as soon as a coder has decided it."),
            )

    def _on_wanted(self) -> None:
        (self.people_wanted if self._alone else self.all_wanted).emit()

    def _columns(self) -> tuple[Column[CheckRow], ...]:
        code: Column[CheckRow] = Column(
            N_("Local code"), lambda one: one.row.local.code, width=100, code=True, muted=True
        )
        name: Column[CheckRow] = Column(N_("Name"), lambda one: one.row.local.name)
        frequency: Column[CheckRow] = Column(
            N_("A year"),
            lambda one: wording.volume(one.row.local.frequency),
            width=62,
            right=True,
            optional=True,
        )
        risk: Column[CheckRow] = Column(N_("Risk"), self._risk, width=118, tone=self._tone)
        return code, name, frequency, risk

    def _risk(self, one: CheckRow) -> str:
        words = check_words.reasons_of(one, blind=self._blind)
        more = f" +{len(words) - 1}" if len(words) > 1 else ""
        return f"{words[0]}{more}" if words else ""

    def _tone(self, one: CheckRow) -> Tone:
        if self._blind:
            return Tone.PLAIN
        alarming = {RiskReason.FINDING, RiskReason.CONTRADICTION}
        if alarming.intersection(one.risk.reasons):
            return Tone.WRONG
        return Tone.MISSING if one.risk.risky else Tone.PLAIN


class OutcomePanel(QFrame):
    """What the last answer led to; when it differed, both answers stand one below the other."""

    dispute_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        self._local_id = 0
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 8, 12, 8)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(3)
        self._title = label(wrap=True)
        self._button = QPushButton(_("Go to the dispute"))
        self._button.setProperty("look", "flat")
        self._button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._names = (label(look="muted"), label(look="muted"))
        self._answers = (label(wrap=True, copy=True), label(wrap=True, copy=True))
        grid.addWidget(self._title, 0, 0, 1, 2)
        grid.addWidget(self._button, 0, 2)
        for at in range(2):
            grid.addWidget(self._names[at], at + 1, 0)
            grid.addWidget(self._answers[at], at + 1, 1, 1, 2)
        grid.setColumnStretch(1, 1)
        self._button.clicked.connect(lambda _on=False: self.dispute_wanted.emit(self._local_id))
        self.hide()

    @property
    def said(self) -> str:
        """What the panel says now."""
        parts = (self._title, *self._names, *self._answers)
        return " ".join(one.text() for one in parts) if not self.isHidden() else ""

    def show_outcome(
        self, one: CheckRow, after: Mapping, chosen: Opinion, *, checker: str, blind: bool
    ) -> None:
        """Say what came of an answer."""
        local, decided = one.row.local, one.row.mapping
        agreed = after.state is State.CHECKED
        self._local_id = local.id
        what = _("{code} {name}").format(code=local.code, name=local.name)
        if agreed:
            said = _("Agreed: {what} · {answer}").format(
                what=what, answer=check_words.answer(Opinion.of(decided))
            )
        else:
            said = _("Different, a dispute is open: {what}").format(what=what)
        self._title.setText(said)
        self._title.setAccessibleName(said)
        set_tone(self._title, Tone.SAME if agreed else Tone.WRONG)
        who = (decided.decided_by, _("{name}, blind").format(name=checker) if blind else checker)
        answers = (Opinion.of(decided), chosen)
        for at in range(2):
            self._names[at].setText("" if agreed else who[at])
            self._answers[at].setText("" if agreed else check_words.answer(answers[at]))
            self._names[at].setVisible(not agreed)
            self._answers[at].setVisible(not agreed)
        self._button.setVisible(not agreed)
        self.show()
