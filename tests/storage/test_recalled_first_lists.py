"""A list that took no other's place, taken back: nothing is in use there, and nothing is lost."""

from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from helpers.accounts import STAFF
from helpers.builders import Clock
from helpers.editions import CODER, HEAD, LOCALS, REFERENCES, Room
from icdmapper.export.releasing import ReleaseService, Terms
from icdmapper.importing.feed import COLUMNS, FeedService
from icdmapper.model.codes import CodeSet, CodeSystem, Side
from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act, EventFilter
from icdmapper.model.mapping import Choice, Relation, State, Target, TargetRole
from icdmapper.model.people import Person, Role
from icdmapper.resolution.audit import AuditService
from icdmapper.resolution.disputes import DisputeService
from icdmapper.resolution.refining import RefiningService
from icdmapper.resolution.rule_pack import shipped_judge
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.tables import code_set
from icdmapper.storage.unit_of_work import Storage

PROCEDURES = (("47.01001", "腹腔镜下阑尾切除术"), ("34.09010", "胸腔镜下脓胸清除术"))
DIAGNOSES = (*REFERENCES, ("H26.901", "未特指的白内障"))
BOTH = (*DIAGNOSES, *PROCEDURES)


@pytest.fixture
def room(storage: Storage, tmp_path: Path) -> Room:
    """Lists imported, nothing decided."""
    made = Room.again(storage, tmp_path)
    made.store(made.reference(BOTH))
    made.store(made.local(LOCALS))
    return made


def edition(room: Room, side: Side, system: CodeSystem | None = None) -> CodeSet:
    with room.storage.reading() as work:
        return next(one for one in work.code_sets.in_use(side) if one.system is system)


def reference(room: Room) -> int:
    return edition(room, Side.REFERENCE, CodeSystem.RC020).id


def local(room: Room) -> int:
    return edition(room, Side.LOCAL).id


def decide(room: Room, code: str, entry_code: str = "I63.902") -> None:
    entry_id, name = room.entries()[entry_code]
    target = (Target(entry_id, entry_code, name),)
    choice = Choice(room.find(code).id, room.mapping(code).version, Relation.EQUIVALENT, target)
    room.resolution.decide(choice, by=CODER)


def reopen(room: Room, code: str) -> None:
    local_id, version = room.find(code).id, room.mapping(code).version
    room.resolution.reopen(local_id, seen_version=version, by=CODER)


def refining(room: Room) -> RefiningService:
    return RefiningService(room.storage, Clock(), shipped_judge, initials=lambda name: name)


def in_the_way(room: Room, number: int) -> list[str]:
    return [one.code for one in room.importing.weigh_recall(number).in_the_way]


def lists(room: Room) -> dict[str, Any]:
    with room.storage.reading() as work:
        return {
            "local": {(one.code, one.name, one.row) for one in work.code_sets.local_codes()},
            "entries": {(one.code, one.name) for one in work.code_sets.reference_codes()},
        }


@pytest.mark.parametrize("side", list(Side))
def test_a_first_list_taken_back_stays_stored_and_comes_again(room: Room, side: Side) -> None:
    before = lists(room)
    number = local(room) if side is Side.LOCAL else reference(room)
    with room.storage.reading() as work:
        stored = work.code_sets.of_edition(number)
    seen = room.importing.weigh_recall(number)
    leaving = len(LOCALS if side is Side.LOCAL else DIAGNOSES)
    assert (seen.earlier, seen.leaving, seen.restored, seen.possible) == (None, leaving, (), True)
    room.importing.recall(number, by=HEAD, seen=seen)
    with room.storage.reading() as work:
        assert number not in {one.id for one in work.code_sets.in_use()}
        assert work.code_sets.of_edition(number) == stored
        assert len(work.code_sets.in_use()) == 2
        assert work.gestures.undone() == {f"import-{number}"}
    (last,) = AuditService(room.storage).found(EventFilter(act=Act.EDITION_RECALLED))
    assert (last.by, last.undoes, last.local_id) == (HEAD.name, f"import-{number}", None)
    with pytest.raises(RefusedError, match="Only an edition in use"):
        room.importing.recall(number, by=HEAD)
    preview = room.local(LOCALS) if side is Side.LOCAL else room.reference(BOTH)
    plan = room.importing.compare(preview)
    assert plan.replaces is (side is Side.REFERENCE)  # The procedures are still in use.
    room.store(preview)
    assert lists(room) == before
    again = local(room) if side is Side.LOCAL else reference(room)
    room.importing.recall(again, by=HEAD)
    assert AuditService(room.storage).verify().sound


