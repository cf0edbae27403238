"""The parts of the overview: what to do next, how far every chapter is, people, risky rows."""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop import theme, wording
from icdmapper.desktop.models.rows import Column
from icdmapper.desktop.widgets.charts import Day, Share, Words, paint_shares
from icdmapper.desktop.widgets.labels import key_cap, label
from icdmapper.model.codes import CodeSystem
from icdmapper.model.mapping import State
from icdmapper.model.marks import Tone
from icdmapper.resolution.overview import (
    DayWork,
    NextAction,
    NextKind,
    Overview,
    Part,
    PersonWork,
    RiskyRow,
)
from icdmapper.resolution.rules import Coverage
from icdmapper.texts import N_, _
from icdmapper.texts.chapters import chapter_word
from icdmapper.texts.singular import counted
from icdmapper.texts.words import risk_word, state_word

STATE_COLOURS = (
    (State.CHECKED, "same"),
    (State.SETTLED, "same"),
    (State.DECIDED, "accent"),
    (State.NO_COUNTERPART, "missing"),
    (State.REFINING, "missing"),
    (State.DISPUTED, "wrong"),
)
"""The order of a bar; what is open is its bare ground."""

_SYSTEMS = {
    CodeSystem.RC020: N_("RC020 diagnoses"),
    CodeSystem.RC021: N_("RC021 morphology"),
    CodeSystem.RC022: N_("RC022 procedures"),
}
_ACTIONS = {
    NextKind.IMPORT: (N_("There is no local list yet."), N_("Go to Import")),
    NextKind.PROPOSE: (N_("{count} open codes have no candidates yet."), N_("Go to Mapping")),
    NextKind.BULK: (N_("{count} open codes have a safe candidate."), N_("Accept in bulk")),
    NextKind.SETTLE: (N_("{count} disputes stop the next release."), N_("Go to the disputes")),
    NextKind.FREQUENT: (
        N_("{count} frequent codes are open and need eyes."),
        N_("Map them now"),
    ),
    NextKind.CONTRADICTIONS: (
        N_("{count} open codes contradict their best candidate."),
        N_("Look at them"),
    ),
    NextKind.CHECK: (N_("{count} risky answers have not been checked."), N_("Check them")),
    NextKind.RELEASE: (N_("Every code has an answer."), N_("Go to Release")),
}


_ONE_LINE = 30


