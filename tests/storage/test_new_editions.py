"""A new edition over decisions: what goes on keeps its id, what changed is open again."""

from contextlib import closing
from pathlib import Path

import pytest

from helpers.editions import CODER, HEAD, LOCALS, REFERENCES, TARGET, Room, with_codes
from helpers.projects import code_list
from icdmapper.importing.sources import Source
from icdmapper.importing.succession import Signature
from icdmapper.model.codes import Side
from icdmapper.model.editions import Outcome, Why
from icdmapper.model.errors import ConflictError, RefusedError
from icdmapper.model.events import Act
from icdmapper.model.mapping import Choice, Relation, State, Target
from icdmapper.model.people import Member
from icdmapper.resolution.audit import AuditService
from icdmapper.storage.unit_of_work import Storage


@pytest.fixture
def room(storage: Storage, tmp_path: Path) -> Room:
    return Room(storage, tmp_path)


def test_a_new_local_list_reopens_what_is_renamed_and_retires_what_is_gone(room: Room) -> None:
    ids = {code: room.find(code).id for code, *_rest in LOCALS}
    changed = (
        *with_codes(LOCALS, without="K36.x51", I63_951="脑梗塞后遗症", K35_851="急性化脓性阑尾炎 "),
        ("C34.151", "左肺上叶癌", 20, "胸外科"),
    )
    preview = room.local(changed)
    plan = room.importing.compare(preview)
    found = {
        outcome: [(one.local.code, one.why) for one in effects]
        for outcome, effects in plan.by_outcome().items()
    }
    assert found == {
        Outcome.REOPENED: [("I63.951", Why.NAME_CHANGED)],
        Outcome.RETIRED: [("K36.x51", Why.CODE_GONE)],
        Outcome.KEPT: [("D38.251", None), ("K35.851", None)],
        Outcome.OPEN: [("H25.951", None), ("H25.952", None)],
    }
    with pytest.raises(RefusedError, match="re-open 1 decisions and retire 1 codes"):
        room.store(preview)
    with pytest.raises(RefusedError, match="your own name, 协调员丁"):
        room.store(preview, Signature("别人", plan))
    assert room.mapping("I63.951").state is State.DECIDED
    room.store(preview, Signature("协调员丁 ", plan))

    states = {code: room.mapping(code).state for code, *_rest in (*LOCALS, ("C34.151",))}
    assert states == {
        "D38.251": State.DECIDED, "I63.951": State.OPEN, "K35.851": State.DECIDED,
        "K36.x51": State.RETIRED, "H25.951": State.OPEN, "H25.952": State.OPEN,
        "C34.151": State.OPEN,
    }  # fmt: skip
    assert {code: room.find(code).id for code in ids} == ids
    assert room.find("I63.951").name == "脑梗塞后遗症"
    *_earlier, last = room.resolution.history(ids["I63.951"])
    assert (last.act, last.by) == (Act.EDITION_CHANGED, HEAD.name)
    assert last.before is not None
    assert [one.code for one in last.before.targets] == ["I63.902"]
    assert '"was": ["I63.951", "脑梗塞"], "now": ["I63.951", "脑梗塞后遗症"]' in last.detail
    with room.storage.reading() as work:
        old, new = [one for one in work.code_sets.all() if one.side is Side.LOCAL][::-1]
        assert [one.name for one in work.code_sets.of_edition(old.id)] == [
            n for _c, n, *_ in LOCALS
        ]
        assert [one.code for one in work.code_sets.of_edition(new.id)] == [c for c, *_ in changed]
    assert AuditService(room.storage).verify().sound


def test_a_code_that_comes_back_is_open_again_with_its_history(room: Room) -> None:
    room.sign(room.local(with_codes(LOCALS, without="K36.x51")))
    # A list that lacks it still is not news; one that has it again is.
    assert (
        not room.importing.compare(room.local(with_codes(LOCALS, without="K36.x51")))
        .by_outcome()
        .get(Outcome.RETIRED)
    )
    room.sign(room.local(LOCALS))
    assert room.mapping("K36.x51").state is State.OPEN
    acts = [one.act for one in room.resolution.history(room.find("K36.x51").id)]
    assert acts == [Act.DECIDED, Act.EDITION_CHANGED, Act.EDITION_CHANGED]


