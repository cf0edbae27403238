"""Bytes of packages are patient data: forgotten when they cannot be needed, and only then."""

import json
import logging
import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.hospitals import Hospital, discharges
from helpers.sandboxes import now, package, queue
from icdmapper.cli.main import main
from icdmapper.model.errors import ConflictError, IcdMapperError, NotFoundError, RefusedError
from icdmapper.model.sending import Environment, PackageState, Stage, StoredPackage
from icdmapper.storage.upload_state import UploadState
from icdmapper.upload.folder_gateway import FolderGateway
from icdmapper.upload.run_report import Choice
from icdmapper.upload.sending import settle_unknown
from icdmapper.upload.service import Verified


@pytest.fixture
def state(tmp_path: Path) -> Iterator[UploadState]:
    opened = UploadState.open(tmp_path / "upload.sqlite", Environment.TEST)
    yield opened
    opened.close()


def arrive(state: UploadState, number: int, reached: PackageState) -> StoredPackage:
    """A package in some state; it was answered now, where that state is an answer."""
    one = package(number)
    queue(state, one)
    with state.writing() as work:
        stored = work.outbox.get(one.name)
        if reached is not PackageState.PREPARED:
            work.outbox.start_try(stored, before=None, at=now())
        if reached not in (PackageState.PREPARED, PackageState.SENDING):
            work.outbox.answer(stored, reached, at=now())
        work.commit()
    return stored


def forget(state: UploadState, *stored: StoredPackage) -> None:
    with state.writing() as work:
        for one in stored:
            work.forgetting.forget(one, at=now())
        work.commit()


def set_days(hospital: Hospital, days: int) -> None:
    file = hospital.folder / "upload.toml"
    named = file.read_text("utf-8").replace("[package]", f"[package]\nkeep_days = {days}")
    file.write_text(named, encoding="utf-8")


def use_folder(hospital: Hospital) -> Path:
    file = hospital.folder / "upload.toml"
    written = file.read_text("utf-8")
    head = written[: written.index("[test]")]
    file.write_text(f'{head}[test]\ntransport = "folder"\nfolder = "out"\n', encoding="utf-8")
    return hospital.folder / "out"


@settings(max_examples=15)
@given(
    reached=st.lists(st.sampled_from(PackageState), min_size=1, max_size=4),
    days=st.integers(min_value=-3, max_value=3),
)
def test_only_what_was_accepted_before_then_may_be_forgotten(
    tmp_path_factory: pytest.TempPathFactory, reached: list[PackageState], days: int
) -> None:
    file = tmp_path_factory.mktemp("any") / "upload.sqlite"
    opened = UploadState.open(file, Environment.TEST)
    stored = [arrive(opened, number, one) for number, one in enumerate(reached)]
    with opened.reading() as work:
        before = now() + timedelta(days=days, hours=1)
        found = [one.name for one in work.forgetting.due(accepted_before=before)]
    accepted = [
        one.name
        for one, state in zip(stored, reached, strict=True)
        if state is PackageState.ACCEPTED
    ]
    assert found == (accepted if days >= 0 else [])
    opened.close()


@pytest.mark.parametrize("reached", set(PackageState) - {PackageState.ACCEPTED})
def test_what_is_not_accepted_is_never_forgotten(state: UploadState, reached: PackageState) -> None:
    stored = arrive(state, 1, reached)
    with pytest.raises(ConflictError):
        forget(state, stored)
    with state.reading() as work:
        assert work.outbox.content(stored) == package(1).content


def test_no_step_asks_for_bytes_that_were_forgotten(state: UploadState) -> None:
    stored = arrive(state, 1, PackageState.ACCEPTED)
    forget(state, stored)
    with state.writing() as work:
        kept = work.outbox.get(stored.name)
        assert kept.sha256 == stored.sha256
        assert work.records.count() == package(1).records
        assert work.forgetting.due(accepted_before=now() + timedelta(days=1)) == ()
        with pytest.raises(NotFoundError):
            work.outbox.content(kept)
        with pytest.raises(ConflictError):
            work.outbox.start_try(kept, before=None, at=now())
        for answer in PackageState:
            with pytest.raises(ConflictError):
                work.outbox.answer(kept, answer, at=now())
        with pytest.raises(ConflictError):
            work.outbox.put_back(kept, kept.trouble)
    for arrived in (True, False):
        with pytest.raises(RefusedError):
            settle_unknown(state, stored.name, arrived=arrived, by="信息科", at=now())


