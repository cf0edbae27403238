"""A new edition taken back: the one before is in use again, and every answer as it was."""

import shutil
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.builders import Clock
from helpers.editions import CODER, HEAD, LOCALS, REFERENCES, Room, with_codes
from helpers.empty import empty_file
from icdmapper.importing.reading import Preview
from icdmapper.model.codes import CodeKind, NewCode, Side
from icdmapper.model.errors import ConflictError, RefusedError
from icdmapper.model.events import Act
from icdmapper.model.icd import canonical
from icdmapper.model.mapping import Choice, Mapping, Relation, State, Target
from icdmapper.model.people import Person, Role
from icdmapper.resolution.audit import AuditService
from icdmapper.resolution.checking import CheckingService
from icdmapper.resolution.refining import RefiningService
from icdmapper.resolution.rule_pack import shipped_judge
from icdmapper.storage.unit_of_work import Storage

NEW_LOCALS = (
    *with_codes(LOCALS, without="K36.x51", I63_951="脑梗塞后遗症", K35_851="急性 化脓性阑尾炎"),
    ("C34.151", "左肺上叶癌", 20, "胸外科"),
)
NEW_REFERENCES = (
    ("D38.2", "胸膜动态未定的肿瘤"),
    ("D38.211", "胸膜交界恶性间皮肿瘤"),
    ("D38.212", "胸膜交界恶性纤维肿瘤"),
    ("I63.902", "脑梗死，未特指"),
    ("K35.801", "急性化脓性阑尾炎"),
    ("K36.x09", "慢性阑尾炎"),
    ("H25.901", "老年性白内障"),
    ("I63.909", "脑梗塞"),
)


@pytest.fixture
def room(storage: Storage, tmp_path: Path) -> Room:
    return Room(storage, tmp_path)


def in_use(room: Room, side: Side) -> int:
    with room.storage.reading() as work:
        return max(one.id for one in work.code_sets.in_use(side))


def everything(room: Room) -> dict[str, Any]:
    """What the project says now, versions apart: they only grow."""
    with room.storage.reading() as work:
        local_codes = work.code_sets.local_codes()
        mappings = work.mappings.get_many([one.id for one in local_codes])
        return {
            "sets": {one.id: one for one in work.code_sets.in_use()},
            "local": local_codes,
            "entries": work.code_sets.reference_codes(),
            "answers": {one: _plain(mapping) for one, mapping in mappings.items()},
        }


def _plain(mapping: Mapping) -> tuple[object, ...]:
    return (
        mapping.state, mapping.relation, mapping.targets, mapping.note, mapping.decided_by,
        mapping.decided_at, mapping.checked_by, mapping.checked_at,
    )  # fmt: skip


def decide(room: Room, local_code: str, code: str) -> None:
    local, (entry_id, name) = room.find(local_code), room.entries()[code]
    version = room.mapping(local_code).version
    targets = (Target(entry_id, code, name),)
    room.resolution.decide(Choice(local.id, version, Relation.EQUIVALENT, targets), by=CODER)


def test_a_local_list_taken_back_leaves_all_as_it_was(room: Room) -> None:
    before = everything(room)
    gone = room.find("K36.x51").id
    room.sign(room.local(NEW_LOCALS))
    set_id = in_use(room, Side.LOCAL)
    plan = room.importing.weigh_recall(set_id)
    assert (plan.leaving, plan.returning, plan.reworded, plan.possible) == (1, 0, 2, True)
    assert {(one.local.code, one.then.state) for one in plan.restored} == {
        ("I63.951", State.DECIDED), ("K36.x51", State.DECIDED),
    }  # fmt: skip
    room.importing.recall(set_id, by=HEAD, seen=plan)
    assert everything(room) == before
    assert room.find("K36.x51").id == gone
    *_earlier, last = room.resolution.history(room.find("I63.951").id)
    assert (last.act, last.by, last.undoes) == (Act.EDITION_RECALLED, HEAD.name, f"import-{set_id}")
    with room.storage.reading() as work:
        # The edition stays stored as its source had it.
        names = {one.code: one.name for one in work.code_sets.of_edition(set_id)}
        assert names == {code: name for code, name, *_rest in NEW_LOCALS}
    assert AuditService(room.storage).verify().sound


