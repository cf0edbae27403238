"""A project moves from a file to PostgreSQL and back without losing a row or a link of its log."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy

from helpers.builders import Clock, fill
from icdmapper.model.errors import RefusedError
from icdmapper.model.mapping import Choice, Relation, Target
from icdmapper.model.people import Person, Role
from icdmapper.resolution.audit import AuditService
from icdmapper.resolution.checking import CheckingService
from icdmapper.resolution.disputes import DisputeService
from icdmapper.resolution.moving import copy_project
from icdmapper.resolution.packets import PacketOrder, PacketService
from icdmapper.resolution.people import PeopleService
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.tables import PROJECT_TABLES, metadata
from icdmapper.storage.unit_of_work import Storage

HEAD = Person("协调员丁", Role.COORDINATOR)
CODER, CHECKER = Person("编码员甲"), Person("复核员乙", Role.CHECKER)


@pytest.fixture
def lived_in(tmp_path: Path) -> Iterator[Storage]:
    """A project file in which everything has happened once."""
    with closing(Storage.open(tmp_path / "原.icdm")) as storage:
        references, local = fill(storage)
        clock = Clock()
        people, resolution = PeopleService(storage, clock), ResolutionService(storage, clock)
        disputes = DisputeService(storage, clock)
        people.add(HEAD.name, HEAD.role, by=HEAD, account="head")
        for one in (CODER, CHECKER):
            people.add(one.name, one.role, by=HEAD)
        entry = references["脑梗死"]
        target = (Target(entry.id, entry.code, entry.name),)
        for name in ("脑梗塞", "胸膜肿瘤", "左肺上叶癌"):
            note = f"{name}的理由\n'\"\\ 100%"
            resolution.decide(
                Choice(local[name].id, 0, Relation.LOCAL_FINER, target, note), by=CODER
            )
        CheckingService(storage, resolution, clock).agree(
            local["脑梗塞"].id, seen_version=1, by=CHECKER
        )
        disputes.open(local["胸膜肿瘤"].id, seen_version=1, reason="为什么", by=CHECKER)
        resolution.undo(by=CODER)
        PacketService(storage, disputes, clock).make(tmp_path / "包", PacketOrder(), by=HEAD)
        yield storage


def content(storage: Storage) -> dict[str, list[tuple[object, ...]]]:
    with storage.reading() as work:
        found: dict[str, list[tuple[object, ...]]] = {}
        for name, rows in work.whole.parts():
            found.setdefault(name, []).extend(rows)
    return found


def naive(rows: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    """Without the zone that PostgreSQL hands back and SQLite does not."""
    return {
        name: sorted(
            (
                tuple(
                    value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value
                    for value in row
                )
                for row in part
            ),
            key=repr,
        )
        for name, part in rows.items()
    }


@pytest.fixture
def empty_database(server: str) -> Iterator[str]:
    address = sqlalchemy.make_url(server)
    engine = sqlalchemy.create_engine(
        address.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("CREATE DATABASE moving"))
    yield address.set(database="moving").render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("DROP DATABASE moving WITH (FORCE)"))
    engine.dispose()


def test_there_and_back_again(lived_in: Storage, empty_database: str, tmp_path: Path) -> None:
    with (
        closing(Storage.open(empty_database)) as server,
        closing(Storage.open(tmp_path / "回.icdm")) as back,
    ):
        moved = copy_project(lived_in, server, by=HEAD)
        assert naive(content(server)) == naive(content(lived_in))
        copy_project(server, back, by=HEAD)
        assert naive(content(back)) == naive(content(lived_in))
        for storage in (lived_in, server, back):
            assert AuditService(storage).verify([moved.head.anchor]).sound
        # Work goes on there: new rows get new numbers, the chain grows.
        resolution = ResolutionService(server, Clock())
        row = next(one for one in resolution.worklist() if one.local.name == "癌 NOS")
        choice = Choice(row.local.id, 0, Relation.NO_COUNTERPART, (), "无")
        resolution.decide(choice, by=CODER)
        DisputeService(server, Clock()).open(row.local.id, seen_version=1, reason="?", by=CHECKER)
        assert AuditService(server).verify([moved.head.anchor]).sound


def test_a_project_is_never_poured_over_another(lived_in: Storage, tmp_path: Path) -> None:
    with closing(Storage.open(tmp_path / "别的.icdm")) as other:
        fill(other)
        before = content(other)
        with pytest.raises(RefusedError, match="holds a project"):
            copy_project(lived_in, other, by=HEAD)
        assert content(other) == before
    with (
        closing(Storage.open(tmp_path / "新.icdm")) as new,
        pytest.raises(RefusedError),
    ):
        copy_project(lived_in, new, by=CODER)


def test_every_table_travels() -> None:
    assert {table.name for table in PROJECT_TABLES} == set(metadata.tables)
