"""The row in focus of the second check: as on the workbench, with the decision or without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.context import Surroundings
from icdmapper.desktop.pages.row import RowPanel
from icdmapper.desktop.tasks import Lane
from icdmapper.model.codes import ReferenceCode
from icdmapper.model.mapping import Mapping, Relation
from icdmapper.model.marks import Tone
from icdmapper.model.proposals import Proposal
from icdmapper.resolution.check_session import main_of, masked, masked_proposal, same_answer
from icdmapper.resolution.checking import CheckRow
from icdmapper.resolution.session import ReviewSession
from icdmapper.resolution.worklist import WorkFilter
from icdmapper.texts import _

_READY_AHEAD = 8


class CheckedRow(RowPanel):
    """Shows one decided row; a blind checker finds nothing on it that tells the decision."""

    agreeing = Signal(bool)
    """Whether Enter would say now what the decision says."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        self._alone = ReviewSession()
        self._alone.set_filter(WorkFilter(state=None))
        self._mapping: Mapping | None = None
        self._blind = False
        super().__init__(desk, self._alone, parent)
        self._decision.name_button(_("Answer  Enter"))

    @property
    def agrees(self) -> bool:
        """Whether Enter would say what the decision says; never so while it is hidden."""
        if self._mapping is None or self._blind:
            return False
        none = self._relation is Relation.NO_COUNTERPART
        if self._alone.current is None or (self._alone.candidate is None and not none):
            return False
        return same_answer(self._mapping, self.pending_choice())

    def show_check(self, one: CheckRow | None, upcoming: Sequence[int], *, blind: bool) -> None:
        """Show a row of the queue, and read what comes next before it is needed."""
        if blind:
            # What surrounds a row is read a moment later; until then nothing of it may be seen.
            self._context.clear()
        self._blind = blind
        self._mapping = one.row.mapping if one else None
        rows = () if one is None else (masked(one.row) if blind else one.row,)
        self._alone.set_rows(rows)
        self.show_row()
        # The note is the checker's own; the decider's stands above with the decision.
        self._decision.begin_row("")
        if one is not None and blind:
            self._focus.hide_answer(_("The decision is hidden until you have answered."))
        self._ready.read_ahead(upcoming)

    def pick(self, number: int) -> None:
        """Put another candidate in focus; the decided one keeps its decided relation."""
        super().pick(number)
        self._take_over_relation()

    def _show_proposal(self, proposal: Proposal) -> None:
        super()._show_proposal(masked_proposal(proposal) if self._blind else proposal)
        if not self._blind:
            self._show_decided()

    def _show_decided(self) -> None:
        """Put the decision in focus, so that Enter agrees with it."""
        mapping = self._mapping
        if mapping is None or mapping.relation is Relation.NO_COUNTERPART:
            self._take_over_relation()
            return
        wanted = main_of(mapping)
        ids = [one.reference_id for one in self._alone.candidates]
        if wanted in ids:
            self.pick(ids.index(wanted))
        elif wanted is not None:
            catalog = self._desk.services.catalog
            self._desk.tasks.start(
                lambda _task: catalog.reference(wanted),
                owner=self,
                on_done=lambda found: self._on_decided_read(mapping, found),
                lane=Lane.LOOKUP,
            )

    def _on_decided_read(self, mapping: Mapping, found: ReferenceCode) -> None:
        if self._mapping is mapping and not self._blind:
            self._alone.offer_found([found])
            self._show_candidates()
            self.pick(0)

    def _take_over_relation(self) -> None:
        mapping, candidate = self._mapping, self._alone.candidate
        if mapping is None or self._blind:
            return
        none = mapping.relation is Relation.NO_COUNTERPART
        if none or (candidate is not None and candidate.reference_id == main_of(mapping)):
            self._relation = mapping.relation
            self._show_choice()

    def _show_choice(self) -> None:
        super()._show_choice()
        if self._mapping is None:
            self._decision.show_verdict("", Tone.PLAIN)
        elif self._blind:
            self._decision.show_verdict(_("compared after Enter"), Tone.PLAIN)
        elif self.agrees:
            self._decision.show_verdict(_("agrees with the decision"), Tone.SAME)
        else:
            self._decision.show_verdict(_("differs: opens a dispute"), Tone.WRONG)
        self.agreeing.emit(self.agrees)

    def _allowed(self, found: Surroundings) -> Surroundings:
        """A blind checker sees neither what happened to the row nor that it is mapped here."""
        if not self._blind or self._mapping is None:
            return found
        own = self._mapping.local_id
        used_by = tuple(one for one in found.used_by if one.local_id != own)
        return replace(found, used_by=used_by, history=(), thread=())