def test_a_reference_edition_taken_back_leaves_all_as_it_was(room: Room) -> None:
    before = everything(room)
    room.sign(room.reference(NEW_REFERENCES))
    set_id = in_use(room, Side.REFERENCE)
    room.importing.recall(set_id, by=HEAD)
    assert everything(room) == before
    with room.storage.reading() as work:
        names = {one.code: one.name for one in work.code_sets.of_edition(set_id)}
    assert names == dict(NEW_REFERENCES)
    # What was decided before the edition is the coder's to take back again.
    assert room.resolution.undo(by=CODER).local == room.find("K36.x51")
    assert room.resolution.undo(by=HEAD).of is None


def test_taken_back_and_imported_again_is_the_same_edition_again(room: Room) -> None:
    room.sign(room.local(NEW_LOCALS))
    after = everything(room)
    room.importing.recall(in_use(room, Side.LOCAL), by=HEAD)
    room.sign(room.local(NEW_LOCALS))
    again = everything(room)
    codes = {one.code: (one.name, again["answers"][one.id][0]) for one in again["local"]}
    assert codes == {one.code: (one.name, after["answers"][one.id][0]) for one in after["local"]}
    room.importing.recall(in_use(room, Side.LOCAL), by=HEAD)
    assert room.mapping("I63.951").state is State.DECIDED


def test_editions_are_taken_back_one_after_the_other(room: Room) -> None:
    stages = [everything(room)]
    for name in ("胸膜肿瘤", "胸膜肿瘤,交界"):
        room.sign(room.local(with_codes(LOCALS, D38_251=name)))
        stages.append(everything(room))
    for before in stages[-2::-1]:
        room.importing.recall(in_use(room, Side.LOCAL), by=HEAD)
        assert everything(room) == before
    with pytest.raises(RefusedError, match="4 codes were worked on since this list was imported"):
        room.importing.recall(in_use(room, Side.LOCAL), by=HEAD)


def test_what_was_worked_on_since_stands_in_the_way_until_it_is_taken_back(room: Room) -> None:
    room.sign(room.reference(NEW_REFERENCES))
    set_id = in_use(room, Side.REFERENCE)
    decide(room, "I63.951", "I63.902")
    decide(room, "D38.251", "D38.211")
    decide(room, "H25.951", "H25.901")  # On an entry that the edition left alone.
    plan = room.importing.weigh_recall(set_id)
    assert [one.code for one in plan.in_the_way] == ["D38.251", "I63.951"]
    state = everything(room)
    with pytest.raises(RefusedError, match=r"2 codes were worked on since .*D38\.251, I63\.951"):
        room.importing.recall(set_id, by=HEAD)
    assert everything(room) == state
    for code in ("I63.951", "D38.251"):
        room.resolution.reopen(
            room.find(code).id, seen_version=room.mapping(code).version, by=CODER
        )
    room.importing.recall(set_id, by=HEAD)
    states = {code: room.mapping(code).state for code in ("I63.951", "D38.251", "H25.951")}
    assert set(states.values()) == {State.DECIDED}


def test_a_new_answer_on_what_came_or_was_renamed_stands_in_the_way(room: Room) -> None:
    room.sign(room.reference(NEW_REFERENCES))
    decide(room, "H25.952", "I63.909")
    decide(room, "H25.951", "I63.902")
    plan = room.importing.weigh_recall(in_use(room, Side.REFERENCE))
    assert [one.code for one in plan.in_the_way] == ["H25.951", "H25.952"]


def test_a_plan_onto_a_new_entry_stands_in_the_way(room: Room) -> None:
    room.sign(room.reference(NEW_REFERENCES))
    entries, local = room.entries(), room.find("H25.952")
    refining = RefiningService(room.storage, Clock(), shipped_judge, initials=lambda name: name)
    ids = [entries["D38.211"][0], entries["D38.212"][0]]
    refining.start(local.id, ids, seen_version=0, by=CODER)
    plan = room.importing.weigh_recall(in_use(room, Side.REFERENCE))
    assert [one.code for one in plan.in_the_way] == ["H25.952"]


