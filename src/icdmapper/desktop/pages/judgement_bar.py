"""What the rules of judgement say of the choice about to be recorded; W lets it stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from icdmapper.desktop import check_words
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.tasks import Latest
from icdmapper.desktop.widgets.labels import label, set_look, set_tone
from icdmapper.model.errors import RefusedError
from icdmapper.model.judgement import Needs, Severity
from icdmapper.model.mapping import Choice
from icdmapper.model.marks import Tone
from icdmapper.resolution.judging import Judged
from icdmapper.texts import N_, _
from icdmapper.texts.singular import counted

_PAUSE_MS = 60
"""Candidates that are only passed by are not judged."""
_SHOWN = 3
_TONES = {Severity.STOP: Tone.WRONG, Severity.WARN: Tone.MISSING, Severity.NOTE: Tone.PLAIN}


class JudgementBar(QFrame):
    """The findings of the pending choice, the gravest first; hidden when there are none."""

    spoke = Signal(bool)
    """Whether there is something to say."""

    def __init__(
        self, desk: Desk, pending: Callable[[], Choice], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._pending = pending
        self._found: tuple[Judged, ...] = ()
        self._tight = False
        self._aside = False
        self._asking = Latest(desk.tasks, self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._ask)
        desk.changes.beside_changed.connect(self._ask)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 6)
        column.setSpacing(3)
        self._lines = [label(wrap=True, copy=True) for _line in range(_SHOWN)]
        self._how = label(look="muted", wrap=True)
        for one in (*self._lines, self._how):
            column.addWidget(one)
        self.hide()

    def set_tight(self, *, tight: bool) -> None:
        """In a low window one finding is shown, and how many more there are."""
        if tight != self._tight:
            self._tight = tight
            self._show(self._found)

    def step_aside(self, aside: bool) -> None:
        """Make room for something else in a low window, for a while."""
        self._aside = aside
        self._show(self._found)

    def look_again(self) -> None:
        """The choice changed: ask the rules in a moment."""
        self._timer.start()

    def waive(self) -> None:
        """Let the choice stand; the note is the reason. Only for those who may."""
        stops = [one for one in self._found if _stops(one)]
        if not stops:
            self._desk.notices.hint(_("No rule stops this choice."))
            return
        if _asks_another(stops):
            self._desk.notices.hint(_way_out(stops))
            return
        choice = self._pending()
        if not choice.note.strip():
            self._desk.notices.hint(_("Write the reason into the note first (T)."))
            return
        judging, by = self._desk.services.judging, self._desk.person
        rules = [one.finding.rule_id for one in stops]
        self._desk.tasks.start(
            lambda _task: judging.waive_all(
                choice.local_id, rules, choice.note, by=by, choice=choice
            ),
            owner=self,
            on_done=lambda given: self._on_waived(len(given)),
        )

    def refuses(self, error: Exception) -> bool:
        """Whether a refusal is shown here already; then here it is said that nothing was kept."""
        stops = [one for one in self._found if _stops(one)]
        shown = [one.finding.sentence for one in self._found[:_SHOWN] if _stops(one)]
        said = any(one in str(error) for one in shown)
        if _asks_another(stops) and type(error) is RefusedError and not self._timer.isActive():
            # What nobody can waive is refused by other words too: those of the code set itself.
            said = True
        if not self.isVisible() or not said:
            return False
        self._how.setText(_("Nothing was recorded. {how}").format(how=_way_out(stops)))
        return True

    def _ask(self) -> None:
        above = self.parentWidget()
        if above is None or not above.isVisible():
            # The page was left, or the window closed, before the moment was over.
            return
        judging = self._desk.services.judging
        try:
            choice = self._pending()
        except RefusedError:
            self._show(())
            return
        self._asking.ask(lambda _task: judging.findings_of(choice), self._show)

    def _show(self, found: tuple[Judged, ...]) -> None:
        self._found = found
        shown = found[: 1 if self._tight else _SHOWN]
        for line, one in zip(self._lines, shown, strict=False):
            line.setText(check_words.finding(one))
            set_tone(line, _TONES[one.finding.severity] if one.waiver is None else Tone.PLAIN)
        for number, line in enumerate(self._lines):
            line.setVisible(number < len(shown))
        stops = [one for one in found if _stops(one)]
        set_look(self, "notice", "stop" if stops else "help")
        said = _way_out(stops)
        more = len(found) - len(shown)
        if more:
            said = " ".join(filter(None, (said, counted(N_("{count} more findings."), more))))
        self._how.setText(said)
        self._how.setVisible(bool(said))
        self.setToolTip("\n".join(map(check_words.finding, found)) if more else "")
        self.setVisible(bool(shown) and not (self._aside and self._tight))
        self.spoke.emit(bool(shown))

    def _on_waived(self, count: int) -> None:
        said = counted(N_("{count} rules waived"), count)
        self._desk.notices.done(said, _("Enter records the choice."))
        self._desk.undo.begin_anew()
        self._ask()


def _stops(one: Judged) -> bool:
    return one.finding.severity is Severity.STOP and one.stands_open


def _way_out(stops: Sequence[Judged]) -> str:
    """What a person can do about the rules that stop a choice; "" where none does."""
    if not stops:
        return ""
    if _asks_another(stops):
        return _("Choose again: nobody can waive this.")
    if all(one.finding.asks_note for one in stops):
        return _("Choose again, or say why in the note (T): that is all it takes.")
    if any(one.finding.needs is Needs.CLINICIAN for one in stops):
        return _(
            "Choose again, or open a dispute (D); a clinician may write the reason (T) and let it "
            "stand with W."
        )
    return _("Choose again, or write the reason (T) and let it stand with W.")


def _asks_another(stops: Sequence[Judged]) -> bool:
    return any(one.finding.needs is Needs.OTHER_ANSWER for one in stops)
