"""Decide, reopen, undo, redo, accept in bulk: through a project file."""

from pathlib import Path

import pytest

from helpers.builders import Clock
from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.errors import ConflictError, NotFoundError, RefusedError
from icdmapper.model.events import Act
from icdmapper.model.mapping import Choice, Mapping, Relation, State, Target, TargetRole
from icdmapper.model.people import Person
from icdmapper.model.proposals import Candidate, Proposal
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage

CODER, OTHER = Person("编码员甲"), Person("编码员乙")
Sets = tuple[dict[str, ReferenceCode], dict[str, LocalCode]]


def target(entry: ReferenceCode, role: TargetRole = TargetRole.MAIN) -> Target:
    return Target(entry.id, entry.code, entry.name, role)


def choice(
    sets: Sets, local: str, reference: str, relation: Relation, *, version: int = 0
) -> Choice:
    references, local_codes = sets
    return Choice(local_codes[local].id, version, relation, (target(references[reference]),))


def test_a_decision_says_who_when_and_how(resolution: ResolutionService, sets: Sets) -> None:
    decided = resolution.decide(choice(sets, "脑梗塞", "脑梗死", Relation.EQUIVALENT), by=CODER)
    row = resolution.work_row(decided.local_id)
    assert row.mapping == decided
    assert (decided.state, decided.decided_by, decided.version) == (State.DECIDED, "编码员甲", 1)
    assert [event.act for event in resolution.history(decided.local_id)] == [Act.DECIDED]


def test_case_2_the_finer_local_code_is_assigned_to_the_coarser_entry(
    resolution: ResolutionService, sets: Sets
) -> None:
    """Official example: 胸腔镜下左脓胸引流术 has only 34.09010 胸腔镜下脓胸清除术 to go to."""
    wanted = choice(sets, "胸腔镜下左脓胸引流术", "胸腔镜下脓胸清除术", Relation.LOCAL_FINER)
    decided = resolution.decide(wanted, by=CODER)
    assert (decided.targets[0].code, decided.relation) == ("34.09010", Relation.LOCAL_FINER)


def test_a_tumour_may_carry_its_morphology_beside_its_site(
    resolution: ResolutionService, sets: Sets
) -> None:
    references, local_codes = sets
    wanted = Choice(
        local_codes["左肺上叶癌"].id,
        0,
        Relation.LOCAL_FINER,
        (target(references["肺上叶恶性肿瘤"]), target(references["癌"], TargetRole.MORPHOLOGY)),
    )
    assert len(resolution.decide(wanted, by=CODER).targets) == 2


@pytest.mark.parametrize(
    ("local", "reference", "reason"),
    [
        ("脑梗塞", "胸腔镜下脓胸清除术", "RC022"),
        ("脑梗塞", "癌", "RC021"),
        ("胸膜肿瘤", "胸膜动态未定的肿瘤", "heading"),
        ("脑梗塞", "行人在与脚踏车碰撞中的损伤", "External causes"),
        ("行人与自行车碰撞", "脑梗死", "External causes"),
        ("脑梗塞", "炭疽性脑膜炎", "asterisk"),
    ],
)
def test_a_target_that_cannot_stand_is_refused(
    resolution: ResolutionService, sets: Sets, local: str, reference: str, reason: str
) -> None:
    with pytest.raises(RefusedError, match=reason):
        resolution.decide(choice(sets, local, reference, Relation.EQUIVALENT), by=CODER)
    assert resolution.progress().decided == 0


def test_no_counterpart_takes_no_target_and_a_mapping_needs_one(
    resolution: ResolutionService, sets: Sets
) -> None:
    local = sets[1]["脑梗塞"]
    for relation, targets in (
        (Relation.NO_COUNTERPART, (target(sets[0]["脑梗死"]),)),
        (Relation.EQUIVALENT, ()),
        (Relation.EQUIVALENT, (target(sets[0]["脑梗死"]), target(sets[0]["脑梗死"]))),
    ):
        with pytest.raises(RefusedError):
            resolution.decide(Choice(local.id, 0, relation, targets), by=CODER)
    none = resolution.decide(Choice(local.id, 0, Relation.NO_COUNTERPART, ()), by=CODER)
    assert none.state is State.NO_COUNTERPART