def test_a_local_code_that_came_and_was_decided_stands_in_the_way(room: Room) -> None:
    room.sign(room.local(NEW_LOCALS))
    decide(room, "C34.151", "H25.901")
    plan = room.importing.weigh_recall(in_use(room, Side.LOCAL))
    assert [one.code for one in plan.in_the_way] == ["C34.151"]


def test_an_answer_whose_entry_says_something_else_now_is_not_put_back(room: Room) -> None:
    room.sign(room.local(NEW_LOCALS))
    set_id = in_use(room, Side.LOCAL)
    room.store(room.reference(with_codes(REFERENCES, I63_902="脑梗死后遗症")))
    plan = room.importing.weigh_recall(set_id)
    assert [one.code for one in plan.in_the_way] == ["I63.951"]
    room.importing.recall(in_use(room, Side.REFERENCE), by=HEAD)
    assert room.importing.weigh_recall(set_id).possible


def test_a_second_check_comes_back_with_its_answer(room: Room) -> None:
    checker = Person("李核对", Role.CHECKER)
    local = room.find("I63.951")
    checking = CheckingService(room.storage, room.resolution, Clock())
    checking.agree(local.id, seen_version=1, by=checker)
    before = everything(room)
    room.sign(room.local(NEW_LOCALS))
    room.importing.recall(in_use(room, Side.LOCAL), by=HEAD)
    assert everything(room) == before
    assert room.mapping("I63.951").checked_by == checker.name


def test_only_who_stored_it_takes_it_back_and_only_what_was_seen(room: Room) -> None:
    first = in_use(room, Side.LOCAL)
    room.sign(room.local(NEW_LOCALS))
    set_id = in_use(room, Side.LOCAL)
    with pytest.raises(RefusedError, match="协调员丁 stored this edition"):
        room.importing.recall(set_id, by=Person("协调员戊", Role.COORDINATOR))
    with pytest.raises(RefusedError, match="Only an edition in use"):
        room.importing.recall(first, by=HEAD)
    seen = room.importing.weigh_recall(set_id)
    version = room.mapping("I63.951").version
    decide(room, "I63.951", "I63.902")
    room.resolution.reopen(room.find("I63.951").id, seen_version=version + 1, by=CODER)
    with pytest.raises(ConflictError, match="look again"):
        room.importing.recall(set_id, by=HEAD, seen=seen)
    assert everything(room)["sets"].keys() >= {set_id}


NAMES = st.sampled_from(("脑梗塞", "脑梗塞后遗症", "脑 梗塞", "慢性阑尾炎", "白内障"))
CODES = st.sampled_from(("I63.951", "K36.x51", "H25.951", "H25.952", "N80.151"))
LISTS = st.lists(
    st.tuples(CODES, NAMES, st.integers(1, 9), st.sampled_from(("", "眼科"))),
    min_size=1,
    unique_by=lambda one: (one[0], one[1]),
)


def _read(preview: Preview, codes: list[tuple[str, str, int, str]]) -> Preview:
    """A source with these rows, without a child process that reads it."""
    found = tuple(
        NewCode(
            code, canonical(code), name, CodeKind.DIAGNOSIS, at + 2, frequency=often, department=who
        )
        for at, (code, name, often, who) in enumerate(codes)
    )
    return replace(preview, checked=replace(preview.checked, codes=found))


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Preview]:
    folder = tmp_path_factory.mktemp("begun")
    with closing(Storage.open(empty_file(folder / "项目.icdm"))) as storage:
        preview = Room(storage, folder).local(LOCALS)
    return folder / "项目.icdm", preview


@settings(max_examples=25)
@given(editions=st.lists(LISTS, min_size=1, max_size=3))
def test_whatever_the_lists_say_going_back_is_exact(
    begun: tuple[Path, Preview], editions: list[list[tuple[str, str, int, str]]]
) -> None:
    """Codes twice, names exchanged, lists in another order: every way back is the way there."""
    file, preview = begun
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(file, folder))
        with closing(Storage.open(copy)) as storage:
            room = Room.again(storage, Path(folder))
            stages = [everything(room)]
            for one in editions:
                room.sign(_read(preview, one))
                stages.append(everything(room))
            for before in stages[-2::-1]:
                room.importing.recall(in_use(room, Side.LOCAL), by=HEAD)
                assert everything(room) == before
