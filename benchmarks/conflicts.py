"""Stale screens on every path that writes: nothing of another person is overwritten unsaid.

`python -m benchmarks.conflicts [--each 112] [--project postgresql://…]` plays for each path: a
screen is filled, another person saves, then the screen is saved. What the other person stored must
still be there, or stand beside the newer answer in a dispute, and whoever was late must be told.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from openpyxl import load_workbook

from icdmapper import bootstrap
from icdmapper.bootstrap import Services
from icdmapper.importing.sources import Source
from icdmapper.importing.succession import Signature
from icdmapper.model.codes import CodeKind, CodeSet, CodeSystem, LocalCode, NewCode, Side
from icdmapper.model.errors import ConflictError, RefusedError
from icdmapper.model.mapping import Choice, Mapping, Relation, State, Target
from icdmapper.model.packets import AnswerState
from icdmapper.model.people import Person
from icdmapper.model.proposals import Candidate, Proposal
from icdmapper.resolution.bulk import BulkConditions
from icdmapper.resolution.merging import MergeChoice, MergeKind
from icdmapper.resolution.packets import PacketOrder

LATE, OTHER = Person("迟到者"), Person("先到者")
ENTRIES = ("脑动脉血栓形成引起的脑梗死", "脑动脉栓塞引起的脑梗死")
_ALL = BulkConditions(only_safe=False)


class World:
    """A project with a row for every try, and every service that writes."""

    def __init__(self, services: Services, folder: Path, rows: int) -> None:
        self.services, self.storage, self.folder = services, services.storage, folder
        self.resolution, self.checking = services.resolution, services.checking
        self.disputes, self.refining = services.disputes, services.refining
        self.retiring, self.judging = services.retiring, services.judging
        self.assigning, self.propagating = services.assigning, services.propagating
        self._fill(rows)

    def choice(self, row: int, entry: int, version: int, note: str = "理由") -> Choice:
        """An answer a person may give."""
        found = self.entries[entry]
        target = Target(found.id, found.code, found.name)
        return Choice(row, version, Relation.LOCAL_FINER, (target,), note)

    def mapping(self, row: int) -> Mapping:
        """What is stored now."""
        with self.storage.reading() as work:
            return work.mappings.get(row)

    def decide(self, row: int, by: Person, entry: int = 0) -> Mapping:
        """Decide on what is stored now."""
        return self.resolution.decide(self.choice(row, entry, self.mapping(row).version), by=by)

    def _fill(self, rows: int) -> None:
        kind = CodeKind.DIAGNOSIS
        entries = [
            NewCode(f"I63.{n}01", f"I63.{n}01", name, kind, n)
            for n, name in enumerate(ENTRIES, start=3)
        ]
        codes = [
            NewCode(f"I63.9{n:04}", f"I63.9{n:04}", "脑动脉血栓性脑梗死", kind, n)
            for n in range(1, rows + 1)
        ]
        at = datetime.now(UTC)
        with self.storage.writing() as work:
            for side, system, part in (
                (Side.REFERENCE, CodeSystem.RC020, entries), (Side.LOCAL, None, codes),
            ):  # fmt: skip
                head = CodeSet(0, side, system, "-", "1", "-", "0" * 64, 0, at, "-")
                work.code_sets.add(head, part, initials=[""] * len(part))
            self.entries = work.code_sets.reference_codes()
            self.rows: tuple[LocalCode, ...] = work.code_sets.local_codes()
            first = self.entries[0]
            candidate = Candidate(first.id, first.code, first.name, 0.9, Relation.LOCAL_FINER)
            work.proposals.save_many([Proposal(one.id, (candidate,)) for one in self.rows])
            work.commit()


Act = Callable[[], object]
Path_ = Callable[[World, int], tuple[Act, Act]]
"""Prepares a row and gives what the other person does, and what the late one then does."""


def _decide(world: World, row: int) -> tuple[Act, Act]:
    stale = world.choice(row, 0, 0)
    return lambda: world.decide(row, OTHER, 1), lambda: world.resolution.decide(stale, by=LATE)


def _check(world: World, row: int) -> tuple[Act, Act]:
    seen = world.decide(row, OTHER).version
    return (
        lambda: world.decide(row, OTHER, 1),
        lambda: world.checking.agree(row, seen_version=seen, by=LATE),
    )


def _check_blind(world: World, row: int) -> tuple[Act, Act]:
    seen = world.decide(row, OTHER).version
    stale = world.choice(row, 1, seen)
    return (
        lambda: world.decide(row, OTHER, 1),
        lambda: world.checking.check(stale, by=LATE, blind=True),
    )


def _dispute(world: World, row: int) -> tuple[Act, Act]:
    seen = world.decide(row, OTHER).version
    return (
        lambda: world.decide(row, OTHER, 1),
        lambda: world.disputes.open(row, seen_version=seen, reason="?", by=LATE),
    )


def _settle(world: World, row: int) -> tuple[Act, Act]:
    seen = world.decide(row, OTHER).version
    contested = world.disputes.open(row, seen_version=seen, reason="?", by=LATE)
    stale = world.choice(row, 0, contested.version)

    def again() -> None:
        decided = world.decide(row, OTHER, 1)
        world.disputes.open(row, seen_version=decided.version, reason="!", by=OTHER)

    return again, lambda: world.disputes.settle(stale, by=LATE)


def _refine(world: World, row: int) -> tuple[Act, Act]:
    ids = [one.id for one in world.entries]
    return (
        lambda: world.decide(row, OTHER, 1),
        lambda: world.refining.start(row, ids, seen_version=0, by=LATE),
    )


def _edit_plan(world: World, row: int) -> tuple[Act, Act]:
    ids = [one.id for one in world.entries]
    plan = world.refining.start(row, ids, seen_version=0, by=OTHER, effective=date(2026, 4, 1))
    first = plan.children
    return (
        lambda: world.refining.edit(plan.id, first[:1], seen_revision=1, by=OTHER),
        lambda: world.refining.edit(plan.id, first[::-1], seen_revision=1, by=LATE),
    )


def _sign_plan(world: World, row: int) -> tuple[Act, Act]:
    ids = [one.id for one in world.entries]
    plan = world.refining.start(row, ids, seen_version=0, by=OTHER, effective=date(2026, 4, 1))
    return (
        lambda: world.refining.edit(plan.id, plan.children[::-1], seen_revision=1, by=OTHER),
        lambda: world.refining.sign(plan.id, seen_revision=1, by=LATE),
    )


def _retire(world: World, row: int) -> tuple[Act, Act]:
    return (
        lambda: world.decide(row, OTHER, 1),
        lambda: world.retiring.retire({row: 0}, reason="停用", by=LATE),
    )


def _reopen(world: World, row: int) -> tuple[Act, Act]:
    seen = world.decide(row, OTHER).version
    return (
        lambda: world.decide(row, OTHER, 1),
        lambda: world.resolution.reopen(row, seen_version=seen, by=LATE),
    )


def _waive(world: World, row: int) -> tuple[Act, Act]:
    world.decide(row, OTHER)
    bare = Choice(row, world.mapping(row).version, Relation.NO_COUNTERPART, ())
    rule = "specificity.no_counterpart_without_note"
    return (
        lambda: world.decide(row, OTHER, 1),
        lambda: world.judging.waive(row, rule, "理由", by=LATE, choice=bare),
    )


def _withdraw(world: World, row: int) -> tuple[Act, Act]:
    bare = Choice(row, world.mapping(row).version, Relation.NO_COUNTERPART, ())
    rule = "specificity.no_counterpart_without_note"
    world.judging.waive(row, rule, "理由", by=LATE, choice=bare)

    def again() -> None:
        world.judging.withdraw(row, rule, by=OTHER)
        world.judging.waive(row, rule, "另有理由", by=OTHER, choice=bare)

    return again, lambda: world.resolution.undo(by=LATE)


def _undo(world: World, row: int) -> tuple[Act, Act]:
    world.decide(row, LATE)
    return lambda: world.decide(row, OTHER, 1), lambda: world.resolution.undo(by=LATE)


def _bulk(world: World, row: int) -> tuple[Act, Act]:
    def late() -> None:
        done = world.resolution.accept_safe(by=LATE, local_ids=[row], conditions=_ALL)
        if not done.accepted:
            raise ConflictError("left out and told")

    return lambda: world.decide(row, OTHER, 1), late


def _propagate(world: World, row: int) -> tuple[Act, Act]:
    source = world.rows[-1].id
    if world.mapping(source).state is State.OPEN:
        world.decide(source, LATE)
    seen = world.mapping(source).version
    return (
        lambda: world.decide(row, OTHER, 1),
        lambda: world.propagating.propagate(source, seen_version=seen, rows={row: 0}, by=LATE),
    )


def _assign(world: World, row: int) -> tuple[Act, Act]:
    held = {row: ""}
    return (
        lambda: world.assigning.assign([row], to=OTHER.name, by=OTHER),
        lambda: world.assigning.assign([row], to=LATE.name, by=LATE, seen=held),
    )


def _give_back(world: World, row: int) -> tuple[Act, Act]:
    world.assigning.assign([row], to=LATE.name, by=LATE)
    return (
        lambda: world.assigning.assign([row], to=OTHER.name, by=OTHER),
        lambda: world.resolution.undo(by=LATE),
    )


PATHS: dict[str, Path_] = {
    # First, because an answer is passed on to a hundred of the likest names; all here are the same.
    "propagate": _propagate,
    "decide": _decide, "check": _check, "check blind": _check_blind, "dispute": _dispute,
    "settle": _settle, "refine": _refine, "plan of a refinement": _edit_plan,
    "sign a refinement": _sign_plan, "waive": _waive, "withdraw a waiver": _withdraw,
    "retire": _retire, "reopen": _reopen,
    "undo": _undo, "bulk": _bulk, "assign": _assign,
    "give rows back": _give_back,
}  # fmt: skip


@dataclass
class Count:
    """What came of the tries of one path."""

    tries: int = 0
    told: int = 0
    silent: int = 0


def _state(world: World, row: int) -> object:
    with world.storage.reading() as work:
        plans = tuple((one.revision, one.children) for one in work.refinements.of(row))
        waivers = tuple((one.rule_id, one.reason) for one in work.waivers.of(row))
        return work.mappings.get(row), work.assignments.all().get(row), plans, waivers


def _packet(world: World, rows: list[int], count: Count) -> None:
    """A filled packet comes back; each row was settled or disputed anew after its preview."""
    for row in rows:
        seen = world.decide(row, OTHER).version
        world.disputes.open(row, seen_version=seen, reason="?", by=LATE)
    order = PacketOrder("神经内科", local_ids=tuple(rows))
    made = world.services.packets.make(world.folder / "争议", order, by=LATE)
    workbook = next(file for file in made.files if file.suffix == ".xlsx")
    _fill_packet(workbook, len(rows))
    returned = world.services.packets.preview(workbook)
    assert returned.counts[AnswerState.READY] == len(rows), returned.counts
    for row in rows:
        world.decide(row, OTHER, 1)
    for answer in returned.answers:
        assert answer.row is not None
        take = partial(world.services.packets.take, returned.only([answer.filled.line]), by=LATE)
        _try(world, answer.row.local_id, count, take)


def _merge(world: World, rows: list[int], count: Count) -> None:
    """A copy comes home; each conflict was chosen about, then changed once more."""
    copy = world.folder / "副本.icdm"
    bootstrap.copy_project(world.services, str(copy), by=LATE)
    for row in rows:
        world.decide(row, OTHER, 0)
    there = bootstrap.open_project(copy)
    with contextlib.closing(there):
        for row in rows:
            there.resolution.decide(world.choice(row, 1, 0), by=LATE)
    conflicts = bootstrap.merge_copy(world.services, str(copy), by=None).of_kind(MergeKind.CONFLICT)
    assert [one.local_id for one in conflicts] == rows
    for row in rows:
        world.decide(row, OTHER, 0)
    for conflict in conflicts:
        chosen = (conflict.chosen(MergeChoice.THEIRS),)
        merge = partial(bootstrap.merge_copy, world.services, str(copy), by=LATE, chosen=chosen)
        _try(world, conflict.local_id, count, merge)
    bootstrap.merge_copy(world.services, str(copy), by=LATE)
    for row in rows:
        # Nobody chose: both answers stand side by side, and the log has what was there.
        options = world.disputes.dispute(row).options
        count.silent += len(options) != 2 or world.mapping(row).state is not State.DISPUTED


def _import(world: World, rows: list[int], count: Count) -> None:
    """A new edition of the list was compared and signed; then its rows were decided again."""
    for row in rows:
        world.decide(row, OTHER, 0)
    sign, store = _renaming(world, rows, "2")
    signature = sign()
    after = {row: world.decide(row, OTHER, 1) for row in rows}
    for row in rows:
        _try(world, row, count, partial(store, signature))
    store(sign())
    for row in rows:
        # Signed with what it re-opens: the log keeps what stood there.
        kept = any(event.before == after[row] for event in world.resolution.history(row))
        count.silent += not kept


def _recall(world: World, rows: list[int], count: Count) -> None:
    """An edition is to be taken back as it was looked at; what it renamed was decided since."""
    for row in rows:
        world.decide(row, OTHER, 0)
    sign, store = _renaming(world, rows, "3")
    store(sign())
    importing = world.services.importing
    with world.storage.reading() as work:
        (edition,) = work.code_sets.in_use(Side.LOCAL)
    for row in rows:
        seen = importing.weigh_recall(edition.id)
        world.decide(row, OTHER, 1)
        _try(world, row, count, partial(importing.recall, edition.id, by=LATE, seen=seen))


def _renaming(
    world: World, rows: list[int], edition: str
) -> tuple[Callable[[], Signature], Callable[[Signature], object]]:
    """An edition of the local list that renames these rows: to be signed, and to be stored."""
    wanted = frozenset(rows)
    with world.storage.reading() as work:
        codes = work.code_sets.local_codes()
    lines = [f"{one.code},{one.name}{'（改）' if one.id in wanted else ''}" for one in codes]
    file = world.folder / f"院内{edition}.csv"
    file.write_text("\n".join(["编码,名称", *lines]) + "\n", encoding="utf-8")
    importing = world.services.importing
    preview = importing.preview(Source(path=file), side=Side.LOCAL)
    store = partial(importing.store, preview, name="院内", edition=edition, by=LATE)
    return (
        lambda: Signature(LATE.name, importing.compare(preview)),
        lambda signature: store(signature=signature),
    )


BATCHES: dict[str, Callable[[World, list[int], Count], None]] = {
    "packet": _packet, "merge": _merge, "import": _import, "take an edition back": _recall,
}  # fmt: skip
"""Paths that take many rows at once; the import comes late, as it replaces the list."""


def _fill_packet(workbook: Path, count: int) -> None:
    book = load_workbook(workbook)
    sheet = book.worksheets[0]
    titles = {str(cell.value): cell.column for cell in sheet[3]}
    for number in range(1, count + 1):
        for title, value in (("选择", "A"), ("理由", "会诊"), ("医师", "王医师")):
            sheet.cell(3 + number, titles[title]).value = value
    book.save(workbook)


def _try(world: World, row: int, count: Count, late: Act) -> None:
    """The late one saves: told or not, and is what was stored still there?"""
    before = _state(world, row)
    count.tries += 1
    with contextlib.suppress(ConflictError, RefusedError):
        late()
        count.told -= 1
    count.told += 1
    count.silent += _state(world, row) != before


def play(services: Services, folder: Path, each: int) -> dict[str, Count]:
    """Every path so many times, after one try in which nobody was faster; figures by its name."""
    world = World(services, folder, (each + 1) * len(PATHS) + each * len(BATCHES) + 1)
    counts: dict[str, Count] = {}
    ids = iter([one.id for one in world.rows])
    for name, path in PATHS.items():
        _other, alone = path(world, next(ids))
        alone()
        count = counts[name] = Count()
        for _ in range(each):
            row = next(ids)
            other, late = path(world, row)
            other()
            _try(world, row, count, late)
    for name, batch in BATCHES.items():
        counts[name] = Count()
        batch(world, [next(ids) for _ in range(each)], counts[name])
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=112)
    parser.add_argument("--project", help="an empty project: a file or a PostgreSQL address")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = arguments.project or str(Path(folder) / "conflicts.icdm")
        with contextlib.closing(bootstrap.open_project(place)) as services:
            counts = play(services, Path(folder), arguments.each)
    print(f"{'path':24} {'tries':>8} {'told':>8} {'silent':>8}")
    for name, count in counts.items():
        print(f"{name:24} {count.tries:8} {count.told:8} {count.silent:8}")
    tries, silent = (
        sum(getattr(one, what) for one in counts.values()) for what in ("tries", "silent")
    )
    told = sum(one.told for one in counts.values())
    print(f"{'all':24} {tries:8} {told:8} {silent:8}")
    return 0 if silent == 0 and told == tries else 1


if __name__ == "__main__":
    sys.exit(main())
