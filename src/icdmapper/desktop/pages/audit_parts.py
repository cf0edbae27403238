"""Parts of the audit page: the filters, the act in focus, the chain."""

from __future__ import annotations

from datetime import date, timedelta

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from icdmapper.desktop import audit_words, theme, wording
from icdmapper.desktop.audit_words import AuditRow
from icdmapper.desktop.widgets.chips import ChipRow
from icdmapper.desktop.widgets.flow import FlowLayout
from icdmapper.desktop.widgets.labels import (
    OneLine,
    badge,
    label,
    line,
    set_look,
    set_tone,
)
from icdmapper.desktop.widgets.search_field import SearchField
from icdmapper.model.events import Act, EventFilter
from icdmapper.model.marks import Tone
from icdmapper.resolution.audit import ChainReport
from icdmapper.texts import _
from icdmapper.texts.acts import act_word

_FINDINGS_SHOWN = 8


class AuditFilters(QWidget):
    """Person, act, code, words, days."""

    changed = Signal()
    left = Signal()

    def __init__(self, today: date, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._today = today
        self._names: set[str] = set()
        self._by = QComboBox()
        self._by.setAccessibleName(_("Person"))
        self._by.addItem(_("Anybody"), "")
        self._act = QComboBox()
        self._act.setAccessibleName(_("Act"))
        self._act.addItem(_("Any act"), None)
        for act in Act:
            self._act.addItem(act_word(act.value), act)
        self._code = SearchField(_("Local code"), pause_ms=250)
        self._text = SearchField(_("Words in the reason"), pause_ms=250)
        self._since = _day_field(_("from day"))
        self._until = _day_field(_("to day"))
        self._days = ChipRow(
            [(0, _("today")), (6, _("7 days")), (29, _("30 days"))],
        )
        for field, width in ((self._code, 170), (self._text, 190)):
            field.setFixedWidth(width)
        chips = QWidget()
        flow = FlowLayout(spacing=8, parent=chips)
        parts = (self._by, self._act, self._code, self._text, self._since, self._until, self._days)
        for part in parts:
            flow.addWidget(part)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        chips.setSizePolicy(policy)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(chips, 1)
        self._connect()

    @property
    def code(self) -> str:
        """The local code that was typed."""
        return self._code.text().strip()

    def wanted(self) -> EventFilter:
        """The filter without the code, which has to be looked up first."""
        since, until = audit_words.day(self._since.text()), audit_words.day(self._until.text())
        return EventFilter(
            by=self._by.currentData() or "",
            act=self._act.currentData(),
            since=audit_words.midnight(since) if since else None,
            until=audit_words.midnight(until, after=True) if until else None,
            text=self._text.text().strip(),
        )

    def offer_names(self, names: set[str]) -> None:
        """Who can be chosen; a name once offered stays."""
        for name in sorted(names - self._names):
            self._by.addItem(name, name)
        self._names |= names

    def focus_first(self) -> None:
        """Bring the keyboard to the person."""
        self._by.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def focus_code(self) -> None:
        """Bring the keyboard to the code."""
        self._code.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._code.selectAll()

    def clear(self) -> None:
        """Every act."""
        for field in (self._code, self._text, self._since, self._until):
            field.clear()
        self._by.setCurrentIndex(0)
        self._act.setCurrentIndex(0)
        self._days.set_value(None)
        self.changed.emit()

    def _connect(self) -> None:
        for box in (self._by, self._act):
            box.currentIndexChanged.connect(lambda _at: self.changed.emit())
        for search in (self._code, self._text):
            search.searched.connect(lambda _text: self.changed.emit())
            search.left.connect(self.left)
            search.returnPressed.connect(self.left)
            search.stepped.connect(lambda _step: self.left.emit())
        for field in (self._since, self._until):
            field.textChanged.connect(lambda _text, field=field: self._on_day_typed(field))
            field.returnPressed.connect(self.left)
        self._days.chosen.connect(self._on_days_chosen)

    def _on_day_typed(self, field: QLineEdit) -> None:
        typed = field.text().strip()
        wrong = bool(typed) and audit_words.day(typed) is None
        set_look(field, "wrong", wrong)
        if not wrong:
            self.changed.emit()

    def _on_days_chosen(self, days: int | None) -> None:
        self._until.clear()
        since = "" if days is None else f"{self._today - timedelta(days=days)}"
        self._since.setText(since)


class EventPanel(QFrame):
    """The act in focus: what the row was before and after, and what was said."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        inside = QWidget()
        inside.setProperty("clear", True)
        column = QVBoxLayout(inside)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(6)
        self._title = label(look="section", wrap=True)
        self._code = label(wrap=True, copy=True)
        self._parts: list[tuple[QLabel, QLabel]] = [
            (label(word, look="muted"), label(wrap=True, copy=True)) for word in _part_words()
        ]
        # A number of so many figures has no place to break.
        numbers = (_("Gesture"), _("Takes back the gesture"))
        self._parts += [(label(word, look="muted"), OneLine()) for word in numbers]
        column.addWidget(self._title)
        column.addWidget(self._code)
        column.addWidget(line())
        for word, text in self._parts:
            column.addWidget(word)
            column.addWidget(text)
            column.addSpacing(4)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        outside.addWidget(area)

    def show_row(self, row: AuditRow | None) -> None:
        """Show another act."""
        self.setVisible(row is not None)
        if row is None:
            return
        event = row.event
        self._title.setText(audit_words.title(row))
        self._code.setText(f"{row.local.code} {row.local.name}" if row.local else "")
        self._code.setVisible(row.local is not None)
        about_row = event.after is not None
        moved = event.before != event.after
        texts = (
            audit_words.state_lines(event.before) if about_row and moved else "",
            audit_words.state_lines(event.after) if about_row else "",
            audit_words.detail_lines(event),
            audit_words.way_back_lines(row),
            event.batch,
            event.undoes,
        )
        for (word, shown), text in zip(self._parts, texts, strict=True):
            shown.setText(text)
            shown.setToolTip(text if isinstance(shown, OneLine) else "")
            for part in (word, shown):
                part.setVisible(bool(text))


class ChainPanel(QFrame):
    """Where the chain ends, a place for an anchor kept elsewhere, and what was found."""

    verify_wanted = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 10)
        column.setSpacing(6)
        self._head = OneLine(look="muted")
        self._head.setFont(theme.mono(13))
        self._head.setStyleSheet("font-size: 13px;")
        self._state = badge(_("not verified yet"))
        self._copy = QPushButton(_("Copy the anchor"))
        self._anchor = QLineEdit()
        self._anchor.setPlaceholderText(_("anchor of a release or a receipt, if at hand"))
        self._anchor.setAccessibleName(_("Anchor to compare with"))
        self._anchor.setFixedWidth(300)
        self._verify = QPushButton(_("Verify  V"))
        self._verify.setProperty("look", "primary")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label(_("Chain"), look="section"))
        row.addWidget(self._state)
        row.addWidget(self._head, 1)
        for part in (self._copy, self._anchor, self._verify):
            row.addWidget(part)
        column.addLayout(row)
        self._findings = label(wrap=True, copy=True)
        self._findings.hide()
        set_tone(self._findings, Tone.WRONG)
        column.addWidget(self._findings)
        self._copy.clicked.connect(lambda _on=False: self._on_copy())
        self._verify.clicked.connect(lambda _on=False: self.verify())
        self._anchor.returnPressed.connect(self.verify)
        self._copy.setEnabled(False)

    def verify(self) -> None:
        """Ask for the whole chain to be followed."""
        if self._verify.isEnabled():
            self._verify.setEnabled(False)
            self._say(_("Verifying…"), Tone.PLAIN)
            self.verify_wanted.emit(self._anchor.text().strip())

    def show_head(self, anchor: str) -> None:
        """Show where the chain ends."""
        self._head.setText(anchor)
        self._head.setToolTip(_("How many acts, and the hash over all of them"))
        self._copy.setEnabled(bool(anchor))

    def show_report(self, report: ChainReport) -> None:
        """Show what was found."""
        self.show_head(report.head.anchor)
        count = wording.number(report.events)
        if report.sound:
            self._say(_("sound, {count} acts").format(count=count), Tone.SAME)
        else:
            found = wording.number(len(report.findings))
            self._say(_("broken in {count} places").format(count=found), Tone.WRONG)
        shown = [one.sentence() for one in report.findings[:_FINDINGS_SHOWN]]
        if len(report.findings) > _FINDINGS_SHOWN:
            rest = len(report.findings) - _FINDINGS_SHOWN
            shown.append(_("and {count} more").format(count=rest))
        self._findings.setText("\n".join(shown))
        self._findings.setVisible(bool(shown))

    def end(self) -> None:
        """The verification is over, however it went."""
        self._verify.setEnabled(True)
        if self._state.text() == _("Verifying…"):
            self._say(_("not verified yet"), Tone.PLAIN)

    def _say(self, word: str, tone: Tone) -> None:
        self._state.setText(word)
        set_tone(self._state, tone)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._head.text())
        self._copy.setText(_("Copied"))


def _part_words() -> tuple[str, ...]:
    return (
        _("Before"),
        _("After"),
        _("Said"),
        _("Taking it back"),
    )


def _day_field(word: str) -> QLineEdit:
    field = QLineEdit()
    field.setPlaceholderText(word)
    field.setAccessibleName(word)
    field.setToolTip(_("A day such as 2026-11-03"))
    field.setFixedWidth(108)
    return field
