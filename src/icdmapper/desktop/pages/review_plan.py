"""How the second check stands: agreement, what the sample says, and a new plan to draw."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIntValidator, QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QWidget

from icdmapper.desktop import check_words, wording
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.review_risks import RuleCounts
from icdmapper.desktop.tasks import Lane
from icdmapper.desktop.widgets.labels import label
from icdmapper.model.events import Act
from icdmapper.resolution.checking import CheckFigures
from icdmapper.resolution.replaying import Replayed
from icdmapper.texts import _

_DEFAULT_SIZE = 200
_MOST = 999_999


class PlanPanel(QFrame):
    """Opened and closed with G; Enter in a field draws the sample."""

    planned = Signal()
    """Another plan is in force."""
    figured = Signal(object)
    """The figures that are shown now."""
    left = Signal()

    def __init__(
        self, desk: Desk, counts: RuleCounts, today: date, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._counts = counts
        self._desk = desk
        self.setProperty("surface", True)
        self._values = [label(copy=True) for _place in range(9)]
        self._sentence = label(look="muted", wrap=True)
        self._size = QLineEdit(str(_DEFAULT_SIZE))
        # The day says which draw it was, and anybody can draw it again.
        self._seed = QLineEdit(f"{today:%Y%m%d}")
        self._draw = QPushButton(_("Draw the sample"))
        self._build_ui()
        for field in (self._size, self._seed):
            field.returnPressed.connect(self._on_draw)
        self._draw.clicked.connect(lambda _on=False: self._on_draw())
        self.hide()

    def begin(self) -> None:
        """Open it, the keyboard on the size."""
        self.show()
        self._size.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._size.selectAll()

    def toggle(self) -> None:
        """Open it, or close it and give the keyboard back."""
        if self.isHidden():
            self.begin()
        else:
            self.hide()
            self.left.emit()

    def read(self) -> None:
        """Read the figures again."""
        checking = self._desk.services.checking
        self._desk.tasks.start(
            lambda _task: checking.figures(),
            owner=self,
            on_done=self.show_figures,
            lane=Lane.LOOKUP,
        )

    def show_figures(self, found: CheckFigures) -> None:
        """Show how the checking stands."""
        self.figured.emit(found)
        plan = found.plan
        texts = (
            wording.number(found.all.pairs),
            check_words.share(found.all),
            check_words.kappa(found.all),
            wording.number(found.blind.pairs),
            check_words.share(found.blind),
            check_words.kappa(found.blind),
            f"{found.sample.checked} / {len(plan.sample)}" if plan else "—",
            wording.number(found.sample.errors) if plan else "—",
            check_words.estimate(found.sample),
        )
        for made, text in zip(self._values, texts, strict=True):
            made.setText(text)
        if plan is None:
            said = _(
                "No plan yet: every decided row waits. A plan checks all risky rows and a random "
                "sample of the rest; the errors in the sample say what to expect of the rest."
            )
        else:
            said = _(
                "Plan of {time} by {name}: {risky} risky rows, {sample} of {rest} others drawn "
                "with seed {seed}. Between the two figures lies the true rate with 95 %."
            ).format(
                time=wording.moment(plan.at),
                name=plan.by,
                risky=wording.number(len(plan.risky)),
                sample=wording.number(len(plan.sample)),
                rest=wording.number(plan.rest),
                seed=plan.seed,
            )
        self._sentence.setText(said)

    def show_replayed(self, replayed: Replayed) -> bool:
        """A plan that is taken back, or in force again, is shown here; False for another act."""
        if drawn := replayed.of is Act.PLAN_DRAWN:
            self.show()
            self.planned.emit()
        return drawn

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Escape closes it."""
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            self.left.emit()
            return
        super().keyPressEvent(event)

    def _build_ui(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(16, 12, 16, 12)
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(6)
        for column, word in enumerate((_("checks"), _("agreement"), _("Cohen's kappa")), start=1):
            grid.addWidget(label(word, look="small"), 0, column, Qt.AlignmentFlag.AlignRight)
        for row, word in enumerate((_("All checks"), _("Blind checks")), start=1):
            grid.addWidget(label(word), row, 0)
            for column in range(3):
                value = self._values[(row - 1) * 3 + column]
                grid.addWidget(value, row, column + 1, Qt.AlignmentFlag.AlignRight)
        sample = (_("Sample checked"), _("errors in it"), _("error rate, 95 % interval"))
        for row, word in enumerate(sample):
            grid.addWidget(label(word, look="muted"), row, 5)
            grid.addWidget(self._values[6 + row], row, 6, Qt.AlignmentFlag.AlignRight)
        grid.setColumnMinimumWidth(4, 28)
        grid.setColumnStretch(7, 1)
        form = QHBoxLayout()
        form.setSpacing(8)
        for word, field, width in ((_("Size"), self._size, 76), (_("Seed"), self._seed, 96)):
            field.setFixedWidth(width)
            field.setValidator(QIntValidator(0, 99_999_999, field))
            field.setAlignment(Qt.AlignmentFlag.AlignRight)
            field.setAccessibleName(word)
            form.addWidget(label(word, look="muted"))
            form.addWidget(field)
        form.addWidget(self._draw)
        grid.addLayout(form, 0, 8, 2, 1, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self._sentence, 3, 0, 1, 9)

    def _on_draw(self) -> None:
        size, seed = self._size.text(), self._seed.text()
        if size and seed:
            self._make(min(int(size), _MOST), int(seed))

    def _make(self, size: int, seed: int) -> None:
        checking, by = self._desk.services.checking, self._desk.person
        counts = self._counts.by_row
        self._desk.notices.clear()
        self._desk.tasks.start(
            lambda _task: checking.make_plan(by=by, size=size, seed=seed, findings=counts),
            owner=self,
            on_done=lambda _plan: self._on_made(),
        )

    def _on_made(self) -> None:
        self._desk.undo.begin_anew()
        self.planned.emit()