def test_each_part_of_a_workbook_is_taken_back_by_itself(room: Room) -> None:
    procedures = edition(room, Side.REFERENCE, CodeSystem.RC022).id
    decide(room, "I63.951")  # A diagnosis is nothing to the procedures.
    room.importing.recall(procedures, by=HEAD)
    assert lists(room)["entries"] == set(DIAGNOSES)
    assert room.mapping("I63.951").state is State.DECIDED


def test_an_answer_stands_in_the_way_of_both_sides_until_it_is_reopened(room: Room) -> None:
    decide(room, "I63.951")
    none = Choice(room.find("H25.951").id, 0, Relation.NO_COUNTERPART, (), "查无此条")
    room.resolution.decide(none, by=CODER)
    for number in (local(room), reference(room)):
        assert in_the_way(room, number) == ["I63.951", "H25.951"]
        before = lists(room)
        with pytest.raises(
            RefusedError, match=r"2 codes were worked on since this list .*I63\.951"
        ):
            room.importing.recall(number, by=HEAD)
        assert lists(room) == before
    reopen(room, "H25.951")
    with pytest.raises(RefusedError, match="1 code was worked on"):
        room.importing.recall(reference(room), by=HEAD)
    reopen(room, "I63.951")
    room.importing.recall(local(room), by=HEAD)
    room.importing.recall(reference(room), by=HEAD)
    assert lists(room) == {"local": set(), "entries": set(PROCEDURES)}


def test_a_plan_and_a_dispute_stand_in_the_way(room: Room) -> None:
    entries = room.entries()
    plan = refining(room).start(
        room.find("H25.952").id, [entries["H25.901"][0]], seen_version=0, by=CODER
    )
    disputes = DisputeService(room.storage, Clock())
    disputes.open(room.find("K36.x51").id, seen_version=0, reason="请确认", by=HEAD)
    for number in (local(room), reference(room)):
        assert in_the_way(room, number) == ["K36.x51", "H25.952"]
    refining(room).drop(plan.id, by=CODER)
    room.resolution.undo(by=HEAD)
    for number in (local(room), reference(room)):
        room.importing.recall(number, by=HEAD)


def test_an_opinion_that_names_an_entry_stands_in_the_way_of_its_set(room: Room) -> None:
    procedure, diagnosis = room.entries()["47.01001"], room.entries()["I63.902"]
    number = edition(room, Side.REFERENCE, CodeSystem.RC022).id
    disputes = DisputeService(room.storage, Clock())
    disputed = room.find("K36.x51").id
    disputes.open(disputed, seen_version=0, reason="请确认", by=HEAD)
    assert in_the_way(room, number) == []
    targets = (
        Target(diagnosis[0], "I63.902", diagnosis[1]),
        Target(procedure[0], "47.01001", procedure[1], TargetRole.MORPHOLOGY),
    )
    disputes.say(disputed, "", by=CODER, opinion=Choice(disputed, 1, Relation.EQUIVALENT, targets))
    assert in_the_way(room, number) == ["K36.x51"]
    room.resolution.undo(by=CODER)
    assert in_the_way(room, number) == []
    room.importing.recall(number, by=HEAD)


def test_codes_in_no_source_keep_the_list(room: Room, tmp_path: Path) -> None:
    line = "diagnosis,Q99.999,罕见病,unmapped,3,2026-03-01,2026-03-05"
    file = tmp_path / "未翻译.csv"
    file.write_text(f"{','.join(COLUMNS)}\n{line}\n", encoding="utf-8-sig")
    FeedService(room.storage, Clock()).take(file, by=HEAD)
    plan = room.importing.weigh_recall(local(room))
    assert ([one.code for one in plan.unlisted], plan.in_the_way) == (["Q99.999"], ())
    assert not plan.possible
    with pytest.raises(RefusedError, match=r"1 code stands in no source \(Q99\.999\)"):
        room.importing.recall(local(room), by=HEAD)
    room.importing.recall(reference(room), by=HEAD)  # The entries have nothing to do with it.
    room.store(room.local((*LOCALS, ("Q99.999", "罕见病", 3, ""))))
    assert room.importing.weigh_recall(local(room)).unlisted == ()


