"""Where the whole work stands: coverage, states, pace, people, risk, what to do next. Pure.

Every figure is counted from the rows of the worklist and the log; nothing is stored.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from icdmapper.model import icd
from icdmapper.model.chapters import chapter
from icdmapper.model.codes import CodeSystem
from icdmapper.model.events import Step
from icdmapper.model.mapping import ANSWERED, State
from icdmapper.resolution.risk import Risk, of_row
from icdmapper.resolution.rules import Coverage, count_coverage
from icdmapper.resolution.service import WorkRow

DAYS = 30
"""The burn-down looks back so many days, today included."""
PACE_DAYS = 14
"""The pace is the mean over so many days, days without work included: an honest end date."""
RISKY_SHOWN = 50
_WORTH_BULK = 20
"""Fewer safe rows than this are soon accepted one by one; the frequent codes come first then."""
_OFTEN_SHARE = 0.8
"""The frequent open codes are those that together make this share of what is open."""


@dataclass(frozen=True, slots=True)
class Part:
    """The coverage of one code set (`chapter` is "") or of one chapter of it.

    `first` and `last` are the categories its codes span, such as C00 and D48; "" when unknown.
    """

    system: CodeSystem
    chapter: str
    first: str
    last: str
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class DayWork:
    """One day: codes that got an answer less those that lost theirs, and what was left open."""

    day: date
    answered: int
    left: int


@dataclass(frozen=True, slots=True)
class PersonWork:
    """What one person did: answers that stand, checks that stand, and acts since a week."""

    name: str
    decided: int
    checked: int
    this_week: int
    last_act: datetime | None


@dataclass(frozen=True, slots=True)
class RiskyRow:
    """A decided row that a second person should see before others."""

    row: WorkRow
    risk: Risk


class NextKind(Enum):
    """What would help most now."""

    IMPORT = "import"
    PROPOSE = "propose"
    BULK = "bulk"
    SETTLE = "settle"
    FREQUENT = "frequent"
    CONTRADICTIONS = "contradictions"
    CHECK = "check"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class NextAction:
    """A suggestion: how many codes it is about and how many yearly discharges they stand for."""

    kind: NextKind
    codes: int = 0
    discharges: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything the first page shows, counted at one moment."""

    coverage: Coverage
    parts: tuple[Part, ...]
    days: tuple[DayWork, ...]
    done_on: date | None
    """When nothing is open any more at the pace of the last weeks; None without a pace."""
    people: tuple[PersonWork, ...]
    to_check: int
    risky_count: int
    risky: tuple[RiskyRow, ...]
    actions: tuple[NextAction, ...]


def summarise(rows: Sequence[WorkRow], steps: Sequence[Step], *, now: datetime) -> Overview:
    """Count everything; `now` is in the zone whose days the burn-down shows."""
    coverage = count_coverage((row.mapping.state, row.local.frequency or 0) for row in rows)
    risky = _risky(rows, coverage.frequency_total)
    days = _days(steps, coverage.total - coverage.decided, now)
    return Overview(
        coverage=coverage,
        parts=_parts(rows),
        days=days,
        done_on=_done_on(days),
        people=_people(rows, steps, now),
        to_check=sum(row.mapping.state in _TO_CHECK for row in rows),
        risky_count=len(risky),
        risky=tuple(risky[:RISKY_SHOWN]),
        actions=next_actions(rows, risky),
    )


_NOT_LEFT = ANSWERED | {State.RETIRED}
"""A retired code is no longer in use, so nobody waits for its answer."""
_TO_CHECK = frozenset({State.DECIDED, State.NO_COUNTERPART})


def next_actions(rows: Sequence[WorkRow], risky: Sequence[RiskyRow]) -> tuple[NextAction, ...]:
    """What to do next, the most useful first.

    Disputes stop a release, so they come first; then what takes one act for many rows; then the
    few codes that most discharges use; then what only eyes can do.
    """
    if not rows:
        return (NextAction(NextKind.IMPORT),)
    is_open = [row for row in rows if row.mapping.state is State.OPEN]
    bulk = _action(NextKind.BULK, (row for row in is_open if row.safe and not row.contradiction))
    frequent = _action(NextKind.FREQUENT, _frequent(is_open))
    found = [
        _action(NextKind.SETTLE, (row for row in rows if row.mapping.state is State.DISPUTED)),
        _action(NextKind.PROPOSE, (row for row in is_open if not row.proposed)),
        *((bulk, frequent) if bulk.codes >= _WORTH_BULK else (frequent, bulk)),
        _action(NextKind.CHECK, (one.row for one in risky)),
        _action(NextKind.CONTRADICTIONS, (row for row in is_open if row.contradiction)),
    ]
    useful = tuple(one for one in found if one.codes)
    return useful or (_action(NextKind.RELEASE, rows),)