def test_a_screen_that_is_out_of_date_cannot_overwrite(
    resolution: ResolutionService, sets: Sets
) -> None:
    resolution.decide(choice(sets, "脑梗塞", "脑梗死", Relation.EQUIVALENT), by=CODER)
    stale = Choice(sets[1]["脑梗塞"].id, 0, Relation.NO_COUNTERPART, ())
    with pytest.raises(ConflictError, match="编码员甲"):
        resolution.decide(stale, by=OTHER)
    with pytest.raises(ConflictError):
        resolution.reopen(stale.local_id, seen_version=0, by=OTHER)
    assert resolution.work_row(stale.local_id).mapping.decided_by == "编码员甲"


def test_undo_and_redo_walk_back_and_forth_even_after_a_restart(
    file: Path, storage: Storage, sets: Sets
) -> None:
    first = ResolutionService(storage, Clock())
    one = first.decide(choice(sets, "脑梗塞", "脑梗死", Relation.EQUIVALENT), by=CODER)
    two = first.decide(choice(sets, "左肺上叶癌", "肺上叶恶性肿瘤", Relation.LOCAL_FINER), by=CODER)
    storage.close()
    reopened = Storage.open(file)
    again = ResolutionService(reopened, Clock())
    assert [mapping.local_id for mapping in again.undo(by=CODER).mappings] == [two.local_id]
    assert [mapping.local_id for mapping in again.undo(by=CODER).mappings] == [one.local_id]
    assert again.undo(by=CODER).mappings == ()
    assert again.progress().decided == 0
    assert again.redo(by=CODER).mappings[0].targets == one.targets
    assert again.redo(by=CODER).mappings[0].relation is Relation.LOCAL_FINER
    assert again.redo(by=CODER).mappings == ()
    assert again.work_row(one.local_id).mapping.version == 3
    reopened.close()


def test_something_new_after_an_undo_ends_the_redo(
    resolution: ResolutionService, sets: Sets
) -> None:
    resolution.decide(choice(sets, "脑梗塞", "脑梗死", Relation.EQUIVALENT), by=CODER)
    resolution.undo(by=CODER)
    wanted = choice(sets, "左肺上叶癌", "肺上叶恶性肿瘤", Relation.LOCAL_FINER)
    resolution.decide(wanted, by=CODER)
    assert resolution.redo(by=CODER).mappings == ()
    resolution.undo(by=CODER)
    assert resolution.undo(by=CODER).mappings == ()


def test_undo_takes_back_ones_own_acts_and_never_those_of_others(
    resolution: ResolutionService, sets: Sets
) -> None:
    mapping = resolution.decide(choice(sets, "脑梗塞", "脑梗死", Relation.EQUIVALENT), by=CODER)
    assert resolution.undo(by=OTHER).mappings == ()
    resolution.reopen(mapping.local_id, seen_version=1, by=OTHER)
    with pytest.raises(ConflictError):
        resolution.undo(by=CODER)


def test_reopening_keeps_the_history_and_can_be_undone(
    resolution: ResolutionService, sets: Sets
) -> None:
    mapping = resolution.decide(choice(sets, "脑梗塞", "脑梗死", Relation.EQUIVALENT), by=CODER)
    opened = resolution.reopen(mapping.local_id, seen_version=1, by=CODER)
    assert (opened.state, opened.targets, opened.version) == (State.OPEN, (), 2)
    with pytest.raises(RefusedError, match="nothing to reopen"):
        resolution.reopen(mapping.local_id, seen_version=2, by=CODER)
    resolution.undo(by=CODER)
    acts = [event.act for event in resolution.history(mapping.local_id)]
    assert acts == [Act.DECIDED, Act.REOPENED, Act.UNDONE]
    assert resolution.work_row(mapping.local_id).mapping.targets == mapping.targets


def proposal(
    sets: Sets, local: str, reference: str, *, safe: bool = True, against: str = ""
) -> Proposal:
    entry = sets[0][reference]
    candidate = Candidate(
        entry.id, entry.code, entry.name, 0.99, Relation.EQUIVALENT,
        contradictions=(against,) if against else (),
    )  # fmt: skip
    return Proposal(sets[1][local].id, (candidate,), safe=safe)