def test_children_of_a_refinement_keep_the_list_after_it_was_undone_too(room: Room) -> None:
    service, entries = refining(room), room.entries()
    ids = [entries[code][0] for code in ("H26.901", "I63.902")]
    plan = service.start(
        room.find("H25.952").id, ids, seen_version=0, by=HEAD, effective=date(2026, 4, 1)
    )
    service.sign(plan.id, seen_revision=plan.revision, by=HEAD, accept_style=True)
    assert set(in_the_way(room, reference(room))) >= {"H25.952"}
    room.resolution.undo(by=HEAD)
    room.resolution.undo(by=HEAD)
    assert room.mapping("H25.952").state is State.OPEN
    found = room.importing.weigh_recall(local(room))
    assert (len(found.unlisted), found.possible, found.in_the_way) == (2, False, ())
    assert in_the_way(room, reference(room)) == []


def test_a_release_signed_since_keeps_both_lists(room: Room, tmp_path: Path) -> None:
    terms = Terms("示例医院", "330100A1", 0.0, 13, tmp_path / "keys")
    decide(room, "I63.951")
    ReleaseService(room.storage, Clock(), terms).make(
        tmp_path / "out", valid_from=date(2026, 3, 1), by=HEAD, rehearsal=True
    )
    reopen(room, "I63.951")
    for number in (local(room), reference(room)):
        with pytest.raises(RefusedError, match="A release was signed since"):
            room.importing.recall(number, by=HEAD)


def test_only_who_stored_it_takes_it_back(room: Room) -> None:
    with pytest.raises(RefusedError, match="协调员丁 stored this edition"):
        room.importing.recall(local(room), by=Person("协调员戊", Role.COORDINATOR))


def test_an_edition_from_before_the_links_stays(room: Room) -> None:
    room.store(room.local(LOCALS[:3]))
    with room.storage.writing() as work:
        work.code_sets._connection.execute(update(code_set).values(replaced_id=None))
        work.commit()
    with pytest.raises(RefusedError, match="not known what this edition changed"):
        room.importing.weigh_recall(local(room))


def test_an_answer_is_not_done_again_onto_a_list_that_was_taken_back(room: Room) -> None:
    decide(room, "I63.951")
    room.resolution.undo(by=CODER)
    room.importing.recall(reference(room), by=HEAD)
    with pytest.raises(RefusedError, match=r"I63\.951 or its entry"):
        room.resolution.redo(by=CODER)
    assert room.mapping("I63.951").state is State.OPEN
    room.store(room.reference(BOTH))
    decide(room, "I63.951")
    reopen(room, "I63.951")
    gone = room.find("I63.951").id
    room.importing.recall(local(room), by=HEAD)
    # Asked by keys it is said, and gone past.
    told = room.resolution.undo(by=CODER, told_of=0)
    assert told.stays is not None
    assert (told.stays.act, "in use no longer" in told.why) == (Act.REOPENED, True)
    with room.storage.reading() as work:
        assert work.mappings.get(gone).state is State.OPEN


def test_on_a_server_too_only_who_stored_it_needs_no_more_than_the_right_to_import(
    accounts: Callable[[str], str], tmp_path: Path
) -> None:
    with closing(Storage.open(accounts("head"))) as storage:
        room = Room.again(storage, tmp_path)
        with pytest.raises(RefusedError, match="编码员甲 stored this edition"):
            room.importing.recall(local(room), by=HEAD)
    with closing(Storage.open(accounts("coder"))) as storage:
        room, coder = Room.again(storage, tmp_path), STAFF["coder"]
        room.importing.recall(local(room), by=coder)
        assert ResolutionService(storage, Clock()).worklist() == ()
        preview = room.local(LOCALS)
        room.importing.store(preview, name="院内", edition="1", by=coder)
        room.importing.recall(local(room), by=coder)
        room.importing.recall(reference(room), by=coder)
        assert AuditService(storage).verify().sound
