"""What only a project file can suffer."""

import sqlite3
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from sqlalchemy import text

from helpers.builders import fill
from icdmapper.model.errors import ProjectError, SourceUnavailableError
from icdmapper.model.mapping import Mapping, State
from icdmapper.storage import engine
from icdmapper.storage.unit_of_work import Storage


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "项目.icdm"


def test_every_connection_is_made_safe(file: Path) -> None:
    storage = Storage.open(file)
    with storage._engine.connect() as connection:
        values = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("foreign_keys", "journal_mode", "synchronous", "busy_timeout")
        }
    storage.close()
    # synchronous 3 is EXTRA: FULL, and the folder synced after the journal is removed.
    assert values == {
        "foreign_keys": 1,
        "journal_mode": "delete",
        "synchronous": 3,
        "busy_timeout": 15_000,
    }


def test_a_writer_takes_the_lock_at_once_and_the_next_one_waits_its_turn(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_BUSY_MILLISECONDS", 50)
    first, second = Storage.open(file), Storage.open(file)
    with first.writing() as reader:
        reader.mappings.get(1)  # only a look, yet inside a unit of work that may write
        with pytest.raises(ProjectError, match="in a moment"), second.writing() as work:
            work.proposals.remove_all()
    with second.writing() as work:
        work.proposals.remove_all()
        work.commit()
    first.close()
    second.close()


def test_a_file_that_is_no_project_is_refused_and_left_as_it_was(file: Path) -> None:
    file.write_bytes(b"not a database, " * 500)
    before = file.read_bytes()
    with pytest.raises(ProjectError, match="damaged or is not a project"):
        Storage.open(file)
    assert file.read_bytes() == before


def test_a_damaged_project_is_noticed_after_an_unclean_end(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    storage = Storage.open(file)
    fill(storage)
    storage.close()
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = b"\xff" * 3000
    file.write_bytes(content)
    Path(f"{file}-journal").write_bytes(b"")
    with pytest.raises(ProjectError, match="damaged"):
        Storage.open(file)
    caplog.clear()


def test_a_crash_in_the_middle_of_a_save_leaves_the_old_state(file: Path) -> None:
    storage = Storage.open(file)
    _references, local_codes = fill(storage)
    local = local_codes["脑梗塞"]
    # A hot journal, as a killed process leaves it: copy both files while a save is open.
    with storage.writing() as work:
        work.mappings.save(Mapping(local.id, State.NO_COUNTERPART, version=1))
        copy = file.with_name("copy.icdm")
        copy.write_bytes(file.read_bytes())
        journal = Path(f"{file}-journal")
        if journal.exists():
            Path(f"{copy}-journal").write_bytes(journal.read_bytes())
    storage.close()
    reopened = Storage.open(copy)
    with reopened.reading() as work:
        assert work.mappings.get(local.id) == Mapping(local.id)
    reopened.close()
    assert sqlite3.connect(copy).execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "smb3", "fuse.sshfs", "9p"])
def test_a_network_drive_is_refused(file: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mount = SimpleNamespace(mountpoint=str(file.parent), fstype=kind, opts="rw")
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_all: [mount])
    with pytest.raises(ProjectError, match="network drive"):
        Storage.open(file)
    assert not file.exists()


def test_a_read_only_project_says_that_nothing_was_saved(file: Path) -> None:
    storage = Storage.open(file)
    fill(storage)

    def write() -> None:
        with storage.writing() as work:
            work._connection.exec_driver_sql("PRAGMA query_only = ON")
            work.proposals.remove_all()

    with pytest.raises(ProjectError, match="may not be written"):
        write()
    storage.close()


def test_an_unreachable_server_is_told_without_its_password() -> None:
    with pytest.raises(SourceUnavailableError) as caught:
        Storage.open("postgresql://coder:geheim@127.0.0.1:1/none?connect_timeout=2")
    assert "geheim" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


def test_another_kind_of_database_is_refused_by_name() -> None:
    with pytest.raises(ProjectError, match="mysql"):
        Storage.open("mysql://root@localhost/x")