def test_bulk_acceptance_takes_only_what_is_safe_and_one_undo_takes_it_back(
    resolution: ResolutionService, storage: Storage, sets: Sets
) -> None:
    with storage.writing() as work:
        work.proposals.save_many(
            [
                proposal(sets, "脑梗塞", "脑梗死"),
                proposal(sets, "癌 NOS", "癌"),
                proposal(sets, "左肺上叶癌", "肺上叶恶性肿瘤", against="侧别"),
                proposal(sets, "胸膜肿瘤", "胸膜动态未定的肿瘤"),
                proposal(sets, "行人与自行车碰撞", "行人在与脚踏车碰撞中的损伤", safe=False),
            ]
        )
        work.commit()
    result = resolution.accept_safe(by=CODER)
    assert result.accepted == 2
    assert result.left_out == {
        "contradiction": 1,
        "not_safe": 1,
        "rule_forbids": 1,
        "no_proposal": 1,
    }
    assert resolution.accept_safe(by=CODER).left_out["not_open"] == 2
    assert len(resolution.undo(by=CODER).mappings) == 2
    assert resolution.progress().decided == 0


def test_a_row_whose_first_candidate_is_another_than_previewed_stays_out(
    resolution: ResolutionService, storage: Storage, sets: Sets
) -> None:
    rows = [sets[1][name].id for name in ("脑梗塞", "癌 NOS")]
    with storage.writing() as work:
        work.proposals.save_many(
            [proposal(sets, "脑梗塞", "脑梗死"), proposal(sets, "癌 NOS", "癌")]
        )
        work.commit()
    seen = {row.local.id: row.best for row in resolution.bulk_rows(rows, by=CODER) if row.best}
    with storage.writing() as work:
        work.proposals.save_many([proposal(sets, "脑梗塞", "肺上叶恶性肿瘤")])
        work.commit()
    result = resolution.accept_safe(by=CODER, local_ids=rows, seen=seen)
    assert (result.accepted, result.left_out) == (1, {"changed_meanwhile": 1})
    assert resolution.work_row(rows[0]).mapping.state is State.OPEN


def test_cancelled_bulk_acceptance_leaves_nothing_behind(
    resolution: ResolutionService, storage: Storage, sets: Sets
) -> None:
    with storage.writing() as work:
        work.proposals.save_many([proposal(sets, "脑梗塞", "脑梗死")])
        work.commit()

    def cancel(_done: int, _total: int) -> None:
        raise RefusedError("stopped")

    with pytest.raises(RefusedError):
        resolution.accept_safe(by=CODER, progress=cancel)
    assert resolution.progress().decided == 0


def test_the_worklist_begins_with_what_is_met_most_often(
    resolution: ResolutionService, sets: Sets
) -> None:
    rows = resolution.worklist()
    assert [row.local.frequency for row in rows] == [3812, 1377, 640, 12, 5, None]
    assert all(row.mapping == Mapping(row.local.id) for row in rows)


def test_progress_counts_codes_and_discharges(resolution: ResolutionService, sets: Sets) -> None:
    resolution.decide(choice(sets, "脑梗塞", "脑梗死", Relation.EQUIVALENT), by=CODER)
    coverage = resolution.progress()
    assert (coverage.total, coverage.decided) == (6, 1)
    assert (coverage.frequency_total, coverage.frequency_decided) == (5846, 3812)
    assert coverage.by_state == {State.DECIDED: 1, State.OPEN: 5}


def test_who_uses_an_entry_is_known(resolution: ResolutionService, sets: Sets) -> None:
    resolution.decide(choice(sets, "脑梗塞", "脑梗死", Relation.EQUIVALENT), by=CODER)
    assert [row.name for row in resolution.used_by(sets[0]["脑梗死"].id)] == ["脑梗塞"]
    assert resolution.used_by(sets[0]["癌"].id) == ()


def test_an_unknown_code_is_not_decided(resolution: ResolutionService, sets: Sets) -> None:
    with pytest.raises(NotFoundError, match="4711"):
        resolution.decide(Choice(4711, 0, Relation.NO_COUNTERPART, ()), by=CODER)
