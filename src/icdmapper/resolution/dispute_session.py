"""What the page of disputes shows and may do next: list, card, pending settlement. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from icdmapper.model.checks import Opinion
from icdmapper.model.codes import ReferenceCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act
from icdmapper.model.mapping import Choice, Relation, Target
from icdmapper.model.names import normalise
from icdmapper.model.proposals import Candidate, Proposal
from icdmapper.resolution.check_session import main_of
from icdmapper.resolution.disputes import Dispute
from icdmapper.resolution.replaying import Replayed
from icdmapper.texts import N_, _

REASONS = (
    N_("Clinically the same."),
    N_("The reference does not divide so finely; assign it to the coarser entry."),
    N_("Not enough evidence in the record; take the unspecified entry."),
    N_("Site and side as written in the record."),
    N_("The local code is too coarse and should be refined."),
)
"""The usual reasons of a settlement, one key each."""

_PROPOSED = 3
"""So many candidates nobody holds are offered beside the contested answers."""


@dataclass(frozen=True, slots=True)
class CardOption:
    """One answer on a clinician's card.

    `by` are those who hold it; nobody holds what the program proposes or a search found.
    `candidate` carries the reasons, where the entry is among the candidates.
    """

    opinion: Opinion
    by: tuple[str, ...] = ()
    candidate: Candidate | None = None
    proposed: bool = False


class DisputeSession:
    """One person's place in the list of disputes."""

    def __init__(self) -> None:
        self._all: tuple[Dispute, ...] = ()
        self._visible: tuple[Dispute, ...] = ()
        self._words: list[str] = []
        self._cursor = 0
        self._picked = 0
        self._found: tuple[ReferenceCode, ...] = ()
        self._proposal: Proposal | None = None

    @property
    def visible(self) -> tuple[Dispute, ...]:
        """The disputes that pass the filter, the most frequent code first."""
        return self._visible

    @property
    def total(self) -> int:
        """How many disputes are open."""
        return len(self._all)

    @property
    def cursor(self) -> int:
        """The position of the dispute in focus."""
        return self._cursor

    @property
    def current(self) -> Dispute | None:
        """The dispute in focus."""
        return self._visible[self._cursor] if self._cursor < len(self._visible) else None

    @property
    def picked(self) -> int:
        """The position of the option in focus."""
        return self._picked

    @property
    def options(self) -> tuple[CardOption, ...]:
        """What can be chosen: what a search found, what somebody holds, what is proposed."""
        dispute = self.current
        if dispute is None:
            return ()
        proposed = self._proposal.candidates if self._proposal else ()
        known = {one.reference_id: one for one in proposed}
        held = [one for one in dispute.options if one.opinion.relation is not None]
        shown = [
            CardOption(one.opinion, one.by, known.get(main_of(one.opinion) or 0)) for one in held
        ]
        mains = {main_of(one.opinion) for one in held}
        name = normalise(dispute.local.name)
        found = [_found(one, name, known.get(one.id)) for one in self._found]
        offered = [
            CardOption(_opinion(one), (), one, proposed=True)
            for one in proposed
            if one.reference_id not in mains and not one.heading
        ]
        return (*found, *shown, *offered[:_PROPOSED])

    @property
    def option(self) -> CardOption | None:
        """The option in focus."""
        options = self.options
        return options[self._picked] if self._picked < len(options) else None

    def was_spoken_of(self, replayed: Replayed) -> bool:
        """Whether a remark on a row that is shown was taken back, or made again."""
        shown = [one.local for one in self._visible]
        return replayed.of is Act.COMMENTED and replayed.local in shown

    def set_disputes(self, disputes: Sequence[Dispute]) -> None:
        """Show freshly read disputes; the one in focus stays when it is still open."""
        self._all = tuple(disputes)
        self._apply()

    def set_filter(self, text: str) -> None:
        """Show the disputes with these words in code, name, initials or department."""
        self._words = [normalise(word) for word in text.split()]
        self._apply()

    def move_to(self, position: int) -> Dispute | None:
        """Put a dispute in focus, stopping at the ends."""
        self._cursor = max(0, min(position, len(self._visible) - 1))
        self._forget()
        return self.current

    def go_to(self, local_id: int) -> Dispute | None:
        """Put the dispute of a local code in focus, if it is shown."""
        for number, one in enumerate(self._visible):
            if one.local.id == local_id:
                return self.move_to(number)
        return None

    def set_proposal(self, proposal: Proposal) -> bool:
        """Offer candidates if they are for the dispute in focus; says whether they were."""
        if self.current is None or proposal.local_id != self.current.local.id:
            return False
        self._proposal = proposal
        return True

    def offer_found(self, references: Sequence[ReferenceCode]) -> None:
        """Put entries found by hand before the other options."""
        self._found = tuple(references)
        self._picked = 0

    def pick(self, number: int) -> CardOption | None:
        """Put an option in focus; None when there is no such one."""
        if 0 <= number < len(self.options):
            self._picked = number
            return self.option
        return None

    def pending_choice(self, relation: Relation | None, note: str) -> Choice:
        """What settling now would record.

        Raises:
            RefusedError: there is no dispute or no option in focus.
        """
        dispute, option = self.current, self.option
        if dispute is None:
            raise RefusedError(_("There is no code in focus."))
        version = dispute.mapping.version
        if relation is Relation.NO_COUNTERPART:
            return Choice(dispute.local.id, version, relation, (), note)
        if option is None or option.opinion.relation is None:
            raise RefusedError(_("Choose an option, search the reference with “/”, or press N."))
        said = relation or option.opinion.relation
        return Choice(dispute.local.id, version, said, option.opinion.targets, note)

    def _apply(self) -> None:
        focused = self.current.local.id if self.current else None
        self._visible = tuple(one for one in self._all if self._passes(one))
        position = next((n for n, one in enumerate(self._visible) if one.local.id == focused), None)
        if position is None:
            self.move_to(min(self._cursor, max(len(self._visible) - 1, 0)))
        else:
            self._cursor = position

    def _passes(self, one: Dispute) -> bool:
        local = one.local
        text = f"{local.code.lower()}\n{normalise(local.name)}\n{local.initials}"
        text += f"\n{normalise(local.department)}"
        return all(word in text for word in self._words)

    def _forget(self) -> None:
        self._picked = 0
        self._found = ()
        self._proposal = None


def _opinion(candidate: Candidate) -> Opinion:
    target = Target(candidate.reference_id, candidate.code, candidate.name)
    return Opinion(candidate.relation, (target,))


def _found(reference: ReferenceCode, name: str, known: Candidate | None) -> CardOption:
    if known is not None:
        return CardOption(_opinion(known), (), known)
    same = normalise(reference.name) == name
    relation = Relation.EQUIVALENT if same else Relation.OVERLAP
    return CardOption(Opinion(relation, (Target(reference.id, reference.code, reference.name),)))
