"""A new edition over decisions: weighed before, and carried out within the import's transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from icdmapper.model.codes import CodeSet, NewCode, Side
from icdmapper.model.editions import Comparison, Effect, Outcome, Recall, Weighed
from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act, Event, NewEvent
from icdmapper.model.mapping import Mapping, State
from icdmapper.model.people import Person, Right
from icdmapper.model.refinement import standing
from icdmapper.resolution.edition_effects import Decided, weigh_local, weigh_reference
from icdmapper.resolution.recalling import carry_out, weigh_recall
from icdmapper.resolution.states import check_step
from icdmapper.storage.unit_of_work import UnitOfWork
from icdmapper.texts import _

_WRITTEN = (Outcome.RETIRED, Outcome.REOPENED, Outcome.RETURNED, Outcome.ANNOUNCED)


class Overtaking:
    """What importing asks before it stores a new edition, and has done while it stores it."""

    def weigh(
        self, work: UnitOfWork, side: Side, comparisons: Sequence[Comparison[Any, NewCode]]
    ) -> tuple[Weighed, ...]:
        """What new editions of one side do, in the same order."""
        decided = _decided(work)
        rule = weigh_local if side is Side.LOCAL else weigh_reference
        return tuple(rule(comparison, decided) for comparison in comparisons)

    def apply(
        self, work: UnitOfWork, weighed: Weighed, *, by: Person, at: datetime, batch: str
    ) -> None:
        """Change the mappings, and append one event for each with the answer it had.

        Raises:
            RefusedError: `by` may not sign a new edition over decisions.
            ConflictError: somebody changed one of the mappings meanwhile.
        """
        role = None
        if weighed.needs_signature:
            role = work.people.require(by, Right.TAKE_EDITION)
        outcomes = weighed.by_outcome()
        effects = [effect for outcome in _WRITTEN for effect in outcomes.get(outcome, ())]
        after = [_after(effect) for effect in effects]
        for effect, mapping in zip(effects, after, strict=True):
            if role is not None:
                check_step(effect.before.state, Act.EDITION_CHANGED, mapping.state, role)
        work.mappings.save_many(
            [
                mapping
                for effect, mapping in zip(effects, after, strict=True)
                if mapping != effect.before
            ]
        )
        work.events.add(
            [
                NewEvent(
                    Act.EDITION_CHANGED, by.name, at, batch, effect.local.id, effect.before,
                    mapping, detail=_detail(effect),
                )
                for effect, mapping in zip(effects, after, strict=True)
            ]
        )  # fmt: skip

    def weigh_recall(self, work: UnitOfWork, edition: CodeSet, earlier: CodeSet | None) -> Recall:
        """What taking an edition back would do."""
        return weigh_recall(work, edition, earlier)

    def recall(self, work: UnitOfWork, recall: Recall, *, by: Person, at: datetime) -> None:
        """Put the answers back as they were; see `recalling.carry_out`."""
        carry_out(work, recall, by=by, at=at)


def refuse_edition(events: Sequence[Event]) -> None:
    """A new edition is not taken back row by row.

    Raises:
        RefusedError: one of the acts is that of a new edition.
    """
    if any(event.act is Act.EDITION_CHANGED for event in events):
        raise RefusedError(
            _(
                "The last thing you did was to take a new edition. It is taken back as a whole, on "
                "the import page, as long as nobody has worked on what it changed."
            )
        )


def _decided(work: UnitOfWork) -> Decided:
    local_codes = work.code_sets.local_codes()
    mappings = {one.local_id: one for one in work.mappings.in_use()}
    plans = work.refinements.all()
    touched = {one: Mapping(one) for plan in plans for one in plan.codes_touched}
    return Decided(local_codes, mappings, standing(plans, {**touched, **mappings}))


def _after(effect: Effect) -> Mapping:
    before = effect.before
    match effect.outcome:
        case Outcome.RETIRED:
            return replace(
                before, state=State.RETIRED, version=before.version + 1, checked_by="",
                checked_at=None,
            )  # fmt: skip
        case Outcome.REOPENED | Outcome.RETURNED:
            return Mapping(before.local_id, version=before.version + 1)
        case _:
            return before


def _detail(effect: Effect) -> str:
    told: dict[str, object] = {"why": effect.why.value if effect.why else ""}
    for word, value in (("was", effect.was), ("now", effect.now)):
        if value:
            told[word] = list(value)
    if effect.successors:
        told["successors"] = [list(one) for one in effect.successors]
    return json.dumps(told, ensure_ascii=False)