class NextSteps(QFrame):
    """What would help most now, each with a button and a digit."""

    wanted = Signal(object)
    """The NextKind whose button was pressed."""

    SHOWN = 4

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(8)
        column.addWidget(label(_("What to do next"), look="section"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        column.addLayout(grid)
        self._kinds: list[NextKind] = []
        self._lines = []
        for at in range(self.SHOWN):
            cap, said, button = key_cap(str(at + 1)), label(wrap=True), QPushButton()
            detail = label(look="small")
            button.clicked.connect(lambda _on=False, at=at: self.press(at))
            words = QVBoxLayout()
            words.setSpacing(0)
            words.addWidget(said)
            words.addWidget(detail)
            grid.addWidget(cap, at, 0, Qt.AlignmentFlag.AlignVCenter)
            grid.addLayout(words, at, 1)
            grid.addWidget(button, at, 2, Qt.AlignmentFlag.AlignVCenter)
            self._lines.append((cap, said, detail, button))

    def show_actions(self, actions: Sequence[NextAction], discharges: int) -> None:
        """Show other suggestions; `discharges` are those of the whole list in a year."""
        self._kinds = [action.kind for action in actions[: self.SHOWN]]
        for at, parts in enumerate(self._lines):
            for part in parts:
                part.setVisible(at < len(self._kinds))
            if at >= len(self._kinds):
                continue
            _cap, said, detail, button = parts
            action = actions[at]
            sentence, verb = _ACTIONS[action.kind]
            said.setText(counted(sentence, action.codes))
            detail.setVisible(action.discharges * 1000 >= max(discharges, 1))
            detail.setText(
                _("{share} of yearly discharges").format(
                    share=wording.share(action.discharges, discharges)
                )
            )
            button.setText(_(verb))
            button.setAccessibleName(f"{at + 1} {_(verb)}: {said.text()}")
            button.setProperty("look", "primary" if at == 0 else "")
            button.style().polish(button)

    def press(self, at: int) -> None:
        """Do what the suggestion at a place says; nothing when there is none."""
        if at < len(self._kinds):
            self.wanted.emit(self._kinds[at])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: a sentence that breaks keeps its lines, however narrow the column is."""
        super().resizeEvent(event)
        for _cap, said, detail, _button in self._lines:
            # Where the sentence needs two lines, its share is left to the table.
            detail.setMaximumHeight(0 if said.heightForWidth(said.width()) > _ONE_LINE else 99)
            said.setMinimumHeight(max(said.heightForWidth(said.width()), 0))
        inner = self.layout()
        if inner is not None:
            # The page gives each part its least height and shares out the rest.
            inner.invalidate()
            self.setMinimumHeight(inner.minimumSize().height())

    def focus_first(self) -> None:
        """Bring the keyboard to the first suggestion."""
        self._lines[0][3].setFocus(Qt.FocusReason.OtherFocusReason)


class StateStrip(QWidget):
    """One bar of all codes by state, and what its colours mean, with figures."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bar = _Bar()
        # One text and not a row of widgets: it breaks where the window is narrow.
        self._legend = QLabel()
        self._legend.setTextFormat(Qt.TextFormat.RichText)
        self._legend.setWordWrap(True)
        self._legend.setProperty("look", "small")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._bar)
        column.addWidget(self._legend)

    def show_coverage(self, coverage: Coverage) -> None:
        """Show other figures."""
        self._bar.show_shares(shares_of(coverage))
        said = legend_of(coverage)
        colours = theme.colours()
        self._legend.setText(
            " &nbsp; ".join(
                f'<span style="color:{getattr(colours, role)}">■</span>&nbsp;{html.escape(text)}'
                for text, role in said
            )
        )
        self._bar.setAccessibleName("; ".join(text for text, _colour in said))


def legend_of(coverage: Coverage) -> list[tuple[str, str]]:
    """Each state there is, with its figure and the role of its colour."""
    states = [*STATE_COLOURS, (State.OPEN, "border")]
    return [
        (f"{state_word(state.value)} {wording.number(count)}", colour)
        for state, colour in states
        if (count := coverage.by_state.get(state, 0))
    ]


def shares_of(coverage: Coverage) -> list[Share]:
    """A bar of codes by state."""
    shares = [Share(coverage.by_state.get(state, 0), colour) for state, colour in STATE_COLOURS]
    return [*shares, Share(coverage.total - sum(one.amount for one in shares), "border")]


class _Bar(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._shares: list[Share] = []
        self.setFixedHeight(14)

    def show_shares(self, shares: list[Share]) -> None:
        self._shares = shares
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_shares(painter, QRectF(self.rect()), self._shares, theme.colours())
        painter.end()


def figures_of(found: Overview) -> list[tuple[str, Tone]]:
    """The large figures, each with its tone."""
    one = found.coverage
    unsettled = sum(one.by_state.get(state, 0) for state in (State.DISPUTED, State.REFINING))
    return [
        (_covered(one), Tone.PLAIN),
        (f"{wording.number(one.decided)} / {wording.number(one.total)}", Tone.PLAIN),
        (wording.number(found.to_check), Tone.PLAIN),
        (wording.number(found.risky_count), Tone.MISSING if found.risky_count else Tone.PLAIN),
        (wording.number(unsettled), Tone.WRONG if unsettled else Tone.PLAIN),
    ]


def _covered(one: Coverage) -> str:
    """The share of discharges, or of codes where no list says how many there are."""
    if one.frequency_total:
        return wording.share(one.frequency_decided, one.frequency_total)
    return wording.share(one.decided, one.total)


def covered_word(found: Overview) -> str:
    """What the first of the large figures is a share of."""
    return (
        _("of yearly discharges mapped") if found.coverage.frequency_total else _("of codes mapped")
    )


def part_word(part: Part) -> str:
    """What a line of the coverage is called."""
    if not part.chapter:
        return _(_SYSTEMS[part.system])
    return chapter_word(part.chapter)


def part_span(part: Part) -> str:
    """The categories a chapter spans."""
    if not part.chapter or not part.first:
        return ""
    return part.first if part.first == part.last else f"{part.first}–{part.last}"


def part_columns(*, with_discharges: bool) -> tuple[Column[Part], ...]:
    """The table of the coverage; without yearly figures it counts codes alone."""
    name: Column[Part] = Column(
        N_("Set and chapter"), part_word, bold=lambda part: not part.chapter
    )
    span: Column[Part] = Column(N_("Range"), part_span, width=78, code=True, muted=True)
    bar: Column[Part] = Column(N_("By state"), _described, width=112)
    count: Column[Part] = Column(N_("Answered"), _count, width=116, right=True)
    codes: Column[Part] = Column(N_("Codes %"), codes_share, width=68, right=True)
    weight: Column[Part] = Column(N_("Cases %"), discharges_share, width=68, right=True)
    left: Column[Part] = Column(N_("Open cases"), _left, width=86, right=True)
    plain = (name, span, bar, count, codes)
    return (*plain, weight, left) if with_discharges else plain


BAR_COLUMN = 2


def codes_share(part: Part) -> str:
    """The share of codes with an answer."""
    return wording.share(part.coverage.decided, part.coverage.total)


def discharges_share(part: Part) -> str:
    """The share of yearly discharges whose code has an answer."""
    return wording.share(part.coverage.frequency_decided, part.coverage.frequency_total)


def _count(part: Part) -> str:
    one = part.coverage
    return f"{wording.number(one.decided)} / {wording.number(one.total)}"


def _left(part: Part) -> str:
    return wording.number(part.coverage.frequency_total - part.coverage.frequency_decided)


def _described(part: Part) -> str:
    return _("; ").join(text for text, _colour in legend_of(part.coverage))


def people_columns() -> tuple[Column[PersonWork], ...]:
    """The table of people."""
    name: Column[PersonWork] = Column(N_("Person"), lambda one: one.name)
    week: Column[PersonWork] = Column(
        N_("7 days"), lambda one: wording.number(one.this_week), width=66, right=True
    )
    decided: Column[PersonWork] = Column(
        N_("Decided"), lambda one: wording.number(one.decided), width=72, right=True
    )
    checked: Column[PersonWork] = Column(
        N_("Checked"), lambda one: wording.number(one.checked), width=72, right=True
    )
    last: Column[PersonWork] = Column(
        N_("Last act"), lambda one: wording.moment(one.last_act)[5:], width=104, muted=True
    )
    return name, week, decided, checked, last


def risky_columns() -> tuple[Column[RiskyRow], ...]:
    """The table of answers a second person should see."""
    code: Column[RiskyRow] = Column(
        N_("Local code"), lambda one: one.row.local.code, width=104, code=True, muted=True
    )
    name: Column[RiskyRow] = Column(N_("Name"), lambda one: one.row.local.name)
    answer: Column[RiskyRow] = Column(N_("Mapped to"), _answer)
    why: Column[RiskyRow] = Column(N_("Why look again"), risk_words, width=210)
    often: Column[RiskyRow] = Column(
        N_("A year"),
        lambda one: wording.volume(one.row.local.frequency),
        width=64,
        right=True,
        optional=True,
    )
    return code, name, answer, why, often


def risk_words(one: RiskyRow) -> str:
    """Why a row is risky."""
    return _(", ").join(risk_word(reason.value) for reason in one.risk.reasons)


def _answer(one: RiskyRow) -> str:
    targets = one.row.mapping.targets
    if not targets:
        return state_word(one.row.mapping.state.value)
    return _("; ").join(f"{target.code} {target.name}" for target in targets)


def chart_words() -> Words:
    """What stands beside the burn-down."""
    return Words(_("codes without an answer"), _("answered a day"))


def chart_days(days: Sequence[DayWork]) -> list[Day]:
    """The days worth drawing: from the one before the first work, a fortnight at least."""
    first = next((at for at, day in enumerate(days) if day.answered), len(days))
    shown = days[max(0, min(first - 1, len(days) - 14)) :]
    return [Day(f"{day.day.month}-{day.day.day:02d}", day.answered, day.left) for day in shown]


def pace_sentence(found: Overview) -> str:
    """When the work ends at the pace of the last two weeks."""
    if found.coverage.total == found.coverage.decided:
        return _("Every code has an answer.")
    if found.done_on is None:
        return _("Nothing was answered in the last two weeks, so no end can be foretold.")
    return _("At the pace of the last two weeks the last code is answered about {day}.").format(
        day=_day(found.done_on)
    )


def _day(day: date) -> str:
    return day.isoformat()
