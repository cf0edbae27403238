"""Five accounts try the same statements past the program: what each role may write by hand."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy
from sqlalchemy import Connection, text

from helpers.accounts import HEAD, STAFF
from helpers.builders import Clock
from icdmapper.model.events import Act
from icdmapper.model.mapping import Choice, Relation
from icdmapper.model.people import WHO_MAY
from icdmapper.resolution.assigning import AssigningService
from icdmapper.resolution.checking import CheckingService
from icdmapper.resolution.judgement import Judge
from icdmapper.resolution.judging import JudgingService
from icdmapper.resolution.refining import RefiningService
from icdmapper.resolution.rule_pack import shipped_judge
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage

WHO = {name: person.name for name, person in STAFF.items()}
ALL = "coder checker clinician head"
EVERYBODY = f"{ALL} it"
CHECK = (
    "INSERT INTO second_check (local_id, at, checker, decider, agreed, blind, decided, chosen,"
    " batch, withdrawn) VALUES ({local}, now(), '{checker}', '{decider}', true, false, '{{}}',"
    " '{{}}', 'new', {withdrawn})"
)
MESSAGE = (
    'INSERT INTO dispute_message (local_id, at, "by", kind, text, batch, withdrawn)'
    " VALUES (1, now(), '{by}', '{kind}', '{said}', '{batch}', {withdrawn})"
)
WAIVER = (
    'INSERT INTO waiver (local_id, rule_id, reason, "by", role, at, version, answer, withdrawn)'
    " VALUES (1, 'R1', 'x', '{by}', '{role}', now(), 1, 'a', {withdrawn})"
)
REFINEMENT = (
    "INSERT INTO refinement (local_id, revision, started_by, started_at, signed_by,"
    " residual_allowed_by) VALUES (2, 1, '{by}', now(), '{signed}', '{allowed}')"
)
CHILD = (
    "INSERT INTO refinement_child (refinement_id, position, code, name, relation, targets, note,"
    " residual, renamed_from) VALUES (1, 5, 'x', 'x', 'equivalent', '[]', '', false, '')"
)
ASSIGNMENT = "INSERT INTO assignment VALUES (2, '{to}', '{by}', now())"
PACKET = "INSERT INTO packet VALUES ('new', '', now(), '{by}', '[]', NULL, false)"
PLAN = (
    'INSERT INTO sampling_plan (at, "by", seed, rest, risky, sample)'
    " VALUES (now(), '{by}', 1, 1, '[]', '[]')"
)
CODE_SET = (
    "INSERT INTO code_set (side, name, edition, source, sha256, size, imported_at, imported_by,"
    " in_use) VALUES ('local', 'x', 'x', 'x', 'x', 0, now(), '{by}', false)"
)
FINDING = (
    "INSERT INTO feed_finding (kind, code, name, reason, records, first_seen, last_seen)"
    " VALUES ('diagnosis', 'x', 'x', 'x', 1, now(), now())"
)


def check(checker: str = "{me}", decider: str = WHO["coder"], **more: object) -> str:
    return CHECK.format(**{"local": 1, "checker": checker, "decider": decider, "withdrawn": False}
                        | more)  # fmt: skip


def message(kind: str, by: str = "{me}", said: str = "x", **more: object) -> str:
    values = {"kind": kind, "by": by, "said": said, "batch": "new", "withdrawn": False}
    return MESSAGE.format(**values | more)


def waiver(by: str = "{me}", role: str = "{role}", *, withdrawn: bool = False) -> str:
    return WAIVER.format(by=by, role=role, withdrawn=withdrawn)


def plan(by: str = "{me}", signed: str = "", allowed: str = "") -> str:
    return REFINEMENT.format(by=by, signed=signed, allowed=allowed)


SIGN = "UPDATE refinement SET signed_by = '{me}', signed_at = now(), revision = 9 WHERE id = 1"
NOBODY = ""
OTHER = "别人"
# The statement, and the accounts that may run it; to every other account the database says no.
MATRIX = [
    (check(), "checker"),
    (check(OTHER), NOBODY),
    (check(decider=OTHER), NOBODY),
    (check(local=2), NOBODY),
    (check(local=3, decider=WHO["checker"]), NOBODY),
    (check(withdrawn=True), NOBODY),
    ("UPDATE second_check SET withdrawn = true WHERE id = 1", "checker"),
    ("UPDATE second_check SET agreed = false WHERE id = 1", NOBODY),
    ("UPDATE second_check SET checker = '{me}甲' WHERE id = 1", NOBODY),
    ("UPDATE second_check SET batch = 'x', withdrawn = true WHERE id = 1", NOBODY),
    ("DELETE FROM second_check", NOBODY),
    (PLAN.format(by="{me}"), "checker head"),
    (PLAN.format(by=OTHER), NOBODY),
    ("UPDATE sampling_plan SET seed = 2", NOBODY),
    ("UPDATE sampling_plan SET withdrawn = true", "head"),
    (PLAN.replace("sample)", "sample, withdrawn)").replace("'[]')", "'[]', true)")
     .format(by="{me}"), NOBODY),
    ("DELETE FROM sampling_plan", NOBODY),
    (message("comment"), ALL),
    (message("opinion"), ALL),
    (message("opened"), ALL),
    (message("comment", OTHER), NOBODY),
    (message("opened", WHO["clinician"]), "clinician"),
    (message("comment", batch="said"), "checker"),
    (message("comment", withdrawn=True), NOBODY),
    (message("settled"), "clinician"),
    (message("settled", WHO["clinician"]), "clinician head"),
    (message("settled", WHO["coder"]), NOBODY),
    (message("decided", WHO["coder"], "注"), ALL),
    (message("decided", WHO["coder"], "另"), NOBODY),
    (message("decided", OTHER, "注"), NOBODY),
    ("UPDATE dispute_message SET withdrawn = true WHERE id = 1", "checker"),
    ("UPDATE dispute_message SET text = 'y' WHERE id = 1", NOBODY),
    ("DELETE FROM dispute_message", NOBODY),
    (waiver(), "checker clinician head"),
    (waiver(OTHER), NOBODY),
    (waiver(role="clinician"), "clinician"),
    (waiver(WHO["clinician"], "clinician"), "clinician"),
    (waiver(withdrawn=True), NOBODY),
    (WAIVER.replace("'{role}'", "NULL").format(by="{me}", withdrawn=False), NOBODY),
    ("UPDATE waiver SET withdrawn = true WHERE id = 1", "checker clinician head"),
    ("UPDATE waiver SET withdrawn = false WHERE id = 2", NOBODY),
    ("UPDATE waiver SET role = 'clinician' WHERE id = 1", NOBODY),
    ("UPDATE waiver SET answer = 'b' WHERE id = 1", NOBODY),
    ("DELETE FROM waiver", NOBODY),
    (plan(), "coder checker head"),
    (plan(OTHER), NOBODY),
    (plan(signed="{me}"), NOBODY),
    (plan(allowed="{me}"), NOBODY),
    (SIGN, "checker head"),
    (SIGN.replace("{me}", OTHER), NOBODY),
    (SIGN.replace("id = 1", "id = 2"), NOBODY),
    ("UPDATE refinement SET started_by = '{me}' WHERE id = 1", "coder"),
    ("UPDATE refinement SET residual_allowed_by = '{me}' WHERE id = 1", "clinician"),
    ("UPDATE refinement SET residual_allowed_by = '别人' WHERE id = 1", NOBODY),
    ("UPDATE refinement SET residual_allowed_by = '' WHERE id = 3", "coder checker clinician head"),
    ("UPDATE refinement SET effective = now() WHERE id = 1", "coder checker head"),
    ("DELETE FROM refinement", NOBODY),
    (CHILD, "coder checker head"),
    (CHILD.replace("(1, 5", "(2, 5"), "checker head"),
    ("UPDATE refinement_child SET name = 'y' WHERE refinement_id = 2", "checker head"),
    ("DELETE FROM refinement_child WHERE refinement_id = 2", "checker head"),
    (ASSIGNMENT.format(to=WHO["coder"], by="{me}"), "head"),
    (ASSIGNMENT.format(to=WHO["coder"], by=OTHER), NOBODY),
    (ASSIGNMENT.format(to=OTHER, by="{me}"), NOBODY),
    ("UPDATE assignment SET person = '{me}', \"by\" = '{me}'", "head"),
    ("DELETE FROM assignment", "head"),
    (PACKET.format(by="{me}"), "head"),
    (PACKET.format(by=OTHER), NOBODY),
    ("UPDATE packet SET rows = '[1]'", NOBODY),
    ("DELETE FROM packet", NOBODY),
    (CODE_SET.format(by="{me}"), "coder checker head it"),
    (CODE_SET.format(by=OTHER), NOBODY),
    ("UPDATE code_set SET in_use = false", "coder checker head it"),
    ("UPDATE code_set SET imported_by = '{me}甲'", NOBODY),
    ("UPDATE reference_code SET name = name", "coder checker head it"),
    ("UPDATE local_code SET name = name", "coder checker head it"),
    ("DELETE FROM local_code", NOBODY),
    (FINDING, "coder checker head it"),
    ("DELETE FROM feed_finding", "coder checker head it"),
    ("DELETE FROM proposal", "coder checker clinician head it"),
    ("SELECT merges((SELECT person FROM person LIMIT 1), 1)", NOBODY),
    ("DELETE FROM role_right", NOBODY),
    ("UPDATE mapping SET relation = 'local_finer', version = 2 WHERE local_id = 1",
     "coder checker head"),
    ("INSERT INTO mapping_target VALUES (1, 5, 1, 'main')", EVERYBODY),
    ("UPDATE mapping_target SET reference_id = 2", EVERYBODY),
    ("DELETE FROM mapping_target", EVERYBODY),
]  # fmt: skip
# What these hold must belong to an act in the log when the transaction ends.
TOLD = tuple(
    f"{start} {table} "
    for start in ("INSERT INTO", "UPDATE", "DELETE FROM")
    for table in ("mapping", "mapping_target", "second_check", "dispute_message", "waiver")
)
_SETUP = [
    check(WHO["checker"]).replace("'new'", "'said'"),
    message("comment", WHO["checker"], batch="said"),
    'INSERT INTO event (id, act, "by", at, batch, undoes, detail, hash) VALUES'
    f" (1, 'commented', '{WHO['checker']}', now(), 'said', '', '', '')",
    waiver(WHO["checker"], "checker"),
    waiver(WHO["checker"], "checker", withdrawn=True),
    plan(WHO["coder"]),
    plan(WHO["coder"], WHO["checker"]).replace("(2, 1", "(4, 1"),
    plan(WHO["coder"], allowed=WHO["clinician"]).replace("(2, 1", "(3, 1"),
    CHILD.replace("(1, 5", "(2, 1"),
    f"INSERT INTO assignment VALUES (1, '{WHO['coder']}', '{HEAD.name}', now())",
    PACKET.format(by=HEAD.name).replace("'new'", "'old'"),
    PLAN.format(by=HEAD.name),
    FINDING.replace("'x', 'x', 'x'", "'y', 'y', 'y'"),
    f"INSERT INTO mapping VALUES (1, 'decided', 'equivalent', '[]', '注', '{WHO['coder']}', now(),"
    " 1, '', NULL), (2, 'refining', NULL, '[]', '', '', NULL, 1, '', NULL),"
    f""" (3, 'decided', 'equivalent', '[{{"id": 1, "role": "main"}}]', '', '{WHO["checker"]}',"""
    " now(), 1, '', NULL),"
    " (4, 'retired', NULL, '[]', '', '', NULL, 1, '', NULL)",
    "INSERT INTO mapping_target VALUES (3, 0, 1, 'main')",
]


@pytest.fixture
def owner(accounts: Callable[[str], str], server: str) -> Iterator[Connection]:
    """The owner of a project with something in each table."""
    database = sqlalchemy.make_url(accounts("head")).database
    address = sqlalchemy.make_url(server).set(drivername="postgresql+psycopg", database=database)
    engine = sqlalchemy.create_engine(address)
    with engine.begin() as connection:
        for statement in _SETUP:
            connection.exec_driver_sql(statement)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def _tried(connection: Connection, statement: str, *, to_its_end: bool = False) -> tuple[str, str]:
    """What the server says to a statement and its SQLSTATE, "" when it passes; nothing stays.

    `to_its_end` asks what is checked at the commit too.
    """
    try:
        connection.exec_driver_sql(statement)
        if to_its_end:
            connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    except sqlalchemy.exc.DBAPIError as error:
        return str(error.orig), str(getattr(error.orig, "sqlstate", ""))
    finally:
        connection.rollback()
    return "", ""


@pytest.mark.parametrize("who", STAFF)
def test_every_role_writes_what_the_table_of_rights_gives_it(
    accounts: Callable[[str], str], owner: Connection, who: str
) -> None:
    engine = sqlalchemy.create_engine(accounts(who))
    role = STAFF[who].role.value
    wrong = []
    with engine.connect() as connection:
        for pattern, allowed in MATRIX:
            statement = pattern.replace("{me}", WHO[who]).replace("{role}", role)
            told, state = _tried(connection, statement)
            # A refusal is about rights, not about a mistake of the statement.
            if state != ("" if who in allowed.split() else "42501"):
                wrong.append((statement, told))
            if f"{statement} ".startswith(TOLD):
                told, state = _tried(connection, statement, to_its_end=True)
                if state != "42501":
                    wrong.append((statement, told or "kept, though the log does not tell it"))
    engine.dispose()
    assert wrong == []


def test_the_database_keeps_the_same_rights_as_the_program(owner: Connection) -> None:
    stored = owner.execute(text("SELECT act, role FROM role_right"))
    wanted = {(right.value, role.value) for right, who in WHO_MAY.items() for role in who}
    assert {tuple(row) for row in stored} == wanted


def test_the_program_itself_splits_waives_assigns_and_takes_back_within_these_rights(
    accounts: Callable[[str], str],
) -> None:
    with closing(Storage.open(accounts("coder"))) as storage:
        with storage.reading() as work:
            local = next(one for one in work.code_sets.local_codes() if one.name == "胸膜肿瘤")
            entries = [
                one.id
                for one in work.code_sets.reference_codes()
                if one.name in ("胸膜交界恶性肿瘤", "肺上叶恶性肿瘤")
            ]
        refining = RefiningService(storage, Clock(), lambda: Judge(()))
        plan = refining.start(
            local.id, entries, seen_version=0, by=STAFF["coder"],
            effective=date(2026, 4, 1), residual_id=entries[0],
        )  # fmt: skip
        given = [replace(one, name=f"{one.name}病") for one in plan.children]
        plan = refining.edit(plan.id, given, seen_revision=1, by=STAFF["coder"])
    with closing(Storage.open(accounts("clinician"))) as storage:
        plan = RefiningService(storage, Clock(), lambda: Judge(())).allow_residual(
            plan.id, by=STAFF["clinician"]
        )
        assert plan.residual_allowed_by == WHO["clinician"]
        resolution = ResolutionService(storage, Clock())
        assert resolution.undo(by=STAFF["clinician"]).of is Act.DEFAULT_ALLOWED
        assert (
            RefiningService(storage, Clock(), lambda: Judge(())).get(plan.id).residual_allowed_by
            == ""
        )
        assert resolution.redo(by=STAFF["clinician"]).of is Act.DEFAULT_ALLOWED
    with closing(Storage.open(accounts("checker"))) as storage:
        refining, resolution = (
            RefiningService(storage, Clock(), lambda: Judge(())),
            ResolutionService(storage, Clock()),
        )
        _waives_and_takes_back(storage, resolution)
        for revision in (plan.revision + 2, plan.revision + 3):
            signed = refining.sign(
                plan.id, seen_revision=revision, by=STAFF["checker"], accept_style=True
            )
            assert signed.signed_by == WHO["checker"]
            resolution.undo(by=STAFF["checker"])
    with closing(Storage.open(accounts("head"))) as storage:
        assigning = AssigningService(storage, Clock())
        assert len(assigning.assign([local.id], to=WHO["coder"], by=HEAD, seen={})) == 1
        assert len(assigning.hand_over(of=WHO["coder"], to=WHO["checker"], by=HEAD)) == 1
        resolution = ResolutionService(storage, Clock())
        assert resolution.undo(by=HEAD).of is Act.ASSIGNED
        assert assigning.assignments()[local.id].person == WHO["coder"]
        checking = CheckingService(storage, resolution, Clock())
        checking.make_plan(by=HEAD, size=1, seed=1)
        for act, of in (("undo", Act.PLAN_DRAWN), ("redo", Act.PLAN_DRAWN)):
            assert getattr(resolution, act)(by=HEAD).of is of
            assert (checking.figures().plan is None) == (act == "undo")


def _waives_and_takes_back(storage: Storage, resolution: ResolutionService) -> None:
    """A waiver taken back stays in the log, and comes again as one of its own."""
    judging, checker = JudgingService(storage, Clock(), shipped_judge), STAFF["checker"]
    row = next(one for one in resolution.worklist() if one.local.name == "脑梗塞")
    bare = Choice(row.local.id, row.mapping.version, Relation.NO_COUNTERPART, ())
    rule = "specificity.no_counterpart_without_note"
    judging.waive(row.local.id, rule, "理由", by=checker, choice=bare)
    for act, left in ((resolution.undo, 0), (resolution.redo, 1), (resolution.undo, 0)):
        assert act(by=checker).of is Act.WAIVED
        assert len(judging.waivers(row.local.id)) == left
