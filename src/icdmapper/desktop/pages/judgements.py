"""The dealings of the check and dispute pages with the services, one act at a time."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal

from icdmapper.desktop.pages.decisions import Decisions
from icdmapper.model.mapping import Choice, Mapping


class Judgements(Decisions):
    """Saves checks, disputes and settlements as `Decisions` saves decisions."""

    checked = Signal(object)
    """The mapping after a check: checked, or disputed when the answers differ."""
    disputed = Signal(object)
    settled = Signal(object)
    remarked = Signal(object)
    """The local id whose thread has grown."""

    def check(self, choice: Choice, *, blind: bool) -> None:
        """Save the checker's own answer."""
        checking, by = self._desk.services.checking, self._desk.person
        self._judge(
            choice.local_id, lambda: checking.check(choice, by=by, blind=blind), self.checked.emit
        )

    def agree(self, mapping: Mapping) -> None:
        """Save that the checker has seen the decision and agrees."""
        checking, by = self._desk.services.checking, self._desk.person
        self._judge(
            mapping.local_id,
            lambda: checking.agree(mapping.local_id, seen_version=mapping.version, by=by),
            self.checked.emit,
        )

    def dispute(self, mapping: Mapping, reason: str, instead: Choice | None) -> None:
        """Save that a person contests an answer, or asks about an open code."""
        disputes, by = self._desk.services.disputes, self._desk.person
        self._judge(
            mapping.local_id,
            lambda: disputes.open(
                mapping.local_id,
                seen_version=mapping.version,
                reason=reason,
                by=by,
                instead=instead,
            ),
            self.disputed.emit,
        )

    def settle(self, choice: Choice, *, on_behalf_of: str) -> None:
        """Save the answer that ends a dispute."""
        disputes, by = self._desk.services.disputes, self._desk.person
        self._judge(
            choice.local_id,
            lambda: disputes.settle(choice, by=by, on_behalf_of=on_behalf_of),
            self.settled.emit,
        )

    def say(self, local_id: int, text: str, opinion: Choice | None = None) -> None:
        """Save a remark, with an opinion or without."""
        disputes, by = self._desk.services.disputes, self._desk.person
        self._judge(
            local_id,
            lambda: disputes.say(local_id, text, by=by, opinion=opinion),
            lambda _thread: self.remarked.emit(local_id),
        )

    def _judge(
        self, local_id: int, work: Callable[[], object], on_done: Callable[..., None]
    ) -> None:
        self._act(work, on_done, lambda error: self._on_refused(error, local_id))
