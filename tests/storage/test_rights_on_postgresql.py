"""On PostgreSQL the database itself keeps the roles: the desktop is no trust boundary."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy

from helpers.accounts import HEAD, STAFF, refused
from helpers.builders import Clock
from helpers.editions import Room
from icdmapper.model.codes import Side
from icdmapper.model.errors import ConflictError, RefusedError
from icdmapper.model.events import Act
from icdmapper.model.mapping import Choice, Relation, State, Target
from icdmapper.model.people import WHO_MAY, Right, Role, may
from icdmapper.resolution.audit import AuditService
from icdmapper.resolution.checking import CheckingService
from icdmapper.resolution.disputes import DisputeService
from icdmapper.resolution.people import PeopleService
from icdmapper.resolution.retiring import RetiringService
from icdmapper.resolution.service import ResolutionService
from icdmapper.resolution.states import STEPS
from icdmapper.storage.accounts import grants
from icdmapper.storage.unit_of_work import Storage


def test_each_account_works_within_its_role(accounts: Callable[[str], str]) -> None:
    with closing(Storage.open(accounts("coder"))) as storage:
        who = PeopleService(storage, Clock()).of_account()
        assert who is not None
        assert who.person == STAFF["coder"]
        with storage.reading() as work:
            local = next(one for one in work.code_sets.local_codes() if one.name == "脑梗塞")
            entry = next(one for one in work.code_sets.reference_codes() if one.name == "脑梗死")
        target = (Target(entry.id, entry.code, entry.name),)
        resolution = ResolutionService(storage, Clock())
        choice = Choice(local.id, 0, Relation.EQUIVALENT, target)
        resolution.decide(choice, by=STAFF["coder"])
        resolution.undo(by=STAFF["coder"])
        resolution.redo(by=STAFF["coder"])
    with closing(Storage.open(accounts("checker"))) as storage:
        resolution = ResolutionService(storage, Clock())
        checking = CheckingService(storage, resolution, Clock())
        checking.agree(local.id, seen_version=3, by=STAFF["checker"])
        resolution.undo(by=STAFF["checker"])
        DisputeService(storage, Clock()).open(
            local.id, seen_version=5, reason="?", by=STAFF["checker"]
        )
    with closing(Storage.open(accounts("clinician"))) as storage:
        settled = DisputeService(storage, Clock()).settle(
            Choice(local.id, 6, Relation.EQUIVALENT, target, "会诊"), by=STAFF["clinician"]
        )
        assert settled.state is State.SETTLED
        assert AuditService(storage).verify().sound


def test_an_undo_brings_back_what_was_and_nothing_else(accounts: Callable[[str], str]) -> None:
    """Who may dispute a checked row may take that back, not write another check into it."""
    with closing(Storage.open(accounts("coder"))) as storage:
        resolution = ResolutionService(storage, Clock())
        with storage.reading() as work:
            local = work.code_sets.local_codes()[0]
        none = Choice(local.id, 0, Relation.NO_COUNTERPART, ())
        resolution.decide(none, by=STAFF["coder"])
    with closing(Storage.open(accounts("checker"))) as storage:
        checking = CheckingService(storage, ResolutionService(storage, Clock()), Clock())
        checking.agree(local.id, seen_version=1, by=STAFF["checker"])
    with closing(Storage.open(accounts("coder"))) as storage:
        disputes = DisputeService(storage, Clock())
        disputes.open(local.id, seen_version=2, reason="?", by=STAFF["coder"])
        forged = (
            f"UPDATE mapping SET state = 'checked', checked_by = 'x' WHERE local_id = {local.id}"
        )
        assert "take back an act" in refused(accounts("coder"), forged)
        (back,) = ResolutionService(storage, Clock()).undo(by=STAFF["coder"]).mappings
        assert (back.state, back.checked_by) == (State.CHECKED, STAFF["checker"].name)
    swapped = f"UPDATE mapping SET relation = 'equivalent' WHERE local_id = {local.id}"
    assert "may not make checked" in refused(accounts("coder"), swapped)


@pytest.mark.parametrize(
    ("who", "statement", "words"),
    [
        ("coder", "INSERT INTO mapping VALUES (1, 'checked', 'equivalent', '[]', '', 'x', now(), 1,"
                  " '编码员甲', now())", "may not make checked"),
        ("clinician", "INSERT INTO mapping VALUES (1, 'decided', 'equivalent', '[]', '', 'x',"
                      " now(), 1, '', NULL)", "may not make decided"),
        ("coder", "UPDATE person SET role = 'coordinator'", "only a coordinator"),
        ("coder", "INSERT INTO person VALUES ('我', 'coordinator', true, 'x', '', 0, NULL)",
         "only a coordinator"),
        ("coder", "UPDATE event SET \"by\" = 'x'", "permission denied"),
        ("head", "DELETE FROM event", "permission denied"),
        ("head", "UPDATE chain_head SET count = 0", "permission denied"),
        ("head", "UPDATE release SET note = 'x'", "permission denied"),
        ("head", "INSERT INTO state_step VALUES ('open', 'settled', 'coder')", "permission denied"),
        ("coder", "INSERT INTO event (id, act, \"by\", at, batch, undoes, detail, hash) VALUES"
                  " (1, 'decided', '复核员乙', now(), 'x', '', '', '')", "signed by who does it"),
        ("coder", "INSERT INTO release VALUES (1, now(), 'x', now(), now(), 'x', 0, '', '')",
         "only a coordinator"),
        ("head", "INSERT INTO mapping VALUES (1, 'checked', 'equivalent', '[]', '', 'x', now(), 1,"
                 " '复核员乙', now())", "take back an act of their own"),
        ("coder", "SELECT begin_merge('1:x')", "only a coordinator merges"),
        ("head", "INSERT INTO merge_ticket (person, anchor, since) VALUES ('x', 'x', 0)",
         "permission denied"),
        ("coder", "ALTER TABLE mapping DISABLE TRIGGER ALL", "must be owner"),
    ],
)  # fmt: skip
def test_going_past_the_program_is_refused(
    accounts: Callable[[str], str], who: str, statement: str, words: str
) -> None:
    assert words in refused(accounts(who), statement)


def test_an_account_of_nobody_can_do_nothing(accounts: Callable[[str], str]) -> None:
    with closing(Storage.open(accounts("head"))) as storage:
        PeopleService(storage, Clock()).change(STAFF["coder"].name, by=HEAD, active=False)
    told = refused(
        accounts("coder"),
        "INSERT INTO mapping VALUES (1, 'decided', 'equivalent', '[]', '', 'x', now(), 1, '',"
        " NULL)",
    )
    assert "no person of this project" in told


def test_the_database_keeps_the_same_table_as_the_program(accounts: Callable[[str], str]) -> None:
    """Every step of the state machine for the roles that may take it, and its way back by undo."""
    wanted = {
        step
        for (state, act), one in STEPS.items()
        if act is not Act.COMMENTED
        for after in one.after
        for role in Role
        if any(may(role, right) for right in one.rights)
        for step in ((state.value, after.value, role.value), (after.value, state.value, role.value))
    }
    # A child of a refinement is born retired; who signs the refinement brings it to life.
    wanted |= {
        step
        for role in WHO_MAY[Right.SIGN_REFINEMENT]
        for step in (("retired", "decided", role.value), ("decided", "retired", role.value))
    }
    engine = sqlalchemy.create_engine(accounts("coder"))
    with engine.connect() as connection:
        stored = connection.execute(sqlalchemy.text("SELECT was, becomes, role FROM state_step"))
        assert {tuple(row) for row in stored} == wanted
    engine.dispose()


def test_only_a_coordinator_or_it_retires_a_code(accounts: Callable[[str], str]) -> None:
    told = refused(
        accounts("coder"),
        "INSERT INTO mapping VALUES (1, 'retired', NULL, '[]', '', '', NULL, 1, '', NULL)",
    )
    assert "may not make retired" in told
    with closing(Storage.open(accounts("head"))) as storage:
        with storage.reading() as work:
            local = work.code_sets.local_codes()[0]
        RetiringService(storage, Clock()).retire({local.id: 0}, reason="停用", by=HEAD)
        resolution = ResolutionService(storage, Clock())
        (back,) = resolution.undo(by=HEAD).mappings
        assert back.state is State.OPEN


def test_odd_account_names_are_refused() -> None:
    with pytest.raises(RefusedError):
        grants("x; DROP TABLE event")


def test_who_signed_an_edition_takes_it_back_and_the_answers_with_it(
    accounts: Callable[[str], str], tmp_path: Path
) -> None:
    with closing(Storage.open(accounts("coder"))) as storage:
        with storage.reading() as work:
            codes = work.code_sets.local_codes()
            entry = next(one for one in work.code_sets.reference_codes() if one.name == "脑梗死")
        local = next(one for one in codes if one.name == "脑梗塞")
        target = (Target(entry.id, entry.code, entry.name),)
        ResolutionService(storage, Clock()).decide(
            Choice(local.id, 0, Relation.EQUIVALENT, target), by=STAFF["coder"]
        )
    with closing(Storage.open(accounts("checker"))) as storage:
        checking = CheckingService(storage, ResolutionService(storage, Clock()), Clock())
        checked = checking.agree(local.id, seen_version=1, by=STAFF["checker"])
    with closing(Storage.open(accounts("head"))) as storage:
        room = Room.again(storage, tmp_path)
        room.sign(
            room.local(
                tuple(
                    (one.code, one.name + "后遗症" * (one == local), one.frequency or 1, "")
                    for one in codes
                )
            )
        )
        with storage.reading() as work:
            assert work.mappings.get(local.id).state is State.OPEN
            (edition,) = work.code_sets.in_use(Side.LOCAL)
        room.importing.recall(edition.id, by=HEAD)
        with storage.reading() as work:
            back = work.mappings.get(local.id)
            assert work.code_sets.local(local.id) == local
        assert replace(back, version=0) == replace(checked, version=0)
        assert AuditService(storage).verify().sound


def test_a_coordinator_takes_a_new_pin_back_on_a_server_too(
    accounts: Callable[[str], str],
) -> None:
    with closing(Storage.open(accounts("head"))) as storage:
        people, coder = PeopleService(storage, Clock()), STAFF["coder"]
        first = people.set_pin(coder.name, "314159", by=HEAD)
        second = people.set_pin(coder.name, "271828", by=HEAD)
        with pytest.raises(ConflictError, match="Another PIN"):
            people.take_pin_back(first, by=HEAD)
        people.take_pin_back(second, by=HEAD)
        assert people.sign_in(coder.name, "314159") == coder
        second = people.set_pin_again(second, by=HEAD)
        assert people.sign_in(coder.name, "271828") == coder
        people.take_pin_back(second, by=HEAD)
        people.take_pin_back(first, by=HEAD)
        assert not next(one for one in people.members() if one.name == coder.name).has_pin
        assert ResolutionService(storage, Clock()).undo(by=HEAD, told_of=0).stays is None
        assert AuditService(storage).verify().sound
