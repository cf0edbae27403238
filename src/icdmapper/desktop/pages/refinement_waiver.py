"""Letting a planned child stand although it breaks a rule: by whoever may, with a reason."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QWidget

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.dispute_bar import ReasonBar
from icdmapper.desktop.tasks import Lane, Latest
from icdmapper.model.judgement import Needs, Severity
from icdmapper.model.refinement import Child
from icdmapper.resolution.judging import Judged
from icdmapper.texts import N_, _
from icdmapper.texts.singular import counted

Focus = Callable[[], tuple[int, Child] | None]


class ChildWaiver(ReasonBar):
    """Says which rule stops the child in focus, and asks why it may stand all the same."""

    def __init__(self, desk: Desk, focus: Focus, parent: QWidget | None = None) -> None:
        """`focus` tells the parent's id and the child as the screen has it at that moment."""
        super().__init__(
            hint=_("Why it may stand although a rule objects"),
            name=_("Reason for the waiver"),
            button=_("Let it stand  Enter"),
            parent=parent,
        )
        # It holds the sentence of a rule, which may be longer than the page is wide.
        self._question.setWordWrap(True)
        self._desk = desk
        self._focus = focus
        self._reading = Latest(desk.tasks, self, Lane.LOOKUP)
        self._wanted: tuple[int, Child, tuple[str, ...]] | None = None
        self.opened.connect(self._on_opened)

    def begin(self) -> None:
        """Ask the rules about the child in focus, then for the reason."""
        self.end()
        focus = self._focus()
        if focus is None:
            return
        local_id, child = focus
        judging = self._desk.services.judging
        self._reading.ask(
            lambda _task: judging.findings_of_child(local_id, child),
            partial(self._on_found, local_id, child),
        )

    def _on_found(self, local_id: int, child: Child, found: tuple[Judged, ...]) -> None:
        stops = [
            one.finding
            for one in found
            if one.stands_open and one.finding.severity is Severity.STOP
        ]
        if not stops:
            self._desk.notices.hint(_("No rule stops this child."))
            return
        if any(one.needs is Needs.OTHER_ANSWER for one in stops):
            self._desk.notices.hint(_("Choose again: nobody can waive this."))
            return
        self._wanted = (local_id, child, tuple(one.rule_id for one in stops))
        self.ask(" ".join(one.sentence for one in stops))

    def _on_opened(self, reason: str) -> None:
        if self._wanted is None:
            return
        (local_id, child, rules), self._wanted = self._wanted, None
        judging, by = self._desk.services.judging, self._desk.person
        said = counted(N_("{count} rules waived for {name}."), len(rules), name=child.name)

        def done(_given: object) -> None:
            self._desk.notices.done(said)
            self._desk.undo.begin_anew()

        self._desk.tasks.start(
            lambda _task: judging.waive_all(local_id, rules, reason, by=by, child=child),
            owner=self,
            on_done=done,
        )
        self.end()
        self.left.emit()
