"""What a project keeps, on both databases."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from helpers.builders import LOCALS, MOMENT, REFERENCES, code_set, fill, new_code
from icdmapper.model.codes import CodeSystem, Side
from icdmapper.model.errors import ConflictError, NotFoundError
from icdmapper.model.events import Act, NewEvent
from icdmapper.model.mapping import Mapping, Relation, State, Target, TargetRole
from icdmapper.model.proposals import Candidate, Proposal, Reason, ReasonKind
from icdmapper.storage.unit_of_work import Storage


def decided(local_id: int, target: Target, version: int = 1) -> Mapping:
    return Mapping(
        local_id,
        State.DECIDED,
        Relation.LOCAL_FINER,
        (target,),
        "归类",
        "编码员甲",
        MOMENT,
        version,
    )


def test_codes_come_back_as_they_were_stored_in_order(storage: Storage) -> None:
    references, local_codes = fill(storage)
    assert list(references) == [name for _code, name in REFERENCES]
    assert [(code.code, code.name, code.frequency) for code in local_codes.values()] == list(LOCALS)
    with storage.reading() as work:
        assert [one.size for one in work.code_sets.in_use(Side.REFERENCE)] == [8, 1, 2]


def test_a_new_edition_takes_the_place_of_the_old_one_and_both_stay_stored(
    storage: Storage,
) -> None:
    fill(storage)
    with storage.writing() as work:
        work.code_sets.add(
            code_set(Side.REFERENCE, CodeSystem.RC021, edition="2027"),
            [new_code("M80103/3", "癌，新版")],
            initials=["axb"],
        )
        work.commit()
    with storage.reading() as work:
        assert [code.name for code in work.code_sets.reference_codes(CodeSystem.RC021)] == [
            "癌，新版"
        ]
        editions = [one.edition for one in work.code_sets.all() if one.system is CodeSystem.RC021]
        assert editions == ["2027", "2026"]


def test_what_is_not_committed_did_not_happen(storage: Storage) -> None:
    _references, local_codes = fill(storage)
    local = local_codes["脑梗塞"]
    with storage.writing() as work:
        work.mappings.save(Mapping(local.id, State.NO_COUNTERPART, version=1))
    with storage.reading() as work:
        assert work.mappings.get(local.id) == Mapping(local.id)


def test_a_mapping_comes_back_whole_after_the_project_was_closed(location: str) -> None:
    first = Storage.open(location)
    references, local_codes = fill(first)
    main = references["肺上叶恶性肿瘤"]
    morphology = references["癌"]
    mapping = replace(
        decided(local_codes["左肺上叶癌"].id, Target(main.id, main.code, main.name)),
        targets=(
            Target(main.id, main.code, main.name),
            Target(morphology.id, morphology.code, morphology.name, TargetRole.MORPHOLOGY),
        ),
    )
    with first.writing() as work:
        work.mappings.save(mapping)
        work.commit()
    first.close()
    second = Storage.open(location)
    with second.reading() as work:
        assert work.mappings.get(mapping.local_id) == mapping
        assert work.mappings.in_use() == (mapping,)
        assert [row.name for row in work.mappings.on_reference(morphology.id)] == ["左肺上叶癌"]
    second.close()


def test_an_act_refused_leaves_a_usable_connection(storage: Storage) -> None:
    references, local_codes = fill(storage)
    entry = references["脑梗死"]
    mapping = decided(local_codes["脑梗塞"].id, Target(entry.id, entry.code, entry.name))
    told = NewEvent(Act.DECIDED, "编码员甲", MOMENT, "b1", mapping.local_id, None, mapping)
    with storage.acting() as work:
        work.keep(mapping, told)
    with (
        pytest.raises(ConflictError, match="编码员甲"),
        storage.acting() as work,
    ):
        work.keep(mapping, told)
    with storage.reading() as work:
        assert work.mappings.get(mapping.local_id) == mapping
        assert [one.after for one in work.events.of_local_code(mapping.local_id)] == [mapping]
    with storage.acting() as work:
        work.keep(replace(mapping, version=2), told)


def test_a_stale_save_is_refused_and_changes_nothing(storage: Storage) -> None:
    references, local_codes = fill(storage)
    entry = references["脑梗死"]
    mapping = decided(local_codes["脑梗塞"].id, Target(entry.id, entry.code, entry.name))
    with storage.writing() as work:
        work.mappings.save(mapping)
        work.commit()
    for version in (1, 3):  # a second first save, and one that skips a version
        with storage.writing() as work, pytest.raises(ConflictError, match="编码员甲"):
            work.mappings.save(replace(mapping, note="覆盖", version=version))
    with storage.reading() as work:
        assert work.mappings.get(mapping.local_id) == mapping


def test_of_two_simultaneous_savers_exactly_one_wins(location: str) -> None:
    storages = [Storage.open(location) for _ in range(2)]
    references, local_codes = fill(storages[0])
    entry = references["脑梗死"]
    mapping = decided(local_codes["脑梗塞"].id, Target(entry.id, entry.code, entry.name))
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def save(storage: Storage) -> None:
        together.wait()
        try:
            with storage.writing() as work:
                work.mappings.save(mapping)
                work.commit()
            outcomes.append("saved")
        except ConflictError:
            outcomes.append("refused")

    threads = [threading.Thread(target=save, args=(storage,)) for storage in storages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for storage in storages:
        storage.close()
    assert sorted(outcomes) == ["refused", "saved"]


def test_the_event_log_takes_no_change_and_no_deletion(storage: Storage) -> None:
    event = NewEvent(Act.EXPORTED, "信息科", MOMENT, "b1", detail="abc")
    with storage.writing() as work:
        work.events.add([event])
        work.commit()
    for statement in ("UPDATE event SET detail = 'x'", "DELETE FROM event"):
        with pytest.raises(DBAPIError), storage._engine.begin() as connection:
            connection.execute(text(statement))
    with storage.reading() as work:
        kept = work.events.newest(10)
    assert [(one.act, one.by, one.at, one.detail) for one in kept] == [
        (Act.EXPORTED, "信息科", MOMENT, "abc")
    ]


def test_proposals_are_replaced_not_doubled(storage: Storage) -> None:
    references, local_codes = fill(storage)
    entry, local = references["脑梗死"], local_codes["脑梗塞"]
    reason = Reason(ReasonKind.ALIAS, "别名", "脑梗塞", "脑梗死")
    candidate = Candidate(
        entry.id, entry.code, entry.name, 0.97, Relation.EQUIVALENT, (reason,), ("侧别",)
    )
    proposal = Proposal(local.id, (candidate,), safe=True, companions=(candidate,))
    for _ in range(2):
        with storage.writing() as work:
            work.proposals.save_many([proposal])
            work.commit()
    with storage.reading() as work:
        assert work.proposals.get(local.id) == proposal
        assert work.proposals.get_many([local.id, 999_999]) == (proposal,)
        head = work.proposals.heads()[local.id]
        assert (head.best_code, head.safe, head.contradiction) == ("I63.902", True, True)
        assert work.proposals.count() == 1


def test_what_does_not_exist_is_said_clearly(storage: Storage) -> None:
    with storage.reading() as work:
        for look in (work.code_sets.get, work.code_sets.reference, work.code_sets.local):
            with pytest.raises(NotFoundError, match="4711"):
                look(4711)


def test_the_schema_is_what_the_tables_say(storage: Storage) -> None:
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415
    from alembic.migration import MigrationContext  # noqa: PLC0415

    from icdmapper.storage.schema import HEAD  # noqa: PLC0415
    from icdmapper.storage.tables import metadata  # noqa: PLC0415

    with storage._engine.connect() as connection:
        # Rights and merges are kept by PostgreSQL for itself; the program never reads them.
        kept = ("state_step", "merge_ticket", "merge_row", "role_right")
        own = {("table", name) for name in kept}
        options = {"include_name": lambda name, kind, _parents: (kind, name) not in own}
        context = MigrationContext.configure(connection, opts=options)
        assert context.get_current_revision() == HEAD
        assert compare_metadata(context, metadata) == []


def test_a_project_of_a_newer_program_is_refused(location: str) -> None:
    from icdmapper.model.errors import ProjectError  # noqa: PLC0415

    first = Storage.open(location)
    with first._engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    first.close()
    with pytest.raises(ProjectError, match="9999"):
        Storage.open(location)


def test_what_was_taken_and_what_was_passed_over_are_lessons(storage: Storage) -> None:
    references, local_codes = fill(storage)
    taken, passed = references["肺上叶恶性肿瘤"], references["脑梗死"]
    local, other = local_codes["左肺上叶癌"], local_codes["脑梗塞"]
    candidate = Candidate(passed.id, passed.code, passed.name, 0.5, Relation.OVERLAP)
    with storage.writing() as work:
        work.proposals.save_many([Proposal(one.id, (candidate,)) for one in (local, other)])
        work.mappings.save(decided(local.id, Target(taken.id, taken.code, taken.name)))
        work.commit()
    with storage.reading() as work:
        assert work.mappings.lessons() == (
            ("左肺上叶癌", taken.id, True),
            ("左肺上叶癌", passed.id, False),
        )