def _action(kind: NextKind, rows: Iterable[WorkRow]) -> NextAction:
    codes = discharges = 0
    for row in rows:
        codes += 1
        discharges += row.local.frequency or 0
    return NextAction(kind, codes, discharges)


def _frequent(is_open: Sequence[WorkRow]) -> list[WorkRow]:
    """The open codes that need eyes and together make most of the open discharges."""
    hard = [row for row in is_open if not row.safe and row.local.frequency]
    wanted = _OFTEN_SHARE * sum(row.local.frequency or 0 for row in hard)
    hard.sort(key=lambda row: -(row.local.frequency or 0))
    taken: list[WorkRow] = []
    reached = 0
    for row in hard:
        if reached >= wanted:
            break
        taken.append(row)
        reached += row.local.frequency or 0
    return taken


def _parts(rows: Sequence[WorkRow]) -> tuple[Part, ...]:
    """Each code set, and below it its chapters in the order of their codes."""
    groups: defaultdict[tuple[CodeSystem, str], list[tuple[str, State, int]]] = defaultdict(list)
    for row in rows:
        category = category_of(row)
        one = (category, row.mapping.state, row.local.frequency or 0)
        system = row.local.kind.system
        groups[system, ""].append(one)
        if system is not CodeSystem.RC021:
            # Codes of no known shape stand together in the end, under "~".
            groups[system, chapter(category) or "~"].append(one)
    parts = []
    for (system, name), members in groups.items():
        known = [category for category, _state, _frequency in members if category]
        coverage = count_coverage((state, frequency) for _category, state, frequency in members)
        first, last = (min(known), max(known)) if known else ("", "")
        parts.append(Part(system, name, first, last, coverage))
    parts.sort(key=lambda one: (one.system.value, bool(one.chapter), one.first or "~"))
    return tuple(parts)


def category_of(row: WorkRow) -> str:
    """The category a local code stands in by its own shape; "" when it has none we know."""
    return icd.category_of(row.local.canonical)


def chapter_of(row: WorkRow) -> str:
    """The chapter a local code stands in, as `Part.chapter` names it."""
    return chapter(category_of(row)) or "~"


def _days(steps: Sequence[Step], left: int, now: datetime) -> tuple[DayWork, ...]:
    """The last days, oldest first; what was left on a day is today's less what came after."""
    gained: Counter[date] = Counter()
    for step in steps:
        gained[step.at.astimezone(now.tzinfo).date()] += _gain(step)
    days: list[DayWork] = []
    day = now.date()
    for _number in range(DAYS):
        days.append(DayWork(day, gained[day], left))
        left += gained[day]
        day -= timedelta(days=1)
    return tuple(reversed(days))


def _gain(step: Step) -> int:
    return (step.after in _NOT_LEFT) - (step.before in _NOT_LEFT)


def _done_on(days: Sequence[DayWork]) -> date | None:
    recent = days[-PACE_DAYS:]
    worked = [one for one in recent if one.answered]
    left = days[-1].left
    if not worked or not left:
        return None
    # A project begun yesterday is not measured over days when it did not exist.
    span = (days[-1].day - worked[0].day).days + 1
    gained = sum(one.answered for one in recent)
    if gained <= 0:
        return None
    return days[-1].day + timedelta(days=-(-left * span // gained))


def _people(
    rows: Sequence[WorkRow], steps: Sequence[Step], now: datetime
) -> tuple[PersonWork, ...]:
    decided = Counter(row.mapping.decided_by for row in rows if row.mapping.decided_by)
    checked = Counter(row.mapping.checked_by for row in rows if row.mapping.checked_by)
    week: Counter[str] = Counter()
    last: dict[str, datetime] = {}
    for step in steps:
        if step.at >= now - timedelta(days=7):
            week[step.by] += 1
        last[step.by] = max(step.at, last.get(step.by, step.at))
    names = {*decided, *checked, *last}
    people = [
        PersonWork(name, decided[name], checked[name], week[name], last.get(name)) for name in names
    ]
    people.sort(key=lambda one: (-one.this_week, -one.decided, one.name))
    return tuple(people)


def _risky(rows: Sequence[WorkRow], discharges: int) -> list[RiskyRow]:
    """Unchecked answers worth a second pair of eyes, by risk times yearly discharges."""
    found = []
    for row in rows:
        if row.mapping.state in _TO_CHECK:
            risk = of_row(row, discharges=discharges)
            if risk.risky:
                found.append(RiskyRow(row, risk))
    found.sort(key=lambda one: -one.risk.weight * (1 + (one.row.local.frequency or 0)))
    return found
