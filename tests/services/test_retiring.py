"""A code that the hospital no longer uses is taken out of use, and comes back when it must."""

import json

import pytest

from helpers.builders import Clock, fill
from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.errors import ConflictError, NotFoundError, RefusedError
from icdmapper.model.events import Act
from icdmapper.model.mapping import Choice, Mapping, Relation, State, Target
from icdmapper.model.people import Person, Role
from icdmapper.resolution.people import PeopleService
from icdmapper.resolution.refining import RefiningService
from icdmapper.resolution.retiring import RetiringService
from icdmapper.resolution.rule_pack import shipped_judge
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage

Sets = tuple[dict[str, ReferenceCode], dict[str, LocalCode]]
CODER, HEAD = Person("编码员甲"), Person("协调员丁", Role.COORDINATOR)
REFERENCES = (("D38.201", "胸膜交界恶性肿瘤"), ("C38.401", "胸膜恶性肿瘤"), ("I63.902", "脑梗死"))
LOCALS = (("D38.251", "胸膜肿瘤", 12), ("I63.951", "脑梗塞", 3812))


@pytest.fixture
def sets(storage: Storage) -> Sets:
    return fill(storage, REFERENCES, LOCALS)


@pytest.fixture
def retiring(storage: Storage) -> RetiringService:
    return RetiringService(storage, Clock())


def decided(resolution: ResolutionService, sets: Sets) -> Mapping:
    entry = sets[0]["脑梗死"]
    target = Target(entry.id, entry.code, entry.name)
    choice = Choice(sets[1]["脑梗塞"].id, 0, Relation.EQUIVALENT, (target,))
    return resolution.decide(choice, by=CODER)


def state(resolution: ResolutionService, local_id: int) -> State:
    return resolution.work_row(local_id).mapping.state


def test_several_codes_are_one_gesture_with_one_undo(
    retiring: RetiringService, resolution: ResolutionService, sets: Sets
) -> None:
    answer = decided(resolution, sets)
    ids = [one.id for one in sets[1].values()]
    retired = retiring.retire(dict(zip(ids, (0, 1), strict=True)), reason="HIS 已停用", by=CODER)
    assert [one.state for one in retired] == [State.RETIRED] * 2
    event = resolution.history(ids[1])[-1]
    assert (event.act, json.loads(event.detail)["text"]) == (Act.RETIRED, "HIS 已停用")
    assert event.after is not None
    assert event.after.targets == answer.targets
    resolution.undo(by=CODER)
    assert [state(resolution, one) for one in ids] == [State.OPEN, State.DECIDED]
    resolution.redo(by=CODER)
    assert [state(resolution, one) for one in ids] == [State.RETIRED] * 2
    opened = resolution.reopen(ids[1], seen_version=4, by=CODER)
    assert opened.state is State.OPEN


def test_one_refusal_keeps_all_of_them(
    retiring: RetiringService, resolution: ResolutionService, sets: Sets, storage: Storage
) -> None:
    decided(resolution, sets)
    one, other = (code.id for code in sets[1].values())
    with pytest.raises(ConflictError):
        retiring.retire({one: 0, other: 0}, reason="停用", by=CODER)
    assert state(resolution, one) is State.OPEN
    with pytest.raises(RefusedError, match="why"):
        retiring.retire({one: 0}, reason=" ", by=CODER)
    with pytest.raises(NotFoundError):
        retiring.retire({9999: 0}, reason="停用", by=CODER)
    PeopleService(storage, Clock()).add(HEAD.name, HEAD.role, by=HEAD, account="head")
    PeopleService(storage, Clock()).add(CODER.name, CODER.role, by=HEAD)
    with pytest.raises(RefusedError, match="may not retire"):
        retiring.retire({one: 0}, reason="停用", by=CODER)
    retiring.retire({one: 0}, reason="停用", by=HEAD)
    with pytest.raises(RefusedError, match="retired already"):
        retiring.retire({one: 1}, reason="停用", by=HEAD)


def test_a_refined_code_and_its_children_are_never_in_use_together(
    retiring: RetiringService, resolution: ResolutionService, sets: Sets, storage: Storage
) -> None:
    refining = RefiningService(storage, Clock(), shipped_judge)
    parent = sets[1]["胸膜肿瘤"]
    plan = refining.start(
        parent.id, [sets[0][name].id for name in ("胸膜交界恶性肿瘤", "胸膜恶性肿瘤")],
        seen_version=0, by=CODER, effective=Clock()().date(),
    )  # fmt: skip
    signed = refining.sign(plan.id, seen_revision=1, by=CODER)
    with pytest.raises(RefusedError, match="cannot be in use together"):
        resolution.reopen(parent.id, seen_version=2, by=CODER)
    children = {child.local_id: 1 for child in signed.children if child.local_id}
    retiring.retire(children, reason="HIS 未采用", by=CODER)
    resolution.reopen(parent.id, seen_version=2, by=HEAD)
    assert refining.of(parent.id) is None
    # Bringing a child back now would count its cases twice: by undo, and by reopening it.
    with pytest.raises(RefusedError, match="cannot be in use together"):
        resolution.undo(by=CODER)
    with pytest.raises(RefusedError, match="cannot be in use together"):
        resolution.reopen(next(iter(children)), seen_version=2, by=CODER)


def test_retiring_a_code_gives_up_the_plan_to_refine_it(
    retiring: RetiringService, resolution: ResolutionService, sets: Sets, storage: Storage
) -> None:
    refining = RefiningService(storage, Clock(), shipped_judge)
    parent = sets[1]["胸膜肿瘤"]
    refining.start(parent.id, [sets[0]["胸膜恶性肿瘤"].id], seen_version=0, by=CODER)
    retiring.retire({parent.id: 1}, reason="停用", by=CODER)
    assert refining.of(parent.id) is None
    resolution.undo(by=CODER)
    assert refining.of(parent.id) is not None
