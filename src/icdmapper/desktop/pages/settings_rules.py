"""The rules of judgement in force, and how the hospital numbers its own codes: to look at."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from icdmapper.desktop import wording
from icdmapper.desktop.models.rows import Column, RowTableModel
from icdmapper.desktop.widgets.labels import label, surface
from icdmapper.desktop.widgets.table import RowTable
from icdmapper.model.judgement import Severity
from icdmapper.model.marks import Tone
from icdmapper.resolution.code_style import CodeStyle
from icdmapper.resolution.judgement import Rule
from icdmapper.texts import N_, _
from icdmapper.texts.words import kind_word, needs_word, relation_word, severity_word

_TONES = {Severity.STOP: Tone.WRONG, Severity.WARN: Tone.MISSING, Severity.NOTE: Tone.PLAIN}
_EXAMPLES = 6
_DETAILS_WIDTH = 380


class RulesPanel(QWidget):
    """The pack as a list; beside it the rule in focus with its source and its examples."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model: RowTableModel[Rule] = RowTableModel(_columns(), self)
        self.table = RowTable(self._model)
        self.table.setAccessibleName(_("Rules of judgement"))
        self._count = label(look="small")
        self._title = label(look="section", wrap=True)
        self._text = label(wrap=True, copy=True)
        self._facts = label(look="muted", wrap=True, copy=True)
        self._examples = label(look="muted", wrap=True, copy=True)
        sheet = surface()
        sheet.setFixedWidth(_DETAILS_WIDTH)
        details = QVBoxLayout(sheet)
        details.setContentsMargins(14, 12, 14, 12)
        details.setSpacing(10)
        for part in (self._title, self._text, self._facts, self._examples):
            details.addWidget(part)
        details.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(6)
        left.addWidget(self.table, 1)
        left.addWidget(self._count)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addLayout(left, 1)
        row.addWidget(sheet)
        self.table.row_chosen.connect(lambda at: self._show(self._model.rows[at]))

    def show_rules(self, rules: Sequence[Rule]) -> None:
        """Show the pack."""
        self.table.show_rows(rules)
        stops = sum(rule.severity is Severity.STOP for rule in rules)
        self._count.setText(
            _("{count} rules, {stops} of them stop a decision").format(
                count=len(rules), stops=stops
            )
        )
        if rules:
            self.table.show_row(0)
            self._show(rules[0])

    def _show(self, rule: Rule) -> None:
        self._title.setText(rule.title)
        self._text.setText(rule.sentence)
        self._facts.setText(
            _("{severity} · to let it stand: {needs} · source: {source} · {id}").format(
                severity=severity_word(rule.severity.value),
                needs=needs_word(rule.needs.value),
                source=rule.source,
                id=rule.id,
            )
        )
        lines = []
        for one in rule.examples[:_EXAMPLES]:
            case = one.case
            targets = _(", ").join(chosen.reference.name for chosen in case.targets) or "—"
            sign = "✗" if one.fires else "✓"
            lines.append(f"{sign} {case.local.name} → {targets} · {_relation(one.case.relation)}")
        self._examples.setText("\n".join(lines))


class StylePanel(QWidget):
    """What was learned from the list about codes of the hospital's own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model: RowTableModel[CodeStyle] = RowTableModel(_style_columns(), self)
        self.table = RowTable(self._model)
        self.table.setAccessibleName(_("Code style"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(
            label(
                _(
                    "Learned from the hospital's own list. New codes of a refinement are numbered "
                    "this way, and one written otherwise has to be accepted by name."
                ),
                look="muted",
                wrap=True,
            )
        )
        column.addWidget(self.table, 1)

    def show_styles(self, styles: Sequence[CodeStyle]) -> None:
        """Show the style of each kind of code."""
        self.table.show_rows(styles)


def _relation(relation: object) -> str:
    return relation_word(str(getattr(relation, "value", "")))


def _columns() -> tuple[Column[Rule], ...]:
    return (
        Column(
            N_("Weight"),
            lambda rule: severity_word(rule.severity.value),
            width=84,
            tone=lambda rule: _TONES[rule.severity],
        ),
        Column(N_("Rule"), lambda rule: rule.title),
        Column(N_("Lets it stand"), lambda rule: needs_word(rule.needs.value), width=130),
        Column(N_("Number"), lambda rule: rule.id, width=190, code=True, muted=True),
    )


def _style_columns() -> tuple[Column[CodeStyle], ...]:
    return (
        Column(N_("Kind"), lambda style: kind_word(style.kind.value), width=120),
        Column(N_("Examples"), lambda style: "  ".join(style.examples), code=True),
        Column(N_("Letters before"), lambda style: style.lead or "—", width=110, code=True),
        Column(N_("Digits"), lambda style: str(style.width or "A–Z"), width=80, right=True),
        Column(N_("From"), lambda style: str(style.first), width=80, right=True),
        Column(
            N_("Share of own codes"),
            lambda style: wording.share(round(style.share * 1000), 1000),
            width=150,
            right=True,
        ),
    )
