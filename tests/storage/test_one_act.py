"""An act on one row: asked in one message to a server, kept in one, and what then can go wrong."""

from collections.abc import Callable

import pytest
import sqlalchemy

from helpers.builders import Clock, fill
from icdmapper.model.errors import ConflictError, RefusedError, SourceUnavailableError
from icdmapper.model.events import Act, NewEvent
from icdmapper.model.mapping import Choice, Relation, Target
from icdmapper.model.people import Person, Right, Role
from icdmapper.resolution.people import PeopleService
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import OneAct, Storage

CODER, OTHER = Person("编码员甲"), Person("编码员乙")
Cut = Callable[[OneAct], None]


@pytest.fixture
def address(location: str) -> sqlalchemy.URL:
    """Where the server is; skipped where there is none."""
    if "://" not in location:
        pytest.skip("a file has no connection")
    return sqlalchemy.make_url(location).set(drivername="postgresql+psycopg")


@pytest.fixture
def cut(address: sqlalchemy.URL) -> Cut:
    """Ends the connection of an act at the server."""

    def end(work: OneAct) -> None:
        mine = work._connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        engine = sqlalchemy.create_engine(address)
        with engine.connect() as connection:
            connection.exec_driver_sql(f"SELECT pg_terminate_backend({mine}, 10000)")
        engine.dispose()

    return end


def choice_of(storage: Storage, version: int = 0) -> Choice:
    with storage.reading() as work:
        local = next(one for one in work.code_sets.local_codes() if one.name == "脑梗塞")
        entry = next(one for one in work.code_sets.reference_codes() if one.name == "脑梗死")
    target = Target(entry.id, entry.code, entry.name)
    return Choice(local.id, version, Relation.EQUIVALENT, (target,))


def test_what_is_asked_comes_as_it_is_read_elsewhere(storage: Storage) -> None:
    fill(storage)
    choice = choice_of(storage)
    ResolutionService(storage, Clock()).decide(choice, by=CODER)
    ids = [target.reference_id for target in choice.targets]
    for wanted in (ids, []):
        with storage.acting() as work, storage.reading() as other:
            asked = work.asked(CODER, Right.DECIDE, choice.local_id, wanted)
            assert asked == other.mappings.with_names(choice.local_id, wanted)
            assert list(asked[2]) == wanted


def test_who_may_not_act_is_refused_when_asking(storage: Storage) -> None:
    fill(storage)
    choice = choice_of(storage)
    people, head = PeopleService(storage, Clock()), Person("协调员丁", Role.COORDINATOR)
    people.add(head.name, head.role, by=head, pin="739164")
    resolution = ResolutionService(storage, Clock())
    for nobody in (CODER, Person(head.name, Role.CODER), head):
        with pytest.raises(RefusedError):
            resolution.decide(choice, by=nobody)
    people.add(CODER.name, CODER.role, by=head, pin="739164")
    assert resolution.decide(choice, by=CODER).version == 1


def test_news_are_what_others_did_since(storage: Storage) -> None:
    fill(storage)
    resolution = ResolutionService(storage, Clock())
    began = resolution.news(None, but=CODER.name)
    assert began.mappings == ()
    decided = resolution.decide(choice_of(storage), by=OTHER)
    seen = resolution.news(began.last, but=CODER.name)
    assert seen.mappings == (decided,)
    assert resolution.news(seen.last, but=CODER.name).mappings == ()
    resolution.decide(choice_of(storage, 1), by=CODER)
    assert resolution.news(seen.last, but=CODER.name).mappings == ()


def test_a_connection_lost_while_keeping_leaves_open_whether_it_was_kept(
    storage: Storage, cut: Cut
) -> None:
    fill(storage)
    decided = ResolutionService(storage, Clock()).decide(choice_of(storage), by=CODER)
    told = NewEvent(Act.DECIDED, CODER.name, Clock()(), "b", decided.local_id, None, decided)

    def kept(lost: bool) -> None:
        with storage.acting() as work:
            if lost:
                cut(work)
            work.keep(decided, told)

    with pytest.raises(SourceUnavailableError, match="whether it was kept"):
        kept(lost=True)
    with pytest.raises(ConflictError, match=CODER.name):
        kept(lost=False)


def test_an_act_cancelled_while_keeping_leaves_open_whether_it_was_kept(
    storage: Storage, address: sqlalchemy.URL
) -> None:
    """The server may already have committed it and wait for the disk."""
    fill(storage)
    choice = choice_of(storage)
    engine = sqlalchemy.create_engine(address)
    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT * FROM chain_head FOR UPDATE")
        with storage.acting() as work:
            work._connection.exec_driver_sql("SET statement_timeout = 50")
        with pytest.raises(SourceUnavailableError, match="whether it was kept"):
            ResolutionService(storage, Clock()).decide(choice, by=CODER)
    engine.dispose()
    with storage.acting() as work:
        work._connection.exec_driver_sql("RESET statement_timeout")
    assert ResolutionService(storage, Clock()).decide(choice_of(storage), by=CODER).version == 1


def test_a_connection_lost_while_asking_has_kept_nothing(storage: Storage, cut: Cut) -> None:
    fill(storage)
    choice = choice_of(storage)

    def asked() -> None:
        with storage.acting() as work:
            cut(work)
            work.asked(CODER, Right.DECIDE, choice.local_id, [])

    with pytest.raises(SourceUnavailableError, match="nothing of this step"):
        asked()
    assert ResolutionService(storage, Clock()).decide(choice, by=CODER).version == 1


@pytest.mark.usefixtures("cut")
def test_nothing_is_written_beside_the_act(storage: Storage) -> None:
    fill(storage)
    with pytest.raises(RuntimeError, match="outside of a transaction"), storage.acting() as work:
        work.waivers.withdraw([1])