def test_forgotten_bytes_are_nowhere_in_the_file(state: UploadState) -> None:
    stored = arrive(state, 1, PackageState.ACCEPTED)
    middle = package(1).content[200:260]
    assert middle in state.file.read_bytes()
    with state.writing() as work:
        # What SQLite is built to do by itself differs from system to system.
        work._connection.exec_driver_sql("PRAGMA secure_delete = OFF")
        work.forgetting.forget(stored, at=now())
        work.commit()
    assert middle not in state.file.read_bytes()


def test_a_file_made_before_there_was_forgetting_learns_it(state: UploadState) -> None:
    stored = arrive(state, 1, PackageState.ACCEPTED)
    with sqlite3.connect(state.file) as raw:
        raw.execute("DROP TABLE forgotten_content")
    raw.close()
    again = UploadState.open(state.file, Environment.TEST)
    forget(again, stored)
    again.close()


def test_a_run_forgets_what_was_accepted_long_ago(
    hospital: Hospital, caplog: pytest.LogCaptureFixture
) -> None:
    hospital.enter(discharges(25), date(2026, 3, 1))
    hospital.uploader().run()
    names = tuple(one.name for one in hospital.uploader().packages(10))
    hospital.night.day += timedelta(days=90)
    hospital.enter(discharges(1, start=100, day=date(2026, 5, 30)), date(2026, 5, 30))
    assert hospital.uploader().run().forgotten == 0
    hospital.night.day += timedelta(days=1)
    caplog.set_level(logging.INFO)
    assert hospital.uploader().run(Choice(dry=True)).forgotten == 0
    assert hospital.uploader().run().forgotten == 2
    assert "the bytes of 2 packages were forgotten" in caplog.text
    assert hospital.uploader().verify() == Verified(1, (), names)
    assert hospital.uploader().run().forgotten == 0
    assert hospital.uploader().records_sent() == 26
    first = hospital.uploader().packages(10)[-1]
    assert first.feedback is not None
    assert first.feedback.stage is Stage.DONE


def test_the_console_counts_and_names_what_was_forgotten(
    hospital: Hospital, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("icdmapper.upload.service.local_now", hospital.night)
    set_days(hospital, 1)
    hospital.enter(discharges(2), date(2026, 3, 1))
    hospital.uploader().run()
    (one,) = hospital.uploader().packages(10)
    hospital.night.day += timedelta(days=3)
    words = ["--config", str(hospital.folder / "upload.toml"), "--language"]
    assert main(["upload", "run", *words, "en", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["forgotten"] == 1
    assert main(["upload", "verify", *words, "zh_CN"]) == 0
    assert f"已按设置清除内容，回执保留：{one.name}" in capsys.readouterr().out
    assert main(["upload", "verify", *words, "en", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"packages": 0, "damaged": [], "forgotten": [one.name]}


def test_what_the_carrier_left_behind_goes_first_and_its_note_stays(hospital: Hospital) -> None:
    out = use_folder(hospital)
    hospital.enter(discharges(3), date(2026, 3, 1))
    hospital.uploader().run()
    (one,) = hospital.uploader().packages(10)
    hospital.night.day += timedelta(days=200)
    assert hospital.uploader().run().forgotten == 0  # nobody has answered yet
    answer = out / "answers" / f"{one.name}.json"
    answer.write_text('{"succ": true, "result": {"status": "4"}}', encoding="utf-8")
    hospital.uploader().run()
    hospital.night.day += timedelta(days=91)
    out.rename(hospital.folder / "away")
    assert hospital.uploader().run().forgotten == 0
    assert hospital.uploader().verify() == Verified(1)
    (hospital.folder / "away").rename(out)
    assert hospital.uploader().run().forgotten == 1
    assert [file.name for file in out.iterdir() if file.is_file()] == []
    assert (out / ".given" / one.name).exists()
    assert FolderGateway(out).result(one).absent is False


@pytest.mark.parametrize("days", [0, -1, 3_651])
def test_for_ever_is_no_setting(hospital: Hospital, days: int) -> None:
    set_days(hospital, days)
    with pytest.raises(IcdMapperError, match="keep_days"):
        hospital.uploader()
