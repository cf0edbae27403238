"""Acts beside the mappings, taken back and done again as the log tells: rows given, remarks, roles.

The log holds with each of them what it changed. Whoever takes one back needs the right to it still,
and what somebody else changed since is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from datetime import datetime

from icdmapper.model.codes import NewCode
from icdmapper.model.errors import ConflictError, RefusedError
from icdmapper.model.events import Act, Event, EventFilter, NewEvent
from icdmapper.model.icd import canonical
from icdmapper.model.judgement import Waiver
from icdmapper.model.mapping import State
from icdmapper.model.packets import Assignment
from icdmapper.model.people import Person, Right, Role
from icdmapper.model.refinement import Refinement
from icdmapper.resolution import surroundings
from icdmapper.resolution.people import person_values, refuse_without_coordinator
from icdmapper.resolution.refinement import refuse_problems, residual_key
from icdmapper.resolution.states import check_step
from icdmapper.storage.unit_of_work import UnitOfWork
from icdmapper.texts import _


@dataclass(frozen=True, slots=True)
class Way:
    """Who takes an act back, with `back`, or does it again, and when."""

    by: Person
    at: datetime
    back: bool


def replay(work: UnitOfWork, way: Way, events: Sequence[Event], batch: str) -> None:
    """Take the acts of one gesture back, or do them again, and tell it in the log as `batch`.

    Raises:
        ConflictError: somebody else has changed what it was about since.
        RefusedError: the person may not any more, or it would break a rule now.
    """
    act = Act.UNDONE if way.back else Act.REDONE
    for event in reversed(events) if way.back else events:
        _REPLAYS[event.act](work, way, event)
        work.events.add(
            [
                NewEvent(
                    act, way.by.name, way.at, batch, event.local_id,
                    undoes=event.batch, detail=event.text,
                )
            ]
        )  # fmt: skip


def spans(ids: Iterable[int]) -> str:
    """Many numbers in few letters: 1-5,9."""
    found: list[list[int]] = []
    for one in sorted(ids):
        if found and one == found[-1][-1] + 1:
            found[-1][1:] = [one]
        else:
            found.append([one])
    return ",".join("-".join(map(str, span)) for span in found)


def spanned(text: str) -> tuple[int, ...]:
    """The numbers that `spans` wrote down."""
    found: list[int] = []
    for part in filter(None, text.split(",")):
        first, _dash, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return tuple(found)


def _assigned(work: UnitOfWork, way: Way, event: Event) -> None:
    work.people.require(way.by, Right.ASSIGN)
    had = {one: name for name, ids in event.way["had"].items() for one in spanned(ids)}
    given = dict.fromkeys(had, event.way["to"])
    now, wanted = (given, had) if way.back else (had, given)
    refuse_moved(work.assignments.all(), now)
    people = work.people.all()
    working = {one.name for one in people if one.active}
    for name in dict.fromkeys(wanted.values()):
        if name and people and name not in working:
            raise RefusedError(_("{name} does not work in this project.").format(name=name))
    work.assignments.take(wanted)
    work.assignments.give(
        [Assignment(one, name, way.by.name, way.at) for one, name in wanted.items() if name]
    )


def refuse_moved(has: Table[int, Assignment], seen: Table[int, str]) -> None:
    """Refuse unless everybody still has the rows they are said to have, "" for nobody.

    Raises:
        ConflictError: somebody gave one of the rows to somebody else since.
    """
    for one, name in seen.items():
        holder = has[one].person if one in has else ""
        if holder != name:
            raise ConflictError(
                _("Some of these rows were given to {person} meanwhile; look again.").format(
                    person=holder or _("nobody")
                )
            )


def _waived(work: UnitOfWork, way: Way, event: Event) -> None:
    assert event.local_id is not None
    role = work.people.require(way.by, Right.WAIVE)
    held = work.waivers.of(event.local_id)
    given = next(one for one in held if one.id == event.way["waiver"])
    standing = [one.id for one in held if not one.withdrawn and _same(one, given)]
    if not way.back:
        if given.role is Role.CLINICIAN and role is not Role.CLINICIAN:
            raise RefusedError(
                _("Rule {rule} can only be waived by a clinician.").format(rule=given.rule_id)
            )
        work.waivers.add(replace(given, role=role, at=way.at, withdrawn=False))
    elif standing:
        work.waivers.withdraw(standing[-1:])
    else:
        raise ConflictError(_("Somebody has taken this waiver back already."))


def _said(work: UnitOfWork, way: Way, event: Event) -> None:
    assert event.local_id is not None
    role, mapping = work.people.role_of(way.by), work.mappings.get(event.local_id)
    check_step(mapping.state, Act.COMMENTED, mapping.state, role)
    if "targets" in event.way and mapping.state is not State.DISPUTED:
        raise ConflictError(
            _("The dispute has ended since; the opinions in it stay as they were said.")
        )
    work.checks.withdraw(event.batch, withdrawn=way.back)


def _packet_made(work: UnitOfWork, way: Way, event: Event) -> None:
    work.people.require(way.by, Right.RECORD_SETTLEMENT)
    packet = work.packets.get(event.way["packet"])
    mappings = work.mappings.get_many([row.local_id for row in packet.rows])
    if any(mappings[row.local_id].version != row.version for row in packet.rows):
        raise ConflictError(
            _("Questions of this packet were answered or changed since; it stays handed out.")
        )
    work.packets.withdraw(packet.id, withdrawn=way.back)


def _same(one: Waiver, other: Waiver) -> bool:
    """Whether it is the waiver itself or one that was given anew in its place."""
    return replace(one, id=0, at=other.at, role=other.role, withdrawn=False) == replace(
        other, id=0, withdrawn=False
    )


def _person_changed(work: UnitOfWork, way: Way, event: Event) -> None:
    work.people.require(way.by, Right.MANAGE_PEOPLE)
    name, was, became = event.way["name"], event.way["was"], event.way["now"]
    left_behind, wanted = (became, was) if way.back else (was, became)
    secret = work.people.secret(name)
    if secret is None or person_values(secret.member) != left_behind:
        raise ConflictError(_("Somebody changed {name} since.").format(name=name))
    if (
        event.way.get("added")
        and way.back
        and work.events.count(EventFilter(by=name, after=event.id))
    ):
        raise ConflictError(
            _("{name} has worked here since; let them go on the page of people.").format(name=name)
        )
    role, active, account = wanted
    work.people.change(replace(secret.member, role=Role(role), active=active, account=account))
    refuse_without_coordinator(work)


def _plan_drawn(work: UnitOfWork, way: Way, event: Event) -> None:
    work.people.require(way.by, Right.ASSIGN, Right.CHECK)
    number, in_force = event.way["plan"], work.checks.plan()
    newest = in_force.id if in_force else 0
    if newest > number or (way.back and newest != number):
        raise ConflictError(_("Another sampling plan was drawn since; it stays in force."))
    work.checks.withdraw_plan(number, withdrawn=way.back)


def _child_renamed(work: UnitOfWork, way: Way, event: Event) -> None:
    work.people.require(way.by, Right.SIGN_REFINEMENT)
    plan = _standing(work, event.way["plan"])
    if plan is None or not plan.signed:
        raise ConflictError(_("This refinement is not signed any more."))
    was, became = event.way["was"], event.way["now"]
    left_behind, wanted = (became, was) if way.back else (was, became)
    old = next((one for one in plan.children if one.code == event.way["code"]), None)
    if old is None or old.local_id is None or old.name != left_behind["name"]:
        raise ConflictError(_("Somebody gave this child another name since."))
    new = replace(old, name=wanted["name"], renamed_from=wanted["from"])
    children = tuple(new if one == old else one for one in plan.children)
    changed = replace(plan, revision=plan.revision + 1, children=children)
    refuse_problems(surroundings.problems(work, changed), accept_style=True)
    kind = work.code_sets.local(plan.local_id).kind
    code = NewCode(new.code, canonical(new.code), new.name, kind, 0)
    work.refinements.change_local_code(old.local_id, code, initials=wanted["initials"])
    work.refinements.save(changed)


def _standing(work: UnitOfWork, number: int) -> Refinement | None:
    plan = work.refinements.get(number)
    return plan.as_it_stands(work.mappings.get_many(plan.codes_touched))


def _default_allowed(work: UnitOfWork, way: Way, event: Event) -> None:
    work.people.require(way.by, Right.SETTLE)
    plan = _standing(work, event.way["plan"])
    left_behind, wanted = (way.by.name, "") if way.back else ("", way.by.name)
    if (
        plan is None
        or plan.residual_allowed_by != left_behind
        or residual_key(plan.children) != event.way["residual"]
    ):
        raise ConflictError(_("Somebody has written into this plan since."))
    stored = work.refinements.get(plan.id)
    work.refinements.save_head(
        replace(stored, revision=stored.revision + 1, residual_allowed_by=wanted)
    )


_REPLAYS: dict[Act, Callable[[UnitOfWork, Way, Event], None]] = {
    Act.ASSIGNED: _assigned,
    Act.WAIVED: _waived,
    Act.COMMENTED: _said,
    Act.PACKET_MADE: _packet_made,
    Act.PERSON_CHANGED: _person_changed,
    Act.PLAN_DRAWN: _plan_drawn,
    Act.CHILD_RENAMED: _child_renamed,
    Act.DEFAULT_ALLOWED: _default_allowed,
}
