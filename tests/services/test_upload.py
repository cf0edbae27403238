"""The uploader joined: a HIS in SQLite, a signed release, a sandbox over HTTPS, nights on end."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
import trustme

from helpers.builders import Clock
from helpers.sandboxes import Sandbox, sandbox
from icdmapper.cli.main import main
from icdmapper.export.releasing import ReleaseService, Terms
from icdmapper.model.codes import CodeKind, LocalCode, ReferenceCode
from icdmapper.model.errors import ConflictError, IcdMapperError, NotFoundError, RefusedError
from icdmapper.model.mapping import Choice as Decision
from icdmapper.model.mapping import Relation, Target
from icdmapper.model.people import Person
from icdmapper.model.sending import Environment, PackageState
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage
from icdmapper.upload import config, mapping_file
from icdmapper.upload.invented.lists import ListedCode
from icdmapper.upload.layouts import DBF, canonical_fields
from icdmapper.upload.manners import Pace
from icdmapper.upload.mapping_file import FieldSource, MappingFile
from icdmapper.upload.packages import RefusedPackageError
from icdmapper.upload.packaging import read_package
from icdmapper.upload.promotion import checklists
from icdmapper.upload.run_report import Choice, Exit
from icdmapper.upload.sending import Clockwork
from icdmapper.upload.service import Uploader
from icdmapper.upload.synthetic import Wanted, month

Sets = tuple[dict[str, ReferenceCode], dict[str, LocalCode]]
IT, HOSPITAL = Person("信息科"), "TEST0000000"
PACE = Pace(first=0.01, longest=0.05, tries=8, settle=0.01, poll=0.01, polls=50)
SELECT = "SELECT * FROM front_page WHERE P25 >= :from AND P25 < :to OR entered >= :changed_since"


class Night:
    """A clock that stands at half past one of a day."""

    def __init__(self) -> None:
        self.day = date(2026, 3, 2)

    def __call__(self) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, 1, 30).astimezone()


@dataclass
class Hospital:
    """One hospital with its uploader, its HIS and the receiver."""

    folder: Path
    night: Night
    sandbox: Sandbox
    storage: Storage
    resolution: ResolutionService
    releases: ReleaseService
    sets: Sets

    def uploader(self, environment: Environment = Environment.TEST) -> Uploader:
        chance = Clockwork(self.night, lambda _seconds: None, lambda: 0.5)
        found = config.load(self.folder / "upload.toml", environment)
        return Uploader(found, pace=PACE, clockwork=chance)

    def enter(self, records: pd.DataFrame, at: date) -> None:
        """Somebody enters or corrects front pages."""
        columns = ", ".join(f'"{name}"' for name in canonical_fields())
        with sqlite3.connect(self.folder / "his.db") as his:
            places = ", ".join("?" * (len(canonical_fields()) + 1))
            his.executemany(
                f"INSERT OR REPLACE INTO front_page ({columns}, entered) VALUES ({places})",
                [(*row, f"{at} 12:00:00") for row in records.to_numpy().tolist()],
            )
        his.close()

    def release(self) -> None:
        """IT makes the next release and installs it."""
        number = len(self.releases.releases()) + 1
        made = self.releases.make(
            self.folder / "out", valid_from=date(2026, 2, number), by=IT, rehearsal=True
        )
        self.uploader().install_release(made.folder)

    def received(self) -> pd.DataFrame:
        """The newest package of the outbox as its bytes say."""
        (newest, *_others) = self.uploader().packages(1)
        with sqlite3.connect(self.folder / "upload-test.sqlite") as state:
            (content,) = state.execute(
                "SELECT content FROM package_content ORDER BY package_id DESC"
            ).fetchone()
        state.close()
        assert newest.layout == DBF
        return read_package(content, DBF)


@pytest.fixture
def hospital(
    storage: Storage, resolution: ResolutionService, sets: Sets, tmp_path: Path
) -> Iterator[Hospital]:
    for local, entry in (("脑梗塞", "脑梗死"), ("左肺上叶癌", "肺上叶恶性肿瘤"), ("癌 NOS", "癌")):
        decide(resolution, sets, local, entry)
    terms = Terms("测试医院", HOSPITAL, 0.1, 13, tmp_path / "keys")
    releases = ReleaseService(storage, Clock(), terms)
    with sandbox(tmp_path / "sandbox", authority=trustme.CA()) as running:
        one = Hospital(tmp_path, Night(), running, storage, resolution, releases, sets)
        _write_settings(one)
        one.release()
        yield one


def decide(resolution: ResolutionService, sets: Sets, local: str, entry: str) -> None:
    reference = sets[0][entry]
    target = (Target(reference.id, reference.code, reference.name),)
    resolution.decide(Decision(sets[1][local].id, 0, Relation.LOCAL_FINER, target, "归类"), by=IT)


def _write_settings(one: Hospital) -> None:
    columns = MappingFile(tuple(FieldSource(name, name) for name in canonical_fields()))
    secrets = {
        "columns.toml": mapping_file.dump(columns),
        "select.sql": SELECT,
        "url.txt": f"sqlite:///{one.folder / 'his.db'}",
        "password.txt": "sandbox",
    }
    for name, text in secrets.items():
        (one.folder / name).write_text(text, encoding="utf-8")
        (one.folder / name).chmod(0o600)
    target = (
        f'transport = "https"\nservice = "{one.sandbox.address}/"\n'
        f'ca_file = "{one.sandbox.ca_file}"\nrc020 = "2"\nrc021 = "2"\n'
        'login = "sandbox"\npassword_file = "password.txt"\n'
    )
    (one.folder / "upload.toml").write_text(
        f'[hospital]\nid = "{HOSPITAL}"\n[source]\nkind = "sql"\nurl_file = "url.txt"\n'
        'select_file = "select.sql"\ncolumns_file = "columns.toml"\nfirst_day = 2026-03-01\n'
        f'[releases]\nkeys = ["{one.releases.key().public}"]\n[package]\nrecords = 20\n'
        f"[test]\n{target}[production]\n{target}",
        encoding="utf-8",
    )
    names = ", ".join(f'"{name}" TEXT' for name in canonical_fields())
    with sqlite3.connect(one.folder / "his.db") as his:
        his.execute(f"CREATE TABLE front_page ({names}, entered TEXT, PRIMARY KEY (P3, P2))")
    his.close()


def discharges(count: int, *, start: int = 1, day: date = date(2026, 3, 1)) -> pd.DataFrame:
    """Invented front pages of one day with the local code of 脑梗塞."""
    codes = [ListedCode("I63.951", "脑梗塞", CodeKind.DIAGNOSIS, 1)]
    return month(codes, Wanted(day, 1, count, 3, hospital_id=HOSPITAL, start=start))


def test_a_night_sends_translated_records(hospital: Hospital) -> None:
    hospital.enter(discharges(30), date(2026, 3, 1))
    report = hospital.uploader().run()
    assert report.exit is Exit.DONE, report
    assert (report.counts["extracted"], report.counts["packed"]) == (30, 30)
    assert report.states == {"accepted": (2, 30)}
    received = hospital.received()
    assert set(received["P321"]) == {"I63.902"}
    assert set(received["P322"]) == {"脑梗死"}


def test_the_same_night_again_sends_nothing(hospital: Hospital) -> None:
    hospital.enter(discharges(5), date(2026, 3, 1))
    hospital.uploader().run()
    hospital.night.day += timedelta(days=1)
    again = hospital.uploader().run()
    assert (again.counts["unchanged"], again.counts["packed"], again.exit) == (5, 0, Exit.DONE)
    assert len(hospital.sandbox.uploads()) == 1


def test_late_edited_and_back_dated_records_are_found(hospital: Hospital) -> None:
    first = discharges(5)
    hospital.enter(first, date(2026, 3, 1))
    hospital.uploader().run()
    edited = first.iloc[:2].copy()
    edited["P801"] = "更正后的地址"
    hospital.enter(edited, date(2026, 3, 2))
    hospital.enter(discharges(3, start=100), date(2026, 3, 2))
    hospital.night.day += timedelta(days=1)
    report = hospital.uploader().run()
    assert (report.counts["changed"], report.counts["new"]) == (2, 3)
    assert hospital.uploader().records_sent() == 8


def test_what_cannot_be_translated_is_held_and_goes_out_once_it_can(hospital: Hospital) -> None:
    records = discharges(6)
    records.loc[records.index[:2], ["P321", "P322"]] = ["D38.201", "胸膜肿瘤"]
    records.loc[records.index[2], ["P321", "P322"]] = ["Q99.999", "名单上没有"]
    hospital.enter(records, date(2026, 3, 1))
    report = hospital.uploader().run()
    assert report.exit is Exit.LOOK
    assert (report.counts["held"], report.counts["packed"]) == (3, 3)
    assert (report.held["undecided"], report.held["unmapped"]) == (2, 1)
    codes = {(one.code, one.name, one.records) for one in hospital.uploader().unknown_codes()}
    assert {("D38.201", "胸膜肿瘤", 2), ("Q99.999", "名单上没有", 1)} <= codes
    decide(hospital.resolution, hospital.sets, "胸膜肿瘤", "胸膜交界恶性肿瘤")
    hospital.release()
    hospital.night.day += timedelta(days=40)  # beyond the overlap: held records are asked for again
    later = hospital.uploader().run()
    assert later.counts["packed"] == 2, later
    assert hospital.uploader().records_held() == 1
    assert {one.code for one in hospital.uploader().unknown_codes()} == {"Q99.999"}


def test_a_dry_run_stores_and_sends_nothing(hospital: Hospital) -> None:
    hospital.enter(discharges(4), date(2026, 3, 1))
    report = hospital.uploader().run(Choice(dry=True))
    assert (report.counts["packed"], report.dry) == (4, True)
    assert hospital.sandbox.uploads() == []
    assert hospital.uploader().packages(10) == ()
    assert hospital.uploader().run().counts["packed"] == 4


def test_a_person_may_send_records_again(hospital: Hospital) -> None:
    records = discharges(4)
    hospital.enter(records, date(2026, 3, 1))
    hospital.uploader().run()
    hospital.night.day += timedelta(days=1)
    number = str(records["P3"].iloc[0])
    again = hospital.uploader().run(
        Choice(since=date(2026, 3, 1), until=date(2026, 3, 2), records=frozenset({number}))
    )
    assert again.counts["packed"] == 1
    assert hospital.uploader().records_sent() == 4


def test_two_runs_at_once_are_refused(hospital: Hospital) -> None:
    one = hospital.uploader()
    with one._state().one_instance(), pytest.raises(ConflictError):
        one.run()


def test_without_a_release_nothing_is_read_or_sent(hospital: Hospital) -> None:
    hospital.enter(discharges(2), date(2026, 3, 1))
    hospital.night.day = date(2029, 1, 1)
    with pytest.raises(RefusedPackageError, match="expired"):
        hospital.uploader().run()
    assert hospital.sandbox.uploads() == []


def test_production_waits_for_a_clean_test_and_its_checklists(hospital: Hospital) -> None:
    with pytest.raises(RefusedError, match="approved"):
        hospital.uploader(Environment.PRODUCTION).run()
    promotion = hospital.uploader().promotion
    passed = [
        step.tested for _title, steps in checklists().values() for step in steps if step.tested
    ]
    with pytest.raises(RefusedError, match=r"docking\.apply"):
        promotion.approve(passed, by=IT.name)
    proof = hospital.folder / "批复.pdf"
    proof.write_bytes(b"%PDF")
    for _title, steps in checklists().values():
        for step in steps:
            if not step.tested:
                promotion.tick(step.name, by=IT.name, files=[proof])
    with pytest.raises(RefusedError, match=r"docking\.read_feedback"):
        promotion.approve([name for name in passed if name != "test_clean"], by=IT.name)
    with pytest.raises(NotFoundError):
        promotion.tick("docking.nothing", by=IT.name)
    assert not promotion.approved
    promotion.approve(passed, by=IT.name)
    assert promotion.approved
    assert dict(promotion.ticked()["docking.apply"].files)["批复.pdf"]


def test_the_stored_packages_can_be_read_back(hospital: Hospital) -> None:
    hospital.enter(discharges(3), date(2026, 3, 1))
    hospital.uploader().run()
    assert hospital.uploader().verify() == (1, ())
    with sqlite3.connect(hospital.folder / "upload-test.sqlite") as state:
        state.execute("UPDATE package_content SET content = substr(content, 1, 100)")
    state.close()
    count, damaged = hospital.uploader().verify()
    assert (count, len(damaged)) == (1, 1)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda text: text.replace("[source]", "[sauce]"), IcdMapperError),
        (lambda text: text.replace('kind = "sql"', 'kind = "ftp"'), IcdMapperError),
        (lambda text: text.replace("rc020", "rc20"), IcdMapperError),
        (lambda text: text.replace('rc020 = "2"\n', ""), IcdMapperError),
        (lambda text: text.replace("columns.toml", "nowhere.toml"), NotFoundError),
        (lambda text: text + "[", IcdMapperError),
    ],
)
def test_wrong_settings_are_named(
    hospital: Hospital, change: Callable[[str], str], error: type[Exception]
) -> None:
    file = hospital.folder / "upload.toml"
    file.write_text(change(file.read_text("utf-8")), encoding="utf-8")
    with pytest.raises(error):
        hospital.uploader()


def test_a_secret_that_others_may_read_is_refused(hospital: Hospital) -> None:
    (hospital.folder / "password.txt").chmod(0o644)
    with pytest.raises(RefusedError, match="chmod 600"):
        hospital.uploader()


def test_the_console_ends_a_run_with_one_line(
    hospital: Hospital, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hospital.enter(discharges(2), date(2026, 3, 1))
    monkeypatch.setattr("icdmapper.upload.service.local_now", hospital.night)
    words = ["--config", str(hospital.folder / "upload.toml"), "--json", "--language", "en"]
    assert main(["upload", "run", *words, "--dry-run"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert (told["counts"]["packed"], told["exit_code"], told["dry"]) == (2, 0, True)
    assert main(["upload", "status", *words]) == 0
    assert json.loads(capsys.readouterr().out)["releases"] == [1]
    assert main(["upload", "install", str(hospital.folder / "units"), *words]) == 0
    timer = (hospital.folder / "units" / "icdmapper-upload-test.timer").read_text("utf-8")
    assert "OnCalendar=*-*-* 01:30:00" in timer
    assert main(["upload", "month", "2026-03", *words]) == 0


def test_the_columns_are_proposed_and_checked_from_the_console(
    hospital: Hospital, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hospital.enter(discharges(5), date(2026, 3, 1))
    monkeypatch.setattr("icdmapper.cli.commands.upload_setup.local_now", hospital.night)
    out = hospital.folder / "proposed.toml"
    words = [
        "upload", "columns", "--url-file", str(hospital.folder / "url.txt"),
        "--select", str(hospital.folder / "select.sql"), "--out", str(out),
        "--json", "--language", "en",
    ]  # fmt: skip
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["usable"]
    assert len(mapping_file.load(out.read_text("utf-8")).fields) > 300
    out.write_text('[fields.P3]\ncolumn = "NOWHERE"\n', encoding="utf-8")
    assert main(words) == 1
    assert not json.loads(capsys.readouterr().out)["usable"]


def test_an_example_of_the_settings_can_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "new" / "upload.toml"
    assert main(["upload", "init", "--config", str(file), "--language", "en"]) == 0
    assert "hospital" in file.read_text("utf-8")
    assert main(["upload", "init", "--config", str(file), "--language", "en"]) == 3
    capsys.readouterr()


def test_states_are_told(hospital: Hospital) -> None:
    hospital.enter(discharges(2), date(2026, 3, 1))
    hospital.uploader().run()
    days = hospital.uploader().by_discharge(date(2026, 3, 1), date(2026, 3, 31))
    assert days == {date(2026, 3, 1): {PackageState.ACCEPTED: 2}}