def test_a_new_reference_edition_reopens_with_successors_and_keeps_the_rest(room: Room) -> None:
    entries = room.entries()
    new = (
        ("D38.2", "胸膜动态未定的肿瘤"),
        ("D38.211", "胸膜交界恶性间皮肿瘤"),
        ("D38.212", "胸膜交界恶性纤维肿瘤"),
        ("I63.902", "脑梗死，未特指"),
        ("K35.801", "急性化脓性阑尾炎"),
        ("K36.x09", "慢性阑尾炎"),
        ("H25.901", "老年性白内障"),
        ("I63.909", "脑梗塞"),
    )
    preview = room.reference(new)
    plan = room.importing.compare(preview)
    reopened = {one.local.code: one for one in plan.by_outcome()[Outcome.REOPENED]}
    assert {code: (one.why, one.successors) for code, one in reopened.items()} == {
        "D38.251": (
            Why.TARGET_GONE,
            (("D38.211", "胸膜交界恶性间皮肿瘤"), ("D38.212", "胸膜交界恶性纤维肿瘤")),
        ),
        "I63.951": (Why.TARGET_RENAMED, (("I63.902", "脑梗死，未特指"),)),
        "K36.x51": (Why.TARGET_GONE, (("K36.x09", "慢性阑尾炎"),)),
    }
    room.store(preview, Signature(HEAD.name, plan))
    assert {code: room.mapping(code).state for code in TARGET} == {
        "D38.251": State.OPEN, "I63.951": State.OPEN, "K35.851": State.DECIDED,
        "K36.x51": State.OPEN,
    }  # fmt: skip
    now = room.entries()
    assert now["K35.801"] == entries["K35.801"]
    assert "D38.201" not in now
    local = room.find("D38.251")
    gone = (Target(entries["D38.201"][0], "D38.201", "胸膜交界恶性肿瘤"),)
    with pytest.raises(ConflictError, match="replaced meanwhile"):
        room.resolution.decide(Choice(local.id, 2, Relation.EQUIVALENT, gone), by=CODER)
    with pytest.raises(RefusedError, match="taken back as a whole, on the import page"):
        room.resolution.undo(by=HEAD)
    # The coder's own last act is on a code that was re-opened since.
    with pytest.raises(ConflictError, match="协调员丁 changed one of these codes"):
        room.resolution.undo(by=CODER)


def test_a_better_entry_is_announced_and_the_answer_stands(room: Room) -> None:
    preview = room.reference((*REFERENCES, ("I63.909", "脑梗塞")))
    plan = room.importing.compare(preview)
    (effect,) = plan.by_outcome()[Outcome.ANNOUNCED]
    assert (effect.local.code, effect.why, effect.now) == (
        "I63.951", Why.BETTER_ENTRY, ("I63.909", "脑梗塞"),
    )  # fmt: skip
    assert not plan.needs_signature
    room.store(preview)
    assert room.mapping("I63.951").state is State.DECIDED
    last = room.resolution.history(room.find("I63.951").id)[-1]
    assert (last.act, last.before) == (Act.EDITION_CHANGED, last.after)


def test_what_was_signed_is_what_happens_or_nothing_does(room: Room) -> None:
    preview = room.local(with_codes(LOCALS, H25_951="白内障,老年性"))
    room.sign(preview)
    preview = room.local(with_codes(LOCALS, I63_951="脑梗塞后遗症", H25_951="白内障,老年性"))
    plan = room.importing.compare(preview)
    local, entry = room.find("H25.951"), room.entries()["H25.901"]
    target = (Target(entry[0], "H25.901", entry[1]),)
    room.resolution.decide(Choice(local.id, 0, Relation.EQUIVALENT, target), by=CODER)
    with pytest.raises(ConflictError, match="since you looked at the comparison"):
        room.store(preview, Signature(HEAD.name, plan))

    def stop(done: int, total: int) -> None:
        if total == 1:
            raise RefusedError("stopped")

    plan = room.importing.compare(preview)
    with room.storage.reading() as work:
        before = work.events.head(), work.code_sets.all(), work.code_sets.local_codes()
    with pytest.raises(RefusedError, match="stopped"):
        room.importing.store(
            preview, name="乙", edition="2", by=HEAD, signature=Signature(HEAD.name, plan),
            progress=stop,
        )  # fmt: skip
    with room.storage.reading() as work:
        assert before == (work.events.head(), work.code_sets.all(), work.code_sets.local_codes())


def test_only_a_coordinator_signs_over_decisions(room: Room) -> None:
    with room.storage.writing() as work:
        for person in (HEAD, CODER):
            work.people.add(Member(person.name, person.role), pin_hash="")
        work.commit()
    harmless = room.local((*LOCALS, ("C34.151", "左肺上叶癌", 20, "胸外科")))
    room.importing.store(harmless, name="甲", edition="2", by=CODER)
    preview = room.local(with_codes(LOCALS, I63_951="脑梗塞后遗症"))
    plan = room.importing.compare(preview)
    with pytest.raises(RefusedError, match="may not"):
        room.importing.store(
            preview, name="甲", edition="3", by=CODER, signature=Signature(CODER.name, plan)
        )
    room.store(preview, Signature(HEAD.name, plan))


def test_a_list_without_volumes_keeps_those_that_are_known(room: Room) -> None:
    file = code_list(room.folder / "无例数.csv", [(code, name) for code, name, *_rest in LOCALS])
    room.store(room.importing.preview(Source(path=file), side=Side.LOCAL))
    assert (room.find("I63.951").frequency, room.find("I63.951").department) == (3812, "神经内科")


def test_three_editions_later_each_is_still_what_it_was(location: str, tmp_path: Path) -> None:
    with closing(Storage.open(location)) as storage:
        room = Room(storage, tmp_path)
        editions = [
            with_codes(LOCALS, D38_251=name) for name in ("胸膜肿瘤", "胸膜肿瘤,交界", "胸膜瘤")
        ]
        for one in editions:
            room.sign(room.local(one))
        with storage.reading() as work:
            stored = [one.id for one in work.code_sets.all() if one.side is Side.LOCAL][::-1]
            names = [work.code_sets.of_edition(one)[0].name for one in stored]
        assert names == ["胸膜交界恶性肿瘤", "胸膜肿瘤", "胸膜肿瘤,交界", "胸膜瘤"]
