"""The uploader's own file: what is stored before the first byte leaves, and what it refuses."""

import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from helpers.builders import MOMENT
from icdmapper.model.errors import ConflictError, NotFoundError, ProjectError
from icdmapper.model.sending import (
    Environment,
    Feedback,
    NewPackage,
    PackageState,
    SentRecord,
    Stage,
    StoredPackage,
    Trouble,
)
from icdmapper.storage.file_lock import FileLock
from icdmapper.storage.upload_state import UploadState

CONTENT = b"PK\x03\x04 one package"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "test" / "upload.sqlite"


@pytest.fixture
def state(file: Path) -> Iterator[UploadState]:
    opened = UploadState.open(file, Environment.TEST)
    yield opened
    opened.close()


def package(name: str = "202603_1.zip", content: bytes = CONTENT) -> NewPackage:
    return NewPackage(name, name, content, hashlib.sha256(content).hexdigest(), "DBF346", records=2)


def records(state: UploadState, *numbers: str, content: str = "v1") -> list[SentRecord]:
    day = date(2026, 3, 1)
    return [
        SentRecord(state.hash_of([number, "1"]), state.hash_of([content]), day)
        for number in numbers
    ]


def put(state: UploadState, new: NewPackage, *numbers: str, content: str = "v1") -> StoredPackage:
    with state.writing() as work:
        stored = work.outbox.add(new, records(state, *numbers, content=content), at=MOMENT)
        work.commit()
    return stored


def test_a_package_is_kept_with_its_bytes_and_survives_reopening(
    state: UploadState, file: Path
) -> None:
    put(state, package(), "100", "101")
    state.close()
    again = UploadState.open(file, Environment.TEST)
    with again.reading() as work:
        stored = work.outbox.get("202603_1.zip")
        assert work.outbox.content(stored) == CONTENT
    assert (stored.state, stored.records, stored.size) == (PackageState.PREPARED, 2, len(CONTENT))
    assert again.hash_of(["100", "1"]) == state.hash_of(["100", "1"])
    again.close()


def test_the_same_package_twice_is_one_and_other_bytes_under_its_name_are_refused(
    state: UploadState,
) -> None:
    first = put(state, package(), "100")
    assert put(state, package(), "100").id == first.id
    with pytest.raises(ConflictError):
        put(state, package(content=b"other"), "100")


def test_nothing_is_kept_without_commit(state: UploadState) -> None:
    with state.writing() as work:
        work.outbox.add(package(), [], at=MOMENT)
    with state.reading() as work, pytest.raises(NotFoundError):
        work.outbox.get("202603_1.zip")


def test_a_step_out_of_turn_is_refused(state: UploadState) -> None:
    """Two runs on one package: the second finds a state it did not expect."""
    stored = put(state, package(), "100")
    with state.writing() as work:
        work.outbox.start_try(stored, before="7", at=MOMENT)
        with pytest.raises(ConflictError):
            work.outbox.start_try(stored, before="7", at=MOMENT)


def test_feedback_goes_in_and_comes_out_whole(state: UploadState) -> None:
    stored = put(state, package(), "100")
    said = Feedback(Stage.DONE, (0, 1, 0, 1), 2, 2, 3, "41", "", "好")
    with state.writing() as work:
        work.outbox.start_try(stored, before=None, at=MOMENT)
        work.outbox.answer(stored, PackageState.ACCEPTED, feedback=said, at=MOMENT)
        work.commit()
    with state.reading() as work:
        kept = work.outbox.get(stored.name)
        assert work.outbox.counts() == {PackageState.ACCEPTED: (1, 2)}
    assert (kept.feedback, kept.answered_at, kept.tries) == (said, MOMENT, 1)
    assert kept.trouble is Trouble.NONE


def test_damaged_bytes_are_never_sent(state: UploadState, file: Path) -> None:
    stored = put(state, package(), "100")
    with sqlite3.connect(file) as raw:
        raw.execute("UPDATE package_content SET content = ?", (b"bits rotted",))
    raw.close()
    with state.reading() as work, pytest.raises(ProjectError):
        work.outbox.content(stored)


def test_records_know_their_last_content_and_a_rejected_package_does_not_count(
    state: UploadState,
) -> None:
    first = put(state, package(), "100", "101")
    second = put(state, package("202603_2.zip", b"second"), "100", content="v2")
    one, two = (state.hash_of([number, "1"]) for number in ("100", "101"))
    with state.reading() as work:
        assert work.records.latest([one, two, "nobody"]) == {
            one: state.hash_of(["v2"]), two: state.hash_of(["v1"]),
        }  # fmt: skip
        assert work.outbox.superseded(first) == 1
        assert work.outbox.superseded(second) == 0
    with state.writing() as work:
        work.outbox.start_try(second, before=None, at=MOMENT)
        work.outbox.answer(second, PackageState.REJECTED, at=MOMENT)
        work.commit()
    with state.reading() as work:
        assert work.records.latest([one]) == {one: state.hash_of(["v1"])}
        assert work.outbox.superseded(first) == 0
        assert work.records.by_discharge(date(2026, 3, 1), date(2026, 3, 1)) == {
            date(2026, 3, 1): {first.id: 1, second.id: 1}
        }


def test_holdings_count_and_are_released(state: UploadState) -> None:
    later = MOMENT + timedelta(days=1)
    with state.writing() as work:
        held = ("h1", "unmapped", "P321", "A00.951", "霍乱", date(2026, 3, 1))
        work.holdings.add([held, ("h1", "disputed", "P28", "A01", "", None)], at=MOMENT)
        work.holdings.add([held, ("h2", "invalid", "P25", "", "", None)], at=later)
        work.holdings.forget_older(["h1"], at=later)
        assert work.holdings.oldest_discharge() == date(2026, 3, 1)
        work.commit()
    with state.writing() as work:
        first, second = work.holdings.all()
        assert (first.count, first.first_seen, first.last_seen) == (2, MOMENT, later)
        assert second.count == 1
        work.holdings.release(["h1"])
        assert [one.key_hash for one in work.holdings.all()] == ["h2"]


def test_watermark_moves_only_with_what_was_read(state: UploadState) -> None:
    with state.writing() as work:
        work.watermarks.move("his", "2026-03-01", at=MOMENT)
        work.outbox.add(package(), [], at=MOMENT)
    with state.reading() as work:
        assert work.watermarks.get("his") is None
    with state.writing() as work:
        work.watermarks.move("his", "2026-03-01", at=MOMENT)
        work.watermarks.move("his", "2026-03-02", at=MOMENT)
        work.commit()
    with state.reading() as work:
        assert work.watermarks.get("his") == "2026-03-02"


def test_a_run_that_was_killed_is_seen_as_never_ended(state: UploadState) -> None:
    with state.writing() as work:
        first = work.runs.start(at=MOMENT)
        work.runs.end(first, {"accepted": 3}, exit_code=0, at=MOMENT + timedelta(seconds=5))
        work.runs.start(at=MOMENT + timedelta(days=1))
        work.commit()
    with state.reading() as work:
        killed, ended = work.runs.newest(5)
    assert (killed.ended, killed.exit_code) == (None, None)
    assert (ended.counts, ended.exit_code) == ({"accepted": 3}, 0)


def test_the_file_of_one_environment_is_not_opened_as_the_other(
    state: UploadState, file: Path
) -> None:
    with pytest.raises(ProjectError, match="production"):
        UploadState.open(file, Environment.PRODUCTION)


def test_a_newer_file_is_refused_and_left_alone(state: UploadState, file: Path) -> None:
    with sqlite3.connect(file) as raw:
        raw.execute("UPDATE about SET version = 99")
    raw.close()
    before = file.read_bytes()
    with pytest.raises(ProjectError):
        UploadState.open(file, Environment.TEST)
    assert file.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="modes are a matter of Unix")
def test_only_its_owner_can_read_the_file(state: UploadState, file: Path) -> None:
    assert file.stat().st_mode & 0o077 == 0


def test_hashes_need_the_salt_of_the_file(state: UploadState, tmp_path: Path) -> None:
    other = UploadState.open(tmp_path / "other.sqlite", Environment.TEST)
    assert other.hash_of(["100", "1"]) != state.hash_of(["100", "1"])
    assert state.hash_of(["10", "01"]) != state.hash_of(["1", "001"])
    other.close()


def test_every_acknowledged_step_is_synchronised(state: UploadState) -> None:
    with state.reading() as work:
        level = work._connection.exec_driver_sql("PRAGMA synchronous").scalar()
    assert level >= 2  # FULL or the stricter EXTRA


def test_one_instance_and_no_lock_outlives_its_process(tmp_path: Path) -> None:
    file = tmp_path / "upload.lock"
    with FileLock(file), pytest.raises(ConflictError), FileLock(file):
        pass
    program = (
        "import os, sys\nfrom pathlib import Path\n"
        "from icdmapper.storage.file_lock import FileLock\n"
        "FileLock(Path(sys.argv[1])).__enter__(); os.kill(os.getpid(), 9)"
    )
    if sys.platform != "win32":
        ended = subprocess.run([sys.executable, "-c", program, str(file)], check=False)
        assert ended.returncode == -9
    with FileLock(file):
        assert file.read_bytes() == b""


def test_a_new_package_hides_its_bytes() -> None:
    shown = repr(replace(package(), content="张三".encode("gb18030")))
    assert "content" not in shown
